"""The shapes that can be drawn over an image.

Positions are pixels, or fractions of the image if ``normalized`` is set. A frame may carry
hundreds of these, so they are plain dataclasses; do not change one once it is sent. Fields have
the names of ``mediapipe.RenderAnnotation``'s messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple, Self, TypeAlias

from graphkit.schema import message_class


class Color(NamedTuple):
    """Red, green and blue, 0 to 255."""

    r: int = 0
    g: int = 0
    b: int = 0

    def to_proto(self) -> Any:
        """Return the protobuf message."""
        return message_class("mediapipe.Color")(r=self.r, g=self.g, b=self.b)

    @classmethod
    def from_proto(cls, message: Any) -> Self:
        """Make a color of a protobuf message."""
        return cls(message.r, message.g, message.b)


class LineType(IntEnum):
    """How a line is drawn."""

    UNKNOWN = 0
    SOLID = 1
    DASHED = 2


@dataclass(slots=True)
class Rectangle:
    """The outline of a box; rotation is clockwise, in radians, about its centre."""

    left: float
    top: float
    right: float
    bottom: float
    normalized: bool = False
    rotation: float = 0.0
    top_left_thickness: float | None = None


@dataclass(slots=True)
class FilledRectangle:
    """A filled box."""

    rectangle: Rectangle
    fill_color: Color | None = None


@dataclass(slots=True)
class RoundedRectangle:
    """The outline of a box with round corners; line_type is OpenCV's."""

    rectangle: Rectangle
    corner_radius: int = 0
    line_type: int = 4


@dataclass(slots=True)
class FilledRoundedRectangle:
    """A filled box with round corners."""

    rounded_rectangle: RoundedRectangle
    fill_color: Color | None = None


@dataclass(slots=True)
class Oval:
    """The outline of the ellipse inside a box."""

    rectangle: Rectangle


@dataclass(slots=True)
class FilledOval:
    """The filled ellipse inside a box."""

    oval: Oval
    fill_color: Color | None = None


@dataclass(slots=True)
class Point:
    """A dot."""

    x: float
    y: float
    normalized: bool = False


@dataclass(slots=True)
class Line:
    """A straight line."""

    x_start: float
    y_start: float
    x_end: float
    y_end: float
    normalized: bool = False
    line_type: LineType = LineType.SOLID


@dataclass(slots=True)
class GradientLine:
    """A line that goes from one colour to another."""

    x_start: float
    y_start: float
    x_end: float
    y_end: float
    normalized: bool = False
    color1: Color | None = None
    color2: Color | None = None


@dataclass(slots=True)
class Arrow:
    """A line with a head at its end."""

    x_start: float
    y_start: float
    x_end: float
    y_end: float
    normalized: bool = False


@dataclass(slots=True)
class Scribble:
    """Dots that belong together."""

    point: list[Point]


@dataclass(slots=True)
class Text:
    """A line of text; font_face is OpenCV's."""

    display_text: str
    left: float
    baseline: float
    font_height: float = 8.0
    normalized: bool = False
    font_face: int = 0
    center_horizontally: bool = False
    center_vertically: bool = False
    outline_thickness: float = 0.0
    outline_color: Color | None = None


Shape: TypeAlias = (
    Rectangle
    | FilledRectangle
    | Oval
    | FilledOval
    | Point
    | Line
    | Arrow
    | Text
    | RoundedRectangle
    | FilledRoundedRectangle
    | GradientLine
    | Scribble
)
"""What can be drawn."""
