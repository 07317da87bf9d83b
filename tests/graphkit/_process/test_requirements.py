"""Versions that are supported, as the installation of graphkit says."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from graphkit._process import requirements
from graphkit._process.requirements import Range, installed, pip_install, supported

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def pip_in_front(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this interpreter's pip come first, whatever machine the tests run on."""
    monkeypatch.setattr(requirements.shutil, "which", lambda name: str(Path(sys.executable).parent / name))


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installation with requirements of all forms."""
    lines = ["one>=1.5", "two<5,>=4.11 ; python_version > '3'", "three[extra]>=2; extra == 'x'", "four", "one>=9"]
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: lines)
    requirements._ranges.cache_clear()
    yield
    requirements._ranges.cache_clear()


@pytest.mark.usefixtures("declared")
@pytest.mark.parametrize(
    ("name", "text", "command"),
    [
        pytest.param("one", ">=1.5", "pip install 'one>=1.5'", id="least, the first line counts"),
        pytest.param("two", ">=4.11,<5", "pip install 'two>=4.11,<5'", id="range"),
        pytest.param("three", ">=2", "pip install 'three>=2'", id="extra"),
        pytest.param("four", "", "pip install four", id="any"),
        pytest.param("five", "", "pip install five", id="not required"),
    ],
)
def test_ranges(name: str, text: str, command: str) -> None:
    assert str(supported(name)) == text
    assert pip_install(name) == command
    assert pip_install(name, again=True) == command.replace("install", "install --force-reinstall")


@pytest.mark.parametrize(
    ("system", "machine", "built"),
    [
        pytest.param("linux", "x86_64", False, id="Linux x86-64"),
        pytest.param("win32", "AMD64", False, id="Windows x64"),
        pytest.param("darwin", "arm64", False, id="macOS on ARM"),
        pytest.param("linux", "aarch64", True, id="Linux on ARM"),
        pytest.param("win32", "ARM64", True, id="Windows on ARM"),
    ],
)
def test_what_has_no_wheel_is_built(
    system: str, machine: str, built: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requirements.system, "NAME", system)
    monkeypatch.setattr(requirements.platform, "machine", lambda: machine)
    assert ("# needs a C++ compiler" in pip_install("moderngl")) is built
    assert "#" not in pip_install("av")


@pytest.mark.parametrize(
    ("version", "inside"),
    [
        ("4.10.0.84", False),
        ("4.11", True),
        ("4.11.0rc1", True),
        ("4.100.2", True),
        ("5.0.0", False),
        ("5", False),
        ("unknown", False),
    ],
)
def test_inside(version: str, inside: bool) -> None:
    assert (version in Range("4.11", "5")) is inside
    assert version in Range()


def test_graphkit_without_an_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", missing)
    requirements._ranges.cache_clear()
    assert supported("av") == Range()
    requirements._ranges.cache_clear()


def test_installed() -> None:
    assert installed("click", "no-such-package-anywhere") == {"click": importlib.metadata.version("click")}


def test_graphkit_bounds_opencv() -> None:
    assert str(supported("opencv-python-headless")) == ">=4.11,<5"
