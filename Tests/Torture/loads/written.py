# SPDX-License-Identifier: Apache-2.0
"""Thousands of hostile texts for each file of machines of every kind, in process, where each answer can be held to the rule and the
machine to what it was."""
import os, re, subprocess

from loads import load
from support import settings
from support.table import Row


@load("written")
def written():
    # Continuous integration runs fewer of them, with all tests.
    if settings.short:
        return
    count = max(1, settings.operations // 100)
    done = subprocess.run(["swift", "test", "-c", "release", "--skip-build", "--scratch-path", ".build/tests", "--filter",
                           "HostileWriteTests|Hostile writes"], cwd=settings.repository, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, env={**os.environ, "HOTMEM_HOSTILE_WRITES": str(count)})
    problems = re.findall(r"recorded an issue.*: (.*)", done.stdout)
    if done.returncode != 0 and not problems or "Suite" not in done.stdout:
        problems.append(f"ended with {done.returncode}: {done.stdout[-300:]}")
    yield Row.of("hostile writes, in process", f"{count:,} texts to each file of 7 machines", problems,
                 "the kernel's errno each, the machine as before")
