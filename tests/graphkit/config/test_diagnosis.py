from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.config import diagnose
from graphkit.errors import Lack
from graphkit.framework import Resources

if TYPE_CHECKING:
    from pathlib import Path

LACKING = """
input_stream: "a"
node { calculator: "NoSuchCalculator" input_stream: "a" output_stream: "b"
  options { [no.such.Options.ext] { x: 1 } } }
node { calculator: "NoSuchSubgraph" input_stream: "b" output_stream: "c" }
node { calculator: "InferenceCalculator" input_stream: "TENSORS:c" output_stream: "TENSORS:d"
  options { [mediapipe.InferenceCalculatorOptions.ext] { model_path: "mine.onnx" } } }
node { calculator: "PassThroughCalculator" input_stream: "nobody" output_stream: "e" }
"""


def test_all_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "main.pbtxt"
    path.write_text(LACKING)
    found = diagnose(path)
    assert not found.valid
    assert found.name == str(path)
    assert set(found.lacks) == {
        Lack("calculator", "NoSuchCalculator"),
        Lack("options", "no.such.Options"),
        Lack("subgraph", "NoSuchSubgraph"),
        Lack("model", "mine.onnx"),
    }
    assert [fault.location.line for fault in found.faults if fault.location] == [3, 4, 5, 7, 8]
    assert 'input stream "nobody" does not have a corresponding output stream' in str(found.faults[-1])


def test_a_model_that_is_there_is_not_missing(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine.onnx").write_bytes(b"")
    assert Lack("model", "mine.onnx") not in diagnose(LACKING, resources=Resources([tmp_path / "models"])).lacks


def test_a_graph_that_can_run() -> None:
    found = diagnose('input_stream: "a"\noutput_stream: "b"')
    assert found.valid
    assert found.name == "<graph>"
    assert found.lacks == ()
    assert [str(warning) for warning in found.warnings] == [
        '<text>:2:1: the graph\'s output stream "b" has no producer: it never has a packet.'
    ]


def test_models_that_a_side_packet_chooses_from_are_no_fault() -> None:
    alternatives = """
        node { calculator: "SwitchContainer" input_side_packet: "SELECT:n"
          output_side_packet: "PACKET:path" options {
          [mediapipe.SwitchContainerOptions.ext] {
            contained_node { calculator: "ConstantSidePacketCalculator" options {
              [mediapipe.ConstantSidePacketCalculatorOptions.ext] { packet { string_value: "none.tflite" } } } }
            contained_node { calculator: "ConstantSidePacketCalculator" options {
              [mediapipe.ConstantSidePacketCalculatorOptions.ext] { packet { string_value: "x.txt" } } } } } } }
    """
    found = diagnose(alternatives)
    assert found.valid, found.faults
    (warning,) = found.warnings
    assert 'the model "none.tflite", one of several that a side packet chooses from, was not found' in str(warning)


def test_files_that_cannot_be_read_are_told_like_the_rest(tmp_path: Path) -> None:
    (tmp_path / "cut.pbtxt").write_text('node { calculator: "X')
    (tmp_path / "junk.binarypb").write_bytes(b"\x00\x01\xff")
    names = ("cut.pbtxt", "junk.binarypb", "none.pbtxt")
    said = [str(fault) for name in names for fault in diagnose(tmp_path / name).faults]
    assert len(said) == 3
    assert f"{tmp_path}/cut.pbtxt:1:" in said[0]
    assert f"{tmp_path}/junk.binarypb: this is neither a text config" in said[1]
    assert said[2] == f"{tmp_path}/none.pbtxt: there is no such file."


def test_faults_in_a_subgraph_have_its_file(tmp_path: Path) -> None:
    (tmp_path / "sub.pbtxt").write_text('type: "Lacking"\nnode { calculator: "NoneCalculator" }')
    (tmp_path / "main.pbtxt").write_text('node { calculator: "Lacking" }')
    (fault,) = diagnose(tmp_path / "main.pbtxt").faults
    assert fault.location is not None
    assert (fault.location.file, fault.location.line) == (str(tmp_path / "sub.pbtxt"), 2)


def test_overrides_are_checked_too() -> None:
    assert not diagnose('input_stream: "a"', overrides=["nobody.x=1"]).valid
