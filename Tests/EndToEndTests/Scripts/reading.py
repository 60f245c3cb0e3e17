# SPDX-License-Identifier: Apache-2.0
"""Every way in which programs read attributes and directories, on the default machine."""
import errno
import fcntl
import glob
import mmap
import os
import select
import shutil
import stat
import tempfile
import termios
from check import *


def test_a_read_keeps_its_snapshot():
    block = new_block()
    with File(f"{block}/state", os.O_RDONLY) as file:
        equal(os.read(file, 3), b"off")
        write(f"{block}/state", b"online")
        equal(os.read(file, 100), b"line\n")
        equal(os.read(file, 100), b"")
        equal(os.pread(file, 100, 0), b"online\n")
        os.lseek(file, 0, os.SEEK_SET)
        equal(os.read(file, 100), b"online\n")


def test_a_read_from_the_start_is_fresh():
    block = new_block()
    with File(f"{block}/state", os.O_RDWR) as file:
        for word in [b"online", b"offline", b"online"]:
            os.write(file, word)
            equal(os.pread(file, 10, 0), word + b"\n")


def test_small_and_large_reads():
    with File(f"{MEMORY}/block_size_bytes", os.O_RDONLY) as file:
        equal(b"".join(os.read(file, 1) for _ in range(9)), b"8000000\n")
        equal(os.read(file, 0), b"")
        equal(os.pread(file, 1 << 20, 0), b"8000000\n")
        equal(os.pread(file, 10, 3), b"0000\n")
        equal(os.pread(file, 10, 8), b"")
        equal(os.pread(file, 10, 1 << 30), b"")


def test_openat_and_pread():
    for entry in os.scandir(MEMORY):
        if not entry.name.startswith("memory"):
            continue
        with File(entry.path, os.O_RDONLY | os.O_DIRECTORY) as directory:
            with File("state", os.O_RDWR, dir_fd=directory) as file:
                assert os.pread(file, 10, 0) in (b"online\n", b"offline\n")
            with File("removable", os.O_RDONLY, dir_fd=directory) as file:
                equal(os.pread(file, 1, 0), b"1")


def test_directories_give_types():
    kinds = {}
    for entry in os.scandir(f"{MEMORY}/memory32"):
        kinds[entry.name] = "l" if entry.is_symlink() else "d" if entry.is_dir(follow_symlinks=False) else "f"
    equal(kinds, {"phys_index": "f", "state": "f", "online": "f", "removable": "f", "phys_device": "f",
                  "valid_zones": "f", "uevent": "f", "power": "d", "subsystem": "l", "node0": "l"})
    names = [entry.name for entry in os.scandir(MEMORY) if entry.is_dir(follow_symlinks=False)]
    assert set(f"memory{n}" for n in [*range(24), *range(32, 40)]) | {"power"} <= set(names), names
    for name in ["memory32", "cpu0", "subsystem"]:
        assert os.path.islink(f"{NODE}/node0/{name}")


def test_access_and_glob():
    assert os.access(f"{MEMORY}/memory32/state", os.F_OK)
    assert os.access(f"{MEMORY}/memory32/state", os.R_OK | os.W_OK)
    assert not os.access(f"{MEMORY}/memory31", os.F_OK)
    blocks = glob.glob(f"{MEMORY}/memory[0-9]*/state")
    assert len(blocks) >= 32
    equal(glob.glob(f"{NODE}/node[0-9]*"), [f"{NODE}/node0"])
    equal(glob.glob(f"{MEMORY}/memory*[!0-9]"), [])


def test_links_lead_where_they_should():
    block = f"{MEMORY}/memory32"
    equal(os.path.realpath(f"{NODE}/node0/memory32"), block)
    equal(os.path.realpath(f"{block}/node0"), f"{NODE}/node0")
    equal(os.path.realpath(f"{block}/subsystem"), "/sys/bus/memory")
    equal(os.path.realpath("/sys/bus/memory/devices/memory32"), block)
    equal(os.readlink(f"{block}/subsystem"), "../../../../bus/memory")


def test_poll_select_and_epoll():
    everything = select.POLLIN | select.POLLOUT | select.POLLPRI
    with File(f"{MEMORY}/memory32/state", os.O_RDWR) as file:
        poll = select.poll()
        poll.register(file, everything)
        fresh = dict(poll.poll(5000))[file]
        assert fresh & select.POLLIN and fresh & select.POLLOUT
        assert fresh & select.POLLERR and fresh & select.POLLPRI, fresh
        equal(select.select([file], [file], [], 5), ([file], [file], []))
        os.read(file, 100)
        read_once = dict(poll.poll(5000))[file]
        equal(read_once & (select.POLLERR | select.POLLPRI), 0)
        assert read_once & select.POLLIN and read_once & select.POLLOUT
    # FUSE files cannot be registered for ever, but the call must answer, one way or the other.
    with File(f"{MEMORY}/memory32/state", os.O_RDONLY) as file, select.epoll() as epoll:
        epoll.register(file, select.EPOLLIN)
        events = epoll.poll(5)
        equal([number for number, _ in events], [file])
        assert events[0][1] & select.EPOLLIN


