"""Python, platform, graphkit."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from typing import TYPE_CHECKING

import pytest

from graphkit._process.requirements import DISTRIBUTION
from graphkit.app.doctor import Status, interpreter

if TYPE_CHECKING:
    from pathlib import Path


def test_here() -> None:
    python, machine, graphkit = interpreter.check()
    assert python.found == f"{platform.python_implementation()} {platform.python_version()}, {sys.executable}"
    assert platform.machine() in machine.found
    assert graphkit.found.startswith(importlib.metadata.version(DISTRIBUTION))
    assert {fact.status for fact in (python, machine, graphkit)} == {Status.OK}


def test_a_python_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter.sys, "version_info", (3, 10, 9))
    fact = interpreter.check()[0]
    assert (fact.status, fact.fix) == (Status.BROKEN, "graphkit needs Python 3.11 or newer.")


@pytest.mark.parametrize(
    ("checkout", "fix"),
    [
        pytest.param(True, "pip install -e {folder}", id="checkout"),
        pytest.param(False, "install graphkit again, from where you had it", id="copied"),
    ],
)
def test_graphkit_that_is_not_installed(
    checkout: bool, fix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if checkout:
        (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(interpreter.graphkit, "__file__", str(tmp_path / "graphkit" / "__init__.py"))

    def missing(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    fact = interpreter.check()[2]
    assert fact.status is Status.BROKEN
    assert fact.found == f"not installed, imported from {tmp_path}; so its calculators are not found"
    assert fact.fix == fix.format(folder=tmp_path)


def test_another_project_that_writes_the_same_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "graphkit-1.2.4.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: graphkit\nVersion: 1.2.4\n")
    (info / "RECORD").write_text("graphkit/__init__.py,,\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    fact = interpreter.check()[2]
    assert fact.status is Status.BROKEN
    assert "its files are overwritten by graphkit, another project" in fact.found
    assert fact.found.endswith("has to name graphkit-media")
    assert fact.fix == "pip uninstall -y graphkit, then install graphkit again, from where you had it"
    monkeypatch.setattr(interpreter, "reinstall_graphkit", lambda: "pip install --force-reinstall --no-deps .")
    assert interpreter.check()[2].fix == "pip uninstall -y graphkit && pip install --force-reinstall --no-deps ."


def test_graphkit_without_its_graphs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphkit.framework.graphs_dir", lambda: tmp_path / "graphs")
    fact = interpreter.check()[2]
    assert (fact.status, fact.fix) == (Status.BROKEN, "install graphkit again, from where you had it")
    assert fact.found.endswith(", without its graphs")
