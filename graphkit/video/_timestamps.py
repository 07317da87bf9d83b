"""From a container's presentation and decoding stamps to microseconds that strictly increase."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

MICROSECONDS = 1_000_000
_MIN_FAULTS = 3
_FEWEST_STAMPS = 3
_RESTART_PERIODS = 5


class Rational(Protocol):
    """A ratio of whole numbers: a Fraction, or the type of its own that PyAV has from version 19 on."""

    @property
    def numerator(self) -> int:
        """What is divided."""

    @property
    def denominator(self) -> int:
        """What it is divided by, above 0."""


def to_fraction(value: Rational) -> Fraction:
    """Return *value* as a Fraction."""
    return Fraction(value.numerator, value.denominator)


def to_microseconds(ticks: int, time_base: Rational) -> int:
    """Return ticks in microseconds, rounded to the nearest."""
    return _nearest(ticks * time_base.numerator * MICROSECONDS, time_base.denominator)


def to_ticks(microseconds: int, time_base: Rational) -> int:
    """Return microseconds in ticks, rounded to the nearest; undoes ``to_microseconds`` for ticks >= 2 us."""
    return _nearest(microseconds * time_base.denominator, time_base.numerator * MICROSECONDS)


def _nearest(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


class Stamps(NamedTuple):
    """What a container says about one picture's time, in its own ticks.

    Attributes:
        pts: presentation stamp, None without one.
        dts: decoding stamp, likewise.
    """

    pts: int | None
    dts: int | None


class TimestampClock:
    """Gives every decoded picture a timestamp later than the one before.

    A stamp that is equal to the last or before it becomes the last plus one microsecond. In some
    files this is no exception: the presentation stamps are shuffled from start to end while the
    decoding stamps are sound, and half of the pictures would be moved to their neighbours. So once
    more than a quarter of the stamps (and at least three) are faulty and no decoding stamp was,
    the decoding stamps are taken instead, moved so that the first picture keeps its time. The
    opening of a clip shows it before the first picture is returned.

    Recordings that were joined end to end begin again at each joint: both kinds of stamps go back by more than
    a few pictures. What follows is moved as a whole, to one picture's time after the last.

    Args:
        time_base: seconds a tick.
        frame_rate: of pictures without a time.
        opening: stamps of the first pictures, in display order, if they are known already.
        guessed: the presentation stamps are the demuxer's guess; sound decoding stamps are better.
        made_up: the stamps mean nothing: pictures follow each other at the frame rate from 0.

    Attributes:
        repaired: number of stamps that differ from what the file says.
    """

    def __init__(
        self,
        time_base: Fraction,
        frame_rate: Fraction,
        opening: Sequence[Stamps] = (),
        *,
        guessed: bool = False,
        made_up: bool = False,
    ) -> None:
        self._time_base = time_base
        self._period_us = max(1, round(MICROSECONDS / frame_rate))
        self._last_us: int | None = None
        self._last_pts: int | None = None
        self._last_dts: int | None = None
        self._dts_shift: int | None = None
        self._offset_us = 0
        self._dts_restarted = False
        self._frames = self._pts_faults = self._dts_faults = 0
        self._follow_dts = _better_by_decoding_stamps(opening, guessed=guessed)
        self._rate, self._guessed, self._made_up = frame_rate, guessed, made_up
        self.repaired = 0

    def stamp(self, pts: int | None, dts: int | None) -> int:
        """Return the timestamp, in microseconds, of the next picture in display order."""
        if self._made_up:
            self._frames += 1
            return round((self._frames - 1) * MICROSECONDS / self._rate)
        self._follow_restart(pts, dts)
        self._watch(pts, dts)
        stored = None if pts is None else to_microseconds(pts, self._time_base)
        chosen = self._from_dts(dts) if self._follow_dts or stored is None else stored
        if chosen is not None:
            chosen += self._offset_us
        else:
            chosen = 0 if self._last_us is None else self._last_us + self._period_us
        if self._guessed and self._follow_dts:
            stored = chosen  # the file says no more than that
        if self._last_us is not None and chosen <= self._last_us:
            chosen = self._last_us + 1
        self.repaired += chosen != stored
        self._last_us = chosen
        return chosen

    def _follow_restart(self, pts: int | None, dts: int | None) -> None:
        """Move all that follows where another recording begins.

        A decoder returns pictures late, so the last ones before the joint may come with decoding stamps from
        after it: those go back first, the presentation stamps later.
        """
        self._dts_restarted = self._dts_restarted or self._goes_back(self._last_dts, dts)
        if pts is None or self._last_us is None or not self._dts_restarted:
            return
        if self._goes_back(self._last_pts, pts):
            self._offset_us = self._last_us + self._period_us - to_microseconds(pts, self._time_base)
            self._dts_restarted = False

    def _goes_back(self, before: int | None, now: int | None) -> bool:
        if before is None or now is None:
            return False
        return to_microseconds(before - now, self._time_base) > _RESTART_PERIODS * self._period_us

    def _watch(self, pts: int | None, dts: int | None) -> None:
        """Count what is wrong with either kind of stamp and decide which to follow."""
        self._frames += 1
        self._pts_faults += pts is None or (self._last_pts is not None and pts <= self._last_pts)
        self._dts_faults += dts is None or (self._last_dts is not None and dts <= self._last_dts)
        if self._dts_shift is None and dts is not None:
            self._dts_shift = self._first_shift(pts, dts)
        self._last_pts = self._last_pts if pts is None else pts
        self._last_dts = self._last_dts if dts is None else dts
        unsound = self._pts_faults >= _MIN_FAULTS and 4 * self._pts_faults > self._frames
        self._follow_dts = self._follow_dts or (unsound and not self._dts_faults)

    def _first_shift(self, pts: int | None, dts: int) -> int:
        if self._last_us is not None and self._follow_dts:  # pictures without any stamp came before
            return to_ticks(self._last_us + self._period_us, self._time_base) - dts
        return 0 if pts is None else pts - dts

    def _from_dts(self, dts: int | None) -> int | None:
        if dts is None or self._dts_shift is None:
            return None
        return to_microseconds(dts + self._dts_shift, self._time_base)


def _better_by_decoding_stamps(opening: Sequence[Stamps], *, guessed: bool) -> bool:
    """Return whether the first pictures of a clip show that the decoding stamps tell its times better."""
    decoding = [stamps.dts for stamps in opening]
    # A decoder that starts or runs empty gives pictures without one.
    while decoding and decoding[0] is None:
        decoding.pop(0)
    while decoding and decoding[-1] is None:
        decoding.pop()
    if len(decoding) < _FEWEST_STAMPS or not _increases(decoding):
        return False
    if guessed:
        return True
    faults, last = 0, None
    for stamps in opening:
        faults += stamps.pts is None or (last is not None and stamps.pts <= last)
        last = last if stamps.pts is None else stamps.pts
    return faults > 0 and 4 * faults >= len(opening)


def _increases(stamps: Sequence[int | None]) -> bool:
    return all(a is not None and b is not None and a < b for a, b in pairwise(stamps))
