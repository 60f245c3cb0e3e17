#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A container agent in twenty lines: waits for uevents of added memory and brings it online."""
import os, socket, sys

if not os.path.exists("/sys/kernel/debug/hotmem/dimm"):
    hotmem = os.environ.get("HOTMEM", "hotmem")
    os.execvp(hotmem, [hotmem, "run", "--", sys.executable, os.path.abspath(__file__)])

NETLINK_KOBJECT_UEVENT = 15
listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_KOBJECT_UEVENT)
listener.bind((0, 1))

with open("/sys/devices/system/memory/probe", "w") as probe:
    probe.write("0x140000000\n")

while True:
    words = listener.recv(65536).split(b"\0")
    event = dict(word.split(b"=", 1) for word in words[1:] if b"=" in word)
    path = event[b"DEVPATH"].decode()
    print(event[b"ACTION"].decode(), path, flush=True)
    if event[b"ACTION"] == b"add":
        with open(f"/sys{path}/online", "w") as online:
            online.write("1")
    elif event[b"ACTION"] == b"online":
        break
