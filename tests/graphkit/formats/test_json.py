"""Payloads as JSON: equal to protobuf's own mapping, and readable again."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st

from graphkit.errors import FormatError
from graphkit.formats import (
    Anchors,
    AssociatedDetection,
    BinaryMask,
    BoundingBox,
    Classification,
    ClassificationList,
    Color,
    Detection,
    DetectionList,
    Image,
    ImageFrame,
    ImageSize,
    LandmarkList,
    Line,
    LineType,
    NormalizedLandmarkList,
    NormalizedLandmarkListCollection,
    NormalizedRect,
    Rect,
    RelativeBoundingBox,
    RenderAnnotation,
    RenderData,
    Tensor,
    WholeImage,
    from_json,
    to_json,
)
from graphkit.formats._shortest import shortest_float, shortest_floats, shortest_texts
from graphkit.schema import message_class, pool

RANDOM = np.random.default_rng(7).random((21, 5), np.float32)

MESSAGES = [
    pytest.param(NormalizedLandmarkList(RANDOM), id="landmarks"),
    pytest.param(NormalizedLandmarkList(RANDOM, True), id="visibility"),
    pytest.param(LandmarkList(RANDOM, False, True), id="presence"),
    pytest.param(LandmarkList(RANDOM * np.float32(1e-30), True, True), id="tiny"),
    pytest.param(LandmarkList.from_xyz([[math.nan, math.inf, -math.inf], [0, -0.0, 1e38]]), id="special floats"),
    pytest.param(LandmarkList(RANDOM[:0]), id="no landmarks"),
    pytest.param(
        NormalizedLandmarkListCollection([NormalizedLandmarkList(RANDOM), NormalizedLandmarkList(RANDOM[:1])]),
        id="collection",
    ),
    pytest.param(Rect(1, 2, 3, 4, 0.1), id="rect"),
    pytest.param(NormalizedRect(0.1, 0.2, 0.3, 0.4, -0.7, 12), id="normalized rect"),
    pytest.param(Classification(0, 0.9), id="classification"),
    pytest.param(ClassificationList([Classification(0, 0.9, "Left", "left")]), id="classifications"),
    pytest.param(ClassificationList(), id="no classifications"),
    pytest.param(Detection(), id="empty detection"),
    pytest.param(
        Detection(
            (0.9, 0.1),
            RelativeBoundingBox(0.1, 0.2, 0.3, 0.4),
            RANDOM[:7, :2].copy(),
            label_id=(0, 1),
            label=("a", "b"),
            display_name=("A",),
            keypoint_label=tuple("abcdefg"),
            keypoint_score=(0.1,) * 7,
            feature_tag="",
            track_id="7",
            detection_id=2**60,
            timestamp_usec=0,
            associated_detections=(AssociatedDetection(1, 0.1),),
        ),
        id="detection",
    ),
    pytest.param(Detection((0.1,), BoundingBox(1, 2, 3, 4)), id="pixels"),
    pytest.param(Detection((0.1,), WholeImage(), RANDOM[:1, :2].copy()), id="everywhere"),
    pytest.param(Detection((0.1,), None, RANDOM[:1, :2].copy()), id="only keypoints"),
    pytest.param(Detection((0.1,), BinaryMask(4, 4, ((0, 1, 2),))), id="mask"),
    pytest.param(Detection((0.1,), BinaryMask(4, 4)), id="empty mask"),
    pytest.param(DetectionList([Detection((0.1,))]), id="detections"),
    pytest.param(Color(1, 2, 3), id="color"),
    pytest.param(
        RenderData([RenderAnnotation(Line(0.1, 0.2, 0.3, 0.4, True, LineType.DASHED), 2.0, Color(1))]),
        id="drawing",
    ),
]


@pytest.mark.parametrize("payload", MESSAGES)
def test_equals_protobufs_mapping(payload):
    expected = json_format.MessageToDict(payload.to_proto(), descriptor_pool=pool())
    assert json.dumps(to_json(payload)) == json.dumps(expected)


@pytest.mark.parametrize("payload", [p for p in MESSAGES if p.id not in ("special floats", "only keypoints")])
def test_reads_back(payload):
    """By way of the message, whose floats are float32."""
    expected = type(payload).from_proto(payload.to_proto())
    assert from_json(type(payload), json.loads(json.dumps(to_json(payload)))) == expected


@pytest.mark.parametrize(
    ("kind", "payload", "value"),
    [
        pytest.param(bool, True, True, id="bool"),
        pytest.param(int, 7, 7, id="int"),
        pytest.param(float, 0.1, 0.1, id="float"),
        pytest.param(float, math.inf, "Infinity", id="infinity"),
        pytest.param(str, "x", "x", id="string"),
        pytest.param(bytes, b"\xff\x00", "/wA=", id="bytes"),
        pytest.param(ImageSize, ImageSize(640, 480), [640, 480], id="image size"),
        pytest.param(list[int], [1, 2], [1, 2], id="vector of int"),
        pytest.param(list[Rect], [], [], id="empty vector"),
        pytest.param(
            list[Rect],
            [Rect(1, 2, 3, 4)],
            [{"xCenter": 1, "yCenter": 2, "height": 4, "width": 3, "rotation": 0.0}],
            id="vector of messages",
        ),
        pytest.param(
            Anchors,
            Anchors(np.array([[0.5, 0.25, 1, 2]], np.float32)),
            [{"xCenter": 0.5, "yCenter": 0.25, "h": 1.0, "w": 2.0}],
            id="anchors",
        ),
    ],
)
def test_scalars_and_vectors(kind, payload, value):
    assert to_json(payload) == value
    assert from_json(kind, value) == payload


def test_matrix():
    matrix = np.array([[1, 2], [3, 4]], np.float32)
    value = to_json(matrix)
    assert value == {"rows": 2, "cols": 2, "packedData": [1, 3, 2, 4]}
    assert np.array_equal(from_json(np.ndarray, value), matrix)


def test_numpy_scalars_are_numbers():
    assert json.dumps(to_json([np.float32(0.1), np.int64(3), np.float64(0.1)])) == "[0.1, 3, 0.1]"
    assert to_json((1, None)) == [1, None]  # what MakePairCalculator emits where a stream has nothing


def test_messages_are_written_as_they_are():
    message = message_class("mediapipe.Color")(r=1)
    assert to_json(message) == {"r": 1}


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        pytest.param(float, 3, 3.0, id="whole number as float"),
        pytest.param(int, "-12", -12, id="64-bit integer"),
        pytest.param(
            NormalizedRect, {"x_center": 1, "yCenter": 2, "width": 3, "height": "4"}, None, id="spellings"
        ),
    ],
)
def test_other_spellings_are_read(kind, value, expected):
    expected = NormalizedRect(1.0, 2.0, 3.0, 4.0) if expected is None else expected
    result = from_json(kind, value)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize("payload", [ImageFrame(np.zeros((2, 3, 3), np.uint8))])
@pytest.mark.parametrize("wrap", [pytest.param(lambda f: f, id="ImageFrame"), pytest.param(Image, id="Image")])
def test_images_are_refused(payload, wrap):
    with pytest.raises(
        FormatError, match=r"Image(Frame)?\(3x2, .*\) cannot be dumped as JSON; write images as a video"
    ):
        to_json(wrap(payload))


def test_types_without_a_form_are_refused():
    with pytest.raises(FormatError, match="Tensor has no JSON form"):
        to_json(Tensor(np.zeros(3, np.float32)))
    with pytest.raises(FormatError, match="ImageFrame cannot be read from JSON"):
        from_json(ImageFrame, [])


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        pytest.param(int, 1.5, "1.5 is not a int; expected a JSON whole number", id="float as int"),
        pytest.param(int, True, "True is not a int", id="bool as int"),
        pytest.param(bool, 1, "1 is not a bool; expected a JSON true or false", id="int as bool"),
        pytest.param(float, "x", "'x' is not a float; expected a JSON number", id="string as float"),
        pytest.param(list[int], 3, r"3 is not a list\[int\]; expected a JSON list", id="number as vector"),
        pytest.param(bytes, "?", r"'\?' is not bytes in base64", id="base64"),
        pytest.param(ImageSize, [1], r"\[1\] is not an ImageSize; expected \[width, height\]", id="size"),
        pytest.param(Rect, [1], r"\[1\] is not a mediapipe\.Rect; expected a JSON object", id="no object"),
        pytest.param(Rect, {"xCentre": 1}, r"is not a mediapipe\.Rect: .*xCentre", id="unknown field"),
        pytest.param(Rect, {"xCenter": 1, "yCenter": 2, "width": 3}, "height must be there", id="missing field"),
        pytest.param(Rect, {"x": "y" * 100}, r"\.\.\. is not a mediapipe\.Rect", id="long value"),
    ],
)
def test_bad_values_are_refused(kind, value, message):
    with pytest.raises(FormatError, match=message):
        from_json(kind, value)


float32s = st.floats(width=32, allow_nan=True, allow_infinity=True)


@settings(deadline=None)
@given(st.lists(float32s, min_size=1, max_size=8))
def test_floats_are_as_short_as_protobufs(values):
    message = message_class("mediapipe.MatrixData")(packed_data=values)
    expected = json_format.MessageToDict(message)["packedData"]
    assert repr(shortest_floats(np.array(values, np.float32))) == repr(expected)
    assert repr([shortest_float(value) for value in values]) == repr(expected)
    assert shortest_texts(np.array(values, np.float32)) == list(map(str, expected))


@pytest.mark.parametrize("exponent", range(-149, 128))
def test_powers_of_two_are_as_short_as_protobufs(exponent):
    value = 2.0**exponent
    expected = json_format.MessageToDict(message_class("mediapipe.Landmark")(x=value))["x"]
    assert shortest_float(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(1e300, "Infinity", id="too large"),
        pytest.param(-1e300, "-Infinity", id="too small"),
        pytest.param(3.4028234e38, 3.4028235e38, id="largest"),
        pytest.param(0.1, 0.1, id="double"),
    ],
)
def test_doubles_become_float32(value, expected):
    assert shortest_float(value) == expected


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([0.1, 2], np.float32), [0.1, 2.0]),
        (np.arange(8).reshape(2, 2, 2), [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]),
        (np.array(3.5, np.float32), 3.5),
        (np.zeros((0,), np.float32), []),
    ],
    ids=["a row", "three dimensions", "one number", "nothing"],
)
def test_an_array_that_is_no_matrix_is_lists(array, expected):
    assert to_json(array) == expected
