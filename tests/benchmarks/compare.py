"""Compares two hand tracking results: graphkit's with the peer's, or with a golden.

Results are JSON lines, one packet each: {"timestamp": microseconds, "stream": name, "packet": protobuf JSON
mapping, a list for a vector}, as `graphkit run --dump` and peer/peer_hand_tracking.py write them. Files that end
in .gz are unpacked. A side may be several files, one a stream.

    python tests/benchmarks/compare.py --peer peer.jsonl --ours hands.jsonl handedness.jsonl --size 640x480

Prints a table; exits with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

ROLES = {
    "landmarks": ("multi_hand_landmarks", "landmarks", "hand_landmarks"),
    "world_landmarks": ("multi_hand_world_landmarks", "world_landmarks"),
    "handedness": ("multi_handedness", "handedness"),
    "palms": ("palm_detections", "multi_palm_detections"),
    "hand_rects": ("hand_rects_from_landmarks", "multi_hand_rects"),
    "palm_rects": ("hand_rects_from_palm_detections", "multi_palm_rects"),
}
"""What a stream means, by the names that the module and the desktop graphs give it."""

SURE_SCORE = 0.6

Stream = dict[int, list[dict[str, Any]]]
"""Packets of one stream by timestamp: one message a hand, palm or rect."""


@dataclass(frozen=True)
class Target:
    """A bound on one measure: at most `bound`, or at least where `lowest`."""

    measure: str
    bound: float
    lowest: bool = False

    def met(self, value: float) -> bool:
        """Returns whether `value` is within the bound; a measure that could not be taken is not."""
        return bool(value >= self.bound if self.lowest else value <= self.bound)


TARGETS = (
    Target("same_hand_count_percent", 99.0, lowest=True),
    Target("landmark_px_mean", 0.25),
    Target("landmark_px_p99", 1.0),
    Target("handedness_agreement_percent", 100.0, lowest=True),
    Target("handedness_score_max", 0.02),
    Target("palm_score_max", 0.02),
)


@dataclass
class Samples:
    """What the frames of two results gave, before it is summed up."""

    frames: int = 0
    same_count: int = 0
    reordered: int = 0
    pixels: list[NDArray[np.float64]] = field(default_factory=list)
    depth: list[NDArray[np.float64]] = field(default_factory=list)
    world: list[NDArray[np.float64]] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    sure: list[bool] = field(default_factory=list)
    palm_scores: list[float] = field(default_factory=list)
    palm_pixels: list[float] = field(default_factory=list)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yields the objects of a file of JSON lines, packed or not."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        for line in lines:
            yield json.loads(line)


def load(paths: Iterable[Path]) -> dict[str, Stream]:
    """Returns the streams of a result by role; streams without a role are left out."""
    role_of = {name: role for role, names in ROLES.items() for name in names}
    result: dict[str, Stream] = {role: {} for role in ROLES}
    for path in paths:
        for line in read_lines(path):
            role = role_of.get(line["stream"])
            if role is not None:
                result[role][line["timestamp"]] = line["packet"]
    return result


def points(hand: dict[str, Any]) -> NDArray[np.float64]:
    """Returns the landmarks of a hand as (21, 3); a coordinate that is left out is 0."""
    return np.array([[mark.get(axis, 0.0) for axis in "xyz"] for mark in hand["landmark"]], np.float64)


def pixel_distances(
    ours: NDArray[np.float64], theirs: NDArray[np.float64], size: tuple[int, int]
) -> NDArray[np.float64]:
    """Returns the distance of each landmark in pixels of the source frame, depth left out."""
    return np.asarray(np.hypot(*((ours - theirs)[:, :2] * size).T))


def pairing(
    ours: Sequence[NDArray[np.float64]], theirs: Sequence[NDArray[np.float64]], size: tuple[int, int]
) -> tuple[int, ...]:
    """Returns which of our hands is each of theirs: the order given, unless another is nearer."""

    def total(order: tuple[int, ...]) -> float:
        return sum(
            float(pixel_distances(ours[mine], hand, size).sum()) for mine, hand in zip(order, theirs, strict=True)
        )

    # The identity comes first and min() keeps the first of equals.
    return min(itertools.permutations(range(len(ours))), key=total)


def left_probability(classification_list: dict[str, Any]) -> float:
    """Returns the score of "Left": the lists name the better of two labels only."""
    best = classification_list["classification"][0]
    score = float(best.get("score", 0.0))
    return score if best["label"] == "Left" else 1.0 - score


def compare_handedness(
    samples: Samples, ours: list[dict[str, Any]], theirs: list[dict[str, Any]], order: tuple[int, ...]
) -> None:
    """Adds scores, and agreement where the peer is sure, of one frame."""
    for mine, peer in zip(order, theirs, strict=True):
        probability, expected = left_probability(ours[mine]), left_probability(peer)
        samples.scores.append(abs(probability - expected))
        if max(expected, 1.0 - expected) >= SURE_SCORE:
            samples.sure.append((probability >= 0.5) == (expected >= 0.5))


def compare_hands(
    samples: Samples, ours: dict[str, Stream], theirs: dict[str, Stream], stamp: int, size: tuple[int, int]
) -> None:
    """Adds the hands of one frame."""
    mine = [points(hand) for hand in ours["landmarks"].get(stamp, [])]
    peers = [points(hand) for hand in theirs["landmarks"].get(stamp, [])]
    if len(mine) != len(peers):
        return
    samples.same_count += 1
    order = pairing(mine, peers, size)
    samples.reordered += list(order) != sorted(order)
    for index, peer in zip(order, peers, strict=True):
        samples.pixels.append(pixel_distances(mine[index], peer, size))
        samples.depth.append(np.abs(mine[index] - peer)[:, 2] * size[0])
    if stamp in ours["handedness"] and stamp in theirs["handedness"]:
        compare_handedness(samples, ours["handedness"][stamp], theirs["handedness"][stamp], order)
    if stamp in ours["world_landmarks"] and stamp in theirs["world_landmarks"]:
        world, expected = ours["world_landmarks"][stamp], theirs["world_landmarks"][stamp]
        for index, hand in zip(order, expected, strict=True):
            samples.world.append(1000 * np.linalg.norm(points(world[index]) - points(hand), axis=1))


def palm_center(palm: dict[str, Any]) -> NDArray[np.float64]:
    """Returns the centre of a detection's box, relative to the frame."""
    box = palm["locationData"]["relativeBoundingBox"]
    return np.array([box["xmin"] + box["width"] / 2, box["ymin"] + box["height"] / 2])


