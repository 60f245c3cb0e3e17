# SPDX-License-Identifier: Apache-2.0
"""Archives that want out of where they are unpacked, or to fill it."""
import bz2, gzip, io, lzma, os, random, subprocess, tarfile, tempfile, time

from loads import load
from support import settings
from support.table import Row

MEMORY = "sys/devices/system/memory"


def member(name, data=b"", kind=tarfile.REGTYPE, link="", size=None):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size, info.mode = kind, link, len(data) if size is None else size, 0o755
    return info, data


GOOD = [member(f"{MEMORY}/block_size_bytes", b"8000000\n")] + [
    member(f"{MEMORY}/memory{number}/state", b"online\n") for number in range(8)]


def tar(members, good=True):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for info, data in members + (GOOD if good else []):
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def zeros(compressor, size):
    """A member of so many zeros, compressed bit by bit."""
    head = member("sys/zeros", size=size)[0].tobuf(tarfile.GNU_FORMAT)
    parts = [compressor.compress(head)]
    piece = bytes(1 << 20)
    for _ in range(size >> 20):
        parts.append(compressor.compress(piece))
    return b"".join([*parts, compressor.compress(bytes(1024)), compressor.flush()])


def archives(outside):
    link, hard, device, fifo = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE
    yield "name above", tar([member(f"../../..{outside}/a", b"x")])
    yield "absolute name", tar([member(f"{outside}/a", b"x")])
    yield "through a link up", tar([member("up", kind=link, link="../../../../../.."), member(f"up{outside}/a", b"x")])
    yield "through an absolute link", tar([member("up", kind=link, link=outside), member("up/a", b"x")])
    yield "through a hard link", tar([member("a", kind=hard, link=f"{outside}/secret"), member("a", b"changed")])
    yield "link in place of sys", tar([member("sys", kind=link, link="/sys")], good=False)
    yield "link in place of a file", tar([member(f"{MEMORY}/memory0/state", kind=link, link=f"{outside}/secret")])
    yield "hard link to the host's", tar([member(f"{MEMORY}/memory0/x", kind=hard, link="/etc/passwd")])
    yield "device", tar([member(f"{MEMORY}/memory0/null", kind=device)])
    yield "pipe", tar([member(f"{MEMORY}/memory0/pipe", kind=fifo)])
    yield "link to itself", tar([member(f"{MEMORY}/memory0/me", kind=link, link="me")])
    yield "deep", tar([member("/".join(["d"] * 1500) + "/f", b"x")])
    yield "long name", tar([member("n" * 5000, b"x")])
    yield "no UTF-8", tar([member(f"{MEMORY}/memory0/x", b"\xff")]).replace(b"memory0/x", b"memory0/\xff")
    yield "newline in a name", tar([member("-rw-r--r-- 0/0 99999999999999 2020-01-01 00:00 x\nb", b"x")])
    yield "size of a terabyte", gzip.compress(member("sys/big", size=1 << 40)[0].tobuf(tarfile.GNU_FORMAT) + bytes(10240))
    yield "sparse", sparse(1 << 40)
    yield "negative size", tar([]).replace(b"00000000010\0", b"-0000000010\0", 1)
    gigabytes = 1 if settings.short else 3
    yield "bomb, gzip", zeros(Gzip(), gigabytes * 1100 << 20)
    if not settings.short:
        yield "bomb, bzip2", zeros(bz2.BZ2Compressor(9), 1100 << 20)
        yield "bomb, xz", zeros(lzma.LZMACompressor(preset=0), 1100 << 20)
        yield "bomb of bombs", gzip.compress(gzip.compress(bytes(1 << 28)))
        yield "zeros without end", gzip.compress(bytes(1 << 30), 1)
    for number in range(40 if settings.short else 300):
        data, generator = bytearray(tar([])), random.Random(number)
        for _ in range(generator.randrange(1, 40)):
            data[generator.randrange(0, 6000)] = generator.randrange(256)
        yield f"bytes changed, {number}", bytes(data)


class Gzip:
    def __init__(self):
        import zlib
        self.one = zlib.compressobj(1, zlib.DEFLATED, 31)
        self.compress, self.flush = self.one.compress, self.one.flush


def sparse(size):
    """GNU tar's own way to say that a file is almost all hole."""
    with tempfile.TemporaryDirectory() as place:
        with open(f"{place}/hole", "wb") as file:
            file.truncate(size)
        return subprocess.run(["tar", "-cSf", "-", "-C", place, "hole"], stdout=subprocess.PIPE, check=True).stdout


@load("archives")
def hold():
    problems, count, longest = [], 0, 0
    with tempfile.TemporaryDirectory(prefix="hotmem-torture-") as place:
        outside, scratch = f"{place}/outside", f"{place}/scratch"
        os.mkdir(outside), os.mkdir(scratch)
        with open(f"{outside}/secret", "w") as file:
            file.write("online\n")
        for name, data in archives(outside):
            count += 1
            with open(f"{place}/archive", "wb") as file:
                file.write(data)
            begun = time.monotonic()
            try:
                done = subprocess.run([settings.hotmem, "capture", "--sysroot", f"{place}/archive", f"{place}/out.toml"],
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300,
                                      env={**os.environ, "TMPDIR": scratch, "SWIFT_BACKTRACE": "enable=no"})
            except subprocess.TimeoutExpired:
                problems.append(f"{name}: did not end")
                continue
            longest = max(longest, time.monotonic() - begun)
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            if done.returncode not in (0, 1, 2) or len(lines) != 1 or not lines[0].startswith("hotmem: "):
                problems.append(f"{name}: status {done.returncode}: {lines[:3]}")
            if os.listdir(scratch):
                problems.append(f"{name}: left {os.listdir(scratch)} behind")
                break
            if os.listdir(outside) != ["secret"] or open(f"{outside}/secret").read() != "online\n":
                problems.append(f"{name}: got out")
                break
    yield Row.of("hostile archives", f"{count:,} archives", problems,
                 f"one line each, nothing outside, nothing left; the longest took {longest:.1f} s")