def test_seeking():
    with File(f"{MEMORY}/block_size_bytes", os.O_RDONLY) as file:
        equal(os.lseek(file, 3, os.SEEK_SET), 3)
        equal(os.read(file, 2), b"00")
        equal(os.lseek(file, 1, os.SEEK_CUR), 6)
        equal(os.lseek(file, 0, os.SEEK_END), 4096)
        equal(os.read(file, 10), b"")
        fails("EINVAL", os.lseek, file, -1, os.SEEK_SET)


def test_truncating_is_accepted_and_does_nothing():
    path = f"{MEMORY}/memory32/state"
    os.truncate(path, 0)
    os.truncate(path, 100)
    with File(path, os.O_RDWR) as file:
        os.ftruncate(file, 0)
        os.ftruncate(file, 1 << 20)
        equal(os.fstat(file).st_size, 4096)
    with File(path, os.O_RDONLY) as file:
        fails("EINVAL", os.ftruncate, file, 0)
    equal(read(path), "online\n")


def test_mapping_is_refused():
    with File(f"{MEMORY}/memory32/state", os.O_RDWR) as file:
        fails("ENODEV", mmap.mmap, file, 4096, mmap.MAP_SHARED, mmap.PROT_READ)
        fails("ENODEV", mmap.mmap, file, 4096, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)


def test_syncing_and_ioctl():
    with File(f"{MEMORY}/memory32/state", os.O_RDWR) as file:
        os.fsync(file)
        os.fdatasync(file)
        fails("ENOTTY", fcntl.ioctl, file, termios.TCGETS, bytes(64))
        assert not os.isatty(file)
    with File(MEMORY, os.O_RDONLY | os.O_DIRECTORY) as directory:
        os.fsync(directory)


def test_numbers_of_stat():
    def numbers(path):
        status = os.lstat(path)
        return oct(status.st_mode), status.st_size, status.st_nlink

    equal(numbers(f"{MEMORY}/memory32/state"), (oct(stat.S_IFREG | 0o644), 4096, 1))
    equal(numbers(f"{MEMORY}/memory32/removable"), (oct(stat.S_IFREG | 0o444), 4096, 1))
    equal(numbers(f"{MEMORY}/probe"), (oct(stat.S_IFREG | 0o200), 4096, 1))
    equal(numbers(f"{MEMORY}/memory32/subsystem"), (oct(stat.S_IFLNK | 0o777), 0, 1))
    equal(numbers(f"{MEMORY}/memory32"), (oct(stat.S_IFDIR | 0o755), 0, 3))
    for path in [MEMORY, NODE, f"{NODE}/node0", "/sys/bus/memory"]:
        directories = [entry for entry in os.scandir(path) if entry.is_dir(follow_symlinks=False)]
        equal(numbers(path), (oct(stat.S_IFDIR | 0o755), 0, 2 + len(directories)))
    equal((os.stat(MEMORY).st_uid, os.stat(MEMORY).st_gid), (0, 0))
    numbers = [os.stat(f"{MEMORY}/memory32/{name}").st_ino for name in ["state", "online", "removable", "uevent"]]
    equal(len(set(numbers)), 4)


def test_copying():
    with tempfile.TemporaryDirectory() as directory:
        shutil.copyfile(f"{MEMORY}/block_size_bytes", f"{directory}/copy")
        equal(read(f"{directory}/copy"), "8000000\n")
        with File(f"{MEMORY}/block_size_bytes", os.O_RDONLY) as source, open(f"{directory}/sent", "wb") as target:
            equal(os.sendfile(target.fileno(), source, 0, 4096), 8)


def test_listing_while_blocks_come():
    with os.scandir(MEMORY) as entries:
        first = next(entries).name
        block = new_block()
        rest = [entry.name for entry in entries]
    equal(len([first, *rest]), len(set([first, *rest])))
    assert os.path.basename(block) in os.listdir(MEMORY)


def test_large_text_files_are_read_whole():
    for path in ["/proc/zoneinfo", "/proc/meminfo", "/proc/vmstat", "/proc/buddyinfo", "/proc/iomem", "/proc/cmdline",
                 f"{NODE}/node0/meminfo", f"{NODE}/node0/vmstat"]:
        whole = read(path)
        with File(path, os.O_RDONLY) as file:
            pieces = b""
            while piece := os.read(file, 7):
                pieces += piece
        equal(pieces.decode(), whole)


main()
