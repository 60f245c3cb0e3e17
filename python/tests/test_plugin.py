# SPDX-License-Identifier: Apache-2.0
"""What the plugin does with tests that fail, are killed, or cannot run."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, List

import pytest

Tried = Callable[..., Any]
NEEDS_ONE = "def test_it(hotmem): pass"


def marked(mark: str) -> List[int]:
    """The processes with a mark on their command line that have not ended."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                line = Path(f"/proc/{name}/cmdline").read_bytes()
            except OSError:
                continue
            if mark.encode() in line and b"run" in line.split(b"\0"):
                found.append(int(name))
    return found


def go(mark: str) -> bool:
    """Whether those processes end by themselves."""
    deadline = time.monotonic() + 10
    while marked(mark):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_test_that_fails_says_what_happened(tried: Tried) -> None:
    result = tried("""
        def test_it(hotmem):
            hotmem.probe(40)
            assert hotmem.block(40).state == "online"
        """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*What happened to the machine*", "*uevent add@/devices/system/memory/memory40"])


def test_what_the_readme_shows_passes(tried: Tried, pytester: pytest.Pytester) -> None:
    project = Path(__file__).parents[2]
    shutil.copy(project / "Examples/ci/online-memory", pytester.path)
    [example] = re.findall(r"^```python\n(.*?)^```$", (project / "python/README.md").read_text(), re.DOTALL | re.MULTILINE)
    tried(example, "--hotmem-require").assert_outcomes(passed=2)


def test_a_test_that_passes_says_nothing(tried: Tried) -> None:
    result = tried(NEEDS_ONE)
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*What happened*")


def test_a_test_that_fails_leaves_nothing(tried: Tried) -> None:
    tried("""
        import pytest
        @pytest.mark.hotmem(cmdline="mark=fails")
        def test_it(hotmem):
            hotmem.start(["sleep", "1000"])
            assert False
        """).assert_outcomes(failed=1)
    assert go("mark=fails")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_what_is_killed_leaves_nothing(number: signal.Signals, pytester: pytest.Pytester, tried: Tried) -> None:
    mark = f"mark=killed-by-{number.name}"
    file = pytester.makepyfile(f"""
        import pathlib, time
        def test_it(hotmem_machine):
            hotmem = hotmem_machine(cmdline="{mark}")
            hotmem.start(["sleep", "1000"])
            pathlib.Path("ready").touch()
            time.sleep(1000)
        """)
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "pytest_hotmem.plugin", "-p", "no:cacheprovider", file],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not (pytester.path / "ready").exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    assert marked(mark)
    process.send_signal(number)
    process.wait(30)
    assert go(mark)


@pytest.mark.parametrize("configured", ["by option", "by file"])
def test_where_there_is_no_hotmem(configured: str, tried: Tried, pytester: pytest.Pytester) -> None:
    result = tried(NEEDS_ONE, "--hotmem-program=/no/hotmem", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*hotmem cannot run here: no program /no/hotmem;*"])
    options = ["--hotmem-program=/no/hotmem"]
    if configured == "by option":
        options += ["--hotmem-require"]
    else:
        pytester.makeini("[pytest]\nhotmem_require = true\n")
    result = tried(NEEDS_ONE, *options)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*hotmem cannot run here: no program /no/hotmem;*"])


def test_where_no_world_can_be_made(tried: Tried, program: Callable[[str, int], str]) -> None:
    made = program("hotmem: cannot open the FUSE device (/dev/fuse): No such file or directory", 1)
    result = tried(NEEDS_ONE, f"--hotmem-program={made}", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*hotmem cannot run here: cannot open the FUSE device (/dev/fuse): No such file*"])


def test_what_is_wrong_with_options_is_never_skipped(tried: Tried) -> None:
    result = tried("""
        import pytest
        @pytest.mark.hotmem(machine="vax")
        def test_it(hotmem): pass
        """)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*hotmem run has failed with status 2: hotmem: *vax*"])


def test_a_marker_with_unknown_words_is_an_error(tried: Tried) -> None:
    result = tried("""
        import pytest
        @pytest.mark.hotmem(nodes=2)
        def test_it(hotmem): pass
        """, "--strict-markers")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*@pytest.mark.hotmem takes machine, cmdline, *, by name; not nodes*"])


def test_the_program_is_taken_from_the_environment(
    tried: Tried, program: Callable[[str, int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTMEM", program("hotmem: it is mine", 3))
    result = tried(NEEDS_ONE)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*hotmem run has failed with status 3: hotmem: it is mine*"])
