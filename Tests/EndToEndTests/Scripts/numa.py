# SPDX-License-Identifier: Apache-2.0
"""What numactl, numastat, lscpu, lstopo, free and vmstat say of nodes and memory, against the files."""
import json
import re
import struct
import subprocess
import xml.etree.ElementTree
from check import *
from facts import *

NODES = nodes()


def said(*words, **environment):
    ended = subprocess.run(words, capture_output=True, text=True, env={**os.environ, **environment})
    assert ended.returncode == 0 and not ended.stderr, ended
    return ended.stdout


def test_numactl():
    lines = [line.rstrip() for line in said("numactl", "--hardware").splitlines()]
    numbers = [node.number for node in NODES]
    equal(lines[0].split(" (")[0], f"available: {len(numbers)} nodes")
    equal(numbers_in(lines[0].split("(")[1].rstrip(")")), numbers)
    expected = []
    for node in NODES:
        expected.append(" ".join([f"node {node.number} cpus:", *map(str, node.cpus)]))
        expected += [f"node {node.number} {word}: {node.meminfo[name] >> 20} MB"
                     for word, name in [("size", "MemTotal"), ("free", "MemFree")]]
    equal(lines[1:len(expected) + 1], expected)
    matrix = [line.split() for line in lines[len(expected) + 1:]]
    equal(matrix, [["node", "distances:"], ["node", *map(str, numbers)]]
          + [[f"{node.number}:", *map(str, node.distances)] for node in NODES])


def table(text):
    """A table of numastat's, whose columns may be in several parts, as {row: {column: value}}."""
    found, columns = {}, []
    for line in text.splitlines():
        cells = re.split(r"\s{2,}", line.strip())
        if re.match(r"\s+(Node|Total)", line):
            columns = cells
        elif len(cells) == len(columns) + 1 and not line.startswith("-"):
            found.setdefault(cells[0], {}).update(zip(columns, cells[1:]))
    return found


def test_numastat_of_memory():
    rows = table(said("numastat", "-m", COLUMNS="1000"))
    # Huge pages are counted in the files, and in bytes here; lines that it does not know it leaves out.
    names = [name for name in NODES[0].meminfo if name in rows and not name.startswith("HugePages")]
    assert {"MemTotal", "MemFree", "MemUsed", "Active", "AnonPages", "Slab", "KernelStack", "Mapped"} <= set(names), rows
    assert len(names) >= 20, names
    for name in names:
        values = [node.meminfo[name] / (1 << 20) for node in NODES]
        expected = {f"Node {node.number}": f"{value:.2f}" for node, value in zip(NODES, values)}
        equal((name, rows[name]), (name, {**expected, "Total": f"{sum(values):.2f}"}))


def test_numastat_of_counters():
    rows = [line.split() for line in said("numastat", COLUMNS="1000").splitlines()]
    equal(rows[0], [f"node{node.number}" for node in NODES])
    equal(rows[1:], [[name, *(str(node.counters[name]) for node in NODES)] for name in NODES[0].counters])


def test_lscpu():
    fields = {entry["field"]: entry["data"] for entry in flat(json.loads(said("lscpu", "--json"))["lscpu"])}
    equal(int(fields["NUMA node(s):"]), len(NODES))
    for node in NODES:
        equal(numbers_in(fields[f"NUMA node{node.number} CPU(s):"] or ""), node.cpus)
    cpus = sorted(cpu for node in NODES for cpu in node.cpus)
    equal(int(fields["CPU(s):"]), len(cpus))
    equal(numbers_in(text("/sys/devices/system/cpu/online")), cpus)
    pairs = [line.split(",") for line in said("lscpu", "--parse=CPU,NODE").splitlines() if line[0] != "#"]
    equal({int(cpu): int(node) for cpu, node in pairs}, {cpu: node.number for node in NODES for cpu in node.cpus})


def test_free_and_vmstat():
    meminfo = {name: int(value) for name, value in re.findall(r"^(\w+): +(\d+)", text("/proc/meminfo"), re.M)}
    for name in ["MemTotal", "MemFree"]:
        equal(meminfo[name] << 10, sum(node.meminfo[name] for node in NODES))
    columns, memory, _ = said("free", "-k", "-w").splitlines()
    found = dict(zip(columns.split(), memory.split()[1:]))
    for column, name in {"total": "MemTotal", "free": "MemFree", "available": "MemAvailable", "cache": "Cached"}.items():
        equal((column, int(found[column])), (column, meminfo[name]))
    lines = [line.split(maxsplit=1) for line in said("vmstat", "--stats").splitlines()]
    counts = {words: int(count) for count, words in lines}
    # vmstat reckons in floats.
    rounded = [int(struct.unpack("f", struct.pack("f", meminfo[name]))[0]) for name in ["MemTotal", "MemFree"]]
    equal([counts["K total memory"], counts["K free memory"]], rounded)


def flat(entries):
    for entry in entries:
        yield entry
        yield from flat(entry.get("children", []))


def test_lstopo():
    # For the machine that it runs on hwloc shows what the real kernel lets it use; for a root it shows all.
    root = xml.etree.ElementTree.fromstring(
        said("lstopo-no-graphics", "--of", "xml", "--whole-system", HWLOC_FSROOT="/", HWLOC_COMPONENTS="linux,stop"))
    found = {}
    for place in root.iter("object"):
        if place.get("type") == "NUMANode":
            pages = {int(page.get("size")): int(page.get("count")) for page in place.iter("page_type")}
            found[int(place.get("os_index"))] = (int(place.get("local_memory")), mask(place.get("cpuset")), pages)
    equal({number: values[:2] for number, values in found.items()},
          {node.number: (node.meminfo["MemTotal"], node.cpus) for node in NODES})
    for memory, _, pages in found.values():
        equal(sum(size * count for size, count in pages.items()), memory)
    if len(NODES) > 1:
        latencies = next(part for part in root.iter("distances2") if part.get("type") == "NUMANode")
        equal([int(word) for part in latencies.iter("u64values") for word in part.text.split()],
              [distance for node in NODES for distance in node.distances])


def mask(text):
    """The numbers in a mask of hwloc's: words of 32 bits, the highest first."""
    value = 0
    for word in text.split(","):
        value = value << 32 | int(word or "0", 16)
    return [number for number in range(value.bit_length()) if value >> number & 1]


main()
