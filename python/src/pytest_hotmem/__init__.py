# SPDX-License-Identifier: Apache-2.0
"""Simulated, hot-pluggable memory as a pytest fixture.

The fixtures ``hotmem`` and ``hotmem_machine`` are in :mod:`pytest_hotmem.plugin`; what is here is what they give, for
annotations::

    from pytest_hotmem import Machine

    def test_added_memory(hotmem: Machine) -> None:
        hotmem.probe(40)
        assert hotmem.block(40).state == "offline"
"""

from pytest_hotmem.events import Event
from pytest_hotmem.faults import Fault, Faults
from pytest_hotmem.machine import Block, Machine
from pytest_hotmem.world import Unavailable, WorldError

__all__ = ["Block", "Event", "Fault", "Faults", "Machine", "Unavailable", "WorldError"]
