"""Filters that take the jitter out of landmarks: one Euro filter, relative velocity filter, low pass.

MediaPipe filters every coordinate by itself. Here one filter holds all coordinates of a list, as (N, 3)
arrays; each of them goes through the same arithmetic, rounded to float32 where C++ stores a float.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Any, Final, Protocol, TypeAlias

import numpy as np

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]
Doubles: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

_NO_TIME: Final = -1
_NANOSECONDS_PER_MICROSECOND: Final = 1000
_SECONDS_PER_NANOSECOND: Final = 1e-9
_FRAME_NANOSECONDS: Final = 1_000_000_000 // 30


class Filter(Protocol):
    """What smooths the coordinates of one list of landmarks over time."""

    def apply(self, values: Floats, scale: float, microseconds: int) -> Floats:
        """Return *values* smoothed.

        Args:
            values: (N, 3) float32, the same N in every call.
            scale: what makes a speed in their unit independent of the size of the thing, float32.
            microseconds: when they were seen; a time that is not later than the last returns them as they are.
        """


class LowPass:
    """A weighted mean of the new value and what the filter gave before; the state is float32."""

    def __init__(self) -> None:
        self.raw: Floats | None = None
        self._stored: Floats | None = None

    def apply(self, values: Floats, alpha: float | Floats) -> Floats:
        """Return ``alpha * values + (1 - alpha) * before``; the first values as they are.

        Args:
            values: float32, the same shape in every call.
            alpha: weight of *values*, 0 to 1; one, or one a value. It is rounded to float32.
        """
        before = self._stored
        self.raw = values
        if before is None:
            self._stored = values
            return values
        weight = np.asarray(alpha, np.float32)
        rest = 1.0 - weight.astype(np.float64)
        self._stored = (weight * values + rest * before).astype(np.float32)
        return self._stored


class OneEuro:
    """The one Euro filter (Casiez, Roussel, Vogel 2012): a low pass whose cutoff rises with speed.

    The frequency is that of the last two timestamps, unless one of them is 0: a clip that starts at 0 has
    its second value filtered with *frequency*, as in MediaPipe.

    Args:
        frequency: values a second until timestamps tell.
        min_cutoff: Hz, the cutoff of what rests; lower is smoother and later.
        beta: how much the cutoff rises with speed.
        derivate_cutoff: Hz, the cutoff of the speed.
    """

    def __init__(self, frequency: float, min_cutoff: float, beta: float, derivate_cutoff: float) -> None:
        self._frequency = frequency
        self._min_cutoff = min_cutoff
        self._beta = beta
        self._derivate_cutoff = derivate_cutoff
        self._last_time = _NO_TIME
        self._values, self._speeds = LowPass(), LowPass()

    def apply(self, values: Floats, scale: float, microseconds: int) -> Floats:
        """Return *values* smoothed; see `Filter`."""
        time = microseconds * _NANOSECONDS_PER_MICROSECOND
        if time <= self._last_time:
            return values
        if self._last_time != 0 and time != 0:
            self._frequency = 1.0 / ((time - self._last_time) * _SECONDS_PER_NANOSECOND)
        self._last_time = time
        before = self._values.raw
        if before is None:
            speed = np.zeros_like(values)
        else:
            change: Doubles = values.astype(np.float64) - before
            speed = (change * scale * self._frequency).astype(np.float32)
        speed = self._speeds.apply(speed, self._alpha(self._derivate_cutoff))
        cutoff: Doubles = self._min_cutoff + self._beta * np.abs(speed.astype(np.float64))
        return self._values.apply(values, self._alpha(cutoff))

    def _alpha(self, cutoff: Any) -> Any:
        time_constant = 1.0 / (2 * math.pi * cutoff)
        return 1.0 / (1.0 + time_constant * self._frequency)


class RelativeVelocity:
    """A low pass that follows fast changes: its weight rises with the speed over the last few values.

    Args:
        window: how many values the speed is taken over; more are smoother and later.
        velocity_scale: how much the weight rises with speed; lower is smoother and later.
    """

    def __init__(self, window: int, velocity_scale: float) -> None:
        self._velocity_scale = np.float32(velocity_scale)
        self._last_time = _NO_TIME
        self._last: Floats | None = None
        # Distance and nanoseconds of each step, the latest first; full of zeros at the start.
        self._steps: deque[tuple[Floats | float, int]] = deque([(0.0, 0)] * window, maxlen=window)
        self._longest = (1 + window) * _FRAME_NANOSECONDS
        self._values = LowPass()

    def apply(self, values: Floats, scale: float, microseconds: int) -> Floats:
        """Return *values* smoothed; see `Filter`."""
        time = microseconds * _NANOSECONDS_PER_MICROSECOND
        if time <= self._last_time:
            return values
        scaled: Floats = values * np.float32(scale)
        alpha: Floats | float = 1.0
        if self._last is not None:
            alpha = self._weight(scaled - self._last, time - self._last_time)
        self._last = scaled
        self._last_time = time
        return self._values.apply(values, alpha)

    def _weight(self, distance: Floats, duration: int) -> Floats:
        """Return the weight of values that moved by *distance* in *duration* nanoseconds."""
        travelled, spent = distance, duration
        for step, nanoseconds in self._steps:
            if spent + nanoseconds > self._longest:
                break
            travelled = travelled + step
            spent += nanoseconds
        self._steps.appendleft((distance, duration))
        seconds = spent * _SECONDS_PER_NANOSECOND
        speed = np.abs((travelled.astype(np.float64) / seconds).astype(np.float32))
        one = np.float32(1)
        weight: Floats = one - one / (one + self._velocity_scale * speed)
        return weight


def object_scale(points: Floats) -> float:
    """Return the mean of width and height of the box around (N, 2 or more) *points*, float32."""
    width, height = np.ptp(points[:, :2], axis=0)
    return float((width + height) / np.float32(2))
