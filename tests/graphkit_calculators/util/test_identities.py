"""Who is who, without pictures: two walkers as points, with a region of 200 pixels around each."""

from __future__ import annotations

import numpy as np
import pytest

from graphkit_calculators.util._identities import Identities, Sighting

FRAME = 33_333
SIZE = 200.0


def at(x: float, *sources: int, y: float = 100.0) -> Sighting:
    return Sighting(np.array((x, y)), SIZE, frozenset(sources))


@pytest.fixture
def people() -> Identities:
    return Identities(reach=0.5, forgotten_after_us=1e6)


def walk(people: Identities, places: list[list[tuple[float, bool]]]) -> list[list[int]]:
    """Return the ids of each frame; a place is an x, and whether its region was followed there from before."""
    seen: list[list[int]] = []
    for number, frame in enumerate(places):
        before = dict(enumerate(seen[-1])) if seen else {}
        sightings = [
            at(x, *([before[i]] if followed and i in before else [])) for i, (x, followed) in enumerate(frame)
        ]
        seen.append(people.update(sightings, number * FRAME))
    return seen


def test_ids_begin_with_one_and_stay(people: Identities) -> None:
    assert people.update([at(100), at(400)], 0) == [1, 2]
    assert people.update([at(405, 2), at(104, 1)], FRAME) == [2, 1]
    assert people.update([at(900), at(109, 1), at(409, 2)], 2 * FRAME) == [3, 1, 2]


def test_two_who_pass_keep_their_ids_though_their_regions_overlap(people: Identities) -> None:
    frames = [[(100 + 10 * i, True), (500 - 10 * i, True)] for i in range(41)]
    assert walk(people, frames) == [[1, 2]] * 41


def test_regions_that_change_places_are_noticed(people: Identities) -> None:
    walk(people, [[(100 + 10 * i, True), (340 - 10 * i, True)] for i in range(10)])
    # The first one's region has caught the second, and the other way round.
    assert people.update([at(250, 1), at(200, 2)], 10 * FRAME) == [2, 1]


@pytest.mark.parametrize("left_is_in_front", [True, False])
def test_whoever_is_hidden_while_they_cross_comes_out_as_themselves(
    people: Identities, left_is_in_front: bool
) -> None:
    places = [(100 + 10 * i, 500 - 10 * i) for i in range(41)]
    for number, (first, second) in enumerate(places):
        meeting = abs(first - second) < 70
        if not meeting:
            ids = people.update(
                [at(first), at(second)] if number > 23 else [at(first, 1), at(second, 2)], number * FRAME
            )
            assert ids == [1, 2], number
            continue
        front = first if left_is_in_front else second
        (shown,) = people.update([at(front, 1, 2)], number * FRAME)
        assert shown in (1, 2)


def test_one_id_stays_with_who_is_seen_while_the_other_is_hidden(people: Identities) -> None:
    walk(people, [[(100 + 10 * i, True), (340 - 10 * i, True)] for i in range(12)])
    (kept,) = people.update([at(222, 1, 2)], 12 * FRAME)
    shown = [people.update([at(222 + i, kept)], (13 + i) * FRAME)[0] for i in range(10)]
    assert shown == [kept] * 10


def test_they_meet_stand_still_and_go_on(people: Identities) -> None:
    walk(people, [[(100 + 10 * i, True), (340 - 10 * i, True)] for i in range(12)])
    (kept,) = people.update([at(222, 1, 2)], 12 * FRAME)
    for number in range(13, 33):
        people.update([at(222, kept)], number * FRAME)
    ids = people.update([at(255, kept), at(170)], 33 * FRAME)
    assert ids == [1, 2]  # each goes on in the direction in which they came


def test_who_comes_back_in_time_keeps_the_id(people: Identities) -> None:
    assert people.update([at(100), at(400)], 0) == [1, 2]
    assert people.update([at(100, 1)], 500_000) == [1]
    assert people.update([at(100, 1), at(410)], 900_000) == [1, 2]


def test_who_comes_back_too_late_is_new(people: Identities) -> None:
    assert people.update([at(100), at(400)], 0) == [1, 2]
    assert people.update([at(100, 1)], 500_000) == [1]
    assert people.update([at(100, 1), at(400)], 1_000_001) == [1, 3]


def test_who_comes_far_away_is_new(people: Identities) -> None:
    assert people.update([at(100)], 0) == [1]
    assert people.update([at(201)], FRAME) == [2]


def test_nobody(people: Identities) -> None:
    assert people.update([], 0) == []
    assert people.update([at(100)], FRAME) == [1]
    assert people.update([], 2 * FRAME) == []
