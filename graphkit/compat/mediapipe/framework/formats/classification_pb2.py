"""``mediapipe.framework.formats.classification_pb2``."""

from typing import Final

from graphkit.compat._pb2 import message

__all__ = [
    "Classification",
    "ClassificationList",
    "ClassificationListCollection",
]

Classification: Final = message("Classification", __name__)
ClassificationList: Final = message("ClassificationList", __name__)
ClassificationListCollection: Final = message("ClassificationListCollection", __name__)
