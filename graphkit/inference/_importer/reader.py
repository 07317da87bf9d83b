"""Reads a ``.tflite`` flatbuffer into plain records; converts and decides nothing.

The schema is TensorFlow Lite's (see `schema`). A flatbuffer has no checksum: whatever cannot be read ends in one
`ModelFormatError` that names the model.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit.errors import ModelFormatError
from graphkit.inference._importer import schema
from graphkit.inference._importer.flatbuffer import Flatbuffer
from graphkit.inference._importer.sparse import densify
from graphkit.inference._model_file import describe_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from mmap import mmap

    from numpy.typing import NDArray

    from graphkit.inference._importer.flatbuffer import Table

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
        options: the builtin options by the names of `schema.OPTIONS`, None if there are none that are known.
        custom_options: the raw bytes of a custom operation.
    """

    name: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: dict[str, int] | None
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


def count_outputs(data: bytes | mmap) -> int:
    """Return how many outputs a sound model has; reads no more of it than that."""
    (graph,) = Flatbuffer(data).root().tables(schema.MODEL_SUBGRAPHS)
    return len(graph.numbers(schema.GRAPH_OUTPUTS, "<i4"))


def _read(data: bytes, path: str) -> TfliteModel:
    model = Flatbuffer(data).root()
    subgraphs = model.tables(schema.MODEL_SUBGRAPHS)
    if len(subgraphs) != 1:
        raise ModelFormatError(path, f"{len(subgraphs)} subgraphs", "a model of exactly one")
    graph = subgraphs[0]
    names = [_operator_name(code) for code in model.tables(schema.MODEL_OPERATOR_CODES)]
    buffers = model.tables(schema.MODEL_BUFFERS)
    found = TfliteModel(
        path,
        tuple(_tensor(tensor, buffers, data) for tensor in graph.tables(schema.GRAPH_TENSORS)),
        tuple(_operator(operator, names) for operator in graph.tables(schema.GRAPH_OPERATORS)),
        _indices(graph, schema.GRAPH_INPUTS),
        _indices(graph, schema.GRAPH_OUTPUTS),
    )
    _check_indices(found)
    return found


def _check_indices(model: TfliteModel) -> None:
    used = [*model.inputs, *model.outputs, *(i for op in model.operators for i in (*op.inputs, *op.outputs))]
    if not model.outputs or any(not -1 <= i < len(model.tensors) for i in used):
        raise ValueError("it names tensors that it does not hold")


def _indices(table: Table, slot: int) -> tuple[int, ...]:
    return tuple(table.numbers(slot, "<i4").tolist())


def name_of(names: Sequence[str], number: int) -> str:
    """Return the schema's name of a number, or the number if it has none."""
    return names[number] if 0 <= number < len(names) else str(number)


def _operator_name(code: Table) -> tuple[str, int]:
    # Files written before the schema grew past 127 operations hold the code in the deprecated field only.
    number = max(code.number(schema.CODE_BUILTIN, "i"), code.number(schema.CODE_DEPRECATED, "b"))
    name, version = name_of(schema.OPERATORS, number), code.number(schema.CODE_VERSION, "i", 1)
    if name == "CUSTOM":
        name = (code.text(schema.CODE_CUSTOM) or b"CUSTOM").decode("utf-8", "replace")
    return name, version


def _operator(operator: Table, names: list[tuple[str, int]]) -> TfliteOperator:
    name, version = names[operator.number(schema.OPERATOR_CODE, "I")]
    inputs, outputs = _indices(operator, schema.OPERATOR_INPUTS), _indices(operator, schema.OPERATOR_OUTPUTS)
    return TfliteOperator(
        name, version, inputs, outputs, _options(operator), operator.text(schema.OPERATOR_CUSTOM)
    )


def _options(operator: Table) -> dict[str, int] | None:
    table = operator.table(schema.OPERATOR_OPTIONS)
    fields = schema.OPTIONS.get(operator.number(schema.OPERATOR_OPTIONS_TYPE, "B"))
    return None if table is None or fields is None else table.fields(fields)


def _tensor(tensor: Table, buffers: list[Table], data: bytes) -> TfliteTensor:
    name = tensor.text(schema.TENSOR_NAME).decode("utf-8", "replace")
    shape = _indices(tensor, schema.TENSOR_SHAPE)
    if any(size < 0 for size in shape) or prod(shape) > _MAX_ELEMENTS:
        raise ValueError(f"a tensor of shape {shape}")
    type_name = name_of(schema.TENSOR_TYPES, tensor.number(schema.TENSOR_TYPE, "b"))
    raw = _buffer(buffers[tensor.number(schema.TENSOR_BUFFER, "I")], data)
    weights = None if raw is None else _weights(tensor, raw, shape, type_name)
    return TfliteTensor(name, shape, type_name, weights, _quantization(tensor))


def _weights(tensor: Table, raw: NDArray[np.uint8], shape: tuple[int, ...], type_name: str) -> NDArray[Any] | None:
    dtype = _DTYPES.get(type_name)
    if dtype is None:
        return None
    values = np.frombuffer(raw, dtype)
    sparsity = tensor.table(schema.TENSOR_SPARSITY)
    return densify(values, shape, sparsity) if sparsity is not None else values.reshape(shape)


def _buffer(buffer: Table, data: bytes) -> NDArray[np.uint8] | None:
    """Return the bytes of a buffer, over the memory of the file, None for an empty one."""
    held = buffer.numbers(schema.BUFFER_DATA, np.uint8)
    if len(held):
        return held
    # Models above 2 GB keep their weights behind the flatbuffer.
    offset, size = buffer.number(schema.BUFFER_OFFSET, "Q"), buffer.number(schema.BUFFER_SIZE, "Q")
    return np.frombuffer(data, np.uint8)[offset : offset + size] if offset > 1 else None


def _quantization(tensor: Table) -> Quantization | None:
    found = tensor.table(schema.TENSOR_QUANTIZATION)
    if found is None:
        return None
    scale = found.numbers(schema.QUANTIZATION_SCALE, "<f4")
    if not len(scale):
        return None
    zero_point = found.numbers(schema.QUANTIZATION_ZERO_POINT, "<i8")
    return Quantization(
        scale,
        zero_point if len(zero_point) else np.zeros(len(scale), np.int64),
        found.number(schema.QUANTIZATION_AXIS, "i"),
    )
