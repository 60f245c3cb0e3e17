# SPDX-License-Identifier: Apache-2.0
"""What is being done, on standard error: the table comes at the end."""
import sys, time

started = time.monotonic()


def say(text):
    print(f"{time.monotonic() - started:6.1f} s  {text}", file=sys.stderr, flush=True)
