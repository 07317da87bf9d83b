"""Options classes and the messages they stand for."""

from __future__ import annotations

import copy
import enum
import itertools
import pickle
from typing import Any

import pytest
from google.protobuf import text_format

from graphkit import config, option, options, schema
from graphkit.config._options.descriptors import ensure_registered, split_name
from graphkit.config._options.messages import to_instance, to_message
from graphkit.errors import ContractError
from graphkit.framework._options import declared_options


class Fit(enum.IntEnum):
    NONE = 0
    FULL = 1


class Border(enum.IntEnum):
    NONE = 0
    ZERO = 1
    BLACK = 1


def options_class(name: str = "cfgtest.CfgOptions"):
    return declared_options()[name][0]


def read(body: str):
    plan = config.load(f"""input_stream: "a"
        node {{ calculator: "CfgPass" input_stream: "a" output_stream: "b"
               options {{ [cfgtest.CfgOptions.ext] {{ {body} }} }} }}""")
    (instance,) = plan.nodes[0].options.values()
    return instance


def test_fields_that_are_not_set_have_their_defaults():
    found = read("")
    assert (found.count, found.ratio, found.label, found.enabled, found.mode.name) == (
        7,
        0.5,
        "none",
        None,
        "FAST",
    )
    assert (found.window, found.windows, found.strides, found.data, found.color) == (None, [], [], b"", None)


@pytest.mark.parametrize(
    ("body", "field", "expected"),
    [
        pytest.param("count: 0", "count", 0, id="set to the protobuf default"),
        pytest.param("ratio: 2", "ratio", 2.0, id="double"),
        pytest.param("enabled: false", "enabled", False, id="bool"),
        pytest.param('label: ""', "label", "", id="string"),
        pytest.param(r'data: "\001"', "data", b"\x01", id="bytes"),
        pytest.param("strides: [8, 16]", "strides", [8, 16], id="list"),
        pytest.param('names: "a" names: "b"', "names", ["a", "b"], id="list of strings"),
        pytest.param("big: 18446744073709551615", "big", 2**64 - 1, id="uint64"),
    ],
)
def test_values(body, field, expected):
    value = getattr(read(body), field)
    assert value == expected
    assert isinstance(value, type(expected))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda values: values.append(3), id="append"),
        pytest.param(lambda values: values.extend([3]), id="extend"),
        pytest.param(lambda values: values.sort(), id="sort"),
        pytest.param(lambda values: values.__setitem__(0, 3), id="item"),
        pytest.param(lambda values: values.__iadd__([3]), id="+="),
    ],
)
def test_a_list_that_all_runs_share_cannot_be_changed(change):
    values = read("strides: [8, 16]").strides
    with pytest.raises(
        ContractError, match=r"^options belong to the graph, and all its runs share them: change a"
    ):
        change(values)
    assert values == [8, 16]
    assert type(copy.copy(values)) is type(pickle.loads(pickle.dumps(values))) is list


def test_enums_are_members_nested_options_are_instances_schema_messages_are_messages():
    found = read("mode: BEST modes: [OFF, 4] window { high: 2 } windows {} windows { low: 1 } color { r: 3 }")
    assert isinstance(found.mode, enum.IntEnum)
    assert [m.name for m in (found.mode, *found.modes)] == ["BEST", "OFF", "BEST"]
    window = options_class("cfgtest.CfgOptions.Range")
    assert found.window == window(low=0.0, high=2.0)
    assert found.windows == [window(low=0.0, high=None), window(low=1.0, high=None)]
    assert found.color == schema.message_class("mediapipe.Color")(r=3)


def test_lists_are_not_shared():
    first, second = read(""), read("")
    first.strides.append(1)
    assert second.strides == []


