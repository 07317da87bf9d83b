"""GraphSetup: what a program says about a graph before a run. ``CalculatorGraph`` builds on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from graphkit._runtime import refusals
from graphkit._runtime.observers import Observer, Sightings
from graphkit.errors import ForkedGraphError, GraphStateError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphkit._runtime.run import GraphRun
    from graphkit.config import GraphPlan
    from graphkit.framework import Executor, GraphService, Instrument, Packet

S = TypeVar("S")


class GraphSetup:
    """Observers, executors, services and instruments of a graph.

    Attributes:
        plan: the expanded and validated graph.
    """

    def __init__(self, plan: GraphPlan) -> None:
        self.plan = plan
        self._services: dict[GraphService[Any], Any] = {}
        self._executors: dict[str, Executor] = {}
        self._observers: list[Observer] = []
        self._sightings = Sightings()
        self._queue_sizes: dict[str, int] = {}
        self._instruments: list[Instrument] = []
        self._on_error: Callable[[BaseException], None] | None = None
        self._run: GraphRun | None = None
        self._left_behind: tuple[GraphRun, int] | None = None

    def observe_output_stream(
        self, name: str, callback: Callable[[Packet[Any]], None], *, observe_timestamp_bounds: bool = False
    ) -> None:
        """Call *callback* with every packet of stream *name*, any stream of the expanded graph.

        Calls come in order, one at a time, from the thread that ran the producer; a callback may push
        packets. With *observe_timestamp_bounds* it also gets an empty packet where the stream is settled
        without one. An exception in the callback fails the run.
        """
        self._not_running("observe a stream")
        self._observers.append(
            Observer((self._known_stream(name),), callback, observe_timestamp_bounds, sightings=self._sightings)
        )

    def observe_output_streams(
        self,
        names: Sequence[str],
        callback: Callable[[list[Packet[Any]]], None],
        *,
        observe_timestamp_bounds: bool = False,
    ) -> None:
        """Call *callback* with the packets of several streams together, one of each in the order of *names*.

        It is called for every timestamp at which one of them has a packet, once all are settled there; those
        that have none give an empty packet. Otherwise as observe_output_stream.
        """
        self._not_running("observe streams")
        streams = tuple(self._known_stream(name) for name in names)
        self._observers.append(
            Observer(streams, callback, observe_timestamp_bounds, together=True, sightings=self._sightings)
        )

    def stop_observing(self, callback: Callable[[Packet[Any]], None]) -> None:
        """Let no stream call *callback* in later runs; one that is not called changes nothing."""
        self._not_running("stop observing a stream")
        self._observers = [observer for observer in self._observers if observer.callback != callback]

    def set_executor(self, name: str, executor: Executor | None) -> None:
        """Use *executor* for the nodes that name it; "" replaces the default one, None takes back what was set."""
        self._not_running("set an executor")
        if executor is None:
            self._executors.pop(name, None)
        else:
            self._executors[name] = executor

    def executor(self, name: str) -> Executor | None:
        """Return what ``set_executor`` set, None where it set nothing."""
        return self._executors.get(name)

    def set_service(self, service: GraphService[Any], value: Any) -> None:
        """Lend *value* to the nodes that ask for *service*; None takes back what was lent."""
        self._not_running("set a service")
        if value is None:
            self._services.pop(service, None)
        else:
            self._services[service] = value

    def service(self, service: GraphService[S]) -> S | None:
        """Return what ``set_service`` lent, None where it lent nothing."""
        return self._services.get(service)

    def set_error_callback(self, callback: Callable[[BaseException], None]) -> None:
        """Call *callback* with the first error of a run, when it happens."""
        self._not_running("set the error callback")
        self._on_error = callback

    def add_instrument(self, instrument: Instrument) -> None:
        """Let *instrument* watch the runs."""
        self._not_running("add an instrument")
        self._instruments.append(instrument)

    def set_input_stream_max_queue_size(self, stream: str, max_queue_size: int) -> None:
        """Let the queues that graph input *stream* feeds hold that many packets before it is throttled.

        Args:
            stream: a graph input stream.
            max_queue_size: 1 or more, or -1 for no limit; instead of the graph's max_queue_size.
        """
        self._not_running("set a queue size")
        if max_queue_size != -1 and max_queue_size < 1:
            raise GraphStateError(
                f'max_queue_size of "{stream}" is {max_queue_size}; use -1 for no limit, or 1 and more'
            )
        self._queue_sizes[self._known_input(stream)] = max_queue_size

    def _known_stream(self, name: str) -> str:
        if name not in self.plan.stream_ids:
            raise refusals.unknown_stream(self.plan, name)
        return name

    def _known_input(self, name: str) -> str:
        if name not in self.plan.graph_inputs.names:
            raise refusals.unknown_input(self.plan, name)
        return name

    def _not_running(self, what: str) -> None:
        self._not_forked()
        if self._run is not None and not self._run.terminated:
            raise GraphStateError(f"the graph is running; {what} before start_run() or after wait_until_done()")

    def _not_forked(self) -> None:
        if self._left_behind is not None:
            raise ForkedGraphError(self._left_behind[1])
