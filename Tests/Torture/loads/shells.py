# SPDX-License-Identifier: Apache-2.0
"""64 shells that read and write one mounted tree."""
import os, subprocess, tempfile

from loads import load
from support import settings
from support.mounts import PLAIN, file_of, mounted
from support.table import Row

SHELLS = 64
# Each has a block of its own, and knows what has to be read of it; of the others' it reads what is there.
SCRIPT = r"""
cd "$1" || exit 3
block=memory$2 reads=0 writes=0
end=$((SECONDS + $3))
wrong() { echo "shell $2: $block $1"; }
while ((SECONDS < end)); do
    for state in offline online; do
        echo $state > $block/state || wrong "did not take $state"
        read -r is < $block/state; [[ $is == $state ]] || wrong "is $is, not $state"
        ((writes++))
        read -r is < $block/online; [[ $is == $([[ $state == online ]] && echo 1 || echo 0) ]] || wrong "online is $is"
        for other in memory$((RANDOM % 128)) memory$((RANDOM % 128)); do
            read -r is < $other/state; [[ $is == o[nf]* || $is == going-offline ]] || wrong "$other is $is"
            read -r zones < $other/valid_zones; [[ -n $zones ]] || wrong "$other has no zones"
        done
        ((reads += 6))
        echo nonsense 2>/dev/null > $block/state && wrong "took nonsense"
    done
    [[ $(cat memory*/online | wc -l) == 128 ]] || wrong "not all are listed"
    ((reads += 128))
done
echo "done $reads $writes"
"""


@load("shells")
def shells():
    problems, reads, writes = [], 0, 0
    with file_of(PLAIN) as file, mounted(file) as mount, tempfile.TemporaryDirectory() as scratch:
        script = os.path.join(scratch, "script")
        with open(script, "w") as out:
            out.write(SCRIPT)
        before = subprocess.run(["lsmem", "--sysroot", mount.place, "-a"], stdout=subprocess.PIPE, check=True).stdout
        running = [subprocess.Popen(["bash", script, mount.path(), str(48 + number), str(int(settings.seconds))], text=True,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                   for number in range(SHELLS)]
        for number, shell in enumerate(running):
            out, _ = shell.communicate(timeout=settings.seconds + 120)
            lines = out.splitlines()
            if not lines or not lines[-1].startswith("done "):
                problems.append(f"shell {number} ended with {shell.returncode}: {out[-200:]}")
                continue
            problems += lines[:-1]
            reads, writes = reads + int(lines[-1].split()[1]), writes + int(lines[-1].split()[2])
        # All that went offline came back.
        if subprocess.run(["lsmem", "--sysroot", mount.place, "-a"], stdout=subprocess.PIPE).stdout != before:
            problems.append("lsmem does not say what it said before")
        if len(mount.daemons()) < 1:
            problems.append("the daemon is gone")
    yield Row.of(f"{SHELLS} shells, {settings.seconds:.0f} s", f"{reads:,} reads, {writes:,} writes", problems,
                 "each read what it wrote, and at the end all is as it was")
