"""Side packets: given by the program or made by nodes, one value a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from graphkit import (
    AnyType,
    Calculator,
    CalculatorGraph,
    GraphService,
    Input,
    Packet,
    SideInput,
    SideOutput,
    Timestamp,
    calculator,
)
from graphkit.errors import CalculatorError, GraphStateError, NodeNotOpenedError, SidePacketError

if TYPE_CHECKING:
    from conformance.harness import MakeHarness, Script
    from graphkit import CalculatorContext, CalculatorContract


@calculator("ConfSideReader")
class ConfSideReader(Calculator):
    """Tells what it got when it opened."""

    source = Input[Any](int)
    size = SideInput(int, "SIZE")
    label = SideInput(str, "LABEL", optional=True, value_optional=True)
    must = SideInput(str, "MUST", optional=True)
    told: list[Any] = []  # noqa: RUF012 - cleared by the fixture

    def open(self, cc: CalculatorContext) -> None:
        self.told.append((self.size(cc), self.label.get(cc), self.label.is_connected(cc)))

    def process(self, cc: CalculatorContext) -> None:
        """Nothing to do."""


@calculator("ConfSideMaker")
class ConfSideMaker(Calculator):
    source = Input[Any](int)
    size = SideOutput(int, "SIZE")

    def process(self, cc: CalculatorContext) -> None:
        self.size.set(cc, self.source(cc))


READER = """
    input_stream: "a" input_side_packet: "size" input_side_packet: "label"
    node { calculator: "ConfSideReader" input_stream: "a" input_side_packet: "SIZE:size"
           input_side_packet: "LABEL:label" }
"""
MADE = """
    input_stream: "a"
    node { calculator: "ConfSideMaker" input_stream: "a" output_side_packet: "SIZE:size" }
    node { name: "reader" calculator: "ConfSideReader" input_stream: "a" input_side_packet: "SIZE:size" }
"""
SCRIPTED = """
    input_stream: "a"
    node { calculator: "ConfScripted" input_stream: "a" input_side_packet: "SCRIPT:s"
           output_side_packet: "OUT:made" }
