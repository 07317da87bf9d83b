"""Identities: who of those seen before is who of those seen now, told by where they are and how they move.

Somebody who crosses another is hidden for a while, or both look like one. What both did before they met decides
who comes out where: on meeting, the place and the speed of each are noted, and when there are two again each
gets the identity that would be there by now.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from graphkit_calculators.util._least_cost import least_cost_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Point: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

_SECOND: Final = 1e6  # microseconds
_MEMORY: Final = _SECOND  # how long the places are remembered that a speed is taken from
_LEAST_MEMORY: Final = 0.1 * _SECOND  # a speed from less would be noise
_MEETING: Final = 0.3  # sides of a region: nearer than that, one may hide the other
_OTHER: Final = 0.05  # sides of a region: what it costs to be found where somebody else was looked for


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody found in a frame.

    Attributes:
        place: (2,) pixels.
        size: pixels, the side of the region around the whole of them.
        sources: whose regions they were found in; empty for one that the detector found.
    """

    place: Point
    size: float
    sources: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Motion:
    """Where somebody was at a time, and how fast."""

    place: Point
    speed: Point  # pixels a microsecond
    time: int

    def at(self, time: int) -> Point:
        return self.place + self.speed * (time - self.time)


@dataclass(slots=True)
class _Track:
    """Somebody who has an id.

    Attributes:
        before_meeting: how they moved before they came near somebody; None while nobody is near.
        met: the ids of those who were near since.
        mixed: one of those who met was hidden since, so who is who has to be found out.
    """

    id: int
    seen: int = 0
    size: float = 0.0
    trail: deque[tuple[int, Point]] = field(default_factory=deque)
    before_meeting: _Motion | None = None
    met: set[int] = field(default_factory=set)
    mixed: bool = False

    @property
    def place(self) -> Point:
        return self.trail[-1][1]

    def see(self, sighting: Sighting, time: int) -> None:
        self.seen, self.size = time, sighting.size
        self.trail.append((time, sighting.place))
        while self.trail[0][0] < time - _MEMORY:
            self.trail.popleft()

    def motion(self) -> _Motion:
        """Return the last place, and the speed of the straight line through all that are remembered."""
        times = np.array([time for time, _ in self.trail], np.float64)
        spread = times - times.mean()
        still = times[-1] - times[0] < _LEAST_MEMORY
        speed = np.zeros(2) if still else spread @ np.array([p for _, p in self.trail]) / (spread @ spread)
        return _Motion(self.place, speed, self.seen)

    def expected(self, time: int) -> Point:
        return (self.before_meeting if self.mixed and self.before_meeting else self.motion()).at(time)


class Identities:
    """Gives ids, 1 and up, to what is seen in the frames of a clip, in the order of their times.

    Args:
        reach: sides of a region; somebody who was lost is not found again farther than this from where they
            should be.
        forgotten_after_us: microseconds after which somebody who was not seen is forgotten; who comes then is new.
    """

    def __init__(self, reach: float, forgotten_after_us: float) -> None:
        self._reach, self._forgotten_after_us = reach, forgotten_after_us
        self._tracks: list[_Track] = []
        self._next_id = 1

    def update(self, sightings: Sequence[Sighting], time: int) -> list[int]:
        """Return the id of each sighting of a frame; *time* is in microseconds."""
        self._tracks = [track for track in self._tracks if time - track.seen <= self._forgotten_after_us]
        tracks = list(self._tracks)
        costs = [[self._cost(track, each, time, sightings) for each in sightings] for track in tracks]
        pairs = least_cost_pairs(np.array(costs).reshape(len(tracks), len(sightings)), self._reach)
        known = {column: tracks[row] for row, column in pairs}
        chosen = [known[i] if i in known else self._somebody_new() for i in range(len(sightings))]
        for track, sighting in zip(chosen, sightings, strict=True):
            track.see(sighting, time)
        for track in self._tracks:
            self._note_meetings(track, time)
        return [track.id for track in chosen]

    def _somebody_new(self) -> _Track:
        track = _Track(self._next_id)
        self._next_id += 1
        self._tracks.append(track)
        return track

    def _cost(self, track: _Track, sighting: Sighting, time: int, sightings: Sequence[Sighting]) -> float:
        """Return how unlikely it is that *sighting* is *track*: how far apart they are, in sides of a region."""
        own, contested = track.id in sighting.sources, len(sighting.sources) > 1
        if track.mixed and own and not contested and not self._all_are_back(track, sightings, time):
            return 0.0  # who is hidden stays so until there is one more to see
        size = max(track.size, sighting.size)
        expected = track.before_meeting.at(time) if contested and track.before_meeting else track.expected(time)
        apart = _distance(expected, sighting.place, size)
        if own or (track.mixed and self._is_by_those_met(track, sighting)):
            apart = self._reach * apart / (apart + self._reach)  # out of reach for nobody, and nearer is likelier
        return apart if own else apart + _OTHER

    def _is_by_those_met(self, track: _Track, sighting: Sighting) -> bool:
        """Return whether *sighting* is by those whom *track* met: they may have stood still meanwhile."""
        met = [other for other in self._tracks if other.id in track.met]
        return any(_distance(other.place, sighting.place, sighting.size) <= self._reach for other in met)

    def _all_are_back(self, track: _Track, sightings: Iterable[Sighting], time: int) -> bool:
        """Return whether there are as many to see as those who met *track*, and itself."""
        group = [other for other in self._tracks if other.id in track.met or other is track]
        ids = {other.id for other in group}
        back = sum(
            bool(each.sources & ids)
            or (
                not each.sources
                and any(_distance(o.expected(time), each.place, o.size) <= self._reach for o in group)
            )
            for each in sightings
        )
        return back >= len(group)

    def _note_meetings(self, track: _Track, time: int) -> None:
        """Note who is near *track* now, and let go of meetings that are over."""
        others = [other for other in self._tracks if other is not track]
        near = {o.id for o in others if track.seen == o.seen == time and self._is_near(track, o)}
        hidden = {
            o.id for o in others if o.id in track.met and time in (track.seen, o.seen) and track.seen != o.seen
        }
        both_lost = {o.id for o in others if o.id in track.met and max(track.seen, o.seen) < time}
        track.met = near | hidden | both_lost
        if not track.met:
            track.before_meeting, track.mixed = None, False
        elif track.before_meeting is None:
            track.before_meeting = track.motion()
        track.mixed = track.mixed or bool(hidden)

    @staticmethod
    def _is_near(track: _Track, other: _Track) -> bool:
        return _distance(track.place, other.place, max(track.size, other.size)) < _MEETING


def _distance(a: Point, b: Point, size: float) -> float:
    """Return the distance of two places, in sides of a region."""
    return float(np.linalg.norm(a - b)) / max(size, 1.0)
