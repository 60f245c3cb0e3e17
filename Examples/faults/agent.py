#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Watches which memory blocks from 40 on are online, and says so when it hears a uevent `change`. As `naive` it keeps a
list of what uevents say; as `good` it takes a uevent for a hint that something changed, and looks."""
import errno, glob, os, socket, sys

NETLINK_KOBJECT_UEVENT = 15
MEMORY = "/sys/devices/system/memory"


def look():
    numbers = (int(path.rsplit("memory", 1)[1]) for path in glob.glob(MEMORY + "/memory[0-9]*"))
    return [n for n in sorted(numbers) if n >= 40 and open(f"{MEMORY}/memory{n}/state").read() == "online\n"]


def naive(events, online):
    while True:
        event = receive(events)
        if event["SUBSYSTEM"] != "memory":
            continue
        block = int(event["DEVPATH"].rsplit("memory", 1)[1])
        if event["ACTION"] == "online":
            online.append(block)
        elif event["ACTION"] == "offline" and block in online:
            online.remove(block)
        elif event["ACTION"] == "change":
            return online


def good(events, online):
    while True:
        try:
            asked = receive(events)["ACTION"] == "change"
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            asked = True  # The buffer was full: any uevent may be among those that did not come.
        online = look()
        if asked:
            return online


def receive(events):
    message = events.recv(8192)
    return dict(word.split("=", 1) for word in message.decode().split("\0")[1:-1])


listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT)
listener.bind((0, 1))
online = look()
print("listening", flush=True)
# Both hear all there is before they look at any of it: what is kept meanwhile is what their buffers hold.
sys.stdin.readline()
try:
    print("says", *({"naive": naive, "good": good}[sys.argv[1]](listener, online)))
except OSError as error:
    print("ends:", os.strerror(error.errno))