def test_both_notations_are_merged_and_node_options_win():
    plan = config.load("""input_stream: "a"
        node { calculator: "CfgPass" input_stream: "a" output_stream: "b"
               options { [cfgtest.CfgOptions.ext] { count: 1 label: "x" } }
               node_options { [type.googleapis.com/cfgtest.CfgOptions] { count: 2 } } }""")
    (instance,) = plan.nodes[0].options.values()
    assert (instance.count, instance.label) == (2, "x")


def test_contract_and_plan_see_the_same_options():
    plan = config.load("""input_stream: "a"
        node { calculator: "CfgPass" input_stream: "a" output_stream: "b" }""")
    cls = options_class()
    assert plan.nodes[0].contract.options(cls) == cls()


def test_keyword_parameters_of_a_function_are_options():
    plan = config.load("""input_stream: "a"
        node { calculator: "CfgFunction" input_stream: "a" output_stream: "b"
               node_options { [type.googleapis.com/functions.CfgFunctionOptions] { strength: 2.5 } } }""")
    assert [o.strength for o in plan.nodes[0].options.values()] == [2.5]


def test_instances_become_messages_and_come_back():
    cls, window = options_class(), options_class("cfgtest.CfgOptions.Range")
    color = schema.message_class("mediapipe.Color")(g=5)
    instance = cls(count=3, mode=cls().mode, windows=[window(low=1.0)], strides=[2], color=color, enabled=False)
    message = to_message(instance)
    assert {field.name for field, _ in message.ListFields()} == {"count", "windows", "strides", "color", "enabled"}
    assert to_instance(cls, message) == instance


# --- descriptors ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("mediapipe.XOptions", ("mediapipe", ["XOptions"]), id="plain"),
        pytest.param("a.b.X.Inner", ("a.b", ["X", "Inner"]), id="nested"),
        pytest.param("X", ("", ["X"]), id="no package"),
        pytest.param("a.lower", ("a", ["lower"]), id="lower case message"),
    ],
)
def test_split_name(name, expected):
    assert split_name(name) == expected


def test_two_classes_with_the_same_fields_share_a_message():
    @options("cfgtest.Shared")
    class First:
        a: int = option(1)

    @options("cfgtest.Shared")
    class Second:
        a: int = option(1, default=3)

    ensure_registered(First)
    ensure_registered(Second)
    message = schema.message_class("cfgtest.Shared")()
    assert (to_instance(First, message).a, to_instance(Second, message).a) == (None, 3)


def test_two_classes_with_other_fields():
    @options("cfgtest.Clash")
    class First:
        a: int = option(1)

    @options("cfgtest.Clash")
    class Second:
        a: list[float] = option(1)

    ensure_registered(First)
    with pytest.raises(ContractError) as caught:
        ensure_registered(Second)
    assert str(caught.value).partition("Second ")[2] == (
        'declares "cfgtest.Clash" with field 1 = repeated float a, but the message is already known with int32 a. '
        "Declare the same fields, or give it another name."
    )


def test_unknown_schema_message():
    @options("cfgtest.Lost")
    class Lost:
        box: Any = option(1, "mediapipe.NoSuchThing")

    with pytest.raises(
        ContractError, match=r'option "box": there is no message "mediapipe.NoSuchThing" in the schema'
    ):
        ensure_registered(Lost)


def test_taken_extension_number():
    @options("cfgtest.Taker", extension=510000001)
    class Taker:
        a: int = option(1)

    ensure_registered(options_class())
    with pytest.raises(ContractError, match=r'Taker takes extension number 510000001 .*"cfgtest.CfgOptions" has'):
        ensure_registered(Taker)


def test_a_message_inside_one_of_the_schema():
    @options("mediapipe.Color.Extra")
    class Extra:
        a: int = option(1)

    with pytest.raises(ContractError, match=r"Extra do not make a protobuf message: .*mediapipe\.Color"):
        ensure_registered(Extra)


