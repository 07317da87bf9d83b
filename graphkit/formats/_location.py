"""The location of a detection: one of four kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias


class RelativeBoundingBox(NamedTuple):
    """A box in fractions of the image's width and height, origin at the top left."""

    xmin: float
    ymin: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """A box in pixels, origin at the top left."""

    xmin: int
    ymin: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class WholeImage:
    """Everywhere."""


@dataclass(frozen=True, slots=True)
class BinaryMask:
    """A region of an image.

    Attributes:
        width: of the image, in pixels.
        height: of the image, in pixels.
        intervals: runs of pixels (y, left x, right x), both ends included.
    """

    width: int
    height: int
    intervals: tuple[tuple[int, int, int], ...] = ()


Location: TypeAlias = RelativeBoundingBox | BoundingBox | WholeImage | BinaryMask
"""Where a detection is."""


def write_location(location: Location, message: Any) -> None:
    """Fill the ``mediapipe.LocationData`` *message* with *location*."""
    match location:
        case RelativeBoundingBox():
            message.format = message.RELATIVE_BOUNDING_BOX
            _write_box(location, message.relative_bounding_box)
        case BoundingBox():
            message.format = message.BOUNDING_BOX
            _write_box(location, message.bounding_box)
        case WholeImage():
            message.format = message.GLOBAL
        case BinaryMask():
            message.format = message.MASK
            message.mask.width, message.mask.height = location.width, location.height
            add = message.mask.rasterization.interval.add
            for y, left_x, right_x in location.intervals:
                add(y=y, left_x=left_x, right_x=right_x)


def read_location(message: Any) -> Location:
    """Make a location of a ``mediapipe.LocationData``; its format says which field counts."""
    if message.format == message.RELATIVE_BOUNDING_BOX:
        return RelativeBoundingBox(*_read_box(message.relative_bounding_box))
    if message.format == message.BOUNDING_BOX:
        return BoundingBox(*_read_box(message.bounding_box))
    if message.format == message.MASK:
        runs = message.mask.rasterization.interval
        intervals = tuple((run.y, run.left_x, run.right_x) for run in runs)
        return BinaryMask(message.mask.width, message.mask.height, intervals)
    return WholeImage()


def _write_box(box: RelativeBoundingBox | BoundingBox, message: Any) -> None:
    message.xmin, message.ymin, message.width, message.height = box.xmin, box.ymin, box.width, box.height


def _read_box(box: Any) -> tuple[Any, Any, Any, Any]:
    return box.xmin, box.ymin, box.width, box.height