"""


@pytest.fixture(autouse=True)
def told() -> list[Any]:
    ConfSideReader.told.clear()
    return ConfSideReader.told


def test_given_side_packets_are_there_in_open(harness: MakeHarness, told: list[Any]) -> None:
    harness(READER).start(size=3, label="x").finish()
    assert told == [(3, "x", True)]


def test_packets_are_accepted_and_lose_their_timestamp(harness: MakeHarness, script: type[Script]) -> None:
    seen: list[Packet[Any]] = []
    s = script(open=lambda cc: seen.append(cc.input_side_packets["SCRIPT"]))
    h = harness(SCRIPTED, s=s)
    h.graph.start_run({"s": Packet(s, Timestamp(7))})
    h.finish()
    assert seen[0].timestamp == Timestamp.UNSET


def test_an_optional_side_packet_may_be_missing(harness: MakeHarness, told: list[Any]) -> None:
    harness(READER).start(size=3).finish()
    assert told == [(3, None, True)]


def test_an_optional_port_that_the_config_names_needs_its_value(harness: MakeHarness) -> None:
    text = READER.replace("LABEL:label", "MUST:label")
    with pytest.raises(SidePacketError, match=r'input side packet "label" \(str\) is required and was not given'):
        harness(text).start(size=3)


def test_side_packets_given_to_the_graph_hold_for_every_run(told: list[Any]) -> None:
    graph = CalculatorGraph(READER, side_packets={"size": 8})
    for _ in range(2):
        graph.run()
    assert told == [(8, None, True)] * 2


def test_a_side_packet_given_twice() -> None:
    graph = CalculatorGraph(READER, side_packets={"size": 8})
    with pytest.raises(SidePacketError) as caught:
        graph.start_run({"size": 9})
    assert caught.value.side_packet == "size"
    assert str(caught.value) == 'side packet "size" was given to the graph already; start_run repeats it'


def test_a_missing_side_packet(harness: MakeHarness) -> None:
    with pytest.raises(SidePacketError) as caught:
        harness(READER).start()
    assert str(caught.value).endswith(
        'input side packet "size" (int) is required and was not given.\nGive it: side_packets, such as size=1'
    )
    assert ":3:" in str(caught.value), "the place of its reader"
    error = caught.value
    assert (error.side_packet, str(error.location), list(error.missing)) == ("size", "<text>:3:5", ["size"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param({"size": "three"}, 'side packet "size" must be int, but was given str', id="wrong type"),
        pytest.param({"size": Packet.empty()}, 'side packet "size" must be int', id="empty packet"),
        pytest.param(
            {"size": 1, "labl": "x"},
            r"""the graph has no input side packet "labl" \(it has: label, size\). Did you mean 'label'\?""",
            id="unknown name",
        ),
    ],
)
def test_side_packets_that_do_not_fit(harness: MakeHarness, given: dict[str, Any], message: str) -> None:
    h = harness(READER)
    with pytest.raises(SidePacketError, match=message):
        h.start(**given)
    h.start(size=1).finish()


def test_a_side_packet_that_a_node_makes_cannot_be_given(harness: MakeHarness) -> None:
    with pytest.raises(SidePacketError) as caught:
        harness(MADE).start(size=5)
    assert str(caught.value) == (
        'side packet "size" is made by node "ConfSideMaker"; it cannot be given as well. Change the node: '
        "overrides, such as ConfSideMaker.FIELD=VALUE."
    )
    assert (caught.value.side_packet, caught.value.node) == ("size", "ConfSideMaker")


def test_all_that_is_missing_is_told_at_once(harness: MakeHarness) -> None:
    with pytest.raises(SidePacketError) as caught:
        harness(READER.replace("LABEL:label", "MUST:label")).start()
    *lines, advice = str(caught.value).splitlines()
    assert [line.split('"')[1] for line in lines] == ["size", "label"]
    assert advice == "Give it: side_packets, such as size=1,label=VALUE"
    assert {name: str(kind) for name, kind in caught.value.missing.items()} == {"size": "int", "label": "str"}


def test_a_node_opens_when_its_side_packet_is_made(harness: MakeHarness, told: list[Any]) -> None:
    """S26."""
    h = harness(MADE).start()
    assert told == []
    h.push("a", (5, 10))
    assert told == [(5, None, False)]
    h.finish()
    assert h.graph.output_side_packet("size") == 5


def test_packets_wait_for_a_node_that_is_not_open_yet(harness: MakeHarness, script: type[Script]) -> None:
    seen: list[int] = []
    text = """
        input_stream: "a" input_stream: "go"
        node { calculator: "ConfSideMaker" input_stream: "go" output_side_packet: "SIZE:size" }
        node { calculator: "ConfScripted" input_stream: "a" input_side_packet: "SIZE:size"
               input_side_packet: "SCRIPT:s" }
    """
    s = script(process=lambda cc: seen.append(int(cc.input_timestamp)))
    h = harness(text, s=s).start().push("a", (1, 10), (2, 20))
    assert s.calls == []
    h.push("go", (4, 0))
    assert seen == [10, 20]
    h.finish()


def test_side_packets_made_in_close_open_others(
    harness: MakeHarness, told: list[Any], script: type[Script]
) -> None:
    text = """
        input_stream: "a" input_stream: "b"
        node { calculator: "ConfScripted" input_stream: "a" input_side_packet: "SCRIPT:s"
               output_side_packet: "SIZE:size" }
        node { calculator: "ConfSideReader" input_stream: "b" input_side_packet: "SIZE:size" }
    """
    s = script(close=lambda cc: cc.output_side_packets.set("SIZE", 6))
    harness(text, s=s).start().finish()
    assert told == [(6, None, False)]


def test_a_side_packet_that_never_comes(harness: MakeHarness) -> None:
    """S26."""
    h = harness(MADE).start()
    with pytest.raises(NodeNotOpenedError) as caught:
        h.finish()
    assert str(caught.value) == 'node "reader" was never opened: it waits for side packet size'


def test_setting_a_side_packet_twice(harness: MakeHarness) -> None:
    h = harness(MADE).start()
    h.push("a", (5, 10), (6, 20))
    with pytest.raises(CalculatorError) as caught:
        h.finish()
    assert str(caught.value).startswith(
        'process() of node "ConfSideMaker" failed at timestamp 20: SidePacketError: node "ConfSideMaker": output '
        f'side packet "size" was already set in this run (at {__file__}:'
    )


@pytest.mark.parametrize(("value", "found"), [("five", "str"), (None, "NoneType")])
def test_making_a_side_packet_of_the_wrong_type(
    harness: MakeHarness, script: type[Script], value: Any, found: str
) -> None:
    text = """
        input_stream: "a"
        node { calculator: "ConfScripted" input_stream: "a" input_side_packet: "SCRIPT:s"
               output_side_packet: "SIZE:size" }
        node { calculator: "ConfSideReader" input_stream: "a" input_side_packet: "SIZE:size" }
    """
    s = script(process=lambda cc: cc.output_side_packets.set("SIZE", value))
    h = harness(text, s=s).start().push("a", (1, 1))
    with pytest.raises(CalculatorError) as caught:
        h.finish()
    assert str(caught.value.cause) == (
        f'node "ConfScripted": output side packet "size" carries int, but was given {found}'
    )


def test_side_packets_of_the_last_run_only(harness: MakeHarness) -> None:
    h = harness(MADE).start().push("a", (5, 10)).finish()
    assert h.graph.output_side_packet("size") == 5
    h.start().push("a", (7, 10)).finish()
    assert h.graph.output_side_packet("size") == 7


def test_a_side_packet_without_a_value(harness: MakeHarness, script: type[Script]) -> None:
    h = harness(SCRIPTED, s=script()).start().finish()
    with pytest.raises(GraphStateError) as caught:
        h.graph.output_side_packet("made")
    assert str(caught.value).startswith('side packet "made" has no value in this run.')


def test_unconnected_side_input_says_so(harness: MakeHarness, script: type[Script]) -> None:
    label = SideInput(str, "LABEL", optional=True)
    h = harness(SCRIPTED, s=script(open=label.expect))
    with pytest.raises(CalculatorError, match='node "ConfScripted": side packet LABEL is not connected'):
        h.start()


MAKER = """
    input_side_packet: "name"
    node { calculator: "ConfScripted" input_side_packet: "SCRIPT:s" input_side_packet: "NAME:name"
           output_side_packet: "MADE:m" }
