"""mp.solutions against what MediaPipe 0.10.21 finds in the same stills, and as its programs call them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from graphkit import CalculatorGraph
from graphkit.compat import mediapipe as mp
from graphkit.compat.mediapipe.python.solution_base import PacketDataType, SolutionBase
from graphkit.video import VideoReader

DATA = Path(__file__).parents[2] / "data" / "compat"
sys.path.insert(0, str(DATA))
from make_references import REFERENCES, found, stills  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

Picture = np.ndarray[Any, np.dtype[np.uint8]]
BLACK = np.zeros((48, 64, 3), np.uint8)

PIXELS = {
    "hands": ("hand_cup", 0.05),
    "pose": ("pose_balance", 0.1),
    "face_mesh_468": ("astronaut", 0.05),
    "face_mesh_478": ("astronaut", 0.05),
    "holistic_pose": ("astronaut", 0.1),
    "holistic_face": ("astronaut", 0.1),
}
"""How far landmarks may lie from MediaPipe's on average, in pixels of the picture."""

VALUES = {
    "hands_world": 5e-4,
    "pose_world": 5e-4,
    "hands_side": 1e-3,
    "face_detection_0": 1e-5,
    "face_detection_1": 1e-5,
}
"""How far other values may lie from MediaPipe's: metres, scores, parts of the picture."""


def _frames(path: Path) -> Iterator[Picture]:
    with VideoReader(path) as reader:
        for frame in reader:
            yield frame.data


@pytest.fixture(scope="module")
def pictures() -> dict[str, Picture]:
    return stills(_frames, cv2.imread)


@pytest.fixture(scope="module")
def results(pictures: dict[str, Picture]) -> dict[str, np.ndarray[Any, Any]]:
    return dict(found(mp.solutions, pictures))


def _expected(name: str) -> Any:
    with np.load(REFERENCES) as references:
        return references[name]


@pytest.mark.parametrize("name", PIXELS)
def test_landmarks_are_mediapipes(name: str, results: dict[str, Any], pictures: dict[str, Picture]) -> None:
    picture, tolerance = PIXELS[name]
    height, width = pictures[picture].shape[:2]
    apart = (results[name] - _expected(name))[:, :2] * (width, height)
    assert float(np.hypot(*apart.T).mean()) < tolerance


@pytest.mark.parametrize("name", VALUES)
def test_values_are_mediapipes(name: str, results: dict[str, Any]) -> None:
    assert results[name] == pytest.approx(_expected(name), abs=VALUES[name])


@pytest.mark.parametrize("name", ["pose_mask", "selfie_mask"])
def test_masks_are_mediapipes(name: str, results: dict[str, Any]) -> None:
    ours, theirs = np.unpackbits(results[name]), np.unpackbits(_expected(name))
    assert (ours & theirs).sum() / (ours | theirs).sum() > 0.999


def test_results_are_messages(pictures: dict[str, Picture]) -> None:
    with mp.solutions.hands.Hands(static_image_mode=True, max_num_hands=1) as hands:
        results = hands.process(pictures["hand_cup"])
    landmarks = results.multi_hand_landmarks[0]
    assert type(landmarks).__name__ == "NormalizedLandmarkList"
    wrist = landmarks.landmark[mp.solutions.hands.HandLandmark.WRIST]
    assert 0 < wrist.x < 1
    assert [field.name for field, _ in wrist.ListFields()] == ["x", "y", "z"]
    assert results.multi_handedness[0].classification[0].label in ("Left", "Right")
    assert str(landmarks).startswith("landmark {\n  x: ")


def test_nothing_found_is_none() -> None:
    with mp.solutions.hands.Hands() as hands:
        results = hands.process(BLACK)
    assert (results.multi_hand_landmarks, results.multi_handedness) == (None, None)


def test_a_face_detection_has_its_points(pictures: dict[str, Picture]) -> None:
    module = mp.solutions.face_detection
    with module.FaceDetection(min_detection_confidence=0.5) as detection:
        (face,) = detection.process(pictures["astronaut"]).detections
    nose = module.get_key_point(face, module.FaceKeyPoint.NOSE_TIP)
    box = face.location_data.relative_bounding_box
    assert box.xmin < nose.x < box.xmin + box.width
    assert module.get_key_point(None, module.FaceKeyPoint.NOSE_TIP) is None


def test_presence_is_cleared_and_visibility_kept(pictures: dict[str, Picture]) -> None:
    with mp.solutions.pose.Pose(static_image_mode=True) as pose:
        results = pose.process(pictures["pose_balance"])
    assert results.segmentation_mask is None
    nose = results.pose_landmarks.landmark[mp.solutions.pose.PoseLandmark.NOSE]
    assert not nose.HasField("presence")
    assert nose.visibility > 0.5


def test_pictures_stay_the_programs(pictures: dict[str, Picture]) -> None:
    picture = pictures["hand_cup"].copy()
    with mp.solutions.hands.Hands() as hands:
        hands.process(picture)
        picture[:] = 0
        assert hands.process(picture[:, ::-1]).multi_hand_landmarks is None


