"""Limited: a sink that gets no more than the first frames of a graph that feeds itself."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from graphkit.jobs._sink import Ending, Sink, Tap

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.framework import Packet
    from graphkit.jobs._sources.own import OwnInput
    from graphkit.jobs._summary import Summary


class Limited(Sink):
    """Passes packets on to a sink as long as they are of frames within the limit of the graph's input.

    Threads may bring a result before the frame that it was made of is counted; such a packet waits.

    Args:
        sink: gets the packets.
        frames: the input, with its limit.
    """

    def __init__(self, sink: Sink, frames: OwnInput) -> None:
        super().__init__(sink.stream)
        self._sink, self._frames = sink, frames
        self._gates: list[_Gate] = []

    def taps(self) -> list[Tap]:
        """Return those of the sink, each with the limit."""
        taps = []
        for tap in self._sink.taps():
            gate = _Gate(tap.take, self._frames)
            self._gates.append(gate)
            taps.append(Tap(tap.stream, gate.take, tap.bounds))
        return taps

    def check(self) -> None:
        """Check the sink."""
        self._sink.check()

    def open(self) -> None:
        """Open the sink."""
        self._sink.open()

    def take(self, packet: Packet[Any]) -> None:
        """Pass a packet on."""
        self._sink.take(packet)

    def close(self, ending: Ending) -> None:
        """Close the sink."""
        self._sink.close(ending)

    def report(self, summary: Summary) -> None:
        """Let the sink report."""
        self._sink.report(summary)


class _Gate:
    def __init__(self, take: Callable[[Packet[Any]], None], frames: OwnInput) -> None:
        self._take, self._frames = take, frames
        self._waiting: deque[Packet[Any]] = deque()
        self._passing = threading.Lock()
        frames.when_moved(self.release)

    def take(self, packet: Packet[Any]) -> None:
        self._waiting.append(packet)
        self.release()

    def release(self) -> None:
        with self._passing:
            while self._waiting:
                admitted = self._frames.admits(int(self._waiting[0].timestamp))
                if admitted is None:
                    return
                packet = self._waiting.popleft()
                if admitted:
                    self._take(packet)
