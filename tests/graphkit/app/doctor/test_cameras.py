"""Cameras."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graphkit._process import system
from graphkit.app.doctor import Status, cameras

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def camera(tmp_path: Path):
    """Make a camera: a device file, and its entry in sysfs."""

    def make(number: int, name: str = "", index: int = 0, *, device: bool = True) -> None:
        entry = tmp_path / "sys" / f"video{number}"
        entry.mkdir(parents=True)
        if name:
            (entry / "name").write_text(f"{name}\n")
            (entry / "index").write_text(f"{index}\n")
        (tmp_path / "dev").mkdir(exist_ok=True)
        if device:
            (tmp_path / "dev" / f"video{number}").touch()

    return make


def look(tmp_path: Path):
    return cameras.check(tmp_path / "dev", tmp_path / "sys")


def test_names(camera, tmp_path: Path) -> None:
    camera(10, "HD Webcam", 1)
    camera(2, "HD Webcam")
    camera(3)
    assert [(fact.label, fact.found) for fact in look(tmp_path)] == [
        (f"{tmp_path}/dev/video2", "HD Webcam"),
        (f"{tmp_path}/dev/video3", "a device without a name"),
        (f"{tmp_path}/dev/video10", "HD Webcam (its node 1, often without pictures)"),
    ]


def test_one_that_may_not_be_opened(camera, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    camera(0, "Cam")
    monkeypatch.setattr(cameras.os, "access", lambda path, mode: False)
    (fact,) = look(tmp_path)
    assert (fact.found, fact.status) == ("Cam; this user may not open it", Status.WARNING)
    assert fact.fix == "sudo usermod -aG video $USER, then log in again"


def test_none(tmp_path: Path) -> None:
    (fact,) = look(tmp_path)
    assert (fact.found, fact.status) == (f"none (no {tmp_path}/dev/video*)", Status.ABSENT)
    assert "--device /dev/video0" in fact.fix


def test_one_that_a_container_hides(camera, tmp_path: Path) -> None:
    camera(4, "Cam", device=False)
    (fact,) = look(tmp_path)
    assert (fact.found, fact.status) == (f"video4 exist, but not in {tmp_path}/dev", Status.WARNING)
    assert fact.fix == "in a container: run it with --device /dev/video4"


def test_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "LINUX", False)
    monkeypatch.setattr(system, "NAME", "darwin")
    (fact,) = cameras.check()
    assert (fact.found, fact.status) == ("not looked for on darwin", Status.ABSENT)
