"""OutputStreamPoller: pull packets out of a running graph (S45)."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from graphkit._process.forks import call_in_children
from graphkit._process.sleepers import Sleepers
from graphkit._runtime.observers import Observer
from graphkit.errors import GraphStateError
from graphkit.framework import Packet, Timestamp
from graphkit.framework._settled import MAX, POST_STREAM, PRE_STREAM, UNSTARTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphkit._runtime.streams import InputStream


class OutputStreamPoller:
    """The packets of one stream, one ``next()`` at a time. Made by ``CalculatorGraph.add_output_stream_poller``.

    Several threads may read one poller; each packet goes to one of them.

    Args:
        stream: name of the stream.
        take: takes the next packet out of the queue in the current run; None if it is empty.
        is_over: whether no run is in progress.
        explain_to: adds to an error that ends the wait what the run waits for.

    Attributes:
        stream: name of the stream.
    """

    def __init__(
        self,
        stream: str,
        take: Callable[[Any], Packet[Any] | None],
        is_over: Callable[[], bool],
        explain_to: Callable[[BaseException], None],
    ) -> None:
        self.stream = stream
        self._take_from = take
        self._is_over = is_over
        self._explain_to = explain_to
        self._moves = 0
        self._renew_locks()
        call_in_children(self, OutputStreamPoller._renew_locks)
        self._observer: Observer | None = None
        self._told = UNSTARTED
        self._seen: InputStream | None = None

    def _renew_locks(self) -> None:
        self._taking = threading.RLock()  # a signal handler may come here while they are held
        self._waking = threading.RLock()
        self._sleepers = Sleepers(self._waking)

    def _observed(self, streams: tuple[str, ...], bounds: bool, max_queue_size: int) -> Observer:
        """Return the observer that notifies the poller of its stream; called once, by the graph."""
        self._observer = Observer(streams, self._ignore, bounds, self._notify, max_queue_size)
        return self._observer

    def _notify(self) -> None:
        """Note that the stream moved; called by the runtime under its lock."""
        self._moves += 1
        if self._sleepers.wakers:
            with self._waking:
                self._sleepers.wake()

    def _ignore(self, packet: Packet[Any]) -> None:
        """Take no packet: a poller reads its queue itself."""

    def next(self, timeout: float | None = None) -> Packet[Any] | None:
        """Return the next packet, None at the end of the stream or of a failed run.

        Args:
            timeout: seconds to wait; None waits forever.

        Raises:
            TimeoutError: nothing came in time.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            moves = self._moves
            packet = self._try_next()
            if packet is not None:
                return packet
            if self._ended():
                return None
            left = None if deadline is None else deadline - time.monotonic()
            try:
                if not self._sleepers.wait_for(partial(self._has_moved, moves), left):
                    raise TimeoutError(f'no packet on stream "{self.stream}" within {timeout} s')
            except (KeyboardInterrupt, TimeoutError) as error:
                self._explain_to(error)
                raise

    def __repr__(self) -> str:
        return f'OutputStreamPoller("{self.stream}", {self.queue_size()} packets wait)'

    def queue_size(self) -> int:
        """Return how many packets wait."""
        queue = self._observer.queue if self._observer else None
        return len(queue.queue) if queue else 0

    def reset(self) -> None:
        """Drop the packets that wait."""
        while self._try_next() is not None:
            continue

    def __iter__(self) -> Iterator[Packet[Any]]:
        while (packet := self.next()) is not None:
            yield packet

    def _has_moved(self, moves: int) -> bool:
        return self._moves != moves

    def _try_next(self) -> Packet[Any] | None:
        observer = self._observer
        if observer is None or observer.queue is None:
            raise GraphStateError("the graph of this poller has not been started")
        with self._taking:
            return self._take(observer, observer.queue)

    def _take(self, observer: Observer, queue: InputStream) -> Packet[Any] | None:
        """Take a packet, or an empty one if the stream moved without; one thread at a time."""
        if queue is not self._seen:  # another run
            self._seen, self._told = queue, UNSTARTED
        packet = self._take_from(queue)
        if packet is not None:
            self._told = int(packet.timestamp)
            return packet
        settled = int(queue.settled)
        if observer.bounds and max(self._told, PRE_STREAM) < settled <= MAX and not queue.queue:
            self._told = settled
            return Packet.empty(Timestamp.from_raw(settled))
        return None

    def _ended(self) -> bool:
        queue = self._observer.queue if self._observer else None
        return queue is None or (not queue.queue and (queue.settled >= POST_STREAM or self._is_over()))
