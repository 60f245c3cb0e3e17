# SPDX-License-Identifier: Apache-2.0
"""Random operations on machines of every kind, with everything that must hold checked after each."""
import os, subprocess

from loads import load
from support import settings
from support.table import Row

# Scratch directory, what it was built with, one of how many operations, and how often every page frame is looked at.
BUILDS = [("storm", "release", 1, 5), ("storm-address", "address sanitizer", 1, 50), ("storm-thread", "thread sanitizer", 1, 50)]


@load("storm")
def storm():
    # Tests walk far enough for continuous integration.
    if settings.short:
        return
    for directory, what, share, interval in BUILDS:
        program = os.path.join(settings.repository, f".build/{directory}/release/storm")
        if not os.path.exists(program):
            raise RuntimeError(f"{program} is not built; make torture does")
        operations = settings.operations // share
        done = subprocess.run([program, str(operations), str(interval)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, env={**os.environ, "SWIFT_BACKTRACE": "enable=no"})
        problems = [done.stdout.strip()[:2000]] if done.returncode != 0 else []
        yield Row.of(f"property storm, {what}", f"{operations:,} operations", problems,
                     f"invariants after each, every page frame after every {interval}th")
