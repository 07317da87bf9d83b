"""Landmark lists: named columns, presence of probabilities, and the border to protobuf."""

from __future__ import annotations

import numpy as np
import pytest
from google.protobuf import text_format

from graphkit.errors import FormatError
from graphkit.formats import (
    HAND_CONNECTIONS,
    HAND_LANDMARK_NAMES,
    POSE_CONNECTIONS,
    POSE_LANDMARK_NAMES,
    Landmark,
    LandmarkList,
    LandmarkListCollection,
    NormalizedLandmarkList,
    NormalizedLandmarkListCollection,
)
from graphkit.schema import message_class

LISTS = [pytest.param(NormalizedLandmarkList, id="normalized"), pytest.param(LandmarkList, id="in space")]


def table(rows: int = 2) -> np.ndarray:
    return np.arange(rows * 5, dtype=np.float32).reshape(rows, 5)


@pytest.mark.parametrize("kind", LISTS)
def test_columns_are_views(kind):
    data = table()
    landmarks = kind(data, has_visibility=True, has_presence=True)
    assert landmarks.data is data
    columns = (landmarks.x, landmarks.y, landmarks.z, landmarks.visibility, landmarks.presence)
    assert np.array_equal(np.stack(columns, axis=1), data)
    assert np.array_equal(landmarks.xy, data[:, :2])
    assert np.array_equal(landmarks.xyz, data[:, :3])
    assert all(np.shares_memory(column, data) for column in columns)
    with pytest.raises(ValueError, match="read-only"):
        landmarks.x[0] = 1


@pytest.mark.parametrize("kind", LISTS)
def test_elements(kind):
    landmarks = kind(table(), has_visibility=True)
    assert len(landmarks) == 2
    assert landmarks[1] == Landmark(5, 6, 7, 8, None)
    assert landmarks[-1] == landmarks[1]
    assert list(landmarks) == [landmarks[0], landmarks[1]]


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("has_visibility", [False, True])
@pytest.mark.parametrize("has_presence", [False, True])
@pytest.mark.parametrize("rows", [0, 1, 21])
def test_round_trip(kind, has_visibility, has_presence, rows):
    data = table(rows)
    data[:, 3] *= has_visibility
    data[:, 4] *= has_presence
    landmarks = kind(data, has_visibility and rows > 0, has_presence and rows > 0)
    message = landmarks.to_proto()
    assert message.DESCRIPTOR.full_name == kind.PROTO
    assert all(point.HasField("visibility") == has_visibility for point in message.landmark)
    assert all(point.HasField("presence") == has_presence for point in message.landmark)
    assert kind.from_proto(message) == landmarks


def test_a_probability_of_some_is_one_of_all():
    message = text_format.Parse(
        "landmark { x: 1 y: 2 } landmark { x: 3 y: 4 z: 5 visibility: 0.5 }",
        message_class("mediapipe.NormalizedLandmarkList")(),
    )
    landmarks = NormalizedLandmarkList.from_proto(message)
    assert landmarks.has_visibility
    assert not landmarks.has_presence
    assert list(landmarks) == [Landmark(1, 2, 0, 0), Landmark(3, 4, 5, 0.5)]


@pytest.mark.parametrize("kind", LISTS)
def test_from_xyz(kind):
    flat = kind.from_xyz([[1, 2], [3, 4]], visibility=[0.5, 0.25])
    assert list(flat) == [Landmark(1, 2, 0, 0.5), Landmark(3, 4, 0, 0.25)]
    solid = kind.from_xyz(np.ones((3, 3)), presence=0.5)
    assert solid.presence.tolist() == [0.5] * 3
    assert (solid.has_visibility, solid.has_presence) == (False, True)


@pytest.mark.parametrize("kind", LISTS)
def test_with_xyz_keeps_the_rest(kind):
    landmarks = kind(table(), has_presence=True)
    moved = landmarks.with_xyz(np.zeros((2, 2)))
    assert type(moved) is kind
    assert moved.xyz.tolist() == [[0, 0, 2], [0, 0, 7]]
    assert np.array_equal(moved.presence, landmarks.presence)
    assert (moved.has_visibility, moved.has_presence) == (False, True)
    assert landmarks.x[1] == 5


def test_equality():
    landmarks = LandmarkList(table())
    assert landmarks == LandmarkList(table())
    assert landmarks != LandmarkList(table() + 1)
    assert landmarks != LandmarkList(table(), has_visibility=True)
    assert landmarks != NormalizedLandmarkList(table())


def test_repr_shows_the_shape():
    landmarks = NormalizedLandmarkList(table(), True, True)
    low, high = table().min(axis=0), table().max(axis=0)
    assert repr(landmarks) == (
        f"NormalizedLandmarkList(2 landmarks, x {low[0]:.2f} to {high[0]:.2f}, y {low[1]:.2f} to {high[1]:.2f}, "
        "visibility, presence)"
    )
    assert repr(NormalizedLandmarkList(table()[:0])) == "NormalizedLandmarkList(0 landmarks)"


