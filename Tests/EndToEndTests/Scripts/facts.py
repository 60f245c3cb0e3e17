# SPDX-License-Identifier: Apache-2.0
"""What the files say, read without any of the programs under test."""
import os
import re


def text(path):
    with open(path) as file:
        return file.read()


def lines_of(path):
    return text(path).splitlines()


def numbered(directory, word):
    """The numbers of the entries that are called by the word and a number."""
    return sorted(int(name[len(word):]) for name in os.listdir(directory) if re.fullmatch(word + "[0-9]+", name))


def numbers_in(ranges):
    """The numbers of a list like 0-2,7."""
    found = []
    for part in filter(None, ranges.strip().split(",")):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


class Block:
    """A memory block's files."""

    def __init__(self, root, number):
        self.number = number
        self.directory = f"{root}/sys/devices/system/memory/memory{number}"
        self.state = self.read("state")
        # Kernels before 3.15 have no such file.
        zones = self.read("valid_zones") if os.path.exists(f"{self.directory}/valid_zones") else ""
        self.zones = zones.split()
        self.removable = self.read("removable") == "1"
        self.nodes = numbered(self.directory, "node")

    def read(self, name):
        return text(f"{self.directory}/{name}").strip()


class Machine:
    """A machine's blocks, as they are now."""

    def __init__(self, root=""):
        memory = f"{root}/sys/devices/system/memory"
        self.block_size = block_size(root)
        self.blocks = [Block(root, number) for number in numbered(memory, "memory")]

    def online(self):
        return [block.number for block in self.blocks if block.state == "online"]

    def offline(self):
        return [block.number for block in self.blocks if block.state == "offline"]


def states(root=""):
    """The states alone, by the blocks' numbers."""
    memory = f"{root}/sys/devices/system/memory"
    return {number: text(f"{memory}/memory{number}/state").strip() for number in numbered(memory, "memory")}


def within(states, state):
    return [number for number, value in states.items() if value == state]


def block_size(root=""):
    return int(text(f"{root}/sys/devices/system/memory/block_size_bytes"), 16)


class Node:
    """A node's files; sizes in bytes."""

    def __init__(self, number, root=""):
        self.number = number
        self.directory = f"{root}/sys/devices/system/node/node{number}"
        self.meminfo = {}
        for line in lines_of(f"{self.directory}/meminfo"):
            name, value = re.fullmatch(rf"Node {number} (\S+):\s+(\d+)(?: kB)?", line).groups()
            self.meminfo[name] = int(value) * (1024 if line.endswith(" kB") else 1)
        self.cpus = numbers_in(text(f"{self.directory}/cpulist"))
        self.distances = [int(word) for word in text(f"{self.directory}/distance").split()]
        self.counters = {name: int(value) for name, value in map(str.split, lines_of(f"{self.directory}/numastat"))}


def nodes(root=""):
    return [Node(number, root) for number in numbered(f"{root}/sys/devices/system/node", "node")]
