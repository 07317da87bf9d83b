"""A graph under test, and the functions that its scripted calculators call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from graphkit import CalculatorGraph

if TYPE_CHECKING:
    from graphkit import CalculatorContext, Packet


@dataclass
class Script:
    """What a scripted calculator does, and the calls it got."""

    process: Callable[[CalculatorContext], Any] | None = None
    open: Callable[[CalculatorContext], Any] | None = None
    close: Callable[[CalculatorContext], Any] | None = None
    calls: list[str] = field(default_factory=list)


class Harness:
    """A graph, what its streams carried, and its scripts."""

    def __init__(self, text: str, **scripts: Script) -> None:
        text += "\n".join(f'\ninput_side_packet: "{name}"' for name in scripts)
        self.graph = CalculatorGraph(text)
        self.scripts = scripts
        self.packets: dict[str, list[Packet[Any]]] = {}

    def watch(self, *names: str, bounds: bool = False) -> Harness:
        for name in names:
            self.packets[name] = []
            self.graph.observe_output_stream(name, self.packets[name].append, observe_timestamp_bounds=bounds)
        return self

    def start(self, **side_packets: Any) -> Harness:
        self.graph.start_run({**self.scripts, **side_packets})
        return self

    def push(self, stream: str, *packets: tuple[Any, int]) -> Harness:
        for payload, timestamp in packets:
            self.graph.add_packet_to_input_stream(stream, payload, timestamp)
        return self

    def finish(self) -> Harness:
        self.graph.close_all_input_streams()
        self.graph.wait_until_done(timeout=60)
        return self

    def seen(self, name: str) -> list[tuple[Any, int]]:
        """Return (payload or None, timestamp) of all packets of a watched stream."""
        return [(packet.get_or(None), int(packet.timestamp)) for packet in self.packets[name]]

    def times(self, name: str) -> list[int]:
        return [int(packet.timestamp) for packet in self.packets[name]]


MakeHarness: TypeAlias = Callable[..., Harness]
"""The fixture ``harness``: makes one from the text of a graph and its scripts, and ends its run after the test."""
