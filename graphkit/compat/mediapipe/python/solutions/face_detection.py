"""``mediapipe.solutions.face_detection``."""

from __future__ import annotations

import enum
from typing import Any

from graphkit import config
from graphkit.compat.mediapipe.python.solution_base import SolutionBase

__all__ = ["FaceDetection", "FaceKeyPoint", "get_key_point"]


class FaceKeyPoint(enum.IntEnum):
    """The six points that a detection of a face has; left and right are the person's own."""

    RIGHT_EYE = 0
    LEFT_EYE = 1
    NOSE_TIP = 2
    MOUTH_CENTER = 3
    RIGHT_EAR_TRAGION = 4
    LEFT_EAR_TRAGION = 5


def get_key_point(detection: Any, key_point_enum: FaceKeyPoint) -> Any:
    """Return the point of *detection* that *key_point_enum* names, None if there is no detection."""
    if not detection or not detection.location_data:
        return None
    return detection.location_data.relative_keypoints[key_point_enum]


class FaceDetection(SolutionBase):
    """Finds faces in pictures: a box and six points each.

    Args:
        min_detection_confidence: a face counts from this score, 0 to 1.
        model_selection: 0 for faces within 2 metres, 1 for those within 5.
    """

    def __init__(self, min_detection_confidence: float = 0.5, model_selection: int = 0) -> None:
        reach = "full" if model_selection == 1 else "short"
        options = config.options_message("mediapipe.FaceDetectionOptions")()
        super().__init__(
            binary_graph_path=f"mediapipe/modules/face_detection/face_detection_{reach}_range_cpu.binarypb",
            graph_options=self.create_graph_options(options, {"min_score_thresh": min_detection_confidence}),
            outputs=["detections"],
        )

    def process(self, image: Any) -> Any:
        """Return ``detections``, one Detection per face of an RGB picture (H, W, 3) uint8; None without a face."""
        return super().process({"image": image})
