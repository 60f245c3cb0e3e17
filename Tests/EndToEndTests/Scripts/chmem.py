# SPDX-License-Identifier: Apache-2.0
"""What chmem says and how it ends, against what it did to the blocks and the uevents that came of it."""
import re
import subprocess
from check import *
from facts import *
from listener import uevents

FORM = r"Memory Block (\d+) \((0x[0-9a-f]{16})-(0x[0-9a-f]{16})\) (.*)"
DONE = {"enabled": "online", "disabled": "offline"}


class Run:
    """What chmem did; its words are true of the blocks, and no other block has changed."""

    def __init__(self, *options):
        uevents()
        before = states()
        ended = subprocess.run(["chmem", "--verbose", *options], capture_output=True, text=True)
        self.status, self.said = ended.returncode, ended.stdout + ended.stderr
        self.events = uevents()
        self.states = states()
        self.words = {}
        for number, first, last, words in re.findall(FORM, self.said):
            size = block_size()
            equal((int(first, 16), int(last, 16)), (int(number) * size, (int(number) + 1) * size - 1))
            self.words[int(number)] = words
        self.changed = [number for number, words in self.words.items() if words in DONE]
        expected = {**before, **{number: DONE[self.words[number]] for number in self.changed}}
        equal(self.states, expected)
        equal(self.events, [f"{expected[number]}@/devices/system/memory/memory{number}" for number in self.changed])
        for number, words in self.words.items():
            if number not in self.changed:
                assert re.fullmatch("already (enabled|disabled)|(enable|disable) failed(: .*)?", words), words

    def failed(self):
        return [number for number, words in self.words.items() if "failed" in words]


def amount(blocks):
    """The size of so many blocks, as chmem takes it."""
    return f"{len(blocks) * block_size() >> 20}M"


def movable():
    """Three blocks in a row that can go, and come back."""
    for number in within(states(), "online")[::-1]:
        if Run("-d", "-b", f"{number - 2}-{number}").status == 0:
            equal(Run("-e", "-b", f"{number - 2}-{number}").status, 0)
            return [number - 2, number - 1, number]
    raise AssertionError("no three blocks in a row can go")


def pin(number):
    write(f"{CONTROL}/workload", b"alloc name=pin kind=kernel block=%d pages=1" % number)


def unpin():
    write(f"{CONTROL}/workload", b"free name=pin")


def zones(number):
    return Block("", number).zones


def has_zones():
    """Whether chmem knows of zones: before 2.41 it asks block 0 alone."""
    return os.path.exists(f"{MEMORY}/memory0/valid_zones")


def test_by_size_from_the_top_and_back_from_the_bottom():
    before = states()
    for count in [1, 2]:
        now = states()
        gone = Run("-d", amount(range(count)))
        equal((gone.status, len(gone.changed)), (0, count))
        # All above the lowest that went were tried, and could not go.
        equal([number for number in within(now, "online")[::-1] if number >= gone.changed[-1]], list(gone.words))
        back = Run("-e", amount(range(count)))
        equal((back.status, back.changed), (0, within(gone.states, "offline")[:count]))
        for number in set(gone.changed) - set(back.changed):
            Run("-e", "-b", str(number))
        for number in set(back.changed) - set(gone.changed):
            Run("-d", "-b", str(number))
    equal(states(), before)


def test_more_than_can_go():
    before = states()
    gone = Run("-d", "1000P")
    equal(gone.status, 64)
    assert gone.changed
    left = re.search(r"Could only disable (\S+) of memory", gone.said)
    equal(left[1], in_words(len(gone.changed) * block_size()))
    equal(gone.failed(), [number for number in within(before, "online")[::-1] if number not in gone.changed])
    back = Run("-e", amount(within(gone.states, "offline")))
    equal((back.status, back.changed), (0, within(gone.states, "offline")))
    nothing = Run("-e", amount([0]))
    equal((nothing.status, nothing.changed), (1, []))
    assert "Could only enable 0B of memory" in nothing.said, nothing.said
    for number in within(before, "offline")[::-1]:
        Run("-d", "-b", str(number))


def in_words(size):
    """As util-linux says sizes: 128M, 2.9G."""
    for unit in "BKMGTP":
        if size < 1024:
            break
        size, rest = size // 1024, size % 1024
    tenths = (rest * 10 + 512) // 1024 if unit != "B" else 0
    size, tenths = (size + 1, 0) if tenths == 10 else (size, tenths)
    return f"{size}.{tenths}{unit}" if tenths else f"{size}{unit}"


