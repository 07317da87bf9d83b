"""``mediapipe.solutions.drawing_utils``: landmarks and detections drawn into pictures of a program."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import numpy as np

from graphkit.framework import opencv

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "BLACK_COLOR",
    "BLUE_COLOR",
    "DrawingSpec",
    "GREEN_COLOR",
    "RED_COLOR",
    "WHITE_COLOR",
    "draw_axis",
    "draw_detection",
    "draw_landmarks",
    "plot_landmarks",
]

Color: TypeAlias = tuple[int, int, int]
Picture: TypeAlias = "np.ndarray[Any, np.dtype[np.uint8]]"
Connection: TypeAlias = tuple[int, int]
K = TypeVar("K")

# Colours are blue, green, red.
WHITE_COLOR: Final[Color] = (224, 224, 224)
BLACK_COLOR: Final[Color] = (0, 0, 0)
RED_COLOR: Final[Color] = (0, 0, 255)
GREEN_COLOR: Final[Color] = (0, 128, 0)
BLUE_COLOR: Final[Color] = (255, 0, 0)

_CHANNELS: Final = 3
_LEAST_PRESENCE: Final = 0.5
_LEAST_VISIBILITY: Final = 0.5
_RELATIVE_BOUNDING_BOX: Final = 2
"""LocationData.RELATIVE_BOUNDING_BOX."""


@dataclass
class DrawingSpec:
    """How something is drawn.

    Attributes:
        color: blue, green, red, 0 to 255.
        thickness: of lines, in pixels; -1 fills circles.
        circle_radius: in pixels.
    """

    color: Color = WHITE_COLOR
    thickness: int = 2
    circle_radius: int = 2


def draw_detection(
    image: Picture,
    detection: Any,
    keypoint_drawing_spec: DrawingSpec = DrawingSpec(color=RED_COLOR),  # noqa: B008 - as programs see it
    bbox_drawing_spec: DrawingSpec = DrawingSpec(),  # noqa: B008
) -> None:
    """Draw the box and the points of a detection.

    Args:
        image: (H, W, 3) uint8, BGR; drawn into.
        detection: a Detection with a relative bounding box.
        keypoint_drawing_spec: of its points.
        bbox_drawing_spec: of its box.

    Raises:
        ValueError: the image does not have three channels, or the box is not relative.
    """
    if not detection.location_data:
        return
    size = _size_of(image)
    location = detection.location_data
    if location.format != _RELATIVE_BOUNDING_BOX:
        raise ValueError("LocationData must be relative for this drawing function to work.")
    cv2 = opencv()
    for keypoint in location.relative_keypoints:
        center = _normalized_to_pixel_coordinates(keypoint.x, keypoint.y, *size)
        if center is not None:
            spec = keypoint_drawing_spec
            cv2.circle(image, center, spec.circle_radius, spec.color, spec.thickness)
    if not location.HasField("relative_bounding_box"):
        return
    box = location.relative_bounding_box
    first = _normalized_to_pixel_coordinates(box.xmin, box.ymin, *size)
    last = _normalized_to_pixel_coordinates(box.xmin + box.width, box.ymin + box.height, *size)
    if first is not None and last is not None:
        cv2.rectangle(image, first, last, bbox_drawing_spec.color, bbox_drawing_spec.thickness)


def draw_landmarks(
    image: Picture,
    landmark_list: Any,
    connections: Iterable[Connection] | None = None,
    landmark_drawing_spec: DrawingSpec | Mapping[int, DrawingSpec] | None = DrawingSpec(color=RED_COLOR),  # noqa: B008
    connection_drawing_spec: DrawingSpec | Mapping[Connection, DrawingSpec] = DrawingSpec(),  # noqa: B008
    is_drawing_landmarks: bool = True,
) -> None:
    """Draw landmarks and the lines between them; those that are not visible or outside of the image are left out.

    Args:
        image: (H, W, 3) uint8, BGR; drawn into.
        landmark_list: a NormalizedLandmarkList; with None nothing is drawn.
        connections: pairs of indexes.
        landmark_drawing_spec: of all landmarks, or of each by its index; None draws none.
        connection_drawing_spec: of all lines, or of each by its pair.
        is_drawing_landmarks: draw the landmarks, too.

    Raises:
        ValueError: the image does not have three channels, or a connection names a landmark that does not exist.
    """
    if not landmark_list:
        return
    size = _size_of(image)
    points = {}
    for index, landmark in _visible(landmark_list):
        pixel = _normalized_to_pixel_coordinates(landmark.x, landmark.y, *size)
        if pixel is not None:
            points[index] = pixel
    cv2 = opencv()
    for connection in _checked(connections, len(landmark_list.landmark)):
        first, last = (points.get(index) for index in connection)
        if first is not None and last is not None:
            spec = _spec_of(connection_drawing_spec, connection)
            cv2.line(image, first, last, spec.color, spec.thickness)
    if is_drawing_landmarks and landmark_drawing_spec:
        for index, point in points.items():
            _draw_point(image, point, _spec_of(landmark_drawing_spec, index))


def draw_axis(
    image: Picture,
    rotation: Any,
    translation: Any,
    focal_length: tuple[float, float] = (1.0, 1.0),
    principal_point: tuple[float, float] = (0.0, 0.0),
    axis_length: float = 0.1,
    axis_drawing_spec: DrawingSpec = DrawingSpec(),  # noqa: B008
) -> None:
    """Draw the axes of an object: x red, y green, z blue.

    Args:
        image: (H, W, 3) uint8, BGR; drawn into.
        rotation: (3, 3), of the object in the camera's frame.
        translation: (3,), of the object in the camera's frame.
        focal_length: of the camera along x and y, in halves of the image.
        principal_point: of the camera, -1 to 1.
        axis_length: in units of the translation.
        axis_drawing_spec: its thickness is that of the axes.

    Raises:
        ValueError: the image does not have three channels.
    """
    columns, rows = _size_of(image)
    ends = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    x, y, z = (np.matmul(rotation, axis_length * ends.T).T + translation).T
    depth = z + 1e-5
    across = np.clip(-focal_length[0] * x / depth + principal_point[0], -1.0, 1.0)
    up = np.clip(-focal_length[1] * y / depth + principal_point[1], -1.0, 1.0)
    columns_of = ((1 + across) * 0.5 * columns).astype(np.int32).tolist()
    rows_of = ((1 - up) * 0.5 * rows).astype(np.int32).tolist()
    origin, *tips = zip(columns_of, rows_of, strict=True)
    for tip, color in zip(tips, (RED_COLOR, GREEN_COLOR, BLUE_COLOR), strict=True):
        opencv().arrowedLine(image, origin, tip, color, axis_drawing_spec.thickness)


def plot_landmarks(
    landmark_list: Any,
    connections: Iterable[Connection] | None = None,
    landmark_drawing_spec: DrawingSpec = DrawingSpec(color=RED_COLOR, thickness=5),  # noqa: B008
    connection_drawing_spec: DrawingSpec = DrawingSpec(color=BLACK_COLOR, thickness=5),  # noqa: B008
    elevation: int = 10,
    azimuth: int = 10,
) -> None:
    """Show landmarks in three dimensions in a window of matplotlib, which the program must have installed.

    Args:
        landmark_list: a LandmarkList or NormalizedLandmarkList; with None nothing is shown.
        connections: pairs of indexes.
        landmark_drawing_spec: colour and thickness of the points.
        connection_drawing_spec: colour and thickness of the lines.
        elevation: of the viewer, in degrees.
        azimuth: of the viewer, in degrees.

    Raises:
        ValueError: a connection names a landmark that does not exist.
        ImportError: matplotlib is not installed.
    """
    if not landmark_list:
        return
    from matplotlib import pyplot

    pyplot.figure(figsize=(10, 10))
    axes: Any = pyplot.axes(projection="3d")
    axes.view_init(elev=elevation, azim=azimuth)
    points = {index: (-landmark.z, landmark.x, -landmark.y) for index, landmark in _visible(landmark_list)}
    for x, y, z in points.values():
        axes.scatter3D(
            xs=[x], ys=[y], zs=[z],
            color=_fractions(landmark_drawing_spec.color), linewidth=landmark_drawing_spec.thickness,
        )  # fmt: skip
    for first, last in _checked(connections, len(landmark_list.landmark)):
        if first in points and last in points:
            xs, ys, zs = zip(points[first], points[last], strict=True)
            axes.plot3D(
                xs=xs, ys=ys, zs=zs,
                color=_fractions(connection_drawing_spec.color), linewidth=connection_drawing_spec.thickness,
            )  # fmt: skip
    pyplot.show()


def _size_of(image: Picture) -> tuple[int, int]:
    """Return columns and rows of a BGR image."""
    if image.shape[2] != _CHANNELS:
        raise ValueError(f"Input image must contain three channel bgr data. Found the shape {image.shape}")
    return image.shape[1], image.shape[0]


def _visible(landmark_list: Any) -> Iterable[tuple[int, Any]]:
    for index, landmark in enumerate(landmark_list.landmark):
        hidden = landmark.HasField("visibility") and landmark.visibility < _LEAST_VISIBILITY
        absent = landmark.HasField("presence") and landmark.presence < _LEAST_PRESENCE
        if not hidden and not absent:
            yield index, landmark


def _checked(connections: Iterable[Connection] | None, count: int) -> Iterable[Connection]:
    for connection in connections or ():
        first, last = connection
        if not (0 <= first < count and 0 <= last < count):
            raise ValueError(
                f"Landmark index is out of range. Invalid connection from landmark #{first} to landmark #{last}."
            )
        yield connection


def _normalized_to_pixel_coordinates(
    normalized_x: float, normalized_y: float, image_width: int, image_height: int
) -> tuple[int, int] | None:
    """Return the pixel of a point in parts of the image, None outside of it; programs call this, too."""
    if not (_is_part(normalized_x) and _is_part(normalized_y)):
        return None
    x, y = math.floor(normalized_x * image_width), math.floor(normalized_y * image_height)
    return min(x, image_width - 1), min(y, image_height - 1)


def _is_part(value: float) -> bool:
    """Return whether *value* is between 0 and 1; 1 may be missed by a rounding error, 0 may not."""
    return (value > 0 or math.isclose(0, value)) and (value < 1 or math.isclose(1, value))


def _spec_of(specs: DrawingSpec | Mapping[K, DrawingSpec], key: K) -> DrawingSpec:
    return specs[key] if isinstance(specs, Mapping) else specs


def _draw_point(image: Picture, point: tuple[int, int], spec: DrawingSpec) -> None:
    """Draw a circle with a white rim."""
    rim = max(spec.circle_radius + 1, int(spec.circle_radius * 1.2))
    opencv().circle(image, point, rim, WHITE_COLOR, spec.thickness)
    opencv().circle(image, point, spec.circle_radius, spec.color, spec.thickness)


def _fractions(color: Color) -> tuple[float, ...]:
    """Return red, green, blue as matplotlib has them."""
    return tuple(value / 255.0 for value in color[::-1])
