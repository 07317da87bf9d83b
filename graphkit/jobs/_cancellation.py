"""CancellationToken: ends a running job, from any thread and from a signal handler."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class CancellationToken:
    """Two steps: *stop* lets the frames in flight finish, *cancel* drops them.

    A signal handler may interrupt a thread that holds a lock of the graph, so the handler only sets a
    flag and posts to a queue; a thread of the token's own does the rest.

    Attributes:
        stopped: no more frames are to be fed.
        cancelled: nothing more is to be processed.
    """

    def __init__(self) -> None:
        self.stopped = False
        self.cancelled = False
        # SimpleQueue.put is the one way of telling a thread that is safe inside a signal handler.
        self._orders: SimpleQueue[str] = SimpleQueue()

    def stop(self) -> None:
        """Feed nothing more; repeated calls change nothing."""
        self.stopped = True
        self._orders.put("stop")

    def cancel(self) -> None:
        """Stop and drop what is in flight."""
        self.stopped = self.cancelled = True
        self._orders.put("cancel")

    @contextmanager
    def watched(self, on_stop: Callable[[], None], on_cancel: Callable[[], None]) -> Iterator[None]:
        """While the block runs, answer *stop* and *cancel* by these calls, made on another thread."""
        answers = {"stop": on_stop, "cancel": on_cancel}
        ended = threading.Event()

        def watch() -> None:
            while (order := self._orders.get()) in answers:
                answers[order]()
            ended.set()

        threading.Thread(target=watch, name="graphkit-stop", daemon=True).start()
        try:
            yield
        finally:
            self._orders.put("end")
            ended.wait()
