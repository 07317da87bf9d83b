"""Calculators from plain functions."""

from __future__ import annotations

from typing import Any

import pytest

from graphkit import calculator
from graphkit.errors import CalculatorError, ContractError, GraphValidationError
from graphkit.framework import PacketType
from graphkit.framework._functional import calculator_from_function
from graphkit.testing import CalculatorRunner


@calculator("FuncScale")
def scale(number: int, *, factor: int = 2) -> int:
    """Multiply."""
    return number * factor


@calculator("FuncAdd")
def add(left: int, right: int | None) -> int:
    """Add what is there."""
    return left + (right or 0)


@calculator("FuncSplit")
def split(number: int) -> tuple[int, str | None]:
    """Return two things."""
    return number, str(number) if number % 2 else None


@calculator("FuncPositive")
def positive(number: int) -> int | None:
    """Let positive numbers pass."""
    return number if number > 0 else None


@calculator("FuncSink")
def sink(number: int) -> None:
    """Take a number."""


@calculator("FuncLiar")
def liar(number: int) -> tuple[int, int]:
    """Promise two, return what the test wants."""
    return {0: 5, 1: (1,), 2: (1, 2)}[number]  # type: ignore[return-value]


@calculator("FuncChatty")
def chatty(number: int) -> None:
    """Promise nothing, return something."""
    return number  # type: ignore[return-value]


def run(node: str, **inputs: list[tuple[Any, int]]) -> CalculatorRunner:
    runner = CalculatorRunner(node)
    for key, packets in inputs.items():
        for payload, timestamp in packets:
            runner.add(int(key[1:]) if key[0] == "i" else key, payload, timestamp)
    return runner.run()


def values(runner: CalculatorRunner, key: Any) -> list[tuple[Any, int]]:
    return [(packet.payload, int(packet.timestamp)) for packet in runner.outputs[key]]


def test_a_function_by_position() -> None:
    runner = run('calculator: "FuncScale" input_stream: "a" output_stream: "b"', i0=[(4, 1), (5, 2)])
    assert values(runner, 0) == [(8, 1), (10, 2)]


def test_a_function_by_parameter_name_and_any_output_tag() -> None:
    runner = run('calculator: "FuncScale" input_stream: "NUMBER:a" output_stream: "X:b"', NUMBER=[(4, 1)])
    assert values(runner, "X") == [(8, 1)]


def test_keyword_only_parameters_are_options() -> None:
    node = """
        calculator: "FuncScale" input_stream: "a" output_stream: "b"
        node_options { [type.googleapis.com/graphkit.FuncScaleOptions] { factor: 10 } }
    """
    assert values(run(node, i0=[(4, 1)]), 0) == [(40, 1)]


def test_a_parameter_that_may_be_missing() -> None:
    node = 'calculator: "FuncAdd" input_stream: "a" input_stream: "b" output_stream: "c"'
    assert values(run(node, i0=[(1, 10), (2, 20)], i1=[(5, 20), (6, 30)]), 0) == [(1, 10), (7, 20)]
    assert values(run('calculator: "FuncAdd" input_stream: "a" output_stream: "c"', i0=[(1, 10)]), 0) == [(1, 10)]


def test_none_emits_nothing_but_time_goes_on() -> None:
    runner = run('calculator: "FuncPositive" input_stream: "a" output_stream: "b"', i0=[(-1, 10), (3, 20)])
    assert values(runner, 0) == [(3, 20)]
    assert runner.output_bounds[0] == 21


def test_a_tuple_is_several_outputs() -> None:
    node = 'calculator: "FuncSplit" input_stream: "a" output_stream: "b" output_stream: "c"'
    runner = run(node, i0=[(1, 10), (2, 20)])
    assert values(runner, 0) == [(1, 10), (2, 20)]
    assert values(runner, 1) == [("1", 10)]


