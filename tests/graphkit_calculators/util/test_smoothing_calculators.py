"""LandmarksSmoothing-, VisibilitySmoothing- and VisibilityCopyCalculator.

tests/data/calculators/make_sequences.py made the sequences with MediaPipe 0.10.21.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import ImageSize, LandmarkList, NormalizedLandmarkList, NormalizedRect, Rect
from graphkit.testing import CalculatorRunner

DATA = Path(__file__).parents[2] / "data" / "calculators"
SEQUENCES = json.loads((DATA / "sequences.json").read_text())
with np.load(DATA / "sequences.npz") as _file:
    ARRAYS = dict(_file)
EURO = "one_euro_filter { min_cutoff: 0.05 beta: 80 }"
LOW_PASS = "low_pass_filter { alpha: 0.1 }"
NORMALIZED = 'input_stream: "NORM_LANDMARKS:in" output_stream: "NORM_FILTERED_LANDMARKS:out"'
ABSOLUTE = 'input_stream: "LANDMARKS:in" output_stream: "FILTERED_LANDMARKS:out"'


def runner(streams: str, options: str, calculator: str = "LandmarksSmoothingCalculator") -> CalculatorRunner:
    return CalculatorRunner(
        f'calculator: "{calculator}" {streams} options {{ [mediapipe.{calculator}Options.ext] {{ {options} }} }}'
    )


def feed(run: CalculatorRunner, case: dict[str, Any]) -> None:
    for index, time in enumerate(case["timestamps"]):
        if "IMAGE_SIZE" in case["streams"]:
            run.add("IMAGE_SIZE", ImageSize(*SEQUENCES["size"]), time)
        if "OBJECT_SCALE_ROI" in case["streams"]:
            run.add("OBJECT_SCALE_ROI", NormalizedRect(0.5, 0.5, *SEQUENCES["regions"][index]), time)
        if index in case["lost"]:
            continue
        rows = ARRAYS["walk"][index].copy()
        if "NORM_" in case["streams"]:
            run.add("NORM_LANDMARKS", NormalizedLandmarkList(rows, True, True), time)
        else:
            run.add("LANDMARKS", LandmarkList(rows, True, True), time)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in SEQUENCES["cases"]])
def test_smooths_as_mediapipe_does(case: dict[str, Any]) -> None:
    run = runner(case["streams"], case["options"], case["calculator"])
    feed(run, case)
    run.run()
    (packets,) = run.outputs.values()
    found = np.full_like(ARRAYS["walk"], np.nan)
    for packet in packets:
        found[case["timestamps"].index(packet.timestamp)] = packet.payload.data
    expected = ARRAYS[case["name"]]
    assert np.isnan(expected).any() == bool(case["lost"])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def landmarks(*x: float) -> LandmarkList:
    return LandmarkList.from_xyz(np.array([[value, 2 * value, 0] for value in x]))


def smoothed_x(run: CalculatorRunner) -> list[list[float]]:
    run.run()
    return [packet.payload.x.tolist() for packet in run.outputs["FILTERED_LANDMARKS"]]


def test_a_time_that_is_not_later_passes_unsmoothed() -> None:
    # The filters start at one nanosecond before 0, so a negative time is not later than their start.
    run = runner(ABSOLUTE, f"{EURO[:-1]} disable_value_scaling: true }}")
    run.add("LANDMARKS", landmarks(0, 1), -20)
    run.add("LANDMARKS", landmarks(5, 6), -10)
    assert smoothed_x(run) == [[0, 1], [5, 6]]


def test_a_rect_in_pixels_scales_absolute_landmarks() -> None:
    found = []
    for side in (10, 1000):
        run = runner(ABSOLUTE + ' input_stream: "OBJECT_SCALE_ROI:roi"', "one_euro_filter { beta: 1 }")
        for time, x in ((1000, 0.0), (34_000, 1.0), (67_000, 2.0)):
            run.add("LANDMARKS", landmarks(x, x + 1), time)
            run.add("OBJECT_SCALE_ROI", Rect(0, 0, side, side), time)
        found.append(smoothed_x(run)[-1][0])
    # Seen from far away the same way is a short one: it is smoothed more.
    assert found[0] > found[1] > 0


def test_no_landmarks_in_a_list() -> None:
    run = runner(ABSOLUTE, EURO)
    run.add("LANDMARKS", LandmarkList(np.zeros((0, 5), np.float32)), 0)
    assert smoothed_x(run) == [[]]


def test_visibility_is_there_afterwards() -> None:
    run = runner(ABSOLUTE, LOW_PASS, "VisibilitySmoothingCalculator")
    run.add("LANDMARKS", landmarks(1), 0)
    run.run()
    found = run.outputs["FILTERED_LANDMARKS"][0].payload
    assert (found.has_visibility, found.has_presence) == (True, False)


@pytest.mark.parametrize(
    ("calculator", "options"),
    [
        pytest.param("LandmarksSmoothingCalculator", EURO, id="landmarks"),
        pytest.param("VisibilitySmoothingCalculator", LOW_PASS, id="visibility"),
    ],
)
def test_another_number_of_landmarks(calculator: str, options: str) -> None:
    run = runner(ABSOLUTE, options, calculator)
    run.add("LANDMARKS", landmarks(1, 2), 0)
    run.add("LANDMARKS", landmarks(1, 2, 3), 1)
    with pytest.raises(CalculatorError, match="3 landmarks came in after lists of 2"):
        run.run()


@pytest.mark.parametrize(
    ("streams", "options", "calculator", "message"),
    [
        pytest.param(
            ABSOLUTE + ' input_stream: "NORM_LANDMARKS:more"', EURO, "LandmarksSmoothingCalculator",
            "exactly one of NORM_LANDMARKS and LANDMARKS", id="two kinds",
        ),
        pytest.param(
            'input_stream: "LANDMARKS:in" output_stream: "NORM_FILTERED_LANDMARKS:out"', EURO,
            "LandmarksSmoothingCalculator", "LANDMARKS at FILTERED_LANDMARKS", id="another kind comes out",
        ),
        pytest.param(NORMALIZED, EURO, "LandmarksSmoothingCalculator", "connect IMAGE_SIZE", id="no size"),
        pytest.param(ABSOLUTE, "", "LandmarksSmoothingCalculator", "no filter is chosen", id="no filter"),
        pytest.param(
            ABSOLUTE, "one_euro_filter { min_cutoff: 0 }", "LandmarksSmoothingCalculator",
            "one_euro_filter min_cutoff is 0", id="no cutoff",
        ),
        pytest.param(
            ABSOLUTE + ' input_stream: "NORM_LANDMARKS:more"', LOW_PASS, "VisibilitySmoothingCalculator",
            "exactly one of NORM_LANDMARKS and LANDMARKS", id="visibility of two kinds",
        ),
        pytest.param(
            'input_stream: "LANDMARKS:in" output_stream: "NORM_FILTERED_LANDMARKS:out"', LOW_PASS,
            "VisibilitySmoothingCalculator", "LANDMARKS at FILTERED_LANDMARKS", id="visibility of another kind",
        ),
        pytest.param(
            ABSOLUTE, "", "VisibilitySmoothingCalculator", "no filter is chosen", id="visibility, no filter",
        ),
        pytest.param(
            ABSOLUTE, "low_pass_filter { alpha: 2 }", "VisibilitySmoothingCalculator", "alpha is 2", id="alpha",
        ),
    ],
)  # fmt: skip
def test_faults(streams: str, options: str, calculator: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        runner(streams, options, calculator).run()


COPY = """
    input_stream: "LANDMARKS_FROM:from" input_stream: "NORM_LANDMARKS_TO:to" output_stream: "NORM_LANDMARKS_TO:out"
