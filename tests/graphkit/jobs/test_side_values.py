from __future__ import annotations

from pathlib import Path

import pytest

from graphkit import CalculatorGraph
from graphkit.errors import MisuseError, SidePacketError, UsageError
from graphkit.formats import NormalizedRect
from graphkit.framework._importing import import_calculators
from graphkit.jobs import convert_pairs, split_pairs, typed_value

SCALE = (
    'input_stream: "x" output_stream: "y" input_side_packet: "FACTOR:factor" '
    'node { calculator: "SampleScale" input_stream: "x" input_side_packet: "FACTOR:factor" output_stream: "y" }'
)
MADE = (
    'node { calculator: "ConstantSidePacketCalculator" output_side_packet: "PACKET:made" '
    "options { [mediapipe.ConstantSidePacketCalculatorOptions.ext] { packet { int_value: 2 } } } }"
)


@pytest.fixture(scope="module")
def plan():
    import_calculators([str(Path(__file__).with_name("sample_calculators.py"))])
    return CalculatorGraph(SCALE + MADE).plan


def test_pairs_are_split_at_commas_and_the_first_equals_sign() -> None:
    assert split_pairs("a=1,b=x=y,c=") == {"a": "1", "b": "x=y", "c": ""}
    assert split_pairs("") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a", '"a" is not name=value', id="no value"),
        pytest.param("=1", '"=1" is not name=value', id="no name"),
        pytest.param("a=1,a=2", '"a" is given twice', id="twice"),
    ],
)
def test_bad_pairs(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        split_pairs(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("n=int:2", 2, id="int"),
        pytest.param("n=float:0.5", 0.5, id="float"),
        pytest.param("n=bool:yes", True, id="bool"),
        pytest.param("n=bool:False", False, id="bool in capitals"),
        pytest.param("n=string:a:b,c", "a:b,c", id="string with separators"),
        pytest.param("n=std::string:x", "x", id="C++ name"),
        pytest.param("n=str:", "", id="empty string"),
        pytest.param("n=bytes:ab", b"ab", id="bytes"),
        pytest.param("n=std::vector<int>:[1, 2]", [1, 2], id="vector"),
        pytest.param(
            'n=NormalizedRect:{"xCenter": 0.5, "yCenter": 0.5, "width": 1, "height": 1}',
            NormalizedRect(0.5, 0.5, 1.0, 1.0),
            id="message",
        ),
    ],
)
def test_typed_value(text: str, expected: object) -> None:
    name, value = typed_value(text)
    assert name == "n"
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("n", "is not NAME=TYPE:VALUE", id="name only"),
        pytest.param("n=2", "is not NAME=TYPE:VALUE", id="no type"),
        pytest.param("n=std::string", "is not NAME=TYPE:VALUE", id="no value"),
        pytest.param("n=flot:2", r"no payload type is called .flot.\. Did you mean 'float'", id="unknown type"),
        pytest.param("n=int:2.5", 'must be int; "2.5" is not: expected a whole number', id="no int"),
        pytest.param("n=float:x", 'must be float; "x" is not: expected a number', id="no float"),
        pytest.param("n=bool:2", 'must be bool; "2" is not: expected true or false', id="no bool"),
        pytest.param("n=NormalizedRect:{", "expected JSON", id="no JSON"),
        pytest.param("n=NormalizedRect:[1]", "expected a JSON object", id="other JSON"),
    ],
)
def test_bad_typed_value(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        typed_value(text)


def test_values_are_converted_to_the_resolved_types(plan) -> None:
    assert convert_pairs(plan, {"factor": "2"}) == {"factor": 2.0}
    assert type(convert_pairs(plan, {"factor": "2"})["factor"]) is float


@pytest.mark.parametrize(
    ("pairs", "error", "message"),
    [
        pytest.param({"factr": "2"}, SidePacketError, 'no input side packet "factr"', id="unknown"),
        pytest.param({"factor": "two"}, UsageError, '"factor" must be float; "two" is not', id="wrong type"),
        pytest.param({"made": "3"}, SidePacketError, "is made by node", id="made by a node"),
    ],
)
def test_pairs_that_do_not_fit_the_graph(
    plan, pairs: dict[str, str], error: type[MisuseError], message: str
) -> None:
    with pytest.raises(error, match=message):
        convert_pairs(plan, pairs)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a=NormalizedRect:" + "[" * 100_000, id="deep JSON"),
        pytest.param("a=" + "std::vector<" * 2000 + "int" + ">" * 2000 + ":1", id="deep type"),
        pytest.param("a=int:" + "9" * 5000, id="digits"),
        pytest.param("a=" + "x" * 100_000 + ":1", id="long type"),
    ],
)
def test_odd_values_are_short_errors(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        typed_value(text)
    assert len(str(caught.value)) < 1000
