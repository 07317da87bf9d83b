"""Non-maximum suppression of boxes, best first: plain Python, since candidates are few."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from graphkit.formats import RelativeBoundingBox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit.formats import Detection


class OverlapType(IntEnum):
    """What the area that two boxes share is divided by."""

    UNSPECIFIED_OVERLAP_TYPE = 0
    JACCARD = 1
    """The area of the box around both."""
    MODIFIED_JACCARD = 2
    """The area of the second box."""
    INTERSECTION_OVER_UNION = 3
    """The area that both cover together."""


class NmsAlgorithm(IntEnum):
    """What becomes of detections that overlap."""

    DEFAULT = 0
    WEIGHTED = 1


class Overlapping(NamedTuple):
    """When two boxes overlap too much: strictly more than *threshold*, measured by *kind*."""

    kind: OverlapType
    threshold: float

    def __call__(self, first: RelativeBoundingBox, second: RelativeBoundingBox) -> bool:
        """Return whether *first* and *second* are taken for the same thing."""
        return similarity(self.kind, first, second) > self.threshold


def similarity(kind: OverlapType, first: RelativeBoundingBox, second: RelativeBoundingBox) -> float:
    """Return how much two boxes overlap, 0 to 1 (MODIFIED_JACCARD may give that of the smaller one)."""
    ax, ay, aw, ah = first
    bx, by, bw, bh = second
    left, right = max(ax, bx), min(ax + aw, bx + bw)
    top, bottom = max(ay, by), min(ay + ah, by + bh)
    if not (left < right and top < bottom):
        return 0.0
    shared = (right - left) * (bottom - top)
    if kind is OverlapType.INTERSECTION_OVER_UNION:
        whole = aw * ah + bw * bh - shared
    elif kind is OverlapType.MODIFIED_JACCARD:
        whole = bw * bh
    else:
        whole = (max(ax + aw, bx + bw) - min(ax, bx)) * (max(ay + ah, by + bh) - min(ay, by))
    return shared / whole if whole > 0 else 0.0


def suppress(
    ranked: Sequence[Detection],
    boxes: Sequence[RelativeBoundingBox],
    overlapping: Overlapping,
    min_score: float,
    limit: int,
) -> list[Detection]:
    """Return the detections that overlap none that was kept before.

    Args:
        ranked: best first.
        boxes: of each.
        overlapping: whether two boxes are one thing.
        min_score: what scores less is left out.
        limit: how many to keep at most; -1 for all.
    """
    kept: list[int] = []
    for index, detection in enumerate(ranked):
        if detection.score[0] < min_score or len(kept) == limit:
            break
        if not any(overlapping(boxes[other], boxes[index]) for other in kept):
            kept.append(index)
    return [ranked[index] for index in kept]


def suppress_weighted(
    ranked: Sequence[Detection],
    boxes: Sequence[RelativeBoundingBox],
    overlapping: Overlapping,
    min_score: float,
) -> list[Detection]:
    """Return one detection a group: the best one, its box and keypoints averaged over the group by score.

    Args:
        ranked: best first.
        boxes: of each.
        overlapping: whether two boxes are one thing.
        min_score: a group whose best one scores less is left out; members may score less.
    """
    remaining = list(range(len(ranked)))
    kept: list[Detection] = []
    while remaining:
        best = remaining[0]
        if ranked[best].score[0] < min_score:
            break
        group = [index for index in remaining if overlapping(boxes[index], boxes[best])]
        if not group:
            # A box that does not even overlap itself has no area; upstream ends here too.
            kept.append(ranked[best])
            break
        kept.append(_weighted_mean([ranked[index] for index in group], [boxes[index] for index in group]))
        members = set(group)
        remaining = [index for index in remaining if index not in members]
    return kept


def _weighted_mean(group: list[Detection], boxes: list[RelativeBoundingBox]) -> Detection:
    """Return the first of *group* with the mean box and keypoints of all, in float32."""
    weights = np.array([detection.score[0] for detection in group], np.float32)
    corners = np.array(boxes, np.float32)
    corners[:, 2:] += corners[:, :2]
    total = weights.sum()
    mean = weights @ corners / total
    mean[2:] -= mean[:2]
    points = np.array([detection.relative_keypoints for detection in group])
    mean_points = weights @ points.reshape(len(group), -1) / total
    return group[0].replace(
        location=RelativeBoundingBox(*mean.tolist()), relative_keypoints=mean_points.reshape(-1, 2)
    )
