"""One of MediaPipe's own graphs, frame by frame, with every stream it can show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from check_graphs import import_all_protos
from mediapipe.framework import calculator_pb2
from mediapipe.python import packet_creator, packet_getter
from mediapipe.python._framework_bindings import (
    calculator_graph,
    image_frame,
    resource_util,
    validated_graph_config,
)
from peer_common import peer_root

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    import numpy as np

Event = tuple[str, int, Any]
"""Stream, timestamp (microseconds, or the loop's own clock), packet; None where Python cannot read it."""


def load_config(binary_graph: str) -> Any:
    """Returns a graph of the wheel, expanded, so that its inner streams can be observed by name.

    Python must know every options message: those that it does not know are lost on the way back into C++, and
    their nodes then run on defaults.
    """
    import_all_protos(peer_root())
    validated = validated_graph_config.ValidatedGraphConfig()
    validated.initialize(binary_graph_path=str(peer_root() / binary_graph))
    return calculator_pb2.CalculatorGraphConfig.FromString(validated.binary_config)


def observable(config: Any) -> list[str]:
    """Returns all streams but those that a splitter takes over: an observer's reference would stop it."""
    taken = {
        stream
        for node in config.node
        if node.calculator == "SplitTensorVectorCalculator"
        for stream in node.input_stream
    }
    streams = [name.rpartition(":")[2] for node in config.node for name in node.output_stream]
    return [stream for stream in streams if stream not in taken]


def reader_of(cpp_type: str) -> Any:
    """Returns the function that takes a packet of a C++ type into Python; None where there is none."""
    plain = {
        "float": packet_getter.get_float,
        "bool": packet_getter.get_bool,
        "::std::vector<float>": packet_getter.get_float_list,
    }
    if cpp_type in plain:
        return plain[cpp_type]
    unreadable = ("Image", "ImageFrame", "Timestamp")
    if re.fullmatch(r"::std::vector<::mediapipe::\w+>", cpp_type):
        return packet_getter.get_proto_list
    name = re.fullmatch(r"::mediapipe::(\w+)", cpp_type)
    return packet_getter.get_proto if name and name[1] not in unreadable else None


def read_pixels(packet: Any) -> np.ndarray:
    """Returns the pixels of a packet with an ImageFrame; they are the caller's."""
    pixels: np.ndarray = packet_getter.get_image_frame(packet).numpy_view().copy()
    return pixels


def type_of(validated: Any, stream: str) -> str:
    """Returns the C++ type of a stream, empty where the peer has no name for it."""
    try:
        return str(validated.registered_stream_type_name(stream))
    except RuntimeError:
        return ""


class Tracker:
    """Feeds frames into the stream "image", collects what the streams carry.

    Args:
        config: An expanded graph.
        streams: What is collected.
        side_packets: Packets by name.
        readers: Functions that take packets into Python, for streams whose type does not tell.
    """

    def __init__(
        self,
        config: Any,
        streams: Sequence[str],
        side_packets: Mapping[str, Any],
        readers: Mapping[str, Any] | None = None,
    ) -> None:
        resource_util.set_resource_dir(str(peer_root().parent))
        validated = validated_graph_config.ValidatedGraphConfig()
        validated.initialize(graph_config=config)
        self._events: list[Event] = []
        self._graph = calculator_graph.CalculatorGraph(graph_config=config)
        for stream in streams:
            reader = (readers or {}).get(stream) or reader_of(type_of(validated, stream))
            self._graph.observe_output_stream(stream, self._collector(reader))
        self._side_packets = dict(side_packets)

    def _collector(self, reader: Any) -> Any:
        # The packet is read at once and let go: a calculator that takes over its input needs the only reference.
        def collect(stream: str, packet: Any) -> None:
            self._events.append((stream, packet.timestamp.value, reader(packet) if reader else None))

        return collect

    def __enter__(self) -> Tracker:
        self._graph.start_run(self._side_packets)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._graph.close()

    def restart(self) -> None:
        """Begins a run of its own for what comes now: nothing is carried over."""
        self._graph.close()
        self._graph.start_run(self._side_packets)

    def process(self, timestamp: int, frame: np.ndarray, also: Mapping[str, Any] | None = None) -> list[Event]:
        """Runs one RGB frame through the graph and returns what it gave, ordered by stream and time.

        Args:
            timestamp: Microseconds.
            frame: (height, width, 3) uint8.
            also: Packets for further inputs of the graph, by stream.
        """
        self._events.clear()
        packet = packet_creator.create_image_frame(image_format=image_frame.ImageFormat.SRGB, data=frame)
        for stream, given in {"image": packet, **(also or {})}.items():
            self._graph.add_packet_to_input_stream(stream, given.at(timestamp))
        self._graph.wait_until_idle()
        return sorted(self._events, key=lambda event: event[:2])
