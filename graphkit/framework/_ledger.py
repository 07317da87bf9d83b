"""Ledger: what happens in a run as rows of five values, for instruments that keep or count all of it.

A frame has about a hundred calls and packets. A call of a hook for each costs more than many a node; a row costs one
call of C code. Rows are read many at a time: a trace keeps them, a profile counts them with numpy. They lie one
behind the other in one list, as tuples that are kept would have the garbage collector look through the whole process
again and again.
"""

from __future__ import annotations

import logging
import threading
from itertools import compress, count
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphkit.framework._instrument import Instrument
from graphkit.framework._packet import EMPTY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphkit.framework._context import CalculatorContext
    from graphkit.framework._timestamp import Timestamp

    Hear = Callable[[CalculatorContext, float, float], None]

_LOG: Final = logging.getLogger(__name__)
WIDTH: Final = 5
"""Values of a row: when it began and ended, the thread (of a queue: packets in it), the time, the number of its entry."""
_MOST_VALUES: Final = WIDTH << 12
"""So many are handed over at once: those of about thirty frames."""
_MOST_SHAPES: Final = 64

CALL: Final = "process"
QUEUED: Final = "queued"
DROPPED: Final = "dropped"
TOOK: Final = "took"
MADE: Final = "made"
APART: Final = "apart"
"""In place of a stream: the packets of such calls are in rows of their own."""


class Entry(NamedTuple):
    """What a row is about.

    Attributes:
        kind: ``process`` and the like for what a thread did; ``queued`` and ``dropped`` for a packet; ``took`` and
            ``made`` for a packet of the call in the row before, if its time is not that of the call.
        name: of the node or part.
        stream: of the packet.
        taken: numbers of the entries of the queues that a packet was taken out of.
        made: streams that a packet was emitted to.
        run: counts the runs of an instrument that keeps several.
    """

    kind: str
    name: str
    stream: str = ""
    taken: tuple[int, ...] = ()
    made: tuple[str, ...] = ()
    run: int = 0


class Ledger:
    """The rows of an instrument.

    Attributes:
        rows: those that were not handed over yet, one behind the other.
        write: adds a row, at once, whatever other threads do.
        entries: by number; the first one is unused.
        threads: names of threads, by number.
        run: see Entry.
    """

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.write: Callable[[Sequence[Any]], None] = self.rows.extend
        self.entries: list[Entry] = [Entry("", "")]
        self.threads: dict[int, str] = {}
        self.run = 0
        self._numbers: dict[Entry, int] = {}
        self._counter, self._here = count(1), threading.local()
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

    def number_of(self, entry: Entry) -> int:
        """Return the number of an entry, a new one if there is none yet."""
        number = self._numbers.get(entry)
        if number is None:
            with self._handing_over:
                number = self._numbers.setdefault(entry, len(self.entries))
                if number == len(self.entries):
                    self.entries.append(entry)
        return number

    def queue(self, node: str, stream: str) -> int:
        """Return the number of a queue."""
        return self.number_of(Entry(QUEUED, node, stream, run=self.run))

    def thread(self) -> int:
        """Return the number of the calling thread."""
        here = self._here
        try:
            number: int = here.number
        except AttributeError:
            number = here.number = next(self._counter)
            self.threads[number] = threading.current_thread().name
        return number

    def write_work(self, kind: str, name: str, begin: float, seconds: float) -> None:
        """Add a row for something that this thread did."""
        self.write((begin, begin + seconds, self.thread(), 0, self.number_of(Entry(kind, name, run=self.run))))
        if len(self.rows) > _MOST_VALUES:
            self._hand_over_if_free()

    def write_drop(self, node: str, stream: str, timestamp: int, at: float) -> None:
        """Add a row for a packet that a queue has lost."""
        entry = Entry(DROPPED, node, stream, (self.queue(node, stream),), run=self.run)
        self.write((at, at, 0, timestamp, self.number_of(entry)))

    def calls_of(self, node: str, calculator: str, inputs: Sequence[str], outputs: Sequence[str]) -> Hear:
        """Return what adds a row for a call of a node.

        Nearly every call takes and emits packets at its own time. Which of its streams had one is its *shape*: an
        entry for each that was seen.
        """
        rows, write, here, new_thread = self.rows, self.write, self._here, self.thread
        shapes, hand_over = _Shapes(self, node, inputs, outputs), self._hand_over_if_free
        known = shapes.numbers.get

        def keep(cc: CalculatorContext, begin: float, seconds: float) -> None:
            time, shape, is_plain = cc.input_timestamp, 1, True
            for packet in cc.inputs.packets:
                shape += shape
                if packet._payload is not EMPTY:
                    shape += 1
                    is_plain = is_plain and packet._timestamp == time
            for shard in cc.outputs.shards:
                shape += shape
                if emitted := shard.queue:
                    shape += 1
                    is_plain = is_plain and len(emitted) == 1 and emitted[0]._timestamp == time
            try:
                thread = here.number
            except AttributeError:
                thread = new_thread()
            if is_plain and (number := known(shape) or shapes.learn(shape)):
                write((begin, begin + seconds, thread, time, number))
            else:
                write(shapes.apart(cc, begin, begin + seconds, thread))
            if len(rows) > _MOST_VALUES:
                hand_over()

        return keep

    def _hand_over_if_free(self) -> None:
        """Hand over, unless another thread is about it: a call of a node should not wait for that."""
        if self._handing_over.acquire(blocking=False):
            try:
                self.hand_over()
            finally:
                self._handing_over.release()


