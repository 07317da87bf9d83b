"""The families that bench_family_numbers.py compares: which graph, with which side packets, giving which streams.

The peer's scripts read this, too: it imports nothing that only one side has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Family:
    """A graph that both sides have.

    Attributes:
        graph: its path without suffix, below ``modules/``; a stream "image" is fed.
        streams: what is compared: detections, landmarks of one or of several.
        masks: streams of masks, float pixels.
        side_packets: bools and ints.
        follows: whether something is carried from frame to frame.
        region: the inner stream of the region in which a frame's first model after detection looks; empty where
            only one model follows it.
    """

    graph: str
    streams: tuple[str, ...] = ()
    masks: tuple[str, ...] = ()
    side_packets: dict[str, bool | int] = field(default_factory=dict)
    follows: bool = True
    region: str = ""


def _faces(with_attention: bool) -> Family:
    return Family(
        "face_landmark/face_landmark_front_cpu",
        ("multi_face_landmarks", "face_detections"),
        side_packets={"num_faces": 2, "with_attention": with_attention},
    )


def _selfie(selection: int) -> Family:
    side_packets: dict[str, bool | int] = {"model_selection": selection}
    return Family("selfie_segmentation/selfie_segmentation_cpu", (), ("segmentation_mask",), side_packets, False)


_HOLISTIC_PARTS: Final = ("pose_landmarks", "face_landmarks", "left_hand_landmarks", "right_hand_landmarks")

FAMILIES: Final[dict[str, Family]] = {
    "face_detection_short_range": Family(
        "face_detection/face_detection_short_range_cpu", ("detections",), follows=False
    ),
    "face_detection_full_range": Family(
        "face_detection/face_detection_full_range_cpu", ("detections",), follows=False
    ),
    "face_mesh": _faces(False),
    "face_mesh_attention": _faces(True),
    "selfie_segmentation": _selfie(0),
    "selfie_segmentation_landscape": _selfie(1),
    "holistic": Family(
        "holistic_landmark/holistic_landmark_cpu",
        _HOLISTIC_PARTS,
        ("segmentation_mask",),
        {"refine_face_landmarks": True, "enable_segmentation": True, "model_complexity": 1},
        region="poselandmarkcpu__pose_rect",
    ),
}
