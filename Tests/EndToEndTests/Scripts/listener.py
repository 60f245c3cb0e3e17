# SPDX-License-Identifier: Apache-2.0
"""The uevents of memory blocks, as a program that watches hears them."""
import socket

_socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
_socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
_socket.bind((0, 1))
_socket.setblocking(False)


def uevents():
    """Those that have come since this was last asked, as action@path."""
    found = []
    while True:
        try:
            found.append(_socket.recv(1 << 16).split(b"\0")[0].decode())
        except BlockingIOError:
            return [event for event in found if "/memory/" in event]
