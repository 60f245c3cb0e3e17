# SPDX-License-Identifier: Apache-2.0
"""What lsmem prints, against the files and against what it prints of a plain copy of them.

With `every` as its argument, in every way in which lsmem can be asked.
"""
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
from check import *
from facts import Machine, text

COLUMNS = ["RANGE", "SIZE", "STATE", "REMOVABLE", "BLOCK", "NODE", "ZONES"]
SPLITTING = ["STATE", "REMOVABLE", "NODE", "ZONES"]
DEFAULT = ["RANGE", "SIZE", "STATE", "REMOVABLE", "BLOCK"]


def lsmem(*options):
    return subprocess.run(["lsmem", *options], check=True, capture_output=True, text=True).stdout


def columns_of(block, machine):
    # Before 2.41, lsmem asks block 0 alone whether there are zones.
    first = machine.blocks[0].number == 0 or knows_zones()
    return {
        "STATE": block.state,
        "REMOVABLE": ("yes" if block.removable else "no") if block.state == "online" else None,
        "NODE": ",".join(map(str, block.nodes)) or None,
        "ZONES": "/".join(zone.capitalize() if zone in ("none", "HighMem") else zone for zone in block.zones) or None
                 if first else None,
    }


def knows_zones():
    major, minor = re.search(r"(\d+)\.(\d+)", lsmem("--version")).groups()
    return (int(major), int(minor)) >= (2, 41)


def rows(machine, split, columns, every=False):
    """The ranges that lsmem is to print, with sizes in bytes."""
    ranges = []
    for block in machine.blocks:
        values = columns_of(block, machine)
        # Offline blocks do not show whether they are removable, but lsmem knows.
        key = [block.removable if column == "REMOVABLE" else values[column] for column in split]
        if ranges and not every and ranges[-1][1] == block.number - 1 and ranges[-1][2] == key:
            ranges[-1][1] = block.number
        else:
            ranges.append([block.number, block.number, key, values])
    size = machine.block_size
    found = []
    for first, last, _, values in ranges:
        values["RANGE"] = f"0x{first * size:016x}-0x{(last + 1) * size - 1:016x}"
        values["SIZE"] = str((last - first + 1) * size)
        values["BLOCK"] = str(first) if first == last else f"{first}-{last}"
        found.append({column: values[column] for column in columns})
    return found


def same(output, expected):
    """What is printed is, row by row, what is expected."""
    for left, right in itertools.zip_longest(output, expected):
        equal(left, right)


def same_json(output, expected):
    """In JSON REMOVABLE is true or false, and sizes and nodes are numbers."""
    found = [{name.upper(): value for name, value in row.items()} for row in json.loads(output)["memory"]]
    for row in found:
        row.update({column: str(row[column]) for column in ("NODE", "SIZE") if row.get(column) is not None})
    same(found, [{column: value == "yes" if column == "REMOVABLE" else value for column, value in row.items()}
                 for row in expected])


def copy_of(root):
    """A plain copy, in files that are no sysfs: what cannot be read is left out."""
    copy = tempfile.mkdtemp()
    for part in ["sys/devices/system/memory", "sys/module/memory_hotplug"]:
        if os.path.isdir(f"{root}/{part}"):
            os.makedirs(f"{copy}/{part}")
            # Its complaints are about what cannot be read, and so is its status.
            subprocess.run(["cp", "-r", "--no-preserve=all", f"{root}/{part}/.", f"{copy}/{part}"], stderr=subprocess.DEVNULL)
    return copy


def ways():
    """Ways of asking lsmem."""
    if not EVERY:
        return [[], ["-r", "-a", "--output-all"], ["-P", "-b", "-S", "ZONES"]]
    found = [[], ["-a"], ["-b"], ["-n"], ["-J"], ["-P"], ["-r"], ["--output-all"], ["-a", "--output-all"],
             ["-J", "-b", "--output-all"], ["-P", "--output-all"], ["-r", "-n", "-a"], ["-o", "+NODE,ZONES"]]
    found += [["-o", column] for column in COLUMNS] + [["-S", column] for column in SPLITTING + ["none"]]
    found += [["-S", ",".join(pair), "--output-all"] for pair in itertools.combinations(SPLITTING, 2)]
    return found + [[f"--summary={when}"] for when in ["never", "always", "only"]] + [["--summary"]]


def check_formats(machine):
    """JSON, pairs and raw lines say what the files say, however ranges are split."""
    for split in [COLUMNS, DEFAULT, *([column] for column in SPLITTING), ["none"]] if EVERY else [COLUMNS]:
        names = [column for column in SPLITTING if column in split]
        expected = rows(machine, names, COLUMNS)
        same_json(lsmem("-J", "-b", "--output-all", "-S", ",".join(split)), expected)
    if len(machine.blocks) > MANY:
        return
    for columns in [DEFAULT, COLUMNS, ["ZONES", "BLOCK"], ["NODE", "RANGE"]] if EVERY else [DEFAULT]:
        names = [column for column in SPLITTING if column in columns]
        chosen = ["-o", ",".join(columns), "-b", "--summary=never"]
        expected = rows(machine, names, columns)
        same_json(lsmem("-J", *chosen), expected)
        pairs = [dict(re.findall(r'([A-Z]+)="([^"]*)"', line)) for line in lsmem("-P", *chosen).splitlines()]
        same(pairs, [{column: value or "" for column, value in row.items()} for row in expected])
        raw = [line.split(" ") for line in lsmem("-r", "-n", *chosen).splitlines()]
        same(raw, [[value or "" for value in row.values()] for row in expected])
    same_json(lsmem("-J", "-a", "-b", "--output-all"), rows(machine, [], COLUMNS, every=True))


def check_summary(machine):
    words = lsmem("--summary=only", "-b").split()
    online, offline = (str(len(blocks) * machine.block_size) for blocks in [machine.online(), machine.offline()])
    equal([words[3], words[7], words[11]], [str(machine.block_size), online, offline])


def check_copy():
    copy = copy_of("")
    for options in ways():
        equal(lsmem(*options), lsmem("--sysroot", copy, *options))
    equal(lsmem("--sysroot", "/", "-J"), lsmem("-J"))


def test_as_it_was_booted():
    check_formats(Machine())


def test_after_changes():
    """Every third block goes where it can, every second of those comes back as movable memory, some as the kernel's."""
    machine = Machine()
    chosen = machine.blocks[::max(3, len(machine.blocks) // 60)]
    for place, block in enumerate(chosen):
        for word in ["offline"] + ["online_movable"] * (place % 2) + ["online_kernel"] * (place % 6 == 4):
            errno_of(write, f"{block.directory}/state", word.encode())
    for _ in range(2):
        errno_of(write, f"{MEMORY}/probe", b"%#x" % ((machine.blocks[-1].number + 2) * machine.block_size))
    machine = Machine()
    check_formats(machine)
    check_summary(machine)
    if len(machine.blocks) <= MANY:
        check_copy()


EVERY = sys.argv[1:] == ["every"]
# With so many blocks lsmem takes its time.
MANY = 200
main()
