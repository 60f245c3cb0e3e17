# SPDX-License-Identifier: Apache-2.0
"""What a machine promises."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable

import pytest

from pytest_hotmem import Machine, WorldError
from pytest_hotmem.world import processes, status_of

MEMORY = "/sys/devices/system/memory"


def comes(condition: Callable[[], bool]) -> None:
    """Waits until something holds."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_files_are_read_and_written(hotmem: Machine) -> None:
    assert hotmem.read(f"{MEMORY}/block_size_bytes") == "8000000\n"
    assert hotmem.block_size == 128 << 20
    hotmem.write(f"{MEMORY}/probe", "0x140000000\n")
    assert hotmem.exists(f"{MEMORY}/memory40")
    assert "memory40" in hotmem.names(MEMORY)


def test_blocks_go_online_and_offline(hotmem: Machine) -> None:
    block = hotmem.block(40)
    assert not block.exists
    hotmem.probe(40, 41)
    assert block.exists and block.state == "offline" and block.node == 0
    block.state = "online_movable"
    assert block.state == "online" and block.valid_zones == ["Movable"]
    assert [block for block in hotmem.blocks if block.state == "offline"] == [hotmem.block(41)]
    assert len({hotmem.block(40), block}) == 1


def test_a_refusal_is_the_errno_of_the_kernel(hotmem: Machine) -> None:
    hotmem.control("workload", "alloc name=driver kind=kernel block=34 pages=1")
    with pytest.raises(OSError) as refused:
        hotmem.block(34).state = "offline"
    assert refused.value.errno == errno.EBUSY
    assert refused.value.filename == f"{MEMORY}/memory34/state"
    with pytest.raises(FileNotFoundError):
        hotmem.block(40).read("state")
    with pytest.raises(OSError) as invalid:
        hotmem.control("dimm", "plug nothing")
    assert invalid.value.errno == errno.EINVAL


def test_memory_is_plugged_in_and_out(hotmem: Machine) -> None:
    hotmem.plug("d1", "256M", node=1)
    assert hotmem.read("/sys/devices/system/node/online") == "0-1\n"
    hotmem.unplug("d1")
    assert hotmem.read("/sys/devices/system/node/online") == "0\n"


def test_events_tell_what_happened(hotmem: Machine) -> None:
    hotmem.probe(40)
    [added] = hotmem.events("uevent")
    assert (added.kind, added["ACTION"]) == ("uevent", "add")
    assert added["DEVPATH"] == "/devices/system/memory/memory40"
    assert abs(added.time - time.time()) < 60
    hotmem.block(40).state = "online"
    states = hotmem.events("state", after=added["number"])
    assert [(event["block"], event["state"]) for event in states][-1] == ("memory40", "online")
    assert all(event.number > added.number for event in states)


def test_faults_strike_and_are_counted(hotmem: Machine) -> None:
    hotmem.faults.set("offline", errno="EAGAIN", next=2, block=34)
    for _ in range(2):
        with pytest.raises(BlockingIOError):
            hotmem.block(34).state = "offline"
    hotmem.block(34).state = "offline"
    [fault] = hotmem.faults.list()
    assert (fault.name, fault.kind, fault.asked, fault.hits) == ("offline", "offline", 2, 2)
    assert fault.settings["errno"] == "EAGAIN"
    hotmem.faults.set("lose", name="silence", every=1)
    hotmem.faults.clear("offline")
    assert [fault.name for fault in hotmem.faults.list()] == ["silence"]
    hotmem.faults.clear()
    assert hotmem.faults.list() == []


def test_programs_see_the_machine(hotmem: Machine, tmp_path: Path) -> None:
    hotmem.probe(40)
    ended = hotmem.run(["cat", f"{MEMORY}/memory40/state"])
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "offline\n", "")
    assert hotmem.run(f"echo online > {MEMORY}/memory40/state").returncode == 0
    assert hotmem.block(40).state == "online"
    ended = hotmem.run("pwd; cat; echo $WORD >&2; exit 7", input="in", cwd=tmp_path, env={**os.environ, "WORD": "w"})
    assert (ended.returncode, ended.stdout, ended.stderr) == (7, f"{tmp_path}\nin", "w\n")
    assert hotmem.run("pwd").stdout.strip() == os.getcwd()
    assert hotmem.run(["/no/such/program"]).returncode == 127
    with pytest.raises(subprocess.CalledProcessError):
        hotmem.run("false", check=True)
    assert hotmem.run("kill -TERM $$").returncode == -signal.SIGTERM


def test_no_command_is_no_success(hotmem: Machine) -> None:
    for nothing in ([], ""):
        with pytest.raises(ValueError, match="no command"):
            hotmem.run(nothing)
    missing = hotmem.run(["/no/such/program"])
    assert missing.returncode == 127 and missing.stderr.startswith("hotmem: ") and "/no/such/program" in missing.stderr


