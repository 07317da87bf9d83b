"""The times at which a node may emit (S3, S8), checked where it emits, so that an error names the author's line.

Nearly every packet has the input time of its call: a look at that costs nothing. This module sees the others, and
those of sources, of ``open`` and of ``close``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from graphkit.errors import TimestampError, TimestampMismatchError
from graphkit.framework._settled import UNSTARTED, settled_label, shifted
from graphkit.framework._timestamp import Timestamp, describe

if TYPE_CHECKING:
    from graphkit.framework._context import OutputShard

_FIRST: Final = int(Timestamp.PRE_STREAM)
_LAST: Final = int(Timestamp.POST_STREAM)
_DONE: Final = int(Timestamp.DONE)
LATER: Final = " A node sends at cc.input_timestamp or later, each time later than before."


class Call(Protocol):
    """A call of a node."""

    @property
    def input_timestamp(self) -> Timestamp | None:
        """What it is called for."""


class NoCall:
    """Stands for a call whose packets are all checked."""

    __slots__ = ()
    input_timestamp = None


class SettledStream(Protocol):
    """A stream as its producer sees it."""

    @property
    def settled(self) -> int:
        """The timestamp up to which everything is decided."""


NO_CALL: Final = NoCall()


class OutputTimes:
    """What the times of one output are checked against.

    Args:
        stream: the output's stream.
        call: the context of the node's calls.
        is_source: whether the node has no inputs.
    """

    __slots__ = ("call", "is_source", "stream")

    def __init__(self, stream: SettledStream, call: Call, *, is_source: bool) -> None:
        self.stream = stream
        self.call = call
        self.is_source = is_source

    def promised(self, offset: int | None) -> int:
        """Return up to which time the node promised to emit nothing more in this call, the offset's (S8)."""
        now = self.call.input_timestamp
        if offset is None or self.is_source or now is None or now == _DONE:
            return UNSTARTED
        return shifted(int(now), offset) - 1

    def usual_call(self, offset: int | None) -> Call:
        """Return the call whose input time needs no further look; NO_CALL if each packet needs one."""
        return NO_CALL if self.is_source or (offset or 0) > 0 else self.call


def check_time(shard: OutputShard, timestamp: Timestamp) -> None:
    """Refuse a packet at *timestamp* that the stream cannot take, or that the node promised not to emit.

    Raises:
        TimestampError: no packet may have that timestamp.
        TimestampMismatchError: it comes too late.
    """
    if not shard.queue and timestamp == shard.call.input_timestamp:
        return
    if not _FIRST <= timestamp <= _LAST:
        raise TimestampError(
            f'output stream "{shard.name}": a packet may not have timestamp {describe(timestamp)}',
            stream=shard.name,
            node=shard.caller.name,
            timestamp=timestamp,
        )
    settled = int(shard.queue[-1]._timestamp) if shard.queue else UNSTARTED
    times = shard.times
    if times is not None:
        settled = max(settled, times.stream.settled, times.promised(shard.offset))
    if timestamp <= settled:
        raise TimestampMismatchError(
            f'stream "{shard.name}" from node "{shard.caller.name}"',
            settled_label(settled),
            timestamp,
            stream=shard.name,
            node=shard.caller.name,
            hint=_hint(shard, timestamp),
        )


def _hint(shard: OutputShard, timestamp: Timestamp) -> str:
    """Return what to do about a packet that comes too late."""
    times = shard.times
    if times is None:
        return " Packets of one call come in the order of their times."
    if times.is_source:
        return (
            " The node is a source, whose input time is always 0: give each packet a time of its own, "
            "send(cc, value, timestamp), each time later than before."
        )
    now = times.call.input_timestamp
    if now is None or timestamp > times.promised(shard.offset):
        return LATER
    lag, offset = int(timestamp) - int(now), shard.offset or 0
    return (
        f" The timestamp offset of {shard.caller.name} is {offset}: it sends at its input time"
        f"{f' {offset:+d}' if offset else ''} or later. Send at cc.input_timestamp, or declare that its packets "
        f"lag: timestamp_offset = {lag}, or the least that occurs."
    )
