"""``mediapipe.framework.formats.classification_pb2``."""

from typing import Final

from graphkit.schema import message_class

__all__ = [
    "Classification",
    "ClassificationList",
    "ClassificationListCollection",
]

Classification: Final = message_class("mediapipe.Classification")
ClassificationList: Final = message_class("mediapipe.ClassificationList")
ClassificationListCollection: Final = message_class("mediapipe.ClassificationListCollection")
