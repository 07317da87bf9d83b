"""LandmarkSmoother: what the landmark smoothing calculators do to the landmarks of one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from graphkit.errors import ContractError, FormatError
from graphkit_calculators.util._landmark_filters import OneEuro, RelativeVelocity, object_scale

if TYPE_CHECKING:
    from graphkit.formats import ImageSize, LandmarkList, NormalizedLandmarkList, NormalizedRect, Rect
    from graphkit_calculators.util._landmark_filters import Filter
    from graphkit_calculators.util.landmarks_smoothing_calculator import LandmarksSmoothingCalculatorOptions

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]


class LandmarkSmoother:
    """Smooths the landmarks of one thing over time.

    Args:
        chosen: which filter, and how strong.
    """

    def __init__(self, chosen: LandmarksSmoothingCalculatorOptions) -> None:
        self._chosen = chosen
        settings = chosen.one_euro_filter or chosen.velocity_filter
        self._scales = settings is not None and not settings.disable_value_scaling
        self._smallest = 0.0 if settings is None else settings.min_allowed_object_scale
        self.forget()

    def forget(self) -> None:
        """Start afresh: the next landmarks pass as they are."""
        self._filter: Filter | None = None
        self._count = 0

    def in_image(
        self, found: NormalizedLandmarkList, image_size: ImageSize, roi: NormalizedRect | None, microseconds: int
    ) -> NormalizedLandmarkList:
        """Return *found* smoothed in pixels; *roi* tells how large the thing is."""
        width, height = image_size
        size = None if roi is None else _mean(roi.width * width, roi.height * height)
        to_pixels = np.array((width, height, width), np.float32)  # z is measured on the scale of x
        return found.with_xyz(self._smoothed(found.xyz * to_pixels, size, microseconds) / to_pixels)

    def in_space(self, found: LandmarkList, roi: Rect | None, microseconds: int) -> LandmarkList:
        """Return *found* smoothed in its own unit; *roi* tells how large the thing is."""
        size = None if roi is None else _mean(roi.width, roi.height)
        return found.with_xyz(self._smoothed(found.xyz, size, microseconds))

    def _smoothed(self, xyz: Floats, size: float | None, microseconds: int) -> Floats:
        """Return *xyz* smoothed; *size* is that of the object in the same unit, None where nobody knows it."""
        if not len(xyz):
            self._take_none()
            return xyz
        if self._filter is None:
            self._filter, self._count = _filter_of(self._chosen), len(xyz)
        if self._filter is None:
            return xyz
        if len(xyz) != self._count:
            raise FormatError(
                f"{len(xyz)} landmarks came in after lists of {self._count}; a filter follows each landmark, so "
                "all lists need as many."
            )
        scale = np.float32(1)
        if self._scales:
            known = np.float32(object_scale(xyz) if size is None else size)
            if known < self._smallest:
                return xyz
            scale = np.float32(1) / known
        return self._filter.apply(xyz, float(scale), microseconds)

    def _take_none(self) -> None:
        """Do with a list without landmarks what the options say."""
        policy = self._chosen.empty_landmarks_policy
        if policy is None:
            return
        if policy.name == "EMPTY_LANDMARKS_POLICY_FAIL":
            raise FormatError("a list without landmarks came in; empty_landmarks_policy says that it must not.")
        if policy.name == "EMPTY_LANDMARKS_POLICY_RESET":
            self.forget()


def check_filter(chosen: LandmarksSmoothingCalculatorOptions) -> None:
    """Raise ContractError for a choice of filter that cannot work."""
    if chosen.no_filter is None and chosen.velocity_filter is None and chosen.one_euro_filter is None:
        raise ContractError("no filter is chosen; set one of no_filter, velocity_filter and one_euro_filter.")
    euro = chosen.one_euro_filter
    if euro is None:
        return
    for name, value in (
        ("frequency", euro.frequency), ("min_cutoff", euro.min_cutoff), ("derivate_cutoff", euro.derivate_cutoff),
    ):  # fmt: skip
        if not value > 0:
            raise ContractError(f"one_euro_filter {name} is {value:g}; it is in Hz and must be above 0.")


def _mean(width: float, height: float) -> float:
    """Return the mean of two sides, float32."""
    return float((np.float32(width) + np.float32(height)) / np.float32(2))


def _filter_of(chosen: LandmarksSmoothingCalculatorOptions) -> Filter | None:
    """Return a new filter, None for none."""
    if chosen.no_filter is not None:
        return None
    velocity, euro = chosen.velocity_filter, chosen.one_euro_filter
    if velocity is not None:
        return RelativeVelocity(velocity.window_size, velocity.velocity_scale)
    assert euro is not None
    return OneEuro(euro.frequency, euro.min_cutoff, euro.beta, euro.derivate_cutoff)
