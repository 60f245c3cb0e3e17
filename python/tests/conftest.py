# SPDX-License-Identifier: Apache-2.0
"""The plugin, where it is not installed; and pytest's own way to test plugins."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest

SOURCE = Path(__file__).parents[1] / "src"

pytest_plugins = ["pytester", "pytest_hotmem.plugin"]


@pytest.fixture
def tried(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs pytest on a text, in a process of its own, with these options."""
    monkeypatch.setenv("PYTHONPATH", str(SOURCE))
    # What holds for these tests is not to hold for those.
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def run(text: str, *options: str) -> Any:
        pytester.makepyfile(text)
        return pytester.runpytest_subprocess("-p", "pytest_hotmem.plugin", "-p", "no:cacheprovider", *options)

    return run


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str, int], str]:
    """A program in place of hotmem, which says something on standard error and ends."""

    def make(said: str, status: int) -> str:
        path = tmp_path / "hotmem"
        path.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit {status}\n")
        path.chmod(0o755)
        return str(path)

    return make
