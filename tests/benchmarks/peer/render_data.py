"""The drawing of hand_renderer_cpu.pbtxt as RenderData, made in Python.

The wheel has the overlay but none of the calculators that make its input, so a Python program that wants
MediaPipe's picture fills the messages itself. The same shapes, colours and order as the graph's.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mediapipe.util import render_data_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

RED, GREEN, PURPLE = (255, 0, 0), (0, 255, 0), (125, 0, 122)
FINGERS = [(0, 1, 2, 3, 4), (0, 5, 6, 7, 8), (5, 9, 10, 11, 12), (9, 13, 14, 15, 16), (13, 17)]
EDGE = [(0, 17, 18, 19, 20)]
CONNECTIONS = [pair for chain in FINGERS + EDGE for pair in pairwise(chain)]
THICKNESS = 4.0
LABEL_THICKNESS, LABEL_HEIGHT, LABEL_LEFT, LABEL_BASELINE = 10.0, 50, 30, 113  # px


def annotation(data: Any, color: tuple[int, int, int], thickness: float = THICKNESS) -> Any:
    """Adds one annotation to `data` and returns it."""
    new = data.render_annotations.add(thickness=thickness)
    new.color.r, new.color.g, new.color.b = color
    return new


def add_palm(data: Any, detection: Any) -> None:
    """Adds a palm: label and score, box, keypoints."""
    box = detection.location_data.relative_bounding_box
    line = box.height * 0.1
    text = annotation(data, GREEN).text
    text.normalized, text.font_height = True, line * 0.9
    text.display_text = f"{detection.label_id[0]},{detection.score[0]:.6g},"
    text.left, text.baseline = max(box.xmin, 0.0), min(box.ymin + line, 1.0)
    shape = annotation(data, GREEN).rectangle
    shape.normalized = True
    shape.left, shape.top = max(box.xmin, 0.0), max(box.ymin, 0.0)
    shape.right, shape.bottom = min(box.xmin + box.width, 1.0), min(box.ymin + box.height, 1.0)
    for keypoint in detection.location_data.relative_keypoints:
        point = annotation(data, GREEN).point
        point.normalized, point.x, point.y = True, keypoint.x, keypoint.y


def add_rect(data: Any, rect: Any, color: tuple[int, int, int]) -> None:
    """Adds the outline of a NormalizedRect."""
    shape = annotation(data, color).rectangle
    shape.normalized, shape.rotation = True, rect.rotation
    shape.left, shape.top = rect.x_center - rect.width / 2, rect.y_center - rect.height / 2
    shape.right, shape.bottom = shape.left + rect.width, shape.top + rect.height


def add_skeleton(data: Any, hand: Any) -> None:
    """Adds the connections of a hand, then its landmarks."""
    marks = hand.landmark
    for start, end in CONNECTIONS:
        line = annotation(data, GREEN).line
        line.normalized = True
        line.x_start, line.y_start = marks[start].x, marks[start].y
        line.x_end, line.y_end = marks[end].x, marks[end].y
    for mark in marks:
        point = annotation(data, RED).point
        point.normalized, point.x, point.y = True, mark.x, mark.y


def add_label(data: Any, handedness: Any) -> None:
    """Adds the name of the hand in the upper left corner."""
    text = annotation(data, RED, LABEL_THICKNESS).text
    text.display_text = handedness.classification[0].label
    text.font_height, text.left, text.baseline = LABEL_HEIGHT, LABEL_LEFT, LABEL_BASELINE


def hand_render_data(found: Mapping[str, Any]) -> Any:
    """Returns the RenderData of one frame.

    Args:
        found: Packets by stream name of hand_landmark_tracking_cpu; missing streams draw nothing.
    """
    data = render_data_pb2.RenderData()
    for detection in found.get("palm_detections", ()):
        add_palm(data, detection)
    for rect in found.get("hand_rects_from_landmarks", ()):
        add_rect(data, rect, RED)
    for rect in found.get("hand_rects_from_palm_detections", ()):
        add_rect(data, rect, PURPLE)
    handedness = found.get("multi_handedness", ())
    if len(handedness) == 1:
        add_label(data, handedness[0])
    for hand in found.get("multi_hand_landmarks", ()):
        add_skeleton(data, hand)
    return data
