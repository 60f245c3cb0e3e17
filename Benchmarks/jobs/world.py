# SPDX-License-Identifier: Apache-2.0
"""Worlds, from their making to their end, and daemons that have nothing to do."""
import glob, json, re, shutil, subprocess, tempfile, time

from harness import goals, settings, timing
from harness.mounts import mounted
from harness.table import Row, duration, number
from jobs import job


@job("world")
def make_world():
    command = [settings.hotmem, "run", "--", "true"]
    if shutil.which("hyperfine"):
        with tempfile.NamedTemporaryFile(prefix="hotmem-bench-", suffix=".json") as file:
            subprocess.run(["hyperfine", "--shell=none", "--warmup=2", f"--runs={max(settings.runs, 2)}", "--style=none",
                            f"--export-json={file.name}", " ".join(command)],
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
            took = json.load(file)["results"][0]["median"]
    else:
        took = timing.median(command)
    yield Row.of("`hotmem run -- true`, world made and gone", took, duration, goals.WORLD)


def switches(pids):
    """How often threads of these processes began to wait or were made to."""
    total = 0
    for file in (file for pid in pids for file in glob.glob(f"/proc/{pid}/task/*/status")):
        with open(file) as text:
            total += sum(map(int, re.findall(r"voluntary_ctxt_switches:\s*(\d+)", text.read())))
    return total


@job("idle")
def wake_ups():
    with mounted("default") as mount:
        subprocess.run(["lsmem", "-a", "--sysroot", mount.place], stdout=subprocess.DEVNULL, check=True)
        daemons = mount.daemons()
        if not daemons:
            raise RuntimeError("no daemon is to be found")
        # It looks once more after a request, for the next one and for what listeners lost.
        time.sleep(2)
        before = switches(daemons)
        time.sleep(10)
        yield Row.of("wake-ups of an idle daemon in 10 s", switches(daemons) - before, number, goals.IDLE)
