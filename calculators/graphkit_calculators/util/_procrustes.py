"""Turning, scaling and moving points onto others, so that the weighted squares of what is left are least.

After D. Akca, Generalized Procrustes analysis and its applications in photogrammetry (2003), section 2.4.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from graphkit.errors import FormatError

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]

_NOTHING = 1e-9


def similarity(source: Floats, target: Floats, weights: Floats) -> Floats:
    """Return the (4, 4) float32 matrix that takes *source* nearest to *target*: a turn, a scale and a shift.

    Args:
        source: (N, 3).
        target: (N, 3), the same points.
        weights: (N,), 0 and above.

    Raises:
        FormatError: the points lie on one spot, or would have to be mirrored inside out.
    """
    share = (weights / weights.sum())[:, None]
    centered = source - (source * share).sum(axis=0)
    moments = (target * weights[:, None]).T @ centered
    left, _, right = np.linalg.svd(moments)
    if np.linalg.det(left) * np.linalg.det(right) < 0:
        left[:, 2] *= -1  # a turn, not a reflection
    turn = left @ right
    spread = float((centered * source * weights[:, None]).sum())
    scale = float(((centered @ turn.T) * target * weights[:, None]).sum()) / spread if spread > _NOTHING else 0.0
    if scale <= _NOTHING:
        raise FormatError("the points of a face lie on one spot; where it is in space cannot be told.")
    matrix = np.eye(4, dtype=np.float32)
    matrix[:3, :3] = scale * turn
    matrix[:3, 3] = ((target - source @ matrix[:3, :3].T) * share).sum(axis=0)
    return matrix
