"""The importer's front: bytes of a ``.tflite`` in, an ONNX model out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from graphkit.errors import InferenceError, ModelFormatError, StatusCode, UnsupportedOpError
from graphkit.inference._imported import METADATA_KEY
from graphkit.inference._importer.lowering import Lowering, logical_shape, stored_shape
from graphkit.inference._importer.ops import CONVERTERS
from graphkit.inference._importer.passes import run_passes
from graphkit.inference._importer.reader import DAMAGE, read_tflite
from graphkit.inference._importer.rows import set_rows
from graphkit.inference._importer.stages import count_stages, stage_of
from graphkit.inference._importer.writer import write_onnx
from graphkit.inference._model_file import check_outputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from graphkit.inference._importer.graph import Graph
    from graphkit.inference._importer.reader import TfliteModel, TfliteOperator

    Interface: TypeAlias = dict[str, object]


def import_tflite(
    data: bytes,
    path: str = "<bytes>",
    outputs: Sequence[int] | None = None,
    *,
    blocked: bool = True,
    rows: int = 1,
    stage: int | None = None,
) -> bytes:
    """Convert a TensorFlow Lite model.

    Args:
        data: the whole file.
        path: what to call it in errors.
        outputs: the indices of the outputs to compute, in the order wanted; None for all of them.
        blocked: shape the graph for ONNX Runtime's blocked kernels, which its CPU provider has on x86.
        rows: how many pictures one run takes, of a model that is made for one.
        stage: which part of the model, counted from 0; None for all of it. A stage takes what the one before it
            gives, as a picture of so many channels; its metadata says how many there are.

    Returns:
        A serialised ONNX model. Rank-4 inputs are NCHW; outputs are in the model's own (NHWC) order.
        Its metadata names the model's inputs and outputs as they are in the .tflite.

    Raises:
        ModelFormatError: not a TensorFlow Lite model, or a damaged one.
        UnsupportedOpError: it holds an operation that is not known.
        InferenceError: there is no output of a given index, or an operation may mix *rows*.
    """
    return _written(data, path, outputs, None, blocked=blocked, rows=rows, stage=stage)


class Imported(NamedTuple):
    """An imported model whose filters are not copied into it.

    Attributes:
        model: as `import_tflite` returns it, but for these weights.
        weights: by their names in the model.
    """

    model: bytes
    weights: dict[str, NDArray[Any]]


def import_apart(
    data: bytes,
    path: str = "<bytes>",
    outputs: Sequence[int] | None = None,
    *,
    blocked: bool = True,
    rows: int = 1,
    stage: int | None = None,
) -> Imported:
    """Convert a TensorFlow Lite model; arguments and errors as `import_tflite` has them."""
    weights: dict[str, NDArray[Any]] = {}
    return Imported(_written(data, path, outputs, weights, blocked=blocked, rows=rows, stage=stage), weights)


def _written(
    data: bytes,
    path: str,
    outputs: Sequence[int] | None,
    apart: dict[str, NDArray[Any]] | None,
    *,
    blocked: bool,
    rows: int,
    stage: int | None,
) -> bytes:
    model = read_tflite(data, path)
    try:
        graph, interface = _import(model, outputs, blocked=blocked, rows=rows)
        interface["stages"] = count_stages(graph)
        if stage is not None:
            graph, interface = _cut(graph, interface, stage)
        return write_onnx(graph, {METADATA_KEY: json.dumps(interface)}, apart)
    except DAMAGE as exc:
        raise ModelFormatError(path, f"a TensorFlow Lite model that contradicts itself ({exc!r})") from exc


def _import(
    model: TfliteModel, outputs: Sequence[int] | None, *, blocked: bool, rows: int
) -> tuple[Graph, Interface]:
    chosen = range(len(model.outputs)) if outputs is None else outputs
    check_outputs(model.path, chosen, len(model.outputs))
    wanted = [model.outputs[index] for index in chosen]
    low = Lowering(model)
    _declare_inputs(low)
    for op in needed_operators(model, wanted):
        _convert(low, op)
    low.graph.outputs = [low.to_logical(low.value(tensor)) for tensor in wanted]
    run_passes(low.graph, blocked=blocked)
    if rows > 1 and (mixing := set_rows(low.graph, rows)) is not None:
        raise InferenceError(
            f"operation {mixing.op} (it makes {mixing.output!r}) may mix the {rows} pictures of a run; give them "
            "to it one by one.",
            model=model.path,
            status=StatusCode.UNIMPLEMENTED,
        )
    return low.graph, _interface(model, wanted, rows)


def _cut(graph: Graph, interface: Interface, stage: int) -> tuple[Graph, Interface]:
    """Return one stage of the graph, and its interface: what it hands on is named as in the graph."""
    part, told = stage_of(graph, stage), dict(interface)
    taken, made = part.inputs[0], part.outputs[0]
    if part.inputs != graph.inputs:
        batch, channels, *size = graph.shapes[taken]
        told["inputs"] = [{"name": taken, "shape": [batch, *size, channels]}]
    if part.outputs != graph.outputs:
        told["outputs"] = [{"name": made, "shape": list(graph.shapes[made])}]
    return part, told


def needed_operators(model: TfliteModel, wanted: Sequence[int]) -> list[TfliteOperator]:
    """Return, in their order, the operations that the wanted tensors depend on."""
    needed = set(wanted)
    kept: list[TfliteOperator] = []
    for op in reversed(model.operators):
        if needed.intersection(op.outputs):
            needed.update(op.inputs)
            kept.append(op)
    return kept[::-1]


def _declare_inputs(low: Lowering) -> None:
    for tensor in low.model.inputs:
        name = low.model.tensors[tensor].name
        low.graph.inputs.append(name)
        low.graph.shapes[name] = stored_shape(low.shape(tensor))
        low.set_value(tensor, name)


def _convert(low: Lowering, op: TfliteOperator) -> None:
    if not op.outputs:
        raise ModelFormatError(low.model.path, f"operation {op.name} without an output")
    target = low.model.tensors[op.outputs[0]]
    if op.name not in CONVERTERS:
        raise UnsupportedOpError(op.name, low.model.path, target.name, known=CONVERTERS)
    if target.type_name not in ("FLOAT32", "FLOAT16"):
        raise low.unsupported(op, f"it computes {target.type_name}; only floating point is known")
    try:
        value = CONVERTERS[op.name](low, op)
    except DAMAGE as exc:
        raise ModelFormatError(
            low.model.path,
            f"operation {op.name} (it makes tensor {target.name!r}) does not fit what it reads ({exc!r})",
        ) from exc
    if value is not None:
        low.set_value(op.outputs[0], value)
    _check_shape(low, op)


def _check_shape(low: Lowering, op: TfliteOperator) -> None:
    """Hold an operation to the shape that the model gives its output, which bounds the memory that it takes."""
    tensor = op.outputs[0]
    declared, constant = low.shape(tensor), low.array(tensor)
    made = low.graph.shapes[low.value(tensor)] if constant is None else stored_shape(constant.shape)
    if made != stored_shape(declared):
        raise ModelFormatError(
            low.model.path,
            f"operation {op.name} makes tensor {low.model.tensors[tensor].name!r} of shape "
            f"{logical_shape(made)}, for which the model says {declared}",
        )


def _interface(model: TfliteModel, wanted: Sequence[int], rows: int) -> Interface:
    def describe(tensor: int) -> dict[str, object]:
        shape = list(model.tensors[tensor].shape)
        return {"name": model.tensors[tensor].name, "shape": shape if rows == 1 else [rows, *shape[1:]]}

    return {"inputs": [describe(t) for t in model.inputs], "outputs": [describe(t) for t in wanted]}
