# SPDX-License-Identifier: Apache-2.0
"""A simulated machine, for a test."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Dict, List, Optional, Sequence, Type, Union

from pytest_hotmem.events import Event, parse_events
from pytest_hotmem.faults import Faults
from pytest_hotmem.world import Command, World, WorldError, find_program, kill

MEMORY = "/sys/devices/system/memory"
CONTROLS = "/sys/kernel/debug/hotmem"

#: Something to be found at a path.
StrPath = Union[str, "os.PathLike[str]"]


class Machine:
    """A machine of its own, in a private world: the world of a ``hotmem run``.

    Programs that :meth:`run` and :meth:`start` start see it at the real paths, and hear its uevents. Paths are given as
    they are there: ``machine.read("/sys/devices/system/node/online")``. It ends with :meth:`close`, which the fixtures
    call; and with this process, however that ends.
    """

    #: Seconds after which a write that waits, as for a block that cannot go offline, is taken for one that hangs.
    timeout: float = 60

    def __init__(
        self,
        machine: Optional[StrPath] = None,
        cmdline: str = "",
        *,
        cached: bool = False,
        udev: bool = False,
        rules: Union[StrPath, Sequence[StrPath]] = (),
        program: Optional[str] = None,
    ) -> None:
        """Boots a machine.

        :param machine: a preset (``hotmem machine list``), or a machine file.
        :param cmdline: kernel parameters, after those of the machine file.
        :param cached: the kernel keeps what files say, too (``-o cached``).
        :param udev: run systemd-udevd in the world.
        :param rules: files of udev rules for it, one or several.
        :param program: hotmem's program (default: ``$HOTMEM``, or ``hotmem``).
        :raises Unavailable: if no world can be made on this system.
        :raises WorldError: if hotmem refuses the machine.
        """
        options: List[str] = []
        if machine is not None:
            options += ["--machine", os.fspath(machine)]
        if cmdline:
            options += ["--cmdline", cmdline]
        if cached:
            options += ["-o", "cached"]
        if udev:
            options += ["--udev"]
        for file in [rules] if isinstance(rules, (str, os.PathLike)) else rules:
            options += ["--rules", os.fspath(file)]
        #: The path of hotmem's program.
        self.program = find_program(program or os.environ.get("HOTMEM") or "hotmem")
        self._world = World(self.program, options)
        #: What is to go wrong.
        self.faults = Faults(self)

    def __enter__(self) -> "Machine":
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the machine, and all programs in its world."""
        self._world.close()

    # Files

    @property
    def root(self) -> Path:
        """Where the machine's tree is for programs outside of its world: ``lsmem --sysroot``.

        :raises WorldError: for others than root, who see the tree in the world only: from what :meth:`run` starts.
        """
        root = self._world.root
        if not os.access(f"{root}{MEMORY}/block_size_bytes", os.R_OK):
            raise WorldError("only root sees the tree from outside of its world; what run() starts does, too")
        return root

    def read(self, path: StrPath) -> str:
        """What a file of the machine says, with its newline.

        :raises OSError: with the kernel's errno.
        """
        return str(self._world.ask("read", os.fspath(path), timeout=self.timeout))

    def write(self, path: StrPath, text: str, timeout: Optional[float] = None) -> None:
        """Writes to a file of the machine, as ``echo -n`` does, in one system call.

        :param timeout: seconds to wait for an answer (default: :attr:`timeout`).
        :raises OSError: with the kernel's errno.
        :raises TimeoutError: if the write still waits then; it is given up, as if a signal had come, so that the block is as
            before. To let one wait, :meth:`start` a program.
        """
        self._world.ask("write", os.fspath(path), text, timeout=self.timeout if timeout is None else timeout)

    def exists(self, path: StrPath) -> bool:
        """Whether the machine has a file or directory of this name."""
        return bool(self._world.ask("exists", os.fspath(path), timeout=self.timeout))

    def names(self, path: StrPath) -> List[str]:
        """The names in a directory of the machine."""
        return list(self._world.ask("names", os.fspath(path), timeout=self.timeout))

    # Memory

    @property
    def block_size(self) -> int:
        """The size of a memory block, in bytes."""
        return int(self.read(f"{MEMORY}/block_size_bytes"), 16)

    def block(self, number: int) -> "Block":
        """A memory block, which may be absent: see :attr:`Block.exists`."""
        return Block(self, number)

    @property
    def blocks(self) -> List["Block"]:
        """The memory blocks that are there, by number."""
        names = [name[len("memory"):] for name in self.names(MEMORY) if name.startswith("memory")]
        return [Block(self, number) for number in sorted(int(name) for name in names if name.isdecimal())]

    def probe(self, *blocks: int) -> None:
        """Adds memory blocks, by number, through ``probe``."""
        size = self.block_size
        for block in blocks:
            self.write(f"{MEMORY}/probe", hex(block * size))

    def plug(self, id: str, size: Union[str, int], node: Optional[int] = None) -> None:
        """Plugs in a memory device: ``plug("d1", "256M", node=1)``."""
        self.control("dimm", f"plug id={id} size={size}" + ("" if node is None else f" node={node}"))

    def unplug(self, id: str) -> None:
        """Takes a memory device out, if all of it can go offline."""
        self.control("dimm", f"unplug id={id}")

    def control(self, name: str, line: str) -> None:
        """Gives a line to one of the controls, such as ``workload`` (hotmem-controls(7)).

        :raises OSError: if it is refused.
        """
        self.write(f"{CONTROLS}/{name}", line + "\n")

    # What happens

    def events(self, *kinds: str, after: int = 0) -> List[Event]:
        """What happened, in order.

        :param kinds: only these: ``events("uevent", "refused")``.
        :param after: only events after the one with this number.
        """
        only = ["--only", ",".join(kinds)] if kinds else []
        return parse_events(self.hotmem("events", "--json", *only, "--after", str(after)))

    @property
    def messages(self) -> str:
        """What hotmem itself has said: what the host lacks, which udev rules are wrong."""
        return self._world.log

    # Programs

    def run(
        self,
        command: Command,
        *,
        input: Optional[str] = None,
        check: bool = False,
        timeout: Optional[float] = 60,
        cwd: Optional[StrPath] = None,
        env: Optional[Dict[str, str]] = None,
    ) -> "subprocess.CompletedProcess[str]":
        """Runs a program in the world, to its end: :func:`subprocess.run` with its output captured, as text.

        :param command: words, or a line for the shell.
        :raises subprocess.TimeoutExpired: if it does not end in time; it is killed then.
        :raises subprocess.CalledProcessError: with ``check``, if its status is not 0.
        """
        process = self.start(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with process:
            try:
                output, errors = process.communicate(input, timeout)
            except BaseException:
                kill(process)
                process.wait()
                raise
        ended = subprocess.CompletedProcess(command, process.returncode, output, errors)
        if check:
            ended.check_returncode()
        return ended

    def start(
        self, command: Command, *, cwd: Optional[StrPath] = None, env: Optional[Dict[str, str]] = None, **options: Any
    ) -> "subprocess.Popen[Any]":
        """Starts a program in the world, which goes on: a daemon, an agent, a write that waits.

        It ends with the machine, if not before. ``options`` are those of :class:`subprocess.Popen`; what is sent to its
        ``pid`` goes to nsenter(1), which is its parent.
        """
        return self._world.start(command, cwd=cwd, env=env, **options)

    def hotmem(self, *words: str) -> str:
        """What a command of hotmem's own says of this machine: ``hotmem("plan", "remove-node", "1")``.

        An answer of "no", as that a node cannot be removed, is an answer, too.

        :raises subprocess.CalledProcessError: if it fails, without an answer.
        """
        ended = self.run([self.program, *words])
        if ended.returncode != 1 or not ended.stdout:
            ended.check_returncode()
        return ended.stdout

    def report(self, last: int = 30) -> str:
        """The last events and all messages, for a person."""
        events: List[str] = []
        with contextlib.suppress(WorldError, OSError, subprocess.SubprocessError):
            events = self.hotmem("events").splitlines()
        return "\n".join(events[-last:] + self.messages.splitlines())


class Block:
    """A memory block of a machine. All is read and written each time anew."""

    def __init__(self, machine: Machine, number: int) -> None:
        self._machine = machine
        #: The number in its name.
        self.number = number

    def __repr__(self) -> str:
        return f"<memory{self.number}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Block) and (other._machine, other.number) == (self._machine, self.number)

    def __hash__(self) -> int:
        return hash(self.number)

    @property
    def path(self) -> str:
        """Its directory in the world."""
        return f"{MEMORY}/memory{self.number}"

    @property
    def exists(self) -> bool:
        """Whether it is there."""
        return self._machine.exists(self.path)

    def read(self, name: str) -> str:
        """What one of its files says, without the newline."""
        return self._machine.read(f"{self.path}/{name}").rstrip("\n")

    def write(self, name: str, text: str, timeout: Optional[float] = None) -> None:
        """Writes to one of its files; see :meth:`Machine.write`."""
        self._machine.write(f"{self.path}/{name}", text, timeout)

    @property
    def state(self) -> str:
        """online, offline, or going-offline. Can be set: also to online_movable and online_kernel."""
        return self.read("state")

    @state.setter
    def state(self, state: str) -> None:
        self.write("state", state)

    @property
    def valid_zones(self) -> List[str]:
        """The zones it is in, or can go to."""
        return self.read("valid_zones").split()

    @property
    def node(self) -> Optional[int]:
        """The node it belongs to."""
        names = self._machine.names(self.path)
        return next((int(name[4:]) for name in names if name.startswith("node") and name[4:].isdecimal()), None)
