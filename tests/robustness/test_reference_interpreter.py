"""What the interpreter says of small graphs, by rule; and that it needs no choice where the rules leave none."""

from __future__ import annotations

import ast
import random
from pathlib import Path
from typing import Any

import pytest

import reference_interpreter
from reference_interpreter import Call, Graph, Interpreter, Node
from reference_interpreter.times import CLOSED, MAX, MIN, POST_STREAM, PRE_STREAM, UNSTARTED, moved
from robustness.engine_programs import random_program


def run(graph: Graph, *actions: tuple[Any, ...], made: dict[str, list[Call]] | None = None) -> Interpreter:
    """Return the interpreter after *actions*."""
    model = Interpreter(graph, made or {}, random.Random(0))
    model.open()
    for word, *rest in actions:
        getattr(model, word)(*rest)
    return model


def calls(model: Interpreter, name: str) -> list[tuple[int, tuple[Any, ...]]]:
    """Return the calls of a node as plain tuples."""
    return [tuple(call) for running in model.nodes if running.node.name == name for call in running.calls]


def two_inputs(policy: str = "Default", **options: Any) -> Graph:
    """Return a graph of one node with inputs a and b."""
    return Graph(["a", "b"], [Node("n", ("sum", {}), ["a", "b"], ["out"], policy=policy, policy_options=options)])


def test_it_imports_nothing_from_the_engine() -> None:
    folder = Path(reference_interpreter.__file__).parent
    imported = {
        name.split(".")[0]
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
    }
    assert not {name for name in imported if "graphkit" in name}
    assert imported <= {
        "__future__",
        "collections",
        "dataclasses",
        "random",
        "reference_interpreter",
        "typing",
        "zlib",
    }


@pytest.mark.parametrize(
    ("time", "offset", "expected"),
    [
        pytest.param(10, 5, 15, id="later"),
        pytest.param(10, -5, 5, id="earlier"),
        pytest.param(MAX - 1, 10, MAX - 1, id="stops at the end: S4"),
        pytest.param(MIN, -10, PRE_STREAM, id="stops at the beginning: S4"),
        pytest.param(PRE_STREAM, 10, PRE_STREAM, id="a meaning of its own"),
        pytest.param(POST_STREAM, -10, POST_STREAM, id="after all time"),
    ],
)
def test_moving_a_time(time: int, offset: int, expected: int) -> None:
    assert moved(time, offset) == expected


def test_default_waits_for_all_inputs() -> None:
    """S12: in order of time, once every input is settled there."""
    model = run(two_inputs(), ("push", "a", 10, 1), ("push", "a", 20, 2), ("push", "b", 20, 3))
    assert calls(model, "n") == [(10, (1, None)), (20, (2, 3))]
    assert model.streams["out"].settled == 20


def test_an_empty_time_goes_through_without_a_call() -> None:
    """S9."""
    model = run(two_inputs(), ("bound", "a", 31), ("bound", "b", 21))
    assert calls(model, "n") == []
    assert model.streams["out"].settled == 20


def test_a_node_without_an_offset_settles_nothing() -> None:
    """S8."""
    graph = two_inputs()
    graph.nodes[0].does, graph.nodes[0].offset = ("mute", {}), None
    model = run(graph, ("push", "a", 10, 1), ("push", "b", 10, 1))
    assert calls(model, "n") == [(10, (1, 1))]
    assert model.streams["out"].settled == UNSTARTED


@pytest.mark.parametrize(
    ("policy", "options", "expected"),
    [
        pytest.param("Barrier", {}, [(10, (1, 9))], id="Barrier ignores time"),
        pytest.param("Default", {}, [(10, (1, None)), (20, (2, None))], id="Default"),
        pytest.param("FixedSize", {}, [(20, (2, None))], id="FixedSize drops the older one"),
        pytest.param("TimestampAlign", {"base": 1}, [(30, (1, 9))], id="TimestampAlign moves it to the base"),
    ],
)
def test_policies(policy: str, options: dict[str, Any], expected: list[Any]) -> None:
    """S15."""
    actions = [("push", "a", 10, 1), ("push", "a", 20, 2), ("push", "b", 30, 9)]
    assert calls(run(two_inputs(policy, **options), *actions), "n") == expected


def test_mux_waits_for_the_one_that_select_names() -> None:
    """S15: what the others have up to then is dropped, also where it comes late."""
    graph = Graph(["a", "b", "s"], [Node("n", ("sum", {}), ["a", "b", "s"], ["out"], policy="Mux")])
    model = run(graph, ("push", "s", 10, 0), ("push", "b", 5, 7), ("push", "a", 10, 1), ("push", "b", 10, 8))
    assert calls(model, "n") == [(10, (1, None, 0))]
    model.push("s", 20, 1)
    model.push("b", 20, 9)
    assert calls(model, "n")[1:] == [(20, (None, 9, 1))]


@pytest.mark.parametrize(
    ("policy", "options", "made", "left"),
    [
        pytest.param("Immediate", {}, [Call(20, (2, None)), Call(10, (None, 1))], [], id="S13: any order"),
        pytest.param("Immediate", {}, [Call(20, (2, None))], ["n: the packet at 10 waits"], id="S13: all of them"),
        pytest.param("Immediate", {}, [Call(10, (2, None))], ["n: the packet at 10 waits"], id="S13: at its time"),
        pytest.param("SyncSet", {"sets": [[0]]}, [Call(20, (2, None)), Call(10, (None, 1))], [], id="S14: sets"),
        pytest.param("SyncSet", {"sets": [[0]]}, [], ["n: the packet at 20 of set [0] waits"], id="S14: nothing"),
    ],
)
def test_free_nodes(policy: str, options: dict[str, Any], made: list[Call], left: list[str]) -> None:
    graph = two_inputs(policy, **options)
    graph.nodes[0].does, graph.nodes[0].offset = ("ticks", {}), None
    model = run(graph, ("push", "a", 20, 2), ("push", "b", 10, 1), made={"n": made})
    assert model.rest() == left


def test_a_loop_gives_what_it_had_before() -> None:
    """S20."""
    graph = Graph(
        ["a"],
        [
            Node("p", ("previous", {}), ["a", "back"], ["before"], back_edges=(1,), offset=None),
            Node("n", ("sum", {}), ["a", "before"], ["back"]),
        ],
    )
    model = run(graph, ("push", "a", 10, 1), ("push", "a", 20, 2), ("bound", "a", 31))
    (_, first), _ = model.streams["back"].packets
    assert calls(model, "n") == [(10, (1, None)), (20, (2, first))]
    assert model.streams["before"].settled == 30
    model.close("a")
    assert model.streams["back"].settled == CLOSED


@pytest.mark.parametrize("seed", range(150))
def test_the_order_in_which_nodes_are_looked_at_changes_nothing(seed: int) -> None:
    """S12: as long as the rules leave no choice."""
    program = random_program(random.Random(seed))
    if any(node.free for node in program.graph.nodes) or program.graph.may_stop_sources:
        return
    found = []
    for dice in range(3):
        model = Interpreter(program.graph, {}, random.Random(dice))
        model.open()
        for action in (action for epoch in program.epochs for action in epoch if action[0] in ("push", "bound")):
            getattr(model, action[0])(*action[1:])
        found.append({name: (stream.packets, stream.settled) for name, stream in model.streams.items()})
    assert found[0] == found[1] == found[2]
