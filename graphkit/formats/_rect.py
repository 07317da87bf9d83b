"""Rotated rectangles, in pixels and in fractions of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from graphkit.schema import message_class


@dataclass(frozen=True, slots=True)
class Rect:
    """A rotated rectangle in pixels.

    Attributes:
        x_center: pixels from the left.
        y_center: pixels from the top.
        width: pixels, before rotation.
        height: pixels, before rotation.
        rotation: clockwise, in radians, about the centre.
        rect_id: None if it is not tracked.
    """

    PROTO: ClassVar[str] = "mediapipe.Rect"

    x_center: int
    y_center: int
    width: int
    height: int
    rotation: float = 0.0
    rect_id: int | None = None

    def to_proto(self) -> Any:
        """Return the protobuf message."""
        return _to_proto(self)

    @classmethod
    def from_proto(cls, message: Any) -> Self:
        """Make a rect of a protobuf message."""
        return cls(*_fields(message))


@dataclass(frozen=True, slots=True)
class NormalizedRect:
    """A rotated rectangle in fractions of an image.

    Attributes:
        x_center: widths of the image from the left.
        y_center: heights of the image from the top.
        width: in widths of the image, before rotation.
        height: in heights of the image, before rotation.
        rotation: clockwise, in radians, about the centre, in pixel space.
        rect_id: None if it is not tracked.
    """

    PROTO: ClassVar[str] = "mediapipe.NormalizedRect"

    x_center: float
    y_center: float
    width: float
    height: float
    rotation: float = 0.0
    rect_id: int | None = None

    def to_proto(self) -> Any:
        """Return the protobuf message."""
        return _to_proto(self)

    @classmethod
    def from_proto(cls, message: Any) -> Self:
        """Make a rect of a protobuf message."""
        return cls(*_fields(message))


def _to_proto(rect: Rect | NormalizedRect) -> Any:
    return message_class(rect.PROTO)(
        x_center=rect.x_center,
        y_center=rect.y_center,
        width=rect.width,
        height=rect.height,
        rotation=rect.rotation,
        rect_id=rect.rect_id,
    )


def _fields(message: Any) -> tuple[Any, Any, Any, Any, float, int | None]:
    rect_id = message.rect_id if message.HasField("rect_id") else None
    return message.x_center, message.y_center, message.width, message.height, message.rotation, rect_id
