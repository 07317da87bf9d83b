"""What graphkit's hand renderer draws, as MediaPipe's RenderData: shapes, colours, order."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from mediapipe.util import render_data_pb2

from mediapipe_side.shapes import add_detection, add_fading_line, add_line, add_point, add_rect, annotation

_RED, _GREEN, _PURPLE = (255, 0, 0), (0, 255, 0), (125, 0, 122)
_CHAINS = [
    (0, 1, 2, 3, 4),
    (0, 5, 6, 7, 8),
    (5, 9, 10, 11, 12),
    (9, 13, 14, 15, 16),
    (13, 17),
    (0, 17, 18, 19, 20),
]
_THICKNESS = 4.0
_LIGHTEST, _LARGEST = 255, 18  # gray, and px, of what is nearest
_FLAT = 1e-3
_LABEL_THICKNESS, _LABEL_HEIGHT, _LABEL_LEFT, _LABEL_BASELINE = 10.0, 50, 30, 113  # px


def draw_hands(found: dict[str, Any], width: int, height: int) -> Any:
    """Return the drawing of a frame.

    Args:
        found: packets by stream; missing streams draw nothing.
        width: of the frame, px.
        height: of the frame, px.
    """
    data = render_data_pb2.RenderData()
    for detection in found.get("palm_detections", ()):
        add_detection(data, detection, _GREEN, _THICKNESS)
    for rect in found.get("hand_rects_from_landmarks", ()):
        add_rect(data, rect, _RED, _THICKNESS)
    for rect in found.get("hand_rects_from_palm_detections", ()):
        add_rect(data, rect, _PURPLE, _THICKNESS)
    handedness = found.get("multi_handedness", ())
    if len(handedness) == 1:
        _add_label(data, handedness[0].classification[0].label)
    for hand in found.get("multi_hand_landmarks", ()):
        _add_skeleton(data, hand.landmark)
    return data


def _add_skeleton(data: Any, marks: Any) -> None:
    """Add the connections of a hand, then its landmarks; the nearer, the lighter and larger."""
    depths = _depths(marks)
    for chain in _CHAINS:
        for start, end in pairwise(chain):
            if depths is None:
                add_line(data, marks[start], marks[end], _GREEN, _THICKNESS)
            else:
                grays = [int(_LIGHTEST * (1 - depths[index])) for index in (start, end)]
                add_fading_line(data, marks[start], marks[end], grays, _THICKNESS)
    for index, mark in enumerate(marks):
        if depths is None:
            add_point(data, mark, _RED, _THICKNESS)
        else:
            gray = _LIGHTEST - int(_LIGHTEST * depths[index])
            add_point(data, mark, (gray, gray, gray), int(_LARGEST * (1 - depths[index])))


def _depths(marks: Any) -> list[float] | None:
    """Return how far each landmark is, 0 (nearest) to 1; None for a hand that is flat."""
    distances = [mark.z for mark in marks]
    nearest = min(distances)
    extent = max(*distances, 0.0) - nearest
    return [(z - nearest) / (extent + 1e-6) for z in distances] if extent > _FLAT else None


def _add_label(data: Any, name: str) -> None:
    """Add the name of the hand in the upper left corner."""
    text = annotation(data, _RED, _LABEL_THICKNESS).text
    text.display_text = name
    text.font_height, text.left, text.baseline = _LABEL_HEIGHT, _LABEL_LEFT, _LABEL_BASELINE
