"""What graphkit's pose renderer draws, as MediaPipe's RenderData: shapes, colours, order."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from mediapipe.util import render_data_pb2

from mediapipe_side.shapes import add_detection, add_line, add_point, add_rect

_RED, _GREEN, _WHITE, _ORANGE, _CYAN = (255, 0, 0), (0, 255, 0), (255, 255, 255), (255, 138, 0), (0, 217, 231)
_CHAINS = [
    (0, 1, 2, 3, 7), (0, 4, 5, 6, 8), (9, 10), (11, 12), (11, 13, 15, 17), (15, 19), (15, 21), (17, 19),
    (12, 14, 16, 18), (16, 20), (16, 22), (18, 20), (11, 23), (12, 24), (23, 24), (23, 25), (24, 26), (25, 27),
    (26, 28), (27, 29), (28, 30), (29, 31), (30, 32), (27, 31), (28, 32),
]  # fmt: skip
_TO_THE_HIPS = range(25)
_LEFT = (1, 2, 3, 7, 9, 11, 13, 15, 17, 19, 21, 23)
_RIGHT = (4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24)
_LEAST_VISIBILITY = 0.5
_SCALE_OF_ROI = 0.0012  # thickness factor over the longer side of the region, px
_THICKNESS, _BONE, _JOINT = 4.0, 3.0, 5.0


def draw_pose(found: dict[str, Any], width: int, height: int) -> Any:
    """Return the drawing of a frame.

    Args:
        found: packets by stream; missing streams draw nothing.
        width: of the frame, px.
        height: of the frame, px.
    """
    data = render_data_pb2.RenderData()
    roi = found.get("pose_rect_from_landmarks")
    if "pose_detection" in found:
        add_detection(data, found["pose_detection"], _GREEN, _THICKNESS)
    if "pose_landmarks" in found:
        longer = max(roi.width * width, roi.height * height) if roi is not None else 1.0
        _add_skeleton(data, found["pose_landmarks"].landmark, longer * _SCALE_OF_ROI)
    if roi is not None:
        add_rect(data, roi, _RED, _THICKNESS)
    return data


def _add_skeleton(data: Any, marks: Any, scale: float) -> None:
    """Add bones and dots, then the joints down to the hips, white with a coloured one in it."""
    shown = {index for index, mark in enumerate(marks) if mark.visibility >= _LEAST_VISIBILITY}
    for chain in _CHAINS:
        for start, end in pairwise(chain):
            if start in shown and end in shown:
                add_line(data, marks[start], marks[end], _WHITE, _BONE * scale)
    layers = (
        (range(len(marks)), _WHITE, _BONE), (_TO_THE_HIPS, _WHITE, _JOINT), (_LEFT, _ORANGE, _BONE),
        (_RIGHT, _CYAN, _BONE),
    )  # fmt: skip
    for indexes, color, thickness in layers:
        for index in indexes:
            if index in shown:
                add_point(data, marks[index], color, thickness * scale)
