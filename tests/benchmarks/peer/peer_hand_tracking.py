"""Writes what MediaPipe's hand_landmark_tracking_cpu graph finds in a clip, one JSON line a packet.

    PEER/bin/python tests/benchmarks/peer/peer_hand_tracking.py CLIP OUT.jsonl
    PEER/bin/python tests/benchmarks/peer/peer_hand_tracking.py CLIP OUT.jsonl --inner TENSORS.npz --frames 10

With --inner every stream of the expanded graph is written; packets that Python cannot read as null, tensors as
flat float32 arrays into the .npz, named `stream@timestamp`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from hand_tracker import HandTracker
from peer_common import json_line, read_frames


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path, help="video, or folder with frames.npy and timestamps.npy")
    parser.add_argument("output", type=Path, help="JSON lines")
    parser.add_argument("--frames", type=int, help="stop after so many")
    parser.add_argument("--hands", type=int, default=2)
    parser.add_argument("--complexity", type=int, choices=(0, 1), default=1)
    parser.add_argument("--afresh", action="store_true", help="search every frame, follow nothing")
    parser.add_argument("--inner", type=Path, help="every stream too, tensors into this .npz")
    return parser.parse_args()


def main() -> None:
    """Runs the clip."""
    import numpy as np

    given = arguments()
    tensors: dict[str, Any] = {}
    tracker = HandTracker(given.hands, given.complexity, not given.afresh, inner=given.inner is not None)
    count = 0
    with tracker, given.output.open("w") as output:
        for timestamp, frame in read_frames(given.clip, given.frames):
            count += 1
            for stream, stamp, packet in tracker.process(timestamp, frame):
                if stream.endswith("__floats"):
                    tensors[f"{stream.removesuffix('__floats')}@{stamp}"] = np.array(packet, np.float32)
                else:
                    output.write(json_line(stamp, stream, packet))
    if given.inner:
        np.savez_compressed(given.inner, **tensors)
    print(f"{count} frames, {given.output}")


if __name__ == "__main__":
    main()
