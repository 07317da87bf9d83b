"""Runs MediaPipe's pose_landmark_cpu graph on a clip and writes what its streams carry, as JSON lines.

    PEER/bin/python tests/benchmarks/peer/peer_pose_tracking.py CLIP OUT.jsonl --masks MASKS.npz
    PEER/bin/python tests/benchmarks/peer/peer_pose_tracking.py CLIP OUT.jsonl --inner TENSORS.npz --frames 10

Masks are (height, width) uint8 arrays, 255 for 1, named by timestamp. With --inner every stream of the expanded
graph is written; packets that Python cannot read as null, tensors as flat float32 arrays into the .npz, named
`stream@timestamp`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from peer_common import json_line, read_frames
from pose_tracker import MASK, PoseTracker


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path, help="video, or folder with frames.npy and timestamps.npy")
    parser.add_argument("output", type=Path, help="JSON lines")
    parser.add_argument("--frames", type=int, help="stop after so many")
    parser.add_argument("--no-smoothing", action="store_true", help="landmarks and masks as they are")
    parser.add_argument("--afresh", action="store_true", help="search every frame, follow nothing")
    parser.add_argument("--masks", type=Path, help="masks too, into this .npz")
    parser.add_argument("--inner", type=Path, help="every stream too, tensors into this .npz")
    parser.add_argument("--flip-bit", action="store_true", help="change one pixel of the first frame by one bit")
    return parser.parse_args()


def main() -> None:
    """Runs the clip."""
    import numpy as np

    given = arguments()
    tensors: dict[str, Any] = {}
    masks: dict[str, Any] = {}
    tracker = PoseTracker(
        given.masks is not None,
        smooth=not given.no_smoothing,
        follow=not given.afresh,
        inner=given.inner is not None,
    )
    count = 0
    with tracker, given.output.open("w") as output:
        for timestamp, frame in read_frames(given.clip, given.frames):
            if given.flip_bit and count == 0:
                frame[frame.shape[0] // 2, frame.shape[1] // 2, 0] ^= 1
            count += 1
            for stream, stamp, packet in tracker.process(timestamp, frame):
                if stream == MASK:
                    masks[str(stamp)] = np.rint(packet.reshape(frame.shape[:2]) * 255).astype(np.uint8)
                elif stream.endswith("__floats"):
                    tensors[f"{stream.removesuffix('__floats')}@{stamp}"] = np.array(packet, np.float32)
                else:
                    output.write(json_line(stamp, stream, packet))
    if given.masks:
        np.savez_compressed(given.masks, **masks)
    if given.inner:
        np.savez_compressed(given.inner, **tensors)
    print(f"{count} frames, {given.output}")


if __name__ == "__main__":
    main()
