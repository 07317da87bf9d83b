"""Subjects: how the programs of both sides are started."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from graphkit.app.bench.subjects import GRAPHKIT, Job, Subject, peer_program
from graphkit.app.bench.tasks import LANDMARKS, Task

if TYPE_CHECKING:
    import pytest

JOB = Job(Task("face", "", {"cpu": "ours.pbtxt"}, {"cpu": "theirs.pbtxt"}), LANDMARKS, Path("clip.mp4"))


def test_both_sides_start_from_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("LEFT", "alone")
    ours = Subject(GRAPHKIT, "cpu").program(JOB, None, None).environment
    theirs = peer_program("python", "mediapipe").environment
    for environment in (ours, theirs):
        assert "PYTHONDONTWRITEBYTECODE" not in environment
        assert environment["LEFT"] == "alone"
    assert "PYTHONPATH" not in theirs, "it leads to packages of another interpreter"
