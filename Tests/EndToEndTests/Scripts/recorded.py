# SPDX-License-Identifier: Apache-2.0
"""A live kernel's session, with third-party programs in the places of echo and cat.

Arguments: a transcript. What was written to a block's `state` chmem and qemu-ga ask for here: they must be refused where the
kernel refused, with its errno. Where a snapshot was taken, lsmem and qemu-ga are asked what there is.
"""
import errno
import itertools
import json
import re
import subprocess
import sys
from agent import Agent
from check import *

STATE = re.compile(rf"W {MEMORY}/memory(\d+)/state (online|online_movable|online_kernel|offline)")
checked = {"chmem": 0, "qemu-ga": 0, "lsmem": 0}
turn = itertools.cycle(["chmem", "qemu-ga"])


def by_agent(number, word, expected):
    answer = agent.set(**{f"memory{number}": word == "online"})
    equal(answer, {number: ("operation-failed", expected) if expected else ("success", None)})
    checked["qemu-ga"] += 1


def by_chmem(number, option, expected, zone=None):
    ended = subprocess.run(["chmem", "-v", option, *(["-z", zone] if zone else []), "-b", str(number)],
                           capture_output=True, text=True)
    equal((ended.returncode, "failed" in ended.stdout + ended.stderr), (1, True) if expected else (0, False))
    if expected:
        assert os.strerror(expected) in ended.stderr, ended
    checked["chmem"] += 1


def set_state(number, word, expected):
    """Whichever program can ask for this."""
    path = f"{MEMORY}/memory{number}"
    if not os.path.isdir(path):
        return
    # FUSE carries no errno above 511.
    expected = errno.ERANGE if expected > 511 else expected
    zones = read(f"{path}/valid_zones").split()
    if state(path) == "going-offline":
        return equal(errno_of(write, f"{path}/state", word.encode()), expected)
    # Both look first whether the block is in that state already, and then do nothing.
    done = state(path) == word.split("_")[0]
    if word == "online_movable" and "Movable" in zones and not done:
        by_chmem(number, "-e", expected, "Movable")
    elif word == "online" and not done or word == "offline" and next(turn) == "qemu-ga":
        by_agent(number, word, 0 if done else expected)
    elif word == "offline":
        by_chmem(number, "-d", 0 if done else expected)
    else:
        equal(errno_of(write, f"{path}/state", word.encode() + b"\n"), expected)


def check_snapshot(blocks):
    listed = json.loads(subprocess.check_output(["lsmem", "-J", "-a", "-b", "-o", "BLOCK,STATE,ZONES,NODE,REMOVABLE"]))
    found = {row["block"]: [row["state"], row["zones"], row["node"]] for row in listed["memory"]}
    expected = {number: [values[0], "/".join("None" if zone == "none" else zone for zone in values[1].split()),
                         ",".join(name[4:] for name in values[4:])] for number, values in blocks.items()}
    equal({number: [*values[:2], str(values[2])] for number, values in found.items()}, expected)
    equal({row["block"]: row["removable"] for row in listed["memory"] if row["state"] == "online"},
          {number: values[3] == "1" for number, values in blocks.items() if values[0] == "online"})
    checked["lsmem"] += 1
    found = {str(block["phys-index"]): (block["online"], block["can-offline"])
             for block in agent.ask("guest-get-memory-blocks")}
    equal(found, {number: (values[0] == "online", values[3] == "1") for number, values in blocks.items()})
    checked["qemu-ga"] += 1


def follow(line):
    operation, _, rest = line["op"].partition(" ")
    words = rest.split()
    if match := STATE.fullmatch(line["op"]):
        set_state(int(match[1]), match[2], line["errno"])
    elif operation in "WN":
        path, _, data = rest.partition(" ")
        errno_of(write, path, data.encode("latin1") + b"\n" * (operation == "W"))
    elif operation == "B":
        check_snapshot(line["blocks"])
    elif operation == "H":
        command = f"plug id={words[1]} size={words[2]} node={words[3]}" if words[0] == "plug" else f"unplug id={words[1]}"
        errno_of(write, f"{CONTROL}/dimm", command.encode())
    elif operation == "P":
        name = f"name=pin{words[1]}"
        command = f"alloc {name} kind=kernel block={words[1]} pages=1" if words[0] == "pin" else f"free {name}"
        errno_of(write, f"{CONTROL}/workload", command.encode())


def test_every_answer_is_the_kernels():
    with open(sys.argv[1]) as transcript:
        next(transcript)
        for number, line in enumerate(transcript, 2):
            try:
                follow(json.loads(line))
            except AssertionError as error:
                raise AssertionError(f"line {number}, {json.loads(line)['op'][:100]}: {error}") from error
    print(", ".join(f"{program} {count}" for program, count in checked.items()))
    assert checked["lsmem"] > 0


with Agent() as agent:
    main()
