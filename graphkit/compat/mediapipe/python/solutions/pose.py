"""``mediapipe.solutions.pose``."""

from __future__ import annotations

import enum
from typing import Any, Final

from graphkit.compat.mediapipe.python.solution_base import SolutionBase, SolutionOutputs
from graphkit.compat.mediapipe.python.solutions.pose_connections import POSE_CONNECTIONS

__all__ = ["POSE_CONNECTIONS", "Pose", "PoseLandmark"]

LOST_OPTIONS: Final = frozenset(
    ("RefineLandmarksFromHeatmapCalculator", "SegmentationSmoothingCalculator", "VisibilityCopyCalculator")
)
"""Whose options MediaPipe's own pose and holistic solutions lose: programs have always run without them."""


class PoseLandmark(enum.IntEnum):
    """The 33 landmarks of a body; left and right are the person's own."""

    NOSE = 0
    LEFT_EYE_INNER = 1
    LEFT_EYE = 2
    LEFT_EYE_OUTER = 3
    RIGHT_EYE_INNER = 4
    RIGHT_EYE = 5
    RIGHT_EYE_OUTER = 6
    LEFT_EAR = 7
    RIGHT_EAR = 8
    MOUTH_LEFT = 9
    MOUTH_RIGHT = 10
    LEFT_SHOULDER = 11
    RIGHT_SHOULDER = 12
    LEFT_ELBOW = 13
    RIGHT_ELBOW = 14
    LEFT_WRIST = 15
    RIGHT_WRIST = 16
    LEFT_PINKY = 17
    RIGHT_PINKY = 18
    LEFT_INDEX = 19
    RIGHT_INDEX = 20
    LEFT_THUMB = 21
    RIGHT_THUMB = 22
    LEFT_HIP = 23
    RIGHT_HIP = 24
    LEFT_KNEE = 25
    RIGHT_KNEE = 26
    LEFT_ANKLE = 27
    RIGHT_ANKLE = 28
    LEFT_HEEL = 29
    RIGHT_HEEL = 30
    LEFT_FOOT_INDEX = 31
    RIGHT_FOOT_INDEX = 32


_GRAPH: Final = "mediapipe/modules/pose_landmark/pose_landmark_cpu.binarypb"
_FOUND: Final = "poselandmarkbyroicpu__tensorstoposelandmarksandsegmentation"


def _thresholds(detection: float = 0.5, tracking: float = 0.5) -> dict[str, float]:
    return {
        "posedetectioncpu__TensorsToDetectionsCalculator.min_score_thresh": detection,
        f"{_FOUND}__ThresholdingCalculator.threshold": tracking,
    }


PLANNED_AHEAD: Final = (_GRAPH, _thresholds(), LOST_OPTIONS)
MODELS: Final = (
    ("mediapipe/modules/pose_detection/pose_detection.tflite", None),
    ("mediapipe/modules/pose_landmark/pose_landmark_full.tflite", (0, 1, 3, 4)),
)
"""Models of an object that is made without arguments, and the outputs that it computes; None for all."""


class Pose(SolutionBase):
    """Finds the landmarks of one person in pictures.

    Args:
        static_image_mode: the pictures are unrelated: look for a person in each one.
        model_complexity: 0, 1 or 2 for the lite, the full or the heavy model.
        smooth_landmarks: smooth landmarks over time; not if pictures are static.
        enable_segmentation: make a mask of the person, too.
        smooth_segmentation: smooth the mask over time; not if pictures are static.
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
                "use_prev_landmarks": not static_image_mode,
            },
            calculator_params=_thresholds(min_detection_confidence, min_tracking_confidence),
            outputs=["pose_landmarks", "pose_world_landmarks", *mask_output(enable_segmentation)],
            default_options_of=LOST_OPTIONS,
        )

    def process(self, image: Any) -> Any:
        """Return what is found in an RGB picture (H, W, 3) uint8.

        Returns:
            ``pose_landmarks`` (NormalizedLandmarkList, in parts of the picture), ``pose_world_landmarks``
            (LandmarkList, in metres) and ``segmentation_mask`` ((H, W) float32, 0 to 1); each is None if there
            is no person, the mask also if it was not asked for.
        """
        results = with_mask(super().process({"image": image}))
        clear_presence(results.pose_landmarks, results.pose_world_landmarks)
        return results


def mask_output(is_wanted: bool) -> list[str]:
    """Return the output stream of masks, if they are wanted: what is not observed need not be prepared."""
    return ["segmentation_mask"] if is_wanted else []


def with_mask(results: SolutionOutputs) -> SolutionOutputs:
    """Return *results* with a mask, None if it is not wanted."""
    if not hasattr(results, "segmentation_mask"):
        results.segmentation_mask = None
    return results


def clear_presence(*lists: Any) -> None:
    """Take the presence out of each landmark of *lists*, as MediaPipe does; None is passed over."""
    for landmarks in lists:
        for landmark in landmarks.landmark if landmarks else ():
            landmark.ClearField("presence")