def test_tracking_and_reset_give_the_same_again(pictures: dict[str, Picture]) -> None:
    with mp.solutions.hands.Hands() as hands:
        first = [hands.process(pictures["hand_cup"]).multi_hand_landmarks for _ in range(2)]
        hands.reset()
        again = [hands.process(pictures["hand_cup"]).multi_hand_landmarks for _ in range(2)]
    assert first[0] != first[1]
    assert first == again


@pytest.mark.parametrize(
    ("picture", "error", "message"),
    [
        pytest.param(None, AttributeError, "'NoneType' object has no attribute 'shape': process", id="none"),
        pytest.param([1, 2], AttributeError, "'list' object has no attribute 'shape'", id="list"),
        pytest.param(BLACK[..., 0], IndexError, "has the shape \\(48, 64\\), without channels", id="gray"),
        pytest.param(np.zeros((4, 4, 4), np.uint8), ValueError, "three channel rgb data", id="rgba"),
        pytest.param(BLACK.astype(np.float32), TypeError, "array data from dtype\\('float32'", id="float"),
        pytest.param(BLACK.astype(np.uint16), TypeError, "pictures are uint8, 0 to 255", id="16 bit"),
        pytest.param(np.zeros((0, 0, 3), np.uint8), RuntimeError, "the picture is empty", id="empty"),
    ],
)
def test_pictures_that_are_none(picture: Any, error: type[Exception], message: str) -> None:
    with mp.solutions.selfie_segmentation.SelfieSegmentation() as selfie, pytest.raises(error, match=message):
        selfie.process(picture)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        pytest.param({"max_hands": 2}, TypeError, "unexpected keyword argument 'max_hands'", id="keyword"),
        pytest.param({"max_num_hands": "two"}, TypeError, "'num_hands' takes int, found 'two'", id="text"),
        pytest.param({"max_num_hands": 2.0}, TypeError, "'num_hands' takes int, found 2.0", id="float"),
    ],
)
def test_arguments_that_do_not_fit(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        mp.solutions.hands.Hands(**arguments)


def test_a_closed_solution() -> None:
    selfie = mp.solutions.selfie_segmentation.SelfieSegmentation(0)
    selfie.close()
    selfie.reset()
    with pytest.raises(ValueError, match="_graph is None in SolutionBase: it was closed"):
        selfie.process(BLACK)
    with pytest.raises(ValueError, match="which is already None"):
        selfie.close()


GRAPH = """
input_stream: "a" input_stream: "b" output_stream: "both"
node { calculator: "MakePairCalculator" input_stream: "a" input_stream: "b" output_stream: "both" }
"""


PICTURES = dict.fromkeys("ab", PacketDataType.IMAGE_FRAME)


@pytest.mark.parametrize("ends_the_run", [False, True])
def test_a_program_that_was_interrupted_may_go_on(ends_the_run: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    wait = CalculatorGraph.wait_until_idle

    def interrupted(graph: CalculatorGraph) -> None:
        if ends_the_run:
            graph.cancel()
        raise KeyboardInterrupt

    with mp.solutions.selfie_segmentation.SelfieSegmentation() as selfie:
        for _ in range(2):
            monkeypatch.setattr(CalculatorGraph, "wait_until_idle", interrupted)
            with pytest.raises(KeyboardInterrupt):
                selfie.process(BLACK)
            monkeypatch.setattr(CalculatorGraph, "wait_until_idle", wait)
            assert selfie.process(BLACK).segmentation_mask.shape == BLACK.shape[:2]


def test_a_graph_of_ones_own() -> None:
    with SolutionBase(graph_config=GRAPH, stream_type_hints=PICTURES) as solution:
        results = solution.process({"a": BLACK, "b": BLACK})
        assert [picture.shape for picture in results.both] == [BLACK.shape, BLACK.shape]
        with pytest.raises(ValueError, match="more than one input streams: a, b"):
            solution.process(BLACK)
        with pytest.raises(KeyError, match="no input stream 'c'; it has a, b"):
            solution.process({"c": BLACK})


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        pytest.param({}, ValueError, "exactly one of 'binary_graph_path' or 'graph_config'", id="neither"),
        pytest.param({"graph_config": "node {"}, RuntimeError, "<text>:1:7", id="text"),
        pytest.param({"binary_graph_path": "no/such.binarypb"}, FileNotFoundError, "no/such", id="file"),
        pytest.param(
            {"graph_config": GRAPH, "calculator_params": {"MakePair": 1}},
            ValueError,
            'write "node.field"',
            id="key",
        ),
        pytest.param(
            {"graph_config": GRAPH, "calculator_params": {"MakePairs.x": 1}}, ValueError, "MakePairs", id="node"
        ),
    ],
)
def test_graphs_that_cannot_be_made(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        SolutionBase(**arguments)


def test_graph_options_reach_into_messages() -> None:
    from graphkit.compat.mediapipe.framework.formats import detection_pb2

    with SolutionBase(graph_config=GRAPH, stream_type_hints=PICTURES) as solution:
        made = solution.create_graph_options(
            detection_pb2.Detection(),
            {"label": ["a", "b"], "location_data.relative_bounding_box.xmin": 0.5, "feature_tag": "x"},
        )
    assert list(made.label) == ["a", "b"]
    assert made.location_data.relative_bounding_box.xmin == 0.5
    assert made.feature_tag == "x"
