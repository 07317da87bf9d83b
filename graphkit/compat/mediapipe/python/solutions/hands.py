"""``mediapipe.solutions.hands``."""

from __future__ import annotations

import enum
from typing import Any, Final

from graphkit.compat.mediapipe.python.solution_base import SolutionBase
from graphkit.compat.mediapipe.python.solutions.hands_connections import HAND_CONNECTIONS

__all__ = ["HAND_CONNECTIONS", "HandLandmark", "Hands"]

_GRAPH: Final = "modules/hand_landmark/hand_landmark_tracking_parallel_cpu.pbtxt"


def _thresholds(detection: float = 0.5, tracking: float = 0.5) -> dict[str, float]:
    return {
        "palmdetectioncpu__TensorsToDetectionsCalculator.min_score_thresh": detection,
        "followed__handlandmarkcpu__ThresholdingCalculator.threshold": tracking,
        "new__handlandmarkcpu__ThresholdingCalculator.threshold": tracking,
    }


class HandLandmark(enum.IntEnum):
    """The 21 landmarks of a hand."""

    WRIST = 0
    THUMB_CMC = 1
    THUMB_MCP = 2
    THUMB_IP = 3
    THUMB_TIP = 4
    INDEX_FINGER_MCP = 5
    INDEX_FINGER_PIP = 6
    INDEX_FINGER_DIP = 7
    INDEX_FINGER_TIP = 8
    MIDDLE_FINGER_MCP = 9
    MIDDLE_FINGER_PIP = 10
    MIDDLE_FINGER_DIP = 11
    MIDDLE_FINGER_TIP = 12
    RING_FINGER_MCP = 13
    RING_FINGER_PIP = 14
    RING_FINGER_DIP = 15
    RING_FINGER_TIP = 16
    PINKY_MCP = 17
    PINKY_PIP = 18
    PINKY_DIP = 19
    PINKY_TIP = 20


PLANNED_AHEAD: Final = (_GRAPH, _thresholds())
MODELS: Final = (
    ("mediapipe/modules/palm_detection/palm_detection_full.tflite", None),
    ("mediapipe/modules/hand_landmark/hand_landmark_full.tflite", (0, 1, 2, 3)),
)
"""Models of an object that is made without arguments, and the outputs that it computes; None for all."""


class Hands(SolutionBase):
    """Finds the landmarks and the handedness of hands in pictures.

    Args:
        static_image_mode: the pictures are unrelated: look for hands in each one.
        max_num_hands: the most hands to follow.
        model_complexity: 0 for the light model, 1 for the full one.
        min_detection_confidence: a palm counts from this score, 0 to 1.
        min_tracking_confidence: a hand is followed while its score is above this, 0 to 1.
    """

    def __init__(
        self,
        static_image_mode: bool = False,
        max_num_hands: int = 2,
        model_complexity: int = 1,
        min_detection_confidence: float = 0.5,
        min_tracking_confidence: float = 0.5,
    ) -> None:
        super().__init__(
            binary_graph_path=_GRAPH,
            side_inputs={
                "model_complexity": model_complexity,
                "num_hands": max_num_hands,
                "use_prev_landmarks": not static_image_mode,
            },
            calculator_params=_thresholds(min_detection_confidence, min_tracking_confidence),
            outputs=["multi_hand_landmarks", "multi_hand_world_landmarks", "multi_handedness"],
        )

    def process(self, image: Any) -> Any:
        """Return what is found in an RGB picture (H, W, 3) uint8.

        Returns:
            ``multi_hand_landmarks`` (NormalizedLandmarkList, in parts of the picture),
            ``multi_hand_world_landmarks`` (LandmarkList, in metres) and ``multi_handedness``
            (ClassificationList) in the same order, one per hand; each is None if there is no hand.
        """
        return super().process({"image": image})
