"""Cuts an ``.onnx`` model down to the outputs that are wanted."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from graphkit.errors import ModelFormatError
from graphkit.inference._imported import METADATA_KEY
from graphkit.inference._model_file import check_outputs, describe_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def select_outputs(data: bytes, path: str, outputs: Sequence[int]) -> bytes:
    """Return the model with only the given outputs, in that order, and only what they need.

    Raises:
        ModelFormatError: the bytes are no ONNX model.
        InferenceError: it has no output of that index.
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load_model_from_string(data)
    except DecodeError as exc:
        raise ModelFormatError(path, describe_bytes(data), "an ONNX model") from exc
    count = len(model.graph.output)
    check_outputs(path, outputs, count)
    kept = [model.graph.output[index] for index in outputs]
    nodes = _needed(model.graph, {value.name for value in kept})
    read = {name for node in nodes for name in _reads(node)}
    weights = [weight for weight in model.graph.initializer if weight.name in read]
    for field, values in (("output", kept), ("node", nodes), ("initializer", weights)):
        copies = [type(value).FromString(value.SerializeToString()) for value in values]
        model.graph.ClearField(field)
        getattr(model.graph, field).extend(copies)
    _select_told(model, outputs)
    return bytes(model.SerializeToString())


def _select_told(model: Any, outputs: Sequence[int]) -> None:
    """Keep the declarations of the outputs that are left; a session checks whether they are right."""
    for entry in model.metadata_props:
        if entry.key == METADATA_KEY:
            with suppress(LookupError, TypeError, ValueError, RecursionError):
                told = json.loads(entry.value)
                told["outputs"] = [told["outputs"][index] for index in outputs]
                entry.value = json.dumps(told)


def _needed(graph: Any, wanted: set[str]) -> list[Any]:
    kept = []
    for node in reversed(graph.node):
        if wanted.intersection(node.output):
            wanted.update(_reads(node))
            kept.append(node)
    return kept[::-1]


def _reads(node: Any) -> Iterator[str]:
    """Yield the values a node reads, those its subgraphs take from outside among them."""
    yield from node.input
    for attribute in node.attribute:
        for body in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
            for inner in body.node:
                yield from _reads(inner)
            yield from (value.name for value in body.output)
