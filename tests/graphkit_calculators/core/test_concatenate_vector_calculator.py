from __future__ import annotations

import numpy as np
import pytest

from graphkit.formats import Classification, ClassificationList, NormalizedLandmarkList
from graphkit.testing import CalculatorRunner


def concatenate(calculator, options=""):
    return CalculatorRunner(
        f'calculator: "{calculator}" input_stream: "a" input_stream: "b" output_stream: "out" '
        f"options {{ [mediapipe.ConcatenateVectorCalculatorOptions.ext] {{ {options} }} }}"
    )


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param([1.0, 2.0], [3.0], [1.0, 2.0, 3.0], id="lists"),
        pytest.param(1.0, [2.0], [1.0, 2.0], id="item-and-list"),
        pytest.param([], [], [], id="empty"),
        pytest.param(None, [2.0], [2.0], id="missing"),
    ],
)
def test_lists_and_items(first, second, expected, timed):
    runner = concatenate("ConcatenateFloatVectorCalculator")
    for key, value in enumerate((first, second)):
        if value is None:
            runner.set_bound(key, 6)
        else:
            runner.add(key, value, 5)
    runner.run()
    assert timed(runner.outputs[0]) == [(expected, 5)]


def test_only_where_all_are_present():
    runner = concatenate("ConcatenateFloatVectorCalculator", "only_emit_if_all_present: true")
    runner.add(0, [1.0], 5)
    runner.set_bound(1, 6)
    runner.run()
    assert runner.outputs[0] == []
    assert runner.output_bounds[0] == 6


def test_landmark_lists():
    a = NormalizedLandmarkList.from_xyz(np.full((2, 3), 0.1))
    b = NormalizedLandmarkList.from_xyz(np.full((1, 3), 0.2), visibility=[0.9])
    runner = concatenate("ConcatenateNormalizedLandmarkListCalculator")
    runner.add(0, a, 5)
    runner.add(1, b, 5)
    runner.run()
    joined = runner.outputs[0][0].payload
    assert joined.data.tolist() == np.concatenate([a.data, b.data]).tolist()
    assert joined.has_visibility


def test_classification_lists(timed):
    classes = [ClassificationList([Classification(i, 0.5)]) for i in range(2)]
    runner = concatenate("ConcatenateClassificationListCalculator")
    runner.add(0, classes[0], 5)
    runner.add(1, classes[1], 5)
    runner.run()
    assert timed(runner.outputs[0]) == [(ClassificationList([*classes[0], *classes[1]]), 5)]