def test_by_range_and_by_block():
    blocks = movable()
    size = block_size()
    span = f"0x{blocks[0] * size:016x}-0x{(blocks[-1] + 1) * size - 1:016x}"
    one = f"0x{blocks[1] * size:x}-0x{(blocks[1] + 1) * size - 1:x}"
    numbers = f"{blocks[0]}-{blocks[-1]}"
    for whole in [[span], ["-b", numbers]]:
        gone = Run("-d", *whole)
        equal((gone.status, gone.changed), (0, blocks))
        again = Run("-d", *whole)
        equal((again.status, again.words), (0, dict.fromkeys(blocks, "already disabled")))
        equal((Run("-e", one).changed, Run("-d", one).changed), ([blocks[1]], [blocks[1]]))
        back = Run("-e", *whole)
        equal((back.status, back.changed), (0, blocks))
        equal(Run("-e", *whole).words, dict.fromkeys(blocks, "already enabled"))


def test_a_block_in_use():
    blocks = movable()
    equal(Run("-d", "-b", str(blocks[1])).status, 0)
    # chmem makes it movable if it can, and no page of the kernel's could be in it.
    write(f"{MEMORY}/memory{blocks[1]}/state", b"online_kernel" if has_zones() else b"online")
    pin(blocks[1])
    gone = Run("-d", "-b", f"{blocks[0]}-{blocks[-1]}")
    equal((gone.status, gone.changed), (64, [blocks[0], blocks[-1]]))
    equal(gone.words[blocks[1]], "disable failed: Device or resource busy")
    alone = Run("-d", "-b", str(blocks[1]))
    equal((alone.status, alone.words), (1, {blocks[1]: "disable failed: Device or resource busy"}))
    unpin()
    equal(Run("-d", "-b", str(blocks[1])).status, 0)
    equal(Run("-e", "-b", f"{blocks[0]}-{blocks[-1]}").changed, blocks)


def test_an_error_at_onlining():
    blocks = movable()
    name = f"{blocks[0]}-{blocks[-1]}"
    equal(Run("-d", "-b", name).status, 0)
    write(f"{INJECT}/MEM_GOING_ONLINE/error", b"-12")
    refused = Run("-e", "-b", name)
    equal((refused.status, set(refused.words.values())), (1, {"enable failed: Cannot allocate memory"}))
    write(f"{INJECT}/MEM_GOING_ONLINE/error", b"0")
    equal(Run("-e", "-b", name).status, 0)


def test_each_zone_that_a_block_may_go_to():
    if not has_zones():
        return
    number = movable()[1]
    equal(Run("-d", "-b", str(number)).status, 0)
    possible = zones(number)
    assert len(possible) > 1, possible
    for zone in possible + possible:
        equal((Run("-e", "-z", zone, "-b", str(number)).changed, zones(number)), ([number], [zone]))
        equal(Run("-d", "-b", str(number)).status, 0)
    for zone in {"DMA", "DMA32", "Normal", "HighMem", "Movable"} - set(possible):
        other = Run("-e", "-z", zone, "-b", str(number))
        equal((other.status, other.words), (1, {number: "enable failed: Zone mismatch"}))
    # Without a zone, it chooses Movable.
    equal((Run("-e", "-b", str(number)).status, zones(number)), (0, ["Movable"]))


def test_an_added_block():
    if not os.path.exists(f"{MEMORY}/probe"):
        return
    number, size = max(states()) + 1, block_size()
    write(f"{MEMORY}/probe", b"%#x" % (number * size))
    equal(Run("-e", "-b", str(number)).changed, [number])
    equal(Run("-d", f"0x{number * size:x}-0x{(number + 1) * size - 1:x}").changed, [number])


def test_what_it_does_not_take():
    size, last = block_size(), max(states())
    for options, words in [
        (["-d", f"{(size + size // 2) >> 10}K"], "Size must be aligned to memory block size"),
        (["-d", f"0x1-0x{size - 1:x}"], "must be aligned to memory block size"),
        (["-d", "-b", f"{last}-{last - 1}"], f"Invalid range: {last}-{last - 1}"),
        (["-d", "-b", "x"], "Failed to parse block number: 'x'"), (["-d", "-b", str(last + 100000)], ""),
    ] + has_zones() * [(["-e", "-z", "Nowhere", "-b", str(last)], "unknown memory zone: Nowhere")]:
        ended = Run(*options)
        equal((options, ended.status, ended.changed, words in ended.said), (options, 1, [], True))


main()
