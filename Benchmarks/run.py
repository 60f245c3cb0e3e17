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


def in_world_with_udevd(machine, script):
    """What a script prints in a world with udevd and a rule that brings memory online, with the rules' names as $1."""
    with tempfile.TemporaryDirectory() as place:
        rules = os.path.join(place, "99-online.rules")
        with open(rules, "w") as file:
            file.write('SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", ATTR{state}="online"\n'
                       'SUBSYSTEM=="memory", ACTION=="change", TAG+="seen"\n')
        return subprocess.run([HOTMEM, "run", "--machine", machine, "--udev", "--rules", rules, "--", "sh", "-c", script],
                              capture_output=True, text=True, check=True).stdout


def udevd():
    text = in_world_with_udevd("default", """
        date +%s.%N
        i=40
        while [ $i -lt 1040 ]; do printf '0x%x' $((i << 27)) > /sys/devices/system/memory/probe; i=$((i+1)); done
        udevadm settle
        date +%s.%N
        cat /sys/devices/system/memory/memory*/state | grep -c '^online'""")
    start, end, online = text.split()
    row(f"1,000 blocks added, and brought online by udevd by rule ({int(online) - 32} were)",
        f"{float(end) - float(start):.2f} s")
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as machine:
        machine.write('block_size = "128M"\n[[memory]]\nfirst = 0\nsize = "4T"\n')
        machine.flush()
        text = in_world_with_udevd(machine.name, """
            date +%s.%N
            udevadm trigger --subsystem-match=memory
            date +%s.%N
            udevadm settle --timeout=600
            date +%s.%N
            ls /run/udev/tags/seen | wc -l""")
        start, triggered, end, seen = text.split()
        row(f"`udevadm trigger` over 32,768 blocks, and `settle` after it (udevd saw {seen})",
            f"{float(triggered) - float(start):.1f} s, {float(end) - float(triggered):.1f} s")


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
    udevd()


if __name__ == "__main__":
    sys.exit(main())
