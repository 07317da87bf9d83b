"""InverseMatrixCalculator: the way back of an affine map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from graphkit import Calculator, Input, Output, calculator
from graphkit.errors import FormatError

if TYPE_CHECKING:
    from graphkit import CalculatorContext

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]


@calculator
class InverseMatrixCalculator(Calculator):
    """Inverts a matrix: what maps a region to an image becomes what maps the image to the region.

    Emits at every timestamp with a MATRIX, (4, 4) float32, row-major. One without an inverse is an error.

    Example::

        node {
          calculator: "InverseMatrixCalculator"
          input_stream: "MATRIX:roi_to_image"
          output_stream: "MATRIX:image_to_roi"
        }
    """

    for_outputs_only = True

    matrix = Input(np.ndarray, "MATRIX")
    inverse = Output(np.ndarray, "MATRIX")

    def process(self, cc: CalculatorContext) -> None:
        """Emit the inverse."""
        matrix = self.matrix.get(cc)
        if matrix is not None:
            self.inverse.send(cc, inverted(matrix))


def inverted(matrix: Floats) -> Floats:
    """Return the inverse of a (4, 4) float32 matrix, read-only; raises FormatError where there is none."""
    if matrix.shape != (4, 4):
        raise FormatError(f"a matrix of shape (4, 4) was expected; found {matrix.shape}.")
    try:
        inverse: Floats = np.linalg.inv(matrix.astype(np.float64)).astype(np.float32)
    except np.linalg.LinAlgError:
        raise FormatError(f"the matrix {matrix.tolist()} has no inverse: its region has no area.") from None
    inverse.setflags(write=False)
    return inverse
