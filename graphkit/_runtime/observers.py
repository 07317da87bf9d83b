"""Observers: a program's request for the packets of streams, and its node in a run (S43, S44)."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphkit._process.sleepers import Sleepers
from graphkit.framework import EMPTY, Calculator, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit._runtime.streams import InputStream
    from graphkit.framework import CalculatorContext


class OutputSignal:
    """Counts the calls of observers, for threads that wait for the next one."""

    def __init__(self) -> None:
        self._count = 0
        self._told = 0
        self._open = 0
        self._lock = threading.RLock()  # a signal handler may come here while it is held
        self._sleepers = Sleepers(self._lock)

    def add(self) -> None:
        """Count a call of an observer; it takes a lock only if a thread waits."""
        self._count += 1
        if self._sleepers.wakers:
            with self._lock:
                self._sleepers.wake()

    def begin(self) -> None:
        """An observer may be called from now on."""
        with self._lock:
            self._open += 1

    def end(self) -> None:
        """An observer will not be called any more."""
        with self._lock:
            self._open -= 1
            self._sleepers.wake()

    def wait(self, timeout: float | None) -> bool:
        """Wait for one that no earlier call has returned for; return False if all observers have ended.

        Raises:
            TimeoutError: nothing came within *timeout* seconds.
        """
        if not self._sleepers.wait_for(lambda: self._count > self._told or not self._open, timeout):
            raise TimeoutError(f"no observer was called within {timeout} s")
        with self._lock:
            found = self._count > self._told
            self._told = self._count
            return found


@dataclass(slots=True)
class Observer:
    """A program's request for the packets of a stream, or of several together.

    Attributes:
        streams: their names in the expanded graph.
        callback: gets every packet, or a list with one of each stream if *together*; outside of any lock, one
            call at a time and in order.
        bounds: also call it with an empty packet when the stream is settled and empty.
        on_touch: called, instead of the callback, when something arrived (pollers).
        max_queue_size: of a poller.
        together: whether the callback gets the packets of all streams at one timestamp.
        signal: notified of every call.
        queue: of the first stream in the current run; set when the run is built.
    """

    streams: tuple[str, ...]
    callback: Callable[[Any], None]
    bounds: bool = False
    on_touch: Callable[[], None] | None = None
    max_queue_size: int = -1
    together: bool = False
    signal: OutputSignal = field(default_factory=OutputSignal, repr=False)
    queue: InputStream | None = field(default=None, repr=False)


class ObserverCalculator(Calculator):
    """The node behind an observer of one stream."""

    def __init__(self, observer: Observer) -> None:
        self._callback = observer.callback
        self._signal = observer.signal

    def open(self, cc: CalculatorContext) -> None:
        """Count the observer as open."""
        self._signal.begin()

    def close(self, cc: CalculatorContext) -> None:
        """Count the observer as ended."""
        self._signal.end()

    def process(self, cc: CalculatorContext) -> Status | None:
        """Pass the packet to the callback."""
        packet = cc.inputs.packets[0]
        self._callback(packet if packet._payload is not EMPTY else packet.at(cc.input_timestamp))
        self._signal.add()
        return None


class TogetherCalculator(ObserverCalculator):
    """The node behind an observer of several streams."""

    def process(self, cc: CalculatorContext) -> Status | None:
        """Pass one packet per stream to the callback, an empty one if a stream has none."""
        now = cc.input_timestamp
        self._callback([packet if packet else packet.at(now) for packet in cc.inputs.packets])
        self._signal.add()
        return None
