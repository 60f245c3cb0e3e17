# SPDX-License-Identifier: Apache-2.0
"""Tests of a script, each on a machine of its own: what online-memory.bats does, with pytest-hotmem."""

from pathlib import Path

from pytest_hotmem import Machine

SCRIPT = Path(__file__).with_name("online-memory")


def test_brings_as_many_blocks_online_as_it_is_told(hotmem: Machine) -> None:
    hotmem.probe(40, 41, 42)
    assert hotmem.run([SCRIPT, "2"]).returncode == 0
    assert [hotmem.block(number).state for number in (40, 41, 42)] == ["online", "online", "offline"]
    assert hotmem.block(40).valid_zones == ["Movable"]


def test_says_it_where_there_are_too_few(hotmem: Machine) -> None:
    hotmem.probe(40)
    ended = hotmem.run([SCRIPT, "2"])
    assert (ended.returncode, ended.stderr) == (1, "1 too few\n")


def test_tries_again_what_fails_for_a_moment(hotmem: Machine) -> None:
    hotmem.probe(40)
    hotmem.faults.set("online", errno="EAGAIN", next=2, block=40)
    assert hotmem.run([SCRIPT, "1"]).returncode == 0
    assert [fault.hits for fault in hotmem.faults.list()] == [2]


def test_takes_another_block_where_one_cannot_go_online(hotmem: Machine) -> None:
    hotmem.probe(40, 41)
    hotmem.faults.set("online", errno="ENOMEM", next=100, block=40)
    assert hotmem.run([SCRIPT, "1"]).stdout == "memory41 is online\n"
    assert {event["errno"] for event in hotmem.events("refused")} == {12}
