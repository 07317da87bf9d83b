"""Matrices: a `Matrix` is a plain two-dimensional float32 array."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from graphkit.errors import FormatError
from graphkit.formats._read_only import check_array
from graphkit.schema import message_class

Matrix: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
"""(rows, columns) float32."""


def matrix_to_proto(matrix: Matrix) -> Any:
    """Return the ``mediapipe.MatrixData`` of *matrix*, in column-major order.

    Raises:
        FormatError: *matrix* is no array, or does not have two dimensions.
    """
    check_array(matrix, "Matrix")
    if matrix.ndim != 2:
        message = f"a matrix has two dimensions, found an array of shape {matrix.shape}."
        raise FormatError(message, expected="(rows, columns)", found=matrix.shape)
    rows, cols = matrix.shape
    return message_class("mediapipe.MatrixData")(
        rows=rows, cols=cols, packed_data=matrix.ravel(order="F").tolist()
    )


def matrix_from_proto(message: Any) -> Matrix:
    """Make a read-only matrix of a ``mediapipe.MatrixData`` of either layout.

    Raises:
        FormatError: the number of elements is not rows times columns.
    """
    data = np.fromiter(message.packed_data, np.float32, len(message.packed_data))
    shape = (message.rows, message.cols)
    if min(shape) < 0 or data.size != shape[0] * shape[1]:
        message = f"MatrixData of {shape[0]} rows and {shape[1]} columns holds {data.size} elements."
        raise FormatError(message, expected=shape[0] * shape[1], found=data.size)
    matrix = data.reshape(shape, order="C" if message.layout == message.ROW_MAJOR else "F")
    matrix.setflags(write=False)
    return matrix
