# SPDX-License-Identifier: Apache-2.0
"""The machines that are measured, and the host's memory directory to hold them to."""
import contextlib, functools, os, subprocess, tempfile

from harness import mounts, settings

HOST = "/sys/devices/system/memory"
BLOCK = 1 << 27


def host_has_memory():
    return os.path.isdir(HOST)


def blocks_in(directory):
    """The blocks of a memory directory."""
    return [name for name in os.listdir(directory) if name.startswith("memory") and name[6:].isdigit()]


@contextlib.contextmanager
def like_the_host():
    """The file of a machine that is as the host is; where the host shows no memory, of one as common cloud machines are."""
    if not host_has_memory():
        with mounts.file_of('[[memory]]\nfirst = 0\nsize = "24G"\n') as file:
            yield file
        return
    with tempfile.TemporaryDirectory(prefix="hotmem-bench-") as directory:
        file = os.path.join(directory, "host.toml")
        subprocess.run([settings.hotmem, "capture", file], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        yield file


@functools.lru_cache
def eight_nodes(blocks):
    """A machine as the preset `huge` is, of fewer blocks."""
    ends = [node * blocks // 8 * BLOCK for node in range(9)]
    nodes = zip(range(8), ends, ends[1:])
    return "\n".join([
        'address_bits = 52\npaging_levels = 5\nblock_size = "128M"',
        f"memory = [{{ first = 0, last = {blocks * BLOCK - 1} }}]",
        f"affinity = [{', '.join(f'{{ node = {n}, first = {a}, last = {b - 1} }}' for n, a, b in nodes)}]",
        f"cpu = [{', '.join(f'{{ node = {n}, count = 64 }}' for n in range(8))}]", ""])
