# SPDX-License-Identifier: Apache-2.0
"""Texts that no file takes, to every file that takes any, through a mount."""
import errno, os, random, stat

from loads import load
from support import settings, trees
from support.mounts import file_of, mounted
from support.table import Row

MACHINES = {
    "x86_64, Linux 6.1": '[[memory]]\nfirst = 0\nsize = "2G"\n',
    "x86_64, Linux 3.8": 'abi = "linux-3.8"\n[[memory]]\nfirst = 0\nsize = "2G"\n',
    "x86_64, Linux 6.18": 'abi = "linux-6.18"\n[[memory]]\nfirst = 0\nsize = "2G"\n',
    "s390x, Linux 6.18": 'abi = "linux-6.18"\narch = "s390x"\n[[memory]]\nfirst = 0\nsize = "2G"\n'
                         '[[memory]]\nfirst = "2G"\nsize = "1G"\ntype = "standby"\n',
}
# Such as none takes, whatever it takes.
FIXED = [b"\xff\xfe", b"xoffline", b"-0x", b"--1", b"\n\n", b"}\0online", b"=", b"==\n", b"{}", b"zzz" * 30, b"x" * 4096, b"x" * 4097,
         b"x" * (1 << 20), b"\x1b[2J", b"../..", b"%n%s", b"plug id=\xff\n\xff", b"\xed\xa0\x80", b"-\n", b"#"]


def texts(generator, count):
    for number in range(count):
        if number < len(FIXED):
            yield FIXED[number]
        else:
            # No first byte that some file makes something of.
            first = generator.choice(b"{}[]#;:,<>?*&^%$@!~`|\\/\xff\xfe\x80\x01\x02z")
            yield bytes([first]) + generator.randbytes(generator.randrange(1, 60))


def expected(path, abi, text):
    """The errnos that are right, 0 for a file that takes anything."""
    name = os.path.basename(path)
    if name in ("compact", "drivers_autoprobe") or name == "uevent" and abi == "linux-3.8":
        return {0}
    if name == "events" or "/debug/hotmem/" in path:
        return {errno.EINVAL}
    return {{"drivers_probe": errno.ENODEV, "autosuspend_delay_ms": errno.EIO}.get(name, errno.EINVAL)}


@load("hostile")
def hostile():
    count = 40 if settings.short else 300
    for what, machine in MACHINES.items():
        abi = next((name for name in ("linux-3.8", "linux-6.18") if name in machine), "linux-6.1")
        generator, problems, written = random.Random(1), [], 0
        with file_of(machine) as file, mounted(file) as mount:
            paths = [path for path in trees.files(mount.place) if os.lstat(path).st_mode & (stat.S_IWUSR | stat.S_IWGRP)]
            # Once: from then on it is what was written.
            for path in paths:
                if path.endswith("drivers_autoprobe"):
                    trees.write(path, b"x")
            before = trees.digest(mount.place)
            for path in paths:
                for text in texts(generator, count):
                    written += 1
                    got = trees.write(path, text)
                    if got not in expected(path, abi, text):
                        problems.append(f"{path[len(mount.place):]}: {text[:40]!r} gave {errno.errorcode.get(got, got)}")
            if trees.digest(mount.place) != before:
                problems.append("the machine is not what it was")
        yield Row.of(f"hostile writes, {what}", f"{written:,} writes to {len(paths)} files", problems,
                     "the kernel's errno each, the tree as before")
