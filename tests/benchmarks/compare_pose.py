"""Compares two pose tracking results: graphkit's with the peer's, or with a golden.

Results are JSON lines as compare.py describes them, with at most one pose a frame, as `graphkit run --dump` and
peer/peer_pose_tracking.py write them. Masks are .npz files of (height, width) uint8 arrays, 255 for 1, named by
timestamp.

    python tests/benchmarks/compare_pose.py --peer peer.jsonl --ours pose.jsonl --size 640x480

Prints a table; exits with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from compare import Target, missed, parse_size, percent, pixel_distances, points, read_lines, statistics, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

ROLES = {
    "pose_landmarks": "landmarks",
    "pose_world_landmarks": "world",
    "pose_detection": "detection",
}
"""What a stream means, by its name."""

TARGETS = (
    Target("same_found_percent", 99.0, lowest=True),
    Target("landmark_px_mean", 0.5),
    Target("landmark_px_p99", 2.0),
    Target("visibility_mean", 0.02),
    Target("mask_iou_mean", 0.98, lowest=True),
)
_INSIDE = 128  # of 255: from here on a pixel belongs to the person

Stream = dict[int, dict[str, Any]]
"""Messages of one stream by timestamp."""
Masks = dict[int, "NDArray[np.uint8]"]


@dataclass
class Samples:
    """What the frames of two results gave, before it is summed up."""

    frames: int = 0
    same_found: int = 0
    pixels: list[NDArray[np.float64]] = field(default_factory=list)
    visibility: list[NDArray[np.float64]] = field(default_factory=list)
    world: list[NDArray[np.float64]] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    overlaps: list[float] = field(default_factory=list)


def load(paths: Iterable[Path]) -> dict[str, Stream]:
    """Returns the streams of a result by role; streams without a role are left out."""
    result: dict[str, Stream] = {role: {} for role in ROLES.values()}
    for path in paths:
        for line in read_lines(path):
            role = ROLES.get(line["stream"])
            if role is not None:
                result[role][line["timestamp"]] = line["packet"]
    return result


def load_masks(path: Path | None) -> Masks:
    """Returns the masks of a file by timestamp, none without a file."""
    if path is None:
        return {}
    with np.load(path) as file:
        return {int(name): file[name] for name in file}


def visibility(pose: dict[str, Any]) -> NDArray[np.float64]:
    """Returns the visibility of each landmark, (33,)."""
    return np.array([mark.get("visibility", 0.0) for mark in pose["landmark"]], np.float64)


def overlap(ours: NDArray[np.uint8], theirs: NDArray[np.uint8]) -> float:
    """Returns the intersection over union of two masks, 1 of two empty ones."""
    mine, peers = ours >= _INSIDE, theirs >= _INSIDE
    union = np.count_nonzero(mine | peers)
    return float(np.count_nonzero(mine & peers) / union) if union else 1.0


def compare_poses(
    samples: Samples, ours: Mapping[str, Stream], theirs: Mapping[str, Stream], stamp: int, size: tuple[int, int]
) -> None:
    """Adds the poses of one frame on which either side found somebody."""
    if stamp not in ours["landmarks"] or stamp not in theirs["landmarks"]:
        return
    mine, peers = ours["landmarks"][stamp], theirs["landmarks"][stamp]
    samples.same_found += 1
    samples.pixels.append(pixel_distances(points(mine), points(peers), size))
    samples.visibility.append(np.abs(visibility(mine) - visibility(peers)))
    if stamp in ours["world"] and stamp in theirs["world"]:
        difference = points(ours["world"][stamp]) - points(theirs["world"][stamp])
        samples.world.append(1000 * np.linalg.norm(difference, axis=1))


def compare(
    ours: Mapping[str, Stream],
    theirs: Mapping[str, Stream],
    size: tuple[int, int],
    frames: int | None = None,
    masks: tuple[Masks, Masks] = ({}, {}),
) -> dict[str, float]:
    """Returns the measures of a comparison by name.

    Args:
        ours: Our result, from load().
        theirs: The peer's.
        size: Width and height of the frames, pixels.
        frames: Number of frames of the clip. Frames on which nobody found anybody, which the files do not
            show, then count as agreement; when None they do not count.
        masks: Ours and theirs, from load_masks().
    """
    stamps = sorted(set(ours["landmarks"]) | set(theirs["landmarks"]))
    samples = Samples(frames=len(stamps) if frames is None else frames)
    samples.same_found = samples.frames - len(stamps)
    for stamp in stamps:
        compare_poses(samples, ours, theirs, stamp, size)
    for stamp in ours["detection"].keys() & theirs["detection"].keys():
        mine, peers = ours["detection"][stamp], theirs["detection"][stamp]
        samples.scores.append(abs(mine["score"][0] - peers["score"][0]))
    samples.overlaps = [overlap(masks[0][stamp], masks[1][stamp]) for stamp in masks[0].keys() & masks[1].keys()]
    return summary(samples)


def summary(samples: Samples) -> dict[str, float]:
    """Returns the measures of all samples by name."""
    overlaps = np.array(samples.overlaps or [np.nan])
    return {
        "frames": samples.frames,
        "poses_compared": len(samples.pixels),
        "same_found_percent": percent(samples.same_found, samples.frames),
        **statistics("landmark_px", samples.pixels),
        **statistics("world_mm", samples.world),
        **statistics("visibility", samples.visibility),
        **statistics("detection_score", samples.scores),
        "masks_compared": len(samples.overlaps),
        "mask_iou_mean": float(overlaps.mean()),
        "mask_iou_min": float(overlaps.min()),
    }


def main() -> int:
    """Compares the files of the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peer", type=Path, nargs="+", required=True)
    parser.add_argument("--ours", type=Path, nargs="+", required=True)
    parser.add_argument("--size", type=parse_size, required=True, metavar="WIDTHxHEIGHT")
    parser.add_argument("--frames", type=int, help="frames of the clip, so that empty ones count too")
    parser.add_argument("--peer-masks", type=Path)
    parser.add_argument("--our-masks", type=Path)
    parser.add_argument("--json", type=Path, help="also write the measures here")
    given = parser.parse_args()
    masks = (load_masks(given.our_masks), load_masks(given.peer_masks))
    measures = compare(load(given.ours), load(given.peer), given.size, given.frames, masks)
    print(table(measures, TARGETS))
    if given.json:
        given.json.write_text(json.dumps(measures, indent=2) + "\n")
    return 1 if missed(measures, TARGETS) else 0


if __name__ == "__main__":
    sys.exit(main())
