"""How the calls of a node are made and written into a ledger: the hot path of a run that is traced or profiled.

What is written for each node lies close together, as it is not in the processor's cache when a frame comes to it.
"""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, Any, Final, Protocol

from graphkit.framework._ledger_rows import APART, CALL, HERE, MADE, MOST_VALUES, TOOK, Topic, working_thread
from graphkit.framework._packet import EMPTY

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.framework._context import CalculatorContext
    from graphkit.framework._ledger import Ledger
    from graphkit.framework._ledger_rows import WorkingThread
    from graphkit.framework._tag_map import TagMap

    Process = Callable[[CalculatorContext], Any]
    Clock = Callable[[], float]

_MOST_SHAPES: Final = 64


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


class Calls:
    """Makes the calls of a node and writes them.

    Nearly every call takes packets at its own time, and what it emits has one time, too. Which of its streams had
    a packet is its *shape*: a 1, and a bit for each input and output; negative if it emitted at another time than
    its own, as loops do. A shape that was seen has topics: for the call, and for what it emitted at another time.
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
        self._last = (0, 0, 0)  # a shape and its topics

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
        thread = getattr(HERE, "thread", None) or working_thread()
        if not is_plain or not known[1]:
            self._write(self._apart(cc, begin, end, thread))
        elif shape > 0:
            self._write((begin, end, thread, time, known[1]))
        else:
            self._write((begin, end, thread, time, known[1], end, end, thread, made_at, known[2]))
        if len(self._rows) > MOST_VALUES:
            self._ledger.hand_over_if_many()

    def _known(self, shape: int) -> tuple[int, int, int]:
        """Return a shape and its topics, 0 for a new one of very many."""
        known = self._shapes.get(shape)
        if known is None:
            if len(self._shapes) >= _MOST_SHAPES:
                return shape, 0, 0
            ledger, node = self._ledger, self._node
            had = [digit == "1" for digit in f"{abs(shape):b}"[1:]]
            taken = tuple(ledger.queue(node, name) for name in compress(self._inputs, had))
            made = tuple(compress(self._outputs, had[len(self._inputs) :]))
            if shape > 0:
                known = shape, ledger.number_of(Topic(CALL, node, "", taken, made, ledger.run)), 0
            else:
                later = ledger.number_of(Topic(MADE, node, "", (), made, ledger.run))
                call = Topic(CALL, node, "", taken, (), ledger.run, later)
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
            number = ledger.number_of(Topic(kind, node, stream, queues, made, ledger.run))
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
        self._number = ledger.number_of(Topic(CALL, node.name, "", queues, (), ledger.run))

    def call(self, cc: CalculatorContext) -> Any:
        """Make a call."""
        clock = self._clock
        begin = clock()
        try:
            return self._process(cc)
        finally:
            thread = getattr(HERE, "thread", None) or working_thread()
            self._write((begin, clock(), thread, cc.input_timestamp, self._number))
            if len(self._rows) > MOST_VALUES:
                self._ledger.hand_over_if_many()