"""


def copied(options: str, source: LandmarkList, target: NormalizedLandmarkList) -> NormalizedLandmarkList:
    run = runner(COPY, options, "VisibilityCopyCalculator")
    run.add("LANDMARKS_FROM", source, 0)
    run.add("NORM_LANDMARKS_TO", target, 0)
    run.run()
    (packet,) = run.outputs["NORM_LANDMARKS_TO"]
    found: NormalizedLandmarkList = packet.payload
    return found


XYZ = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], np.float32)


@pytest.mark.parametrize(
    ("options", "visibility", "presence"),
    [
        pytest.param("", [0.25, 0.5], [0.75, 1], id="both"),
        pytest.param("copy_presence: false", [0.25, 0.5], None, id="visibility"),
        pytest.param("copy_visibility: false", None, [0.75, 1], id="presence"),
    ],
)
def test_copies(options: str, visibility: list[float] | None, presence: list[float] | None) -> None:
    source = LandmarkList.from_xyz(np.zeros((2, 3)), visibility=[0.25, 0.5], presence=[0.75, 1])
    found = copied(options, source, NormalizedLandmarkList.from_xyz(XYZ))
    assert found == NormalizedLandmarkList.from_xyz(XYZ, visibility, presence)


def test_copies_nothing_as_zero() -> None:
    target = NormalizedLandmarkList.from_xyz(XYZ, visibility=[1, 1])
    found = copied("", LandmarkList.from_xyz(XYZ[:1]), target)
    assert found == NormalizedLandmarkList.from_xyz(XYZ[:1], visibility=[0], presence=[0])


def test_fewer_landmarks_to_copy_to() -> None:
    with pytest.raises(CalculatorError, match="2 landmarks to copy from and only 1 to copy to"):
        copied("", LandmarkList.from_xyz(XYZ), NormalizedLandmarkList.from_xyz(XYZ[:1]))


@pytest.mark.parametrize(
    ("streams", "message"),
    [
        pytest.param(COPY + ' input_stream: "LANDMARKS_TO:b"', "exactly one of LANDMARKS_TO", id="two targets"),
        pytest.param(COPY.replace("LANDMARKS_FROM:from", "LANDMARKS_TO:from"), "exactly one", id="no source"),
        pytest.param(
            COPY.replace('output_stream: "NORM_LANDMARKS_TO', 'output_stream: "LANDMARKS_TO'),
            "NORM_LANDMARKS_TO comes out at NORM_LANDMARKS_TO",
            id="another output",
        ),
    ],
)
def test_faults_of_copying(streams: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        runner(streams, "", "VisibilityCopyCalculator").run()


def smoothed_around_nothing(policy: str) -> list[NormalizedLandmarkList]:
    run = runner(f'{NORMALIZED} input_stream: "IMAGE_SIZE:size"', f"{EURO} {policy}")
    lists = [XYZ, XYZ + 0.1, XYZ[:0], XYZ + 0.2]
    for number, xyz in enumerate(lists):
        run.add("NORM_LANDMARKS", NormalizedLandmarkList.from_xyz(xyz), number * 33_333)
        run.add("IMAGE_SIZE", ImageSize(640, 480), number * 33_333)
    run.run()
    return [packet.payload for packet in run.outputs["NORM_FILTERED_LANDMARKS"]]


@pytest.mark.parametrize(("policy", "forgets"), [("", False), ("empty_landmarks_policy: 1", True)])
def test_a_list_without_landmarks(policy: str, forgets: bool) -> None:
    found = smoothed_around_nothing(policy)
    assert [len(each) for each in found] == [2, 2, 0, 2]
    assert np.allclose(found[3].xyz, XYZ + 0.2, atol=1e-6) == forgets


def test_a_list_without_landmarks_may_be_an_error() -> None:
    with pytest.raises(CalculatorError, match="empty_landmarks_policy says that it must not"):
        smoothed_around_nothing("empty_landmarks_policy: EMPTY_LANDMARKS_POLICY_FAIL")
