"""The calculators that follow several people: who is who, where to look, and how they are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import (
    Color,
    ImageSize,
    Line,
    NormalizedLandmarkList,
    NormalizedRect,
    Point,
    RenderData,
    Text,
)
from graphkit.testing import CalculatorRunner

SIZE = ImageSize(400, 200)
SHAPE = np.array([[-0.05, -0.1], [0.05, -0.1], [-0.05, 0.1], [0.05, 0.1]], np.float32)


def body(x: float, y: float = 0.5, **known: Any) -> NormalizedLandmarkList:
    return NormalizedLandmarkList.from_xyz(np.add(SHAPE, (x, y)), **known)


def region(x: float, y: float = 0.5, id_: int | None = None) -> NormalizedRect:
    return NormalizedRect(x, y, 0.25, 0.5, 0.0, id_)  # 100 x 100 pixels


TRACKING = """
    calculator: "LandmarksToTrackingIdsCalculator" input_stream: "NORM_LANDMARKS:poses"
    input_stream: "NORM_RECTS:rects" input_stream: "IMAGE_SIZE:size"
    output_stream: "TRACKING_IDS:ids" output_stream: "INDICES:indices"
    node_options {{ [type.googleapis.com/graphkit.LandmarksToTrackingIdsCalculatorOptions] {{ {} }} }} {}
"""


def track(*frames: list[tuple[NormalizedLandmarkList, NormalizedRect]], options: str = "", **side: float) -> Any:
    """Ids and indices of each frame, at 30 frames a second."""
    run = CalculatorRunner(TRACKING.format(options, 'input_side_packet: "LOST_SECONDS:s"' if side else ""))
    for tag, value in side.items():
        run.side_packets[tag] = value
    for number, frame in enumerate(frames):
        time = number * 33_333
        run.add("IMAGE_SIZE", SIZE, time)
        if frame:
            run.add("NORM_LANDMARKS", [pose for pose, _ in frame], time)
            run.add("NORM_RECTS", [rect for _, rect in frame], time)
    run.run()
    return [
        (ids.payload, indices.payload)
        for ids, indices in zip(run.outputs["TRACKING_IDS"], run.outputs["INDICES"], strict=True)
    ]


def test_ids_are_sorted_and_indices_tell_whose_they_are() -> None:
    first = [(body(0.2), region(0.2)), (body(0.8), region(0.8))]
    then = [(body(0.79), region(0.8, id_=2)), (body(0.21), region(0.2, id_=1))]
    assert track(first, then, []) == [([1, 2], [0, 1]), ([1, 2], [1, 0]), ([], [])]


def test_of_two_on_one_place_the_surest_stays() -> None:
    doubled = [(body(0.5, presence=[0.5] * 4), region(0.5)), (body(0.505, presence=[0.9] * 4), region(0.5))]
    assert track(doubled) == [([1], [1])]


def test_who_is_followed_stays_where_the_detector_finds_the_same() -> None:
    first = [(body(0.5), region(0.5))]
    spread = NormalizedLandmarkList.from_xyz(SHAPE * 4 + (0.5, 0.5), presence=[0.9] * 4)
    again = [(spread, region(0.5)), (body(0.5, presence=[0.5] * 4), region(0.5, id_=1))]
    assert track(first, again) == [([1], [0]), ([1], [1])]


def test_two_who_are_followed_may_stand_on_one_place() -> None:
    first = [(body(0.4), region(0.4)), (body(0.6), region(0.6))]
    spread = NormalizedLandmarkList.from_xyz(SHAPE * 4 + (0.5, 0.5))
    assert track(first, [(body(0.5), region(0.4, id_=1)), (spread, region(0.6, id_=2))])[1][0] == [1, 2]


def test_the_place_may_be_that_of_some_landmarks() -> None:
    # The first landmark rests while the others leap.
    still = [(NormalizedLandmarkList.from_xyz([[0.5, 0.5], [0.5 + leap, 0.5]]), region(0.5)) for leap in (0, 0.4)]
    assert track([still[0]], [still[1]], options="landmark_indices: 0") == [([1], [0]), ([1], [0])]
    assert track([still[0]], [still[1]]) == [([1], [0]), ([2], [0])]


@pytest.mark.parametrize(("lost", "then"), [(0.05, 2), (0.2, 1)])
def test_a_side_packet_says_how_long_somebody_may_be_lost(lost: float, then: int) -> None:
    here = [(body(0.5), region(0.5))]
    assert [ids for ids, _ in track(here, [], [], here, LOST_SECONDS=lost)] == [[1], [], [], [then]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param("lost_seconds: -1", "lost_seconds is -1; it must be 0 or above", id="time"),
        pytest.param("max_distance: -1", "max_distance is -1; it must be 0 or above", id="distance"),
        pytest.param(
            "landmark_indices: [0, -2]", r"landmark_indices are \[0, -2\]; indexes begin with 0", id="index"
        ),
    ],
)
def test_options_that_cannot_be(options: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        track([], options=options)


def test_faults_of_tracking() -> None:
    with pytest.raises(CalculatorError, match="LOST_SECONDS is -1; it must be 0 or above"):
        track([], LOST_SECONDS=-1.0)
    with pytest.raises(CalculatorError, match="a list has 4 landmarks: another model than the graph was made for"):
        track([(body(0.5), region(0.5))], options="landmark_indices: 11")
    run = CalculatorRunner(TRACKING.format("", ""))
    run.add("IMAGE_SIZE", SIZE, 0)
    run.add("NORM_LANDMARKS", [body(0.5)], 0)
    with pytest.raises(CalculatorError, match="NORM_RECTS has 0 elements and NORM_LANDMARKS 1; each list needs"):
        run.run()


SEARCHING = """
    calculator: "RegionsToSearchCalculator" input_stream: "FOLLOWED:f" input_stream: "DETECTED:d"
    input_stream: "IMAGE_SIZE:size" output_stream: "NORM_RECTS:out" {}
    node_options {{ [type.googleapis.com/graphkit.RegionsToSearchCalculatorOptions] {{ {} }} }}
