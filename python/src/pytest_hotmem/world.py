# SPDX-License-Identifier: Apache-2.0
"""A world of ``hotmem run`` that stays: files in it, and programs started in it."""

from __future__ import annotations

import concurrent.futures
import contextlib
import errno
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Any, Dict, List, Optional, Sequence, Tuple, Union

#: A command: words, or a line for the shell.
Command = Union[str, Sequence[Union[str, "os.PathLike[str]"]]]

#: Seconds for a write that is given up to end.
PATIENCE = 10.0


class WorldError(Exception):
    """Something about the world is wrong; says what hotmem said."""


class Unavailable(WorldError):
    """No world can be made on this system: there is no hotmem, no /dev/fuse, or no namespaces."""


def find_program(name: str) -> str:
    """The path of hotmem's program, which is looked for as a shell does.

    :raises Unavailable: if there is none.
    """
    path = shutil.which(name)
    if path is None:
        raise Unavailable(f"no program {name}; install hotmem, or set HOTMEM to its path")
    return os.path.abspath(path)


class World:
    """A running world. It ends with :meth:`close`, or when this process is gone, however it ends."""

    def __init__(self, program: str, options: Sequence[str]) -> None:
        """Makes a world, with these options of ``hotmem run``.

        :raises Unavailable: if this system cannot have one.
        :raises WorldError: if hotmem refused it for another reason.
        """
        self._closed = False
        self._numbers = itertools.count()
        self._waiting: Dict[int, "concurrent.futures.Future[Any]"] = {}
        self._lock = threading.Lock()
        self._programs: List["subprocess.Popen[Any]"] = []
        self._log: IO[str] = tempfile.TemporaryFile("w+", errors="replace")
        agent = Path(__file__).with_name("agent.py")
        # In a session of its own: what is typed at the terminal is for the tests, which still want to look at the machine.
        self._process = subprocess.Popen(
            [program, "run", *options, "--", sys.executable, "-I", "-S", str(agent)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True, start_new_session=True)
        try:
            first = self._output.readline()
            if not first:
                raise self._failure()
            self._inside = self._find(json.loads(first)["process"])
        except BaseException:
            self.close()
            raise
        self._reader = threading.Thread(target=self._take_answers, name="hotmem", daemon=True)
        self._reader.start()

    @property
    def log(self) -> str:
        """What hotmem has said on standard error."""
        if self._log.closed:
            return ""
        # Its position is hotmem's, too.
        size = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), size, 0).decode(errors="replace")

    @property
    def root(self) -> Path:
        """The world's root directory, as seen from outside of it."""
        return Path(f"/proc/{self._inside}/root")

    def ask(self, action: str, path: str, text: str = "", timeout: Optional[float] = None) -> Any:
        """Asks for something to be done to a file.

        :raises OSError: as the kernel answered.
        :raises ValueError: for what cannot be asked, such as a path with a NUL.
        :raises TimeoutError: if there is no answer in time; a write is given up then, as one that a signal interrupts.
        """
        number = next(self._numbers)
        future: "concurrent.futures.Future[Any]" = concurrent.futures.Future()
        with self._lock:
            if self._closed:
                raise WorldError("the machine has ended")
            self._waiting[number] = future
            self._send({"number": number, "action": action, "path": path, "text": text})
        try:
            reply = future.result(timeout)
        except concurrent.futures.TimeoutError:
            reply = self._give_up(number, future) if action == "write" else {"errno": errno.EINTR}
            if reply.get("errno") == errno.EINTR:
                raise TimeoutError(f"no answer to {action} {path} in {timeout} s") from None
        if "errno" in reply:
            if reply["errno"] in (errno.ENOTCONN, errno.ECONNABORTED) and self._ends():
                raise WorldError(f"the machine has ended by itself: {self.log.strip()}")
            raise OSError(reply["errno"], os.strerror(reply["errno"]), path)
        if "error" in reply:
            raise ValueError(f"{action} {path!r}: {reply['error']}")
        return reply["value"]

    def _send(self, request: Dict[str, Any]) -> None:
        """Sends a request; the caller has the lock."""
        try:
            print(json.dumps(request), file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise WorldError(f"the machine has ended by itself: {self.log.strip()}") from None

    def _give_up(self, number: int, future: "concurrent.futures.Future[Any]") -> Dict[str, Any]:
        """Interrupts a write that waits.

        :returns: its answer: that it was interrupted, if it was not answered in just that moment.
        """
        with self._lock:
            if not self._closed:
                self._send({"number": number, "action": "give up"})
        with contextlib.suppress(concurrent.futures.TimeoutError):
            return dict(future.result(PATIENCE))
        return {"errno": errno.EINTR}

    def start(
        self, command: Command, cwd: Union[str, "os.PathLike[str]", None] = None, env: Optional[Dict[str, str]] = None,
        **options: Any
    ) -> "subprocess.Popen[Any]":
        """Starts a program in the world; ``options`` are those of :class:`subprocess.Popen`.

        :raises ValueError: for no words at all, which nothing would be done for.
        """
        if self._closed:
            raise WorldError("the machine has ended")
        if not command:
            raise ValueError("no command")
        words = ["sh", "-c", command] if isinstance(command, str) else [os.fspath(word) for word in command]
        enter = ["nsenter", f"--target={self._inside}", "--mount", "--pid", "--net"]
        # Root's world is in the user namespace where root is.
        if os.readlink(f"/proc/{self._inside}/ns/user") != os.readlink("/proc/self/ns/user"):
            enter += ["--user", "--preserve-credentials"]
        # What makes udev's library take the tree for a sysfs, as `hotmem run` has it.
        environment = {**(os.environ if env is None else env), "SYSTEMD_DEVICE_VERIFY_SYSFS": "0"}
        directory = os.path.abspath(os.getcwd() if cwd is None else cwd)
        process = subprocess.Popen(
            [*enter, "sh", "-c", 'cd -- "$1" && shift && exec "$@"', "hotmem", directory, *words], env=environment,
            start_new_session=True, **options)
        self._programs.append(process)
        return process

    def close(self) -> None:
        """Ends the world with everything in it. May be called more than once."""
        with self._lock:
            already, self._closed = self._closed, True
        if already:
            return
        # The kernel ends the processes of a world whose hotmem is gone.
        self._process.kill()
        self._process.wait()
        for process in self._programs:
            kill(process)
            process.wait()
        for process in (self._process, *self._programs):
            for stream in (process.stdin, process.stdout, process.stderr):
                # What was not written yet has nobody to go to.
                with contextlib.suppress(OSError):
                    if stream is not None:
                        stream.close()
        self._log.close()

    @property
    def _output(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout

    def _ends(self) -> bool:
        """Whether hotmem is about to end: the tree is gone a moment before."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        return self._process.poll() is not None

    def _failure(self) -> WorldError:
        """Why there is no world."""
        status = self._process.wait()
        said = self.log.strip()
        # That, hotmem says of each step in making a world; of what is wrong with options and machine files it says else.
        if status == 1 and said.startswith("hotmem: cannot "):
            return Unavailable(said[len("hotmem: "):])
        return WorldError(f"hotmem run has failed with status {status}: {said or 'it said nothing'}")

    def _find(self, number: int) -> int:
        """The agent's process number here, which has another in the world."""
        found = [
            process for process, parent, numbers in processes()
            if len(numbers) > 1 and numbers[-1] == number and parent_of(parent) == self._process.pid]
        if len(found) != 1:
            raise WorldError("the world's processes are not to be found in /proc")
        return found[0]

    def _take_answers(self) -> None:
        """Gives each answer to who waits for it, until the world ends."""
        with contextlib.suppress(ValueError, OSError):
            for line in self._output:
                reply = json.loads(line)
                with self._lock:
                    future = self._waiting.pop(reply["number"])
                future.set_result(reply)
        with self._lock:
            left = list(self._waiting.values())
            self._waiting.clear()
        for future in left:
            future.set_exception(WorldError("the machine has ended"))


def kill(process: "subprocess.Popen[Any]") -> None:
    """Kills a program that was started in a world: nsenter(1), and its child."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def processes() -> List[Tuple[int, int, List[int]]]:
    """All processes, each with its parent and its numbers, the last of which is that in its own pid namespace."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdecimal():
            fields = status_of(int(name))
            if "NSpid" in fields:
                found.append((int(name), int(fields["PPid"]), [int(word) for word in fields["NSpid"].split()]))
    return found


def parent_of(process: int) -> Optional[int]:
    """The parent of a process, if that is still there."""
    parent = status_of(process).get("PPid")
    return None if parent is None else int(parent)


def status_of(process: int) -> Dict[str, str]:
    """The fields of a process's status; none if it is gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(errors="replace").splitlines()
    except OSError:
        return {}
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
