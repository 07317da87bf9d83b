"""Turning the raw output of a detector into boxes: array work without any graph."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from graphkit.formats import Detection, RelativeBoundingBox
from graphkit_calculators.tensor._activation import sigmoid

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]
Ints: TypeAlias = np.ndarray[Any, np.dtype[np.intp]]

_STEEP: Final = 0.01
_MARGIN: Final = 0.01
"""Hundreds of times what the rounding of float32 moves a score where the sigmoid is steep."""


def raw_floor(threshold: float | None, clip: float | None, *, apply_sigmoid: bool) -> np.float32 | None:
    """Return what the raw value of a score that reaches *threshold* surely reaches, None where nothing is sure.

    Args:
        threshold: of the score; None for none.
        clip: see `best_classes`.
        apply_sigmoid: see `best_classes`.
    """
    if threshold is None:
        return None
    if not apply_sigmoid:
        return np.float32(threshold)
    if not _STEEP <= threshold <= 1 - _STEEP:  # beyond, the sigmoid is so flat that rounding may decide
        return None
    floor = math.log(threshold / (1 - threshold)) - _MARGIN
    return None if clip is not None and floor <= -clip else np.float32(floor)


def rows_above(values: Floats, floor: np.float32) -> Ints:
    """Return the rows of (N, C) *values* of which one reaches *floor*."""
    rows: Ints = (values >= floor).nonzero()[0]
    return rows if values.shape[1] == 1 else np.unique(rows)


def best_classes(raw: Floats, clip: float | None, *, apply_sigmoid: bool, count: int = 1) -> tuple[Ints, Floats]:
    """Return the best classes of each box and their scores, best first; of equal ones the first.

    Args:
        raw: (N, C) float32.
        clip: raw values are cut to -clip .. clip before the sigmoid; None for no cut.
        apply_sigmoid: whether the values are logits.
        count: how many classes a box; less than 1 for all.

    Returns:
        (N, K) indices into the C classes, (N, K) float32.
    """
    scores = raw
    if apply_sigmoid:
        if clip is not None:  # not clip(), which takes four times as long for a few rows
            scores = np.minimum(np.maximum(scores, -np.float32(clip)), np.float32(clip))
        scores = sigmoid(scores)
    if scores.shape[1] == 1:
        return np.zeros(scores.shape, np.intp), scores
    if count == 1:
        order = scores.argmax(axis=1)[:, None]
    else:
        order = np.argsort(-scores, axis=1, kind="stable")[:, : count if count > 0 else None]
    return order, np.take_along_axis(scores, order, axis=1)


def decode_centers(
    raw: Floats, anchors: Floats, scale: Floats, *, exponential: bool, order: Sequence[int]
) -> Floats:
    """Return corners of boxes that are given as centre and size relative to anchors.

    Args:
        raw: (N, 4) float32.
        anchors: (N, 4) x, y, h, w.
        scale: (4,) what x, y, w, h are divided by.
        exponential: whether sizes are logarithms.
        order: columns of *raw* that hold x, y, w, h.

    Returns:
        (N, 4) float32 ymin, xmin, ymax, xmax, in fractions of the input.
    """
    coded = raw[:, order] / scale
    sides = anchors[:, (3, 2)]
    if exponential:
        with np.errstate(over="ignore"):
            coded[:, 2:] = np.exp(coded[:, 2:])
    centers = coded[:, :2] * sides + anchors[:, :2]
    half = coded[:, 2:] * sides / np.float32(2)
    return np.concatenate(((centers - half)[:, ::-1], (centers + half)[:, ::-1]), axis=1)


def corners_to_centers(raw: Floats) -> Floats:
    """Return x, y, w, h of boxes that are given as distances from the anchor to left, top, right, bottom.

    Args:
        raw: (N, 4) float32; distances to the left and the top count positive.
    """
    near, far = raw[:, :2], raw[:, 2:]
    return np.concatenate(((far - near) / np.float32(2), far + near), axis=1)


def decode_keypoints(raw: Floats, anchors: Floats, scale: Floats, *, y_first: bool) -> Floats:
    """Return keypoints that are given relative to anchors.

    Args:
        raw: (N, K, 2) float32.
        anchors: (N, 4) x, y, h, w.
        scale: (2,) what x and y are divided by.
        y_first: whether y stands before x.

    Returns:
        (N, K, 2) float32 x, y, in fractions of the input.
    """
    points: Floats = raw[:, :, ::-1] if y_first else raw
    return points / scale * anchors[:, None, (3, 2)] + anchors[:, None, :2]


def to_detections(
    corners: Floats,
    keypoints: Floats,
    scores: list[tuple[float, ...]],
    classes: list[tuple[int, ...]],
    *,
    flip_vertically: bool = False,
) -> list[Detection]:
    """Return one Detection a row; rows of negative or NaN size are left out.

    Args:
        corners: (N, 4) float32 ymin, xmin, ymax, xmax.
        keypoints: (N, K, 2) float32 x, y.
        scores: of each row, one per class.
        classes: of each row.
        flip_vertically: whether y counts from the bottom.
    """
    boxes = np.empty_like(corners)
    boxes[:, 0] = corners[:, 1]
    boxes[:, 1] = np.float32(1) - corners[:, 2] if flip_vertically else corners[:, 0]
    boxes[:, 2] = corners[:, 3] - corners[:, 1]
    boxes[:, 3] = corners[:, 2] - corners[:, 0]
    if flip_vertically and keypoints.size:
        keypoints = np.stack((keypoints[:, :, 0], np.float32(1) - keypoints[:, :, 1]), axis=2)
    keypoints.setflags(write=False)  # so that each Detection keeps its rows without a copy
    return [
        Detection(score, RelativeBoundingBox(*box), points, label_id=label_id)
        for box, points, score, label_id in zip(boxes.tolist(), keypoints, scores, classes, strict=True)
        if box[2] >= 0 and box[3] >= 0
    ]
