"""Ledger: what happens in a run as rows of five values, for instruments that keep or count all of it.

A frame has about a hundred calls and packets, and most of their nodes are so light that a call of a hook for each
would cost as much. A row costs one call of C code. Rows are read many at a time: a trace keeps them, a profile
counts them with numpy. They lie one behind the other in one list: tuples that are kept would have the garbage
collector look through the whole process again and again. What is written for each node lies close together, as it
is not in the processor's cache when a frame comes to it.
"""

from __future__ import annotations

import logging
import threading
from itertools import compress
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from graphkit.framework._instrument import Instrument
from graphkit.framework._packet import EMPTY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphkit.framework._context import CalculatorContext
    from graphkit.framework._tag_map import TagMap
    from graphkit.framework._timestamp import Timestamp

    Process = Callable[[CalculatorContext], Any]
    Clock = Callable[[], float]

_LOG: Final = logging.getLogger(__name__)
WIDTH: Final = 5
"""Values of a row: when it began and ended, thread (of a queue: packets in it), time, and number of its entry."""
_MOST_VALUES: Final = WIDTH << 12
"""So many are handed over at once: those of about thirty frames."""
_MOST_SHAPES: Final = 64

CALL: Final = "process"
SENT: Final = "sent"
QUEUED: Final = "queued"
DROPPED: Final = "dropped"
TOOK: Final = "took"
MADE: Final = "made"
APART: Final = "apart"


class Entry(NamedTuple):
    """What a row is about.

    Attributes:
        kind: ``process`` and the like for what a thread did; ``sent`` for a packet that is alone in each of its
            queues, else ``queued``; ``dropped``; ``took`` and ``made`` for a packet of the call in the row before,
            if its time is not that of the call.
        name: of the node or part.
        stream: of the packet; `APART` for a call with such rows.
        queues: numbers of the entries of the queues that a packet came into, or was taken out of.
        made: streams that a packet was emitted to.
        run: counts the runs of an instrument that keeps several.
        later: of a call: number of the entry of the one row after it, 0 for none.
    """

    kind: str
    name: str
    stream: str = ""
    queues: tuple[int, ...] = ()
    made: tuple[str, ...] = ()
    run: int = 0
    later: int = 0


class WorkingThread:
    """A thread, in the rows of what it did.

    Attributes:
        name: of the thread.
    """

    __slots__ = ("name",)

    def __init__(self) -> None:
        self.name = threading.current_thread().name


_HERE: Final = threading.local()


def working_thread() -> WorkingThread:
    """Return the calling thread."""
    try:
        thread: WorkingThread = _HERE.thread
    except AttributeError:
        thread = _HERE.thread = WorkingThread()
    return thread


class Ledger:
    """The rows of an instrument.

    Attributes:
        rows: those that were not handed over yet, one behind the other.
        write: adds a row, at once, whatever other threads do.
        entries: by number; the first one is unused.
        run: see Entry.
    """

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.write: Callable[[Sequence[Any]], None] = self.rows.extend
        self.entries: list[Entry] = [Entry("", "")]
        self.run = 0
        self._numbers: dict[Entry, int] = {}
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
        if len(self.rows) > _MOST_VALUES and self._handing_over.acquire(blocking=False):
            try:
                self.hand_over()
            finally:
                self._handing_over.release()

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

    def stream(self, producer: str, stream: str, readers: Sequence[str]) -> int:
        """Return the number of a stream."""
        queues = tuple(self.queue(reader, stream) for reader in readers)
        return self.number_of(Entry(SENT, producer, stream, queues, run=self.run))

    def write_work(self, kind: str, name: str, begin: float, seconds: float) -> None:
        """Add a row for something that this thread did."""
        number = self._works.get((kind, name, self.run))
        if number is None:
            number = self._works[kind, name, self.run] = self.number_of(Entry(kind, name, run=self.run))
        self.write((begin, begin + seconds, working_thread(), 0, number))
        if len(self.rows) > _MOST_VALUES:
            self.hand_over_if_many()

    def write_drop(self, node: str, stream: str, timestamp: int, at: float) -> None:
        """Add a row for a packet that a queue has lost."""
        entry = Entry(DROPPED, node, stream, (self.queue(node, stream),), run=self.run)
        self.write((at, at, 0, timestamp, self.number_of(entry)))

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


