"""Hand landmarks as numpy arrays: frames go in, arrays come out, no file is written.

    python examples/library_hand_landmarks.py [VIDEO]

graphkit is a library here. The frames may come from anywhere; this example takes them from a clip.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from graphkit import CalculatorGraph, ImageFrame, Packet
from graphkit.formats import HAND_LANDMARK_NAMES
from graphkit.video import VideoReader

CLIP = Path(__file__).parent / "media" / "hand_cup.mp4"
GRAPH = "graphs/hand_tracking/hand_tracking_desktop_live.pbtxt"  # comes with graphkit, found from any folder
INDEX_TIP = HAND_LANDMARK_NAMES.index("INDEX_FINGER_TIP")


def track_hands(frames: Iterable[tuple[int, np.ndarray[Any, Any]]]) -> Iterator[tuple[int, list[Any]]]:
    """Yield the landmarks of every frame on which there are hands, in the order of the frames.

    Args:
        frames: time in microseconds, strictly increasing, and (H, W, 3) uint8 RGB pixels.

    Yields:
        The time of a frame, and one (21, 3) float32 array a hand: x in widths and y in heights of the frame,
        z on the scale of x, smaller when nearer.
    """
    graph = CalculatorGraph(GRAPH)
    found: list[Packet[Any]] = []
    graph.observe_output_stream("landmarks", found.append)
    with graph:
        for timestamp, pixels in frames:
            graph.add_packet_to_input_stream("input_video", ImageFrame(pixels), timestamp)
            graph.wait_until_idle()  # one frame at a time: the answer is there before the next frame is read
            for packet in found:
                yield int(packet.timestamp), [hand.xyz for hand in packet.payload]
            found.clear()


def main() -> None:
    """Print where the index finger points in every frame."""
    clip = sys.argv[1] if len(sys.argv) > 1 else CLIP
    with VideoReader(clip) as reader:
        for timestamp, hands in track_hands((frame.timestamp_us, frame.data) for frame in reader):
            tips = ", ".join(f"({hand[INDEX_TIP, 0]:.3f}, {hand[INDEX_TIP, 1]:.3f})" for hand in hands)
            print(f"{timestamp / 1e6:7.3f} s  {len(hands)} hand(s), index finger tip at {tips}")


if __name__ == "__main__":
    main()
