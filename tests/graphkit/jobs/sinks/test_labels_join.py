from __future__ import annotations

from graphkit.formats import Classification, ClassificationList
from graphkit.jobs._sinks.labels_join import LabelsJoin


def side(label: str | None, index: int = 0) -> ClassificationList:
    return ClassificationList([Classification(index, 0.9, label)])


def test_landmarks_wait_for_the_handedness_of_their_time() -> None:
    join = LabelsJoin()
    assert join.landmarks(0, "first") == []
    assert join.landmarks(1, "second") == []
    assert join.labels(0, [side("Left"), side("Right")]) == [(0, "first", ["Left", "Right"])]
    assert join.labels(1, []) == [(1, "second", [])]


def test_handedness_that_comes_first_is_kept() -> None:
    join = LabelsJoin()
    for at in range(3):
        assert join.labels(at, [side(f"of {at}")]) == []
    assert join.landmarks(1, "hands") == [(1, "hands", ["of 1"])]


def test_a_class_without_a_name_is_its_number() -> None:
    join = LabelsJoin()
    join.labels(0, [side(None, 1), ClassificationList([])])
    assert join.landmarks(0, "hands") == [(0, "hands", ["1", ""])]


def test_only_so_many_packets_wait() -> None:
    join = LabelsJoin(most_waiting=2)
    assert [[ready.timestamp for ready in join.landmarks(at, None)] for at in range(4)] == [[], [], [0], [1]]
    assert [ready.timestamp for ready in join.rest()] == [2, 3]
    assert join.rest() == []


def test_only_so_many_labels_are_kept() -> None:
    join = LabelsJoin(most_waiting=2)
    for at in range(4):
        join.labels(at, [side("Left")])
    assert [join.landmarks(at, None)[0].labels for at in range(4)] == [[], [], ["Left"], ["Left"]]


def test_an_id_is_a_label() -> None:
    join = LabelsJoin()
    join.labels(0, [3, 12])
    assert join.landmarks(0, "people") == [(0, "people", ["3", "12"])]
