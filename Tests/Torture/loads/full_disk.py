# SPDX-License-Identifier: Apache-2.0
"""The journal's disk is full, and is not full any more."""
import errno, os, subprocess, tempfile

from loads import load
from support.mounts import mounted, unmount
from support.table import Row


def allocate(mount, name):
    descriptor = os.open(mount.control("workload"), os.O_WRONLY)
    try:
        os.write(descriptor, f"alloc name={name} kind=anon pages=1".encode())
        return 0
    except OSError as error:
        return error.errno
    finally:
        os.close(descriptor)


def names(mount):
    with open(mount.control("workload")) as file:
        return [line.split(" ")[0].removeprefix("name=") for line in file]


@load("full-disk")
def full_disk():
    if os.geteuid() != 0:
        return
    problems, confirmed, refused = [], [], 0
    with tempfile.TemporaryDirectory(prefix="hotmem-torture-disk-") as disk:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "none", disk], check=True)
        try:
            with mounted("default", "--state", disk + "/state") as mount:
                for turn in range(3):
                    for number in range(20_000):
                        error = allocate(mount, f"t{turn}-{number}")
                        if error:
                            break
                        confirmed.append(f"t{turn}-{number}")
                    for number in range(50):
                        error = allocate(mount, f"refused-{turn}-{number}")
                        refused += 1
                        if error != errno.ENOSPC:
                            problems.append(f"a write to a full disk: {os.strerror(error)}")
                    if names(mount) != confirmed:
                        problems.append("what is there is not what was confirmed")
                    subprocess.run(["mount", "-o", f"remount,size={512 << turn}k", disk], check=True)
            with mounted("default", "--state", disk + "/state") as mount:
                if names(mount) != confirmed:
                    problems.append("what the journal holds is not what was confirmed")
        finally:
            unmount(disk)
    yield Row.of("disk full under the journal", f"{len(confirmed):,} writes, {refused} refused", problems,
                 "ENOSPC, nothing changed, goes on when there is room, and all of it is there the next time")
