"""TensorsToClassificationCalculator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit import Resources
from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import Classification, ClassificationList, Tensor
from graphkit.testing import CalculatorRunner

if TYPE_CHECKING:
    from pathlib import Path

LABELS = 'label_map { entries { id: 0 label: "a" } entries { id: 1 label: "b" } entries { id: 2 label: "c" } }'


def classify(options: str, *values: float, resources: Any = None) -> list[Classification]:
    run = CalculatorRunner(
        f"""
        calculator: "TensorsToClassificationCalculator" input_stream: "TENSORS:tensors"
        output_stream: "CLASSIFICATIONS:classes"
        options {{ [mediapipe.TensorsToClassificationCalculatorOptions.ext] {{ {options} }} }}
        """,
        resources=resources,
    )
    run.add("TENSORS", [Tensor(np.array([values], np.float32))], 0)
    run.run()
    (packet,) = run.outputs["CLASSIFICATIONS"]
    assert isinstance(packet.payload, ClassificationList)
    return list(packet.payload)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("", [0, 1, 2], id="class order"),
        pytest.param("sort_by_descending_score: true", [1, 2, 0], id="sorted"),
        pytest.param("top_k: 2", [1, 2], id="best two"),
        pytest.param("top_k: 5", [1, 2, 0], id="fewer than asked for"),
        pytest.param("min_score_threshold: 0.3", [1, 2], id="above a score"),
        pytest.param("min_score_threshold: 0.9", [], id="none is above"),
        pytest.param("allow_classes: [0, 2]", [0, 2], id="allowed"),
        pytest.param("ignore_classes: [1] top_k: 1", [2], id="best that is not ignored"),
    ],
)
def test_which_classes(options: str, expected: list[int]) -> None:
    assert [found.index for found in classify(options, 0.25, 0.75, 0.5)] == expected


def test_binary() -> None:
    found = classify("binary_classification: true top_k: 1", 0.2)
    assert found == [Classification(1, float(np.float32(1) - np.float32(0.2)))]
    assert [one.index for one in classify("binary_classification: true", 0.2)] == [0, 1]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(LABELS, id="label_map"),
        pytest.param(
            " ".join(f'label_items {{ key: {i} value {{ name: "{name}" }} }}' for i, name in enumerate("abc")),
            id="label_items",
        ),
        pytest.param('label_map_path: "names.txt"', id="file"),
    ],
)
def test_names(options: str, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("a\nb\nc\n")
    found = classify(options, 0.25, 0.75, 0.5, resources=Resources([tmp_path]))
    assert [one.label for one in found] == ["a", "b", "c"]
    assert found[0].display_name is None


def test_display_names() -> None:
    options = 'label_items { key: 0 value { name: "cat" display_name: "Katze" } }'
    assert classify(options, 1.0) == [Classification(0, 1.0, "cat", "Katze")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param("allow_classes: 1 ignore_classes: 2", "are both set", id="both"),
        pytest.param(
            "binary_classification: true allow_classes: 1", "two classes that belong together", id="binary"
        ),
    ],
)
def test_bad_options(options: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        classify(options, 1.0)


@pytest.mark.parametrize(
    ("options", "values", "message"),
    [
        pytest.param(LABELS, (0.5,), "there are names for 3 classes", id="names"),
        pytest.param("binary_classification: true", (0.5, 0.5), "needs a tensor of one value", id="binary"),
        pytest.param(
            'label_map { entries { id: 0 label: "a" } entries { id: 0 label: "b" } }',
            (0.5,),
            "label_map names class 0 twice",
            id="twice",
        ),
    ],
)
def test_tensors_that_do_not_fit(options: str, values: tuple[float, ...], message: str) -> None:
    with pytest.raises(CalculatorError, match=message):
        classify(options, *values)


def test_one_tensor_is_needed() -> None:
    run = CalculatorRunner(
        'calculator: "TensorsToClassificationCalculator" input_stream: "TENSORS:t" '
        'output_stream: "CLASSIFICATIONS:c"'
    )
    run.add("TENSORS", [Tensor(np.zeros(1, np.float32))] * 2, 0)
    with pytest.raises(CalculatorError, match="TENSORS holds 2 tensors"):
        run.run()
