# SPDX-License-Identifier: Apache-2.0
"""daxctl brings the memory of a dax device online and offline.

Memory is hotmem's, plugged into a node of its own; the device that it belongs to, as the kmem driver shows one, is plain files
that are mounted here, in the world.
"""
import json
import os
import subprocess
import tempfile
from check import *
from facts import *

SIZE = 512 << 20


def mount(path, source="none", *options):
    subprocess.run(["mount", *(options or ["-t", "tmpfs"]), source, path], check=True)


def make(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(f"{text}\n")


def link(path, target):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.symlink(target, path)


def show_device(address, node):
    """dax0.0 in /sys/bus/dax, beside the buses that are there."""
    buses = tempfile.mkdtemp()
    mount(buses, "/sys/bus", "--rbind")
    mount("/sys/bus")
    for name in os.listdir(buses):
        if name != "dax":
            os.mkdir(f"/sys/bus/{name}")
            mount(f"/sys/bus/{name}", f"{buses}/{name}", "--rbind")
    for place in ["/sys/devices/platform", "/sys/module", "/sys/dev/char", "/dev"]:
        mount(place)
    region = "/sys/devices/platform/hmem.0"
    for name, value in {"size": SIZE, "align": 2 << 20, "resource": f"{address:#x}", "target_node": node}.items():
        make(f"{region}/dax0.0/{name}", value)
    make(f"{region}/dax_region/size", SIZE)
    make(f"{region}/dax_region/align", 2 << 20)
    make("/dev/dax0.0", "")
    os.makedirs("/sys/module/kmem")
    link("/sys/bus/dax/drivers/kmem/module", "/sys/module/kmem")
    link("/sys/bus/dax/devices/dax0.0", f"{region}/dax0.0")
    link(f"{region}/dax0.0/driver", "/sys/bus/dax/drivers/kmem")
    # The file in /dev is no device: its number is 0:0.
    link("/sys/dev/char/0:0/subsystem", "/sys/bus/dax")


def daxctl(*words):
    ended = subprocess.run(["daxctl", *words], capture_output=True, text=True)
    return ended.returncode, ended.stdout + ended.stderr


def device():
    status, said = daxctl("list", "--devices")
    equal(status, 0)
    return {name: json.loads(said)[0].get(name) for name in ["mode", "online_memblocks", "total_memblocks", "movable"]}


def listed(online, movable=None):
    return {"mode": "system-ram", "online_memblocks": online, "total_memblocks": len(BLOCKS), "movable": movable}


def now():
    return [(block.state, *block.zones) for block in Machine().blocks if block.number in BLOCKS]


OFFLINE, MOVABLE, NORMAL = ("offline", "Movable", "Normal"), ("online", "Movable"), ("online", "Normal")


def all_offline():
    equal(device(), listed(0))
    equal({state for state, *_ in now()}, {"offline"})


def test_online_as_movable_memory():
    all_offline()
    equal(daxctl("online-memory", "dax0.0"), (0, "onlined memory for 1 device\n"))
    equal(now(), [MOVABLE] * len(BLOCKS))
    equal(device(), listed(len(BLOCKS), True))


def test_offline():
    equal(daxctl("offline-memory", "dax0.0"), (0, "offlined memory for 1 device\n"))
    all_offline()


def test_online_as_the_kernels_memory():
    equal(daxctl("online-memory", "--no-movable", "dax0.0"), (0, "onlined memory for 1 device\n"))
    equal(now(), [NORMAL] * len(BLOCKS))
    equal(device(), listed(len(BLOCKS), False))


def test_a_block_in_use():
    number = BLOCKS[2]
    write(f"{CONTROL}/workload", b"alloc name=db kind=kernel block=%d pages=3" % number)
    status, said = daxctl("offline-memory", "dax0.0")
    assert status != 0
    assert f"Failed to offline {NODE}/node1/memory{number}/state: Device or resource busy" in said, said
    # It takes them in the order in which the node's directory has them, and stops.
    order = [int(name[6:]) for name in os.listdir(f"{NODE}/node1") if name[:6] == "memory" and int(name[6:]) in BLOCKS]
    equal(within(states(), "offline"), sorted(order[:order.index(number)]))
    equal(device()["online_memblocks"], len(BLOCKS) - order.index(number))
    write(f"{CONTROL}/workload", b"free name=db")
    equal(daxctl("offline-memory", "dax0.0")[0], 0)
    all_offline()


def test_some_online_already():
    write(f"{MEMORY}/memory{BLOCKS[0]}/state", b"online_movable")
    equal(device(), listed(1))
    equal(daxctl("online-memory", "dax0.0")[0], 0)
    equal(now(), [MOVABLE] * len(BLOCKS))


def test_a_removal():
    write(f"{CONTROL}/dimm", b"unplug id=d1")
    equal([number for number in BLOCKS if number in states()], [])
    # Without memory and processors the node is gone too, and that is ENOENT.
    equal(device()["total_memblocks"], 0 if os.path.isdir(f"{NODE}/node1") else -2)


before = set(states())
write(f"{CONTROL}/dimm", b"plug id=d1 size=%d node=1" % SIZE)
BLOCKS = sorted(set(states()) - before)
show_device(BLOCKS[0] * block_size(), 1)
main()
