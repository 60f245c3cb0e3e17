# SPDX-License-Identifier: Apache-2.0
"""Prints the uevents of memory, nodes and ACPI devices (with EVERYTHING set: of all there is) that a shell command, or
standard input until its end, brings.

When the command has ended nothing is waited for: what has not arrived by then is not printed.
"""
import os
import socket
import subprocess
import sys

WANTED = ("memory", "node", "acpi")

listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
listener.bind((0, 1))
listener.setblocking(False)
print("listening", flush=True)
if len(sys.argv) > 1:
    status = subprocess.run(["sh", "-ec", sys.argv[1]]).returncode
else:
    sys.stdin.read()
    status = 0
last = 0
while True:
    try:
        data, (port, groups) = listener.recvfrom(1 << 16)
    except BlockingIOError:
        break
    head, *words = data.rstrip(b"\0").decode().split("\0")
    values = dict(word.split("=", 1) for word in words)
    if values["SUBSYSTEM"] not in WANTED and "EVERYTHING" not in os.environ:
        continue
    assert (port, groups) == (0, 1), (port, groups)
    assert head == f"{values['ACTION']}@{values['DEVPATH']}", data
    assert data.endswith(b"\0") and words[-1].startswith("SEQNUM="), data
    assert int(values["SEQNUM"]) > last, data
    last = int(values["SEQNUM"])
    print(head, *(word for word in words if not word.startswith(("ACTION", "DEVPATH", "SUBSYSTEM", "SEQNUM"))))
sys.exit(status)