"""


def search(followed: list[NormalizedRect] | None, detected: list[NormalizedRect] | None, most: int) -> Any:
    run = CalculatorRunner(SEARCHING.format('input_side_packet: "MAX_REGIONS:n"', ""))
    run.side_packets["MAX_REGIONS"] = most
    run.add("IMAGE_SIZE", SIZE, 0)
    if followed is not None:
        run.add("FOLLOWED", followed, 0)
    if detected is not None:
        run.add("DETECTED", detected, 0)
    run.run()
    (packet,) = run.outputs["NORM_RECTS"]
    return packet.payload


NEAR, FAR = region(0.52), region(0.58)  # 8 and 32 pixels from the middle, of 100


@pytest.mark.parametrize(
    ("followed", "detected", "most", "expected"),
    [
        pytest.param([region(0.5, id_=7)], [NEAR, FAR], 3, [region(0.5, id_=7), FAR], id="each once"),
        pytest.param([region(0.5), NEAR], None, 3, [region(0.5), NEAR], id="followed ones stay"),
        pytest.param(None, [FAR, NEAR, region(0.5)], 3, [FAR, NEAR], id="detected twice"),
        pytest.param([region(0.5)], [FAR], 1, [region(0.5)], id="no room"),
        pytest.param(None, [region(0.1), region(0.5), region(0.9)], 2, [region(0.1), region(0.5)], id="a crowd"),
        pytest.param(None, None, 2, [], id="nobody"),
    ],
)
def test_where_to_look(followed: Any, detected: Any, most: int, expected: Any) -> None:
    assert search(followed, detected, most) == expected


def test_faults_of_searching() -> None:
    for options, message in (("max_regions: 0", "max_regions is 0"), ("same_distance: -1", "same_distance is -1")):
        with pytest.raises(GraphValidationError, match=message):
            CalculatorRunner(SEARCHING.format("", options)).run()
    with pytest.raises(CalculatorError, match="MAX_REGIONS is 0; it must be 1 or more"):
        search(None, None, 0)


def test_regions_get_ids() -> None:
    run = CalculatorRunner(
        'calculator: "SetRectIdsCalculator" input_stream: "NORM_RECTS:r" input_stream: "TRACKING_IDS:i" '
        'output_stream: "NORM_RECTS:o"'
    )
    run.add("NORM_RECTS", [region(0.2), region(0.5, id_=9)], 0)
    run.add("TRACKING_IDS", [4, 5], 0)
    run.run()
    (packet,) = run.outputs["NORM_RECTS"]
    assert packet.payload == [region(0.2, id_=4), region(0.5, id_=5)]


DRAWING = """
    calculator: "TrackedLandmarksToRenderDataCalculator" input_stream: "NORM_LANDMARKS:p"
    input_stream: "TRACKING_IDS:i" input_stream: "NORM_RECTS:r"
    input_stream: "IMAGE_SIZE:s" output_stream: "RENDER_DATA:o"
    node_options {{ [type.googleapis.com/graphkit.TrackedLandmarksToRenderDataCalculatorOptions] {{ {} }} }}
"""


def drawn(options: str, people: list[NormalizedLandmarkList], ids: list[int]) -> RenderData:
    run = CalculatorRunner(DRAWING.format(options))
    run.add("NORM_LANDMARKS", people, 0)
    run.add("TRACKING_IDS", ids, 0)
    run.add("NORM_RECTS", [region(0.5)] * len(people), 0)
    run.add("IMAGE_SIZE", SIZE, 0)
    run.run()
    (packet,) = run.outputs["RENDER_DATA"]
    found: RenderData = packet.payload
    return found


def test_each_is_drawn_in_the_colour_of_its_id() -> None:
    lines = "landmark_connections: [0, 1, 2, 3] thickness: 0.05"
    marks = drawn(lines, [body(0.2), body(0.8), body(0.5)], [1, 2, 9]).render_annotations
    kinds = [type(mark.data) for mark in marks[: len(marks) // 3]]
    assert kinds == [Line] * 2 + [Point] * 4 + [Text]
    colors = [{mark.color for mark in marks[start : start + 7]} for start in (0, 7, 14)]
    assert [len(found) for found in colors] == [1, 1, 1]
    assert colors[0] == colors[2] != colors[1]  # eight colours, then the first again
    assert isinstance(next(iter(colors[0])), Color)
    assert [mark.data.display_text for mark in marks if isinstance(mark.data, Text)] == ["1", "2", "9"]
    assert marks[0].thickness == pytest.approx(5)  # of a region of 100 pixels


def test_what_is_not_seen_is_not_drawn() -> None:
    hidden = body(0.5, visibility=[0.9, 0.1, 0.9, 0.9])
    marks = drawn("landmark_connections: [0, 1, 0, 2] show_ids: false", [hidden], [1]).render_annotations
    assert [type(mark.data) for mark in marks] == [Line, Point, Point, Point]
    assert drawn("", [body(0.5, visibility=[0.0] * 4)], [1]).render_annotations == []


def test_connections_come_in_pairs() -> None:
    with pytest.raises(GraphValidationError, match="pairs of indexes from 0; found 3 numbers, the smallest 0"):
        drawn("landmark_connections: [0, 1, 2]", [], [])
