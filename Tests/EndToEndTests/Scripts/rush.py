# SPDX-License-Identifier: Apache-2.0
"""Many processes read and write one mounted tree at once, and nobody may see what is not so: `rush.py ROOT SECONDS keeps|asks`.

Writers own what they write to, and so know what has to be read after each of their writes. Each has a partner, another process that
it asks to look after a write has returned. Watchers look at everything all the time: what they read must be whole, well formed and
something that was the case at some time.
"""
import errno
import os
import re
import select
import signal
import sys
import time
import traceback

ROOT, SECONDS = sys.argv[1], float(sys.argv[2])
# Whether the kernel keeps what files say.
KEEPS = sys.argv[3] == "keeps"
MEMORY = ROOT + "/sys/devices/system/memory"
NODE = ROOT + "/sys/devices/system/node"
BUS = ROOT + "/sys/bus/memory/devices"
DIMM = ROOT + "/sys/kernel/debug/hotmem/dimm"
RATIO = ROOT + "/sys/module/memory_hotplug/parameters/auto_movable_ratio"
END = time.monotonic() + SECONDS
BLOCK_PAGES = 128 << 20 >> 12

STATE = re.compile(r"(online|offline|going-offline)\n")
ZONES = r"(?:DMA32|DMA|Normal|Movable|none)"
FORMS = {
    "state": STATE,
    "online": re.compile(r"[01]\n"),
    "removable": re.compile(r"[01]\n"),
    "phys_index": re.compile(r"[0-9a-f]{8}\n"),
    "phys_device": re.compile(r"0\n"),
    "valid_zones": re.compile(rf"{ZONES}( {ZONES})?\n"),
    "uevent": re.compile(r""),
}


def equal(got, want, what):
    if got != want:
        raise AssertionError(f"{what}: {got!r} is not {want!r}")


