"""``mediapipe.solutions.face_mesh``."""

from __future__ import annotations

from typing import Any, Final

from graphkit.compat.mediapipe.python.solution_base import SolutionBase
from graphkit.compat.mediapipe.python.solutions.face_mesh_connections import (
    FACEMESH_CONTOURS,
    FACEMESH_FACE_OVAL,
    FACEMESH_IRISES,
    FACEMESH_LEFT_EYE,
    FACEMESH_LEFT_EYEBROW,
    FACEMESH_LEFT_IRIS,
    FACEMESH_LIPS,
    FACEMESH_NOSE,
    FACEMESH_RIGHT_EYE,
    FACEMESH_RIGHT_EYEBROW,
    FACEMESH_RIGHT_IRIS,
    FACEMESH_TESSELATION,
)

__all__ = [
    "FACEMESH_CONTOURS",
    "FACEMESH_FACE_OVAL",
    "FACEMESH_IRISES",
    "FACEMESH_LEFT_EYE",
    "FACEMESH_LEFT_EYEBROW",
    "FACEMESH_LEFT_IRIS",
    "FACEMESH_LIPS",
    "FACEMESH_NOSE",
    "FACEMESH_NUM_LANDMARKS",
    "FACEMESH_NUM_LANDMARKS_WITH_IRISES",
    "FACEMESH_RIGHT_EYE",
    "FACEMESH_RIGHT_EYEBROW",
    "FACEMESH_RIGHT_IRIS",
    "FACEMESH_TESSELATION",
    "FaceMesh",
]

FACEMESH_NUM_LANDMARKS: Final = 468
FACEMESH_NUM_LANDMARKS_WITH_IRISES: Final = 478


_GRAPH: Final = "mediapipe/modules/face_landmark/face_landmark_front_cpu.binarypb"
_DETECTION: Final = "facedetectionshortrangecpu__facedetectionshortrange__facedetection"


def _thresholds(detection: float = 0.5, tracking: float = 0.5) -> dict[str, float]:
    return {
        f"{_DETECTION}__TensorsToDetectionsCalculator.min_score_thresh": detection,
        "facelandmarkcpu__ThresholdingCalculator.threshold": tracking,
    }


PLANNED_AHEAD: Final = (_GRAPH, _thresholds())
MODELS: Final = (
    ("mediapipe/modules/face_detection/face_detection_short_range.tflite", None),
    ("mediapipe/modules/face_landmark/face_landmark.tflite", None),
)
"""Models of an object that is made without arguments, and the outputs that it computes; None for all."""


class FaceMesh(SolutionBase):
    """Finds the points of faces in pictures.

    Args:
        static_image_mode: the pictures are unrelated: look for faces in each one.
        max_num_faces: the most faces to follow.
        refine_landmarks: the model with attention: 478 points instead of 468, the irises among them.
        min_detection_confidence: a face counts from this score, 0 to 1.
        min_tracking_confidence: a face is followed while its score is above this, 0 to 1.
    """

    def __init__(
        self,
        static_image_mode: bool = False,
        max_num_faces: int = 1,
        refine_landmarks: bool = False,
        min_detection_confidence: float = 0.5,
        min_tracking_confidence: float = 0.5,
    ) -> None:
        super().__init__(
            binary_graph_path=_GRAPH,
            side_inputs={
                "num_faces": max_num_faces,
                "with_attention": refine_landmarks,
                "use_prev_landmarks": not static_image_mode,
            },
            calculator_params=_thresholds(min_detection_confidence, min_tracking_confidence),
            outputs=["multi_face_landmarks"],
        )

    def process(self, image: Any) -> Any:
        """Return what is found in an RGB picture (H, W, 3) uint8.

        Returns:
            ``multi_face_landmarks``: one NormalizedLandmarkList per face, in parts of the picture; None
            without a face.
        """
        return super().process({"image": image})
