"""What goes wrong raises what MediaPipe 0.10.21 raises; where its process dies, a RuntimeError."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from google.protobuf import text_format

from forking import in_child
from graphkit.compat import mediapipe as mp
from graphkit.compat.mediapipe.framework import calculator_pb2
from graphkit.compat.mediapipe.framework.formats import landmark_pb2
from graphkit.compat.mediapipe.python.solution_base import PacketDataType, SolutionBase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Hands: Final = mp.solutions.hands.Hands
BLACK: Final = np.zeros((48, 64, 3), np.uint8)
PASS: Final = """
input_stream: "in" output_stream: "out"
node { calculator: "PassThroughCalculator" input_stream: "in" output_stream: "out" }
"""
GATE: Final = """
input_stream: "in" input_side_packet: "allow" output_stream: "out"
node {
  name: "Gate" calculator: "GateCalculator"
  input_stream: "in" input_side_packet: "ALLOW:allow" output_stream: "out"
}
"""
TRANSFORM: Final = """
input_stream: "in" output_stream: "out"
node {
  name: "Transform" calculator: "ImageTransformationCalculator"
  input_stream: "IMAGE:in" output_stream: "IMAGE:out"
  %s
}
"""
IN_OPTIONS: Final = (
    "options { [mediapipe.ImageTransformationCalculatorOptions.ext] { output_width: 8 output_height: 6 } }"
)
IN_ANY: Final = (
    "node_options { [type.googleapis.com/mediapipe.ImageTransformationCalculatorOptions] "
    "{ output_width: 8 output_height: 6 } }"
)


def _frozen(picture: Any) -> Any:
    picture.flags.writeable = False
    return picture


@pytest.fixture(scope="module")
def hands() -> Any:
    with Hands(static_image_mode=True) as solution:
        yield solution


@pytest.mark.parametrize(
    ("picture", "error"),
    [
        pytest.param(None, AttributeError, id="None"),
        pytest.param([[[0, 0, 0]]], AttributeError, id="list"),
        pytest.param("hand.png", AttributeError, id="text"),
        pytest.param({"image": BLACK.tolist()}, AttributeError, id="list by name"),
        pytest.param(np.zeros((48, 64), np.uint8), IndexError, id="gray"),
        pytest.param(np.zeros(0), IndexError, id="no picture"),
        pytest.param(np.zeros((48, 64, 1), np.uint8), ValueError, id="one channel"),
        pytest.param(np.zeros((48, 64, 4), np.uint8), ValueError, id="RGBA"),
        pytest.param(np.zeros((1, 48, 64, 3), np.uint8), ValueError, id="four dimensions"),
        pytest.param(np.zeros((48, 64, 3)), TypeError, id="float64"),
        pytest.param(np.zeros((48, 64, 3), np.float32), TypeError, id="float32"),
        pytest.param(np.zeros((48, 64, 3), np.int8), TypeError, id="int8"),
        pytest.param(np.zeros((48, 64, 3), np.uint16), TypeError, id="uint16"),
        pytest.param(np.zeros((0, 0, 3), np.uint8), RuntimeError, id="empty"),
        pytest.param(np.zeros((48, 0, 3), np.uint8), RuntimeError, id="no width"),
    ],
)
def test_pictures(picture: Any, error: type[Exception], hands: Any) -> None:
    with pytest.raises(error):
        hands.process(picture)
    assert hands.process(BLACK).multi_hand_landmarks is None


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(np.zeros((48, 64, 3), bool), id="bool"),
        pytest.param(np.zeros((1, 1, 3), np.uint8), id="one pixel"),
        pytest.param(np.zeros((96, 32, 3), np.uint8), id="another size"),
        pytest.param(BLACK[:, :, ::-1], id="channels backwards"),
        pytest.param(_frozen(BLACK.copy()), id="read-only"),
    ],
)
def test_pictures_that_are_taken(picture: Any, hands: Any) -> None:
    assert hands.process(picture).multi_hand_landmarks is None


@pytest.mark.parametrize(
    ("kind", "arguments", "error"),
    [
        pytest.param("hands", {"max_hands": 2}, TypeError, id="keyword"),
        pytest.param("pose", {"upper_body_only": True}, TypeError, id="keyword of older versions"),
        pytest.param("hands", {"min_detection_confidence": "0.5"}, TypeError, id="confidence as text"),
        pytest.param("hands", {"min_detection_confidence": [0.5]}, TypeError, id="confidence in a list"),
        pytest.param("face_detection", {"min_detection_confidence": "0.5"}, TypeError, id="of a graph's options"),
        pytest.param("hands", {"max_num_hands": 2.0}, TypeError, id="float"),
        pytest.param("hands", {"model_complexity": 0.5}, TypeError, id="complexity"),
        pytest.param("face_mesh", {"refine_landmarks": 1}, TypeError, id="no bool"),
        pytest.param("pose", {"enable_segmentation": 0.5}, TypeError, id="float for a bool"),
        pytest.param("selfie_segmentation", {"model_selection": "a"}, TypeError, id="selection"),
    ],
)
def test_arguments(kind: str, arguments: Mapping[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        _solution(kind)(**arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({"max_num_hands": np.int64(1)}, id="number of numpy"),
        pytest.param({"min_detection_confidence": np.float32(0.5)}, id="confidence of numpy"),
        pytest.param({"min_detection_confidence": 1}, id="whole number"),
        pytest.param({"static_image_mode": "yes"}, id="truth"),
    ],
)
def test_arguments_that_are_taken(arguments: Mapping[str, Any]) -> None:
    Hands(**arguments).close()


@pytest.mark.parametrize(
    "kind", ["hands", "pose", "face_mesh", "face_detection", "selfie_segmentation", "holistic"]
)
def test_each_solution_can_be_the_only_one_of_a_process(kind: str) -> None:
    code = f"from graphkit.compat import mediapipe as mp; print(mp.solutions.{kind}.{_solution(kind).__name__}())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


CONFIGS: Final = {
    "unknown calculator": ('node { calculator: "Nope" }', RuntimeError),
    "no producer": (PASS.replace('input_stream: "in"', "", 1), RuntimeError),
    "two producers": (PASS + PASS.partition("\n")[2].partition("\n")[2], RuntimeError),
    "tags that differ": (PASS.replace('"in" output_stream: "out" }', '"T:in" output_stream: "out" }'), ValueError),
    "bad name": (PASS.replace('"in"', '"In"'), RuntimeError),
    "text that ends": ('input_stream: "in', RuntimeError),
    "unknown field": ('inputstream: "in"', RuntimeError),
    "no calculator": ('input_stream: "in" node { input_stream: "in" }', RuntimeError),
    "unknown handler": (
        PASS.replace("}", 'input_stream_handler { input_stream_handler: "Nope" } }'), RuntimeError,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "error"), CONFIGS.values(), ids=CONFIGS)
def test_graphs(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        mp.CalculatorGraph(graph_config=text)


def _started(text: str = PASS) -> Any:
    graph = mp.CalculatorGraph(graph_config=text)
    graph.start_run()
    return graph


def _add(graph: Any, *stamps: int, stream: str = "in") -> None:
    for stamp in stamps:
        graph.add_packet_to_input_stream(stream, mp.packet_creator.create_int(1).at(stamp))
    graph.wait_until_idle()


@pytest.mark.parametrize(
    ("call", "error"),
    [
        pytest.param(lambda: _add(_started(), 10, 5), ValueError, id="a time that goes back"),
        pytest.param(lambda: _add(mp.CalculatorGraph(graph_config=PASS), 1), RuntimeError, id="not started"),
        pytest.param(lambda: _started().observe_output_stream("x", print), RuntimeError, id="observed"),
        pytest.param(
            lambda: mp.CalculatorGraph(graph_config=GATE).start_run(
                {"allow": mp.packet_creator.create_string("x")}
            ),
            ValueError,
            id="side packet of another type",
        ),
        pytest.param(lambda: mp.CalculatorGraph(binary_graph_path="/no.binarypb"), FileNotFoundError, id="file"),
        # Here the process of MediaPipe dies or hangs.
        pytest.param(lambda: _add(_started(), 1, stream="x"), RuntimeError, id="unknown stream"),
        pytest.param(lambda: _started().start_run(), RuntimeError, id="started twice"),
        pytest.param(lambda: Hands(model_complexity=3).process(BLACK), RuntimeError, id="complexity"),
    ],
)
def test_runs(call: Callable[[], object], error: type[Exception]) -> None:
    with pytest.raises(error):
        call()


def test_two_objects_in_two_threads_and_one_in_both(hands: Any) -> None:
    found: list[Any] = []

    def work() -> None:
        with Hands(static_image_mode=True) as own:
            found.extend(each.process(BLACK).multi_hand_landmarks for each in (own, hands) for _ in range(2))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [None] * 8


def test_a_forked_process_is_told_that_it_cannot_use_it(hands: Any) -> None:
    def use() -> str:
        try:
            hands.process(BLACK)
        except RuntimeError as error:
            return str(error)
        return "no error"

    assert "fork" in in_child(use)


@pytest.mark.parametrize(
    ("options", "parameters", "error", "message"),
    [
        pytest.param("", {"Transform": 1}, ValueError, 'write "node.field"', id="no field"),
        pytest.param("", {"None.x": 1}, ValueError, "Not all calculator params are valid", id="no node"),
        pytest.param("", {"Transform.nope": 1}, KeyError, "nope", id="unknown field"),
        pytest.param("", {"Transform.output_width": "8"}, TypeError, "must be real number", id="text"),
        pytest.param("", {"Transform.output_width": [8]}, TypeError, "output_width", id="list"),
        pytest.param(
            IN_OPTIONS + IN_ANY,
            {"Transform.output_width": 4},
            ValueError,
            "has both options and node_options fields",
            id="both notations",
        ),
    ],
)
def test_parameters(options: str, parameters: Mapping[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        SolutionBase(graph_config=TRANSFORM % options, calculator_params=parameters)


def test_parameters_of_calculators_that_mediapipe_does_not_let_set() -> None:
    with pytest.raises(
        ValueError, match=r"^Modifying the calculator options of Gate is not supported\. .*no option"
    ):
        SolutionBase(
            graph_config=GATE,
            calculator_params={"Gate.nope": "x"},
            stream_type_hints={"in": PacketDataType.INT},
            side_inputs={"allow": True},
        )


def test_an_input_whose_type_nobody_tells() -> None:
    with pytest.raises(RuntimeError, match=r'^Unable to find the type for stream "in"\. .*stream_type_hints$'):
        SolutionBase(graph_config=PASS)
    with SolutionBase(graph_config=PASS, stream_type_hints={"in": PacketDataType.INT}) as solution:
        assert solution.process({"in": 3}).out == 3


@pytest.mark.parametrize("options", [pytest.param(IN_OPTIONS, id="extension"), pytest.param(IN_ANY, id="Any")])
def test_protobuf_reads_options_as_text(options: str) -> None:
    message = text_format.Parse(TRANSFORM % options, calculator_pb2.CalculatorGraphConfig())
    parameters = {"Transform.output_width": 4, "Transform.output_height": 2}
    for wanted, changed in (((6, 8, 3), {}), ((2, 4, 3), parameters)):
        with SolutionBase(graph_config=message, calculator_params=changed) as solution:
            results = solution.process(BLACK)
        assert results.out.shape == wanted
    assert results._fields == ("out",)


def test_a_result_can_be_set() -> None:
    """Programs keep what they have made of a result where they found it."""
    with SolutionBase(graph_config=TRANSFORM % "") as solution:
        results = solution.process(BLACK)
    results.out = landmark_pb2.LandmarkList()
    assert results.out.landmark == []


def _solution(kind: str) -> Any:
    return getattr(getattr(mp.solutions, kind), "".join(word.title() for word in kind.split("_")))
