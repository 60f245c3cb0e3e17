# SPDX-License-Identifier: Apache-2.0
"""How long commands take. The first run of each is for caches to fill and does not count."""
import statistics, subprocess, tempfile, time

from harness import settings


def once(command, limit=None, may_fail=False):
    """The seconds that a command takes.

    Its output goes to a file: grep(1) looks no further after the first match where it is written to /dev/null."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output,
                       stderr=subprocess.DEVNULL if may_fail else None, check=not may_fail, timeout=limit)
        return time.perf_counter() - start


def median(command, runs=None, may_fail=False):
    once(command, may_fail=may_fail)
    return statistics.median(once(command, may_fail=may_fail) for _ in range(runs or settings.runs))


def in_turn(command, other, may_fail=False):
    """The median of one command, and the median of its ratios to another: run in turn, so that what else the machine
    does meanwhile slows both."""
    once(command, may_fail=may_fail), once(other, may_fail=may_fail)
    both = [(once(command, may_fail=may_fail), once(other, may_fail=may_fail)) for _ in range(settings.runs)]
    return statistics.median(a for a, _ in both), statistics.median(a / b for a, b in both)
