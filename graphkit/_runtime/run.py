"""GraphRun: one run as the program drives it: start, push, bound, close, cancel, wait."""

from __future__ import annotations

import time
import weakref
from threading import get_ident
from typing import TYPE_CHECKING, Any

from graphkit._runtime.node import NEW
from graphkit._runtime.scheduler import Scheduler
from graphkit.errors import (
    CalculatorError,
    CancelledError,
    ExecutorError,
    GraphkitError,
    GraphStateError,
    InputStreamHandlerError,
    StreamClosedError,
    ThrottledError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit._runtime.side_packets import SidePackets
    from graphkit._runtime.state import GraphState
    from graphkit._runtime.streams import GraphInput
    from graphkit.framework import Executor, Packet, Timestamp


class GraphRun(Scheduler):
    """A scheduler with the calls that a program makes, from any thread."""

    def __init__(
        self, state: GraphState, side_packets: SidePackets, on_error: Callable[[BaseException], None] | None = None
    ) -> None:
        super().__init__(state, side_packets, on_error)
        owned = [queue.executor for queue in state.queues if queue.owned]
        # For a graph that the program drops without ending its run.
        self._loans: list[weakref.finalize[Any, Any]] = [
            weakref.finalize(self, self._interval.leave),
            *(weakref.finalize(self, _shut_down, weakref.ref(executor)) for executor in owned),
        ]
        for loan in self._loans:
            loan.atexit = False

    def start(self) -> None:
        """Open what can be opened and start the sources; raises the first error of ``open``."""
        self._interval.enter()
        for executor in self._application_executors:
            executor.attach(self, GraphRun._wake_waiters)
        with self._lock:
            for node in self._state.nodes:
                self._side.resolve(node)
            for node in self._state.nodes:
                self._open_if_ready(node)
            if not self._state.pending:
                self._on_idle()
        self._work_here()
        self._wait(lambda: not self._opening() or self.terminated)

    def _opening(self) -> bool:
        return any(not n.waiting_for and n.status == NEW for n in self._state.nodes) and self.error is None

    def push(self, source: GraphInput, packet: Packet[Any], *, block: bool) -> None:
        """Deliver a program's packet; throttled: wait if *block*, else raise ThrottledError (S39)."""
        nested = get_ident() in self._working
        try:
            if source.blocked_by and not nested:
                self._await_room(source, block=block)
            with self._lock:
                if source.closed or self.error is not None or self.terminated:
                    self._refuse(source)
                try:
                    self._state.deliver(source, packet)
                except InputStreamHandlerError as exc:
                    self._end_with(exc)
            if not nested:
                self._work_here()
        except GraphkitError:
            raise
        except BaseException as exc:
            self._break_off(exc)
            raise

    def set_bound(self, source: GraphInput, settled: int) -> None:
        """Settle a graph input up to *settled*."""
        with Unbroken(self):
            with self._lock:
                if source.closed or self.error is not None or self.terminated:
                    self._refuse(source)
                try:
                    self._state.bound(source, settled)
                except InputStreamHandlerError as exc:
                    self._end_with(exc)
            self._work_unless_inside()

    def close_inputs(self, sources: list[GraphInput], *, stop_sources: bool = False) -> None:
        """End graph inputs, and the sources of the graph too if asked."""
        with Unbroken(self):
            with self._lock:
                try:
                    for source in sources:
                        self._state.close_input(source)
                except InputStreamHandlerError as exc:
                    self._end_with(exc)
                if stop_sources:
                    self._state.stop_sources()
                if not self._state.pending:
                    self._on_idle()
            self._work_unless_inside()

    def cancel(self, error: BaseException | None = None) -> None:
        """Stop the run: running calls finish, opened nodes are closed."""
        self._break_off(error or CancelledError("the run was cancelled"))

    def wait_until_idle(self, timeout: float | None = None) -> bool:
        """Wait until nothing is ready or running; return False where *timeout* seconds did not suffice."""
        return self._wait(lambda: self._state.pending == 0 or self.terminated, timeout)

    def wait_until_done(self, timeout: float | None = None) -> bool:
        """Wait until the run has ended; return False where *timeout* seconds did not suffice."""
        return self._wait(lambda: self.terminated, timeout)

    def stream_bound(self, name: str) -> Timestamp:
        """Return the timestamp bound of stream *name*."""
        with self._lock:
            return self._state.bound_of(name)

    def take(self, queue: Any) -> Packet[Any] | None:
        """Take a packet out of a poller's queue, None where it is empty; lets throttled feeders go on."""
        with Unbroken(self):
            with self._lock:
                if not queue.queue:
                    return None
                packet: Packet[Any] = self._state.pop(queue)
                self._after_unblock()
                if not self._state.pending:  # what the poller held back may be held back by a stuck queue alone
                    self._on_idle()
            if self._state.default.light:  # nodes that close, where the packet was the last thing to wait for
                self._work_unless_inside()
            self._wake_executors()
        return packet

    @property
    def could_not_open(self) -> bool:
        """Whether the run failed because a node could not open."""
        failed = isinstance(self.error, CalculatorError) and self.error.phase == "open"
        return failed or isinstance(self.error, ExecutorError)

    def _work_unless_inside(self) -> None:
        """Work here, but for a thread that works here already and called back from a node or observer."""
        if get_ident() not in self._working:
            self._work_here()

    def _refuse(self, source: GraphInput) -> None:
        name = source.stream.name
        if self.error is not None:
            raise self.error
        if source.closed:
            raise StreamClosedError(f'graph input stream "{name}" is closed; packets cannot be added to it')
        raise GraphStateError(f'the run has ended; start another to add packets to "{name}"')

    def _await_room(self, source: GraphInput, *, block: bool) -> None:
        """Wait until *source* is not throttled, closed, or the run failed; not under the lock."""

        def may_go_on() -> bool:
            return not source.blocked_by or source.closed or self.error is not None

        def has_moved() -> bool:
            state = self._state
            if may_go_on():
                return True
            if not state.pending:  # stuck (S40): whoever is held back looks
                self._on_idle()
                if state.pending or may_go_on():
                    return True
            if not block:
                raise ThrottledError(
                    f'Graph is throttled: a queue that graph input "{source.stream.name}" feeds is full; '
                    "push the packet again later, or leave add_mode_blocks True to wait here"
                )
            return self._application_waiting()

        while True:
            self._work_here()
            self._run_application_tasks()
            if may_go_on():
                return
            self._sleepers.wait_for(has_moved)

    def _wait(self, ready: Callable[[], bool], timeout: float | None = None) -> bool:
        if get_ident() in self._working:
            raise GraphStateError("a node or observer cannot wait for the graph that is calling it")
        deadline = None if timeout is None else time.monotonic() + timeout
        is_ready = False

        def has_moved() -> bool:
            nonlocal is_ready
            is_ready = ready()
            return is_ready or self._application_waiting()

        while not is_ready:
            with Unbroken(self):
                self._run_application_tasks()
            left = None if deadline is None else deadline - time.monotonic()
            if not self._sleepers.wait_for(has_moved, left):
                return False
        return True

    def _run_application_tasks(self) -> None:
        for executor in self._application_executors:
            executor.run_pending()

    def _application_waiting(self) -> bool:
        return any(executor.has_tasks() for executor in self._application_executors)

    def shutdown(self) -> None:
        """Give back what the run has borrowed; harmless when repeated."""
        for queue in self._state.queues:
            if queue.owned:
                queue.executor.shutdown()
        for executor in self._application_executors:
            executor.detach(self)
        for loan in self._loans:
            loan.detach()


class Unbroken:
    """A ``with`` block of a program's thread in the engine; what escapes from it ends the run (S51)."""

    __slots__ = ("_run",)

    def __init__(self, run: GraphRun) -> None:
        self._run = run

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None and not isinstance(error, GraphkitError):
            self._run._break_off(error)


def _shut_down(executor: weakref.ref[Executor]) -> None:
    if (alive := executor()) is not None:
        alive.shutdown()