def test_enums_of_one_class_may_share_value_names():
    @options("cfgtest.TwoEnums")
    class TwoEnums:
        fit: Fit = option(1, default=Fit.NONE)
        border: Border = option(2, default=Border.NONE)

    instance = TwoEnums(fit=Fit.FULL, border=Border.BLACK)
    assert to_instance(TwoEnums, to_message(instance)) == instance


def test_message_of_another_family_may_be_a_field():
    @options("cfgtest.Borrower")
    class Borrower:
        window: Any = option(1, "cfgtest.CfgOptions.Range")

    ensure_registered(options_class())
    ensure_registered(Borrower)
    message = schema.message_class("cfgtest.Borrower")()
    message.window.high = 2.0
    assert to_instance(Borrower, message).window.high == 2.0


def declared(namespace: str, text: str) -> type[Any]:
    """Run a definition of options, as a cell of a notebook does, perhaps again; return the class Last."""
    scope: dict[str, Any] = {"enum": enum, "option": option, "options": options, "Any": Any, "__name__": namespace}
    exec(compile(text, "<cell>", "exec", dont_inherit=True), scope)
    found: type[Any] = scope["Last"]
    return found


NUMBERS = itertools.count(510003000)
MODE = """
class Mode(enum.IntEnum):
    A = 0
    B = 1

@options("cfgagain.{0}", extension={1})
class Last:
    mode: Mode = option(1)
"""
NESTED = """
@options("cfgagain.{0}.Inner")
class Inner:
    a: int = option(1)

@options("cfgagain.{0}")
class Last:
    inner: Inner = option(1)
"""
FIELD = """
@options("cfgagain.{0}Field")
class Field:
    a: int = option(1)

@options("cfgagain.{0}")
class Last:
    field: Field = option(1)
"""
OUTER = """
@options("cfgagain.AgainLater")
class Last:
    inner: int = option(1)
"""
INNER = """
@options("cfgagain.AgainLater.Inner")
class Last:
    a: int = option(1)
"""


@pytest.mark.parametrize(
    ("first", "again", "value"),
    [
        pytest.param(MODE, MODE.replace("B = 1", "B = 1\n    C = 2"), "mode: C", id="a value more"),
        pytest.param(MODE, MODE.replace("B = 1", "B = 5"), "mode: B", id="a value of another number"),
        pytest.param(MODE, MODE.replace("B = 1", "BETA = 1"), "mode: BETA", id="a value of another name"),
        pytest.param(NESTED, NESTED.replace("a: int", "b: int"), "inner { b: 1 }", id="a message inside"),
        pytest.param(FIELD, FIELD.replace("a: int", "b: int"), "field { b: 1 }", id="a message of its own"),
        pytest.param(
            NESTED.replace("inner: Inner", "inner: int"), NESTED, "inner { a: 1 }", id="a field of another type"
        ),
    ],
)
def test_a_definition_that_runs_again_with_changes_takes_the_place_of_the_first(first, again, value):
    number = next(NUMBERS)
    name = f"Again{number}"
    ensure_registered(declared("cfgagain_cell", first.format(name, number)))
    cls = declared("cfgagain_cell", again.format(name, number))
    ensure_registered(cls)
    message = schema.message_class(f"cfgagain.{name}")()
    text_format.Parse(value, message)
    assert to_message(to_instance(cls, message)) == message


def test_an_extension_that_runs_again_with_another_number():
    ensure_registered(declared("cfgagain_cell", MODE.format("AgainNumber", 510003998)))
    ensure_registered(declared("cfgagain_cell", MODE.format("AgainNumber", 510003999)))
    assert schema.extension("cfgagain.AgainNumber.ext").number == 510003999


def test_a_message_inside_of_one_that_is_known_may_come_later():
    ensure_registered(declared("cfgagain_cell", OUTER))
    ensure_registered(declared("cfgagain_other", INNER))
    assert schema.message_class("cfgagain.AgainLater")(inner=3).inner == 3
    assert schema.message_class("cfgagain.AgainLater.Inner")(a=3).a == 3
