"""Tasks: their graphs are there, and their clips, or one is told what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphkit import Resources
from graphkit.app.bench import tasks
from graphkit.app.bench.tasks import CLIP, DEVICES, KINDS, TASKS
from graphkit.errors import BenchmarkError

MEDIA = Path(__file__).parents[4] / "examples" / "media"


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", TASKS)
def test_its_graphs_come_along(task: str, kind: str, device: str) -> None:
    assert Resources().find_graph(TASKS[task].graph(kind, device)).is_file()


def test_side_packets_are_the_finding_graphs() -> None:
    assert TASKS["hand"].side("graph")["num_hands"] == 2
    assert TASKS["hand"].side(CLIP) == {}


@pytest.mark.parametrize("task", TASKS)
def test_the_example_clip_of_the_checkout(task: str) -> None:
    assert TASKS[task].example_clip() == MEDIA / TASKS[task].example


def test_an_installed_graphkit_takes_the_clip_of_the_folder_it_is_run_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "graphs_dir", lambda: tmp_path / "site-packages" / "graphkit" / "graphs")
    monkeypatch.chdir(MEDIA.parents[1])
    assert TASKS["pose"].example_clip() == MEDIA / "pose_balance.mp4"


def test_without_any_clip_one_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "graphs_dir", lambda: tmp_path / "graphs")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BenchmarkError) as caught:
        TASKS["pose"].example_clip()
    assert str(caught.value) == (
        "examples/media/pose_balance.mp4: no such file, and graphkit is installed without example clips. Name a "
        "video that shows a person or hands with clip, or run this in a checkout of graphkit."
    )
