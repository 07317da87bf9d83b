"""Writes tiny .tflite models: tensors and operations one after the other, then `build`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import flatbuffers
import numpy as np
import tflite

_TYPES = {
    np.dtype(np.float32): tflite.TensorType.FLOAT32,
    np.dtype(np.float16): tflite.TensorType.FLOAT16,
    np.dtype(np.int32): tflite.TensorType.INT32,
    np.dtype(np.int8): tflite.TensorType.INT8,
}


@dataclass
class Csr:
    """Sparse weights: values in tree order, then levels of ("dense", size) or ("csr", segments, indices)."""

    values: np.ndarray
    order: list[int]
    blocks: list[int]
    levels: list[tuple[Any, ...]]


@dataclass
class _Tensor:
    name: str
    shape: tuple[int, ...]
    type: int
    data: bytes = b""
    scale: tuple[float, ...] = ()
    zero: tuple[int, ...] = ()
    axis: int = 0
    sparse: Csr | None = None


@dataclass
class _Operation:
    name: str
    inputs: list[int]
    output: int
    options: tuple[str, dict[str, Any]] | None
    custom: bytes
    version: int


@dataclass
class ModelBuilder:
    """Methods that add something return the tensor's index."""

    tensors: list[_Tensor] = field(default_factory=list)
    operations: list[_Operation] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)

    def input(self, *shape: int) -> int:
        """Add a float32 input."""
        self.inputs.append(self._add(_Tensor(f"input_{len(self.inputs)}", shape, tflite.TensorType.FLOAT32)))
        return self.inputs[-1]

    def const(self, array: Any, dtype: Any = np.float32, **quantization: Any) -> int:
        """Add a constant; `scale`, `zero` and `axis` make it a quantised one."""
        array = np.asarray(array, dtype)
        kind = _TYPES[array.dtype]
        return self._add(_Tensor("const", array.shape, kind, array.tobytes(), **quantization))

    def sparse(self, shape: tuple[int, ...], csr: Csr) -> int:
        """Add a sparse float32 constant."""
        data = np.asarray(csr.values, np.float32).tobytes()
        return self._add(_Tensor("sparse", shape, tflite.TensorType.FLOAT32, data, sparse=csr))

    def op(
        self,
        name: str,
        inputs: list[int],
        shape: tuple[int, ...],
        kind: str = "",
        custom: bytes = b"",
        version: int = 1,
        **options: Any,
    ) -> int:
        """Add an operation: options of the table `kind`, or custom bytes for an operation that is not builtin."""
        output = self._add(_Tensor(f"{name.lower()}_{len(self.operations)}", shape, tflite.TensorType.FLOAT32))
        table = (kind, options) if kind else None
        self.operations.append(_Operation(name, inputs, output, table, custom, version))
        return output

    def build(self, *outputs: int) -> bytes:
        """Return the model."""
        b = flatbuffers.Builder(1024)
        buffers = self._buffers(b)
        codes = sorted({(op.name, op.version) for op in self.operations})
        code_table = _vector(b, [_operator_code(b, *code) for code in codes])
        tensors = _vector(b, [_tensor(b, t, i + 1) for i, t in enumerate(self.tensors)])
        operators = _vector(b, [_operator(b, op, codes.index((op.name, op.version))) for op in self.operations])
        ins, outs = (
            b.CreateNumpyVector(np.array(self.inputs, np.int32)),
            b.CreateNumpyVector(np.array(outputs, np.int32)),
        )
        tflite.SubGraphStart(b)
        tflite.SubGraphAddTensors(b, tensors)
        tflite.SubGraphAddInputs(b, ins)
        tflite.SubGraphAddOutputs(b, outs)
        tflite.SubGraphAddOperators(b, operators)
        graphs = _vector(b, [tflite.SubGraphEnd(b)])
        tflite.ModelStart(b)
        tflite.ModelAddVersion(b, 3)
        tflite.ModelAddOperatorCodes(b, code_table)
        tflite.ModelAddSubgraphs(b, graphs)
        tflite.ModelAddBuffers(b, buffers)
        b.Finish(tflite.ModelEnd(b), b"TFL3")
        return bytes(b.Output())

    def _add(self, tensor: _Tensor) -> int:
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def _buffers(self, b: Any) -> int:
        offsets = []
        for data in [b"", *(tensor.data for tensor in self.tensors)]:
            if data:
                b.StartVector(1, len(data), 16)
                b.head -= len(data)
                b.Bytes[b.head : b.head + len(data)] = data
                content = b.EndVector()
            tflite.BufferStart(b)
            if data:
                tflite.BufferAddData(b, content)
            offsets.append(tflite.BufferEnd(b))
        return _vector(b, offsets)


def _vector(b: Any, offsets: list[int]) -> int:
    b.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        b.PrependUOffsetTRelative(offset)
    return int(b.EndVector())


