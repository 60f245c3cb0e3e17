# SPDX-License-Identifier: Apache-2.0
"""Mounted machines, for as long as a `with` lasts, however that ends."""
import contextlib, os, resource, signal, subprocess, tempfile, time

from support import settings


class Mount:
    def __init__(self, place):
        self.place = place

    def path(self, *names):
        return os.path.join(self.place, "sys/devices/system/memory", *names)

    def control(self, name):
        return os.path.join(self.place, "sys/kernel/debug/hotmem", name)

    def daemons(self):
        """hotmem's processes whose last argument is the place."""
        def is_ours(pid):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().rstrip(b"\0").split(b"\0")
                return words[-1] == self.place.encode() and b"mount" in words
            return False
        return [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and is_ours(pid)]

    def status(self, field):
        """A field of the daemon's status, in MiB: VmRSS, VmHWM, VmData."""
        def value(pid):
            with open(f"/proc/{pid}/status") as file:
                return next(int(line.split()[1]) for line in file if line.startswith(field + ":")) / 1024
        return max(map(value, self.daemons()))


def limiting(limits, group=None):
    """What a child does before it becomes the program."""
    def limit():
        for kind, value in (limits or {}).items():
            resource.setrlimit(getattr(resource, kind), (value, value))
        if group:
            with open(f"{group}/cgroup.procs", "w") as file:
                file.write(str(os.getpid()))
    return limit if limits or group else None


@contextlib.contextmanager
def memory_group(limit):
    """A control group whose processes may have so many bytes, and no swap; None where none can be made."""
    for root, file in [("/sys/fs/cgroup", "memory.max"), ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")]:
        group = f"{root}/hotmem-torture-{os.getpid()}"
        # A directory there need not be of the controller's.
        if not os.path.exists(f"{root}/cgroup.procs"):
            continue
        try:
            os.mkdir(group)
        except OSError:
            continue
        try:
            if not os.path.exists(f"{group}/{file}"):
                continue
            with open(f"{group}/{file}", "w") as out:
                out.write(str(limit))
            yield group
            return
        finally:
            wait_for(lambda: not open(f"{group}/cgroup.procs").read())
            os.rmdir(group)
    yield None


class Refused(Exception):
    """hotmem did not mount; the text is what it said."""


@contextlib.contextmanager
def mounted(machine, *options, limits=None, group=None):
    with tempfile.TemporaryDirectory(prefix="hotmem-torture-") as place:
        mount = Mount(place)
        try:
            # A file and no pipe, which a daemon that stays would hold open.
            with tempfile.TemporaryFile("w+") as said:
                done = subprocess.run([settings.hotmem, "mount", "--machine", machine, *options, place], stdout=said,
                                      stdin=subprocess.DEVNULL, stderr=said, preexec_fn=limiting(limits, group), timeout=60)
                said.seek(0)
                if done.returncode != 0:
                    raise Refused(f"status {done.returncode}: {said.read().strip()}")
            yield mount
        finally:
            unmount(place)
            wait_for(lambda: not mount.daemons())
            for pid in mount.daemons():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def wait_for(condition, seconds=5):
    """Whether something came to be in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def is_mounted(place):
    # stat(2) would fail where a daemon died.
    with open("/proc/self/mountinfo") as mounts:
        return any(line.split()[4] == place for line in mounts)


def unmount(place):
    """Also what is still in use, or has lost its daemon."""
    if is_mounted(place):
        tool = ["umount"] if os.geteuid() == 0 else ["fusermount3", "-u"]
        if subprocess.run([*tool, place], stderr=subprocess.DEVNULL).returncode != 0:
            done = subprocess.run([*tool, {"umount": "-l", "fusermount3": "-z"}[tool[0]], place])
            # A keeper whose daemon could not serve may have been faster.
            if done.returncode != 0 and is_mounted(place):
                raise RuntimeError(f"{place} cannot be unmounted")


@contextlib.contextmanager
def file_of(text):
    """A machine file."""
    with tempfile.NamedTemporaryFile("w", prefix="hotmem-torture-", suffix=".toml") as file:
        file.write(text)
        file.flush()
        yield file.name


# 16 GiB in blocks of 128 MiB, of which the upper half can go offline at any time.
PLAIN = '[[memory]]\nfirst = 0\nsize = "16G"\n'
