from __future__ import annotations

import numpy as np
import pytest

from graphkit.errors import GraphkitError
from graphkit.formats import NormalizedLandmarkList
from graphkit.testing import CalculatorRunner


def split(options, outputs, calculator="SplitFloatVectorCalculator"):
    names = " ".join(f'output_stream: "out{i}"' for i in range(outputs))
    return CalculatorRunner(
        f'calculator: "{calculator}" input_stream: "list" {names} '
        f"options {{ [mediapipe.SplitVectorCalculatorOptions.ext] {{ {options} }} }}"
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param(
            "ranges { begin: 0 end: 1 } ranges { begin: 1 end: 4 }", [[0.0], [1.0, 2.0, 3.0]], id="lists"
        ),
        pytest.param(
            "ranges { begin: 1 end: 3 } ranges { begin: 2 end: 4 }", [[1.0, 2.0], [2.0, 3.0]], id="overlap"
        ),
        pytest.param(
            "ranges { begin: 0 end: 1 } ranges { begin: 3 end: 4 } element_only: true", [0.0, 3.0], id="elements"
        ),
        pytest.param(
            "ranges { begin: 3 end: 4 } ranges { begin: 0 end: 2 } combine_outputs: true",
            [[3.0, 0.0, 1.0]],
            id="combined",
        ),
    ],
)
def test_ranges(options, expected, timed):
    runner = split(options, len(expected))
    runner.add(0, [0.0, 1.0, 2.0, 3.0], 5)
    runner.run()
    assert [timed(runner.outputs[i]) for i in range(len(expected))] == [[(part, 5)] for part in expected]


@pytest.mark.parametrize(
    ("options", "outputs", "message"),
    [
        pytest.param("ranges { begin: 0 end: 1 }", 2, "1 ranges for 2 output streams", id="outputs"),
        pytest.param("ranges { begin: 1 end: 1 }", 1, "begin: 1 end: 1 is empty or negative", id="empty"),
        pytest.param("ranges { begin: -1 end: 1 }", 1, "begin: -1 end: 1 is empty or negative", id="negative"),
        pytest.param(
            "ranges { begin: 0 end: 2 } element_only: true",
            1,
            "holds 2 elements, element_only needs one",
            id="element",
        ),
        pytest.param(
            "ranges { begin: 0 end: 1 } combine_outputs: true", 2, "combine_outputs needs one output", id="combine"
        ),
        pytest.param(
            "ranges { begin: 2 end: 4 } ranges { begin: 0 end: 3 } combine_outputs: true",
            1,
            "ranges 0 to 3 and 2 to 4 overlap",
            id="combine-overlap",
        ),
    ],
)
def test_bad_options(options, outputs, message):
    with pytest.raises(GraphkitError, match=message):
        split(options, outputs).run()


def test_a_short_list_is_an_error():
    runner = split("ranges { begin: 0 end: 3 }", 1)
    runner.add(0, [1.0, 2.0], 5)
    with pytest.raises(GraphkitError, match="ranges need 3 elements, but the list has 2"):
        runner.run()


@pytest.fixture
def landmarks():
    return NormalizedLandmarkList.from_xyz(np.arange(12).reshape(4, 3), visibility=[0.1, 0.2, 0.3, 0.4])


def test_landmarks_in_ranges(landmarks):
    runner = split(
        "ranges { begin: 0 end: 1 } ranges { begin: 1 end: 4 }", 2, "SplitNormalizedLandmarkListCalculator"
    )
    runner.add(0, landmarks, 5)
    runner.run()
    first, rest = (runner.outputs[i][0].payload for i in (0, 1))
    assert first.xyz.tolist() == [[0, 1, 2]]
    assert rest.xyz.tolist() == landmarks.xyz[1:].tolist()
    assert rest.has_visibility
    assert not rest.has_presence


def test_landmarks_combined_and_single(landmarks):
    options = "ranges { begin: 3 end: 4 } ranges { begin: 0 end: 2 }"
    combined = split(options + " combine_outputs: true", 1, "SplitNormalizedLandmarkListCalculator")
    single = split("ranges { begin: 2 end: 3 } element_only: true", 1, "SplitNormalizedLandmarkListCalculator")
    for runner in (combined, single):
        runner.add(0, landmarks, 5)
        runner.run()
    assert combined.outputs[0][0].payload.data.tolist() == landmarks.data[[3, 0, 1]].tolist()
    assert single.outputs[0][0].payload == landmarks[2]