def _operator_code(b: Any, name: str, version: int) -> int:
    builtin = getattr(tflite.BuiltinOperator, name, tflite.BuiltinOperator.CUSTOM)
    custom = b.CreateString(name) if builtin == tflite.BuiltinOperator.CUSTOM else None
    tflite.OperatorCodeStart(b)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(b, min(builtin, 127))
    tflite.OperatorCodeAddBuiltinCode(b, builtin)
    tflite.OperatorCodeAddVersion(b, version)
    if custom is not None:
        tflite.OperatorCodeAddCustomCode(b, custom)
    return int(tflite.OperatorCodeEnd(b))


def _operator(b: Any, op: _Operation, code: int) -> int:
    inputs = b.CreateNumpyVector(np.array(op.inputs, np.int32))
    outputs = b.CreateNumpyVector(np.array([op.output], np.int32))
    custom = b.CreateByteVector(op.custom) if op.custom else None
    table = None
    if op.options is not None:
        kind, options = op.options
        values = {
            key: b.CreateNumpyVector(np.array(value, np.int32)) if isinstance(value, list) else value
            for key, value in options.items()
        }
        getattr(tflite, f"{kind}Start")(b)
        for key, value in values.items():
            getattr(tflite, f"{kind}Add{key}")(b, value)
        table = getattr(tflite, f"{kind}End")(b)
    tflite.OperatorStart(b)
    tflite.OperatorAddOpcodeIndex(b, code)
    tflite.OperatorAddInputs(b, inputs)
    tflite.OperatorAddOutputs(b, outputs)
    if table is not None:
        tflite.OperatorAddBuiltinOptionsType(b, getattr(tflite.BuiltinOptions, op.options[0]))  # type: ignore[index]
        tflite.OperatorAddBuiltinOptions(b, table)
    if custom is not None:
        tflite.OperatorAddCustomOptions(b, custom)
    return int(tflite.OperatorEnd(b))


def _tensor(b: Any, tensor: _Tensor, buffer: int) -> int:
    name = b.CreateString(tensor.name)
    shape = b.CreateNumpyVector(np.array(tensor.shape, np.int32))
    quantization = _quantization(b, tensor) if tensor.scale else None
    sparsity = _sparsity(b, tensor.sparse) if tensor.sparse else None
    tflite.TensorStart(b)
    tflite.TensorAddName(b, name)
    tflite.TensorAddShape(b, shape)
    tflite.TensorAddType(b, tensor.type)
    tflite.TensorAddBuffer(b, buffer)
    if quantization is not None:
        tflite.TensorAddQuantization(b, quantization)
    if sparsity is not None:
        tflite.TensorAddSparsity(b, sparsity)
    return int(tflite.TensorEnd(b))


def _quantization(b: Any, tensor: _Tensor) -> int:
    scale = b.CreateNumpyVector(np.array(tensor.scale, np.float32))
    zero = b.CreateNumpyVector(np.array(tensor.zero, np.int64))
    tflite.QuantizationParametersStart(b)
    tflite.QuantizationParametersAddScale(b, scale)
    tflite.QuantizationParametersAddZeroPoint(b, zero)
    tflite.QuantizationParametersAddQuantizedDimension(b, tensor.axis)
    return int(tflite.QuantizationParametersEnd(b))


def _sparsity(b: Any, sparse: Csr) -> int:
    levels = _vector(b, [_level(b, *level) for level in sparse.levels])
    order = b.CreateNumpyVector(np.array(sparse.order, np.int32))
    blocks = b.CreateNumpyVector(np.array(sparse.blocks, np.int32)) if sparse.blocks else None
    tflite.SparsityParametersStart(b)
    tflite.SparsityParametersAddTraversalOrder(b, order)
    if blocks is not None:
        tflite.SparsityParametersAddBlockMap(b, blocks)
    tflite.SparsityParametersAddDimMetadata(b, levels)
    return int(tflite.SparsityParametersEnd(b))


def _level(b: Any, kind: str, *content: Any) -> int:
    if kind == "dense":
        tflite.DimensionMetadataStart(b)
        tflite.DimensionMetadataAddFormat(b, tflite.DimensionType.DENSE)
        tflite.DimensionMetadataAddDenseSize(b, content[0])
        return int(tflite.DimensionMetadataEnd(b))
    segments, indices = (_index_vector(b, part) for part in content)
    tflite.DimensionMetadataStart(b)
    tflite.DimensionMetadataAddFormat(b, tflite.DimensionType.SPARSE_CSR)
    tflite.DimensionMetadataAddArraySegmentsType(b, tflite.SparseIndexVector.Uint8Vector)
    tflite.DimensionMetadataAddArraySegments(b, segments)
    tflite.DimensionMetadataAddArrayIndicesType(b, tflite.SparseIndexVector.Uint8Vector)
    tflite.DimensionMetadataAddArrayIndices(b, indices)
    return int(tflite.DimensionMetadataEnd(b))


def _index_vector(b: Any, values: list[int]) -> int:
    content = b.CreateNumpyVector(np.array(values, np.uint8))
    tflite.Uint8VectorStart(b)
    tflite.Uint8VectorAddValues(b, content)
    return int(tflite.Uint8VectorEnd(b))
