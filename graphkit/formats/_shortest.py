"""Float32 values as the shortest decimals that read back as the same float32, as in protobuf's JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

JsonNumber: TypeAlias = float | str

# Between these numpy's shortest decimals are protobuf's; outside, subnormal numbers and some powers
# of two differ, for protobuf never tries fewer than six digits.
_SMALLEST: Final = np.float32(1e-20)
_LARGEST: Final = np.float32(1e20)

# Half a step above the largest float32: from here on doubles round to infinity.
_OVERFLOW: Final = (2 - 2**-24) * 2.0**127


def shortest_floats(values: npt.NDArray[np.float32]) -> list[JsonNumber]:
    """Return the elements of a float32 array, row by row.

    NaN and the infinities become the strings of protobuf's JSON mapping.
    """
    flat = values.ravel()
    texts = [str(value) for value in flat]
    if _may_differ("".join(texts)):
        return [
            shortest_float(float(flat[i])) if _may_differ(text) else float(text) for i, text in enumerate(texts)
        ]
    return list(map(float, texts))


def shortest_texts(values: npt.NDArray[np.float32]) -> list[str]:
    """Return the elements as `shortest_floats` does, as texts."""
    flat = values.ravel()
    texts = [str(value) for value in flat]
    if _may_differ("".join(texts)):
        return [str(shortest_float(float(flat[i]))) if _may_differ(text) else text for i, text in enumerate(texts)]
    return texts


def _may_differ(text: str) -> bool:
    """Return whether a number of *text* has an exponent, is NaN or infinite: numpy may write these otherwise."""
    return "e" in text or "n" in text


def shortest_float(value: float) -> JsonNumber:
    """Return the float32 nearest to *value*; NaN and the infinities become strings."""
    if not abs(value) < _OVERFLOW:
        return special_float(value if math.isnan(value) else math.copysign(math.inf, value))
    single: Any = np.float32(value)
    exact = float(single)
    if exact == 0 or _SMALLEST <= abs(exact) <= _LARGEST:
        return float(str(single))
    return next(
        rounded for digits in range(6, 10) if np.float32(rounded := float(f"{exact:.{digits}g}")) == single
    )


def special_float(value: float) -> JsonNumber:
    """Return *value*, or the name that JSON uses for it if it is NaN or infinite."""
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
