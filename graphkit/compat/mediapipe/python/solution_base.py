"""``mediapipe.python.solution_base``: a graph that is asked picture by picture."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from graphkit import CalculatorGraph
from graphkit.compat._errors import as_peer_raises
from graphkit.compat._packets import PacketDataType, content_of, kind_of, payload_for, side_value
from graphkit.compat._plans import Wishes, plan_of
from graphkit.graph._push_and_wait import push_and_wait

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from types import TracebackType

    from graphkit import Packet

__all__ = ["PacketDataType", "SolutionBase", "SolutionOutputs"]

FRAME_US: Final = 33_333
"""Pictures are stamped as those of a clip of 30 a second, the first one with this."""


class SolutionOutputs(SimpleNamespace):
    """What `SolutionBase.process` found: an attribute for each output stream, which may be set."""

    @property
    def _fields(self) -> tuple[str, ...]:
        """The names of the attributes; mediapipe's results are made by ``namedtuple``."""
        return tuple(vars(self))


class SolutionBase:
    """Runs a graph on one picture, or one set of inputs, after the other.

    Args:
        binary_graph_path: the graph's file; that of a graph shipped with graphkit may begin with ``mediapipe/``.
        graph_config: instead of a file, a CalculatorGraphConfig message or its text.
        calculator_params: ``"node.field"`` and the value that the option takes, for nodes of the expanded graph.
        graph_options: a message with options of the whole graph.
        side_inputs: input side packets by name.
        outputs: output streams whose packets are wanted; None for all that the graph declares.
        stream_type_hints: types of streams, by name, if the graph does not tell.
        default_options_of: calculators whose options are left at their defaults, whatever the graph says. Some
            of MediaPipe's own solutions lose options on the way, and programs were tuned to that.

    Raises:
        ValueError: not exactly one of file and config, or a parameter that no node has.
        RuntimeError: the graph cannot be made or started.
    """

    def __init__(
        self,
        binary_graph_path: str | None = None,
        graph_config: Any = None,
        calculator_params: Mapping[str, Any] | None = None,
        graph_options: Any = None,
        side_inputs: Mapping[str, Any] | None = None,
        outputs: Sequence[str] | None = None,
        stream_type_hints: Mapping[str, PacketDataType] | None = None,
        *,
        default_options_of: Collection[str] = (),
    ) -> None:
        if bool(binary_graph_path) == bool(graph_config):
            raise ValueError("Must provide exactly one of 'binary_graph_path' or 'graph_config'.")
        wishes = Wishes.of(calculator_params or {}, graph_options, default_options_of)
        with as_peer_raises():
            plan, resources = plan_of(binary_graph_path, graph_config, wishes)
            self._graph: CalculatorGraph | None = CalculatorGraph(plan, resources=resources)
        hints = dict(stream_type_hints or {})
        self._inputs = {name: hints.get(name) or kind_of(plan, name) for name in plan.graph_inputs.names}
        self._outputs = tuple(outputs) if outputs else plan.graph_outputs.names
        self._latest: dict[str, Any] = {}
        self._timestamp = 0
        self._side_packets = {name: side_value(plan, name, value) for name, value in (side_inputs or {}).items()}
        with as_peer_raises():
            for name in self._outputs:
                self._graph.observe_output_stream(
                    name, _keeping(self._latest, name), observe_timestamp_bounds=True
                )
            self._graph.start_run(self._side_packets)

    def process(self, input_data: Any) -> SolutionOutputs:
        """Run the graph on *input_data* and return its outputs.

        Args:
            input_data: an RGB picture (H, W, 3) uint8 for a graph with one input, or a value for each input by
                name: pictures, numbers, strings or messages.

        Returns:
            An object with an attribute for each output stream: a message, a list of messages, an array, a number
            or a string; None if the graph emitted nothing.

        Raises:
            ValueError: the solution is closed, or a picture does not have three channels.
            TypeError: a picture is not uint8.
            RuntimeError: the graph failed.
        """
        graph = self._opened()
        if not isinstance(input_data, Mapping):
            input_data = {self._only_input(): input_data}
        payloads = {name: payload_for(self._kind_of_input(name), value) for name, value in input_data.items()}
        self._latest.clear()
        self._timestamp += FRAME_US
        try:
            with as_peer_raises():
                push_and_wait(graph, payloads, self._timestamp)
        except KeyboardInterrupt:
            if (
                graph.is_over()
            ):  # it came in the midst of the engine's work (S51); with mediapipe a program may continue
                self.reset()
            raise
        return SolutionOutputs(**{name: self._latest.get(name) for name in self._outputs})

    def close(self) -> None:
        """End the graph; raises ValueError if that was done before."""
        graph = self._graph
        if graph is None:
            raise ValueError("Closing SolutionBase._graph which is already None")
        self._graph = None
        graph.cancel_quietly()

    def reset(self) -> None:
        """Forget what the graph remembers of earlier pictures; a closed solution stays closed."""
        if self._graph is not None:
            self._graph.cancel_quietly()
            self._latest.clear()
            with as_peer_raises():
                self._graph.start_run(self._side_packets)

    def create_graph_options(self, options_message: Any, values: Mapping[str, Any]) -> Any:
        """Set fields of *options_message*, named as ``a.b``, and return it."""
        for path, value in values.items():
            *steps, last = path.split(".")
            message = options_message
            for step in steps:
                message = getattr(message, step)
            field = getattr(message, last)
            if hasattr(field, "append"):
                del field[:]
                field.extend(value)
            elif hasattr(field, "CopyFrom"):
                field.CopyFrom(value)
            else:
                setattr(message, last, value)
        return options_message

    def __enter__(self) -> SolutionBase:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _opened(self) -> CalculatorGraph:
        if self._graph is None:
            raise ValueError("_graph is None in SolutionBase: it was closed; make another one")
        return self._graph

    def _only_input(self) -> str:
        if len(self._inputs) != 1:
            raise ValueError(
                "Can't process single image input since the graph has more than one input streams: "
                f"{', '.join(self._inputs)}; give a value for each by name"
            )
        return next(iter(self._inputs))

    def _kind_of_input(self, name: str) -> PacketDataType:
        if name not in self._inputs:
            raise KeyError(f"the graph has no input stream {name!r}; it has {', '.join(self._inputs)}")
        return self._inputs[name]


def _keeping(latest: dict[str, Any], name: str) -> Callable[[Packet[Any]], None]:
    """Return what puts what a stream carries into *latest*; it knows no solution, which ends when it is dropped.

    One result is turned into a message while another is still worked on.
    """

    def keep(packet: Packet[Any]) -> None:
        latest[name] = content_of(packet.payload) if packet else None

    return keep
