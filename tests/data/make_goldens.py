"""Makes the goldens: what MediaPipe 0.10.21 finds in the example clips.

    python tests/benchmarks/peer/setup_peer.py .peer
    .peer/bin/python tests/data/make_goldens.py [CLIP ...] [--portrait]

For every clip files in tests/data/goldens: NAME.jsonl.gz, one JSON line a packet of the result streams, and
NAME.json, what it was made from and with. The frames' checks tell another decoder from another result: where they
differ, landmarks may too, a little.

- Clips whose name starts with "hand": hand_landmark_tracking_cpu (2 hands, complexity 1).
- Those that start with "pose": pose_landmark_cpu (complexity 1), twice: NAME as the graph is, and NAME.afresh,
  where every frame is searched and nothing smoothed, so that one frame's last bits have no say in the next. The
  latter has a mask of every eighth frame in NAME.afresh.masks.npz, by timestamp: one bit a pixel, set where it is
  above one half, packed by numpy.packbits.

- pose_balance.hands: what holistic tracking finds out about both hands in every twelfth frame, step by step, each
  frame in a run of its own.

--portrait makes those of the families of tests/benchmarks/families.py instead, portrait.FAMILY each: crops of a
portrait (see portrait.py), a run of its own for every one, masks of all in portrait.FAMILY.masks.npz; and
hard.FAMILY, those of a face that turns away and of half a face.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib.metadata
import json
import sys
import zlib
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

DATA = Path(__file__).resolve().parent
REPOSITORY = DATA.parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "benchmarks" / "peer"))

from family_tracker import FAMILIES, FamilyTracker  # noqa: E402
from hand_tracker import HandTracker  # noqa: E402  (found through the path above)
from peer_common import json_line, read_frames  # noqa: E402
from portrait import PORTRAIT, hard_frames, portrait_frames  # noqa: E402
from pose_tracker import MASK, PoseTracker  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tracker import Tracker

DEFAULT_CLIPS = [REPOSITORY / "examples" / "media" / f"{name}.mp4" for name in ("hand_cup", "pose_balance")]
MASK_STEP = 8
HAND_CLIP, HAND_STEP = "pose_balance", 12
HAND_STREAMS = [
    stream.format(side)
    for side in ("left", "right")
    for stream in (
        "handlandmarksleftandrightcpu__{}_hand_roi_from_pose",
        "handlandmarksleftandrightcpu__{}_hand_roi_from_recrop",
        "handlandmarksleftandrightcpu__{}_hand_tracking_roi",
        "{}_hand_landmarks",
    )
]
HARD = ("face_detection_short_range", "face_detection_full_range", "face_mesh_attention")


def versions() -> dict[str, str]:
    """Returns the versions of what decides the numbers."""
    return {name: importlib.metadata.version(name) for name in ("mediapipe", "av", "numpy")}


def packed(mask: np.ndarray) -> np.ndarray:
    """Returns where a mask is above one half, eight pixels a byte."""
    return np.packbits(mask > 0.5)


def make_golden(
    pictures: Iterable[tuple[int, np.ndarray]], tracker: Tracker, target: Path, step: int = MASK_STEP
) -> dict[str, Any]:
    """Writes the golden of frames, and every so manieth mask if there are any; returns what the frames were."""
    stamps, checks, lines, masks = [], [], [], {}
    size: tuple[int, ...] = ()
    with tracker:
        for timestamp, frame in pictures:
            checks.append(f"{zlib.crc32(frame.tobytes()):08x}")
            size = frame.shape[1::-1]
            for stream, stamp, packet in tracker.process(timestamp, frame):
                if stream != MASK:
                    lines.append(json_line(stamp, stream, packet))
                elif len(stamps) % step == 0:
                    masks[str(stamp)] = packed(packet)
            stamps.append(timestamp)
    if lines:
        Path(f"{target}.jsonl.gz").write_bytes(gzip.compress("".join(lines).encode(), mtime=0))
    if masks:
        np.savez_compressed(f"{target}.masks.npz", **masks)
    return {"size": list(size), "timestamps": stamps, "frames_crc32": checks}


def describe(clip: Path, graph: str, side_packets: dict[str, Any], frames: dict[str, Any]) -> dict[str, Any]:
    """Returns the description of a golden."""
    return {
        "clip": clip.name,
        "clip_sha256": hashlib.sha256(clip.read_bytes()).hexdigest(),
        "graph": graph,
        "side_packets": side_packets,
        "versions": versions(),
        **frames,
    }


def goldens_of(clip: Path) -> list[tuple[str, str, dict[str, Any], Tracker]]:
    """Returns name, graph, side packets and tracker of each golden of a clip."""
    if clip.stem.startswith("hand"):
        side_packets = {"num_hands": 2, "model_complexity": 1, "use_prev_landmarks": True}
        return [(clip.stem, "hand_landmark_tracking_cpu", side_packets, HandTracker(hands=2, complexity=1))]
    variants = []
    for name, follow in ((clip.stem, True), (f"{clip.stem}.afresh", False)):
        side_packets = {
            "model_complexity": 1,
            "smooth_landmarks": follow,
            "enable_segmentation": not follow,
            "smooth_segmentation": follow,
            "use_prev_landmarks": follow,
        }
        tracker = PoseTracker(segmentation=not follow, smooth=follow, follow=follow)
        variants.append((name, "pose_landmark_cpu", side_packets, tracker))
    return variants


def make_hands(clip: Path, folder: Path) -> None:
    """Makes the golden of the steps by which hands are found."""
    family, name = FAMILIES["holistic"], f"{clip.stem}.hands"
    tracker = FamilyTracker("holistic", afresh=True, streams=HAND_STREAMS)
    frames = make_golden(islice(read_frames(clip), 0, None, HAND_STEP), tracker, folder / name)
    write_description(folder / f"{name}.json", describe(clip, family.graph, family.side_packets, frames))


def make_portraits(folder: Path) -> None:
    """Makes the goldens of all families, and of hard pictures of a face."""
    for name in FAMILIES:
        make_family(folder, "portrait", name, portrait_frames())
    for name in HARD:
        make_family(folder, "hard", name, hard_frames())


def make_family(folder: Path, of: str, name: str, pictures: Iterable[tuple[int, np.ndarray]]) -> None:
    """Makes a golden of one family, a run of its own for every picture."""
    family = FAMILIES[name]
    frames = make_golden(pictures, FamilyTracker(name, afresh=True), folder / f"{of}.{name}", 1)
    target = folder / f"{of}.{name}.json"
    write_description(target, describe(PORTRAIT, family.graph, family.side_packets, frames))


def write_description(target: Path, description: dict[str, Any]) -> None:
    """Writes what a golden was made from and with."""
    target.write_text(json.dumps(description, separators=(",", ":")) + "\n")
    print(f"{target}: {len(description['timestamps'])} frames")


def main() -> None:
    """Makes the goldens of the clips on the command line, or of the example clips."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("clips", type=Path, nargs="*", default=DEFAULT_CLIPS)
    parser.add_argument("--folder", type=Path, default=DATA / "goldens")
    parser.add_argument("--portrait", action="store_true", help="those of all families, of a portrait, instead")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.portrait:
        make_portraits(given.folder)
        return
    for clip in given.clips:
        for name, graph, side_packets, tracker in goldens_of(clip):
            frames = make_golden(read_frames(clip), tracker, given.folder / name)
            write_description(given.folder / f"{name}.json", describe(clip, graph, side_packets, frames))
        if clip.stem == HAND_CLIP:
            make_hands(clip, given.folder)


if __name__ == "__main__":
    main()
