#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An agent as containers and small guests have it in place of udev: it listens to the kernel's uevents and writes 1 to
`online` of each memory block that is added. Ends after as many blocks as its argument says."""
import socket, sys

NETLINK_KOBJECT_UEVENT = 15

events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT)
events.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
events.bind((0, 1))
print("listening", flush=True)

left = int(sys.argv[1])
while left > 0:
    message, (sender, _) = events.recvfrom(8192)
    if sender != 0:
        continue  # not the kernel's
    event = dict(word.split("=", 1) for word in message.decode().split("\0")[1:-1])
    if (event["ACTION"], event["SUBSYSTEM"]) == ("add", "memory"):
        with open(f"/sys{event['DEVPATH']}/online", "w") as online:
            online.write("1")
        left -= 1
