"""What an operator converter works with: the model's records on one side, the growing graph on the other.

Layout: a tensor of rank 4 is logically NHWC and stored NCHW; every other rank is stored as it is.
Converters think in logical axes and use `axis`, `to_logical` and `from_logical` at the seams.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit.errors import ModelFormatError, UnsupportedOpError
from graphkit.inference._importer.graph import Graph
from graphkit.inference._importer.reader import name_of
from graphkit.inference._importer.schema import ACTIVATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from graphkit.inference._importer.graph import Shape
    from graphkit.inference._importer.reader import TfliteModel, TfliteOperator

TO_NCHW = (0, 3, 1, 2)
TO_NHWC = (0, 2, 3, 1)
_STORED_AXIS = (0, 2, 3, 1)
_APART = 16
_MOST_IN_BLOCK = 1 << 26
_ACTIVATIONS: dict[str, tuple[str, tuple[float, float] | None]] = {
    "RELU": ("Relu", None),
    "RELU_N1_TO_1": ("Clip", (-1.0, 1.0)),
    "RELU6": ("Clip", (0.0, 6.0)),
}


def stored_shape(shape: Sequence[int]) -> Shape:
    """Return the stored shape of a logical one."""
    return tuple(shape[axis] for axis in TO_NCHW) if len(shape) == 4 else tuple(shape)


def logical_shape(shape: Sequence[int]) -> Shape:
    """Return the logical shape of a stored one."""
    return tuple(shape[axis] for axis in TO_NHWC) if len(shape) == 4 else tuple(shape)


def stored(array: NDArray[Any]) -> NDArray[Any]:
    """Return a logical array as it is stored."""
    return array.transpose(TO_NCHW) if array.ndim == 4 else array


class Lowering:
    """The state of one conversion.

    Attributes:
        model: what is converted.
        graph: what is made of it.
        affine_maps: for tensors that hold a transform matrix, the value of its transposed affine part (3, 2).
    """

    def __init__(self, model: TfliteModel) -> None:
        self.model = model
        self.graph = Graph()
        self.affine_maps: dict[int, str] = {}
        self._values: dict[int, str] = {}
        self._arrays: dict[int, NDArray[Any]] = {}
        self._block: NDArray[np.float32] | None = None
        self._used = 0

    # -- tensors ---------------------------------------------------------------------------------

    def shape(self, tensor: int) -> Shape:
        """Return a tensor's logical shape."""
        return self.model.tensors[tensor].shape

    def array(self, tensor: int) -> NDArray[Any] | None:
        """Return a constant tensor in its logical shape, or None for one that is computed."""
        found = self._arrays.get(tensor)
        return self.model.tensors[tensor].data if found is None else found

    def set_array(self, tensor: int, array: NDArray[Any]) -> None:
        """Record that a tensor turned out to be constant."""
        self._arrays[tensor] = array

    def new_array(self, shape: Shape) -> NDArray[np.float32]:
        """Return a new array for weights, not set to anything, at an address that suits kernels.

        Those of a model lie in one block: NumPy asks for large pages for large arrays alone, and to get memory in
        small ones takes longer than to convert what comes into it.
        """
        size = prod(shape)
        if self._block is None:
            half = sum(t.data.size for t in self.model.tensors if t.data is not None and t.type_name == "FLOAT16")
            self._block = np.empty(min(half + _APART * len(self.model.tensors), _MOST_IN_BLOCK), np.float32)
        if self._used + size > len(self._block):  # a tensor that is converted more than once, or too many
            return np.empty(shape, np.float32)
        begin = self._used
        self._used += -(-size // _APART) * _APART
        return self._block[begin : begin + size].reshape(shape)

    def set_value(self, tensor: int, name: str) -> None:
        """Record which graph value holds a tensor."""
        self._values[tensor] = name

    def value(self, tensor: int) -> str:
        """Return the name of the graph value that holds a tensor, in stored layout."""
        if tensor not in self._values:
            array = self.array(tensor)
            if array is None:
                raise ModelFormatError(
                    self.model.path, f"tensor {self.model.tensors[tensor].name!r} without a source"
                )
            self._values[tensor] = self.graph.constant(stored(array), "weight")
        return self._values[tensor]

    def constant_input(self, op: TfliteOperator, position: int) -> NDArray[Any]:
        """Return an input that has to be constant, in its logical shape.

        Raises:
            UnsupportedOpError: it is computed.
        """
        array = self.array(self.input(op, position))
        if array is None:
            raise self.unsupported(op, f"input {position} is computed; only a constant is known")
        return array

    def input(self, op: TfliteOperator, position: int) -> int:
        """Return the tensor index of a required input."""
        if position >= len(op.inputs) or op.inputs[position] < 0:
            raise ModelFormatError(self.model.path, f"operation {op.name} without input {position}")
        return op.inputs[position]

    def has_input(self, op: TfliteOperator, position: int) -> bool:
        """Tell whether an optional input is present."""
        return position < len(op.inputs) and op.inputs[position] >= 0

    def options(self, op: TfliteOperator) -> dict[str, int]:
        """Return the builtin options of an operation that cannot be read without them."""
        if op.options is None:
            raise ModelFormatError(self.model.path, f"operation {op.name} without its options")
        return op.options

    def unsupported(self, op: TfliteOperator, reason: str) -> UnsupportedOpError:
        """Return the error for a form of an operation that is not known."""
        tensor = self.model.tensors[op.outputs[0]].name if op.outputs else ""
        return UnsupportedOpError(op.name, self.model.path, tensor, reason)

    # -- layout ----------------------------------------------------------------------------------

    @staticmethod
    def axis(axis: int, rank: int) -> int:
        """Return the stored axis of a logical one, which may be negative."""
        axis %= rank
        return _STORED_AXIS[axis] if rank == 4 else axis

    def to_logical(self, value: str) -> str:
        """Return the value with its elements in logical order."""
        shape = self.graph.shapes[value]
        if len(shape) != 4:
            return value
        return self._permute(value, TO_NHWC)

    def from_logical(self, value: str) -> str:
        """Return a value whose elements are in logical order in stored layout."""
        shape = self.graph.shapes[value]
        if len(shape) != 4:
            return value
        return self._permute(value, TO_NCHW)

    def _permute(self, value: str, order: tuple[int, ...]) -> str:
        shape = self.graph.shapes[value]
        permuted = tuple(shape[axis] for axis in order)
        if [axis for axis in order if shape[axis] > 1] == [axis for axis in range(4) if shape[axis] > 1]:
            return self.reshape(value, permuted)
        return self.graph.emit("Transpose", [value], permuted, perm=list(order))

    def reshape(self, value: str, shape: Sequence[int]) -> str:
        """Return the value with another shape, elements in the order in which they are stored.

        Raises:
            ValueError: the shape has another number of elements.
        """
        if self.graph.shapes[value] == tuple(shape):
            return value
        if prod(self.graph.shapes[value]) != prod(shape):
            raise ValueError(f"{self.graph.shapes[value]} cannot become {tuple(shape)}")
        target = self.graph.constant(np.array(shape, np.int64), "shape")
        return self.graph.emit("Reshape", [value, target], tuple(shape))

    def aligned(self, tensor: int, rank: int) -> str:
        """Return the value of a tensor that takes part in broadcasting against tensors of a higher rank."""
        shape = self.shape(tensor)
        if len(shape) == rank or not shape or rank != 4:
            return self.value(tensor)
        padded = (1,) * (rank - len(shape)) + tuple(shape)
        array = self.array(tensor)
        if array is not None:
            return self.graph.constant(stored(array.reshape(padded)), "weight")
        return self.from_logical(self.reshape(self.value(tensor), padded))

    # -- activations -----------------------------------------------------------------------------

    def activate(self, op: TfliteOperator, value: str, activation: int) -> str:
        """Return the value after a fused activation, given as TensorFlow Lite's number."""
        name = name_of(ACTIVATIONS, activation)
        if name == "NONE":
            return value
        if name not in _ACTIVATIONS:
            raise self.unsupported(op, f"fused activation {name} is not known")
        onnx_op, bounds = _ACTIVATIONS[name]
        return self.clip(value, *bounds) if bounds else self.unary(onnx_op, value)

    def unary(self, onnx_op: str, value: str) -> str:
        """Append an elementwise operator."""
        return self.graph.emit(onnx_op, [value], self.graph.shapes[value])

    def clip(self, value: str, low: float, high: float) -> str:
        """Append a Clip to low..high."""
        bounds = [self.graph.constant(np.array(bound, np.float32), "bound") for bound in (low, high)]
        return self.graph.emit("Clip", [value, *bounds], self.graph.shapes[value])
