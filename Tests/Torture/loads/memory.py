# SPDX-License-Identifier: Apache-2.0
"""The machine of 64 TiB in a daemon that may have little memory."""
import os, random, time

from loads import load
from support import settings, trees
from support.mounts import Refused, memory_group, mounted
from support.table import Row

LIMIT = 128 << 20


@load("memory")
def memory():
    problems, reads, writes, refused = [], 0, 0, 0
    generator = random.Random(1)
    with memory_group(LIMIT) as group, mounted("huge", group=group) as mount:
        end = time.monotonic() + min(settings.seconds, 20)
        while time.monotonic() < end and not problems:
            block = f"memory{generator.randrange(1000, 524_288)}"
            for name in ("state", "online", "valid_zones", "phys_index", "removable", "uevent"):
                trees.read(mount.path(block, name))
                reads += 1
            if generator.randrange(4) == 0:
                for state in (b"offline", b"online"):
                    got = trees.write(mount.path(block, "state"), state)
                    # The kernel's own answers where a block cannot go.
                    if got not in (0, 12, 16, 22):
                        problems.append(f"{block}: errno {got}")
                    writes, refused = writes + 1, refused + (got != 0)
        if len(os.listdir(mount.path())) < 524_288:
            problems.append("not all blocks are listed")
        peak, now = mount.status("VmHWM"), mount.status("VmRSS")
        # What is enforced is enough; where nothing can be, it is looked at.
        if not group and peak > 128:
            problems.append(f"{peak:.0f} MiB at most")
    yield Row.of(f"64 TiB in 128 MiB ({'control group' if group else 'as measured'})", f"{reads:,} reads, {writes:,} writes, 524,288 blocks listed", problems,
                 f"{peak:.0f} MiB at most, {now:.0f} MiB at the end, {refused} writes refused")
    yield too_little()


def too_little():
    """With less than it needs it says so, or is ended by its own hand: it does not hang, and leaves no mount behind."""
    problems, serving, refused = [], 0, 0
    for limit in (8, 16, 24, 32, 48, 64, 96):
        try:
            with mounted("huge", limits={"RLIMIT_DATA": limit << 20}) as mount:
                serving += 1
                if trees.read(mount.path("memory5000/state")) != b"online\n":
                    problems.append(f"with {limit} MiB: cannot be read")
        except Refused:
            refused += 1
        except OSError as error:
            problems.append(f"with {limit} MiB: {error}")
    return Row.of("64 TiB in 8 to 96 MiB", f"{serving + refused} daemons", problems, f"{serving} serve, {refused} did not start")
