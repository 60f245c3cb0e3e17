# SPDX-License-Identifier: Apache-2.0
"""What a write costs its writer, and what it takes until others hear of it."""
import os, statistics, subprocess, sys, time

from harness import goals, settings
from harness.mounts import mounted
from harness.table import Row, duration
from jobs import job

# A listener of its own process, and the moments of both on one clock.
UEVENTS = """
import os, socket, time
count = 1000
events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
# SO_RCVBUFFORCE, as udevd does: room for all, if the listener is late.
events.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)
events.settimeout(30)
events.bind((0, 1))
end, start = os.pipe()
if os.fork() == 0:
    for _ in range(count):
        assert events.recv(8192).startswith(b"change@")
    os.write(start, b"%d" % time.monotonic_ns())
    os._exit(0)
os.close(start)
file = os.open("/sys/devices/system/memory/memory0/uevent", os.O_WRONLY)
begun = time.monotonic_ns()
for _ in range(count):
    os.write(file, b"change")
heard = os.read(end, 64)
assert heard, "uevents were lost"
print(int(heard) - begun)
"""


def write(file, text):
    """The seconds from write(2) to its return: opening and closing are not in it."""
    descriptor = os.open(file, os.O_WRONLY)
    try:
        start = time.perf_counter()
        os.write(descriptor, text)
        return time.perf_counter() - start
    finally:
        os.close(descriptor)


@job("echo")
def echo():
    with mounted("default") as mount:
        write(f"{mount.memory}/probe", b"0x140000000")
        state = f"{mount.memory}/memory40/state"
        pairs = [(write(state, b"online"), write(state, b"offline")) for _ in range(20 * settings.runs)]
        for word, took in zip(["online", "offline"], zip(*pairs)):
            yield Row.of(f"`echo {word}` to an empty block's `state`, write(2) to return", statistics.median(took),
                         duration, goals.WRITE)


@job("uevents")
def uevents():
    took = []
    for _ in range(settings.runs):
        done = subprocess.run([settings.hotmem, "run", "--", sys.executable, "-c", UEVENTS], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True, check=True)
        took.append(int(done.stdout) / 1e9)
    yield Row.of("1,000 writes to one `uevent`, until a listener has all uevents", statistics.median(took), duration,
                 goals.UEVENTS)
