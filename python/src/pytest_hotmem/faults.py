# SPDX-License-Identifier: Apache-2.0
"""What goes wrong on a machine, on demand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Union

if TYPE_CHECKING:
    from pytest_hotmem.machine import Machine


@dataclass(frozen=True)
class Fault:
    """Something that was let go wrong."""

    name: str
    kind: str
    #: How often it could have gone wrong.
    asked: int
    #: How often it did.
    hits: int
    #: What it was set with: errno, next, every, block, ...
    settings: Dict[str, Any]


class Faults:
    """The faults of a machine."""

    def __init__(self, machine: "Machine") -> None:
        self._machine = machine

    def set(self, kind: str, name: Optional[str] = None, **settings: Union[str, int]) -> None:
        """Lets something go wrong: ``set("offline", errno="EAGAIN", next=2, block=34)``.

        Kinds and settings are those of the control ``faults`` (hotmem-controls(7)). The name is the kind if none is given.
        """
        words = {"kind": kind, **({} if name is None else {"name": name}), **settings}
        self._machine.control("faults", "set " + " ".join(f"{key}={value}" for key, value in words.items()))

    def clear(self, name: Optional[str] = None) -> None:
        """Forgets what was to go wrong: one by its name, or all."""
        self._machine.control("faults", "clear" if name is None else f"clear name={name}")

    def list(self) -> List[Fault]:
        """What was set, and how often it went wrong."""
        text = self._machine.hotmem("fault", "list", "--json")
        faults = []
        for settings in json.loads(text):
            name, kind, asked, hits = (settings.pop(key) for key in ("name", "kind", "asked", "hits"))
            faults.append(Fault(name, kind, asked, hits, settings))
        return faults
