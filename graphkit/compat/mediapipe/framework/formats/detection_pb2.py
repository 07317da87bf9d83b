"""``mediapipe.framework.formats.detection_pb2``."""

from typing import Final

from graphkit.compat._pb2 import message

__all__ = ["Detection", "DetectionList"]

Detection: Final = message("Detection", __name__)
DetectionList: Final = message("DetectionList", __name__)
