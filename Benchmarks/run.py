#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what users wait for, each as a median, and where there is one as a ratio to the same thing done by the host's
own sysfs in the same run. Not a test: nothing fails."""
import os, platform, statistics, subprocess, sys, tempfile, time

HOTMEM = os.environ.get("HOTMEM", ".build/release/hotmem")
RUNS = int(os.environ.get("RUNS", "15"))


def seconds(command):
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def median(command):
    seconds(command)
    return statistics.median(seconds(command) for _ in range(RUNS))


def pairs(command, other):
    """The median of one command, and the median of its ratios to another, run in turn."""
    seconds(command), seconds(other)
    both = [(seconds(command), seconds(other)) for _ in range(RUNS)]
    return statistics.median(a for a, _ in both), statistics.median(a / b for a, b in both)


def mounted(machine, body):
    with tempfile.TemporaryDirectory() as place:
        start = time.perf_counter()
        subprocess.run([HOTMEM, "mount", "--machine", machine, place], check=True)
        took = time.perf_counter() - start
        try:
            return took, body(place)
        finally:
            subprocess.run(["umount", place], check=True)


def memory_of_daemon(place):
    found = subprocess.run(["pgrep", "-f", f"mount --machine .* {place}"], capture_output=True, text=True).stdout
    return max(int(subprocess.run(["ps", "-o", "rss=", "-p", pid], capture_output=True, text=True).stdout or 0)
               for pid in found.split()) / 1024


def row(what, figure, ratio=""):
    print(f"| {what} | {figure} | {ratio} |", flush=True)


def main():
    print(f"{platform.platform()}, {os.cpu_count()} processors, median of {RUNS} runs\n")
    print("| what | figure | ratio |\n|---|---|---|")
    row("`hotmem run -- true`, world made and gone", f"{1000 * median([HOTMEM, 'run', '--', 'true']):.1f} ms")
    row("`hotmem machine check default`", f"{1000 * median([HOTMEM, 'machine', 'check', 'default']):.1f} ms")

    # 24 GiB in 192 blocks, as many as a common cloud machine has.
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as machine:
        machine.write('[[memory]]\nfirst = "0"\nsize = "24G"\n')
        machine.flush()
        host = "/sys/devices/system/memory"

        def list_blocks(place):
            command = ["lsmem", "-a", "--sysroot", place]
            if not os.path.isdir(host):
                return median(command), None
            here = sum(name.startswith("memory") for name in os.listdir(host))
            ours, ratio = pairs(command, ["lsmem", "-a"])
            return ours, ratio * here / 192

        took, (ours, ratio) = mounted(machine.name, list_blocks)
        row("mount of 192 blocks", f"{1000 * took:.1f} ms")
        row("`lsmem -a`, 192 blocks, against the host's sysfs, per block", f"{1000 * ours:.1f} ms",
            f"{ratio:.1f}" if ratio else "")

    took, size = mounted("huge", memory_of_daemon)
    row("mount of 64 TiB in 524,288 blocks", f"{1000 * took:.0f} ms")
    row("the daemon's memory then", f"{size:.0f} MiB")


if __name__ == "__main__":
    sys.exit(main())
