"""Ledger: what happens in a run as rows of five values, for instruments that keep or count all of it.

A frame has about a hundred calls and packets, and most of their nodes are so light that a call of a hook for each
would cost as much. A row costs one call of C code. Rows are read many at a time: a trace keeps them, a profile
counts them with numpy. They lie one behind the other in one list: tuples that are kept would have the garbage
collector look through the whole process again and again.
"""

from __future__ import annotations

import logging
import threading
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphkit.framework._instrument import Instrument
from graphkit.framework._ledger_calls import Calls
from graphkit.framework._ledger_rows import DROPPED, MOST_VALUES, QUEUED, SENT, Topic, working_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphkit.framework._context import CalculatorContext
    from graphkit.framework._ledger_calls import CalledNode, Clock, PlainCalls, Process
    from graphkit.framework._tag_map import TagMap
    from graphkit.framework._timestamp import Timestamp

_LOG: Final = logging.getLogger(__name__)


class Ledger:
    """The rows of an instrument.

    Attributes:
        rows: those that were not handed over yet, one behind the other.
        write: adds a row, at once, whatever other threads do.
        topics: by number; the first one is unused.
        run: see Topic.
    """

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.write: Callable[[Sequence[Any]], None] = self.rows.extend
        self.topics: list[Topic] = [Topic("", "")]
        self.run = 0
        self._numbers: dict[Topic, int] = {}
        self._works: dict[tuple[str, str, int], int] = {}
        self._handing_over, self._is_busy = threading.RLock(), False

    def keep(self, rows: list[Any]) -> None:
        """Take what was written since the last time; one call at a time."""
        raise NotImplementedError

    def hand_over(self) -> None:
        """Let `keep` have all rows that are written by now."""
        with self._handing_over:
            if self._is_busy:  # a signal handler has interrupted this thread at it
                return
            self._is_busy = True
            try:
                rows = self.rows.copy()
                del self.rows[: len(rows)]  # others may have come meanwhile
                if rows:
                    self.keep(rows)
            except Exception:
                _LOG.exception("%s failed; what it was to count is lost", type(self).__name__)
            finally:
                self._is_busy = False

    def hand_over_if_many(self) -> None:
        """Hand over if there are many rows, unless another thread is about it: a call should not wait for that."""
        if len(self.rows) > MOST_VALUES and self._handing_over.acquire(blocking=False):
            try:
                self.hand_over()
            finally:
                self._handing_over.release()

    def number_of(self, topic: Topic) -> int:
        """Return the number of a topic, a new one if there is none yet."""
        number = self._numbers.get(topic)
        if number is None:
            with self._handing_over:
                number = self._numbers.setdefault(topic, len(self.topics))
                if number == len(self.topics):
                    self.topics.append(topic)
        return number

    def queue(self, node: str, stream: str) -> int:
        """Return the number of a queue."""
        return self.number_of(Topic(QUEUED, node, stream, run=self.run))

    def stream(self, producer: str, stream: str, readers: Sequence[str]) -> int:
        """Return the number of a stream."""
        queues = tuple(self.queue(reader, stream) for reader in readers)
        return self.number_of(Topic(SENT, producer, stream, queues, run=self.run))

    def write_work(self, kind: str, name: str, begin: float, seconds: float) -> None:
        """Add a row for something that this thread did."""
        number = self._works.get((kind, name, self.run))
        if number is None:
            number = self._works[kind, name, self.run] = self.number_of(Topic(kind, name, run=self.run))
        self.write((begin, begin + seconds, working_thread(), 0, number))
        if len(self.rows) > MOST_VALUES:
            self.hand_over_if_many()

    def write_drop(self, node: str, stream: str, timestamp: int, at: float) -> None:
        """Add a row for a packet that a queue has lost."""
        topic = Topic(DROPPED, node, stream, (self.queue(node, stream),), run=self.run)
        self.write((at, at, 0, timestamp, self.number_of(topic)))

    def calls_of(self, node: CalledNode, process: Process, clock: Clock) -> Calls:
        """Return what makes the calls of a node and writes them.

        Args:
            node: whose they are.
            process: makes one.
            clock: seconds.
        """
        return Calls(self, node, process, clock)

    def plain_calls_of(self, node: CalledNode, process: Process, clock: Clock) -> Calls | PlainCalls:
        """Return the same for a node each of whose calls takes all packets of its time, and no others."""
        return self.calls_of(node, process, clock)


class _Called(NamedTuple):
    """Such a node, as far as a context knows it."""

    name: str
    calculator: str
    inputs: TagMap
    outputs: TagMap


def _nothing(cc: CalculatorContext) -> None:
    """Make no call: somebody else does."""


class LedgerInstrument(Instrument):
    """An instrument that is told of calls and packets by rows of its ledger.

    The hooks that it has here write the same rows one by one; they are called if a subclass overrides one of them.

    Args:
        ledger: its rows.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._calls: dict[str, Calls] = {}

    def processed(self, cc: CalculatorContext, begin: float, seconds: float) -> None:
        """Write down the call, and what went in and came out."""
        calls = self._calls.get(cc.node_name)
        if calls is None:
            node = _Called(cc.node_name, cc.calculator_type, cc.inputs.tag_map, cc.outputs.tag_map)
            calls = self._calls[node.name] = self._ledger.calls_of(node, _nothing, perf_counter)
        calls.write(cc, begin, begin + seconds)

    def packet_queued(self, node: str, stream: str, timestamp: Timestamp, waiting: int, at: float) -> None:
        """Write down which queue the packet came into."""
        self._ledger.write((at, at, waiting, timestamp, self._ledger.queue(node, stream)))

    def packet_dropped(self, node: str, stream: str, timestamp: Timestamp, at: float) -> None:
        """Write down the drop."""
        self._ledger.write_drop(node, stream, timestamp, at)


WRITTEN: Final = ("processed", "packet_queued")
"""Hooks that a ledger stands for."""


def ledger_of(instrument: Instrument) -> Ledger | None:
    """Return where an instrument wants calls and queued packets written; None if its hooks are to be called."""
    if not isinstance(instrument, LedgerInstrument):
        return None
    kind = type(instrument)
    is_own = all(getattr(kind, hook) is getattr(LedgerInstrument, hook) for hook in WRITTEN)
    return instrument._ledger if is_own else None
