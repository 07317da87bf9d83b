"""The smoothing calculators for several things, against those for one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import ImageSize, LandmarkList, NormalizedLandmarkList, NormalizedRect
from graphkit.testing import CalculatorRunner

SIZE = ImageSize(640, 480)
ROI = NormalizedRect(0.5, 0.5, 0.25, 0.5)
EURO = "one_euro_filter { min_cutoff: 0.05 beta: 80 derivate_cutoff: 1 }"
LOW_PASS = "low_pass_filter { alpha: 0.1 }"
IN_IMAGE, IN_SPACE = ("NORM_LANDMARKS", "NORM_FILTERED_LANDMARKS"), ("LANDMARKS", "FILTERED_LANDMARKS")
RANDOM = np.random.default_rng(5)
POINTS = RANDOM.random((3, 8, 4, 3)).astype(np.float32) * 0.1 + 0.4  # of three things in eight frames
SEEN = RANDOM.random((3, 8, 4)).astype(np.float32)
KINDS = [
    pytest.param("LandmarksSmoothing", IN_IMAGE, EURO, id="landmarks"),
    pytest.param("WorldLandmarksSmoothing", IN_SPACE, EURO, id="world landmarks"),
    pytest.param("VisibilitySmoothing", IN_IMAGE, LOW_PASS, id="visibility"),
    pytest.param("VisibilitySmoothing", IN_SPACE, LOW_PASS, id="visibility of world landmarks"),
]


def thing(who: int, frame: int, tags: tuple[str, str]) -> Any:
    kind = NormalizedLandmarkList if tags is IN_IMAGE else LandmarkList
    return kind.from_xyz(POINTS[who, frame], visibility=SEEN[who, frame])


def runner(name: str, tags: tuple[str, str], options: str, extra: str = "") -> CalculatorRunner:
    message = name.replace("World", "").removeprefix("Multi")
    return CalculatorRunner(
        f'calculator: "{name}Calculator" input_stream: "{tags[0]}:in" output_stream: "{tags[1]}:out" {extra} '
        f"options {{ [mediapipe.{message}CalculatorOptions.ext] {{ {options} }} }}"
    )


def of_one(name: str, tags: tuple[str, str], options: str, who: int, frames: range) -> list[Any]:
    """What the calculator for one makes of it."""
    sized = name == "LandmarksSmoothing"
    extra = 'input_stream: "IMAGE_SIZE:size" input_stream: "OBJECT_SCALE_ROI:roi"' if sized else ""
    run = runner(name.replace("World", ""), tags, options, extra)
    for frame in frames:
        run.add(tags[0], thing(who, frame, tags), frame * 33_333)
        if sized:
            run.add("IMAGE_SIZE", SIZE, frame * 33_333)
            run.add("OBJECT_SCALE_ROI", ROI, frame * 33_333)
    run.run()
    return [packet.payload for packet in run.outputs[tags[1]]]


def several(name: str, tags: tuple[str, str], options: str) -> CalculatorRunner:
    sized = name == "LandmarksSmoothing"
    extra = 'input_stream: "IMAGE_SIZE:size" input_stream: "OBJECT_SCALE_ROI:roi"' if sized else ""
    return runner(f"Multi{name}", tags, options, f'{extra} input_stream: "TRACKING_IDS:ids"')


def feed(run: CalculatorRunner, name: str, tags: tuple[str, str], frame: int, ids: list[int]) -> None:
    time = frame * 33_333
    if ids:
        run.add(tags[0], [thing(id_ - 1, frame, tags) for id_ in ids], time)
    run.add("TRACKING_IDS", ids, time)
    if name == "LandmarksSmoothing":
        run.add("IMAGE_SIZE", SIZE, time)
        run.add("OBJECT_SCALE_ROI", [ROI] * len(ids), time)


@pytest.mark.parametrize(("name", "tags", "options"), KINDS)
def test_a_filter_goes_with_its_id(name: str, tags: tuple[str, str], options: str) -> None:
    run = several(name, tags, options)
    for frame in range(8):
        feed(run, name, tags, frame, [1, 2] if frame % 2 else [2, 1])
    run.run()
    out = [packet.payload for packet in run.outputs[tags[1]]]
    for who in (0, 1):
        mine = [lists[who if frame % 2 else 1 - who] for frame, lists in enumerate(out)]
        assert mine == of_one(name, tags, options, who, range(8))
        assert mine[1:] != [thing(who, frame, tags) for frame in range(1, 8)]


@pytest.mark.parametrize(("name", "tags", "options"), KINDS)
@pytest.mark.parametrize("others", [[2], []], ids=["others stay", "nobody stays"])
def test_who_was_away_starts_afresh(name: str, tags: tuple[str, str], options: str, others: list[int]) -> None:
    run = several(name, tags, options)
    for frame in range(8):
        feed(run, name, tags, frame, others if frame == 4 else [1, *others])
    run.run()
    out = {int(packet.timestamp) // 33_333: packet.payload for packet in run.outputs[tags[1]]}
    assert (4 in out) == bool(others)
    np.testing.assert_allclose(out[5][0].data, thing(0, 5, tags).data, atol=1e-6)
    assert [out[frame][0] for frame in (5, 6, 7)] == of_one(name, tags, options, 0, range(5, 8))


@pytest.mark.parametrize(("name", "tags", "options"), KINDS)
@pytest.mark.parametrize(
    ("ids", "message"),
    [
        pytest.param(
            [1], r"LANDMARKS has 2 elements and TRACKING_IDS 1; each needs the id of its index", id="too few"
        ),
        pytest.param([1, 1], r"TRACKING_IDS are \[1, 1\]; each id may occur once", id="twice"),
    ],
)
def test_ids_that_do_not_fit(name: str, tags: tuple[str, str], options: str, ids: list[int], message: str) -> None:
    run = several(name, tags, options)
    run.add(tags[0], [thing(0, 0, tags), thing(1, 0, tags)], 0)
    run.add("TRACKING_IDS", ids, 0)
    if name == "LandmarksSmoothing":
        run.add("IMAGE_SIZE", SIZE, 0)
        run.add("OBJECT_SCALE_ROI", [ROI] * 2, 0)
    with pytest.raises(CalculatorError, match=message):
        run.run()


@pytest.mark.parametrize(("name", "tags", "options"), KINDS)
def test_a_filter_is_needed(name: str, tags: tuple[str, str], options: str) -> None:
    with pytest.raises(GraphValidationError, match="no filter is chosen"):
        several(name, tags, "").run()
