"""RefineLandmarksFromHeatmapCalculator: landmarks moved to where a heatmap is warm."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import FormatError
from graphkit.formats import NormalizedLandmarkList, Tensor
from graphkit_calculators.tensor._activation import sigmoid

if TYPE_CHECKING:
    from graphkit import CalculatorContext

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]
Integers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
Mask: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]

_VISIBILITY, _PRESENCE = 3, 4  # columns


@options("mediapipe.RefineLandmarksFromHeatmapCalculatorOptions", extension=362281653)
class RefineLandmarksFromHeatmapCalculatorOptions:
    """Where to look in the heatmap and what to change."""

    kernel_size: int = option(1, default=9)
    min_confidence_to_refine: float = option(2, default=0.5)
    refine_presence: bool = option(3, default=False)
    refine_visibility: bool = option(4, default=False)


@calculator
class RefineLandmarksFromHeatmapCalculator(Calculator):
    """Moves each landmark to the centre of warmth around it.

    Emits at every timestamp with NORM_LANDMARKS; where TENSORS has no packet, the landmarks as they are. The
    first tensor is the heatmap, (1, H, W, N) or (H, W, N) logits with one channel a landmark. A landmark
    outside of it, or in a place that is nowhere sure enough, stays where it is.

    Knobs: ``kernel_size``, the (odd) side of the square of heatmap pixels that is looked at;
    ``min_confidence_to_refine``, the warmth (0 to 1) that its warmest pixel needs; ``refine_presence`` and
    ``refine_visibility`` lower these to the warmth found.

    Example::

        node {
          calculator: "RefineLandmarksFromHeatmapCalculator"
          input_stream: "NORM_LANDMARKS:landmarks"
          input_stream: "TENSORS:heatmap_tensor"
          output_stream: "NORM_LANDMARKS:refined_landmarks"
          options { [mediapipe.RefineLandmarksFromHeatmapCalculatorOptions.ext] { kernel_size: 7 } }
        }
    """

    landmarks = Input(NormalizedLandmarkList, "NORM_LANDMARKS")
    tensors = Input(list[Tensor], "TENSORS")
    refined = Output(NormalizedLandmarkList, "NORM_LANDMARKS")
    options = Options(RefineLandmarksFromHeatmapCalculatorOptions)

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        self._chosen = self.options(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the refined landmarks."""
        found, tensors = self.landmarks.get(cc), self.tensors.get(cc)
        if found is None:
            return
        if tensors is None:
            self.refined.send(cc, found)
            return
        if not tensors:
            raise FormatError("the list of tensors is empty; its first one is the heatmap.")
        self.refined.send(cc, refine(found, _heatmap(tensors[0], len(found)), self._chosen))


def _heatmap(tensor: Tensor, landmarks: int) -> Floats:
    """Return the heatmap as (H, W, N); raises FormatError where it does not fit the landmarks."""
    data = tensor.nhwc()
    if data.ndim == 4 and data.shape[0] == 1:
        data = data[0]
    if data.ndim != 3 or data.shape[2] != landmarks or data.dtype != np.float32:
        raise FormatError(
            f"{tensor} is no heatmap of {landmarks} landmarks; it needs float32 and shape (1, H, W, {landmarks})."
        )
    return data


def refine(
    found: NormalizedLandmarkList, heatmap: Floats, chosen: RefineLandmarksFromHeatmapCalculatorOptions
) -> NormalizedLandmarkList:
    """Return *found* with each landmark at the mean of the pixels around it, weighted by their warmth.

    Pixels count from their upper left corner, and positions are cut towards 0, as in MediaPipe.

    Args:
        found: N landmarks in fractions of the heatmap.
        heatmap: (H, W, N) float32 logits.
        chosen: the calculator's options.
    """
    height, width, count = heatmap.shape
    reach, each = _window(chosen.kernel_size, count)
    size, data = np.array((width, height), np.float32), found.data.copy()
    pixel = (data[:, :2] * size).astype(np.int64)
    places = pixel[:, :, None] + reach
    warmth = _warmth(heatmap, places, each)
    down, across, warmest = warmth.sum(axis=1), warmth.sum(axis=2), warmth.max(axis=(1, 2), initial=0)
    total = down.sum(axis=1)
    inside = _inside(pixel, width, height) & (total > 0)
    moved = inside & (warmest >= np.float32(chosen.min_confidence_to_refine))
    weighed = places.astype(np.float32)
    sums = np.stack((_dot(down, weighed[:, 0]), _dot(across, weighed[:, 1])), axis=1)
    data[moved, :2] = sums[moved] / size / total[moved, None]
    for wanted, given, column in (
        (chosen.refine_presence, found.has_presence, _PRESENCE),
        (chosen.refine_visibility, found.has_visibility, _VISIBILITY),
    ):
        if wanted and given:
            data[inside, column] = np.minimum(data[inside, column], warmest[inside])
    return NormalizedLandmarkList(data, found.has_visibility, found.has_presence)


@lru_cache
def _window(kernel_size: int, landmarks: int) -> tuple[Integers, Integers]:
    """Return the offsets of a window's columns and rows, (K,), and the landmarks' numbers, (N, 1, 1)."""
    offset = max(kernel_size - 1, 0) // 2
    return np.arange(-offset, offset + 1), np.arange(landmarks)[:, None, None]


def _inside(pixel: Integers, width: int, height: int) -> Mask:
    """Return which landmarks count as inside, (N,).

    MediaPipe compares the column with the height where it means the row. A row that is too far down has no
    pixels to look at, or only the lowest, so that this shows in heatmaps that are not square.

    Args:
        pixel: (N, 2), columns and rows.
        width: of the heatmap.
        height: of the heatmap.
    """
    columns, rows = pixel.T
    inside: Mask = (columns >= 0) & (columns < min(width, height)) & (rows >= 0)
    return inside


def _warmth(heatmap: Floats, places: Integers, each: Integers) -> Floats:
    """Return (N, K, K) sigmoids of the pixels at *places*; 0 outside of the heatmap.

    Args:
        heatmap: (H, W, N).
        places: (N, 2, K), columns and rows.
        each: see `_window`.
    """
    height, width, _ = heatmap.shape
    nearest = np.minimum(np.maximum(places, 0), ((width - 1,), (height - 1,)))
    warmth = sigmoid(heatmap[nearest[:, 1, :, None], nearest[:, 0, None, :], each])
    there = nearest == places
    if not there.all():
        warmth *= there[:, 1, :, None] & there[:, 0, None, :]
    return warmth


def _dot(weights: Floats, positions: Floats) -> Floats:
    """Return the row-wise sums of weights times positions, (N,)."""
    sums: Floats = np.einsum("nk,nk->n", weights, positions)
    return sums
