"""SwitchContainer in whole graphs."""

from __future__ import annotations

import pytest

from graphkit import Calculator, CalculatorGraph, Input, Output, Packet, calculator

SWITCH = """
  input_stream: "number" {more_inputs}
  output_stream: "result"
  node {{
    calculator: "SwitchContainer"
    {control}
    input_stream: "X:number"
    output_stream: "Y:result"
    options {{
      [mediapipe.SwitchContainerOptions.ext] {{
        {options}
        contained_node {{ calculator: "SwitchTestTriple" }}
        contained_node {{ calculator: "SwitchTestNegative" }}
      }}
    }}
  }}
"""


@calculator
class SwitchTestTriple(Calculator):
    """Three times the number."""

    x = Input(int, "X")
    y = Output(int, "Y")

    def process(self, cc):
        self.y.send(cc, 3 * self.x(cc))


@calculator
class SwitchTestNegative(Calculator):
    """The number with the other sign."""

    x = Input(int, "X")
    y = Output(int, "Y")

    def process(self, cc):
        self.y.send(cc, -self.x(cc))


def switch(control="", options="", more_inputs=""):
    return CalculatorGraph(SWITCH.format(control=control, options=options, more_inputs=more_inputs))


def results_of(graph, events, side_packets=None):
    results = []
    graph.observe_output_stream("result", lambda p: results.append((p.payload, int(p.timestamp))))
    graph.start_run(side_packets or {})
    for name, payload, timestamp in events:
        graph.add_packet_to_input_stream(name, Packet(payload, timestamp))
        graph.wait_until_idle()
    graph.close_all_input_streams()
    graph.wait_until_done()
    return results


@pytest.mark.parametrize(
    ("side_packet", "value", "options", "expected"),
    [
        pytest.param("SELECT", 0, "", 21, id="select-0"),
        pytest.param("SELECT", 1, "", -7, id="select-1"),
        pytest.param("ENABLE", True, "", -7, id="enable"),
        pytest.param("ENABLE", False, "enable: true", 21, id="side-packet-before-option"),
        pytest.param("", None, "select: 1", -7, id="option"),
        pytest.param("", None, "", 21, id="first-by-default"),
    ],
)
def test_a_choice_for_the_run(side_packet, value, options, expected):
    control = f'input_side_packet: "{side_packet}:control"' if side_packet else ""
    more = 'input_side_packet: "control"' if side_packet else ""
    graph = switch(control, options, more)
    side_packets = {"control": value} if side_packet else {}
    assert results_of(graph, [("number", 7, 1)], side_packets) == [(expected, 1)]


def test_a_stream_switches_from_its_timestamp_on():
    graph = switch('input_stream: "SELECT:which"', "async_selection: true", 'input_stream: "which"')
    events = [
        ("number", 1, 10),
        ("which", 1, 11), ("number", 2, 20),
        ("number", 3, 30),
        ("which", 0, 31), ("number", 4, 40),
    ]  # fmt: skip
    assert results_of(graph, events) == [(3, 10), (-2, 20), (-3, 30), (12, 40)]


def test_a_stream_that_comes_with_the_input_covers_it():
    graph = switch('input_stream: "ENABLE:on"', "", 'input_stream: "on"')
    events = [
        ("on", True, 10), ("number", 1, 10),
        ("on", False, 20), ("number", 2, 20),
    ]  # fmt: skip
    assert results_of(graph, events) == [(-1, 10), (6, 20)]


def test_containers_nest():
    inner = """
      contained_node {
        calculator: "SwitchContainer"
        options { [mediapipe.SwitchContainerOptions.ext] {
          select: 1
          contained_node { calculator: "SwitchTestTriple" } contained_node { calculator: "SwitchTestNegative" }
        } }
      }
    """
    graph = CalculatorGraph(f"""
      input_stream: "number" output_stream: "result"
      node {{
        calculator: "SwitchContainer" input_stream: "X:number" output_stream: "Y:result"
        options {{ [mediapipe.SwitchContainerOptions.ext] {{
          select: 1 contained_node {{ calculator: "SwitchTestTriple" }} {inner}
        }} }}
      }}
    """)
    assert results_of(graph, [("number", 7, 1)]) == [(-7, 1)]
