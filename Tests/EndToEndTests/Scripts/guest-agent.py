# SPDX-License-Identifier: Apache-2.0
"""The memory commands of qemu-guest-agent, against the files."""
import errno
from agent import Agent
from check import *
from facts import *


def expected():
    return [{"phys-index": block.number, "online": block.state == "online", "can-offline": block.removable}
            for block in Machine().blocks]


def listed():
    return sorted(agent.ask("guest-get-memory-blocks"), key=lambda block: block["phys-index"])


def test_how_large_a_block_is():
    equal(agent.ask("guest-get-memory-block-info"), {"size": block_size()})


def test_every_block():
    equal(listed(), expected())


def test_blocks_come_and_go_as_asked():
    before = states()
    blocks = Machine()
    going = [block.number for block in blocks.blocks if block.state == "online" and block.removable]
    answers = agent.set(**{f"memory{number}": False for number in going})
    equal(sorted(answers), going)
    now = states()
    gone = [number for number in going if answers[number] == ("success", None)]
    assert gone
    equal(now, {**before, **dict.fromkeys(gone, "offline")})
    for number in set(going) - set(gone):
        response, error = answers[number]
        # What it says is the errno that everybody gets.
        equal((response, errno.errorcode[error]), ("operation-failed", errno.errorcode[errno_of(
            write, f"{MEMORY}/memory{number}/state", b"offline")]))
    equal(listed(), expected())
    equal(agent.set(**{f"memory{number}": False for number in gone}), dict.fromkeys(gone, ("success", None)))
    equal(agent.set(**{f"memory{number}": True for number in going}), dict.fromkeys(going, ("success", None)))
    equal(states(), before)


def one_that_can_go():
    number = next(number for number in reversed(within(states(), "online"))
                  if agent.set(**{f"memory{number}": False})[number][0] == "success")
    agent.set(**{f"memory{number}": True})
    return number


def test_a_block_in_use_and_a_block_that_is_not_there():
    number = one_that_can_go()
    write(f"{CONTROL}/workload", b"alloc name=pin kind=kernel block=%d pages=1" % number)
    missing = max(states()) + 1000
    equal(agent.set(**{f"memory{number}": False, f"memory{missing}": True, f"memory{missing + 1}": False}),
          {number: ("operation-failed", errno.EBUSY), missing: ("not-found", errno.ENOENT),
           missing + 1: ("not-found", errno.ENOENT)})
    equal(states()[number], "online")
    write(f"{CONTROL}/workload", b"free name=pin")


def test_an_error_at_onlining():
    number = one_that_can_go()
    equal(agent.set(**{f"memory{number}": False}), {number: ("success", None)})
    write(f"{INJECT}/MEM_GOING_ONLINE/error", b"-12")
    equal(agent.set(**{f"memory{number}": True}), {number: ("operation-failed", errno.ENOMEM)})
    equal(states()[number], "offline")
    write(f"{INJECT}/MEM_GOING_ONLINE/error", b"0")
    equal(agent.set(**{f"memory{number}": True}), {number: ("success", None)})


with Agent() as agent:
    main()
