# SPDX-License-Identifier: Apache-2.0
"""Programs that read the whole tree, against the host's own sysfs."""

from harness import goals, machines, requests, timing
from harness.mounts import MODES, NotThere, mounted
from harness.table import Row, duration
from jobs import job

LOOP = 'for f in "$1"/memory*/state; do cat "$f"; done'
# What is said of each, and the command for a mounted root, or for the host's, which is "".
WALKS = {
    "lsmem": ("`lsmem -a`", lambda root: ["lsmem", "-a"] + (["--sysroot", root] if root else [])),
    "find": ("`find -type f`", lambda root: ["find", root + machines.HOST, "-type", "f"]),
    # Some files can only be written to.
    "grep": ("`grep -r .`", lambda root: ["grep", "-r", ".", root + machines.HOST + "/"]),
    "loop": ("`cat` in a shell's loop over `memory*/state`", lambda root: ["sh", "-c", LOOP, "sh", root + machines.HOST]),
}


def walk(name, mode):
    what, command = WALKS[name]
    what, goal = f"{what}, {mode}", (goals.LSMEM if name == "lsmem" else goals.WALK)[mode]
    try:
        with machines.like_the_host() as machine, mounted(machine, mode) as mount:
            what += f", {len(machines.blocks_in(mount.memory))} blocks"
            if machines.host_has_memory():
                ours, ratio = timing.in_turn(command(mount.place), command(""), may_fail=name == "grep")
                return Row.of_ratio(what + ", against sysfs", duration(ours), ratio, goal)
            return Row.of_ratio(what, duration(timing.median(command(mount.place), may_fail=name == "grep")), None, goal)
    except NotThere:
        return Row.absent(what, "not there", goal)


def register(name):
    @job(name)
    def both():
        for mode in MODES:
            yield walk(name, mode)


for each in WALKS:
    register(each)


@job("requests")
def count_requests():
    """In a steady state, as the third of three finds it."""
    for mode in MODES:
        what = f"requests per block in one `lsmem -a`, {mode}"
        try:
            with machines.like_the_host() as machine, mounted(machine, mode) as mount:
                command = WALKS["lsmem"][1](mount.place)
                timing.once(command), timing.once(command)
                found = requests.count(mount.daemons(), command)
                blocks = len(machines.blocks_in(mount.memory))
        except NotThere:
            yield Row.absent(what, "not there", goals.REQUESTS[mode])
            continue
        counted = sum(count for kind, count in found.items() if kind not in requests.ASIDE)
        kinds = [f"{kind} {count / blocks:.2f}" for kind, count in found.most_common() if count >= blocks / 10]
        note = f"{', '.join(kinds) or 'none'}; beside these, and not counted, {found['forget'] / blocks:.2f} forget"
        yield Row.of(what, counted / blocks, lambda value: f"{value:.2f}", goals.REQUESTS[mode], note)
