"""``mediapipe.framework.formats.landmark_pb2``."""

from typing import Final

from graphkit.schema import message_class

__all__ = [
    "Landmark",
    "LandmarkList",
    "LandmarkListCollection",
    "NormalizedLandmark",
    "NormalizedLandmarkList",
    "NormalizedLandmarkListCollection",
]

Landmark: Final = message_class("mediapipe.Landmark")
LandmarkList: Final = message_class("mediapipe.LandmarkList")
LandmarkListCollection: Final = message_class("mediapipe.LandmarkListCollection")
NormalizedLandmark: Final = message_class("mediapipe.NormalizedLandmark")
NormalizedLandmarkList: Final = message_class("mediapipe.NormalizedLandmarkList")
NormalizedLandmarkListCollection: Final = message_class("mediapipe.NormalizedLandmarkListCollection")
