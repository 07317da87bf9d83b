"""Functions that models leave to whoever reads their outputs."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]

_ONE: Final = np.float32(1)


def sigmoid(values: Floats) -> Floats:
    """Return ``1 / (1 + exp(-values))``, 0 for very low values; new."""
    found = np.negative(values)
    with np.errstate(over="ignore"):
        np.exp(found, out=found)
    found += _ONE
    return np.divide(_ONE, found, out=found)
