"""Python, platform, graphkit."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from typing import TYPE_CHECKING

from graphkit.diagnosis import Status, interpreter

if TYPE_CHECKING:
    import pytest


def test_here() -> None:
    python, machine, graphkit = interpreter.check()
    assert python.found == f"{platform.python_implementation()} {platform.python_version()}, {sys.executable}"
    assert platform.machine() in machine.found
    assert graphkit.found.startswith(importlib.metadata.version("graphkit"))
    assert {fact.status for fact in (python, machine, graphkit)} == {Status.OK}


def test_a_python_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter.sys, "version_info", (3, 10, 9))
    fact = interpreter.check()[0]
    assert (fact.status, fact.fix) == (Status.BROKEN, "graphkit needs Python 3.11 or newer.")


def test_graphkit_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    fact = interpreter.check()[2]
    assert fact.status is Status.BROKEN
    assert fact.found.startswith("not installed, imported from ")
    assert fact.fix.startswith("pip install -e ")
