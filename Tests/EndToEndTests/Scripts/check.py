# SPDX-License-Identifier: Apache-2.0
"""What the scripts here share: `main` runs every `test_` function and ends with 1 if one of them failed."""
import errno
import os
import sys
import traceback

MEMORY = "/sys/devices/system/memory"
NODE = "/sys/devices/system/node"
CONTROL = "/sys/kernel/debug/hotmem"
INJECT = "/sys/kernel/debug/notifier-error-inject/memory/actions"


def main():
    tests = {k: v for k, v in vars(sys.modules["__main__"]).items() if k.startswith("test_")}
    failed = 0
    for name, test in tests.items():
        try:
            test()
        except Exception:
            failed += 1
            print(f"{name} failed: {traceback.format_exc()}", file=sys.stderr)
    print(f"{len(tests) - failed} of {len(tests)} passed")
    sys.exit(1 if failed or not tests else 0)


def equal(left, right):
    assert left == right, f"{left!r} is not {right!r}"


def fails(name, call, *arguments):
    """The call must raise the OSError of this name."""
    try:
        result = call(*arguments)
    except OSError as error:
        equal(errno.errorcode.get(error.errno, str(error.errno)), name)
        return
    raise AssertionError(f"no {name}: {result!r}")


def errno_of(call, *arguments):
    """The errno of a call, or 0."""
    try:
        call(*arguments)
    except OSError as error:
        return error.errno
    return 0


def read(path):
    with open(path) as file:
        return file.read()


def write(path, data):
    """One write(2), as programs in C do it."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        return os.write(descriptor, data)
    finally:
        os.close(descriptor)


class File:
    """A file descriptor that is closed at the end of a `with`."""

    def __init__(self, path, flags, mode=0o644, dir_fd=None):
        self.number = os.open(path, flags, mode, dir_fd=dir_fd)

    def __enter__(self):
        return self.number

    def __exit__(self, *_):
        os.close(self.number)


_next = [40]


def new_block():
    """Adds a block by probe; its directory."""
    number = _next[0]
    _next[0] += 1
    write(f"{MEMORY}/probe", b"%#x" % (number << 27))
    equal(read(f"{MEMORY}/memory{number}/state"), "offline\n")
    return f"{MEMORY}/memory{number}"


def state(block):
    return read(f"{block}/state").strip()
