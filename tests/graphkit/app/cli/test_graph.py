from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import config

if TYPE_CHECKING:
    from pathlib import Path


def test_the_expanded_graph_is_a_graph(graphkit, work: Path) -> None:
    result = graphkit("graph", "hands.pbtxt", "--set", "SampleHands.every=9")
    assert result.exit_code == 0, result.output
    again = config.load(result.stdout)
    assert [node.calculator for node in again.nodes] == ["SampleHands", "SampleInvert"]
    assert "every: 9" in result.stdout


def test_the_shipped_graph_is_found_from_anywhere(graphkit, work: Path) -> None:
    result = graphkit("graph", "graphs/hand_tracking/hand_tracking_desktop_live.pbtxt")
    assert result.exit_code == 0, result.output
    assert "HandLandmarkTrackingCpu" not in result.stdout
    assert "InferenceCalculator" in result.stdout


def test_mermaid(graphkit, work: Path) -> None:
    result = graphkit("graph", "hands.pbtxt", "--mermaid")
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert lines[0] == "flowchart TD"
    assert 's1(["input_video<br/>ImageFrame"])' in lines
    assert 'n2["SampleHands"]' in lines
    assert "s1 --> n2" in lines


def test_a_back_edge_is_dashed(graphkit, work: Path) -> None:
    (work / "loop.pbtxt").write_text(
        """
        input_stream: "x"
        node {
          calculator: "PreviousLoopbackCalculator"
          input_stream: "MAIN:x" input_stream: "LOOP:y" output_stream: "PREV_LOOP:before"
          input_stream_info { tag_index: "LOOP" back_edge: true }
        }
        node { calculator: "SampleAdd" input_stream: "A:x" input_stream: "B:before" output_stream: "y" }
        """
    )
    result = graphkit("graph", "loop.pbtxt", "--mermaid")
    assert result.exit_code == 0, result.output
    assert "-. back .-> n2" in result.stdout


def test_streams(graphkit, work: Path) -> None:
    result = graphkit("graph", "scale.pbtxt", "--streams")
    rows = [line.split() for line in result.stdout.splitlines()]
    assert rows == [
        ["Streams:"],
        ["x", "float", "graph", "input"],
        ["y", "float", "SampleScale"],
        ["Side", "packets:"],
        ["factor", "float", "given", "to", "the", "graph"],
    ]


def test_declared_streams_come_first(graphkit, work: Path) -> None:
    result = graphkit("graph", "graphs/pose_tracking/pose_tracking_cpu.pbtxt", "--streams")
    assert result.exit_code == 0, result.output
    names = [line.split()[0] for line in result.stdout.splitlines()]
    inner = [index for index, name in enumerate(names) if "__" in name]
    assert names[1] == "input_video"
    assert names.index("pose_landmarks") < inner[0] > names.index("output_video")


def test_what_is_wrong_is_said(graphkit, work: Path) -> None:
    (work / "bad.pbtxt").write_text('node { calculator: "SampleHand" }')
    result = graphkit("graph", "bad.pbtxt")
    assert result.exit_code == 1
    assert "SampleHands" in result.stderr
