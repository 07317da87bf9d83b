"""What a trace keeps of a run: the newest events, the oldest dropped if there are too many."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from graphkit.framework._ledger import Ledger
from graphkit.framework._ledger_calls import Calls
from graphkit.framework._ledger_rows import CALL, MADE, TOOK, WIDTH, Topic

if TYPE_CHECKING:
    from graphkit.framework import CalculatorContext
    from graphkit.framework._ledger_calls import CalledNode, Clock, Process

OPENED: Final = "open"
CLOSED: Final = "close"
PART: Final = "part"
LIMITED: Final = "limited"
"""A packet that a limiter has dropped in its call; no queue has lost it."""
WORK: Final = (OPENED, CALL, CLOSED, PART)
_LIMITERS: Final = ("FlowLimiterCalculator",)
"""Calculators that drop packets in process() and count them as `dropped`."""


class Events(Ledger):
    """The newest events of a run; an event is a row, but for those of single packets of a call.

    Args:
        most: how many are kept.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most
        self._lists: deque[tuple[list[Any], int]] = deque()
        self._lost = self._kept = 0

    def begin_anew(self) -> None:
        """Forget all events."""
        self.rows.clear()
        self._lists.clear()
        self._lost = self._kept = 0

    def keep(self, rows: list[Any]) -> None:
        """Keep some, and drop the oldest ones if the others are enough."""
        apart = self._apart()
        events = len(rows) // WIDTH - sum(map(apart.__contains__, rows[WIDTH - 1 :: WIDTH]))
        self._lists.append((rows, events))
        self._kept += events
        while self._kept - self._lists[0][1] >= self._most:
            dropped = self._lists.popleft()[1]
            self._kept -= dropped
            self._lost += dropped

    @property
    def lost(self) -> int:
        """How many were dropped."""
        self.hand_over()
        return self._lost + max(0, self._kept - self._most)

    def newest(self) -> list[Any]:
        """Return the rows that are kept, in the order in which they ended."""
        self.hand_over()
        rows: list[Any] = []
        for some, _ in tuple(self._lists):
            rows += some
        too_many = self._kept - self._most
        return rows[self._rows_of(rows, too_many) * WIDTH :] if too_many > 0 else rows

    def calls_of(self, node: CalledNode, process: Process, clock: Clock) -> Calls:
        """Return what makes and writes the calls of a node, and those packets that a limiter drops in them."""
        kind = _LimiterCalls if node.calculator in _LIMITERS and node.inputs.names else Calls
        return kind(self, node, process, clock)

    def _rows_of(self, rows: list[Any], events: int) -> int:
        """Return how many rows the first *events* events take."""
        apart, seen = self._apart(), 0
        for at, number in enumerate(rows[WIDTH - 1 :: WIDTH]):
            seen += number not in apart
            if seen > events:
                return at
        return len(rows) // WIDTH

    def _apart(self) -> set[int]:
        """Return the numbers of the topics of single packets."""
        return {number for number, topic in enumerate(self.topics) if topic.kind in (TOOK, MADE)}


class _LimiterCalls(Calls):
    """Calls of a limiter."""

    __slots__ = ("_before", "_drop")

    def __init__(self, ledger: Ledger, node: CalledNode, process: Process, clock: Clock) -> None:
        super().__init__(ledger, node, process, clock)
        self._before = 0
        self._drop = ledger.number_of(Topic(LIMITED, node.name, node.inputs.names[0], run=ledger.run))

    def write(self, cc: CalculatorContext, begin: float, end: float) -> None:
        """Add a row for a call, and one for each packet that it dropped; it counts them."""
        super().write(cc, begin, end)
        before, self._before = self._before, cc.counter("dropped").get()
        for _ in range(self._before - before):
            self._write((end, end, 0, cc.input_timestamp, self._drop))
