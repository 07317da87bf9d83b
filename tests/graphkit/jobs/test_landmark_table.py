from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from graphkit.errors import FormatError
from graphkit.formats import (
    Classification,
    ClassificationList,
    Detection,
    LandmarkList,
    NormalizedLandmarkList,
    NormalizedLandmarkListCollection,
)
from graphkit.jobs.landmark_table import HEADER, LandmarkTable, is_landmarks


def points(count: int = 2, **known: bool) -> NormalizedLandmarkList:
    data = np.arange(count * 5, dtype=np.float32).reshape(count, 5) / 10
    return NormalizedLandmarkList(data, known.get("visibility", False), known.get("presence", False))


def side(label: str | None, index: int = 0) -> ClassificationList:
    return ClassificationList([Classification(index, 0.9, label)])


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_a_row_a_landmark() -> None:
    text = LandmarkTable(joined=False).landmarks(40_000, [points(), points()])
    assert rows(HEADER)[0][:5] == ["timestamp", "hand", "handedness", "index", "name"]
    assert rows(text) == [
        ["40000", "0", "", "0", "", "0.0", "0.1", "0.2", "", ""],
        ["40000", "0", "", "1", "", "0.5", "0.6", "0.7", "", ""],
        ["40000", "1", "", "0", "", "0.0", "0.1", "0.2", "", ""],
        ["40000", "1", "", "1", "", "0.5", "0.6", "0.7", "", ""],
    ]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param({"visibility": True}, ["0.3", ""], id="visibility"),
        pytest.param({"presence": True}, ["", "0.4"], id="presence"),
        pytest.param({"visibility": True, "presence": True}, ["0.3", "0.4"], id="both"),
    ],
)
def test_visibility_and_presence_are_written_where_known(known: dict[str, bool], expected: list[str]) -> None:
    assert rows(LandmarkTable(joined=False).landmarks(0, points(**known)))[0][8:] == expected


@pytest.mark.parametrize(
    ("count", "last"),
    [
        pytest.param(21, "PINKY_TIP", id="hand"),
        pytest.param(33, "RIGHT_FOOT_INDEX", id="pose"),
        pytest.param(5, "", id="neither"),
    ],
)
def test_names(count: int, last: str) -> None:
    assert rows(LandmarkTable(joined=False).landmarks(0, points(count)))[-1][4] == last


def test_landmarks_wait_for_the_handedness_of_their_time() -> None:
    table = LandmarkTable(joined=True)
    assert table.landmarks(0, [points()]) == ""
    assert table.landmarks(1, [points()]) == ""
    assert [row[2] for row in rows(table.handedness(0, [side("Left")]))] == ["Left", "Left"]
    assert [row[2] for row in rows(table.handedness(1, []))] == ["", ""]
    assert table.packets == 2


def test_handedness_that_comes_first_is_kept() -> None:
    table = LandmarkTable(joined=True)
    for at in range(3):
        assert table.handedness(at, [side(f"of {at}")]) == ""
    assert rows(table.landmarks(1, [points()]))[0][2] == "of 1"


def test_one_hand_more_than_handedness_stays_blank() -> None:
    table = LandmarkTable(joined=True)
    table.landmarks(0, [points(1), points(1)])
    assert [row[2] for row in rows(table.handedness(0, [side(None, 1)]))] == ["1", ""]


def test_labels_are_quoted_where_needed() -> None:
    table = LandmarkTable(joined=True)
    table.landmarks(0, [points(1)])
    assert rows(table.handedness(0, [side('le"ft, or so')]))[0][2] == 'le"ft, or so'


def test_only_so_many_packets_wait() -> None:
    table = LandmarkTable(joined=True, most_waiting=2)
    assert [bool(table.landmarks(at, [points()])) for at in range(4)] == [False, False, True, True]
    assert [row[0] for row in rows(table.rest())] == ["2", "2", "3", "3"]


def test_only_so_many_labels_are_kept() -> None:
    table = LandmarkTable(joined=True, most_waiting=2)
    for at in range(4):
        table.handedness(at, [side("Left")])
    assert [rows(table.landmarks(at, [points(1)]))[0][2] for at in range(4)] == ["", "", "Left", "Left"]


def test_what_else_holds_landmarks() -> None:
    world = LandmarkList(points().data.copy())
    table = LandmarkTable(joined=False)
    assert len(rows(table.landmarks(0, world))) == 2
    assert len(rows(table.landmarks(1, NormalizedLandmarkListCollection([points(), points()])))) == 4
    assert table.landmarks(2, []) == ""
    with pytest.raises(FormatError, match=r"a \.csv holds landmarks; this packet holds int"):
        table.landmarks(3, 5)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param(list[NormalizedLandmarkList], True, id="vector"),
        pytest.param(LandmarkList, True, id="world landmarks"),
        pytest.param(NormalizedLandmarkListCollection, True, id="collection"),
        pytest.param(list[Detection], False, id="detections"),
        pytest.param(int, False, id="number"),
    ],
)
def test_is_landmarks(kind: object, expected: bool) -> None:
    assert is_landmarks(kind) is expected