def read(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        text = b""
        while piece := os.read(descriptor, 1 << 16):
            text += piece
        return text.decode()
    finally:
        os.close(descriptor)


def settled(look):
    """What somebody sees who looks at what others may be changing at that moment: the same twice, where the kernel keeps
    texts apart from their lengths, and may show one that is just being written. What nobody changes is never looked at
    like this."""
    seen = look()
    while KEEPS and (again := look()) != seen:
        seen = again
    return seen


def write(path, text, flags=0):
    descriptor = os.open(path, os.O_WRONLY | flags)
    try:
        return os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def error_of(call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        return error.errno
    return 0


def state_of(block):
    """What a block that nobody else writes to looks like now, in every way there is."""
    directory = f"{MEMORY}/memory{block}"
    return read(f"{directory}/state"), read(f"{directory}/online"), settled(lambda: read(f"{directory}/valid_zones"))


class Kept:
    """Descriptors of a block's files, which are read from their starts again and again."""

    def __init__(self, block):
        self.descriptors = [os.open(f"{MEMORY}/memory{block}/{name}", os.O_RDONLY) for name in ("state", "online", "valid_zones")]

    def again(self):
        def text(number):
            return os.pread(self.descriptors[number], 4096, 0).decode()

        return text(0), text(1), settled(lambda: text(2))


class Partner:
    """Another process, which looks when it is asked to."""

    def __init__(self, look):
        self.asked, asks = os.pipe()
        answers, self.answered = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            os.close(asks)
            os.close(answers)
            ended(lambda: self.serve(look))
        os.close(self.asked)
        os.close(self.answered)
        self.asks, self.answers = asks, answers

    def serve(self, look):
        while word := os.read(self.asked, 4096):
            try:
                answer = repr(look(word.decode()))
            except Exception:
                answer = traceback.format_exc()
            os.write(self.answered, answer.encode())

    def look(self, word, want, what):
        os.write(self.asks, word.encode())
        equal(os.read(self.answers, 1 << 16).decode(), repr(want), f"{what}, to another process")


# Writers


def switch(block, index):
    """Takes a block offline and online again, each time in another way, and looks at it after each write."""
    directory = f"{MEMORY}/memory{block}"
    others = Kept(block)
    partner = Partner(lambda _: (*state_of(block), *others.again()))
    kept = Kept(block)
    ways = [("state", "online_movable", "Movable"), ("online", "1", None), ("state", "online_kernel", "Normal"),
            ("state", "online", None)]
    turns = index
    while time.monotonic() < END:
        name, word, zone = ways[turns % len(ways)]
        flags = os.O_TRUNC if turns % 2 else 0
        turns += 1
        # Each is refused in one of its ways first, which changes nothing.
        before = state_of(block)
        equal(error_of(write, f"{directory}/state", "online_m\n", flags), errno.EINVAL, "nonsense")
        equal(error_of(write, f"{directory}/online", "2\n", flags), errno.EINVAL, "nonsense")
        equal(state_of(block), before, f"memory{block} after nonsense")
        write(f"{directory}/state" if turns % 3 else f"{directory}/online", "offline\n" if turns % 3 else "0\n", flags)
        state, online, zones = now = state_of(block)
        equal((state, online), ("offline\n", "0\n"), f"memory{block} after it went offline")
        assert "Normal" in zones or "Movable" in zones, f"memory{block} could go to {zones!r}"
        partner.look("?", now + now, f"memory{block} offline")
        equal(kept.again(), now, f"memory{block} offline, in descriptors that are kept")
        write(f"{directory}/{name}", word + "\n", flags)
        state, online, zones = now = state_of(block)
        equal((state, online), ("online\n", "1\n"), f"memory{block} after it went online")
        assert zones in ("Normal\n", "Movable\n") and (not zone or zones == zone + "\n"), f"memory{block} {zones!r}"
        partner.look("?", now + now, f"memory{block} online")
        equal(kept.again(), now, f"memory{block} online, in descriptors that are kept")
    return turns - index


def places(block, node):
    """Where a block is listed and found: six times the same answer, if nothing is out of date."""
    name = f"memory{block}"
    directories = MEMORY, f"{NODE}/node{node}", BUS
    listed = [name in os.listdir(directory) for directory in directories]
    found = [error_of(os.lstat, f"{directory}/{name}") for directory in directories]
    return listed, found


NOWHERE = [False] * 3, [errno.ENOENT] * 3
EVERYWHERE = [True] * 3, [0] * 3


def come_and_go():
    """Plugs a memory device into a node and ejects it again; its blocks come and go everywhere at once."""
    partner = Partner(lambda words: places(*map(int, words.split())))
    turns = 0
    while time.monotonic() < END:
        turns += 1
        node = turns % 2
        write(DIMM, f"plug id=d{node} size=128M node={node}\n", os.O_TRUNC if turns % 2 else 0)
        block = int(re.search(rf"^id=d{node} .* blocks=(\d+)$", read(DIMM), re.M)[1])
        at = re.search(rf"^id=d{node} slot=(\d+) ", read(DIMM), re.M)[1]
        slot = f"{ROOT}/sys/devices/LNXSYSTM:00/LNXSYBUS:00/PNP0C80:{int(at):02x}"
        equal(places(block, node), EVERYWHERE, f"memory{block} plugged in")
        partner.look(f"{block} {node}", EVERYWHERE, f"memory{block} plugged in")
        equal(os.readlink(f"{MEMORY}/memory{block}/node{node}"), f"../../node/node{node}", "its node")
        equal(os.readlink(f"{slot}/physical_node"), f"../../../system/memory/memory{block}", "its slot's block")
        equal(read(f"{slot}/status"), "15\n", "its slot")
        state = os.open(f"{MEMORY}/memory{block}/state", os.O_RDONLY)
        equal(os.pread(state, 64, 0), b"offline\n", f"memory{block}, new")
        if turns % 2:
            write(f"{MEMORY}/memory{block}/state", "online_movable\n")
            equal(os.pread(state, 64, 0), b"online\n", f"memory{block}, in a descriptor that is kept")
            equal(state_of(block), ("online\n", "1\n", "Movable\n"), f"memory{block}, online")
        if turns % 3:
            write(f"{slot}/eject", "1\n")
        else:
            write(DIMM, f"unplug id=d{node}\n")
        equal(places(block, node), NOWHERE, f"memory{block} ejected")
        partner.look(f"{block} {node}", NOWHERE, f"memory{block} ejected")
        equal(read(f"{slot}/status"), "0\n", "its slot")
        equal(error_of(os.lstat, f"{slot}/physical_node"), errno.ENOENT, "its slot's block")
        equal(error_of(os.pread, state, 64, 0), errno.ENODEV, f"memory{block}, in a descriptor that is kept")
        equal(error_of(os.open, f"{MEMORY}/memory{block}/state", os.O_RDONLY), errno.ENOENT, f"memory{block}'s state")
        os.close(state)
    return turns


def add(block):
    """Probes memory, four blocks a second, for the tree is not to grow large."""
    partner = Partner(lambda word: places(int(word), 0))
    turns = 0
    while time.monotonic() < END:
        equal(places(block, 0), NOWHERE, f"memory{block}, not yet there")
        partner.look(str(block), NOWHERE, f"memory{block}, not yet there")
        write(f"{MEMORY}/probe", f"{block << 27:#x}", os.O_TRUNC if turns % 2 else 0)
        partner.look(str(block), EVERYWHERE, f"memory{block}, added")
        equal(places(block, 0), EVERYWHERE, f"memory{block}, added")
        equal(state_of(block)[:2], ("offline\n", "0\n"), f"memory{block}, added")
        block, turns = block + 1, turns + 1
        time.sleep(0.25)
    return turns


def set_one(path, words):
    """Writes the words in turn to a file that nobody else writes to."""
    partner = Partner(lambda _: read(path))
    turns = 0
    while time.monotonic() < END:
        word = words[turns % len(words)]
        write(path, word, os.O_TRUNC if turns % 4 < 2 else 0)
        turns += 1
        equal(read(path), word, path)
        partner.look("?", word, path)
    return turns


def change_modes(path):
    """The bits, the owner and the group are what was set last."""
    partner = Partner(lambda _: (lambda status: (status.st_mode & 0o7777, status.st_uid, status.st_gid))(os.stat(path)))
    turns = 0
    while time.monotonic() < END:
        mode, user, group = (0o444, 0o644, 0o600)[turns % 3], turns % 5, turns % 7
        os.chmod(path, mode)
        os.chown(path, user, group)
        turns += 1
        partner.look("?", (mode, user, group), f"{path}'s status")
    os.chown(path, 0, 0)
    return turns


# Watchers


def text_or_none(path):
    """A text; nothing where its object has gone since it was heard of."""
    try:
        return read(path)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENODEV):
            raise
        return None


def holds_at_last(check):
    """Whether something holds. Where the kernel keeps texts, what is being written may show until its writer goes on."""
    end = time.monotonic() + (2 if KEEPS else 0)
    while True:
        try:
            return check()
        except (AssertionError, KeyError, TypeError):
            if time.monotonic() >= end:
                raise


def watch_blocks():
    """Every attribute of every block is whole, whatever happens to it."""
    def check(path, form):
        text = text_or_none(path)
        assert text is None or form.fullmatch(text), f"{path}: {text!r}"

    turns = 0
    while time.monotonic() < END:
        for name in os.listdir(MEMORY):
            if not re.fullmatch(r"memory\d+", name):
                continue
            turns += 1
            for attribute, form in FORMS.items():
                holds_at_last(lambda: check(f"{MEMORY}/{name}/{attribute}", form))
    return turns


def check_counters():
    """Texts of several zones and nodes are whole; what belongs together in one text is of one moment."""
    zones = read(ROOT + "/proc/zoneinfo")
    counts = {name: list(map(int, re.findall(rf"^ +{name} +(\d+)$", zones, re.M)))
              for name in ("spanned", "present", "managed")}
    assert len(counts["spanned"]) == len(counts["present"]) == len(counts["managed"]) > 3, zones
    for spanned, present, managed in zip(*counts.values()):
        assert spanned >= present >= managed, zones
    # All that is in Movable came in blocks.
    movable = re.findall(r"^Node \d+, zone +Movable$(?:.|\n)*?^ +present +(\d+)$", zones, re.M)
    assert all(int(present) % BLOCK_PAGES == 0 for present in movable), zones
    text = read(ROOT + "/proc/meminfo")
    values = dict(re.findall(r"^(\S+): +(\d+)(?: kB)?$", text, re.M))
    assert int(values["MemFree"]) <= int(values["MemTotal"]) and text.endswith("\n"), text
    equal(len(values), len(text.splitlines()), "the lines of /proc/meminfo")
    for node in (0, 1):
        text = text_or_none(f"{NODE}/node{node}/meminfo")
        if text is None:
            continue
        total, free, used = (int(re.search(rf"{name}: +(\d+) kB", text)[1]) for name in ("MemTotal", "MemFree", "MemUsed"))
        equal(free + used, total, f"node{node}'s memory")
    assert re.fullmatch(r"(\s*Node \d.*\n)+", read(ROOT + "/proc/buddyinfo")), "buddyinfo"
    assert re.fullmatch(r"(\d+(-\d+)?,?)+\n", read(NODE + "/online")), "online"


def watch_counters():
    turns = 0
    while time.monotonic() < END:
        turns += 1
        holds_at_last(check_counters)
    return turns


def watch_whole():
    """Names that are listed are found, or have gone since; links lead somewhere, or did."""
    turns = 0
    while time.monotonic() < END:
        turns += 1
        for directory in (MEMORY, NODE + "/node0", NODE + "/node1", BUS):
            try:
                names = os.listdir(directory)
            except FileNotFoundError:
                continue
            equal(len(names), len(set(names)), f"names in {directory}")
            for name in names:
                number = error_of(os.stat, f"{directory}/{name}")
                assert number in (0, errno.ENOENT), f"{directory}/{name}: {errno.errorcode[number]}"
    return turns


# What is left of it all


def total_follows():
    """With nobody else there: all counts that follow from which blocks are online do."""
    def counts(node, zone):
        text = read(ROOT + "/proc/zoneinfo")
        found = re.search(rf"^Node {node}, zone +{zone}$(?:.|\n)*?^ +present +(\d+)\n +managed +(\d+)$", text, re.M)
        return int(found[1]), int(found[2])

    def totals():
        whole = int(re.search(r"MemTotal: +(\d+)", read(ROOT + "/proc/meminfo"))[1])
        node = int(re.search(r"MemTotal: +(\d+)", read(f"{NODE}/node1/meminfo"))[1])
        return whole, node, *counts(1, "Movable")

    kilobytes = BLOCK_PAGES * 4
    write(DIMM, "plug id=last size=128M node=1\n")
    block = int(re.search(r"^id=last .* blocks=(\d+)$", read(DIMM), re.M)[1])
    for _ in range(50):
        before = totals()
        write(f"{MEMORY}/memory{block}/state", "online_movable\n")
        equal(totals(), tuple(a + b for a, b in zip(before, (kilobytes, kilobytes, BLOCK_PAGES, BLOCK_PAGES))), "more")
        write(f"{MEMORY}/memory{block}/state", "offline\n")
        equal(totals(), before, "less")
    write(DIMM, "unplug id=last\n")
    return 50


def ended(body):
    """Ends the process with what came of it."""
    status = 1
    try:
        body()
        status = 0
    except BaseException:
        print(traceback.format_exc(), file=sys.stderr, flush=True)
    os._exit(status)


def main():
    blocks = [int(name[6:]) for name in os.listdir(MEMORY) if re.fullmatch(r"memory\d+", name)]
    # The highest of node 0 that can go offline.
    own = []
    for block in sorted(blocks, reverse=True):
        directory = f"{MEMORY}/memory{block}"
        if not os.path.exists(f"{directory}/node0"):
            continue
        if len(own) < 3 and not error_of(write, f"{directory}/state", "offline"):
            equal(error_of(write, f"{directory}/state", "online_movable"), 0, f"memory{block}")
            own.append(block)
    equal(len(own), 3, "blocks that can go offline")
    power = f"{MEMORY}/memory{own[0]}/power/control"
    work = {
        **{f"switch memory{block}": (switch, block, place) for place, block in enumerate(own)},
        "come and go": (come_and_go,), "add": (add, 400),
        "set a ratio": (set_one, RATIO, ["301\n", "7\n", "4294967295\n"]),
        "set power": (set_one, power, ["on\n", "auto\n"]),
        "change modes": (change_modes, f"{NODE}/possible"),
        "watch blocks": (watch_blocks,), "watch counters": (watch_counters,), "watch directories": (watch_whole,),
    }
    reading, writing = os.pipe()
    processes = {}
    for name, (body, *arguments) in work.items():
        process = os.fork()
        if process == 0:
            os.setpgid(0, 0)
            ended(lambda: os.write(writing, f"{name}: {body(*arguments)}\n".encode()))
        processes[process] = name
    os.close(writing)
    failed, hangs = [], time.monotonic() + SECONDS + 30
    while processes and time.monotonic() < hangs:
        process, status = os.waitpid(-1, os.WNOHANG)
        if process in processes:
            name = processes.pop(process)
            if status:
                failed.append(name)
        elif not process:
            time.sleep(0.02)
    for process, name in processes.items():
        failed.append(f"{name} (hangs)")
        os.killpg(process, signal.SIGKILL)
    report = b""
    while piece := os.read(reading, 1 << 16) if select.select([reading], [], [], 0)[0] else b"":
        report += piece
    print(report.decode(), end="")
    if not failed:
        print(f"totals: {total_follows()}")
    print("failed: " + ", ".join(failed) if failed else "all is well")
    sys.exit(1 if failed else 0)


main()