"""
CHAIN = f'{MAKER} node {{ calculator: "ConfScripted" input_side_packet: "SCRIPT:t" input_side_packet: "MADE:m" }}'


def make_list(cc: CalculatorContext) -> None:
    cc.output_side_packets.set("MADE", [cc.input_side_packets["NAME"].payload])


def test_a_node_without_streams_is_not_opened_again_for_the_same_side_packets(
    harness: MakeHarness, script: type[Script]
) -> None:
    """S21."""
    maker, reader, name = script(open=make_list), script(), object()
    h = harness(CHAIN, s=maker, t=reader)
    h.start(name=name).finish()
    made = h.graph.output_side_packet("m")
    h.start(name=name).finish()
    assert h.graph.output_side_packet("m") is made
    assert (maker.calls, reader.calls) == (["open", "close"], ["open", "close"])


def test_nodes_without_streams_open_again_where_a_side_packet_changed(
    harness: MakeHarness, script: type[Script]
) -> None:
    maker, reader = script(open=make_list), script()
    h = harness(CHAIN, s=maker, t=reader)
    first, second = [1], [1]
    for name in (first, second, second):
        h.start(name=name).finish()
        assert h.graph.output_side_packet("m")[0] is name
    assert (maker.calls, reader.calls) == (["open", "close"] * 2, ["open", "close"] * 2)


def test_side_packets_that_were_made_in_close_are_there_in_the_next_run_too(
    harness: MakeHarness, script: type[Script]
) -> None:
    maker, name = script(close=make_list), object()
    h = harness(MAKER, s=maker)
    for _ in range(2):
        h.start(name=name).finish()
        assert h.graph.output_side_packet("m") == [name]
    assert maker.calls == ["open", "close"]


@pytest.mark.parametrize("phase", ["open", "close"])
def test_a_node_that_failed_is_opened_again(harness: MakeHarness, script: type[Script], phase: str) -> None:
    faults = [ValueError("once")]

    def fail_once(cc: CalculatorContext) -> None:
        if faults:
            raise faults.pop()

    reader, name = script(**{phase: fail_once}), object()
    h = harness(CHAIN, s=script(open=make_list), t=reader)
    with pytest.raises(CalculatorError, match="once"):
        h.start(name=name).finish()
    reader.calls.clear()
    h.start(name=name).finish()
    assert reader.calls == ["open", "close"]


def test_a_node_with_streams_is_opened_in_every_run(harness: MakeHarness, script: type[Script]) -> None:
    s = script()
    h = harness(
        'input_stream: "a" node { calculator: "ConfScripted" input_stream: "a" input_side_packet: "SCRIPT:s" }',
        s=s,
    )
    for _ in range(2):
        h.start().finish()
    assert s.calls == ["open", "close"] * 2


def test_a_node_with_a_service_is_opened_in_every_run() -> None:
    made: list[object] = []
    service: GraphService[object] = GraphService("test", object)

    @calculator("ConfSideOfService")
    class ConfSideOfService(Calculator):
        out = SideOutput[Any](AnyType)

        @classmethod
        def update_contract(cls, cc: CalculatorContract) -> None:
            cc.use_service(service)

        def open(self, cc: CalculatorContext) -> None:
            made.append(cc.service(service))
            self.out.set(cc, made[-1])

    graph = CalculatorGraph('node { calculator: "ConfSideOfService" output_side_packet: "m" }')
    for run in range(2):
        graph.run()
        assert graph.output_side_packet("m") is made[run]