class _Shapes:
    """The shapes of the calls of a node.

    Attributes:
        numbers: of their entries, by a 1 and a bit for each input and output, set if it had a packet.
    """

    def __init__(self, ledger: Ledger, node: str, inputs: Sequence[str], outputs: Sequence[str]) -> None:
        self._ledger, self._node, self._inputs, self._outputs = ledger, node, inputs, outputs
        self.numbers: dict[int, int] = {}

    def learn(self, shape: int) -> int:
        """Return the number of a new shape; 0 if the node has had too many."""
        if len(self.numbers) >= _MOST_SHAPES:
            return 0
        ledger, node = self._ledger, self._node
        had = [digit == "1" for digit in f"{shape:b}"[1:]]
        taken = tuple(ledger.queue(node, name) for name in compress(self._inputs, had))
        made = tuple(compress(self._outputs, had[len(self._inputs) :]))
        self.numbers[shape] = number = ledger.number_of(Entry(CALL, node, "", taken, made, ledger.run))
        return number

    def apart(self, cc: CalculatorContext, begin: float, end: float, thread: int) -> list[Any]:
        """Return a row for a call, and one for each of its packets."""
        ledger, node, run = self._ledger, self._node, self._ledger.run
        values = [begin, end, thread, cc.input_timestamp, ledger.number_of(Entry(CALL, node, APART, run=run))]
        for name, packet in zip(self._inputs, cc.inputs.packets, strict=True):
            if packet._payload is not EMPTY:
                number = ledger.number_of(Entry(TOOK, node, name, (ledger.queue(node, name),), run=run))
                values += (begin, begin, thread, packet._timestamp, number)
        for name, shard in zip(self._outputs, cc.outputs.shards, strict=True):
            for packet in shard.queue:
                number = ledger.number_of(Entry(MADE, node, name, (), (name,), run))
                values += (end, end, thread, packet._timestamp, number)
        return values


class LedgerInstrument(Instrument):
    """An instrument that is told of calls and packets by rows of its ledger.

    The hooks that it has here write the same rows one by one; they are called if a subclass overrides one of them.

    Args:
        ledger: its rows.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._hears: dict[str, Hear] = {}

    def processed(self, cc: CalculatorContext, begin: float, seconds: float) -> None:
        """Write down the call, and what went in and came out."""
        hear = self._hears.get(cc.node_name)
        if hear is None:
            inputs, outputs = cc.inputs.tag_map.names, [shard.name for shard in cc.outputs.shards]
            hear = self._ledger.calls_of(cc.node_name, cc.calculator_type, inputs, outputs)
            self._hears[cc.node_name] = hear
        hear(cc, begin, seconds)

    def packet_queued(self, node: str, stream: str, timestamp: Timestamp, waiting: int, at: float) -> None:
        """Write down which queue the packet came into."""
        self._ledger.write((at, at, waiting, timestamp, self._ledger.queue(node, stream)))

    def packet_dropped(self, node: str, stream: str, timestamp: Timestamp, at: float) -> None:
        """Write down the drop."""
        self._ledger.write_drop(node, stream, timestamp, at)


WRITTEN: Final = ("processed", "packet_queued")
"""Hooks that a ledger stands for."""


def ledger_of(instrument: Instrument) -> Ledger | None:
    """Return the ledger in which an instrument wants calls and queued packets; None if its hooks are to be called."""
    if not isinstance(instrument, LedgerInstrument):
        return None
    kind = type(instrument)
    is_own = all(getattr(kind, hook) is getattr(LedgerInstrument, hook) for hook in WRITTEN)
    return instrument._ledger if is_own else None
