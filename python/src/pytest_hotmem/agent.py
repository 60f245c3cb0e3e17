# SPDX-License-Identifier: Apache-2.0
"""Reads and writes files in a world, for the test process outside of it.

A program, which the test process starts with ``hotmem run``: an ordinary user's world cannot be looked into from outside.
It takes a request a line on standard input, in JSON, and answers in any order, by number: a write may have to wait for
another one, and can be given up. It ends, and the world with it, when nobody holds the other end any more.
"""

import ctypes
import errno
import json
import os
import signal
import sys
import threading
import time
from typing import Any, Callable, Dict, List

#: Not os.write, which goes on after a signal.
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.write.restype = ctypes.c_ssize_t
LIBC.write.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t]

#: Seconds for which a write that is given up is sent signals.
PATIENCE = 5.0


class Work(threading.Thread):
    """A request that is being done."""

    def __init__(self, request: Dict[str, Any], lock: threading.Lock) -> None:
        """One to be started."""
        super().__init__(daemon=True)
        self.request = request
        self.lock = lock
        #: Whether nobody wants it to wait any longer.
        self.given_up = False
        #: A thread that has ended can be sent nothing: it ends with this set, and is sent signals before it is.
        self._has_ended = False
        self._end = threading.Lock()

    def run(self) -> None:
        """Does what is asked, and says what came of it: a value, or an errno."""
        reply = {"number": self.request["number"]}
        try:
            reply["value"] = ACTIONS[self.request["action"]](self.request["path"], self.request["text"])
        except OSError as error:
            reply["errno"] = error.errno
        except Exception as error:
            reply["error"] = f"{type(error).__name__}: {error}"
        with self._end:
            self._has_ended = True
        with self.lock:
            print(json.dumps(reply), flush=True)

    def give_up(self) -> None:
        """Interrupts it: again and again, for a signal may come before the system call that it is for."""
        self.given_up = True
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with self._end:
                if self._has_ended or self.ident is None:
                    return
                signal.pthread_kill(self.ident, signal.SIGUSR1)
            self.join(0.02)


def read(path: str, _text: str) -> str:
    """What a file says."""
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        return file.read()


def write(path: str, text: str) -> int:
    """Writes a text in one system call, as a kernel's file wants it."""
    data = text.encode("utf-8", "surrogateescape")
    work = threading.current_thread()
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        while True:
            count = LIBC.write(descriptor, data, len(data))
            if count >= 0:
                return int(count)
            number = ctypes.get_errno()
            if number != errno.EINTR or not isinstance(work, Work) or work.given_up:
                raise OSError(number, os.strerror(number))
    finally:
        os.close(descriptor)


def names(path: str, _text: str) -> List[str]:
    """The names in a directory."""
    return sorted(os.listdir(path))


def exists(path: str, _text: str) -> bool:
    """Whether there is something of this name."""
    return os.path.exists(path)


ACTIONS: Dict[str, Callable[[str, str], Any]] = {"read": read, "write": write, "names": names, "exists": exists}


def main() -> None:
    """Says which process this is in the world, and serves."""
    print(json.dumps({"process": os.getpid()}), flush=True)
    # Its only effect: the system call that it interrupts.
    signal.signal(signal.SIGUSR1, lambda _number, _frame: None)
    lock = threading.Lock()
    works: Dict[int, Work] = {}
    for line in sys.stdin:
        request = json.loads(line)
        if request["action"] == "give up":
            work = works.get(request["number"])
            if work is not None:
                threading.Thread(target=work.give_up, daemon=True).start()
            continue
        works = {number: work for number, work in works.items() if work.is_alive()}
        works[request["number"]] = Work(request, lock)
        works[request["number"]].start()
    # Not the usual way, which waits for nobody here but could complain about threads.
    os._exit(0)


if __name__ == "__main__":
    main()
