"""Commands that install things read the same on every machine that the tests run on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from graphkit.app.doctor import installers


@pytest.fixture(autouse=True)
def plain_machine(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Root, on Debian with package lists, this interpreter's pip in front; returns the folder of the lists."""
    lists = tmp_path_factory.mktemp("lists")
    (lists / "main_Packages.lz4").touch()
    monkeypatch.setattr(installers, "_APT_LISTS", lists)
    monkeypatch.setattr(installers, "is_root", lambda: True)
    monkeypatch.setattr(installers.shutil, "which", lambda name: str(Path(sys.executable).parent / name))
    monkeypatch.setattr(installers, "_origin", dict)
    return lists
