"""Timestamps: int64 microseconds with a few special values, and their arithmetic (S1, S2, S4).

A :class:`Timestamp` is an ``int``, so comparing, sorting and hashing cost what they cost for ints, and
every function of graphkit that takes a timestamp also takes a plain int in the range ``MIN < t < MAX``.
The special values exist under their names only.
"""

from __future__ import annotations

from operator import index
from typing import ClassVar, Final

from graphkit.errors import StatusCode, TimestampError

UNITS_PER_SECOND: Final = 1_000_000
"""Timestamps count microseconds."""

_UNSET: Final = -(2**63)
_MIN: Final = _UNSET + 3
_MAX: Final = 2**63 - 4
_NAMES: Final[dict[int, str]] = {
    _UNSET: "UNSET",
    _UNSET + 1: "UNSTARTED",
    _UNSET + 2: "PRE_STREAM",
    _MIN: "MIN",
    _MAX: "MAX",
    _MAX + 1: "POST_STREAM",
    _MAX + 2: "ONE_OVER_POST_STREAM",
    _MAX + 3: "DONE",
}


class Timestamp(int):
    """A point in stream time, in microseconds.

    ``Timestamp(n)`` takes ordinary values only and raises :class:`TimestampError` for special ones.

    Attributes:
        UNSET: of side packets, headers and packets that were not sent yet.
        UNSTARTED: the input timestamp during ``open``.
        PRE_STREAM: of a packet that stands for the whole stream; it must be the only one.
        MIN: the smallest ordinary value.
        MAX: the largest ordinary value.
        POST_STREAM: of a packet that sums the stream up; it must be the only one.
        ONE_OVER_POST_STREAM: a bound only: nothing more can come.
        DONE: the bound of a closed stream; the input timestamp during ``close``.
    """

    __slots__ = ()

    UNSET: ClassVar[Timestamp]
    UNSTARTED: ClassVar[Timestamp]
    PRE_STREAM: ClassVar[Timestamp]
    MIN: ClassVar[Timestamp]
    MAX: ClassVar[Timestamp]
    POST_STREAM: ClassVar[Timestamp]
    ONE_OVER_POST_STREAM: ClassVar[Timestamp]
    DONE: ClassVar[Timestamp]

    def __new__(cls, microseconds: int) -> Timestamp:
        try:
            value = index(microseconds)
        except TypeError:
            raise TimestampError(
                f"{microseconds!r} is not a timestamp; pass whole microseconds, or use Timestamp.from_seconds()",
                timestamp=microseconds,
                status=StatusCode.INVALID_ARGUMENT,
            ) from None
        if not _MIN < value < _MAX:
            raise TimestampError(
                f"{describe(value)} is not an ordinary timestamp; take special values by name, "
                "such as Timestamp.PRE_STREAM",
                timestamp=value,
            )
        return int.__new__(cls, value)

    @classmethod
    def from_raw(cls, value: int) -> Timestamp:
        """Return the timestamp with int64 *value*, special values included."""
        if not _UNSET <= value <= _MAX + 3:
            raise TimestampError(f"{value} does not fit into 64 bits", timestamp=value)
        return int.__new__(cls, value)

    @classmethod
    def from_seconds(cls, seconds: float) -> Timestamp:
        """Return the timestamp at *seconds*, rounded to the nearest microsecond."""
        return cls(round(seconds * UNITS_PER_SECOND))

    def seconds(self) -> float:
        """Return the time in seconds."""
        return int(self) / UNITS_PER_SECOND

    def microseconds(self) -> int:
        """Return the time as a plain int, in microseconds."""
        return int(self)

    def is_range_value(self) -> bool:
        """Return whether MIN <= self <= MAX: arithmetic is allowed."""
        return _MIN <= self <= _MAX

    def is_special_value(self) -> bool:
        """Return whether the value is not an ordinary one; MIN and MAX count as special too."""
        return self <= _MIN or self >= _MAX

    def is_allowed_in_stream(self) -> bool:
        """Return whether a packet may carry this timestamp."""
        return _UNSET + 2 <= self <= _MAX + 1

    def next_allowed_in_stream(self) -> Timestamp:
        """Return the smallest timestamp that a packet after this one may have."""
        if self == _UNSET + 2 or self >= _MAX:
            return Timestamp.ONE_OVER_POST_STREAM
        if self < _MIN:
            return Timestamp.MIN
        return int.__new__(Timestamp, int(self) + 1)

    def previous_allowed_in_stream(self) -> Timestamp:
        """Return the largest timestamp that a packet before this one may have had."""
        if self <= _MIN or self == _MAX + 1:
            return Timestamp.UNSTARTED
        if self > _MAX:
            return Timestamp.MAX
        return int.__new__(Timestamp, int(self) - 1)

    def __add__(self, microseconds: int) -> Timestamp:
        _check_range(self)
        return int.__new__(Timestamp, min(max(int(self) + index(microseconds), _MIN), _MAX))

    __radd__ = __add__

    def __sub__(self, other: int) -> Timestamp | int:
        """Return a plain int difference to a Timestamp, or the time that many microseconds earlier."""
        if isinstance(other, Timestamp):
            _check_range(self)
            _check_range(other)
            return int(self) - int(other)
        return self + -other

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return Timestamp.from_raw, (int(self),)  # copied and pickled, special values included

    def __repr__(self) -> str:
        return f"Timestamp.{_NAMES[self]}" if int(self) in _NAMES else f"Timestamp({int(self)})"

    def __str__(self) -> str:
        return describe(self)


def _check_range(timestamp: Timestamp) -> None:
    if not _MIN <= timestamp <= _MAX:
        raise TimestampError(f"{timestamp!r} takes no arithmetic; only MIN to MAX does", timestamp=timestamp)


def describe(value: int) -> str:
    """Return *value* as messages show it: a number, or the name of a special value."""
    return _NAMES.get(int(value)) or int.__repr__(int(value))


def as_timestamp(value: int) -> Timestamp:
    """Return *value* as a Timestamp; plain ints must be ordinary values."""
    if value.__class__ is int and _MIN < value < _MAX:
        return int.__new__(Timestamp, value)
    return value if isinstance(value, Timestamp) else Timestamp(value)


for _value, _name in _NAMES.items():
    setattr(Timestamp, _name, Timestamp.from_raw(_value))
