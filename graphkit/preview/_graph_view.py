"""GraphView: the graph of a run as drawn, and how its nodes are doing."""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from graphkit.insight._drawing.picture import Shape
from graphkit.insight._drawing.reading import picture_of_plan
from graphkit.insight._drawing.svg import STYLE, to_svg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphkit.config import GraphPlan
    from graphkit.insight import Profile
    from graphkit.insight._drawing.picture import Box

STYLE_SHEET: Final = STYLE
_STYLE_ELEMENT: Final = re.compile("<style>.*?</style>", re.DOTALL)
_ROOM: Final = "0000.0/s  000.0 ms  00 wait"
"""What a node says of itself has to fit into its box."""


class GraphView:
    """What a page shows of a graph.

    Args:
        plan: the graph.
        profile: watches the run.
        clock: seconds, for tests.
    """

    def __init__(self, plan: GraphPlan, profile: Profile, clock: Callable[[], float] = time.monotonic) -> None:
        self._plan, self._profile, self._clock = plan, profile, clock
        self._drawing = threading.Lock()
        self._svg = b""

    def svg(self) -> bytes:
        """Return the drawing; it is made when it is first asked for.

        The page allows no styles but those of its own files: what is left of them is in ``data-style``.
        """
        with self._drawing:
            if not self._svg:
                picture = picture_of_plan(self._plan)
                for box in _nodes(picture.root):
                    box.title, box.detail = box.detail or box.title, _ROOM
                drawing = _STYLE_ELEMENT.sub("", to_svg(picture))
                self._svg = drawing.replace(' style="', ' data-style="').encode()
            return self._svg

    def changes(self) -> Iterator[dict[str, Any]]:
        """Yield, whenever asked, how the nodes were doing since the last time.

        Of each node by its name: whether it was ever called, calls a second, milliseconds a call, its share of a
        thread's time in percent, packets that wait now, the most that ever did, and how many were dropped so far.
        """
        before: dict[str, tuple[int, float]] = {}
        then = self._clock()
        yield {}
        while True:
            now = self._clock()
            went_by, then = max(now - then, 1e-9), now
            found = {}
            for row in self._profile.nodes():
                calls, total = before.get(row.name, (0, 0.0))
                more, seconds = max(0, row.calls - calls), max(0.0, row.total - total)
                before[row.name] = row.calls, row.total
                found[row.name] = {
                    "called": row.calls > 0,
                    "rate": round(more / went_by, 1),
                    "ms": round(1000 * seconds / more, 3) if more else 0.0,
                    "load": round(100 * seconds / went_by, 1),
                    "waiting": row.waiting,
                    "most": row.queue,
                    "dropped": row.dropped,
                }
            yield found


def _nodes(box: Box) -> Iterator[Box]:
    for inner in box.inside:
        if inner.shape is Shape.NODE:
            yield inner
        yield from _nodes(inner)
