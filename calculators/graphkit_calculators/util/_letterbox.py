"""Taking a letterbox off positions: from fractions of the padded picture to fractions of the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from graphkit.formats import LetterboxPadding

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]


class Unpadding(NamedTuple):
    """Positions become ``(position - offset) / scale``, sizes ``size / scale``; both (2,) float32, x and y."""

    offset: Floats
    scale: Floats

    @classmethod
    def of(cls, padding: LetterboxPadding) -> Unpadding:
        """Return what undoes *padding*."""
        left, top, right, bottom = np.array(padding, np.float32)
        one = np.float32(1)
        return cls(np.array((left, top)), np.array((one - (left + right), one - (top + bottom))))

    def positions(self, points: Floats) -> Floats:
        """Return (..., 2) positions x, y in fractions of the picture."""
        moved: Floats = (points - self.offset) / self.scale
        return moved

    def sizes(self, sizes: Floats) -> Floats:
        """Return (..., 2) widths and heights in fractions of the picture."""
        scaled: Floats = sizes / self.scale
        return scaled
