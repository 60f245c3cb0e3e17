# SPDX-License-Identifier: Apache-2.0
"""A uevent is there as soon as the write that caused it has returned."""
import os
import socket
from check import *

listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
listener.bind((0, 1))
listener.setblocking(False)


def arrived():
    found = []
    while True:
        try:
            words = listener.recv(1 << 16).decode().split("\0")
            found.append(words[0])
        except BlockingIOError:
            return found


def test_none_from_boot():
    equal(arrived(), [])


def test_one_per_command():
    block = "/devices/system/memory/memory40"
    path = "/sys" + block
    write(f"{MEMORY}/probe", b"0x140000000")
    equal(arrived(), [f"add@{block}"])
    for _ in range(50):
        write(f"{path}/state", b"online")
        equal(arrived(), [f"online@{block}"])
        write(f"{path}/online", b"0")
        equal(arrived(), [f"offline@{block}"])
    write(f"{path}/uevent", b"change")
    equal(arrived(), [f"change@{block}"])


def test_none_for_what_failed_or_changed_nothing():
    path = f"{MEMORY}/memory41"
    write(f"{MEMORY}/probe", b"0x148000000")
    arrived()
    fails("EINVAL", write, f"{path}/state", b"garbage")
    write(f"{INJECT}/MEM_GOING_ONLINE/error", b"-12")
    fails("ENOMEM", write, f"{path}/state", b"online")
    write(f"{INJECT}/MEM_GOING_ONLINE/error", b"0")
    write(f"{path}/online", b"0")
    os.truncate(f"{path}/state", 0)
    read(f"{path}/state")
    equal(arrived(), [])


def test_in_the_kernels_order():
    before = set(os.listdir(MEMORY))
    write(f"{CONTROL}/dimm", b"plug id=a size=256M node=1\n")
    first, second = sorted(set(os.listdir(MEMORY)) - before)
    root = "/devices/system/memory"
    node = "/devices/system/node/node1"
    equal(arrived(), [f"add@{root}/{first}", f"add@{root}/{second}", f"add@{node}"])
    write(f"{MEMORY}/{second}/state", b"online_movable")
    write(f"{MEMORY}/{first}/state", b"online_movable")
    equal(arrived(), [f"online@{root}/{second}", f"online@{root}/{first}"])
    write(f"{CONTROL}/dimm", b"unplug id=a\n")
    equal(arrived(), [f"offline@{root}/{first}", f"offline@{root}/{second}", f"remove@{root}/{first}",
                      f"remove@{root}/{second}", f"remove@{node}"])


main()
