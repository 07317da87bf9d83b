"""LandmarksRefinementCalculator. The whole model is compared with MediaPipe in tests/graphs/test_families.py."""

from __future__ import annotations

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import NormalizedLandmarkList
from graphkit.testing import CalculatorRunner

MESH = np.array([[0.1, 0.2, 1.0], [0.3, 0.4, 2.0], [0.5, 0.6, 6.0]])
COPY = "refinement { indexes_mapping: [0, 1, 2] z_refinement { copy {} } }"


def runner(*refinements: str, inputs: int | None = None) -> CalculatorRunner:
    count = len(refinements) if inputs is None else inputs
    streams = " ".join(f'input_stream: "LANDMARKS:{i}:l{i}"' for i in range(count))
    return CalculatorRunner(f"""
        calculator: "LandmarksRefinementCalculator" {streams} output_stream: "REFINED_LANDMARKS:out"
        options {{ [mediapipe.LandmarksRefinementCalculatorOptions.ext] {{ {" ".join(refinements)} }} }}
    """)


def points(*xyz: tuple[float, float, float]) -> NormalizedLandmarkList:
    return NormalizedLandmarkList.from_xyz(np.array(xyz))


def refined(run: CalculatorRunner, *lists: NormalizedLandmarkList) -> NormalizedLandmarkList:
    for index, found in enumerate(lists):
        run.add(("LANDMARKS", index), found, 5)
    (packet,) = run.run().outputs["REFINED_LANDMARKS"]
    assert packet.timestamp == 5
    result: NormalizedLandmarkList = packet.payload
    return result


@pytest.mark.parametrize(
    ("way", "z"),
    [
        pytest.param("none {}", [1.0, 2.0, 6.0], id="z stays"),
        pytest.param("copy {}", [1.0, 8.0, 9.0], id="z is taken"),
        pytest.param("assign_average { indexes_for_average: [0, 1] }", [1.0, 1.5, 1.5], id="z is the mean"),
    ],
)
def test_the_later_list_lies_over_the_earlier(way: str, z: list[float]) -> None:
    run = runner(COPY, f"refinement {{ indexes_mapping: [2, 1] z_refinement {{ {way} }} }}")
    found = refined(run, points(*MESH), points((0.9, 0.8, 9.0), (0.7, 0.6, 8.0)))
    np.testing.assert_allclose(found.xy, [[0.1, 0.2], [0.7, 0.6], [0.9, 0.8]], atol=1e-7)
    np.testing.assert_allclose(found.z, z)
    assert not found.has_visibility


def test_new_points_may_come_behind() -> None:
    average = "z_refinement { assign_average { indexes_for_average: [0, 2] } }"
    run = runner(COPY, f"refinement {{ indexes_mapping: [3] {average} }}")
    found = refined(run, points(*MESH), points((0.9, 0.8, 9.0)))
    assert found[3].z == 3.5


def test_nothing_without_all_lists() -> None:
    run = runner(COPY, "refinement { indexes_mapping: [1] z_refinement { none {} } }")
    run.add(("LANDMARKS", 0), points(*MESH), 5)
    run.set_bound(("LANDMARKS", 1), 6)
    assert run.run().outputs["REFINED_LANDMARKS"] == []


@pytest.mark.parametrize(
    ("refinements", "inputs", "message"),
    [
        pytest.param([COPY], 2, "2 LANDMARKS inputs and 1 refinements", id="an input too many"),
        pytest.param(["refinement { z_refinement { copy {} } }"], 1, "has no indexes_mapping", id="no indexes"),
        pytest.param(["refinement { indexes_mapping: [0] }"], 1, "sets nothing; set one of", id="no z"),
        pytest.param(
            ["refinement { indexes_mapping: [0] z_refinement { copy {} none {} } }"],
            1,
            "sets none, copy; set one of",
            id="two ways for z",
        ),
        pytest.param(
            ["refinement { indexes_mapping: [0] z_refinement { assign_average {} } }"],
            1,
            "has no indexes_for_average",
            id="an average of nothing",
        ),
        pytest.param(
            ["refinement { indexes_mapping: [0, 3] z_refinement { copy {} } }"],
            1,
            r"leave out \[1, 2\]",
            id="a gap",
        ),
        pytest.param(
            ["refinement { indexes_mapping: [0, -1] z_refinement { copy {} } }"],
            1,
            "go from -1 to 0",
            id="below zero",
        ),
    ],
)
def test_faults(refinements: list[str], inputs: int, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        runner(*refinements, inputs=inputs).run()


def test_a_list_of_another_model() -> None:
    run = runner(COPY)
    run.add(("LANDMARKS", 0), points((0, 0, 0)), 5)
    with pytest.raises(CalculatorError, match=r"LANDMARKS:0 has 1 landmarks, its indexes_mapping 3"):
        run.run()
