"""Shapes of MediaPipe's RenderData, one function each."""

from __future__ import annotations

from typing import Any


def annotation(data: Any, color: tuple[int, int, int], thickness: float) -> Any:
    """Add an annotation to *data* and return it."""
    new = data.render_annotations.add(thickness=thickness)
    new.color.r, new.color.g, new.color.b = color
    return new


def add_point(data: Any, mark: Any, color: tuple[int, int, int], thickness: float) -> None:
    """Add a dot at a landmark or keypoint."""
    point = annotation(data, color, thickness).point
    point.normalized, point.x, point.y = True, mark.x, mark.y


def add_line(data: Any, start: Any, end: Any, color: tuple[int, int, int], thickness: float) -> None:
    """Add a line between two landmarks."""
    line = annotation(data, color, thickness).line
    line.normalized = True
    line.x_start, line.y_start, line.x_end, line.y_end = start.x, start.y, end.x, end.y


def add_fading_line(data: Any, start: Any, end: Any, grays: list[int], thickness: float) -> None:
    """Add a line between two landmarks that goes from one gray to another."""
    line = data.render_annotations.add(thickness=thickness).gradient_line
    line.normalized = True
    line.x_start, line.y_start, line.x_end, line.y_end = start.x, start.y, end.x, end.y
    for color, gray in zip((line.color1, line.color2), grays, strict=True):
        color.r = color.g = color.b = gray


def add_rect(data: Any, rect: Any, color: tuple[int, int, int], thickness: float) -> None:
    """Add the outline of a NormalizedRect."""
    shape = annotation(data, color, thickness).rectangle
    shape.normalized, shape.rotation = True, rect.rotation
    shape.left, shape.top = rect.x_center - rect.width / 2, rect.y_center - rect.height / 2
    shape.right, shape.bottom = shape.left + rect.width, shape.top + rect.height


def add_detection(data: Any, detection: Any, color: tuple[int, int, int], thickness: float) -> None:
    """Add a detection: label and score, box, keypoints."""
    box = detection.location_data.relative_bounding_box
    height = box.height * 0.1  # of a line of text
    text = annotation(data, color, thickness).text
    text.normalized, text.font_height = True, height * 0.9
    label = detection.label[0] if detection.label else detection.label_id[0]
    text.display_text = f"{label},{detection.score[0]:.2g},"
    text.left, text.baseline = max(box.xmin, 0.0), min(box.ymin + height, 1.0)
    shape = annotation(data, color, thickness).rectangle
    shape.normalized = True
    shape.left, shape.top = max(box.xmin, 0.0), max(box.ymin, 0.0)
    shape.right, shape.bottom = min(box.xmin + box.width, 1.0), min(box.ymin + box.height, 1.0)
    for keypoint in detection.location_data.relative_keypoints:
        add_point(data, keypoint, color, thickness)
