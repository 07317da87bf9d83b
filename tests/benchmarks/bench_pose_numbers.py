"""Compares graphkit's pose tracking with MediaPipe 0.10.21's on the same decoded frames and timestamps.

    python tests/benchmarks/bench_pose_numbers.py --against-mediapipe PEER/bin/python CLIP [CLIP ...] [--frames N]

Three comparisons a clip, complexity 1, with segmentation masks and smoothing:

* ``afresh``: no region is carried from frame to frame (use_prev_landmarks off); every frame stands for itself.
* ``tracking``: the graph as it is. Each frame's region comes from the landmarks before, so differences feed back.
* ``floor``: MediaPipe's tracking run against its own tracking run on the same frames with the lowest bit of 0.1 %
  of all values of every frame flipped: how far the feedback alone carries.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from bench_numbers import Frames, flipped, measure, read, run_peer, store, write
from compare_pose import TARGETS, Masks, compare, load, load_masks

from graphkit import CalculatorGraph
from graphkit.formats import ImageFrame

if TYPE_CHECKING:
    from graphkit import Packet

PEER_SCRIPT: Final = Path(__file__).parent / "peer" / "peer_pose_tracking.py"
GRAPH: Final = "mediapipe/modules/pose_landmark/pose_landmark_cpu.pbtxt"
MASK: Final = "segmentation_mask"
STREAMS: Final = ("pose_landmarks", "pose_world_landmarks", "pose_detection")


@dataclass
class Result:
    """What one side made of the frames: its messages, a file of JSON lines, and its masks by timestamp."""

    lines: Path
    masks: Masks


def run_theirs(python: str, frames: Path, stem: Path, *flags: str) -> Result:
    """Run MediaPipe's pose graph over stored frames."""
    lines, masks = stem.with_suffix(".jsonl"), stem.with_suffix(".npz")
    run_peer(python, frames, lines, "--masks", str(masks), *flags, script=PEER_SCRIPT)
    return Result(lines, load_masks(masks))


def run_ours(frames: Frames, output: Path, *, follow: bool) -> Result:
    """Run graphkit's pose graph frame by frame."""
    graph = CalculatorGraph(GRAPH)
    found: list[tuple[str, Packet[Any]]] = []
    masks: Masks = {}

    def keep_mask(packet: Packet[Any]) -> None:
        masks[int(packet.timestamp)] = np.rint(packet.payload.data * 255).astype(np.uint8)

    for stream in STREAMS:
        graph.observe_output_stream(stream, lambda packet, stream=stream: found.append((stream, packet)))
    graph.observe_output_stream(MASK, keep_mask)
    graph.start_run({"enable_segmentation": True, "use_prev_landmarks": follow})
    with graph:
        for stamp, frame in frames:
            graph.add_packet_to_input_stream("image", ImageFrame(frame), stamp)
            graph.wait_until_idle()
    with output.open("w") as lines:
        for stream, packet in found:
            write(lines, stream, packet)
    return Result(output, masks)


def compare_clip(python: str, clip: Path, limit: int | None, folder: Path) -> dict[str, dict[str, float]]:
    """Return the measures of all comparisons of one clip by name."""
    frames = list(read(clip, limit))
    size = (frames[0][1].shape[1], frames[0][1].shape[0])
    stored = store(frames, folder / "frames")
    peer = run_theirs(python, stored, folder / "peer")
    afresh = run_theirs(python, stored, folder / "peer_afresh", "--afresh")
    moved = run_theirs(python, store(flipped(frames), folder / "flipped"), folder / "peer_flipped")
    pairs = {
        "afresh": (run_ours(frames, folder / "afresh.jsonl", follow=False), afresh),
        "tracking": (run_ours(frames, folder / "tracking.jsonl", follow=True), peer),
        "floor": (moved, peer),
    }
    return {
        name: compare(load([a.lines]), load([b.lines]), size, len(frames), (a.masks, b.masks))
        for name, (a, b) in pairs.items()
    }


if __name__ == "__main__":
    measure(__doc__, compare_clip, TARGETS)
