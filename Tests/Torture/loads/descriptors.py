# SPDX-License-Identifier: Apache-2.0
"""Thousands of open files of a daemon that may have few descriptors, and daemons that may have hardly any."""
import os, resource

from loads import load
from support import settings, trees
from support.mounts import PLAIN, Refused, file_of, mounted
from support.table import Row


@load("descriptors")
def descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = min(hard, 20_000)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    try:
        yield from opened(most - 500)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    yield few()


def opened(count):
    problems = []
    with file_of(PLAIN) as file, mounted(file, limits={"RLIMIT_NOFILE": 32}) as mount:
        names = ["state", "online", "valid_zones", "removable"]
        paths = [mount.path(f"memory{number % 128}", names[number // 128 % 4]) for number in range(count)]
        for _ in range(1 if settings.short else 3):
            held = [os.open(path, os.O_RDONLY) for path in paths]
            for path, descriptor in zip(paths, held):
                if not os.read(descriptor, 100):
                    problems.append(f"{path}: nothing to read")
            if trees.write(mount.path("memory100/state"), b"offline") or trees.read(mount.path("memory100/state")) != b"offline\n":
                problems.append("a write failed")
            for descriptor in held:
                os.close(descriptor)
            if trees.write(mount.path("memory100/state"), b"online"):
                problems.append("a write failed afterwards")
        rest = len(os.listdir(f"/proc/{mount.daemons()[0]}/fd"))
        if rest > 32:
            problems.append(f"the daemon has {rest} descriptors")
    yield Row.of("open files, of a daemon with 32 descriptors", f"{count:,} open at once", problems, "all read, all closed, served on")


def few():
    problems, serving, refused = [], 0, 0
    for limit in range(3, 33):
        with file_of(PLAIN) as file:
            try:
                with mounted(file, limits={"RLIMIT_NOFILE": limit}) as mount:
                    if trees.read(mount.path("memory100/state")) != b"online\n":
                        problems.append(f"with {limit}: cannot be read")
                    serving += 1
            except Refused as error:
                refused += 1
                # Below four not even libraries can be loaded, which the loader says.
                if "hotmem: " not in str(error) and "error while loading" not in str(error):
                    problems.append(f"with {limit}: {error}")
    return Row.of("daemons with 3 to 32 descriptors", f"{serving + refused} daemons", problems,
                  f"{serving} serve, {refused} say why not")