def test_outputs_may_be_left_out() -> None:
    runner = run('calculator: "FuncSplit" input_stream: "a" output_stream: "b"', i0=[(1, 10)])
    assert values(runner, 0) == [(1, 10)]


def test_a_function_without_result() -> None:
    run('calculator: "FuncSink" input_stream: "a"', i0=[(1, 10)])


@pytest.mark.parametrize(
    ("node", "number", "message"),
    [
        pytest.param(
            'calculator: "FuncLiar" input_stream: "a" output_stream: "b" output_stream: "c"',
            0,
            "FuncLiar returned int, but its annotation promises a tuple of 2",
            id="no tuple",
        ),
        pytest.param(
            'calculator: "FuncLiar" input_stream: "a" output_stream: "b" output_stream: "c"',
            1,
            "FuncLiar returned a tuple of 1, but its annotation promises a tuple of 2",
            id="short tuple",
        ),
        pytest.param(
            'calculator: "FuncChatty" input_stream: "a"',
            0,
            "FuncChatty returned int, but its annotation promises None",
            id="something for nothing",
        ),
    ],
)
def test_results_that_break_the_promise(node: str, number: int, message: str) -> None:
    with pytest.raises(CalculatorError) as caught:
        run(node, i0=[(number, 10)])
    assert str(caught.value.cause) == message


def test_a_required_input_that_is_not_connected() -> None:
    with pytest.raises((CalculatorError, GraphValidationError), match='input "left" of FuncAdd is not connected'):
        run('calculator: "FuncAdd" input_stream: "RIGHT:a" output_stream: "b"')


def test_ports_of_a_function() -> None:
    made = calculator_from_function("Made", listed)
    assert made.parameters == (("number", PacketType.of(int), True), ("label", PacketType.of(str), False))
    assert made.results == (PacketType.of(list[int]),)
    assert made.__doc__ == "List numbers."
    assert made.__name__ == "Made"


def listed(number: int, label: str | None) -> list[int]:
    """List numbers."""
    return [number]


def no_return(a: int):  # type: ignore[no-untyped-def]
    """Has no return annotation."""


def no_annotation(a) -> int:  # type: ignore[no-untyped-def]
    """Has a parameter without annotation."""
    return 1


def star(*numbers: int) -> int:
    """Takes any number of streams."""
    return 1


def double_star(a: int, **numbers: int) -> int:
    """Takes any option."""
    return 1


def no_default(a: int, *, size: int) -> int:
    """Has an option without a default."""
    return a


def no_streams() -> int:
    """Would be an endless source."""
    return 1


def bad_option(a: int, *, size: complex = 1j) -> int:
    """Has an option that no message can hold."""
    return a


@pytest.mark.parametrize(
    ("function", "message"),
    [
        pytest.param(
            no_return, "X(a: 'int'): annotate the return type, it is the type of the output stream", id="return"
        ),
        pytest.param(
            no_annotation, "X(a) -> 'int': annotate a, it is the type of an input stream", id="parameter"
        ),
        pytest.param(
            star, "X(*numbers: 'int') -> 'int': *numbers: 'int' cannot be a stream; name each one", id="star"
        ),
        pytest.param(
            double_star,
            "X(a: 'int', **numbers: 'int') -> 'int': **numbers: 'int' cannot be a stream; name each one",
            id="double star",
        ),
        pytest.param(no_default, "X: option size needs a type and a default", id="no default"),
        pytest.param(
            no_streams,
            "X() -> 'int': a function without stream parameters would be a source that never ends; write a "
            "Calculator class whose process() returns Status.STOP at the end",
            id="no streams",
        ),
        pytest.param(bad_option, "XOptions.size: <class 'complex'> cannot be an option", id="option type"),
    ],
)
def test_functions_that_cannot_be_calculators(function: Any, message: str) -> None:
    with pytest.raises(ContractError) as caught:
        calculator_from_function("X", function)
    assert str(caught.value).startswith(message)
