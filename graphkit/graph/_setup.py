"""GraphSetup: what a program sets on a graph before its runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit._runtime import refusals
from graphkit._runtime.observers import Observer, OutputSignal
from graphkit.errors import ArgumentError
from graphkit.framework._packet_type import Kind, runtime_classes
from graphkit.graph._poller import OutputStreamPoller

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from graphkit._runtime.streams import InputStream
    from graphkit.config import GraphPlan
    from graphkit.framework import Executor, GraphService, Instrument, Packet
    from graphkit.insight import Profile


class GraphSetup:
    """Observers, executors, services and instruments of a graph.

    Args:
        plan: of the graph.

    Attributes:
        services: what the program lends, by service.
        executors: those of the program, by name.
        observers: in the order in which they were added.
        signal: notified of every call of an observer.
        queue_sizes: of the queues behind graph inputs, by stream.
        instruments: watch the runs.
        on_error: gets the first error of a run.
    """

    def __init__(self, plan: GraphPlan) -> None:
        self._plan = plan
        self.services: dict[GraphService[Any], Any] = {}
        self.executors: dict[str, Executor] = {}
        self.observers: list[Observer] = []
        self.signal = OutputSignal()
        self.queue_sizes: dict[str, int] = {}
        self.instruments: list[Instrument] = []
        self.on_error: Callable[[BaseException], None] | None = None

    def observe(
        self, names: Sequence[str], callback: Callable[[Any], None], *, bounds: bool, together: bool = False
    ) -> None:
        """Add an observer of streams."""
        streams = tuple(self.known_stream(name) for name in names)
        self.observers.append(Observer(streams, callback, bounds, together=together, signal=self.signal))

    def stop_observing(self, callback: Callable[[Any], None]) -> None:
        """Take away the observers with *callback*."""
        self.observers = [observer for observer in self.observers if observer.callback != callback]

    def poll(
        self,
        name: str,
        take: Callable[[InputStream], Packet[Any] | None],
        is_over: Callable[[], bool],
        explain_to: Callable[[BaseException], None],
        *,
        bounds: bool,
        max_queue_size: int,
    ) -> OutputStreamPoller:
        """Return a poller of a stream (S45); see `OutputStreamPoller`."""
        if max_queue_size != -1 and max_queue_size < 1:
            raise ArgumentError(
                f"a poller cannot hold {max_queue_size} packets; use -1 for no limit, or 1 and more",
                parameter="max_queue_size",
            )
        poller = OutputStreamPoller(name, take, is_over, explain_to)
        self.observers.append(poller._observed((self.known_stream(name),), bounds, max_queue_size))
        return poller

    def use_executor(self, name: str, executor: Executor | None) -> None:
        """Run the nodes that name it on *executor*; None removes it."""
        if executor is None:
            self.executors.pop(name, None)
        else:
            self.executors[name] = executor

    def lend(self, service: GraphService[Any], value: Any) -> None:
        """Lend *value* to the nodes that request *service*; None takes it back."""
        if value is None:
            self.services.pop(service, None)
        else:
            self.services[service] = value

    def limit_queue(self, stream: str, max_queue_size: int) -> None:
        """Set how many packets the queues that graph input *stream* feeds hold (S37)."""
        if max_queue_size != -1 and max_queue_size < 1:
            raise ArgumentError(
                f'a queue of "{stream}" cannot hold {max_queue_size} packets; use -1 for no limit, or 1 and more',
                parameter="max_queue_size",
            )
        self.queue_sizes[self.known_input(stream)] = max_queue_size

    def asked_profile(self) -> Profile | None:
        """Return the profile that the config asks for, which watches the graph from now on, or None."""
        if not self._plan.profiler.profile:
            return None
        from graphkit.insight import Profile

        self.instruments.append(profile := Profile())
        return profile

    def packet_counts(self) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """Return how many packets each stream has carried, and each node's queues have lost, if counted."""
        for one in self.instruments:
            if (carried := getattr(one, "packets_by_stream", None)) is not None:
                return carried(), one.packets_lost()  # type: ignore[attr-defined]
        return {}, {}

    def input_classes(self) -> dict[str, tuple[type[Any], ...] | None]:
        """Return the classes of payloads that each graph input takes, None for any."""
        types = {name: self._plan.streams[self._plan.stream_ids[name]].packet_type
                 for name in self._plan.graph_inputs.names}  # fmt: skip
        return {
            name: runtime_classes(one.types) if one.kind is Kind.ONE_OF else None for name, one in types.items()
        }

    def known_stream(self, name: str) -> str:
        """Return *name*, a stream of the expanded graph; raises ArgumentError."""
        if name not in self._plan.stream_ids:
            raise refusals.unknown_stream(self._plan, name)
        return name

    def known_input(self, name: str) -> str:
        """Return *name*, an input of the graph; raises ArgumentError."""
        if name not in self._plan.graph_inputs.names:
            raise refusals.unknown_input(self._plan, name)
        return name
