# SPDX-License-Identifier: Apache-2.0
"""Commands that start others, which are to end with them."""
import contextlib, os, signal, subprocess


def run(command, limit=None, **options):
    """Runs a command to its end; past the limit, or when we are told to end, all that it started is killed."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        if process.wait(limit) != 0:
            raise subprocess.CalledProcessError(process.returncode, command)
    except BaseException:
        # Not a process group, for some begin one of their own.
        for pid in [process.pid, *descendants(process.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        raise


def descendants(ancestor):
    children = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat") as file:
            # After the name, which may hold anything: the state, the parent.
            children.setdefault(int(file.read().rpartition(")")[2].split()[1]), []).append(int(name))
    found = list(children.get(ancestor, []))
    for pid in found:
        found += children.get(pid, [])
    return found
