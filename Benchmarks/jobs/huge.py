# SPDX-License-Identifier: Apache-2.0
"""64 TiB in half a million blocks, and what a block costs there against machines with fewer."""
import contextlib, subprocess

from harness import goals, machines, progress, settings, timing
from harness.mounts import MODES, NotThere, file_of, mounted
from harness.table import Row, duration, mebibytes
from jobs import job

HUGE = 524_288
TENTH = 52_429
HUNDREDS = 192


@contextlib.contextmanager
def machine(blocks):
    if blocks == HUGE:
        yield "huge"
    else:
        with file_of(machines.eight_nodes(blocks)) as file:
            yield file


def mount_times(blocks):
    with machine(blocks) as file:
        times = []
        for _ in range(min(settings.runs, 5)):
            with mounted(file) as mount:
                times.append(mount.took)
        return sorted(times)[len(times) // 2]


@job("huge-mount")
def mount():
    huge, tenth = mount_times(HUGE), mount_times(TENTH)
    yield Row.of("mount of 64 TiB in 524,288 blocks", huge, duration, goals.HUGE_MOUNT)
    yield Row.of_ratio("growth: mount, per block, of 524,288 blocks against 52,429", f"{duration(huge / HUGE)}",
                       huge / HUGE / (tenth / TENTH), goals.GROWTH)


def list_all(blocks, mode):
    """The seconds `lsmem -a` takes, and the daemon's memory before and after."""
    command = ["lsmem", "-a", "--sysroot"]
    with machine(blocks) as file, mounted(file, mode) as mount:
        before = mount.resident()
        try:
            if blocks == HUNDREDS:
                took = timing.median(command + [mount.place])
            else:
                took = timing.once(command + [mount.place], limit=settings.limit)
        except subprocess.TimeoutExpired:
            took = None
        return took, before, mount.resident()


@job("huge-lsmem")
def list_huge():
    for mode in MODES:
        try:
            small, _, _ = list_all(HUNDREDS, mode)
        except NotThere:
            yield Row.absent(f"`lsmem -a` of 524,288 blocks, {mode}", "not there", goals.HUGE_LSMEM)
            continue
        tenth, _, _ = list_all(TENTH, mode)
        progress.say(f"lsmem of 524,288 blocks, {mode}, for {settings.limit} s at most")
        huge, before, after = list_all(HUGE, mode)
        yield Row.of(f"the daemon's memory with 524,288 blocks, {mode}", before, mebibytes, goals.HUGE_MEMORY)
        if huge:
            yield Row.of("the same, after `lsmem -a`", after, mebibytes, goals.HUGE_MEMORY)
        else:
            yield Row.absent("the same, after `lsmem -a`", f"{mebibytes(after)} when given up after {settings.limit} s",
                             goals.HUGE_MEMORY)
        what = f"`lsmem -a`, {mode}, per block, of 524,288 blocks"
        for others, took, goal in [(HUNDREDS, small, goals.HUGE_LSMEM), (TENTH, tenth, goals.GROWTH)]:
            growth = "growth: " if goal is goals.GROWTH else ""
            if huge and took:
                yield Row.of_ratio(f"{growth}{what} against {others:,}", f"{duration(huge / HUGE)} ({duration(huge)})",
                                   huge / HUGE / (took / others), goal)
            else:
                yield Row.absent(f"{growth}{what} against {others:,}", f"over {settings.limit} s", goal)
