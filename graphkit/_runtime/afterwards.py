"""Afterwards: calls that interrupt the engine's own code, made after it has finished (S54).

A signal handler, and a destructor that the garbage collector calls, run between any two steps of the thread that
they interrupt. That thread may hold the lock of the run and be half-way through a change. Then a call that drives
the run can neither wait for the lock nor run without it. Another thread makes it, and waits for the lock instead.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from typing import TYPE_CHECKING

from graphkit.errors import GraphkitError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType


class Afterwards:
    """The calls of one run that wait for its lock.

    Args:
        lock: of the run.

    Attributes:
        is_needed: says whether the calling thread holds the lock already.
        pending: the calls that are not over yet.
    """

    def __init__(self, lock: threading.RLock) -> None:
        self.is_needed: Callable[[], bool] = lock._is_owned  # type: ignore[attr-defined]  # as Condition asks it
        self.pending: deque[tuple[Callable[[], None], Callable[[BaseException | None], None]]] = deque()
        self._turn = threading.Lock()

    def call(self, call: Callable[[], None], on_end: Callable[[BaseException | None], None]) -> None:
        """Have *call* made soon, after those before it, and *on_end* with its error or None: no caller waits."""
        self.pending.append((call, on_end))
        threading.Thread(target=self._make_calls, name="graphkit-afterwards", daemon=True).start()

    def _make_calls(self) -> None:
        with self._turn:
            while self.pending:
                raised = None
                call, on_end = self.pending[0]
                try:
                    call()
                except GraphkitError as error:
                    raised = error
                finally:
                    self.pending.popleft()
                    on_end(raised)


def is_below(codes: frozenset[CodeType], owner: object) -> bool:
    """Return whether this thread, before it was interrupted, was in one of the methods *codes* of *owner*."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_code in codes and frame.f_locals.get("self") is owner:
            return True
    return False
