"""Compares the results of two runs of one family: detections, landmarks and masks, whatever the streams are.

Results are JSON lines as compare.py describes them. What a stream carries shows in its packets: a message with
landmarks, or a list of such (one a face), or a list of detections. Things of one frame are compared in order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from compare import Target, percent, pixel_distances, points, read_lines, statistics
from compare_pose import overlap

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

Stream = dict[int, list[dict[str, Any]]]
"""Messages of one stream by timestamp, always a list."""
Masks = dict[int, "NDArray[np.uint8]"]

MOST_FLOOR: Final = 1.3
"""How much further two trackers may be apart than one is from itself on frames with flipped bits."""


@dataclass
class Samples:
    """What the frames of one stream gave, before it is summed up."""

    frames: int = 0
    same_count: int = 0
    pixels: list[NDArray[np.float64]] = field(default_factory=list)
    boxes: list[NDArray[np.float64]] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)


def load(path: Path) -> dict[str, Stream]:
    """Returns the streams of a result by name."""
    result: dict[str, Stream] = {}
    for line in read_lines(path):
        packet = line["packet"]
        result.setdefault(line["stream"], {})[line["timestamp"]] = packet if isinstance(packet, list) else [packet]
    return result


def box_and_keypoints(detection: dict[str, Any]) -> NDArray[np.float64]:
    """Returns the numbers of a detection's box and keypoints, in shares of the frame."""
    location = detection["locationData"]
    box = location["relativeBoundingBox"]
    sides = [box.get(name, 0.0) for name in ("xmin", "ymin", "width", "height")]
    marks = [mark.get(axis, 0.0) for mark in location.get("relativeKeypoints", []) for axis in "xy"]
    return np.array(sides + marks, np.float64)


def compare_things(
    samples: Samples, ours: Sequence[dict[str, Any]], theirs: Sequence[dict[str, Any]], size: tuple[int, int]
) -> None:
    """Adds what one frame shows in one stream."""
    if [len(thing.get("landmark", [])) for thing in ours] != [len(thing.get("landmark", [])) for thing in theirs]:
        return
    samples.same_count += 1
    for mine, peers in zip(ours, theirs, strict=True):
        if "landmark" in mine:
            samples.pixels.append(pixel_distances(points(mine), points(peers), size))
        else:
            samples.boxes.append(np.abs(box_and_keypoints(mine) - box_and_keypoints(peers)))
            samples.scores.append(abs(mine["score"][0] - peers["score"][0]))


def compare_stream(ours: Stream, theirs: Stream, size: tuple[int, int], frames: int) -> dict[str, float]:
    """Returns the measures of one stream; frames on which neither has anything count as agreement."""
    stamps = sorted(set(ours) | set(theirs))
    samples = Samples(frames=frames, same_count=frames - len(stamps))
    for stamp in stamps:
        compare_things(samples, ours.get(stamp, []), theirs.get(stamp, []), size)
    measures = {"same_found_percent": percent(samples.same_count, samples.frames), "found_in_frames": len(theirs)}
    if samples.pixels:
        measures |= statistics("px", samples.pixels)
    if samples.boxes:
        measures |= {**statistics("box", samples.boxes), **statistics("score", samples.scores)}
    return measures


def compare(
    ours: Mapping[str, Stream],
    theirs: Mapping[str, Stream],
    streams: Iterable[str],
    size: tuple[int, int],
    frames: int,
    masks: tuple[Masks, Masks] = ({}, {}),
) -> dict[str, float]:
    """Returns the measures of a comparison, named ``stream.measure``.

    Args:
        ours: Our result, from load().
        theirs: The peer's.
        streams: Which are compared.
        size: Width and height of the frames, pixels.
        frames: Number of frames of the clip.
        masks: Ours and theirs, by timestamp.
    """
    measures = {
        f"{stream}.{name}": value
        for stream in streams
        for name, value in compare_stream(ours.get(stream, {}), theirs.get(stream, {}), size, frames).items()
    }
    both = masks[0].keys() & masks[1].keys()
    if both:
        overlaps = np.array([overlap(masks[0][stamp], masks[1][stamp]) for stamp in both])
        same = len(both) + frames - len(masks[0].keys() | masks[1].keys())
        measures |= {
            "mask.same_found_percent": percent(same, frames),
            "mask.iou_mean": float(overlaps.mean()),
            "mask.iou_min": float(overlaps.min()),
        }
    return measures


def targets_afresh(
    measures: Mapping[str, float], pixels: float, step: Mapping[str, float] | None = None
) -> list[Target]:
    """Returns what frames that stand for themselves should reach.

    Args:
        measures: Of the comparison.
        pixels: How near landmarks should be on average.
        step: How far MediaPipe is from itself if a region is off by a step of float32: so much does not count.
    """
    bounds = {"box_max": (1e-5, False), "iou_mean": (0.999, True), "same_found_percent": (99.0, True)}
    targets = []
    for name in measures:
        measure = name.rpartition(".")[2]
        if measure == "px_mean":
            targets.append(Target(name, max(pixels, MOST_FLOOR * (step or {}).get(name, 0.0))))
        elif measure in bounds:
            targets.append(Target(name, *bounds[measure]))
    return targets


def targets_tracking(floor: Mapping[str, float]) -> list[Target]:
    """Returns what two trackers should reach, given how far one is from itself on frames with flipped bits."""
    return [Target(name, MOST_FLOOR * value) for name, value in floor.items() if name.endswith(".px_mean")]
