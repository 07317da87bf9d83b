"""GPUs as the kernel shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.app.doctor import hardware as hardware_module
from graphkit.app.doctor.hardware import find_hardware

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_none(tmp_path: Path) -> None:
    found = find_hardware(tmp_path, tmp_path / "version")
    assert not found
    assert str(found) == ""


def test_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dri").mkdir()
    for name in ("nvidia0", "nvidiactl", "dri/card0", "dri/renderD128"):
        (tmp_path / name).touch()
    (tmp_path / "version").write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.1\nGCC version: 12\n")
    closed = str(tmp_path / "dri/renderD128")
    monkeypatch.setattr(hardware_module.os, "access", lambda path, mode: path != closed)
    found = find_hardware(tmp_path, tmp_path / "version")
    assert found
    assert found.nvidia == (str(tmp_path / "nvidia0"),)
    assert found.closed == found.render == (closed,)
    assert str(found) == f"{tmp_path}/nvidia0, {closed}, NVIDIA UNIX x86_64 Kernel Module 535.1"


def test_an_empty_version_file(tmp_path: Path) -> None:
    (tmp_path / "version").touch()
    assert find_hardware(tmp_path, tmp_path / "version").driver == ""
