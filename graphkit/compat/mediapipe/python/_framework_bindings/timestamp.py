"""``mediapipe.Timestamp``."""

from __future__ import annotations

from functools import total_ordering
from typing import Any, ClassVar, Final

from graphkit import Timestamp as GraphkitTimestamp
from graphkit.framework import UNITS_PER_SECOND

__all__ = ["Timestamp"]

_NAMES: Final = {
    "UNSET": GraphkitTimestamp.UNSET,
    "UNSTARTED": GraphkitTimestamp.UNSTARTED,
    "PRESTREAM": GraphkitTimestamp.PRE_STREAM,
    "MIN": GraphkitTimestamp.MIN,
    "MAX": GraphkitTimestamp.MAX,
    "POSTSTREAM": GraphkitTimestamp.POST_STREAM,
    "DONE": GraphkitTimestamp.DONE,
}


@total_ordering
class Timestamp:
    """A time in microseconds, or one of the values with a name; compares with numbers, too.

    Args:
        timestamp: microseconds, or another Timestamp.
    """

    UNSET: ClassVar[Timestamp]
    UNSTARTED: ClassVar[Timestamp]
    PRESTREAM: ClassVar[Timestamp]
    MIN: ClassVar[Timestamp]
    MAX: ClassVar[Timestamp]
    POSTSTREAM: ClassVar[Timestamp]
    DONE: ClassVar[Timestamp]

    def __init__(self, timestamp: Timestamp | int) -> None:
        self.value = int(timestamp)

    @staticmethod
    def from_seconds(seconds: float) -> Timestamp:
        """Return the timestamp of a time in seconds."""
        return Timestamp(round(seconds * UNITS_PER_SECOND))

    def seconds(self) -> float:
        """Return the time in seconds."""
        return self.value / UNITS_PER_SECOND

    def microseconds(self) -> int:
        """Return the time in microseconds."""
        return self.value

    def is_special_value(self) -> bool:
        """Return whether the value has a name instead of a time."""
        return self._graphkit().is_special_value()

    def is_range_value(self) -> bool:
        """Return whether it is a time, MIN and MAX among them."""
        return int(GraphkitTimestamp.MIN) <= self.value <= int(GraphkitTimestamp.MAX)

    def is_allowed_in_stream(self) -> bool:
        """Return whether a packet of a stream may have it."""
        return self._graphkit().is_allowed_in_stream()

    def __int__(self) -> int:
        return self.value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timestamp | int) and self.value == int(other)

    def __lt__(self, other: Any) -> bool:
        return self.value < int(other)

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        name = next((name for name, value in _NAMES.items() if int(value) == self.value), str(self.value))
        return f"<mediapipe.Timestamp with value: {name}>"

    def _graphkit(self) -> GraphkitTimestamp:
        return GraphkitTimestamp.from_raw(self.value)


for _name, _value in _NAMES.items():
    setattr(Timestamp, _name, Timestamp(int(_value)))
