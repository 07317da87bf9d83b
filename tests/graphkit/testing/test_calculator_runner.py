"""CalculatorRunner: one calculator on given packets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from graphkit import (
    AnyType,
    Calculator,
    GraphService,
    Input,
    Output,
    Packet,
    SameAs,
    SideInput,
    SideOutput,
    Status,
    Timestamp,
    calculator,
)
from graphkit.errors import CalculatorError, GraphStateError, SidePacketError, TimestampMismatchError
from graphkit.testing import CalculatorRunner

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

UNIT: GraphService[str] = GraphService("unit")


@calculator("RunnerScale")
class RunnerScale(Calculator):
    """Multiplies the numbers of IN by FACTOR; tells the last one and counts them."""

    number = Input(int, "IN")
    other = Input[Any](AnyType, optional=True)
    scaled = Output(int, "OUT")
    copy = Output[Any](SameAs(other), optional=True)
    factor = SideInput(int, "FACTOR")
    last = SideOutput(int, "LAST", optional=True)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        cc.use_service(UNIT, optional=True)

    def open(self, cc: CalculatorContext) -> None:
        if cc.service(UNIT):
            self.scaled.send(cc, len(cc.service(UNIT) or ""), timestamp=Timestamp(-1))

    def process(self, cc: CalculatorContext) -> None:
        number = self.number.get(cc)
        if number is not None:
            self._last = number * self.factor(cc)
            self.scaled.send(cc, self._last)
            cc.counter("numbers").increment()
        if (other := self.other.get(cc)) is not None:
            self.copy.send(cc, other)

    def close(self, cc: CalculatorContext) -> None:
        if self.last.is_connected(cc):
            self.last.set(cc, self._last)


@calculator("RunnerSource")
class RunnerSource(Calculator):
    number = Output(int)

    def process(self, cc: CalculatorContext) -> Status:
        self.number.send(cc, 5, timestamp=Timestamp(9))
        return Status.STOP


NODE = """
    calculator: "RunnerScale" input_stream: "IN:numbers" input_stream: "others" output_stream: "OUT:scaled"
    output_stream: "copies" input_side_packet: "FACTOR:factor" output_side_packet: "LAST:last"
"""


def values(packets: list[Packet[Any]]) -> list[tuple[Any, int]]:
    return [(packet.payload, int(packet.timestamp)) for packet in packets]


@pytest.fixture
def runner() -> CalculatorRunner:
    runner = CalculatorRunner(NODE)
    runner.side_packets["FACTOR"] = 10
    return runner


def test_packets_in_and_out(runner: CalculatorRunner) -> None:
    runner.add("IN", 4, 1)
    runner.add(0, "x", 1)
    runner.add(("IN", 0), Packet(5), 2)
    runner.close(0)
    assert runner.run() is runner
    assert values(runner.outputs["OUT"]) == [(40, 1), (50, 2)]
    assert values(runner.outputs[0]) == [("x", 1)]
    assert runner.output_side_packets["LAST"] == 50
    assert runner.counters == {"numbers": 2}
    assert runner.output_bounds["OUT"] == 3


def test_bounds_in_and_out(runner: CalculatorRunner) -> None:
    runner.add("IN", 4, 1)
    runner.set_bound("IN", 50)
    runner.set_bound(0, 40)
    runner.run()
    assert values(runner.outputs["OUT"]) == [(40, 1)]
    assert runner.output_bounds["OUT"] == 40


def test_a_runner_runs_again_on_what_was_queued(runner: CalculatorRunner) -> None:
    runner.add("IN", 4, 1)
    for _ in range(2):
        runner.run()
        assert values(runner.outputs["OUT"]) == [(40, 1)]
        assert runner.counters == {"numbers": 1}


def test_services_of_a_runner(runner: CalculatorRunner) -> None:
    runner.set_service(UNIT, "metres")
    runner.add("IN", 1, 1)
    assert values(runner.run().outputs["OUT"]) == [(6, -1), (10, 1)]


@pytest.mark.parametrize("node", ['calculator: "RunnerSource" output_stream: "n"', """
    node { calculator: "RunnerSource" output_stream: "n" }
"""], ids=["body", "node"])  # fmt: skip
def test_a_source(node: str) -> None:
    assert values(CalculatorRunner(node).run().outputs[0]) == [(5, 9)]


def test_errors_raise(runner: CalculatorRunner) -> None:
    runner.side_packets["FACTOR"] = 10
    with pytest.raises(CalculatorError, match=r'close\(\) of node "RunnerScale" failed: AttributeError'):
        runner.run()


def test_a_missing_side_packet() -> None:
    with pytest.raises(SidePacketError, match=r'input side packet "factor" .* is required'):
        CalculatorRunner(NODE).run()


def test_packets_out_of_order(runner: CalculatorRunner) -> None:
    runner.add("IN", 4, 2)
    runner.add("IN", 4, 1)
    with pytest.raises(TimestampMismatchError):
        runner.run()


def test_an_input_that_the_node_does_not_have(runner: CalculatorRunner) -> None:
    runner.add("INN", 4, 2)
    with pytest.raises(KeyError) as caught:
        runner.run()
    assert caught.value.args[0] == "the node has no INN there; it has: index 0, IN"


def test_values_by_tag(runner: CalculatorRunner) -> None:
    assert "FACTOR" in runner.side_packets
    assert ("FACTOR", 0) in runner.side_packets
    assert "NOPE" not in runner.side_packets
    assert runner.side_packets["FACTOR", 0] == 10


@calculator
class RunnerEndless(Calculator):
    """A source that does not end."""

    number = Output(int)

    def open(self, cc: CalculatorContext) -> None:
        self._next = 0

    def process(self, cc: CalculatorContext) -> None:
        self.number.send(cc, self._next, timestamp=self._next)
        self._next += 1


def test_the_first_packets_of_a_source_that_does_not_end() -> None:
    runner = CalculatorRunner('calculator: "RunnerEndless" output_stream: "out"')
    assert [packet.payload for packet in runner.run(max_packets=3).outputs[0]] == [0, 1, 2]


def test_a_source_that_does_not_end_is_told() -> None:
    with pytest.raises(GraphStateError) as caught:
        CalculatorRunner('calculator: "RunnerEndless" output_stream: "out"').run()
    assert str(caught.value) == (
        'node "RunnerEndless" is a source that does not end: an output has more than 1000 packets. Return '
        "Status.STOP from process() at the end, or test its first packets: run(max_packets=10)"
    )
