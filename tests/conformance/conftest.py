"""Calculators whose code stands in the test: a side packet SCRIPT holds the functions they call."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import AnyType, Calculator, CalculatorGraph, Input, Output, SameAs, calculator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphkit import CalculatorContext, CalculatorContract, Packet


@dataclass
class Script:
    """What a scripted calculator does, and the calls it got."""

    process: Callable[[CalculatorContext], Any] | None = None
    open: Callable[[CalculatorContext], Any] | None = None
    close: Callable[[CalculatorContext], Any] | None = None
    calls: list[str] = field(default_factory=list)


class Scripted(Calculator):
    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        for side in (cc.inputs, cc.outputs, cc.input_side_packets, cc.output_side_packets):
            for key in side:
                side[key].set_any()
        if "SCRIPT" in cc.input_side_packets:
            cc.input_side_packets["SCRIPT"].set(Script)

    def _call(self, phase: str, cc: CalculatorContext) -> Any:
        script = cc.input_side_packets["SCRIPT"].payload
        script.calls.append(phase)
        function = getattr(script, phase)
        return None if function is None else function(cc)

    def open(self, cc: CalculatorContext) -> Any:  # type: ignore[override]
        return self._call("open", cc)

    def process(self, cc: CalculatorContext) -> Any:
        return self._call("process", cc)

    def close(self, cc: CalculatorContext) -> Any:  # type: ignore[override]
        return self._call("close", cc)


@calculator("ConfScripted")
class ConfScripted(Scripted):
    pass


@calculator("ConfBlocking")
class ConfBlocking(Scripted):
    blocking = True


@calculator("ConfNoOffset")
class ConfNoOffset(Scripted):
    timestamp_offset = None


@calculator("ConfBounds")
class ConfBounds(Scripted):
    process_timestamp_bounds = True


@calculator("ConfImmediate")
class ConfImmediate(Scripted):
    timestamp_offset = None
    input_stream_handler = "ImmediateInputStreamHandler"


@calculator("ConfPass")
class ConfPass(Calculator):
    source = Input[Any](AnyType)
    copy = Output[Any](SameAs(source))

    def process(self, cc: CalculatorContext) -> None:
        self.copy.send(cc, self.source(cc))


@calculator("ConfInts")
class ConfInts(Calculator):
    """Takes whole numbers and does nothing with them."""

    number = Input(int)

    def process(self, cc: CalculatorContext) -> None:
        self.number(cc)


@calculator("ConfJoin")
class ConfJoin(Calculator):
    """Emits the list of its inputs' payloads, None where one is empty."""

    inputs = Input[Any](AnyType, repeated=True)
    joined = Output[list[Any]](list)

    def process(self, cc: CalculatorContext) -> None:
        self.joined.send(cc, [packet.get_or(None) for packet in cc.inputs])


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
        self.graph.wait_until_done(timeout=20)
        return self

    def seen(self, name: str) -> list[tuple[Any, int]]:
        """Return (payload or None, timestamp) of all packets of a watched stream."""
        return [(packet.get_or(None), int(packet.timestamp)) for packet in self.packets[name]]

    def times(self, name: str) -> list[int]:
        return [int(packet.timestamp) for packet in self.packets[name]]


@pytest.fixture
def script() -> type[Script]:
    return Script


@pytest.fixture
def harness() -> Iterator[Callable[..., Harness]]:
    made: list[Harness] = []

    def make(text: str, **scripts: Script) -> Harness:
        made.append(Harness(text, **scripts))
        return made[-1]

    yield make
    for one in made:
        one.graph.cancel_quietly()


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Fail a test that leaves threads of a graph behind."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=5)
        assert not thread.is_alive(), f"{thread.name} is still alive"
