from __future__ import annotations

import pytest

from graphkit.errors import CalculatorError
from graphkit.formats import BoundingBox, Detection, RelativeBoundingBox
from graphkit.testing import CalculatorRunner

NODE = """
    calculator: "AssociationDetectionCalculator"
    input_stream: "PREV:previous"
    input_stream: "first"
    input_stream: "second"
    output_stream: "merged"
    options { [mediapipe.AssociationCalculatorOptions.ext] { min_similarity_threshold: 0.3 } }
"""


def found(x: float, id_: int | None = None) -> Detection:
    return Detection((0.9,), RelativeBoundingBox(x, 0.1, 0.2, 0.2), detection_id=id_)


def merge(previous: list[Detection], first: list[Detection], second: list[Detection]) -> list[Detection]:
    runner = CalculatorRunner(NODE)
    runner.add("PREV", previous, 1)
    runner.add(0, first, 1)
    runner.add(1, second, 1)
    merged: list[Detection] = runner.run().outputs[0][0].payload
    return merged


@pytest.mark.parametrize(
    ("previous", "first", "second", "expected"),
    [
        pytest.param([], [found(0.1, 3)], [found(0.12)], [found(0.12, 3)], id="id-of-the-replaced"),
        pytest.param([], [found(0.1)], [found(0.12, 8)], [found(0.12, 8)], id="own-id-stays"),
        pytest.param([found(0.1, 5)], [found(0.12)], [], [found(0.12, 5)], id="id-of-the-previous-frame"),
        pytest.param([found(0.6, 5)], [found(0.12)], [], [found(0.12)], id="previous-elsewhere"),
        pytest.param(
            [found(0.1, 5)], [found(0.11, 3)], [found(0.12)], [found(0.12, 5)], id="previous-has-the-last-word"
        ),
    ],
)
def test_ids_are_handed_on(
    previous: list[Detection], first: list[Detection], second: list[Detection], expected: list[Detection]
) -> None:
    assert merge(previous, first, second) == expected


def test_pixel_boxes_are_refused() -> None:
    with pytest.raises(CalculatorError, match="has a BoundingBox; a RelativeBoundingBox was expected"):
        merge([], [Detection((0.9,), BoundingBox(1, 2, 3, 4))], [])
