"""Calculators from plain functions."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from graphkit import Calculator, calculator
from graphkit.errors import CalculatorError, ContractError, GraphValidationError
from graphkit.framework import PacketType, find_calculator
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


@calculator("FuncTagged")
def tagged(number: Annotated[int, "IN"]) -> tuple[Annotated[float, "HALF"], Annotated[int, "DOUBLE"]]:
    """Return two things that have names."""
    return number / 2, number * 2


@calculator("FuncHeavy", blocking=True, pure=True, timestamp_offset=None)
def heavy(number: int) -> int:
    """Take long."""
    return number


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


def test_a_function_by_parameter_name() -> None:
    runner = run('calculator: "FuncScale" input_stream: "NUMBER:a" output_stream: "b"', NUMBER=[(4, 1)])
    assert values(runner, 0) == [(8, 1)]


def test_annotations_that_give_tags() -> None:
    node = """
        calculator: "FuncTagged" input_stream: "IN:a" output_stream: "HALF:b" output_stream: "DOUBLE:c"
    """
    runner = run(node, IN=[(4, 1)])
    assert values(runner, "HALF") == [(2.0, 1)]
    assert values(runner, "DOUBLE") == [(8, 1)]
    runner = run('calculator: "FuncTagged" input_stream: "a" output_stream: "DOUBLE:c"', i0=[(4, 1)])
    assert values(runner, "DOUBLE") == [(8, 1)]


def test_traits_of_a_function_are_those_of_its_class() -> None:
    cls = find_calculator("FuncHeavy")
    assert (cls.blocking, cls.pure, cls.timestamp_offset) == (True, True, None)
    assert values(run('calculator: "FuncHeavy" input_stream: "a" output_stream: "b"', i0=[(4, 1)]), 0) == [(4, 1)]


@pytest.mark.parametrize(
    ("how", "decorated", "message"),
    [
        pytest.param(
            {"pure": True},
            type("Classy", (Calculator,), {}),
            "FuncRefused is a class: write `pure = True` in its body; @calculator takes it for functions",
            id="a class",
        ),
        pytest.param(
            {"parallel": 3}, sink, "@calculator has no parallel; it takes blocking, pure, ", id="unknown"
        ),
        pytest.param({}, 3, "@calculator decorates a Calculator subclass or a function, not 3", id="neither"),
    ],
)
def test_traits_that_are_refused(how: dict[str, Any], decorated: Any, message: str) -> None:
    with pytest.raises(ContractError) as caught:
        calculator("FuncRefused", **how)(decorated)  # type: ignore[arg-type]
    assert str(caught.value).startswith(message)


def test_keyword_only_parameters_are_options() -> None:
    node = """
        calculator: "FuncScale" input_stream: "a" output_stream: "b"
        node_options { [type.googleapis.com/functions.FuncScaleOptions] { factor: 10 } }
    """
    assert values(run(node, i0=[(4, 1)]), 0) == [(40, 1)]


def test_a_parameter_that_may_be_missing() -> None:
    node = 'calculator: "FuncAdd" input_stream: "a" input_stream: "b" output_stream: "c"'
    assert values(run(node, i0=[(1, 10), (2, 20)], i1=[(5, 20), (6, 30)]), 0) == [(1, 10), (7, 20)]
    assert values(run('calculator: "FuncAdd" input_stream: "a" output_stream: "c"', i0=[(1, 10)]), 0) == [(1, 10)]


def test_a_parameter_whose_default_is_none_may_be_missing() -> None:
    assert values(run('calculator: "FuncNone" input_stream: "a" output_stream: "c"', i0=[(1, 10)]), 0) == [(1, 10)]


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


@pytest.mark.parametrize(
    ("node", "message"),
    [
        pytest.param(
            'calculator: "FuncAdd" input_stream: "RIGHT:a" output_stream: "b"',
            'it needs input stream 0 without a tag, or LEFT: "left" (int)',
            id="a required input is left out",
        ),
        pytest.param(
            'calculator: "FuncAdd" input_stream: "a" input_stream: "LEFT:b" output_stream: "c"',
            'its parameter "left" is given twice: as stream 0 without a tag, and by tag LEFT',
            id="given twice",
        ),
        pytest.param(
            'calculator: "FuncScale" input_stream: "a" output_stream: "TWICE:b"',
            'output stream with tag "TWICE" is not known to the calculator; it takes 1 without a tag. A function '
            'names an output in its annotation: -> Annotated[..., "TWICE"].',
            id="a tag that is made up",
        ),
    ],
)
def test_nodes_that_do_not_fit_their_function(node: str, message: str) -> None:
    with pytest.raises(GraphValidationError) as caught:
        run(node)
    assert message in str(caught.value)
    assert str(caught.value).startswith("<CalculatorRunner>:") or "<text>" in str(caught.value)


def test_ports_of_a_function() -> None:
    made = calculator_from_function("Made", listed)
    assert made.function_inputs == (
        ("number", "NUMBER", PacketType.of(int), True),
        ("label", "LABEL", PacketType.of(str), False),
    )
    assert made.function_outputs == (("", PacketType.of(list[int])),)
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


def default(a: int, gamma: float = 2.2) -> int:
    """Would make a stream of what is meant as an option."""
    return a


@calculator("FuncNone")
def none_default(a: int, b: int | None = None) -> int:  # type: ignore[assignment]
    """Has a stream that may be missing, and does not say so."""
    return a


def no_type(a: 3) -> int:  # type: ignore[valid-type]
    """Has an annotation that is no type."""
    return 1


def unknown_name(a: Nowhere) -> int:  # type: ignore[name-defined]  # noqa: F821
    """Has an annotation that means nothing."""
    return 1


def wrong_default(a: int, *, size: int = "a") -> int:  # type: ignore[assignment]
    """Has an option whose default is of another type."""
    return a


def list_default(a: int, *, sizes: list[int] = [1]) -> int:  # noqa: B006
    """Has an option that is a list and does not start empty."""
    return a


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
        pytest.param(
            default,
            "X(a: 'int', gamma: 'float' = 2.2) -> 'int': gamma has a default, which a stream cannot have. "
            "Put `*` before it and it is an option (`*, gamma: 'float' = 2.2`); a stream that may be missing is "
            "`gamma: X | None`",
            id="default",
        ),
        pytest.param(no_type, "X(a: '3') -> 'int': a: 3 is no type of packets. Write a class", id="no type"),
        pytest.param(unknown_name, "X: its annotations cannot be read: name 'Nowhere'", id="unknown name"),
        pytest.param(wrong_default, "XOptions.size: its default 'a' is no int. Give one", id="wrong default"),
        pytest.param(list_default, "X: option sizes is a list, which starts empty", id="default of a list"),
    ],
)
def test_functions_that_cannot_be_calculators(function: Any, message: str) -> None:
    with pytest.raises(ContractError) as caught:
        calculator_from_function("X", function)
    assert str(caught.value).startswith(message)
    assert str(caught.value).endswith(f"(at {__file__}:{function.__code__.co_firstlineno})")
