from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from graphkit.app.cli.upstream import upstream_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GOOD = 'input_stream: "a"\nnode { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "b" }\n'
BAD = """input_stream: "a"
output_stream: "nothing"
node { calculator: "NoSuchCalculator" input_stream: "a" output_stream: "b" }
node { calculator: "NoSuchSubgraph" input_stream: "b" output_stream: "c" }
node { calculator: "InferenceCalculator" input_stream: "TENSORS:c" output_stream: "TENSORS:d"
  options { [mediapipe.InferenceCalculatorOptions.ext] { model_path: "mediapipe/modules/pose_landmark/MODEL" } } }
"""


@pytest.fixture
def graphs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inner").mkdir()
    (tmp_path / "good.pbtxt").write_text(GOOD)
    (tmp_path / "bad.pbtxt").write_text(BAD.replace("MODEL", "pose_landmark_heavy.tflite"))
    (tmp_path / "inner" / "worse.pbtxt").write_text(BAD.replace("MODEL", "mine.tflite") + "node {")
    return tmp_path


def test_a_valid_graph(graphkit: Callable[..., Any], graphs: Path) -> None:
    result = graphkit("validate", "good.pbtxt")
    assert (result.exit_code, result.stdout) == (0, "good.pbtxt: valid\n")


def test_all_faults_of_all_and_all_that_is_missing(graphkit: Callable[..., Any], graphs: Path) -> None:
    result = graphkit("validate", "bad.pbtxt", "good.pbtxt")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == 'bad.pbtxt:3:8: Unable to find Calculator "NoSuchCalculator".'
    assert any(line.startswith("bad.pbtxt:2:1: ") and line.endswith("(warning)") for line in lines)
    assert "bad.pbtxt: 3 faults" in lines
    assert "good.pbtxt: valid" in lines
    assert lines[-1] == "1 of 2 graphs are valid"
    missing = lines[lines.index("good.pbtxt: valid") + 1 : -1]
    assert [line for line in missing if line.startswith("  ")] == [
        "  NoSuchCalculator (bad.pbtxt)",
        "  mediapipe/modules/pose_landmark/pose_landmark_heavy.tflite (bad.pbtxt)",
        "  NoSuchSubgraph (bad.pbtxt)",
    ]
    assert "missing models (graphkit models fetch pose_landmark_heavy):" in missing


def test_folders_are_searched(graphkit: Callable[..., Any], graphs: Path) -> None:
    result = graphkit("validate", ".", "good.pbtxt", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [graph["file"] for graph in found["graphs"]] == ["bad.pbtxt", "good.pbtxt", "inner/worse.pbtxt"]
    assert [graph["valid"] for graph in found["graphs"]] == [False, True, False]


def test_json_for_editors(graphkit: Callable[..., Any], graphs: Path) -> None:
    found = json.loads(graphkit("validate", "--json", "bad.pbtxt").stdout)
    assert found["valid"] is False
    first, *_, last = found["graphs"][0]["faults"]
    assert first == {
        "severity": "error", "file": "bad.pbtxt", "line": 3, "column": 8,
        "message": 'Unable to find Calculator "NoSuchCalculator".', "node": "NoSuchCalculator",
        "calculator": "NoSuchCalculator", "missing": {"kind": "calculator", "name": "NoSuchCalculator"},
    }  # fmt: skip
    assert (last["severity"], last["line"], last["missing"]) == ("warning", 2, None)
    assert [(each["kind"], each["graphs"]) for each in found["missing"]] == [
        ("calculator", ["bad.pbtxt"]), ("model", ["bad.pbtxt"]), ("subgraph", ["bad.pbtxt"]),
    ]  # fmt: skip
    assert found["missing"][1]["source"] == "graphkit models fetch pose_landmark_heavy"


def test_a_syntax_error_is_one_of_the_faults(graphkit: Callable[..., Any], graphs: Path) -> None:
    result = graphkit("validate", "inner/worse.pbtxt", "none.pbtxt")
    assert result.exit_code == 1
    assert "inner/worse.pbtxt:7:" in result.stdout
    assert "none.pbtxt: there is no such file." in result.stdout


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("BoxTrackerCalculator", "mediapipe/calculators/video"),
        ("InferenceCalculatorMetal", "mediapipe/calculators/tensor"),
        ("BoxTracker", ""),
        ("MyOwnCalculator", ""),
    ],
)
def test_where_mediapipe_has_a_calculator(name: str, folder: str) -> None:
    assert upstream_folder(name) == folder


def test_a_calculator_of_mediapipe_is_told_as_such(graphkit: Callable[..., Any], graphs: Path) -> None:
    (graphs / "tracks.pbtxt").write_text('node { calculator: "BoxTrackerCalculator" output_stream: "b" }')
    lines = graphkit("validate", "tracks.pbtxt").stdout.splitlines()
    assert lines[-2].startswith(
        "missing calculators (MediaPipe has them in mediapipe/calculators/video; write them"
    )
    assert lines[-1] == "  BoxTrackerCalculator (tracks.pbtxt)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param((), "Missing argument 'FILE...'", id="no file"),
        pytest.param(("empty",), "empty: there is no graph in this folder, no .pbtxt and no", id="no graph"),
    ],
)
def test_wrong_usage(graphkit: Callable[..., Any], graphs: Path, arguments: tuple[str, ...], message: str) -> None:
    (graphs / "empty").mkdir()
    result = graphkit("validate", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_graphs_that_come_along_are_named_the_same_everywhere(graphkit: Callable[..., Any], graphs: Path) -> None:
    result = graphkit("validate", "graphs/hand_tracking")
    assert result.exit_code == 0, result.stdout
    assert "hand_tracking_desktop_live.pbtxt: valid" in result.stdout
