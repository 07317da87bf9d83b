"""A thread that serves a queue of commands: the thread of an OpenGL context.

Commands and tasks are different things. A task is a piece of a graph's work and may last as long as the graph
has work; a command is short (read a frame back, free a texture) and another thread may wait for it. So a
long task calls ``run_pending`` now and then.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, TypeVar

from graphkit._process.forks import call_in_children
from graphkit.gpu._forked import forked_error

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")

_LOG: Final = logging.getLogger(__name__)


class _Call:
    """A command that another thread waits for, on a raw lock: the cheapest wake-up there is."""

    __slots__ = ("_arguments", "_done", "_error", "_function", "_value")

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self._function, self._arguments = function, arguments
        self._done = threading.Lock()
        self._done.acquire()
        self._value: Any = None
        self._error: BaseException | None = None

    def __call__(self) -> None:
        try:
            self._value = self._function(*self._arguments)
        except BaseException as exc:  # it belongs to the thread that waits
            self._error = exc
        self._done.release()

    def result(self) -> Any:
        """Wait, without the interpreter's lock; return or raise what the function did."""
        self._done.acquire()
        if self._error is None:
            return self._value
        try:
            raise self._error
        finally:
            self._error = None  # no cycle of error, frame and call


class _Task:
    """Work of a graph; runs between commands, never inside ``run_pending``."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[[], None]) -> None:
        self.call = call


class CommandThread:
    """A daemon thread and its queue.

    Args:
        name: of the thread.
        begin: called on the thread before the first command; what it raises comes out of the constructor.
        end: called on the thread after the last command.

    Attributes:
        is_of_parent: this process was forked from the one that the thread is in.
        hops: how often another thread had something called here and waited for it.
    """

    def __init__(self, name: str, begin: Callable[[], None], end: Callable[[], None]) -> None:
        self._queue: SimpleQueue[Callable[[], None] | _Task | None] = SimpleQueue()
        self._later: deque[_Task | None] = deque()
        self._gate = threading.Lock()
        self._open = True
        self.is_of_parent = False
        self.hops = 0
        self._begin, self._end = begin, end
        started = _Call(self._first, ())
        self._queue.put(started)
        self._ident: int | None = (
            None  # of the thread while it runs; the system gives it to another one afterwards
        )
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        call_in_children(self, CommandThread._left_behind)
        self._thread.start()
        started.result()

    @property
    def is_here(self) -> bool:
        """Whether the caller runs on this thread."""
        return threading.get_ident() == self._ident

    def run(self, function: Callable[..., R], *arguments: Any) -> R:
        """Call *function* on the thread and return its value; at once if this is the thread already.

        Raises:
            RuntimeError: the thread was stopped.
            GpuError: it is in the process that this one was forked from.
        """
        if threading.get_ident() == self._ident:
            return function(*arguments)
        if self.is_of_parent:
            raise forked_error()
        call = _Call(function, arguments)
        with self._gate:
            if not self._open:
                raise RuntimeError(f"thread {self._thread.name} has stopped")
            self.hops += 1
            self._queue.put(call)
        result: R = call.result()
        return result

    def post(self, command: Callable[[], None]) -> None:
        """Queue *command* without waiting. Safe in ``__del__``; forgotten after ``stop``."""
        if not self.is_of_parent:
            self._queue.put(command)

    def post_task(self, task: Callable[[], None]) -> None:
        """Queue *task* after the commands before it; raises GpuError in a forked process."""
        if self.is_of_parent:
            raise forked_error()
        self._queue.put(_Task(task))

    def run_pending(self) -> None:
        """On the thread: run the commands that wait, leave tasks for later."""
        while not self._queue.empty():
            try:
                item = self._queue.get_nowait()
            except Empty:
                return
            if item is None or isinstance(item, _Task):
                self._later.append(item)
            else:
                self._guarded(item)

    def stop(self, *, wait: bool = True) -> None:
        """End the thread after what was queued so far; *wait* for that, unless called on it."""
        if self.is_of_parent:
            return
        with self._gate:
            if self._open:
                self._open = False
                self._queue.put(None)
        if wait and not self.is_here:
            self._thread.join()

    def _left_behind(self) -> None:
        """In a forked process: the thread does not exist, and its locks may stay taken."""
        self.is_of_parent = True
        self._ident = None  # also if the thread itself forked: the context is not current here

    def _first(self) -> None:
        try:
            self._begin()
        except BaseException:
            self.stop(wait=False)
            self._end = _nothing
            raise

    def _serve(self) -> None:
        self._ident = threading.get_ident()
        while True:
            item = self._later.popleft() if self._later else self._queue.get()
            if item is None:
                break
            self._guarded(item.call if isinstance(item, _Task) else item)
            del item  # an idle thread keeps nothing alive
        self._guarded(self._end)
        self._ident = None

    def _guarded(self, command: Callable[[], None]) -> None:
        try:
            command()
        except Exception:
            _LOG.exception("a command on thread %s raised", self._thread.name)


def _nothing() -> None:
    """Do nothing."""
