"""What is measured: hands and poses, and the graphs that find them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphkit.errors import BenchmarkError, StatusCode
from graphkit.framework import graphs_dir

if TYPE_CHECKING:
    from collections.abc import Mapping

CLIP: Final = "clip"
LANDMARKS: Final = "landmarks"
GRAPH: Final = "graph"
KINDS: Final[Mapping[str, str]] = {
    CLIP: "clip to annotated clip",
    LANDMARKS: "landmarks only: decode and graph",
    GRAPH: "graph only, frames in memory",
}
"""The kinds of measurement, in words."""

DEVICES: Final = ("cpu", "gpu")

_EXAMPLES: Final = Path("examples", "media")


@dataclass(frozen=True, slots=True)
class Task:
    """Something to find in a clip.

    Attributes:
        name: as the command line has it.
        example: file name of the example clip.
        annotating: the graph from frames to annotated frames, by device.
        finding: the graph from frames to landmarks, by device.
        side_packets: of the finding graphs; the annotating ones know theirs.
    """

    name: str
    example: str
    annotating: Mapping[str, str]
    finding: Mapping[str, str]
    side_packets: Mapping[str, Any] = field(default_factory=dict)

    def graph(self, kind: str, device: str) -> str:
        """Return the graph of a kind of measurement."""
        return (self.annotating if kind == CLIP else self.finding)[device]

    def side(self, kind: str) -> dict[str, Any]:
        """Return the side packets of the graph of a kind of measurement."""
        return {} if kind == CLIP else dict(self.side_packets)

    def example_clip(self) -> Path:
        """Return the example clip: of the checkout that graphkit is imported from, or of the working directory.

        Raises:
            BenchmarkError: there is none; an installed graphkit brings no clips.
        """
        candidates = [root / _EXAMPLES / self.example for root in (graphs_dir().parent, Path.cwd())]
        for path in candidates:
            if path.is_file():
                return path
        raise BenchmarkError(
            f"{_EXAMPLES / self.example}: no such file, and graphkit is installed without example clips. Name a "
            "video that shows a person or hands with {clip}, or run this in a checkout of graphkit.",
            remedies=("clip",),
            status=StatusCode.NOT_FOUND,
        )


TASKS: Final[Mapping[str, Task]] = {
    "hand": Task(
        "hand",
        "hand_cup.mp4",
        annotating={
            "cpu": "graphs/hand_tracking/hand_tracking_desktop_live.pbtxt",
            "gpu": "graphs/hand_tracking/hand_tracking_desktop_live_gpu.pbtxt",
        },
        finding={
            "cpu": "mediapipe/modules/hand_landmark/hand_landmark_tracking_cpu.pbtxt",
            "gpu": "mediapipe/modules/hand_landmark/hand_landmark_tracking_gpu.pbtxt",
        },
        side_packets={"num_hands": 2, "model_complexity": 1, "use_prev_landmarks": True},
    ),
    "pose": Task(
        "pose",
        "pose_balance.mp4",
        annotating={
            "cpu": "graphs/pose_tracking/pose_tracking_cpu.pbtxt",
            "gpu": "graphs/pose_tracking/pose_tracking_gpu.pbtxt",
        },
        finding={
            "cpu": "mediapipe/modules/pose_landmark/pose_landmark_cpu.pbtxt",
            "gpu": "mediapipe/modules/pose_landmark/pose_landmark_gpu.pbtxt",
        },
    ),
}
"""By name. Two hands or one pose, model complexity 1, smoothed, no mask; ``mp.solutions`` is asked the same."""
