# SPDX-License-Identifier: Apache-2.0
"""Descriptors of blocks that are gone, blocks in use, and errors that notifiers are made to give."""
import os
import select
from check import *


def control(line):
    write(f"{CONTROL}/dimm", line)


def test_a_removed_block_is_enodev_to_its_descriptors():
    before = set(os.listdir(MEMORY))
    control(b"plug id=a size=256M node=1\n")
    added = sorted(set(os.listdir(MEMORY)) - before)
    equal(len(added), 2)
    assert os.path.isdir(f"{NODE}/node1")
    block = f"{MEMORY}/{added[0]}"
    write(f"{block}/state", b"online_movable")
    equal(os.path.realpath(f"{NODE}/node1/{added[0]}"), block)
    with File(f"{block}/state", os.O_RDWR) as used, File(f"{block}/state", os.O_RDWR) as fresh, \
            File(block, os.O_RDONLY | os.O_DIRECTORY) as directory:
        equal(os.read(used, 100), b"online\n")
        control(b"unplug id=a\n")
        assert not os.path.exists(block)
        assert not os.path.exists(f"{NODE}/node1")
        fails("ENOENT", os.open, f"{block}/state", os.O_RDWR)
        fails("ENODEV", os.read, fresh, 100)
        fails("ENODEV", os.pread, used, 100, 0)
        fails("ENODEV", os.write, used, b"online")
        fails("ENODEV", os.write, fresh, b"garbage")
        assert errno_of(lambda: os.open("state", os.O_RDONLY, dir_fd=directory)) in (2, 19)
        poll = select.poll()
        poll.register(fresh, select.POLLIN | select.POLLPRI)
        assert dict(poll.poll(5000))[fresh] & select.POLLERR
        control(b"plug id=b size=256M node=1\n")
        equal(state(block), "offline")
        fails("ENODEV", os.write, fresh, b"online")
        fails("ENODEV", os.pread, used, 100, 0)
        equal(state(block), "offline")
    control(b"unplug id=b\n")
    equal(set(os.listdir(MEMORY)), before)


def test_ejecting():
    before = set(os.listdir(MEMORY))
    control(b"plug id=c size=128M node=1\n")
    device = "/sys/bus/acpi/devices/PNP0C80:00"
    equal(read(f"{device}/status"), "15\n")
    fails("EINVAL", write, f"{device}/eject", b"0")
    equal(write(f"{device}/eject", b"1\n"), 2)
    equal(set(os.listdir(MEMORY)), before)
    equal(read(f"{device}/status"), "0\n")
    equal(read(f"{CONTROL}/dimm"), "")


def test_a_block_in_use_is_busy():
    block = new_block()
    number = block.rpartition("memory")[2]
    write(f"{block}/state", b"online")
    write(f"{CONTROL}/workload", b"alloc name=pin kind=kernel block=%s\n" % number.encode())
    equal(read(f"{CONTROL}/workload"), f"name=pin kind=kernel pages=1 blocks={number}:1\n")
    fails("EBUSY", write, f"{block}/state", b"offline")
    fails("EBUSY", write, f"{block}/online", b"0")
    equal((state(block), read(f"{block}/online")), ("online", "1\n"))
    write(f"{CONTROL}/workload", b"free name=pin\n")
    write(f"{block}/state", b"offline")
    equal(state(block), "offline")


def test_injected_errors_are_the_writers():
    block = new_block()
    actions = [("MEM_GOING_ONLINE", b"online", "offline"), ("MEM_GOING_OFFLINE", b"offline", "online")]
    for action, word, other in actions:
        path = f"{INJECT}/{action}/error"
        for number, expected in [(-12, 12), (-1, 1), (-16, 16), (-133, 133), (-511, 511), (-512, 34), (-4095, 34)]:
            write(path, b"%d\n" % number)
            equal(read(path), f"{number}\n")
            equal((number, errno_of(write, f"{block}/state", word)), (number, expected))
            equal(state(block), other)
        write(path, b"0")
        write(f"{block}/state", word)
        equal(state(block), word.decode())


main()
