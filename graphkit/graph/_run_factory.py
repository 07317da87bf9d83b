"""RunFactory: makes the runs of a graph, and keeps what outlives one."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

from graphkit._runtime.build import build_state
from graphkit._runtime.constant_nodes import ConstantNodes
from graphkit._runtime.counters import Counters
from graphkit._runtime.demand import restrict_outputs
from graphkit._runtime.idle_cores import IdleCores
from graphkit._runtime.instruments import watched_by
from graphkit._runtime.listeners import Listeners
from graphkit._runtime.run import GraphRun
from graphkit._runtime.side_packets import SidePackets
from graphkit.errors import GraphStateError, SidePacketError
from graphkit.framework import IDLE_CORES, Packet
from graphkit.framework._services import RunServices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphkit._runtime.state import GraphState
    from graphkit._runtime.streams import GraphInput
    from graphkit.config import GraphPlan
    from graphkit.framework import CallView, Resources
    from graphkit.graph._setup import GraphSetup


class Prepared(NamedTuple):
    """A fresh run that has not begun.

    Attributes:
        run: the run.
        inputs: its graph inputs, by name.
        side_packets: those available already.
    """

    run: GraphRun
    inputs: dict[str, GraphInput]
    side_packets: SidePackets


class WatchedRun:
    """A run, as its instruments see it.

    Attributes:
        graph: the graph that runs.
    """

    def __init__(self, graph: GraphPlan, counters: Counters, run: GraphRun) -> None:
        self.graph = graph
        self._counters = counters
        self._run = weakref.ref(run)

    def counters(self) -> dict[str, int]:
        """Return the counters of the nodes."""
        return self._counters.values()

    def calls(self) -> Sequence[CallView]:
        """Return the calls of nodes that are under way now."""
        run = self._run()
        return [] if run is None else run.calls()

    def is_over(self) -> bool:
        """Return whether the run has ended or was dropped."""
        run = self._run()
        return run is None or run.terminated


class RunFactory:
    """Makes the runs of one graph.

    Args:
        plan: of the graph.
        setup: what the program set on it.
        side_packets: for every run, by name.
        resources: where nodes find files.

    Attributes:
        counters: of the last run.
    """

    def __init__(
        self, plan: GraphPlan, setup: GraphSetup, side_packets: Mapping[str, Any], resources: Resources
    ) -> None:
        self._plan = plan
        self._setup = setup
        self._side_packets = dict(side_packets)
        self._resources = resources
        self._constants = ConstantNodes()
        self._services: RunServices | None = None
        self._listeners: Listeners | None = None
        self._making = False
        self.counters = Counters()

    def make(self, side_packets: Mapping[str, Any], headers: Mapping[str, Any]) -> Prepared:
        """Return a fresh run, with new calculators and services, that makes only the outputs that are read."""
        if self._making:
            raise GraphStateError("a signal handler cannot start a graph that it interrupted while it starts")
        self._making = True
        try:
            return self._make(side_packets, headers)
        finally:
            self._making = False

    def _make(self, side_packets: Mapping[str, Any], headers: Mapping[str, Any]) -> Prepared:
        setup = self._setup
        stream_headers = {setup.known_input(name): Packet(value) for name, value in headers.items()}
        given = SidePackets(self._plan, self._merged(side_packets), self._constants)
        idle_cores = IdleCores()
        state = self._build(stream_headers, idle_cores)
        observed = {name for observer in setup.observers for name in observer.streams}
        restrict_outputs(self._plan, state.nodes, given.values, observed)
        self._listeners = Listeners(setup.instruments) if setup.instruments else None
        run = GraphRun(state, given, setup.on_error, idle_cores, watched_by(self._listeners, state))
        if self._listeners is not None:
            self._listeners.begin(WatchedRun(self._plan, self.counters, run))
        return Prepared(run, state.inputs, given)

    def let_go(self, run: GraphRun) -> None:
        """Release what a finished run has borrowed; harmless when repeated."""
        run.shutdown()
        if self._listeners is not None:
            self._listeners.end()
        if self._services is not None:
            self._services.close()

    def _build(self, headers: Mapping[str, Packet[Any]], idle_cores: IdleCores) -> GraphState:
        """Return the state of a fresh run, its nodes equipped with what the graph lends them."""
        setup = self._setup
        if self._services is not None:
            self._services.close()
        self._services = RunServices(self._plan, setup.services)
        services = self._services.objects
        services.setdefault(IDLE_CORES, idle_cores)
        try:
            state = build_state(self._plan, setup.executors, setup.observers, headers, services)
        except BaseException:
            self._services.close()
            raise
        for name, size in setup.queue_sizes.items():
            for queue in state.inputs[name].stream.consumers:
                queue.limit_to(size)
        self.counters.clear()
        for node in state.nodes:
            node.contexts[0].equip(services, self._resources, self.counters)
        return state

    def _merged(self, given: Mapping[str, Any]) -> dict[str, Any]:
        twice = self._side_packets.keys() & given.keys()
        if twice:
            name = min(twice)
            raise SidePacketError(
                f'side packet "{name}" was given to the graph already; start_run repeats it', side_packet=name
            )
        return {**self._side_packets, **given}
