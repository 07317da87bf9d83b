"""Reads a ``.tflite`` flatbuffer into plain records; converts and decides nothing.

The schema is TensorFlow Lite's (schema_v3), through the classes of the `tflite` package. A flatbuffer
has no checksum: whatever cannot be read ends in one `ModelFormatError` that names the model.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit.errors import ModelFormatError
from graphkit.inference._importer.sparse import densify
from graphkit.inference._model_file import describe_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

_IDENTIFIER = b"TFL3"
_HEADER_SIZE = 8
# An image of 2048 x 2048 with 32 channels; a size beyond it comes from damaged bytes.
_MAX_ELEMENTS = 1 << 27
_DTYPES: dict[str, np.dtype[Any]] = {
    "FLOAT32": np.dtype(np.float32),
    "FLOAT16": np.dtype(np.float16),
    "INT32": np.dtype(np.int32),
    "UINT8": np.dtype(np.uint8),
    "INT64": np.dtype(np.int64),
    "BOOL": np.dtype(np.bool_),
    "INT16": np.dtype(np.int16),
    "INT8": np.dtype(np.int8),
}
# What offsets, sizes and options taken from damaged bytes make numpy, struct, flatbuffers and converters raise.
DAMAGE = (
    struct.error,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    MemoryError,
    RecursionError,
)


@dataclass(frozen=True, slots=True)
class Quantization:
    """Scales and zero points: real = (stored - zero_point) * scale, along `axis` if there are several."""

    scale: NDArray[np.float32]
    zero_point: NDArray[np.int64]
    axis: int


@dataclass(frozen=True, slots=True)
class TfliteTensor:
    """A tensor of the model: its logical (NHWC) shape, TensorFlow Lite's type name, and weights if it has any.

    Attributes:
        data: the weights, already dense, in the tensor's shape; None for what is computed.
    """

    name: str
    shape: tuple[int, ...]
    type_name: str
    data: NDArray[Any] | None
    quantization: Quantization | None


@dataclass(frozen=True, slots=True)
class TfliteOperator:
    """An operation: `name` is TensorFlow Lite's name, or the custom code of a custom operation.

    Attributes:
        inputs: tensor indices, -1 for an optional one that is absent.
        options: the flatbuffer table of the builtin options (`StrideH()`, ...), None if there is none.
        custom_options: the raw bytes of a custom operation.
    """

    name: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Any
    custom_options: bytes


@dataclass(frozen=True, slots=True)
class TfliteModel:
    """The first subgraph of a model."""

    path: str
    tensors: tuple[TfliteTensor, ...]
    operators: tuple[TfliteOperator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_tflite(data: bytes, path: str = "<bytes>") -> TfliteModel:
    """Read a model.

    Args:
        data: the whole file.
        path: what to call it in errors.

    Raises:
        ModelFormatError: the bytes are not a TensorFlow Lite model, or a damaged one.
    """
    if len(data) < _HEADER_SIZE or data[4:8] != _IDENTIFIER:
        raise ModelFormatError(path, describe_bytes(data), "a TensorFlow Lite model ('TFL3' at byte 4)")
    try:
        return _read(data, path)
    except DAMAGE as exc:
        raise ModelFormatError(path, f"a damaged TensorFlow Lite model of {len(data)} bytes ({exc})") from exc


def _read(data: bytes, path: str) -> TfliteModel:
    import tflite

    model = tflite.Model.GetRootAsModel(data, 0)
    if model.SubgraphsLength() != 1:
        raise ModelFormatError(path, f"{model.SubgraphsLength()} subgraphs", "a model of exactly one")
    graph = model.Subgraphs(0)
    names = [_operator_name(model.OperatorCodes(i)) for i in range(model.OperatorCodesLength())]
    tensors = tuple(_tensor(model, graph.Tensors(i), data) for i in range(graph.TensorsLength()))
    operators = tuple(_operator(graph.Operators(i), names) for i in range(graph.OperatorsLength()))
    found = TfliteModel(
        path, tensors, operators, _indices(graph.InputsAsNumpy()), _indices(graph.OutputsAsNumpy())
    )
    _check_indices(found)
    return found


def _check_indices(model: TfliteModel) -> None:
    used = [*model.inputs, *model.outputs, *(i for op in model.operators for i in (*op.inputs, *op.outputs))]
    if not model.outputs or any(not -1 <= i < len(model.tensors) for i in used):
        raise ValueError("it names tensors that it does not hold")


def _indices(vector: Any) -> tuple[int, ...]:
    # The generated readers return the integer 0 for an absent vector.
    return () if isinstance(vector, int) else tuple(int(i) for i in vector)


@cache
def _enum_names(enum: type) -> dict[int, str]:
    return {value: name for name, value in vars(enum).items() if isinstance(value, int)}


def enum_name(enum: type, value: int) -> str:
    """Return the schema's name of an enum value, or the number if it has none."""
    return _enum_names(enum).get(value, str(value))


