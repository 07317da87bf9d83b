"""`graphkit._runtime.precedence`: which nodes go first, and which can help beside a blocking one (S32, S57)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from graphkit import AnyType, Calculator, Input, Output, SameAs, calculator, config
from graphkit._runtime.build import build_state
from graphkit._runtime.node import LATE
from graphkit.framework import Executor

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit import CalculatorContext
    from graphkit._runtime.node import Node


class NoThreads(Executor):
    def schedule(self, task: Callable[[], None]) -> None:
        raise AssertionError("nobody asks for threads")


@calculator("SlowNode")
class Slow(Calculator):
    blocking = True
    taken: Input[Any] = Input(AnyType)
    made: Output[Any] = Output(SameAs(taken))

    def process(self, cc: CalculatorContext) -> None:
        """Emit nothing."""


@calculator("SinkNode")
class Sink(Calculator):
    taken: Input[Any] = Input(AnyType)

    def process(self, cc: CalculatorContext) -> None:
        """Do nothing."""


@calculator("ChoiceNode")
class Choice(Calculator):
    """Passes OLD on if it can, else NEW."""

    passes_on = {"OLD": "OUT"}  # noqa: RUF012
    new: Input[Any] = Input(AnyType, "NEW")
    old: Input[Any] = Input(AnyType, "OLD")
    out: Output[Any] = Output(AnyType, "OUT")

    def process(self, cc: CalculatorContext) -> None:
        """Emit nothing."""


def nodes_of(text: str) -> dict[str, Node]:
    state = build_state(config.load(f'input_stream: "in" {text}'), {"": NoThreads()}, [])
    return {node.name: node for node in state.nodes}


def node(name: str, taken: str, made: str, kind: str = "PassThroughCalculator") -> str:
    emits = f'output_stream: "{made}"' if made else ""
    return f'node {{ name: "{name}" calculator: "{kind}" input_stream: "{taken}" {emits} }} '


def light_order(nodes: dict[str, Node]) -> list[str]:
    return sorted((name for name, one in nodes.items() if one.light), key=lambda name: nodes[name].order)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            node("one", "in", "a") + node("two", "a", "b") + node("three", "b", "c"), ["three", "two", "one"],
            id="the nearest to the outputs, where nothing is slow",
        ),
        pytest.param(
            node("quick", "in", "q") + node("first", "in", "a") + node("model", "a", "b", "SlowNode"),
            ["first", "quick"], id="what a slow node waits for",
        ),
        pytest.param(
            node("a", "in", "a") + node("a1", "a", "a1", "SlowNode") + node("a2", "a1", "a2", "SlowNode")
            + node("b", "in", "b") + node("b1", "b", "b1", "SlowNode"),
            ["a", "b"], id="what two slow nodes wait for, one after the other",
        ),
        pytest.param(
            node("sink", "in", "", "SinkNode") + node("last", "in", "z") + node("first", "in", "a")
            + node("model", "a", "b", "SlowNode"),
            ["first", "sink", "last"], id="what hands results out, before what nobody slow waits for",
        ),
    ],
)  # fmt: skip
def test_the_order_of_light_nodes_called_at_one_time(text: str, expected: list[str]) -> None:
    """S32."""
    assert light_order(nodes_of(text)) == expected


def test_only_light_nodes_that_nothing_slow_waits_for_come_late() -> None:
    nodes = nodes_of(
        node("late", "in", "z")
        + node("sink", "in", "", "SinkNode")
        + node("first", "in", "a")
        + node("model", "a", "b", "SlowNode")
    )
    assert [name for name, one in nodes.items() if one.order >= LATE] == ["late"]


def test_a_loop_does_not_count() -> None:
    nodes = nodes_of("""
        node { name: "loop" calculator: "PreviousLoopbackCalculator" input_stream: "MAIN:in"
               input_stream: "LOOP:made" input_stream_info { tag_index: "LOOP" back_edge: true }
               output_stream: "PREV_LOOP:before" }
        node { name: "model" calculator: "SlowNode" input_stream: "before" output_stream: "found" }
        node { name: "after" calculator: "PassThroughCalculator" input_stream: "found" output_stream: "made" }
    """)
    assert light_order(nodes) == ["loop", "after"]
    assert nodes["after"].feeds == 0


def test_what_can_be_called_beside_a_blocking_node() -> None:
    """S57: What it makes ready cannot, but for what a node that chooses may pass on without it."""
    nodes = nodes_of(
        node("first", "in", "f")
        + node("model", "f", "m", "SlowNode")
        + node("next", "m", "n", "SlowNode")
        + node("old", "in", "o")
        + 'node { name: "choice" calculator: "ChoiceNode" input_stream: "NEW:n" input_stream: "OLD:o" '
        'output_stream: "OUT:roi" }' + node("last", "roi", "l", "SlowNode")
    )

    def bits(*names: str) -> int:
        return sum(1 << nodes[name].id for name in names)

    assert nodes["model"].holds == bits("model", "next")
    assert nodes["first"].feeds == bits("model", "next", "last")
    assert nodes["old"].feeds == bits("last")
    assert nodes["old"].feeds & ~nodes["model"].holds, "it helps"
    assert not nodes["next"].holds & ~nodes["model"].holds
