"""FixedSizeInputStreamHandler: keeps queues short by dropping old packets (S15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphkit.errors import ConfigError
from graphkit.framework import Decision, Readiness, Timestamp, input_stream_handler
from graphkit.framework._handlers.default import DefaultInputStreamHandler

if TYPE_CHECKING:
    from graphkit.framework import InputQueue

_UNSET: Final = int(Timestamp.UNSET)


@input_stream_handler("FixedSizeInputStreamHandler")
class FixedSizeInputStreamHandler(DefaultInputStreamHandler):
    """The default policy on queues that drop their oldest packets, so a slow node works on recent ones.

    When a stream holds *trigger_queue_size* packets, all but its newest *target_queue_size* are dropped, and what
    other streams hold at those timestamps with them, so that packets stay together.

    Options:
        trigger_queue_size: default 2.
        target_queue_size: default 1.
        fixed_min_size: drop only when every stream holds the trigger size, and never past the oldest packet
            that any of them keeps; default False.
    """

    any_arrival_order = False

    def prepare(self) -> None:
        """Read the options; raises ConfigError for invalid sizes."""
        super().prepare()
        self._trigger = int(self.options.get("trigger_queue_size", 2))
        self._target = int(self.options.get("target_queue_size", 1))
        self._every = bool(self.options.get("fixed_min_size", False))
        if not 1 <= self._target <= self._trigger:
            raise ConfigError(
                f"target_queue_size is {self._target} and trigger_queue_size {self._trigger}; expected "
                "1 <= target_queue_size <= trigger_queue_size"
            )
        self._kept = _UNSET

    def arrived_while_busy(self) -> None:
        """Drop at once, so that a busy node does not throttle its producers."""
        self._drop_surplus(keep_one=False)

    def readiness(self) -> Decision:
        """Drop old packets, then return what the set can do."""
        self._drop_surplus(keep_one=False)
        decision = super().readiness()
        if decision.readiness is Readiness.READY:
            self._drop_surplus(keep_one=True)
        return decision

    def _drop_surplus(self, *, keep_one: bool) -> None:
        if self._every:
            if all(len(stream.queue) >= self._trigger for stream in self.streams):
                _drop(self.streams, min(_newest(stream, self._target) for stream in self.streams))
            return
        for stream in self.streams:
            size = len(stream.queue)
            if size >= self._trigger and size > self._target:
                self._kept = max(self._kept, _newest(stream, self._target + 1) + 1)
        if keep_one:
            self._kept = min(self._kept, *(_current(stream) for stream in self.streams))
        _drop(self.streams, self._kept)


def _newest(stream: InputQueue, count: int) -> int:
    """Return the timestamp of the oldest among the newest *count* packets."""
    queue = stream.queue
    return int(queue[max(0, len(queue) - count)].timestamp)


def _current(stream: InputQueue) -> int:
    """Return how far a stream is: the time of its newest packet, else what is settled."""
    return int(stream.queue[-1].timestamp if stream.queue else stream.settled)


def _drop(streams: list[InputQueue], before: int) -> None:
    for stream in streams:
        while stream.queue and stream.queue[0].timestamp < before:
            stream.queue.popleft()
