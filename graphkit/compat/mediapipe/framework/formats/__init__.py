"""``mediapipe.framework.formats``: the messages of payloads, one module a file of MediaPipe's."""

from graphkit.compat.mediapipe.framework.formats import (
    classification_pb2,
    detection_pb2,
    landmark_pb2,
    location_data_pb2,
    rect_pb2,
)

__all__ = ["classification_pb2", "detection_pb2", "landmark_pb2", "location_data_pb2", "rect_pb2"]
