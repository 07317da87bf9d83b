"""The points of a face mesh. The numbers are those of MediaPipe's face_mesh_connections."""

from __future__ import annotations

import pytest

from graphkit.formats import FACE_CONNECTIONS, FACE_GROUPS, FACE_LANDMARK_NAMES


@pytest.mark.parametrize(
    ("name", "lines", "points"),
    [
        pytest.param("LIPS", 40, 40, id="lips"),
        pytest.param("LEFT_EYE", 16, 16, id="left eye"),
        pytest.param("RIGHT_EYE", 16, 16, id="right eye"),
        pytest.param("LEFT_EYEBROW", 8, 10, id="left brow"),
        pytest.param("RIGHT_EYEBROW", 8, 10, id="right brow"),
        pytest.param("FACE_OVAL", 36, 36, id="outline"),
        pytest.param("NOSE", 25, 24, id="nose"),
        pytest.param("LEFT_IRIS", 4, 4, id="left iris"),
        pytest.param("RIGHT_IRIS", 4, 4, id="right iris"),
    ],
)
def test_groups(name: str, lines: int, points: int) -> None:
    group = FACE_GROUPS[name]
    assert (len(set(group)), len({point for pair in group for point in pair})) == (lines, points)


def test_no_point_is_in_two_groups() -> None:
    members = [{point for pair in group for point in pair} for group in FACE_GROUPS.values()]
    assert sum(map(len, members)) == len(set().union(*members))


def test_what_is_drawn_by_default() -> None:
    assert len(FACE_CONNECTIONS) == 124
    assert (FACE_CONNECTIONS[0], FACE_CONNECTIONS[-1]) == ((61, 146), (109, 10))


@pytest.mark.parametrize(
    ("point", "name"),
    [
        pytest.param(0, "LIPS", id="upper lip"),
        pytest.param(33, "RIGHT_EYE", id="outer corner of the right eye"),
        pytest.param(263, "LEFT_EYE", id="outer corner of the left eye"),
        pytest.param(10, "FACE_OVAL", id="forehead"),
        pytest.param(1, "NOSE", id="tip of the nose"),
        pytest.param(468, "RIGHT_IRIS", id="right pupil"),
        pytest.param(473, "LEFT_IRIS", id="left pupil"),
        pytest.param(50, "", id="cheek"),
    ],
)
def test_names(point: int, name: str) -> None:
    assert len(FACE_LANDMARK_NAMES) == 478
    assert FACE_LANDMARK_NAMES[point] == name
