"""``mediapipe.framework.formats.rect_pb2``."""

from typing import Final

from graphkit.compat._pb2 import message

__all__ = [
    "NormalizedRect",
    "Rect",
]

NormalizedRect: Final = message("NormalizedRect", __name__)
Rect: Final = message("Rect", __name__)
