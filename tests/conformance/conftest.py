"""Calculators whose code stands in the test: a side packet SCRIPT holds the functions they call."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from conformance.harness import Harness, Script
from graphkit import AnyType, Calculator, Input, Output, SameAs, calculator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.harness import MakeHarness
    from graphkit import CalculatorContext, CalculatorContract


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


@pytest.fixture
def script() -> type[Script]:
    return Script


@pytest.fixture
def harness() -> Iterator[MakeHarness]:
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
        thread.join(timeout=60)
        assert not thread.is_alive(), f"{thread.name} is still alive"
