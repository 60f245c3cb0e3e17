# SPDX-License-Identifier: Apache-2.0
"""The pytest plugin: options, a marker, fixtures, and what is said of machines when a test fails."""

from __future__ import annotations

import contextlib
import inspect
from typing import Any, Callable, Generator, Iterator, List

import pytest

from pytest_hotmem.machine import Machine
from pytest_hotmem.world import Unavailable

#: The machines of a test.
MACHINES = pytest.StashKey[List[Machine]]()

#: What the marker and the factory take.
PARAMETERS = [name for name in inspect.signature(Machine.__init__).parameters if name not in ("self", "program")]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options, and their like in a configuration file."""
    group = parser.getgroup("hotmem", "simulated memory")
    group.addoption(
        "--hotmem-program", metavar="PATH", help="hotmem's program (default: $HOTMEM, or hotmem in the path)")
    group.addoption(
        "--hotmem-require", action="store_true",
        help="fail where no simulated machine can be made, instead of skipping the tests that need one")
    parser.addini("hotmem_require", "as --hotmem-require", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Makes the marker known."""
    config.addinivalue_line(
        "markers", f"hotmem({', '.join(PARAMETERS)}): the machine that the fixture `hotmem` boots for this test")


@pytest.fixture
def hotmem_machine(request: pytest.FixtureRequest) -> Iterator[Callable[..., Machine]]:
    """Boots machines: ``hotmem_machine(machine="two-nodes", cmdline="movable_node")``, see :class:`Machine`.

    They end with the test. Where none can be made the test is skipped, or fails with ``--hotmem-require``.
    """
    machines = request.node.stash.setdefault(MACHINES, [])

    def boot(*positional: Any, **named: Any) -> Machine:
        __tracebackhide__ = True
        named.setdefault("program", request.config.getoption("hotmem_program"))
        try:
            machine = Machine(*positional, **named)
        except Unavailable as error:
            reason = f"hotmem cannot run here: {error}"
            if request.config.getoption("hotmem_require") or request.config.getini("hotmem_require"):
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)
        machines.append(machine)
        return machine

    with contextlib.ExitStack() as ends:
        yield boot
        for machine in machines:
            ends.callback(machine.close)


@pytest.fixture
def hotmem(request: pytest.FixtureRequest, hotmem_machine: Callable[..., Machine]) -> Machine:
    """A simulated machine of the test's own: the default one, or what ``@pytest.mark.hotmem(...)`` says."""
    marker = request.node.get_closest_marker("hotmem")
    if marker is None:
        return hotmem_machine()
    unknown = [name for name in marker.kwargs if name not in PARAMETERS]
    if marker.args or unknown:
        pytest.fail(
            f"@pytest.mark.hotmem takes {', '.join(PARAMETERS)}, by name; not {', '.join(unknown) or 'others'}",
            pytrace=False)
    return hotmem_machine(**marker.kwargs)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Of a test that failed, adds what happened to its machines: they are still there."""
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        for machine in item.stash.get(MACHINES, []):
            said = machine.report()
            if said:
                report.sections.append(("What happened to the machine", said))
