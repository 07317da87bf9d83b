"""Commands that work when they are pasted."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from graphkit.app.doctor import installers

if TYPE_CHECKING:
    from pathlib import Path

READ_ORIGIN = installers._origin


def test_pip_of_this_interpreter() -> None:
    assert installers.pip() == "pip"


@pytest.mark.parametrize("found", [pytest.param("/usr/bin/pip", id="another's"), pytest.param(None, id="none")])
def test_another_pip_in_front(found: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installers.shutil, "which", lambda name: found)
    monkeypatch.setattr(sys, "executable", "/home/my name/.venv/bin/python3")
    assert installers.pip() == "'/home/my name/.venv/bin/python3' -m pip"


def test_that_call_reaches_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installers.shutil, "which", lambda name: None)
    told = subprocess.run(f"{installers.pip()} --version", shell=True, capture_output=True, text=True, check=True)
    assert told.stdout.startswith("pip ")


def test_apt() -> None:
    assert installers.apt_install("libegl1", "libgl1") == "apt-get install libegl1 libgl1"


def test_apt_without_lists(plain_machine: Path) -> None:
    (plain_machine / "main_Packages.lz4").unlink()
    assert installers.apt_install("libegl1") == "apt-get update && apt-get install libegl1"


def test_apt_for_a_user(plain_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installers, "is_root", lambda: False)
    assert installers.apt_install("libegl1") == "sudo apt-get install libegl1"
    (plain_machine / "main_Packages.lz4").unlink()
    assert installers.apt_install("libegl1") == "sudo apt-get update && sudo apt-get install libegl1"


def test_no_apt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installers.shutil, "which", lambda name: None)
    assert installers.apt_install("libegl1") == "install libegl1 (so they are called on Debian and Ubuntu)"


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        pytest.param(
            {"url": "file:///usr", "dir_info": {}}, "pip install --force-reinstall --no-deps /usr", id="folder"
        ),
        pytest.param(
            {"url": "file:///usr", "dir_info": {"editable": True}},
            "pip install --force-reinstall --no-deps -e /usr", id="editable",
        ),
        pytest.param(
            {"url": "file:///no/such%20folder", "dir_info": {}},
            "install graphkit again; it came from /no/such folder, which is gone", id="folder that is gone",
        ),
        pytest.param(
            {"url": "https://host.example/graphkit", "vcs_info": {"vcs": "git", "commit_id": "12ab"}},
            "pip install --force-reinstall --no-deps git+https://host.example/graphkit@12ab", id="repository",
        ),
        pytest.param(
            {"url": "https://host.example/graphkit.whl", "archive_info": {}},
            "pip install --force-reinstall --no-deps https://host.example/graphkit.whl", id="archive",
        ),
        pytest.param({}, "install graphkit again, from where you had it", id="nothing noted"),
    ],
)  # fmt: skip
def test_graphkit_again(origin: dict[str, Any], command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installers, "_origin", lambda: origin)
    assert installers.reinstall_graphkit() == command


class Installed:
    """Stands for a Distribution with a note of pip's, or without one."""

    def __init__(self, note: str | None) -> None:
        self.read_text = {"direct_url.json": note}.__getitem__


@pytest.mark.parametrize(
    ("note", "origin"),
    [pytest.param(json.dumps({"url": "x"}), {"url": "x"}, id="noted"), pytest.param(None, {}, id="from an index")],
)
def test_the_note_of_pip(note: str | None, origin: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: Installed(note))
    assert READ_ORIGIN() == origin


def test_no_installation_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    assert READ_ORIGIN() == {}
