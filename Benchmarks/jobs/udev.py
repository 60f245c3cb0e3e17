# SPDX-License-Identifier: Apache-2.0
"""What the system's own udevd makes of many blocks; most of it is udevd's time."""
import os, shutil, subprocess, tempfile

from harness import settings
from harness.mounts import file_of
from harness.table import Row, duration
from jobs import job

RULES = """\
SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", ATTR{state}="online"
SUBSYSTEM=="memory", ACTION=="change", TAG+="seen"
"""
ADD = """
date +%s.%N
i=40
while [ $i -lt 1040 ]; do printf '0x%x' $((i << 27)) > /sys/devices/system/memory/probe; i=$((i+1)); done
udevadm settle --timeout=600
date +%s.%N
cat /sys/devices/system/memory/memory*/state | grep -c '^online'
"""
TRIGGER = """
date +%s.%N
udevadm trigger --subsystem-match=memory
date +%s.%N
udevadm settle --timeout=600
date +%s.%N
ls /run/udev/tags/seen | wc -l
"""
ONLINE_AT_BOOT = 32


def in_world_with_udevd(machine, script):
    """The numbers that a script prints."""
    if not shutil.which("udevadm"):
        raise RuntimeError("udevadm is missing")
    with tempfile.TemporaryDirectory(prefix="hotmem-bench-") as directory:
        rules = os.path.join(directory, "99-bench.rules")
        with open(rules, "w") as file:
            file.write(RULES)
        done = subprocess.run([settings.hotmem, "run", "--machine", machine, "--udev", "--rules", rules, "--", "sh", "-c",
                               script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True)
        return map(float, done.stdout.split())


@job("udev-add")
def add():
    start, end, online = in_world_with_udevd("default", ADD)
    yield Row.of(f"1,000 blocks added, and brought online by udevd by rule ({online - ONLINE_AT_BOOT:.0f} were)",
                 end - start, duration)


@job("udev-trigger")
def trigger():
    with file_of('block_size = "128M"\n[[memory]]\nfirst = 0\nsize = "4T"\n') as machine:
        start, triggered, end, seen = in_world_with_udevd(machine, TRIGGER)
    yield Row.of("`udevadm trigger` over 32,768 blocks", triggered - start, duration)
    yield Row.of(f"`udevadm settle` after it (udevd saw {seen:.0f})", end - triggered, duration)
