"""``mediapipe.framework.formats.landmark_pb2``."""

from typing import Final

from graphkit.compat._pb2 import message

__all__ = [
    "Landmark",
    "LandmarkList",
    "LandmarkListCollection",
    "NormalizedLandmark",
    "NormalizedLandmarkList",
    "NormalizedLandmarkListCollection",
]

Landmark: Final = message("Landmark", __name__)
LandmarkList: Final = message("LandmarkList", __name__)
LandmarkListCollection: Final = message("LandmarkListCollection", __name__)
NormalizedLandmark: Final = message("NormalizedLandmark", __name__)
NormalizedLandmarkList: Final = message("NormalizedLandmarkList", __name__)
NormalizedLandmarkListCollection: Final = message("NormalizedLandmarkListCollection", __name__)
