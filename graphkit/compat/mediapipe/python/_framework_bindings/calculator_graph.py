"""``mediapipe.CalculatorGraph``."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from graphkit import CalculatorGraph as Graph
from graphkit import Packet as GraphkitPacket
from graphkit.compat._errors import as_peer_raises
from graphkit.compat.mediapipe.python._framework_bindings.packet import Packet
from graphkit.compat.mediapipe.python._framework_bindings.timestamp import Timestamp
from graphkit.compat.mediapipe.python._framework_bindings.validated_graph_config import (
    ValidatedGraphConfig,
    read_graph,
)
from graphkit.errors import GraphkitError, TimestampMismatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["CalculatorGraph", "GraphInputStreamAddMode"]


class GraphInputStreamAddMode(enum.Enum):
    """What adding a packet does while the graph is full: wait, or raise."""

    WAIT_TILL_NOT_FULL = 0
    ADD_IF_NOT_FULL = 1


class CalculatorGraph:
    """A graph and its runs, with the calls that mediapipe's has.

    Args:
        binary_graph_path: the graph's file.
        graph_config: instead of a file, a CalculatorGraphConfig message or its text.
        validated_graph_config: instead of both, a graph that was read before.

    Raises:
        ValueError: not exactly one of the three, or the graph is not valid.
        FileNotFoundError: there is no such file.
    """

    def __init__(
        self,
        *,
        binary_graph_path: str | None = None,
        graph_config: Any = None,
        validated_graph_config: ValidatedGraphConfig | None = None,
    ) -> None:
        if validated_graph_config is None:
            self._config = ValidatedGraphConfig()
            self._config.adopt(*read_graph(binary_graph_path, graph_config))
        elif not validated_graph_config.initialized():
            raise ValueError("The input 'validated_graph_config' is not initialized.")
        else:
            self._config = validated_graph_config
        with as_peer_raises():
            self._graph = Graph(self._config.plan)
        self._refused: GraphkitError | None = None

    # -- before and after a run --------------------------------------------------------------------------

    def observe_output_stream(
        self,
        stream_name: str,
        callback_fn: Callable[[str, Packet], object],
        observe_timestamp_bounds: bool = False,
    ) -> None:
        """Have *callback_fn* called with the stream's name and each packet.

        Args:
            stream_name: of the graph's streams.
            callback_fn: is called on threads of the graph.
            observe_timestamp_bounds: also call it with an empty packet if there is none at a time.
        """

        def call(packet: GraphkitPacket[Any]) -> None:
            callback_fn(stream_name, Packet.of(packet))

        with as_peer_raises():
            self._graph.observe_output_stream(stream_name, call, observe_timestamp_bounds=observe_timestamp_bounds)

    def start_run(self, input_side_packets: Mapping[str, Packet] | None = None) -> None:
        """Open the nodes and start the sources."""
        self._refused = None
        given = {name: packet.payload for name, packet in (input_side_packets or {}).items()}
        with as_peer_raises():
            self._graph.start_run(given)

    def get_output_side_packet(self, packet_name: str) -> Packet:
        """Return an output side packet after the run."""
        with as_peer_raises():
            return Packet(self._graph.output_side_packet(packet_name))

    # -- during a run ------------------------------------------------------------------------------------

    def add_packet_to_input_stream(
        self, stream: str, packet: Packet, timestamp: Timestamp | int = Timestamp.UNSET
    ) -> None:
        """Add a packet, at its own time or at *timestamp*.

        A time that is not above the last one fails the run; `wait_until_idle` and the other calls then say so.
        """
        when = packet.timestamp if timestamp == Timestamp.UNSET else Timestamp(timestamp)
        if not when.is_allowed_in_stream():
            raise ValueError(f"{when!r} can't be the timestamp of a Packet in a stream.")
        with as_peer_raises():
            try:
                self._graph.add_packet_to_input_stream(stream, packet.payload, when.value)
            except TimestampMismatchError as exc:
                self._refused = self._refused or exc
                self._graph.cancel_quietly()

    def close_input_stream(self, stream: str) -> None:
        """End an input stream."""
        with as_peer_raises():
            self._graph.close_input_stream(stream)

    def close_all_packet_sources(self) -> None:
        """End all input streams and all sources."""
        with as_peer_raises():
            self._graph.close_all_packet_sources()

    def wait_until_idle(self) -> None:
        """Wait until all that was added is processed; raises what failed the run."""
        with as_peer_raises():
            self._raise_refused()
            self._graph.wait_until_idle()

    def wait_until_done(self) -> None:
        """Wait until the run has ended; raises what failed it."""
        with as_peer_raises():
            self._raise_refused()
            self._graph.wait_until_done()

    def wait_for_observed_output(self) -> None:
        """Wait until a callback was called since this last returned.

        Raises:
            IndexError: none will be called any more.
        """
        with as_peer_raises():
            self._raise_refused()
            if self._graph.is_over() or not self._graph.wait_for_observed_output():
                raise IndexError("Graph is done.")

    def close(self) -> None:
        """End all sources and wait until the run has ended."""
        self.close_all_packet_sources()
        self.wait_until_done()

    def has_error(self) -> bool:
        """Return whether the run failed."""
        return self._refused is not None or self._graph.has_error()

    def get_combined_error_message(self) -> str:
        """Return what failed the run, "" if nothing did."""
        if not self.has_error():
            return ""
        try:
            self.wait_until_done()
        except Exception as exc:  # the run's error, of whatever type it is here
            return str(exc)
        return ""

    # -- what it is --------------------------------------------------------------------------------------

    @property
    def max_queue_size(self) -> int:
        """How many packets a queue holds; -1 for no limit."""
        return self._config.plan.max_queue_size

    @property
    def graph_input_stream_add_mode(self) -> GraphInputStreamAddMode:
        """What adding a packet does while the graph is full; may be set."""
        waits = self._graph.add_mode_blocks
        return GraphInputStreamAddMode.WAIT_TILL_NOT_FULL if waits else GraphInputStreamAddMode.ADD_IF_NOT_FULL

    @graph_input_stream_add_mode.setter
    def graph_input_stream_add_mode(self, mode: GraphInputStreamAddMode) -> None:
        self._graph.add_mode_blocks = mode is GraphInputStreamAddMode.WAIT_TILL_NOT_FULL

    @property
    def text_config(self) -> str:
        """The expanded graph as text."""
        return self._config.text_config

    @property
    def binary_config(self) -> bytes:
        """The expanded graph as bytes."""
        return self._config.binary_config

    def _raise_refused(self) -> None:
        if self._refused is not None:
            raise self._refused
