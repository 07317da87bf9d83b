"""Runs one of the wheel's graphs of families.py over frames and writes what its streams carry, as JSON lines.

    PEER/bin/python tests/benchmarks/peer/peer_family.py face_mesh CLIP OUT.jsonl [--masks MASKS.npz]
        [--afresh | --nudged]

Masks are (height, width) uint8 arrays, 255 for 1, named by timestamp.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from family_tracker import FAMILIES, FamilyTracker
from nudged_tracker import NudgedTracker
from peer_common import json_line, read_frames


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("family", choices=FAMILIES)
    parser.add_argument("clip", type=Path, help="video, or folder with frames.npy and timestamps.npy")
    parser.add_argument("output", type=Path, help="JSON lines")
    parser.add_argument("--frames", type=int, help="stop after so many")
    parser.add_argument("--afresh", action="store_true", help="a run of its own for every frame")
    parser.add_argument(
        "--nudged", action="store_true", help="the same, the first region off by a step of float32"
    )
    parser.add_argument("--masks", type=Path, help="masks too, into this .npz")
    return parser.parse_args()


def main() -> None:
    """Runs the clip."""
    import numpy as np

    given = arguments()
    masks: dict[str, Any] = {}
    names = FAMILIES[given.family].masks
    tracker = NudgedTracker(given.family) if given.nudged else FamilyTracker(given.family, given.afresh)
    with tracker, given.output.open("w") as output:
        for timestamp, frame in read_frames(given.clip, given.frames):
            for stream, stamp, packet in tracker.process(timestamp, frame):
                if stream in names:
                    masks[str(stamp)] = np.rint(packet.reshape(frame.shape[:2]) * 255).astype(np.uint8)
                else:
                    output.write(json_line(stamp, stream, packet))
    if given.masks:
        np.savez_compressed(given.masks, **masks)


if __name__ == "__main__":
    main()