def test_a_notebook_shows_a_table_with_the_names_of_hands_and_poses():
    shown = NormalizedLandmarkList.from_xyz(np.full((21, 3), 0.25), presence=0.5)._repr_html_()
    assert shown.startswith("<table><caption>NormalizedLandmarkList(21 landmarks, x 0.25 to 0.25")
    assert "<th>x</th><th>y</th><th>z</th><th>presence</th>" in shown
    assert "<tr><td>8</td><td>INDEX_FINGER_TIP</td><td>0.2500</td>" in shown
    many = LandmarkList.from_xyz(np.zeros((100, 3)))._repr_html_()
    assert many.count("<tr>") == 61
    assert many.endswith("<p>and 40 more</p>")


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param(np.zeros((2, 3), np.float32), r"float32 of shape \(2, 3\)", id="columns"),
        pytest.param(np.zeros((2, 5)), r"float64 of shape \(2, 5\)", id="dtype"),
        pytest.param(np.zeros(5, np.float32), r"float32 of shape \(5,\)", id="dimensions"),
    ],
)
def test_other_arrays_are_refused(data, found):
    with pytest.raises(FormatError, match=rf"LandmarkList needs a float32 array .* found {found}\. from_xyz"):
        LandmarkList(data)


def test_from_xyz_refuses_other_shapes():
    with pytest.raises(FormatError, match=r"from_xyz\(\) needs shape \(N, 3\) or \(N, 2\), found \(4,\)"):
        LandmarkList.from_xyz(np.zeros(4))


@pytest.mark.parametrize(
    ("collection", "kind"),
    [
        pytest.param(NormalizedLandmarkListCollection, NormalizedLandmarkList, id="normalized"),
        pytest.param(LandmarkListCollection, LandmarkList, id="in space"),
    ],
)
def test_collections_round_trip(collection, kind):
    both = collection([kind(table()), kind(table(3), True)])
    both_again = collection.from_proto(both.to_proto())
    assert [len(item) for item in both_again] == [2, 3]
    assert both_again[1] == both[1]
    assert both.to_proto().DESCRIPTOR.full_name == collection.PROTO


@pytest.mark.parametrize(
    ("names", "connections", "count", "edges"),
    [
        pytest.param(HAND_LANDMARK_NAMES, HAND_CONNECTIONS, 21, 21, id="hand"),
        pytest.param(POSE_LANDMARK_NAMES, POSE_CONNECTIONS, 33, 35, id="pose"),
    ],
)
def test_skeletons(names, connections, count, edges):
    assert len(set(names)) == count
    assert len(set(connections)) == edges
    assert all(0 <= start < end < count for start, end in connections)
    assert {point for edge in connections for point in edge} == set(range(count))


@pytest.mark.parametrize(
    ("names", "index", "name"),
    [
        pytest.param(HAND_LANDMARK_NAMES, 8, "INDEX_FINGER_TIP", id="index finger"),
        pytest.param(HAND_LANDMARK_NAMES, 17, "PINKY_MCP", id="pinky"),
        pytest.param(POSE_LANDMARK_NAMES, 15, "LEFT_WRIST", id="wrist"),
        pytest.param(POSE_LANDMARK_NAMES, 32, "RIGHT_FOOT_INDEX", id="foot"),
    ],
)
def test_skeleton_names(names, index, name):
    assert names[index] == name


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(
            lambda: LandmarkList.from_xyz([[1, 2], [3]]),
            r"LandmarkList.from_xyz\(\) needs numbers in equal rows, found list: ",
            id="ragged",
        ),
        pytest.param(
            lambda: LandmarkList.from_xyz([["x", "y"]]), r"needs numbers in equal rows, found list: ", id="words"
        ),
        pytest.param(
            lambda: LandmarkList.from_xyz(np.zeros((2, 3)), visibility=np.zeros(3)),
            r"visibility of LandmarkList.from_xyz\(\) needs one number or 2, one per landmark; found shape \(3,\)",
            id="probabilities",
        ),
        pytest.param(
            lambda: LandmarkList.from_xyz(np.zeros((2, 3)), presence="sure"),
            r"presence of LandmarkList.from_xyz\(\) needs numbers in equal rows, found str",
            id="word as probability",
        ),
        pytest.param(
            lambda: LandmarkList.from_xyz(np.zeros((2, 3))).with_xyz(np.zeros((3, 3))),
            r"with_xyz\(\) of 2 landmarks needs shape \(2, 3\) or \(2, 2\), found \(3, 3\)",
            id="other coordinates",
        ),
    ],
)
def test_what_makes_no_list_is_refused(make, message):
    with pytest.raises(FormatError, match=message):
        make()