def compare_palms(
    samples: Samples, ours: list[dict[str, Any]], theirs: list[dict[str, Any]], size: tuple[int, int]
) -> None:
    """Adds the palms of one frame, in the order given, where both found equally many."""
    if len(ours) != len(theirs):
        return
    for mine, peer in zip(ours, theirs, strict=True):
        samples.palm_scores.append(abs(mine["score"][0] - peer["score"][0]))
        samples.palm_pixels.append(float(np.hypot(*((palm_center(mine) - palm_center(peer)) * size))))


def statistics(name: str, values: Sequence[Any]) -> dict[str, float]:
    """Returns mean, 99th percentile and maximum of numbers or arrays of them; NaN where there are none."""
    flat = np.concatenate([np.atleast_1d(value) for value in values]) if values else np.array([np.nan])
    return {
        f"{name}_mean": float(flat.mean()),
        f"{name}_p99": float(np.percentile(flat, 99)),
        f"{name}_max": float(flat.max()),
    }


def percent(part: int, whole: int) -> float:
    """Returns the part in percent of the whole, NaN of nothing."""
    return 100.0 * part / whole if whole else float("nan")


def compare(
    ours: dict[str, Stream], theirs: dict[str, Stream], size: tuple[int, int], frames: int | None = None
) -> dict[str, float]:
    """Returns the measures of a comparison by name.

    Args:
        ours: Our result, from load().
        theirs: The peer's.
        size: Width and height of the frames, pixels.
        frames: Number of frames of the clip. Frames without a packet on either side, which the files do not
            show, then count as agreement; when None they do not count.
    """
    stamps = sorted(set(ours["landmarks"]) | set(theirs["landmarks"]))
    samples = Samples(frames=len(stamps) if frames is None else frames)
    samples.same_count = samples.frames - len(stamps)
    for stamp in stamps:
        compare_hands(samples, ours, theirs, stamp, size)
    for stamp in ours["palms"].keys() & theirs["palms"].keys():
        compare_palms(samples, ours["palms"][stamp], theirs["palms"][stamp], size)
    return summary(samples)


def summary(samples: Samples) -> dict[str, float]:
    """Returns the measures of all samples by name."""
    return {
        "frames": samples.frames,
        "hands_compared": len(samples.pixels),
        "same_hand_count_percent": percent(samples.same_count, samples.frames),
        "frames_with_other_order": samples.reordered,
        **statistics("landmark_px", samples.pixels),
        **statistics("depth_px", samples.depth),
        **statistics("world_mm", samples.world),
        "handedness_agreement_percent": percent(sum(samples.sure), len(samples.sure)),
        **statistics("handedness_score", samples.scores),
        **statistics("palm_score", samples.palm_scores),
        **statistics("palm_px", samples.palm_pixels),
    }


def missed(measures: dict[str, float], targets: Sequence[Target] = TARGETS) -> list[Target]:
    """Returns the targets that the measures do not meet; a measure without data is left out."""
    return [
        target
        for target in targets
        if not np.isnan(measures[target.measure]) and not target.met(measures[target.measure])
    ]


def table(measures: dict[str, float], targets: Sequence[Target] = TARGETS) -> str:
    """Returns the measures as text, one a line, with the targets beside them."""
    bounds = {target.measure: target for target in targets}
    lines = []
    for name, value in measures.items():
        shown = "-" if np.isnan(value) else f"{value:.6g}"
        line = f"{name:<32}{shown:>12}"
        target = bounds.get(name)
        if target is not None and not np.isnan(value):
            sign = ">=" if target.lowest else "<="
            line += f"   {sign} {target.bound:g}  {'met' if target.met(value) else 'MISSED'}"
        lines.append(line)
    return "\n".join(lines)


def parse_size(text: str) -> tuple[int, int]:
    """Returns (width, height) of text such as 640x480."""
    width, height = text.split("x")
    return int(width), int(height)


def main() -> int:
    """Compares the files of the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peer", type=Path, nargs="+", required=True)
    parser.add_argument("--ours", type=Path, nargs="+", required=True)
    parser.add_argument("--size", type=parse_size, required=True, metavar="WIDTHxHEIGHT")
    parser.add_argument("--frames", type=int, help="frames of the clip, so that empty ones count too")
    parser.add_argument("--json", type=Path, help="also write the measures here")
    given = parser.parse_args()
    measures = compare(load(given.ours), load(given.peer), given.size, given.frames)
    print(table(measures))
    if given.json:
        given.json.write_text(json.dumps(measures, indent=2) + "\n")
    return 1 if missed(measures) else 0


if __name__ == "__main__":
    sys.exit(main())
