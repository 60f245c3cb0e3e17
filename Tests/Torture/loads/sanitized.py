# SPDX-License-Identifier: Apache-2.0
"""What has threads, under the thread sanitizer: clients of a served tree, in and beside its process."""
import os, subprocess

from loads import load
from support import settings
from support.table import Row


@load("sanitized")
def sanitized():
    program = os.path.join(settings.repository, ".build/storm-thread/release/served")
    if not os.path.exists(program):
        if settings.short:
            return
        raise RuntimeError(f"{program} is not built; make torture does")
    done = subprocess.run([program, str(int(settings.seconds))], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, "TSAN_OPTIONS": "exitcode=66", "SWIFT_BACKTRACE": "enable=no"})
    problems = [] if done.returncode == 0 else [f"ended with {done.returncode}: {(done.stdout + done.stderr)[:1500]}"]
    yield Row.of("served tree, thread sanitizer", done.stdout.strip()[:80], problems, "no race")
