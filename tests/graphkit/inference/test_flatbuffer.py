"""The reader of flatbuffers, against the readers that are generated from TensorFlow Lite's schema."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tflite

from graphkit.inference._importer import schema
from graphkit.inference._importer.flatbuffer import Flatbuffer
from graphkit.inference._importer.reader import read_tflite

ROOT = Path(__file__).parents[3]
MODELS = [
    ROOT / "graphs/modules/face_landmark/face_landmark_with_attention.tflite",
    ROOT / "graphs/modules/face_detection/face_detection_full_range_sparse.tflite",
    *sorted((ROOT / "tests/data/inference/ops").glob("*.tflite")),
]


@cache
def names(enum: type) -> list[str]:
    by_number = {value: name for name, value in vars(enum).items() if isinstance(value, int)}
    return [by_number[number] for number in range(len(by_number))]


def indices(vector: Any) -> tuple[int, ...]:
    return () if isinstance(vector, int) else tuple(vector.tolist())


@pytest.mark.parametrize(
    ("ours", "enum"),
    [
        pytest.param(schema.OPERATORS, tflite.BuiltinOperator, id="operations"),
        pytest.param(schema.TENSOR_TYPES, tflite.TensorType, id="types of elements"),
        pytest.param(schema.ACTIVATIONS, tflite.ActivationFunctionType, id="activations"),
    ],
)
def test_names_of_numbers(ours: tuple[str, ...], enum: type) -> None:
    assert list(ours) == names(enum)


@pytest.mark.parametrize("number", sorted(schema.OPTIONS))
def test_options_have_the_defaults_of_the_schema(number: int) -> None:
    kind = next(name for name, value in vars(tflite.BuiltinOptions).items() if value == number)
    empty = bytes([4, 0, 4, 0, 4, 0, 0, 0])  # a table without fields at 4
    theirs = getattr(tflite, kind)()
    theirs.Init(empty, 4)
    for name, (_, _, default) in schema.OPTIONS[number].items():
        assert default == getattr(theirs, getter(name))(), name


def getter(name: str) -> str:
    known = {
        "activation": "FusedActivationFunction",
        "dilation_w": "DilationWFactor",
        "dilation_h": "DilationHFactor",
    }
    return known.get(name, "".join(word.capitalize() for word in name.split("_")))


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_models_are_what_the_generated_readers_read(path: Path) -> None:
    data = path.read_bytes()
    found, graph = read_tflite(data), tflite.Model.GetRootAsModel(data, 0).Subgraphs(0)
    assert (found.inputs, found.outputs) == (indices(graph.InputsAsNumpy()), indices(graph.OutputsAsNumpy()))
    assert len(found.tensors) == graph.TensorsLength()
    for index, tensor in enumerate(found.tensors):
        theirs = graph.Tensors(index)
        assert (tensor.name, tensor.shape) == (theirs.Name().decode(), indices(theirs.ShapeAsNumpy()))
        assert tensor.type_name == names(tflite.TensorType)[theirs.Type()]
    assert len(found.operators) == graph.OperatorsLength()
    for index, operator in enumerate(found.operators):
        theirs = graph.Operators(index)
        assert operator.inputs == indices(theirs.InputsAsNumpy())
        assert operator.outputs == indices(theirs.OutputsAsNumpy())
        if operator.options:
            table = getattr(tflite, names(tflite.BuiltinOptions)[theirs.BuiltinOptionsType()])()
            table.Init(theirs.BuiltinOptions().Bytes, theirs.BuiltinOptions().Pos)
            assert operator.options == {name: getattr(table, getter(name))() for name in operator.options}


def test_weights_are_views_of_the_file() -> None:
    data = MODELS[0].read_bytes()
    held = np.frombuffer(data, np.uint8)
    weights = [tensor.data for tensor in read_tflite(data).tensors if tensor.data is not None]
    assert len(weights) > 100
    assert all(np.shares_memory(array, held) for array in weights if array.size)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        pytest.param(b"", Exception, id="empty"),
        pytest.param(b"\xff\xff\xff\xff", Exception, id="root beyond the end"),
        pytest.param(bytes([4, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F]), ValueError, id="fields before the beginning"),
        pytest.param(bytes([8, 0, 0, 0, 0xFF, 0, 0, 0, 4, 0, 0, 0]), Exception, id="fields beyond the end"),
    ],
)
def test_damaged_tables(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        Flatbuffer(data).root()


def test_a_vector_that_claims_more_tables_than_fit() -> None:
    table = bytes([12, 0, 0, 0, 6, 0, 8, 0, 4, 0, 0, 0, 8, 0, 0, 0, 4, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x0F])
    with pytest.raises(ValueError, match="268435455 tables in 24 bytes"):
        Flatbuffer(table).root().tables(0)
