# SPDX-License-Identifier: Apache-2.0
"""stress-ng takes blocks offline and online again at random, and leaves all as it was."""
import re
import subprocess
import tempfile
from check import *
from facts import *
from listener import uevents


def stress(*options):
    """Its exit status, what it said, and what became of each block, in order."""
    uevents()
    ended = subprocess.run(["stress-ng", "--verbose", "--metrics-brief", *options], capture_output=True, text=True,
                           cwd=tempfile.mkdtemp())
    actions = {}
    for event in uevents():
        action, path = event.split("@")
        actions.setdefault(int(path.rpartition("memory")[2]), []).append(action)
    return ended.returncode, ended.stdout + ended.stderr, actions


def test_one_worker():
    before = states()
    status, said, actions = stress("--memhotplug", "1", "--memhotplug-ops", "200")
    equal((status, states()), (0, before))
    # It believes what `removable` says.
    equal(int(re.search(r"found (\d+) removable", said)[1]), sum(block.removable for block in Machine().blocks))
    equal(re.search(r"metrc: \[\d+\] memhotplug +(\d+)", said)[1], "200")
    assert len(actions) > 3 and "failed" not in said, said
    for done in actions.values():
        equal(done, ["offline", "online"] * (len(done) // 2))


def test_several_at_once():
    before = states()
    status, said, actions = stress("--memhotplug", "3", "--memhotplug-ops", "300")
    equal((status, states()), (0, before))
    for done in actions.values():
        equal(done, ["offline", "online"] * (len(done) // 2))


def test_blocks_that_cannot_go():
    busy = [number for number in within(states(), "online")
            if not errno_of(write, f"{CONTROL}/workload", b"alloc name=pin%d kind=kernel block=%d pages=1" % (number, number))]
    assert busy
    before = states()
    status, said, actions = stress("--memhotplug", "1", "--memhotplug-ops", "100")
    equal((status, states()), (0, before))
    equal(set(actions) & set(busy), set())


main()
