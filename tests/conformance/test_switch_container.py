"""SwitchContainer at run time: which contained node gets the packets, and what comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import pytest

from graphkit import calculator

if TYPE_CHECKING:
    from conformance.harness import MakeHarness


@calculator("ConfTimesTen")
def times_ten(number: int) -> Annotated[int, "OUT"]:
    """Multiply by ten."""
    return number * 10


@calculator("ConfNegate")
def negate(number: int) -> Annotated[int, "OUT"]:
    """Change the sign."""
    return -number


SWITCH = """
    %s input_stream: "n"
    node {
      calculator: "SwitchContainer" %s
      input_stream: "NUMBER:n" output_stream: "OUT:out"
      options { [mediapipe.SwitchContainerOptions.ext] {
        %s
        contained_node { calculator: "ConfTimesTen" }
        contained_node { calculator: "ConfNegate" }
      } }
    }
"""


def switch(graph: str = "", node: str = "", options: str = "") -> str:
    return SWITCH % (graph, node, options)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("", 30, id="the first by default"),
        pytest.param("select: 1", -3, id="select"),
        pytest.param("enable: true", -3, id="enable"),
        pytest.param("enable: false", 30, id="not enabled"),
    ],
)
def test_chosen_by_options(harness: MakeHarness, options: str, expected: int) -> None:
    h = harness(switch(options=options)).watch("out").start().push("n", (3, 10)).finish()
    assert h.seen("out") == [(expected, 10)]


@pytest.mark.parametrize(
    ("tag", "value", "expected"),
    [
        pytest.param("SELECT", 0, 30, id="select 0"),
        pytest.param("SELECT", 1, -3, id="select 1"),
        pytest.param("ENABLE", True, -3, id="enable"),
        pytest.param("ENABLE", False, 30, id="not enabled"),
    ],
)
def test_chosen_by_a_side_packet(harness: MakeHarness, tag: str, value: Any, expected: int) -> None:
    text = switch('input_side_packet: "choice"', f'input_side_packet: "{tag}:choice"', "select: 1")
    h = harness(text).watch("out").start(choice=value).push("n", (3, 10)).finish()
    assert h.seen("out") == [(expected, 10)]


@pytest.mark.parametrize("tag", ["SELECT", "ENABLE"])
def test_chosen_by_a_stream_for_each_timestamp(harness: MakeHarness, tag: str) -> None:
    choose = (lambda n: n) if tag == "SELECT" else bool
    h = harness(switch('input_stream: "choice"', f'input_stream: "{tag}:choice"')).watch("out").start()
    for time in range(8):
        h.push("choice", (choose(time // 2 % 2), time)).push("n", (time, time))
    h.finish()
    assert h.seen("out") == [(-t if t // 2 % 2 else t * 10, t) for t in range(8)]


def test_a_contained_node_closes_and_bounds_pass(harness: MakeHarness) -> None:
    text = (
        switch() + 'node { calculator: "ConfJoin" input_stream: "n" input_stream: "out" output_stream: "joined" }'
    )
    h = harness(text).watch("joined").start()
    h.push("n", (1, 10), (2, 20))
    assert h.seen("joined") == [([1, 10], 10), ([2, 20], 20)]
    h.graph.set_input_stream_timestamp_bound("n", 31)
    assert h.graph.output_stream_bound("out") == 31
    h.finish()
