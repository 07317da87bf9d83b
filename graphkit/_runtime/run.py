"""GraphRun: one run as the program drives it: start, push, bound, close, cancel, wait."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from contextlib import contextmanager
from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final

from graphkit._process.sleepers import Sleepers
from graphkit._runtime.afterwards import Afterwards, is_below
from graphkit._runtime.lifecycle import Lifecycle
from graphkit._runtime.look import look_at
from graphkit._runtime.scheduler import Scheduler
from graphkit._runtime.switch_interval import SwitchInterval
from graphkit._runtime.under_way import calls_under_way
from graphkit.errors import (
    CalculatorError,
    CancelledError,
    ExecutorError,
    GraphStateError,
    InputStreamHandlerError,
    StreamClosedError,
    ThrottledError,
    TimestampError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphkit._runtime.idle_cores import IdleCores
    from graphkit._runtime.look import CallLook, RunLook
    from graphkit._runtime.side_packets import SidePackets
    from graphkit._runtime.state import GraphState
    from graphkit._runtime.streams import GraphInput
    from graphkit.framework import Executor, Packet, Timestamp


class GraphRun:
    """One run, for any thread of the program.

    Args:
        state: of the run, which owns it from now on.
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
        lock = threading.RLock()
        self._sleepers = Sleepers(lock)
        self._life = Lifecycle(state, side_packets, self._sleepers, on_error=on_error, on_end=self._interval.leave)
        self._scheduler = scheduler(state, self._life, self._sleepers)
        if idle_cores is not None:
            idle_cores.watch(weakref.ref(self._scheduler))
        self._lock = lock
        self._guard = Guard(self._scheduler)
        self._afterwards = Afterwards(lock)
        self._interrupted = self._afterwards.is_needed
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
        self._begin()
        self._wait(lambda: not self._life.is_opening() or self._life.terminated)

    def _begin(self) -> None:
        self._interval.enter()
        for executor in self._scheduler.application_executors:
            executor.attach(self._scheduler, Scheduler.wake_sleepers)
        with self._lock:
            self._life.start()
        self._scheduler.work()

    def push(self, source: GraphInput, packet: Packet[Any], *, block: bool) -> None:
        """Deliver a program's packet; throttled: wait if *block*, else raise ThrottledError (S39)."""
        if self._interrupted():
            self._call_afterwards(partial(self.push, source, packet, block=True))
            return
        scheduler = self._scheduler
        nested = get_ident() in scheduler.working
        try:
            if source.blocked_by and not nested:
                self._await_room(source, block=block)
            refusal = self._take_in(source, self._state.deliver, packet)
            if not nested:
                scheduler.work()
        except ThrottledError:
            raise
        except BaseException as exc:
            scheduler.break_off(exc)
            raise
        if refusal is not None:
            raise refusal

    def set_bound(self, source: GraphInput, settled: int) -> None:
        """Settle a graph input up to *settled* (S7)."""
        if self._interrupted():
            self._call_afterwards(partial(self.set_bound, source, settled))
            return
        with self._guard:
            refusal = self._take_in(source, self._state.bound, settled)
            self._scheduler.work_unless_inside()
        if refusal is not None:
            raise refusal

    def _take_in(
        self, source: GraphInput, change: Callable[[GraphInput, Any], None], what: Any
    ) -> BaseException | None:
        """Make a change to a graph input, or return why it cannot be made."""
        life = self._life
        with self._lock:
            if source.closed or life.error is not None or life.terminated:
                return self._refusal(source)
            try:
                change(source, what)
            except InputStreamHandlerError as exc:
                life.fail_idle(exc)
            except TimestampError as exc:
                return exc
        return None

    def close_inputs(self, sources: list[GraphInput], *, stop_sources: bool = False) -> None:
        """End graph inputs, and the sources of the graph too if requested."""
        if self._interrupted():
            self._call_afterwards(partial(self.close_inputs, sources, stop_sources=stop_sources))
            return
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
        if self._interrupted():
            self._call_afterwards(self.cancel)
            return
        self._scheduler.break_off(CancelledError("the run was cancelled"))

    def wait_until_idle(self, timeout: float | None = None) -> bool:
        """Wait until nothing is ready or running; return False if *timeout* seconds did not suffice."""
        ready, life, afterwards = self._state.ready, self._life, self._afterwards
        return self._wait(lambda: (not ready.pending or life.terminated) and not afterwards.pending, timeout)

    def wait_until_done(self, timeout: float | None = None) -> bool:
        """Wait until the run has ended (S27); return False if *timeout* seconds did not suffice."""
        return self._wait(lambda: self._life.terminated and not self._afterwards.pending, timeout)

    def look(self) -> RunLook:
        """Return a look at the run; at one that failed or has ended, as it was before its nodes were closed."""
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
        """Take a packet out of a poller's queue, None if it is empty; lets throttled feeders continue (S45)."""
        if self._interrupted():
            raise GraphStateError(f"{_INTERRUPTED} cannot read a poller; let the program do that")
        with self._guard:
            with self._lock:
                if not queue.queue:
                    return None
                packet: Packet[Any] = self._state.pop(queue)
                self._life.after_unblock()
                if (
                    not self._state.ready.pending
                ):  # what the poller held back may now be held back only by a stuck queue
                    self._life.idle()
            if self._state.ready.default.light:  # nodes that close, if the packet was the last thing to wait for
                self._scheduler.work_unless_inside()
            self._scheduler.wake_executors()
        return packet

    def shutdown(self) -> None:
        """Release what the run has borrowed; harmless when repeated."""
        for executor in self._owned:
            executor.shutdown()
        for application in self._scheduler.application_executors:
            application.detach(self._scheduler)
        for will in self._last_wills:
            will.detach()

    def release(self) -> None:
        """Let go of the calculators and packets of the run, which has ended; it takes no call after that.

        Its objects refer to each other in cycles, which would keep models and frames until they are collected.
        """
        for node in self._state.nodes:
            node.release()

    def abandon(self) -> None:
        """End a run that nobody can reach any more, unless it is at work; its nodes are not closed."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            at_rest = not self._state.ready.pending and not self._scheduler.working
            self._life.terminated |= at_rest
        finally:
            self._lock.release()
        if at_rest:
            self._interval.leave()
            self.shutdown()
            self.release()

    def _calls(self) -> list[CallLook]:
        return calls_under_way(self._scheduler.working)

    def _call_afterwards(self, call: Callable[[], None]) -> None:
        self._afterwards.call(call, self._made_afterwards)

    def _made_afterwards(self, error: BaseException | None) -> None:
        """Note the end of a handler's call: the handler has returned, so its error is the run's."""
        if error is not None and self._life.terminated:
            _LOG.warning("a call of a signal handler came too late: %s", error)
        elif error is not None:
            self._scheduler.break_off(error)
        self._scheduler.wake_sleepers()

    def _refusal(self, source: GraphInput) -> BaseException:
        """Return why a graph input takes no more packets."""
        name = source.stream.name
        if self._life.error is not None:
            return self._life.error
        if source.closed:
            return StreamClosedError(
                f'graph input stream "{name}" is closed; packets cannot be added to it', stream=name
            )
        return GraphStateError(f'the run has ended; start another to add packets to "{name}"')

    def _await_room(self, source: GraphInput, *, block: bool) -> None:
        """Wait until *source* is not throttled, closed, or the run failed; not under the lock."""

        def may_go_on() -> bool:
            return not source.blocked_by or source.closed or self._life.error is not None

        def has_moved() -> bool:
            ready = self._state.ready
            if may_go_on():
                return True
            if not ready.pending:  # stuck (S40): the thread that is held back looks
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
        if is_below(_WORKING, self):
            raise GraphStateError(
                f"{_INTERRUPTED} cannot wait for it; cancel it or close its inputs there, and let the program wait"
            )
        deadline = None if timeout is None else time.monotonic() + timeout
        is_ready = False

        def has_moved() -> bool:
            nonlocal is_ready
            is_ready = ready()
            return is_ready or self._application_waiting()

        with self.about_to_wait():
            while not is_ready:
                with self._guard:
                    self._run_application_tasks()
                left = None if deadline is None else deadline - time.monotonic()
                if not self._sleepers.wait_for(has_moved, left):
                    return False
        return True

    @contextmanager
    def about_to_wait(self) -> Iterator[None]:
        """Let the run know that what this thread pushes here it then waits for (S57)."""
        waiting, me = self._state.ready.waiting, get_ident()
        try:
            waiting.add(me)
            yield
        finally:
            waiting.discard(me)

    def _run_application_tasks(self) -> None:
        for executor in self._scheduler.application_executors:
            executor.run_pending()

    def _application_waiting(self) -> bool:
        return any(executor.has_tasks() for executor in self._scheduler.application_executors)


_LOG: Final = logging.getLogger(__name__)
_INTERRUPTED: Final = "a signal handler or destructor that interrupts the graph at work on its own thread"
_WORKING: Final = frozenset(
    method.__code__
    for method in (
        GraphRun._begin, GraphRun.push, GraphRun.set_bound, GraphRun.close_inputs, GraphRun.cancel, GraphRun.take,
    )
)  # fmt: skip
"""What a program's thread is in while nodes may wait for it."""


class Guard:
    """A ``with`` block of a program's thread in the engine; what escapes from it ends the run (S51)."""

    __slots__ = ("_scheduler",)

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            self._scheduler.break_off(error)


def _shut_down(executor: weakref.ref[Executor]) -> None:
    if (alive := executor()) is not None:
        alive.shutdown()
