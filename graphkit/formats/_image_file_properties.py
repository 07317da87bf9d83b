"""What a picture's file says of the picture and of the lens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from graphkit.schema import message_class


@dataclass(frozen=True, slots=True)
class ImageFileProperties:
    """Size of a picture, and how far its lens reached.

    Attributes:
        image_width: in pixels.
        image_height: in pixels.
        focal_length_mm: of the lens, in millimetres.
        focal_length_35mm: of a lens with the same view on 35 mm film, in millimetres.
        focal_length_pixels: of the lens, in pixels of this picture.
    """

    PROTO: ClassVar[str] = "mediapipe.ImageFileProperties"

    image_width: int
    image_height: int
    focal_length_mm: float = 0.0
    focal_length_35mm: float = 0.0
    focal_length_pixels: float = 0.0

    def to_proto(self) -> Any:
        """Return the protobuf message."""
        return message_class(self.PROTO)(**{name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def from_proto(cls, message: Any) -> Self:
        """Make properties of a protobuf message."""
        return cls(**{name: getattr(message, name) for name in cls.__slots__})
