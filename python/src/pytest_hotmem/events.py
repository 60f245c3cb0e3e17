# SPDX-License-Identifier: Apache-2.0
"""What happened to a machine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Dict, List


@dataclass(frozen=True)
class Event:
    """One thing that happened; see ``hotmem help events``."""

    #: Counts from 1 when the machine boots.
    number: int
    #: Seconds of the epoch.
    time: float
    #: uevent, notifier, state, migration, waiting, zone, workload, poison, firmware, fault, refused, lost or note.
    kind: str
    #: The kind's own values: a uevent's ACTION and DEVPATH, a refusal's file, text, errno and reason, ...
    values: Dict[str, Any]

    def __getitem__(self, key: str) -> Any:
        """A value; also ``number``, ``time`` and ``kind``."""
        return getattr(self, key) if key in ("number", "time", "kind") else self.values[key]


def parse_events(text: str) -> List[Event]:
    """Reads what ``hotmem events --json`` writes."""
    events = []
    for line in text.splitlines():
        values = json.loads(line)
        number, time, kind = (values.pop(key) for key in ("number", "time", "kind"))
        events.append(Event(number, time, kind, values))
    return events
