from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graphkit import Resources
from graphkit.app.cli.loading import find_graph
from graphkit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_folder_is_no_graph(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r": is a folder\. Name a graph file in it\.$"):
        find_graph(str(tmp_path), Resources())


def test_find_graph_offers_what_is_near(package: Path) -> None:
    (package / "mine.pbtxt").write_text("")
    assert find_graph("mine.pbtxt", Resources()).name == "mine.pbtxt"
    with pytest.raises(UsageError, match=r"no such graph file\. Did you mean mine\.pbtxt\?"):
        find_graph("mime.pbtxt", Resources())
    with pytest.raises(UsageError, match=r"mean graphs/hand_tracking/hand_tracking_desktop_live\.pbtxt or"):
        find_graph("graphs/hand_tracking_desktop_life.pbtxt", Resources())


def test_find_graph_offers_the_one_that_is_called_so_alone() -> None:
    with pytest.raises(UsageError, match=r"mean graphs/hand_tracking/hand_tracking_desktop_live\.pbtxt\?$"):
        find_graph("hand_tracking_desktop_live", Resources())


def test_find_graph_lists_graphs_to_run_where_nothing_is_near(package: Path) -> None:
    (package / "mine.pbtxt").write_text("")
    with pytest.raises(UsageError, match=r"(?s)no such graph file\. Looked for:\n.*\nGraphs to run:\n") as raised:
        find_graph("zzz", Resources())
    offered = str(raised.value).partition("Graphs to run:\n")[2].split()
    assert {"mine.pbtxt", "graphs/pose_tracking/pose_tracking_cpu.pbtxt"} <= set(offered)
    assert not [path for path in offered if "modules" in path or "subgraphs" in path]


@pytest.mark.parametrize("name", ["clip.mp4", "CLIP.MOV"])
def test_a_video_is_no_graph(name: str) -> None:
    with pytest.raises(UsageError, match=rf"is a video.*: graphkit run GRAPH --input_video_path {name}$"):
        find_graph(name, Resources())
