# SPDX-License-Identifier: Apache-2.0
"""Every parser gets made-up inputs."""
import os, subprocess

from loads import load
from support import settings
from support.table import Row


@load("fuzz")
def fuzz():
    seconds = "2" if settings.short else str(int(settings.seconds))
    script = os.path.join(settings.repository, "Tests/Torture/run-fuzz")
    done = subprocess.run([script, seconds], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in done.stdout.splitlines():
        words = line.split(None, 3)
        if len(words) == 4 and words[2] == "inputs":
            problems = [] if words[3] == "nothing found" else [words[3]]
            yield Row.of(f"fuzz: {words[0]}", f"{int(words[1]):,} inputs", problems, "no crash, no hang")
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stdout[-300:])
