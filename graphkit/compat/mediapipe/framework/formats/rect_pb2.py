"""``mediapipe.framework.formats.rect_pb2``."""

from typing import Final

from graphkit.schema import message_class

__all__ = [
    "NormalizedRect",
    "Rect",
]

NormalizedRect: Final = message_class("mediapipe.NormalizedRect")
Rect: Final = message_class("mediapipe.Rect")
