"""CalculatorGraph: the one class a program drives.

::

    graph = CalculatorGraph("graph.pbtxt")
    graph.observe_output_stream("landmarks", print)
    with graph:
        graph.add_packet_to_input_stream("image", frame, timestamp=0)
        graph.wait_until_idle()
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from graphkit import config
from graphkit._process.forks import call_in_children
from graphkit._runtime import refusals
from graphkit._runtime.build import build_state
from graphkit._runtime.constant_nodes import ConstantNodes
from graphkit._runtime.counters import Counters
from graphkit._runtime.instruments import instrumented
from graphkit._runtime.observers import Observer
from graphkit._runtime.run import GraphRun
from graphkit._runtime.side_packets import SidePackets
from graphkit._runtime.unread_outputs import restrict_outputs
from graphkit.errors import GraphStateError, did_you_mean
from graphkit.framework import Packet, Resources, Timestamp
from graphkit.framework._packet_type import Kind, runtime_classes
from graphkit.framework._services import LentServices
from graphkit.framework._timestamp import as_timestamp
from graphkit.graph._poller import OutputStreamPoller
from graphkit.graph._setup import GraphSetup

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from graphkit._runtime.state import GraphState
    from graphkit._runtime.streams import GraphInput, InputStream


class CalculatorGraph(GraphSetup):
    """A graph and its runs, one at a time.

    Args:
        source: path of a .pbtxt or .binarypb file (looked for beside the graphs that come with graphkit, too),
            text of a config, bytes of a binary one, a CalculatorGraphConfig message, or a ready GraphPlan.
        side_packets: input side packets for every run, by name.
        resources: where models and subgraphs are found.
        graph_options: options messages of the graph (options classes or protobuf messages), for
            ``option_value``.
        overrides: ``"node.field=value"`` strings for options of expanded nodes.

    Attributes:
        plan: the expanded and validated graph.
        add_mode_blocks: whether adding a packet waits while the graph is throttled (the default), or
            raises ThrottledError.

    Raises:
        ConfigError: the text cannot be parsed.
        GraphValidationError: all faults of the config, each with its place.
    """

    def __init__(
        self,
        source: Any,
        *,
        side_packets: Mapping[str, Any] | None = None,
        resources: Resources | None = None,
        graph_options: Sequence[Any] = (),
        overrides: tuple[str, ...] = (),
    ) -> None:
        self.resources = resources or Resources()
        if not isinstance(source, config.GraphPlan):
            path = config.path_of(source)
            found = source if path is None else self.resources.find_graph(path)
            self.resources = config.search_path(found, self.resources)
            source = config.load(found, resources=self.resources, graph_options=graph_options, overrides=overrides)
        super().__init__(source)
        self.add_mode_blocks = True
        self._side_packets = dict(side_packets or {})
        self._lent: LentServices | None = None
        self._counters = Counters()
        self._constants = ConstantNodes()
        self._inputs: dict[str, GraphInput] = {}
        self._side: SidePackets | None = None
        self._classes = {name: _classes(self.plan, name) for name in self.plan.graph_inputs.names}
        self._gate = threading.Lock()
        call_in_children(self, CalculatorGraph._leave_behind)

    # -- before a run -----------------------------------------------------------------------------------

    def add_output_stream_poller(
        self, name: str, *, observe_timestamp_bounds: bool = False, max_queue_size: int = -1
    ) -> OutputStreamPoller:
        """Return a poller of stream *name*: ``next()`` waits for a packet; iterating ends with the stream.

        Args:
            name: any stream of the expanded graph.
            observe_timestamp_bounds: also return empty packets where the stream is settled without one.
            max_queue_size: packets it holds before the graph's inputs are throttled; -1 for no limit.
        """
        self._not_running("add a poller")
        if max_queue_size != -1 and max_queue_size < 1:
            raise GraphStateError(
                f"max_queue_size of a poller is {max_queue_size}; use -1 for no limit, or 1 and more"
            )
        poller = OutputStreamPoller(name)
        observer = Observer(
            (self._known_stream(name),), poller.ignore, observe_timestamp_bounds, poller.notify, max_queue_size
        )
        poller.attach(self, observer)
        self._observers.append(observer)
        return poller

    # -- a run ------------------------------------------------------------------------------------------

    def start_run(
        self, side_packets: Mapping[str, Any] | None = None, *, headers: Mapping[str, Any] | None = None
    ) -> None:
        """Open the nodes and start the sources.

        Args:
            side_packets: payloads or packets by name, for this run.
            headers: headers of graph input streams, payloads by stream name.

        Raises:
            SidePacketError: one is missing, unknown, given twice or of the wrong type.
            GraphRunError: a node could not open.
        """
        with self._gate:
            self._not_running("start a run")
            stream_headers = {self._known_input(name): Packet(value) for name, value in (headers or {}).items()}
            given = self._merged_side_packets(side_packets or {})
            self._side = SidePackets(self.plan, given, self._constants)
            state = self._build(stream_headers)
            observed = {name for observer in self._observers for name in observer.streams}
            restrict_outputs(self.plan, state.nodes, self._side.values, observed)
            self._inputs = state.inputs
            self._run = GraphRun(state, self._side, self._on_error)
        try:
            self._run.start()
        except BaseException:
            self.cancel_quietly()
            raise
        if self._run.could_not_open:
            self.wait_until_done()

    def add_packet_to_input_stream(self, stream: str, packet: Any, timestamp: int | None = None) -> None:
        """Push a packet (or a payload with its *timestamp* in microseconds) into graph input *stream*.

        Light nodes that become ready run on this thread before the call returns; nodes that may wait never
        do. The call waits while the graph is throttled, unless add_mode_blocks is False.

        Raises:
            TimestampMismatchError: the timestamp is not above the last one.
            PacketTypeError: the payload is not what the stream carries.
            ThrottledError: the graph is throttled and add_mode_blocks is False.
            StreamClosedError, GraphRunError: the stream or the run has ended.
        """
        if packet.__class__ is not Packet:
            packet = Packet(packet, Timestamp.UNSET if timestamp is None else timestamp)
        elif timestamp is not None:
            packet = packet.at(timestamp)
        run = self._run
        source = self._inputs.get(stream)
        if run is None or source is None:
            run, source = self._running(), self._inputs[self._known_input(stream)]
        classes = self._classes[stream]
        if packet._payload is None or (classes is not None and not isinstance(packet._payload, classes)):
            raise refusals.bad_packet(self.plan, stream, packet)
        if not packet._timestamp.is_allowed_in_stream():
            raise refusals.bad_packet(self.plan, stream, packet)
        run.push(source, packet, block=self.add_mode_blocks)

    def set_input_stream_timestamp_bound(self, stream: str, bound: int) -> None:
        """Promise that the next packet of graph input *stream* comes at *bound* or later."""
        run = self._running()
        run.set_bound(self._inputs[self._known_input(stream)], int(as_timestamp(bound)) - 1)

    def close_input_stream(self, stream: str) -> None:
        """End graph input *stream*."""
        run = self._running()
        run.close_inputs([self._inputs[self._known_input(stream)]])

    def close_all_input_streams(self) -> None:
        """End all graph inputs."""
        self._running().close_inputs(list(self._inputs.values()))

    def close_all_packet_sources(self) -> None:
        """End all graph inputs and all source nodes; what is queued is still processed."""
        self._running().close_inputs(list(self._inputs.values()), stop_sources=True)

    def wait_until_idle(self, timeout: float | None = None) -> None:
        """Wait until every packet added so far is processed; raises the run's error, or TimeoutError."""
        run = self._running()
        if not run.wait_until_idle(timeout):
            raise TimeoutError(f"the graph was still busy after {timeout} s")
        if run.error is not None:
            self.wait_until_done()

    def wait_until_done(self, timeout: float | None = None) -> None:
        """Wait until the run has ended and every node is closed; raises the run's error, or TimeoutError."""
        run = self._running()
        if not run.wait_until_done(timeout):
            raise TimeoutError(f"the run had not ended after {timeout} s; close the input streams first")
        self._let_go(run)
        if run.error is not None:
            raise run.error

    def wait_for_observed_output(self, timeout: float | None = None) -> bool:
        """Wait until an observer was called since this last returned; return False once none will be any more.

        Raises:
            TimeoutError: none was called within *timeout* seconds.
        """
        self._running()
        return self._sightings.wait(timeout)

    def run(self, side_packets: Mapping[str, Any] | None = None) -> None:
        """Start a run of a graph that feeds itself and wait until it is done."""
        self.start_run(side_packets)
        self.close_all_input_streams()
        self.wait_until_done()

    def cancel(self) -> None:
        """Stop the run; wait_until_done then raises CancelledError."""
        self._running().cancel()

    def end_input(self) -> bool:
        """Close all packet sources if a run is going on; return whether one was. From any thread."""
        run = self._run
        if run is not None:
            run.close_inputs(list(self._inputs.values()), stop_sources=True)
        return run is not None

    def abort(self) -> bool:
        """Cancel the run if one is going on; return whether one was. From any thread."""
        run = self._run
        if run is not None:
            run.cancel()
        return run is not None

    def cancel_quietly(self) -> None:
        """End the run, if one is going on, whatever its outcome; for clean-up after an error."""
        run = self._run
        if run is not None:
            run.cancel()
            run.wait_until_done()
            self._let_go(run)

    def output_stream_bound(self, name: str) -> Timestamp:
        """Return the current timestamp bound of stream *name* of the run: nothing earlier can still come."""
        return self._running().stream_bound(self._known_stream(name))

    def has_error(self) -> bool:
        """Return whether the current run failed."""
        return self._run is not None and self._run.error is not None

    def is_over(self) -> bool:
        """Return whether no run is going on, or the current one failed or ended."""
        return self._run is None or self._run.error is not None or self._run.terminated

    def take_from_poller(self, queue: InputStream) -> Packet[Any] | None:
        """Take a packet out of a poller's queue; for OutputStreamPoller."""
        if self._run is None:
            self._not_forked()
            return queue.queue.popleft() if queue.queue else None
        return self._run.take(queue)

    def output_side_packet(self, name: str) -> Any:
        """Return the payload of a side packet of the last run, made by a node or given."""
        values = self.side_packet_values()
        if name not in values:
            raise GraphStateError(f'side packet "{name}" has no value in this run.{did_you_mean(name, values)}')
        return values[name].payload

    def side_packet_values(self) -> dict[str, Packet[Any]]:
        """Return all side packets of the last run by name."""
        return dict(self._side.values) if self._side is not None else {}

    def counters(self) -> dict[str, int]:
        """Return the counters of the last run by name (``<node>-<counter>``)."""
        return self._counters.values()

    def __enter__(self) -> CalculatorGraph:
        if self._run is None:
            self.start_run()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the run: wait for what was pushed, or cancel it if the block raised."""
        if self._run is None:
            return
        if error is None:
            self.close_all_packet_sources()
            self.wait_until_done()
            return
        self.cancel_quietly()

    # -- helpers ----------------------------------------------------------------------------------------

    def _build(self, headers: Mapping[str, Packet[Any]]) -> GraphState:
        """Return the state of a fresh run, its nodes equipped with what the graph lends them."""
        if self._lent is not None:
            self._lent.close()
        self._lent = LentServices(self.plan, self._services)
        services = self._lent.objects
        try:
            state = build_state(self.plan, self._executors, self._observers, headers, services)
        except BaseException:
            self._lent.close()
            raise
        for name, size in self._queue_sizes.items():
            for queue in state.inputs[name].stream.consumers:
                queue.limit_to(size)
        self._counters.clear()
        for node in state.nodes:
            node.contexts[0].equip(services, self.resources, self._counters)
            if self._instruments:
                node.process = instrumented(node, self._instruments)
        return state

    def _let_go(self, run: GraphRun) -> None:
        """End what a finished run has borrowed."""
        run.shutdown()
        if self._lent is not None:
            self._lent.close()
        self._run = None

    def _merged_side_packets(self, given: Mapping[str, Any]) -> dict[str, Any]:
        twice = self._side_packets.keys() & given.keys()
        if twice:
            raise GraphStateError(
                f'side packet "{min(twice)}" was given to the graph already; start_run repeats it'
            )
        return {**self._side_packets, **given}

    def _leave_behind(self) -> None:
        """In a forked process: let go of the parent's run, which nothing here can drive or end.

        It is kept, as the destructors of what its nodes hold may wait for threads, too.
        """
        self._gate = threading.Lock()
        if self._run is not None:
            self._left_behind, self._run = (self._run, os.getppid()), None

    def _running(self) -> GraphRun:
        if self._run is None:
            self._not_forked()
            raise GraphStateError("the graph is not running; call start_run() first")
        return self._run


def _classes(plan: config.GraphPlan, name: str) -> tuple[type[Any], ...] | None:
    packet_type = plan.streams[plan.stream_ids[name]].packet_type
    return runtime_classes(packet_type.types) if packet_type.kind is Kind.ONE_OF else None