class CalledNode(Protocol):
    """A node whose calls are written."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def calculator(self) -> str:
        """The name of its calculator."""

    @property
    def inputs(self) -> TagMap:
        """Its input streams."""

    @property
    def outputs(self) -> TagMap:
        """Its output streams."""


class _Called(NamedTuple):
    """Such a node, as far as a context knows it."""

    name: str
    calculator: str
    inputs: TagMap
    outputs: TagMap


def _nothing(cc: CalculatorContext) -> None:
    """Make no call: somebody else does."""


class Calls:
    """Makes the calls of a node and writes them.

    Nearly every call takes packets at its own time, and what it emits has one time, too. Which of its streams had
    a packet is its *shape*: a 1, and a bit for each input and output; negative if it emitted at another time than
    its own, as loops do. A shape that was seen has entries: for the call, and for what it emitted at another time.
    """

    __slots__ = (
        "_clock", "_inputs", "_last", "_ledger", "_node", "_numbers", "_outputs", "_process", "_rows", "_shapes",
        "_write",
    )  # fmt: skip

    def __init__(self, ledger: Ledger, node: CalledNode, process: Process, clock: Clock) -> None:
        self._ledger, self._rows, self._write = ledger, ledger.rows, ledger.write
        self._node, self._inputs, self._outputs = node.name, node.inputs.names, node.outputs.names
        self._process, self._clock = process, clock
        self._shapes: dict[int, tuple[int, int, int]] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self._last = (0, 0, 0)  # a shape and its entries

    def call(self, cc: CalculatorContext) -> Any:
        """Make a call."""
        clock = self._clock
        begin = clock()
        try:
            return self._process(cc)
        finally:
            self.write(cc, begin, clock())

    def write(self, cc: CalculatorContext, begin: float, end: float) -> None:
        """Add a row for a call."""
        time, made_at, shape, is_plain = cc.input_timestamp, None, 1, True
        for packet in cc.inputs.packets:
            shape += shape
            if packet._payload is not EMPTY:
                shape += 1
                is_plain = is_plain and packet._timestamp == time
        for shard in cc.outputs.shards:
            shape += shape
            if emitted := shard.queue:
                shape += 1
                at = emitted[0]._timestamp
                is_plain = is_plain and len(emitted) == 1 and (made_at is None or at == made_at)
                made_at = at
        if made_at is not None and made_at != time:
            shape = -shape
        known = self._last
        if known[0] != shape:
            known = self._known(shape)
        thread = getattr(_HERE, "thread", None) or working_thread()
        if not is_plain or not known[1]:
            self._write(self._apart(cc, begin, end, thread))
        elif shape > 0:
            self._write((begin, end, thread, time, known[1]))
        else:
            self._write((begin, end, thread, time, known[1], end, end, thread, made_at, known[2]))
        if len(self._rows) > _MOST_VALUES:
            self._ledger.hand_over_if_many()

    def _known(self, shape: int) -> tuple[int, int, int]:
        """Return a shape and its entries, 0 for a new one of very many."""
        known = self._shapes.get(shape)
        if known is None:
            if len(self._shapes) >= _MOST_SHAPES:
                return shape, 0, 0
            ledger, node = self._ledger, self._node
            had = [digit == "1" for digit in f"{abs(shape):b}"[1:]]
            taken = tuple(ledger.queue(node, name) for name in compress(self._inputs, had))
            made = tuple(compress(self._outputs, had[len(self._inputs) :]))
            if shape > 0:
                known = shape, ledger.number_of(Entry(CALL, node, "", taken, made, ledger.run)), 0
            else:
                later = ledger.number_of(Entry(MADE, node, "", (), made, ledger.run))
                call = Entry(CALL, node, "", taken, (), ledger.run, later)
                known = shape, ledger.number_of(call), later
            self._shapes[shape] = known
        self._last = known
        return known

    def _apart(self, cc: CalculatorContext, begin: float, end: float, thread: WorkingThread) -> list[Any]:
        """Return a row for a call, and one for each of its packets."""
        values = [begin, end, thread, cc.input_timestamp, self._number(CALL, APART)]
        for name, packet in zip(self._inputs, cc.inputs.packets, strict=True):
            if packet._payload is not EMPTY:
                values += (begin, begin, thread, packet._timestamp, self._number(TOOK, name))
        for name, shard in zip(self._outputs, cc.outputs.shards, strict=bool(self._outputs)):
            for packet in shard.queue:
                values += (end, end, thread, packet._timestamp, self._number(MADE, name))
        return values

    def _number(self, kind: str, stream: str) -> int:
        number = self._numbers.get((kind, stream))
        if number is None:
            ledger, node = self._ledger, self._node
            queues = (ledger.queue(node, stream),) if kind == TOOK else ()
            made = (stream,) if kind == MADE else ()
            number = ledger.number_of(Entry(kind, node, stream, queues, made, ledger.run))
            self._numbers[kind, stream] = number
        return number


class PlainCalls:
    """Makes and writes the calls of a node that take all packets of their time; only that is written.

    Args:
        ledger: where.
        node, process, clock: see Ledger.calls_of.
    """

    __slots__ = ("_clock", "_ledger", "_number", "_process", "_rows", "_write")

    def __init__(self, ledger: Ledger, node: CalledNode, process: Process, clock: Clock) -> None:
        self._ledger, self._rows, self._write = ledger, ledger.rows, ledger.write
        self._process, self._clock = process, clock
        queues = tuple(ledger.queue(node.name, stream) for stream in node.inputs.names)
        self._number = ledger.number_of(Entry(CALL, node.name, "", queues, (), ledger.run))

    def call(self, cc: CalculatorContext) -> Any:
        """Make a call."""
        clock = self._clock
        begin = clock()
        try:
            return self._process(cc)
        finally:
            thread = getattr(_HERE, "thread", None) or working_thread()
            self._write((begin, clock(), thread, cc.input_timestamp, self._number))
            if len(self._rows) > _MOST_VALUES:
                self._ledger.hand_over_if_many()


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
