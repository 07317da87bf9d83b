"""Collector: what several streams have at one time becomes one row, for a program that takes row after row."""

from __future__ import annotations

import threading
from queue import Empty, Full, Queue
from typing import TYPE_CHECKING, Any, Final

from graphkit.jobs._sink import Pacing, Sink, Tap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit.framework import Packet

_MOST_WAITING: Final = 4
_LOOK_AGAIN_SECONDS: Final = 0.1


class Row(tuple[Any, ...]):
    """What there is at one time: the frame that was fed, then the payload of each stream, None if it has none.

    Attributes:
        timestamp: in microseconds.
        payloads: the payloads, without the frame, by stream.
    """

    timestamp: int
    payloads: dict[str, Any]

    @classmethod
    def of(cls, timestamp: int, frame: Any, payloads: dict[str, Any]) -> Row:
        """Return the row of one time."""
        row = cls((frame, *payloads.values()))
        row.timestamp, row.payloads = timestamp, payloads
        return row

    @property
    def frame(self) -> Any:
        """What was fed at this time, None if nothing was."""
        return self[0]

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={payload!r}" for name, payload in self.payloads.items())
        return f"Row(at {self.timestamp}: {self.frame!r}{', ' if said else ''}{said})"


class Collector:
    """Makes rows of what the streams carry, once all of them are settled at a time, and passes them to one reader.

    A slow reader makes the graph wait: at most four rows wait for it.

    Args:
        streams: the stream of the frames, then those whose payloads are wanted.
    """

    def __init__(self, streams: Sequence[str]) -> None:
        self._streams = tuple(streams)
        self._settled: list[int | None] = [None] * len(streams)
        self._waiting: dict[int, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._rows: Queue[Row | BaseException | None] = Queue(_MOST_WAITING)
        self._given_up = False

    def sinks(self) -> list[Sink]:
        """Return a sink for each stream; the frames tell nothing about what is in flight."""
        frames, *streams = self._streams
        wanted = (_StreamSink(self, index, name) for index, name in enumerate(streams, start=1))
        return [_FrameSink(self, 0, frames), *wanted]

    def take(self, index: int, packet: Packet[Any]) -> None:
        """Take a packet of the *index*-th stream; an empty one tells that it is settled up to there."""
        timestamp = int(packet.timestamp)
        with self._lock:
            if not packet.is_empty:
                self._waiting.setdefault(timestamp, {})[self._streams[index]] = packet.payload
            self._settled[index] = timestamp
            reached = [at for at in self._settled if at is not None]
            if len(reached) == len(self._settled):
                self._hand_over(min(reached))

    def end(self, error: BaseException | None) -> None:
        """Pass on what still waits, then *error* or the end."""
        with self._lock:
            if error is None:
                self._hand_over(None)
            self._put(error)

    def give_up(self) -> None:
        """Wake all that wait: the reader has gone."""
        self._given_up = True

    def next(self) -> Row | None:
        """Return the next row, None at the end; raises what ended the run."""
        while not self._given_up:
            try:
                found = self._rows.get(timeout=_LOOK_AGAIN_SECONDS)
            except Empty:
                continue
            if isinstance(found, Row):
                return found
            self._given_up = True
            if found is not None:
                raise found
        return None

    def _hand_over(self, up_to: int | None) -> None:
        frame, *streams = self._streams
        for timestamp in sorted(at for at in self._waiting if up_to is None or at <= up_to):
            found = self._waiting.pop(timestamp)
            self._put(Row.of(timestamp, found.get(frame), {name: found.get(name) for name in streams}))

    def _put(self, found: Row | BaseException | None) -> None:
        while not self._given_up:
            try:
                self._rows.put(found, timeout=_LOOK_AGAIN_SECONDS)
            except Full:
                continue
            return


class _StreamSink(Sink):
    """One stream of a collector."""

    def __init__(self, collector: Collector, index: int, stream: str) -> None:
        super().__init__(stream)
        self._collector, self._index = collector, index

    def taps(self) -> list[Tap]:
        """Return the stream, with the times at which it has nothing."""
        return [Tap(self.stream, self.take, bounds=True)]

    def take(self, packet: Packet[Any]) -> None:
        """Pass a packet on; waits while the reader has enough to read."""
        self._collector.take(self._index, packet)


class _FrameSink(_StreamSink):
    """The frames that are fed."""

    pacing = Pacing.LOOKS_ON
