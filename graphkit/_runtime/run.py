"""GraphRun: one run as the program drives it: start, push, bound, close, cancel, wait."""

from __future__ import annotations

import threading
import time
import weakref
from threading import get_ident
from typing import TYPE_CHECKING, Any

from graphkit._runtime.lifecycle import Lifecycle
from graphkit._runtime.look import look_at
from graphkit._runtime.scheduler import Scheduler
from graphkit._runtime.sleepers import Sleepers
from graphkit._runtime.switch_interval import SwitchInterval
from graphkit._runtime.under_way import calls_under_way
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

    from graphkit._runtime.idle_cores import IdleCores
    from graphkit._runtime.look import CallLook, RunLook
    from graphkit._runtime.side_packets import SidePackets
    from graphkit._runtime.state import GraphState
    from graphkit._runtime.streams import GraphInput
    from graphkit.framework import Executor, Packet, Timestamp


class GraphRun:
    """One run, for any thread of the program.

    Args:
        state: of the run; belongs to it from now on.
        side_packets: of the run.
        on_error: gets the first error, once, outside the lock, before the run ends (S48).
        idle_cores: counts the cores that this run does not need.
        scheduler: of the run.
    """

    def __init__(
        self,
        state: GraphState,
        side_packets: SidePackets,
        on_error: Callable[[BaseException], None] | None = None,
        idle_cores: IdleCores | None = None,
        scheduler: Callable[[GraphState, Lifecycle, Sleepers], Scheduler] = Scheduler,
    ) -> None:
        self._state = state
        self._interval = SwitchInterval()
        self._sleepers = Sleepers(threading.Lock())
        self._life = Lifecycle(state, side_packets, self._sleepers, on_error=on_error, on_end=self._interval.leave)
        self._scheduler = scheduler(state, self._life, self._sleepers)
        if idle_cores is not None:
            idle_cores.watch(weakref.ref(self._scheduler))
        self._lock = self._scheduler.lock
        self._guard = Guard(self._scheduler)
        self._owned = [queue.executor for queue in state.ready.queues if queue.owned]
        # For a graph that the program drops without ending its run.
        self._last_wills: list[weakref.finalize[Any, Any]] = [
            weakref.finalize(self._scheduler, self._interval.leave),
            *(weakref.finalize(self._scheduler, _shut_down, weakref.ref(one)) for one in self._owned),
        ]
        for will in self._last_wills:
            will.atexit = False

    @property
    def error(self) -> BaseException | None:
        """The first error, None in a good run."""
        return self._life.error

    @property
    def terminated(self) -> bool:
        """Whether the run has ended."""
        return self._life.terminated

    @property
    def could_not_open(self) -> bool:
        """Whether the run failed because a node could not open."""
        error = self._life.error
        return isinstance(error, ExecutorError) or (isinstance(error, CalculatorError) and error.phase == "open")

    def start(self) -> None:
        """Open what can be opened and start the sources; raises the first error of ``open``."""
        self._interval.enter()
        for executor in self._scheduler.application_executors:
            executor.attach(self._scheduler, Scheduler.wake_sleepers)
        with self._lock:
            self._life.start()
        self._scheduler.work()
        self._wait(lambda: not self._life.is_opening() or self._life.terminated)

    def push(self, source: GraphInput, packet: Packet[Any], *, block: bool) -> None:
        """Deliver a program's packet; throttled: wait if *block*, else raise ThrottledError (S39)."""
        scheduler, life = self._scheduler, self._life
        nested = get_ident() in scheduler.working
        try:
            if source.blocked_by and not nested:
                self._await_room(source, block=block)
            with self._lock:
                if source.closed or life.error is not None or life.terminated:
                    self._refuse(source)
                try:
                    self._state.deliver(source, packet)
                except InputStreamHandlerError as exc:
                    life.fail_idle(exc)
            if not nested:
                scheduler.work()
        except GraphkitError:
            raise
        except BaseException as exc:
            scheduler.break_off(exc)
            raise

    def set_bound(self, source: GraphInput, settled: int) -> None:
        """Settle a graph input up to *settled* (S7)."""
        with self._guard:
            with self._lock:
                if source.closed or self._life.error is not None or self._life.terminated:
                    self._refuse(source)
                try:
                    self._state.bound(source, settled)
                except InputStreamHandlerError as exc:
                    self._life.fail_idle(exc)
            self._scheduler.work_unless_inside()

    def close_inputs(self, sources: list[GraphInput], *, stop_sources: bool = False) -> None:
        """End graph inputs, and the sources of the graph too if asked."""
        with self._guard:
            with self._lock:
                try:
                    for source in sources:
                        self._state.close_input(source)
                except InputStreamHandlerError as exc:
                    self._life.fail_idle(exc)
                if stop_sources:
                    self._state.sources.stop()
                if not self._state.ready.pending:
                    self._life.idle()
            self._scheduler.work_unless_inside()

    def cancel(self) -> None:
        """Stop the run: running calls finish, opened nodes are closed (S49)."""
        self._scheduler.break_off(CancelledError("the run was cancelled"))

    def wait_until_idle(self, timeout: float | None = None) -> bool:
        """Wait until nothing is ready or running; return False where *timeout* seconds did not suffice."""
        return self._wait(lambda: self._state.ready.pending == 0 or self._life.terminated, timeout)

    def wait_until_done(self, timeout: float | None = None) -> bool:
        """Wait until the run has ended (S27); return False where *timeout* seconds did not suffice."""
        return self._wait(lambda: self._life.terminated, timeout)

    def look(self) -> RunLook:
        """Return a look at the run; of a good one that has ended, as it was before its open nodes were closed."""
        with self._lock:
            if self._life.remains is not None:
                return self._life.remains
            return look_at(self._state, self._calls(), error=self._life.error)

    def calls(self) -> list[CallLook]:
        """Return the calls of nodes that are under way now."""
        with self._lock:
            return self._calls()

    def stream_bound(self, name: str) -> Timestamp:
        """Return the timestamp bound of stream *name*."""
        with self._lock:
            return self._state.bound_of(name)

    def take(self, queue: Any) -> Packet[Any] | None:
        """Take a packet out of a poller's queue, None where it is empty; lets throttled feeders go on (S45)."""
        with self._guard:
            with self._lock:
                if not queue.queue:
                    return None
                packet: Packet[Any] = self._state.pop(queue)
                self._life.after_unblock()
                if (
                    not self._state.ready.pending
                ):  # what the poller held back may be held back by a stuck queue alone
                    self._life.idle()
            if self._state.ready.default.light:  # nodes that close, if the packet was the last thing to wait for
                self._scheduler.work_unless_inside()
            self._scheduler.wake_executors()
        return packet

    def shutdown(self) -> None:
        """Give back what the run has borrowed; harmless when repeated."""
        for executor in self._owned:
            executor.shutdown()
        for application in self._scheduler.application_executors:
            application.detach(self._scheduler)
        for will in self._last_wills:
            will.detach()

    def _calls(self) -> list[CallLook]:
        return calls_under_way(self._scheduler.working)

    def _refuse(self, source: GraphInput) -> None:
        name = source.stream.name
        if self._life.error is not None:
            raise self._life.error
        if source.closed:
            raise StreamClosedError(
                f'graph input stream "{name}" is closed; packets cannot be added to it', stream=name
            )
        raise GraphStateError(f'the run has ended; start another to add packets to "{name}"')

    def _await_room(self, source: GraphInput, *, block: bool) -> None:
        """Wait until *source* is not throttled, closed, or the run failed; not under the lock."""

        def may_go_on() -> bool:
            return not source.blocked_by or source.closed or self._life.error is not None

        def has_moved() -> bool:
            ready = self._state.ready
            if may_go_on():
                return True
            if not ready.pending:  # stuck (S40): whoever is held back looks
                self._life.idle()
                if ready.pending or may_go_on():
                    return True
            if not block:
                raise ThrottledError(
                    f'Graph is throttled: a queue that graph input "{source.stream.name}" feeds is full; '
                    "push the packet again later, or leave add_mode_blocks True to wait here",
                    stream=source.stream.name,
                )
            return self._application_waiting()

        while True:
            self._scheduler.work()
            self._run_application_tasks()
            if may_go_on():
                return
            self._sleepers.wait_for(has_moved)

    def _wait(self, ready: Callable[[], bool], timeout: float | None = None) -> bool:
        if get_ident() in self._scheduler.working:
            raise GraphStateError("a node or observer cannot wait for the graph that is calling it")
        deadline = None if timeout is None else time.monotonic() + timeout
        is_ready = False

        def has_moved() -> bool:
            nonlocal is_ready
            is_ready = ready()
            return is_ready or self._application_waiting()

        while not is_ready:
            with self._guard:
                self._run_application_tasks()
            left = None if deadline is None else deadline - time.monotonic()
            if not self._sleepers.wait_for(has_moved, left):
                return False
        return True

    def _run_application_tasks(self) -> None:
        for executor in self._scheduler.application_executors:
            executor.run_pending()

    def _application_waiting(self) -> bool:
        return any(executor.has_tasks() for executor in self._scheduler.application_executors)


class Guard:
    """A ``with`` block of a program's thread in the engine; what escapes from it ends the run (S51)."""

    __slots__ = ("_scheduler",)

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None and not isinstance(error, GraphkitError):
            self._scheduler.break_off(error)


def _shut_down(executor: weakref.ref[Executor]) -> None:
    if (alive := executor()) is not None:
        alive.shutdown()