def test_no_is_an_answer_and_no_answer_is_a_failure(hotmem: Machine) -> None:
    assert "would be refused" in hotmem.hotmem("explain", "memory39")
    with pytest.raises(subprocess.CalledProcessError):
        hotmem.hotmem("explain", "memory99")


def test_programs_hear_uevents(hotmem: Machine) -> None:
    listener = """
import socket
events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
events.bind((0, 1))
print("ready", flush=True)
print(events.recv(4096).split(b"\\0")[0].decode(), flush=True)
"""
    process = hotmem.start([sys.executable, "-c", listener], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    hotmem.probe(40)
    assert process.stdout.readline() == "add@/devices/system/memory/memory40\n"
    assert process.wait(10) == 0


def test_a_program_that_does_not_end_is_killed(hotmem: Machine) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        hotmem.run("echo $$; exec sleep 1000", timeout=0.5)
    # Killed, it takes a moment.
    comes(lambda: "sleep" not in hotmem.run("cat /proc/[0-9]*/comm").stdout)


def test_a_write_that_waits_too_long_is_given_up(hotmem: Machine) -> None:
    hotmem.faults.set("stuck", block=34)
    hotmem.control("workload", "alloc name=a kind=anon block=34 pages=1")
    with pytest.raises(TimeoutError):
        hotmem.block(34).write("state", "offline", timeout=0.3)
    assert hotmem.block(34).state == "online"
    hotmem.faults.clear()
    hotmem.block(34).state = "offline"
    assert hotmem.block(34).state == "offline"


def test_the_tree_is_seen_from_outside_by_root(hotmem: Machine) -> None:
    if os.geteuid() != 0:
        with pytest.raises(WorldError, match="only root"):
            hotmem.root
    else:
        hotmem.probe(40)
        assert (hotmem.root / "sys/devices/system/memory/memory40/state").read_text() == "offline\n"
        said = subprocess.run(["lsmem", "--sysroot", hotmem.root, "--summary=only"], capture_output=True, text=True)
        assert "Total offline memory:    128M" in said.stdout


@pytest.mark.hotmem(machine="two-nodes", cmdline="movable_node")
def test_the_marker_says_which_machine(hotmem: Machine) -> None:
    assert hotmem.read("/sys/devices/system/node/online") == "0-1\n"
    assert "movable_node" in hotmem.read("/proc/cmdline")


def test_a_machine_file_will_do(hotmem_machine: Callable[..., Machine], tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('abi = "linux-3.8"\n\n[[memory]]\nfirst = 0x100000000\nlast = 0x13fffffff\n')
    machine = hotmem_machine(file)
    assert not machine.exists(f"{MEMORY}/auto_online_blocks")


def test_several_machines_are_apart(hotmem_machine: Callable[..., Machine]) -> None:
    one, other = hotmem_machine(), hotmem_machine(cached=True)
    one.probe(40)
    assert one.block(40).exists and not other.block(40).exists
    assert one.block(40) != other.block(40)


def test_udev_rules_are_applied(hotmem_machine: Callable[..., Machine], tmp_path: Path) -> None:
    rules = tmp_path / "99-memory.rules"
    rules.write_text('SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", ATTR{state}="online_movable"\n')
    machine = hotmem_machine(rules=[rules])
    machine.probe(40)
    machine.run("udevadm settle", check=True)
    assert machine.block(40).valid_zones == ["Movable"]


def test_a_wrong_machine_is_an_error(hotmem_machine: Callable[..., Machine]) -> None:
    with pytest.raises(WorldError, match="vax"):
        hotmem_machine("vax")


def test_what_is_closed_is_gone(hotmem_machine: Callable[..., Machine]) -> None:
    with hotmem_machine() as machine:
        sleeper = machine.start(["sleep", "1000"])
        world = machine._world
    machine.close()
    assert sleeper.returncode is not None
    with pytest.raises(WorldError, match="has ended"):
        machine.read(f"{MEMORY}/block_size_bytes")
    with pytest.raises(WorldError, match="has ended"):
        machine.run("true")
    comes(lambda: not status_of(world._inside))


def test_a_machine_that_is_gone_is_said(hotmem_machine: Callable[..., Machine]) -> None:
    machine = hotmem_machine()
    os.kill(machine._world._process.pid, signal.SIGKILL)
    with pytest.raises(WorldError, match="has ended"):
        for _ in range(500):
            machine.read(f"{MEMORY}/block_size_bytes")
            time.sleep(0.01)


def test_processes_are_found_with_their_numbers() -> None:
    [(parent, numbers)] = [(parent, numbers) for process, parent, numbers in processes() if process == os.getpid()]
    assert parent == os.getppid() and numbers[0] == os.getpid()
