"""CurrentRun: the current run of a graph, and what remains of the last one."""

from __future__ import annotations

import logging
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from graphkit._process.forks import call_in_children
from graphkit.errors import ForkedGraphError, GraphStateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit._runtime.look import RunLook
    from graphkit._runtime.run import GraphRun
    from graphkit._runtime.streams import InputStream
    from graphkit.framework import Packet

_LOG: Final = logging.getLogger(__name__)


class CurrentRun:
    """Holds one run at a time.

    Attributes:
        run: the current one, or one that has ended and was not waited for; None before and after.
        gate: held while a run is set.
    """

    def __init__(self) -> None:
        self.run: GraphRun | None = None
        self.gate = threading.RLock()
        self._ended: RunLook | None = None
        self._left_behind: tuple[GraphRun, int] | None = None
        call_in_children(self, CurrentRun._leave_behind)

    def __del__(self) -> None:
        """Abandon a run whose graph is dropped."""
        if self.run is not None:
            self.run.abandon()

    def going_on(self) -> GraphRun:
        """Return the run; raises GraphStateError if there is none."""
        if self.run is None:
            self._not_forked()
            raise GraphStateError("the graph is not running; call start_run() first")
        return self.run

    def refuse(self, what: str) -> None:
        """Raise GraphStateError if a run is in progress: *what* has to be done before or after it."""
        self._not_forked()
        if self.run is not None and not self.run.terminated:
            raise GraphStateError(
                f"the graph is running; {what} before start_run() or after wait_until_done(). "
                "cancel_quietly() ends a run that was left behind."
            )

    def is_over(self) -> bool:
        """Return whether no run is in progress, or it failed or ended."""
        return self.run is None or self.run.error is not None or self.run.terminated

    def let_go(self) -> None:
        """Remove the run, which has ended; report packets that were never processed."""
        if self.run is None:
            return
        run, self._ended, self.run = self.run, self.run.look(), None
        run.release()
        if self._ended.has_left_over:
            from graphkit.insight._explain import explain

            _LOG.warning("%s", explain(self._ended))

    def look(self) -> RunLook:
        """Return a look at the run, or at the last one as it ended; raises GraphStateError if there is none."""
        run = self.run
        if run is None and self._ended is not None:
            return self._ended
        return self.going_on().look()

    def wait(self, wait: Callable[[float | None], bool], timeout: float | None, late: str) -> None:
        """Wait for the run; an error that ends the wait says what it waits for."""
        try:
            if not wait(timeout):
                raise TimeoutError(late)
        except (KeyboardInterrupt, TimeoutError) as error:
            self.explain_to(error)
            raise

    def explain_to(self, error: BaseException) -> None:
        """Add to *error*, which ends a wait for the run, what the run waits for."""
        from graphkit.insight._explain import explain

        with suppress(Exception):  # a user's input policy may raise; *error* matters more
            look = self.look()
            if look.error is None:
                error.add_note(str(explain(look)))

    def take(self, queue: InputStream) -> Packet[Any] | None:
        """Take a packet out of a poller's queue, also after the run."""
        if self.run is None:
            self._not_forked()
            return queue.queue.popleft() if queue.queue else None
        return self.run.take(queue)

    def _not_forked(self) -> None:
        if self._left_behind is not None:
            raise ForkedGraphError(self._left_behind[1])

    def _leave_behind(self) -> None:
        """In a forked process: set aside the parent's run, which the child cannot drive or end (S52).

        It is kept, as the destructors of what its nodes hold may wait for threads, too.
        """
        self.gate = threading.RLock()
        if self.run is not None:
            self._left_behind, self.run = (self.run, os.getppid()), None
