"""Rows of a ledger: what they hold, what they are about, and on which thread it happened."""

from __future__ import annotations

import threading
from typing import Final, NamedTuple

WIDTH: Final = 5
"""Values of a row: when it began and ended, thread (of a queue: packets in it), time, and number of its topic."""
MOST_VALUES: Final = WIDTH << 12
"""So many are handed over at once: those of about thirty frames."""

CALL: Final = "process"
SENT: Final = "sent"
QUEUED: Final = "queued"
DROPPED: Final = "dropped"
TOOK: Final = "took"
MADE: Final = "made"
APART: Final = "apart"


class Topic(NamedTuple):
    """What a row is about.

    Attributes:
        kind: ``process`` and the like for what a thread did; ``sent`` for a packet that is alone in each of its
            queues, else ``queued``; ``dropped``; ``took`` and ``made`` for a packet of the call in the row before,
            if its time is not that of the call.
        name: of the node or part.
        stream: of the packet; `APART` for a call with such rows.
        queues: numbers of the topics of the queues that a packet came into, or was taken out of.
        made: streams that a packet was emitted to.
        run: counts the runs of an instrument that keeps several.
        later: of a call: number of the topic of the one row after it, 0 for none.
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


HERE: Final = threading.local()


def working_thread() -> WorkingThread:
    """Return the calling thread."""
    try:
        thread: WorkingThread = HERE.thread
    except AttributeError:
        thread = HERE.thread = WorkingThread()
    return thread
