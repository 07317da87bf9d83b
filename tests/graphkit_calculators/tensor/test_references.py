"""Small graphs of tensor, landmark, detection and image calculators answer what MediaPipe 0.10.21 answers.

tests/data/calculators/make_references.py made the cases.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphkit import CalculatorGraph
from graphkit.formats import (
    ClassificationList,
    Detection,
    ImageFrame,
    LandmarkList,
    NormalizedLandmarkList,
    NormalizedRect,
    Tensor,
    from_json,
    to_json,
)

DATA = Path(__file__).parents[2] / "data" / "calculators"
KINDS = {
    "NormalizedRect": NormalizedRect,
    "NormalizedLandmarkList": NormalizedLandmarkList,
    "LandmarkList": LandmarkList,
    "Detection": Detection,
    "Detections": list[Detection],
    "ClassificationList": ClassificationList,
}
TENSOR_CONVERTER = 'calculator: "TensorConverterCalculator"'

with np.load(DATA / "references.npz") as _file:
    ARRAYS = dict(_file)
CASES = json.loads((DATA / "references.json").read_text())
ON_STREAMS = [case for case in CASES if "matrix" not in case["inputs"]]
ON_TENSORS = [case for case in CASES if "matrix" in case["inputs"]]


def by_name(cases: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in cases])


def payload(kind: str, value: Any) -> Any:
    return ImageFrame(ARRAYS[value].copy()) if kind == "ImageFrame" else from_json(KINDS[kind], value)


def answer(text: str, inputs: dict[str, Any]) -> Any:
    graph = CalculatorGraph(text)
    found: list[Any] = []
    graph.observe_output_stream("out", lambda packet: found.append(packet.payload))
    graph.start_run()
    for stream, value in inputs.items():
        graph.add_packet_to_input_stream(stream, value, 0)
    graph.close_all_packet_sources()
    graph.wait_until_done()
    (only,) = found
    return only


def numbers(value: Any) -> list[float]:
    """All numbers of a JSON value, in the order of sorted keys."""
    if isinstance(value, dict):
        return [number for key in sorted(value) for number in numbers(value[key])]
    if isinstance(value, list):
        return [number for item in value for number in numbers(item)]
    return [float(value)] if isinstance(value, int | float) else []


def without_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_numbers(item) for item in value]
    return None if isinstance(value, int | float) else value


def check(found: Any, case: dict[str, Any]) -> None:
    kind, expected = case["kind"], case["expected"]
    if kind == "image" and found.data.dtype == np.float32:
        np.testing.assert_allclose(found.data, ARRAYS[expected], atol=1e-6)
    elif kind == "image":
        np.testing.assert_array_equal(found.data, ARRAYS[expected])
    elif kind == "floats":
        np.testing.assert_allclose(np.array(found, np.float32), ARRAYS[expected], atol=1e-6)
    else:
        value = to_json(found)
        assert without_numbers(value) == without_numbers(expected)
        assert numbers(value) == pytest.approx(numbers(expected), abs=1e-6)


@by_name(ON_STREAMS)
def test_answers_what_mediapipe_answers(case: dict[str, Any]) -> None:
    inputs = {stream: payload(*value) for stream, value in case["inputs"].items()}
    check(answer(case["graph"], inputs), case)


@by_name(ON_TENSORS)
def test_reads_tensors_as_mediapipe_does(case: dict[str, Any]) -> None:
    # The node that makes a tensor of a matrix is none of those under test: its output is fed instead.
    lines = [line for line in case["graph"].splitlines() if TENSOR_CONVERTER not in line]
    text = "\n".join(lines).replace('input_stream: "matrix"', 'input_stream: "tensors"', 1)
    inputs = {stream: payload(*value) for stream, value in case["inputs"].items() if stream != "matrix"}
    values = ARRAYS[case["inputs"]["matrix"][1]]
    check(answer(text, {"tensors": [Tensor(values[None, :, :, None].copy())], **inputs}), case)
