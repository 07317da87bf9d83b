"""Makes the goldens: what MediaPipe 0.10.21 finds in the example clips.

    python tests/benchmarks/peer/setup_peer.py .peer
    .peer/bin/python tests/data/make_goldens.py [CLIP ...]

For every clip two files in tests/data/goldens: NAME.jsonl.gz, one JSON line a packet of the result streams
of hand_landmark_tracking_cpu (2 hands, complexity 1), and NAME.json, what it was made from and with. The
frames' checks tell another decoder from another result: where they differ, landmarks may too, a little.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib.metadata
import json
import sys
import zlib
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent
REPOSITORY = DATA.parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "benchmarks" / "peer"))

from hand_tracker import HandTracker  # noqa: E402  (found through the path above)
from peer_common import json_line, read_frames  # noqa: E402

DEFAULT_CLIPS = [REPOSITORY / "examples" / "media" / "hand_cup.mp4"]


def versions() -> dict[str, str]:
    """Returns the versions of what decides the numbers."""
    return {name: importlib.metadata.version(name) for name in ("mediapipe", "av", "numpy")}


def make_golden(clip: Path, folder: Path) -> dict[str, Any]:
    """Writes the golden of one clip and returns its description."""
    stamps, checks, lines = [], [], []
    size: tuple[int, ...] = ()
    with HandTracker(hands=2, complexity=1) as tracker:
        for timestamp, frame in read_frames(clip):
            stamps.append(timestamp)
            checks.append(f"{zlib.crc32(frame.tobytes()):08x}")
            size = frame.shape[1::-1]
            lines += [
                json_line(stamp, stream, packet) for stream, stamp, packet in tracker.process(timestamp, frame)
            ]
    packed = gzip.compress("".join(lines).encode(), mtime=0)
    (folder / f"{clip.stem}.jsonl.gz").write_bytes(packed)
    return {
        "clip": clip.name,
        "clip_sha256": hashlib.sha256(clip.read_bytes()).hexdigest(),
        "graph": "hand_landmark_tracking_cpu",
        "side_packets": {"num_hands": 2, "model_complexity": 1, "use_prev_landmarks": True},
        "versions": versions(),
        "size": list(size),
        "timestamps": stamps,
        "frames_crc32": checks,
    }


def main() -> None:
    """Makes the goldens of the clips on the command line, or of the example clips."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("clips", type=Path, nargs="*", default=DEFAULT_CLIPS)
    parser.add_argument("--folder", type=Path, default=DATA / "goldens")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for clip in given.clips:
        description = make_golden(clip, given.folder)
        target = given.folder / f"{clip.stem}.json"
        target.write_text(json.dumps(description, separators=(",", ":")) + "\n")
        print(f"{target}: {len(description['timestamps'])} frames")


if __name__ == "__main__":
    main()
