# SPDX-License-Identifier: Apache-2.0
"""Reads and writes files in a world, for the test process outside of it.

A program, which the test process starts with ``hotmem run``: an ordinary user's world cannot be looked into from outside.
It takes a request a line on standard input, in JSON, and answers in any order, by number: a write may have to wait for
another one. It ends, and the world with it, when nobody holds the other end any more.
"""

import json
import os
import sys
import threading
from typing import Any, Callable, Dict, List


def read(path: str, _text: str) -> str:
    """What a file says."""
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        return file.read()


def write(path: str, text: str) -> int:
    """Writes a text in one system call, as a kernel's file wants it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        return os.write(descriptor, text.encode("utf-8", "surrogateescape"))
    finally:
        os.close(descriptor)


def names(path: str, _text: str) -> List[str]:
    """The names in a directory."""
    return sorted(os.listdir(path))


def exists(path: str, _text: str) -> bool:
    """Whether there is something of this name."""
    return os.path.exists(path)


ACTIONS: Dict[str, Callable[[str, str], Any]] = {"read": read, "write": write, "names": names, "exists": exists}


def answer(request: Dict[str, Any], lock: threading.Lock) -> None:
    """Does what is asked, and says what came of it: a value, or an errno."""
    reply = {"number": request["number"]}
    try:
        reply["value"] = ACTIONS[request["action"]](request["path"], request["text"])
    except OSError as error:
        reply["errno"] = error.errno
    except Exception as error:
        reply["error"] = f"{type(error).__name__}: {error}"
    with lock:
        print(json.dumps(reply), flush=True)


def main() -> None:
    """Says which process this is in the world, and serves."""
    print(json.dumps({"process": os.getpid()}), flush=True)
    lock = threading.Lock()
    for line in sys.stdin:
        threading.Thread(target=answer, args=(json.loads(line), lock), daemon=True).start()
    # Not the usual way, which waits for nobody here but could complain about threads.
    os._exit(0)


if __name__ == "__main__":
    main()
