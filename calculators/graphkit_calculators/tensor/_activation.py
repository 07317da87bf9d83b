"""Functions that models leave to whoever reads their outputs."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]


def sigmoid(values: Floats) -> Floats:
    """Return ``1 / (1 + exp(-values))``, 0 for very low values."""
    with np.errstate(over="ignore"):
        return np.float32(1) / (np.float32(1) + np.exp(-values))
