"""``mediapipe.solutions.holistic``."""

from __future__ import annotations

from typing import Any, Final

from graphkit.compat.mediapipe.python.solution_base import SolutionBase
from graphkit.compat.mediapipe.python.solutions.face_mesh import MODELS as FACE_MODELS
from graphkit.compat.mediapipe.python.solutions.face_mesh_connections import (
    FACEMESH_CONTOURS,
    FACEMESH_TESSELATION,
)
from graphkit.compat.mediapipe.python.solutions.hands import HAND_CONNECTIONS, HandLandmark
from graphkit.compat.mediapipe.python.solutions.pose import (
    LOST_OPTIONS,
    POSE_CONNECTIONS,
    PoseLandmark,
    clear_presence,
    mask_output,
    with_mask,
)
from graphkit.compat.mediapipe.python.solutions.pose import MODELS as POSE_MODELS

__all__ = [
    "FACEMESH_CONTOURS",
    "FACEMESH_TESSELATION",
    "HAND_CONNECTIONS",
    "HandLandmark",
    "Holistic",
    "POSE_CONNECTIONS",
    "PoseLandmark",
]


_GRAPH: Final = "mediapipe/modules/holistic_landmark/holistic_landmark_cpu.binarypb"
_FOUND: Final = "poselandmarkcpu__poselandmarkbyroicpu__tensorstoposelandmarksandsegmentation"


def _thresholds(detection: float = 0.5, tracking: float = 0.5) -> dict[str, float]:
    return {
        "poselandmarkcpu__posedetectioncpu__TensorsToDetectionsCalculator.min_score_thresh": detection,
        f"{_FOUND}__ThresholdingCalculator.threshold": tracking,
    }


PLANNED_AHEAD: Final = (_GRAPH, _thresholds(), LOST_OPTIONS)
MODELS: Final = (
    *POSE_MODELS,
    ("mediapipe/modules/holistic_landmark/hand_recrop.tflite", None),
    *FACE_MODELS,
    ("mediapipe/modules/hand_landmark/hand_landmark_full.tflite", (0, 1)),
)
"""Models of an object that is made without arguments, and the outputs that it computes; None for all."""


class Holistic(SolutionBase):
    """Finds body, face and both hands of one person in pictures.

    Args:
        static_image_mode: the pictures are unrelated: look for a person in each one.
        model_complexity: 0, 1 or 2 for the lite, the full or the heavy model of the body.
        smooth_landmarks: smooth landmarks over time; not if pictures are static.
        enable_segmentation: make a mask of the person, too.
        smooth_segmentation: smooth the mask over time; not if pictures are static.
        refine_face_landmarks: 478 points of the face instead of 468, the irises among them.
        min_detection_confidence: a person counts from this score, 0 to 1.
        min_tracking_confidence: the person is followed while the score is above this, 0 to 1.
    """

    def __init__(
        self,
        static_image_mode: bool = False,
        model_complexity: int = 1,
        smooth_landmarks: bool = True,
        enable_segmentation: bool = False,
        smooth_segmentation: bool = True,
        refine_face_landmarks: bool = False,
        min_detection_confidence: float = 0.5,
        min_tracking_confidence: float = 0.5,
    ) -> None:
        super().__init__(
            binary_graph_path=_GRAPH,
            side_inputs={
                "model_complexity": model_complexity,
                "smooth_landmarks": smooth_landmarks and not static_image_mode,
                "enable_segmentation": enable_segmentation,
                "smooth_segmentation": smooth_segmentation and not static_image_mode,
                "refine_face_landmarks": refine_face_landmarks,
                "use_prev_landmarks": not static_image_mode,
            },
            calculator_params=_thresholds(min_detection_confidence, min_tracking_confidence),
            outputs=[
                "pose_landmarks",
                "pose_world_landmarks",
                "left_hand_landmarks",
                "right_hand_landmarks",
                "face_landmarks",
                *mask_output(enable_segmentation),
            ],
            default_options_of=LOST_OPTIONS,
        )

    def process(self, image: Any) -> Any:
        """Return what is found in an RGB picture (H, W, 3) uint8.

        Returns:
            ``pose_landmarks``, ``left_hand_landmarks``, ``right_hand_landmarks`` and ``face_landmarks``
            (NormalizedLandmarkList, in parts of the picture), ``pose_world_landmarks`` (LandmarkList, in metres)
            and ``segmentation_mask`` ((H, W) float32, 0 to 1); each is None if it is not found or
            not asked for.
        """
        results = with_mask(super().process({"image": image}))
        clear_presence(results.pose_landmarks, results.pose_world_landmarks)
        return results