def _operator_name(code: Any) -> tuple[str, int]:
    import tflite

    # Files written before the schema grew past 127 operations hold the code in the deprecated field only.
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    if number == tflite.BuiltinOperator.CUSTOM:
        return (code.CustomCode() or b"CUSTOM").decode("utf-8", "replace"), code.Version()
    return enum_name(tflite.BuiltinOperator, number), code.Version()


def _operator(operator: Any, names: list[tuple[str, int]]) -> TfliteOperator:
    name, version = names[operator.OpcodeIndex()]
    custom = bytes(operator.CustomOptionsAsNumpy()) if operator.CustomOptionsLength() else b""
    inputs, outputs = _indices(operator.InputsAsNumpy()), _indices(operator.OutputsAsNumpy())
    return TfliteOperator(name, version, inputs, outputs, _options(operator), custom)


def _options(operator: Any) -> Any:
    import tflite

    table = operator.BuiltinOptions()
    kind = enum_name(tflite.BuiltinOptions, operator.BuiltinOptionsType())
    cls = getattr(tflite, kind, None)
    if table is None or cls is None:
        return None
    options = cls()
    options.Init(table.Bytes, table.Pos)
    return options


def _tensor(model: Any, tensor: Any, data: bytes) -> TfliteTensor:
    import tflite

    name = (tensor.Name() or b"").decode("utf-8", "replace")
    shape = _indices(tensor.ShapeAsNumpy())
    if any(size < 0 for size in shape) or prod(shape) > _MAX_ELEMENTS:
        raise ValueError(f"a tensor of shape {shape}")
    type_name = enum_name(tflite.TensorType, tensor.Type())
    return TfliteTensor(name, shape, type_name, _weights(model, tensor, data), _quantization(tensor))


def _weights(model: Any, tensor: Any, data: bytes) -> NDArray[Any] | None:
    import tflite

    raw = _buffer(model.Buffers(tensor.Buffer()), data)
    dtype = _DTYPES.get(enum_name(tflite.TensorType, tensor.Type()))
    if raw is None or dtype is None:
        return None
    shape = _indices(tensor.ShapeAsNumpy())
    values = np.frombuffer(raw, dtype)
    sparsity = tensor.Sparsity()
    return densify(values, shape, sparsity) if sparsity is not None else values.reshape(shape)


def _buffer(buffer: Any, data: bytes) -> bytes | None:
    if buffer.DataLength():
        return buffer.DataAsNumpy().tobytes()  # type: ignore[no-any-return]
    # Models above 2 GB keep their weights behind the flatbuffer.
    offset, size = (buffer.Offset(), buffer.Size()) if hasattr(buffer, "Offset") else (0, 0)
    return data[offset : offset + size] if offset > 1 else None


def _quantization(tensor: Any) -> Quantization | None:
    found = tensor.Quantization()
    if found is None or not found.ScaleLength():
        return None
    zeros = found.ZeroPointAsNumpy()
    zero_point = np.zeros(found.ScaleLength(), np.int64) if isinstance(zeros, int) else zeros.astype(np.int64)
    return Quantization(found.ScaleAsNumpy().astype(np.float32), zero_point, found.QuantizedDimension())
