"""Tensor: one logical shape, two ways to lie in memory; and the array types beside it."""

from __future__ import annotations

import numpy as np
import pytest

from graphkit.errors import FormatError
from graphkit.formats import Anchors, Tensor, matrix_from_proto, matrix_to_proto
from graphkit.schema import message_class


def test_nchw_storage_has_the_logical_shape():
    stored = np.arange(24, dtype=np.float32).reshape(1, 3, 2, 4)
    tensor = Tensor(stored, "NCHW")
    assert tensor.shape == (1, 2, 4, 3)
    assert tensor.nchw() is stored
    assert np.array_equal(tensor.nhwc(), stored.transpose(0, 2, 3, 1))
    assert np.shares_memory(tensor.nhwc(), stored)
    assert tensor == Tensor(stored.transpose(0, 2, 3, 1))


def test_nhwc_storage_is_its_own_logical_array():
    stored = np.zeros((1, 2, 4, 3), np.float32)
    tensor = Tensor(stored)
    assert tensor.nhwc() is stored
    assert tensor.nchw().shape == (1, 3, 2, 4)
    assert tensor.shape == (1, 2, 4, 3)


def test_tensors_are_for_memory_unless_told_otherwise():
    assert not Tensor(np.zeros(2, np.float32)).for_gpu
    assert Tensor(np.zeros(2, np.float32), for_gpu=True).for_gpu


def test_data_is_read_only():
    tensor = Tensor(np.zeros(3, np.float32))
    with pytest.raises(ValueError, match="read-only"):
        tensor.data[0] = 1


def test_other_dtype_or_values_are_not_equal():
    assert Tensor(np.zeros(3, np.float32)) != Tensor(np.zeros(3, np.int32))
    assert Tensor(np.zeros(3, np.float32)) != Tensor(np.ones(3, np.float32))


@pytest.mark.parametrize(
    ("tensor", "expected"),
    [
        pytest.param(Tensor(np.zeros((1, 63), np.float32)), "Tensor((1, 63), float32)", id="flat"),
        pytest.param(
            Tensor(np.zeros((1, 3, 2, 4), np.float32), "NCHW"),
            "Tensor((1, 2, 4, 3), float32, stored NCHW)",
            id="nchw",
        ),
    ],
)
def test_repr_shows_the_shape(tensor, expected):
    assert repr(tensor) == expected


def test_nchw_needs_four_dimensions():
    with pytest.raises(FormatError, match=r"layout NCHW needs four dimensions, found an array of shape \(3,\)"):
        Tensor(np.zeros(3, np.float32), "NCHW")
    with pytest.raises(FormatError, match="layout NCHW needs four dimensions"):
        Tensor(np.zeros(3, np.float32)).nchw()


def test_unknown_layout_is_refused():
    with pytest.raises(FormatError, match="tensor layout 'CHWN' is unknown"):
        Tensor(np.zeros((1, 1, 1, 1), np.float32), "CHWN")


def test_matrix_travels_in_column_major_order():
    matrix = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
    message = matrix_to_proto(matrix)
    assert (message.rows, message.cols) == (2, 3)
    assert list(message.packed_data) == [1, 4, 2, 5, 3, 6]
    assert np.array_equal(matrix_from_proto(message), matrix)


def test_row_major_matrix_is_read():
    matrix_data = message_class("mediapipe.MatrixData")
    message = matrix_data(rows=2, cols=2, packed_data=[1, 2, 3, 4], layout=matrix_data.ROW_MAJOR)
    matrix = matrix_from_proto(message)
    assert matrix.tolist() == [[1, 2], [3, 4]]
    assert not matrix.flags.writeable


def test_matrix_of_the_wrong_size_is_refused():
    message = message_class("mediapipe.MatrixData")(rows=2, cols=2, packed_data=[1, 2, 3])
    with pytest.raises(FormatError, match="2 rows and 2 columns holds 3 elements"):
        matrix_from_proto(message)


def test_vector_is_no_matrix():
    with pytest.raises(FormatError, match=r"two dimensions, found an array of shape \(3,\)"):
        matrix_to_proto(np.zeros(3, np.float32))


def test_anchors_round_trip():
    anchors = Anchors(np.array([[0.25, 0.5, 1, 2], [0.75, 0.5, 3, 4]], np.float32))
    messages = anchors.to_protos()
    assert (messages[1].x_center, messages[1].y_center, messages[1].h, messages[1].w) == (0.75, 0.5, 3, 4)
    assert Anchors.from_protos(messages) == anchors
    assert Anchors.from_protos([]) == Anchors(np.zeros((0, 4), np.float32))
    assert repr(anchors) == "Anchors(2)"


def test_anchors_of_another_shape_are_refused():
    with pytest.raises(FormatError, match=r"shape \(N, 4\): x_center, y_center, h, w; found \(3, 2\)"):
        Anchors(np.zeros((3, 2), np.float32))
