"""GraphRun: one run as the program drives it: start, push, bound, close, cancel, wait."""

from __future__ import annotations

import time
import weakref
from typing import TYPE_CHECKING, Any

from graphkit.errors import (
    CalculatorError,
    CancelledError,
    GraphStateError,
    InputStreamHandlerError,
    StreamClosedError,
    ThrottledError,
)
from graphkit.executor import ApplicationThreadExecutor
from graphkit.runtime.node import NEW
from graphkit.runtime.scheduler import Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.packet import Packet
    from graphkit.runtime.streams import GraphInput
    from graphkit.timestamp import Timestamp


class GraphRun(Scheduler):
    """A scheduler with the calls that a program makes, from any thread."""

    def start(self) -> None:
        """Open what can be opened and start the sources; raises the first error of ``open``."""
        self._interval.enter()
        self._end_if_forgotten()
        with self._lock:
            for node in self._state.nodes:
                self._side.resolve(node)
            for node in self._state.nodes:
                self._open_if_ready(node)
            if not self._state.pending:
                self._on_idle()
        self._work_here()
        self._wait(lambda: not self._opening() or self.terminated)

    def _end_if_forgotten(self) -> None:
        """Give back what the process shares with the run, should the program drop the graph without an end."""
        owned = [queue.executor for queue in self._state.queues if queue.owned]
        for give_back in (self._interval.leave, *(executor.shutdown for executor in owned)):
            weakref.finalize(self, give_back).atexit = False

    def _opening(self) -> bool:
        return any(not n.waiting_for and n.status == NEW for n in self._state.nodes) and self.error is None

    def push(self, source: GraphInput, packet: Packet[Any], *, block: bool) -> None:
        """Deliver a program's packet; throttled: wait if *block*, else raise ThrottledError."""
        nested = getattr(self._inside, "yes", False)
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

    def set_bound(self, source: GraphInput, settled: int) -> None:
        """Settle a graph input up to *settled*."""
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
        with self._lock:
            if not self.terminated:
                self._end_with(error or CancelledError("the run was cancelled"))
        self._work_unless_inside()

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
        with self._lock:
            if not queue.queue:
                return None
            packet: Packet[Any] = self._state.pop(queue)
            self._after_unblock()
            if not self._state.pending:  # what the poller held back may now be held back by a stuck queue alone
                self._on_idle()
        if self._state.default.light:  # nodes that close, where the packet was the last thing to wait for
            self._work_unless_inside()
        self._wake_executors()
        return packet

    @property
    def could_not_open(self) -> bool:
        """Whether the run failed because a node could not open."""
        return isinstance(self.error, CalculatorError) and self.error.phase == "open"

    def _work_unless_inside(self) -> None:
        """Work here, but for a thread that works here already and called back from a node or observer."""
        if not getattr(self._inside, "yes", False):
            self._work_here()

    def _end_with(self, error: BaseException) -> None:
        """Under the lock, outside of any task: fail the run."""
        self._fail(error)
        if not self._state.pending:
            self._on_idle()

    def _refuse(self, source: GraphInput) -> None:
        name = source.stream.name
        if self.error is not None:
            raise self.error
        if source.closed:
            raise StreamClosedError(f'graph input stream "{name}" is closed; packets cannot be added to it')
        raise GraphStateError(f'the run has ended; start another to add packets to "{name}"')

    def _await_room(self, source: GraphInput, *, block: bool) -> None:
        """Wait until *source* is not throttled, closed, or the run failed; not under the lock."""
        looked = False
        while True:
            self._work_here()
            self._run_application_tasks()
            with self._lock:
                if not source.blocked_by or source.closed or self.error is not None:
                    return
                if not block:
                    raise ThrottledError(
                        f'Graph is throttled: a queue that graph input "{source.stream.name}" feeds is full; '
                        "push the packet again later, or leave add_mode_blocks True to wait here"
                    )
                if not self._state.pending and not looked:
                    looked = True
                    self._on_idle()
                elif not self._application_waiting():
                    looked = False
                    self._sleep()

    def _wait(self, ready: Callable[[], bool], timeout: float | None = None) -> bool:
        if getattr(self._inside, "yes", False):
            raise GraphStateError("a node or observer cannot wait for the graph that is calling it")
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            self._run_application_tasks()
            with self._lock:
                if ready():
                    return True
                if self._application_waiting():
                    continue
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return False
                self._sleep(left)

    def _sleep(self, seconds: float | None = None) -> None:
        """Under the lock: wait until something changed."""
        self._waiters += 1
        try:
            self._changed.wait(seconds)
        finally:
            self._waiters -= 1

    def _run_application_tasks(self) -> None:
        for queue in self._state.queues:
            if isinstance(queue.executor, ApplicationThreadExecutor):
                queue.executor.run_pending()

    def _application_waiting(self) -> bool:
        executors = (q.executor for q in self._state.queues)
        return any(isinstance(e, ApplicationThreadExecutor) and e.has_tasks() for e in executors)

    def shutdown(self) -> None:
        """Let the executors' threads go."""
        for queue in self._state.queues:
            if queue.owned:
                queue.executor.shutdown()
