# SPDX-License-Identifier: Apache-2.0
"""Machines, mounted for as long as a `with` lasts, however that ends."""
import contextlib, os, signal, subprocess, tempfile, time

from harness import settings

# How the tree answers the kernel: each request anew, or with what the kernel may keep.
MODES = {"exact": [], "cached": ["-o", "cached"]}


class NotThere(Exception):
    """This hotmem has no such mode."""


class Mount:
    """A mounted tree: where it is, and how long mounting took."""

    def __init__(self, place, took):
        self.place, self.took = place, took

    @property
    def memory(self):
        return os.path.join(self.place, "sys/devices/system/memory")

    def daemons(self):
        """The processes that have to do with it: hotmem's whose last argument is the place."""
        def is_ours(pid):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().rstrip(b"\0").split(b"\0")
                return words[-1] == self.place.encode() and b"mount" in words
            return False
        return [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and is_ours(pid)]

    def resident(self):
        """The memory of the daemon in MiB."""
        def size(pid):
            with open(f"/proc/{pid}/status") as file:
                return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:")) / 1024
        return max(map(size, self.daemons()))


@contextlib.contextmanager
def mounted(machine, mode="exact"):
    with tempfile.TemporaryDirectory(prefix="hotmem-bench-") as place:
        mount = Mount(place, None)
        try:
            start = time.perf_counter()
            done = subprocess.run([settings.hotmem, "mount", "--machine", machine, *MODES[mode], place],
                                  stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            mount.took = time.perf_counter() - start
            if done.returncode != 0:
                if mode != "exact" and "unknown mount option" in done.stderr:
                    raise NotThere(mode)
                raise RuntimeError(done.stderr.strip())
            yield mount
        finally:
            # A daemon that is still about to mount would do so after we looked.
            if mount.took is None:
                for pid in mount.daemons():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            unmount(place)


def is_mounted(place):
    # stat(2) would fail where a daemon died.
    with open("/proc/self/mountinfo") as mounts:
        return any(line.split()[4] == place for line in mounts)


def unmount(place):
    """Also what is still in use, or has lost its daemon."""
    if is_mounted(place):
        tool = ["umount"] if os.geteuid() == 0 else ["fusermount3", "-u"]
        if subprocess.run([*tool, place], stderr=subprocess.DEVNULL).returncode != 0:
            subprocess.run([*tool, {"umount": "-l", "fusermount3": "-z"}[tool[0]], place], check=True)


@contextlib.contextmanager
def file_of(text):
    """A machine file."""
    with tempfile.NamedTemporaryFile("w", prefix="hotmem-bench-", suffix=".toml") as file:
        file.write(text)
        file.flush()
        yield file.name
