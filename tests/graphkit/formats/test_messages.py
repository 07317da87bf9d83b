"""Rects, detections, classifications and render data across the border to protobuf."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from google.protobuf import text_format

from graphkit.errors import FormatError
from graphkit.formats import (
    Arrow,
    AssociatedDetection,
    BinaryMask,
    BoundingBox,
    Classification,
    ClassificationList,
    ClassificationListCollection,
    Color,
    Detection,
    DetectionList,
    FilledOval,
    FilledRectangle,
    FilledRoundedRectangle,
    GradientLine,
    Line,
    LineType,
    MessagePayload,
    NormalizedRect,
    Oval,
    Point,
    Rect,
    Rectangle,
    RelativeBoundingBox,
    RenderAnnotation,
    RenderData,
    RenderViewport,
    RoundedRectangle,
    Scribble,
    Text,
    WholeImage,
)
from graphkit.schema import message_class

BOX = RelativeBoundingBox(0.125, 0.25, 0.5, 0.75)
KEYPOINTS = np.array([[0.25, 0.5], [0.75, 1.0]], np.float32)
RECTANGLE = Rectangle(1.0, 2.0, 3.0, 4.0)

PAYLOADS = [
    pytest.param(Rect(1, 2, 3, 4), id="rect"),
    pytest.param(Rect(1, 2, 3, 4, 0.5, 7), id="rect with an id"),
    pytest.param(NormalizedRect(0.125, 0.25, 0.5, 0.75), id="normalized rect"),
    pytest.param(NormalizedRect(0.125, 0.25, 0.5, 0.75, -0.5, 0), id="normalized rect with id 0"),
    pytest.param(Classification(1, 0.5), id="classification"),
    pytest.param(Classification(0, 0.75, "Left", ""), id="labelled classification"),
    pytest.param(ClassificationList(), id="no classifications"),
    pytest.param(
        ClassificationList([Classification(0, 0.5, "Left"), Classification(1, 0.25)]), id="classifications"
    ),
    pytest.param(
        ClassificationListCollection([ClassificationList([Classification(0, 0.5)]), ClassificationList()]),
        id="lists of classifications",
    ),
    pytest.param(Detection(), id="empty detection"),
    pytest.param(Detection((0.5,), BOX, KEYPOINTS), id="detection"),
    pytest.param(Detection((0.5,), BoundingBox(1, 2, 3, 4)), id="detection in pixels"),
    pytest.param(Detection((0.5,), WholeImage()), id="detection of everything"),
    pytest.param(Detection((0.5,), BinaryMask(8, 4, ((0, 1, 2), (1, 0, 7)))), id="mask"),
    pytest.param(
        Detection(
            (0.5, 0.25),
            BOX,
            KEYPOINTS,
            label_id=(3, 4),
            label=("cat", "dog"),
            display_name=("Cat", "Dog"),
            keypoint_label=("nose", "tail"),
            keypoint_score=(0.5, 1.0),
            feature_tag="tag",
            track_id="t",
            detection_id=2**40,
            timestamp_usec=33_333,
            associated_detections=(AssociatedDetection(5, 0.5),),
        ),
        id="full detection",
    ),
    pytest.param(DetectionList([Detection((0.5,), BOX), Detection((0.25,), BOX)]), id="detections"),
    pytest.param(Color(1, 2, 3), id="color"),
    *(
        pytest.param(RenderAnnotation(shape), id=type(shape).__name__)
        for shape in (
            RECTANGLE,
            FilledRectangle(RECTANGLE, Color(1, 2, 3)),
            RoundedRectangle(RECTANGLE, 5, 8),
            FilledRoundedRectangle(RoundedRectangle(RECTANGLE), Color()),
            Oval(RECTANGLE),
            FilledOval(Oval(RECTANGLE), Color(0, 0, 9)),
            Point(1.0, 2.0, True),
            Line(1.0, 2.0, 3.0, 4.0, False, LineType.DASHED),
            GradientLine(1.0, 2.0, 3.0, 4.0, True, Color(1, 1, 1), Color(2, 2, 2)),
            Arrow(1.0, 2.0, 3.0, 4.0),
            Scribble([Point(1.0, 2.0), Point(3.0, 4.0)]),
            Text("label", 1.0, 2.0, 12.0, True, 1, True, False, 0.5, Color(9, 9, 9)),
        )
    ),
    pytest.param(RenderAnnotation(Rectangle(0.1, 0.2, 0.3, 0.4, True, 0.5, 2.0)), id="turned rectangle"),
    pytest.param(RenderData([]), id="nothing to draw"),
    pytest.param(
        RenderData(
            [RenderAnnotation(RECTANGLE, 3.0, Color(255, 0, 0), "tag"), RenderAnnotation(Point(0.0, 0.0))],
            "scene",
            RenderViewport("view", 640, 480, False),
        ),
        id="render data",
    ),
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_round_trip_through_the_wire(payload):
    wire = payload.to_proto().SerializeToString()
    message = type(payload.to_proto()).FromString(wire)
    assert type(payload).from_proto(message) == payload


@pytest.mark.parametrize("payload", [p for p in PAYLOADS if not isinstance(p.values[0], Color)])
def test_payloads_know_their_message(payload):
    assert isinstance(payload, MessagePayload)
    assert payload.to_proto().DESCRIPTOR.full_name == payload.PROTO


def test_rect_as_text():
    text = "x_center: 0.5 y_center: 0.25 width: 0.125 height: 1 rect_id: 3"
    message = text_format.Parse(text, message_class("mediapipe.NormalizedRect")())
    assert NormalizedRect.from_proto(message) == NormalizedRect(0.5, 0.25, 0.125, 1.0, 0.0, 3)


def test_unset_shape_fields_take_their_defaults():
    text = 'text { display_text: "x" left: 1 } color { r: 1 }'
    message = text_format.Parse(text, message_class("mediapipe.RenderAnnotation")())
    annotation = RenderAnnotation.from_proto(message)
    assert annotation == RenderAnnotation(Text("x", 1.0, 0.0, 8.0), 1.0, Color(1, 0, 0))


def test_annotation_without_a_shape_is_refused():
    with pytest.raises(FormatError, match="holds no shape"):
        RenderAnnotation.from_proto(message_class("mediapipe.RenderAnnotation")())


@pytest.mark.parametrize("payload", [Rect(1, 2, 3, 4), Classification(0, 0.5), BoundingBox(1, 2, 3, 4)])
def test_small_payloads_are_frozen(payload):
    field = dataclasses.fields(payload)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(payload, field, 9)


def test_detection_box():
    assert Detection((0.5,), BOX).box is BOX
    with pytest.raises(FormatError, match="has no location; a RelativeBoundingBox was expected"):
        _ = Detection((0.5,)).box
    with pytest.raises(FormatError, match="has a BoundingBox; a RelativeBoundingBox was expected"):
        _ = Detection((0.5,), BoundingBox(1, 2, 3, 4)).box


def test_detection_replace():
    detection = Detection((0.5,), BOX, KEYPOINTS, label=("cat",))
    changed = detection.replace(score=(0.25,))
    assert changed == Detection((0.25,), BOX, KEYPOINTS, label=("cat",))
    assert changed != detection
    assert detection.score == (0.5,)


def test_detection_keypoints_are_checked_and_read_only():
    with pytest.raises(FormatError, match=r"need shape \(K, 2\), found \(3, 3\)"):
        Detection((0.5,), BOX, np.zeros((3, 3), np.float32))
    with pytest.raises(ValueError, match="read-only"):
        Detection((0.5,), BOX, KEYPOINTS.copy()).relative_keypoints[0, 0] = 1


def test_keypoint_names_of_some_are_names_of_all():
    message = text_format.Parse(
        'location_data { relative_keypoints { x: 1 y: 2 } relative_keypoints { x: 3 keypoint_label: "tip" } }',
        message_class("mediapipe.Detection")(),
    )
    detection = Detection.from_proto(message)
    assert detection.keypoint_label == ("", "tip")
    assert detection.keypoint_score == ()
    assert detection.relative_keypoints.tolist() == [[1, 2], [3, 0]]


def test_repr_shows_what_matters():
    detection = Detection((0.5,), BoundingBox(1, 2, 3, 4), KEYPOINTS, label=("cat",))
    shown = "score=(0.5,), location=BoundingBox(xmin=1, ymin=2, width=3, height=4), label=('cat',), 2 keypoints"
    assert repr(detection) == f"Detection({shown})"
    assert repr(DetectionList([Detection((0.5,))])) == "DetectionList([Detection(score=(0.5,), location=None)])"


def test_sequences_are_read_like_tuples():
    classes = [Classification(0, 0.5), Classification(1, 0.25)]
    sequence = ClassificationList(iter(classes))
    assert (len(sequence), sequence[1], list(sequence)) == (2, classes[1], classes)
    assert sequence != ClassificationList(classes[:1])
    assert sequence != tuple(classes)
