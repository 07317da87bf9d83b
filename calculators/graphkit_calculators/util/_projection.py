"""Affine maps of normalised positions, and where they come from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from graphkit.formats import NormalizedLandmarkList, NormalizedRect

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]


class Projection(NamedTuple):
    """The map ``xy @ linear + offset``, and the factor of z.

    Attributes:
        linear: (2, 2) float32; row 0 is where x goes.
        offset: (2,) float32.
        z_scale: z is measured on the scale of x, so this is how long the unit of x becomes.
    """

    linear: Floats
    offset: Floats
    z_scale: float

    @classmethod
    def of_rect(cls, rect: NormalizedRect, *, ignore_rotation: bool = False) -> Projection:
        """Return the map from fractions of *rect* to fractions of the image, turned in normalised space.

        Without the size of the image the turn is only right for a rect that is square in pixels and
        was cut out of a square image, or whose rotation was made for this: the hand graphs' rects are.
        """
        angle = 0.0 if ignore_rotation else rect.rotation
        cos, sin, width, height = math.cos(angle), math.sin(angle), rect.width, rect.height
        linear = np.array(((cos * width, sin * height), (-sin * width, cos * height)), np.float32)
        offset_x = rect.x_center - 0.5 * (cos - sin) * width
        offset_y = rect.y_center - 0.5 * (sin + cos) * height
        return cls(linear, np.array((offset_x, offset_y), np.float32), width)

    @classmethod
    def of_matrix(cls, matrix: Floats) -> Projection:
        """Return the map that a (4, 4) row-major matrix stands for, of which x and y take part."""
        linear = matrix[:2, :2].T
        return cls(linear, matrix[:2, 3], float(np.hypot(*linear[0])))

    def positions(self, points: Floats) -> Floats:
        """Return (N, 2) positions, projected."""
        moved: Floats = points @ self.linear + self.offset
        return moved

    def landmarks(self, found: NormalizedLandmarkList) -> NormalizedLandmarkList:
        """Return landmarks, projected."""
        data = found.data.copy()
        data[:, :2] = self.positions(found.xy)
        data[:, 2] *= np.float32(self.z_scale)
        return type(found)(data, found.has_visibility, found.has_presence)
