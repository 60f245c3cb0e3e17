# SPDX-License-Identifier: Apache-2.0
"""What sysfs refuses, to root as well, and which permissions can be changed."""
import errno
import os
from check import *

BLOCK = f"{MEMORY}/memory33"


def test_no_file_can_be_made():
    before = sorted(os.listdir(BLOCK))
    for path in [f"{BLOCK}/missing", f"{MEMORY}/missing", f"{NODE}/missing", f"{CONTROL}/missing"]:
        for flags in [os.O_WRONLY, os.O_RDWR | os.O_TRUNC, os.O_WRONLY | os.O_EXCL]:
            fails("EACCES", os.open, path, flags | os.O_CREAT, 0o644)
        fails("EPERM", os.mkdir, path)
        fails("EPERM", os.symlink, "state", path)
        fails("EPERM", os.mknod, path)
        fails("EPERM", os.mkfifo, path)
        fails("ENOENT", os.open, path, os.O_RDONLY)
    equal(sorted(os.listdir(BLOCK)), before)


def test_nothing_can_be_removed_or_renamed():
    fails("EPERM", os.unlink, f"{BLOCK}/state")
    fails("EPERM", os.unlink, f"{BLOCK}/subsystem")
    fails("EPERM", os.rmdir, f"{BLOCK}/power")
    fails("EPERM", os.rmdir, BLOCK)
    fails("EPERM", os.rename, f"{BLOCK}/state", f"{BLOCK}/other")
    fails("EPERM", os.rename, f"{BLOCK}/state", f"{BLOCK}/online")
    fails("EPERM", os.rename, BLOCK, f"{MEMORY}/other")
    fails("EPERM", os.link, f"{BLOCK}/state", f"{BLOCK}/other")
    equal(read(f"{BLOCK}/state"), "online\n")


def test_write_only_files_are_not_read():
    for path in ["probe", "soft_offline_page", "hard_offline_page"]:
        fails("EACCES", os.open, f"{MEMORY}/{path}", os.O_RDONLY)
        fails("EACCES", os.open, f"{MEMORY}/{path}", os.O_RDWR)
    fails("EACCES", os.open, f"{NODE}/node0/compact", os.O_RDONLY)
    fails("EACCES", os.open, "/sys/bus/memory/uevent", os.O_RDONLY)


def test_read_only_files_are_not_written():
    for path in [f"{MEMORY}/block_size_bytes", f"{BLOCK}/phys_index", f"{BLOCK}/removable", f"{BLOCK}/valid_zones",
                 f"{NODE}/online", f"{NODE}/node0/meminfo"]:
        for flags in [os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_CREAT | os.O_TRUNC]:
            fails("EACCES", os.open, path, flags)


def test_changed_modes_last_and_decide():
    os.chmod(f"{BLOCK}/removable", 0o644)
    equal(oct(os.stat(f"{BLOCK}/removable").st_mode & 0o7777), "0o644")
    fails("EIO", write, f"{BLOCK}/removable", b"0")
    os.chmod(f"{BLOCK}/removable", 0o444)
    fails("EACCES", os.open, f"{BLOCK}/removable", os.O_WRONLY)
    os.chmod(f"{MEMORY}/probe", 0o600)
    fails("EIO", read, f"{MEMORY}/probe")
    os.chmod(f"{MEMORY}/probe", 0o200)


def test_directories_are_no_files():
    fails("EISDIR", os.open, BLOCK, os.O_WRONLY)
    fails("EISDIR", os.open, BLOCK, os.O_RDWR)
    fails("ENOTDIR", os.open, f"{BLOCK}/state/x", os.O_RDONLY)
    fails("ENOTDIR", os.listdir, f"{BLOCK}/state")
    with File(BLOCK, os.O_RDONLY) as directory:
        fails("EISDIR", os.read, directory, 10)


def test_names_that_are_not_there():
    for name in ["memory033", "memory", "memory-1", "memory99999999999999999999", "memory33 ", "MEMORY33", "x" * 255,
                 "x" * 256]:
        fails("ENOENT", os.stat, f"{MEMORY}/{name}")
    fails("ENOENT", os.stat, os.fsencode(MEMORY) + b"/memory\xff\xfe")


def test_the_power_file_that_cannot_be_read():
    fails("EIO", read, f"{BLOCK}/power/autosuspend_delay_ms")
    equal(read(f"{BLOCK}/power/control"), "auto\n")


main()
