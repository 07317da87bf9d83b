"""``mediapipe.framework.formats.detection_pb2``."""

from typing import Final

from graphkit.schema import message_class

__all__ = ["Detection", "DetectionList"]

Detection: Final = message_class("mediapipe.Detection")
DetectionList: Final = message_class("mediapipe.DetectionList")
