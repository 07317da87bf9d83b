"""Which graph needs which model, read from the graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graphkit.framework import graphs_dir
from graphkit.models import CATALOGUE
from graphkit.models._needs import graphs_of_models, main_graphs, models_of_graph

if TYPE_CHECKING:
    from pathlib import Path

HAND = ["hand_landmark/hand_landmark_full", "hand_landmark/hand_landmark_lite"]
PALM = ["palm_detection/palm_detection_full", "palm_detection/palm_detection_lite"]


@pytest.mark.parametrize(
    ("graph", "models"),
    [
        pytest.param("hand_tracking_desktop_live", [*HAND, *PALM], id="detection and landmarks"),
        pytest.param("hand_detection_desktop_live", PALM, id="detection alone"),
    ],
)
def test_shipped_graphs(graph: str, models: list[str]) -> None:
    path = graphs_dir() / "hand_tracking" / f"{graph}.pbtxt"
    assert models_of_graph(path) == [f"mediapipe/modules/{model}.tflite" for model in models]


def test_every_model_is_needed_and_every_needed_model_is_known() -> None:
    assert set(graphs_of_models()) == {model.resource for model in CATALOGUE}


def test_subgraphs_are_no_graphs_to_run() -> None:
    names = [path.relative_to(graphs_dir()).parts[0] for path in main_graphs()]
    assert "hand_tracking" in names
    assert "modules" not in names


def test_a_type_inside_a_node_declares_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "main.pbtxt").write_text('node { calculator: "Inner" options { type: "x" } }')
    (tmp_path / "inner.pbtxt").write_text('type: "Inner" node { calculator: "Inner" options { p: "a/b.tflite" } }')
    monkeypatch.setattr("graphkit.models._needs.graphs_dir", lambda: tmp_path)
    assert main_graphs() == [tmp_path / "main.pbtxt"]
    monkeypatch.setenv("GRAPHKIT_RESOURCE_ROOT_DIR", str(tmp_path))
    assert graphs_of_models() == {"a/b.tflite": ("main",)}
