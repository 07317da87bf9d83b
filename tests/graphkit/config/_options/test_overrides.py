"""``NODE.FIELD=VALUE``: options set from outside."""

from __future__ import annotations

import pytest

from graphkit import config
from graphkit.errors import GraphValidationError, Location

TEXT = """input_stream: "a"
node { name: "first" calculator: "CfgPass" input_stream: "a" output_stream: "b"
       options { [cfgtest.CfgOptions.ext] { count: 5 strides: [1, 2] window { low: 1 } } } }
node { name: "first.b" calculator: "CfgPass" input_stream: "b" output_stream: "c" }
node { calculator: "CfgFunction" input_stream: "c" output_stream: "d" }
"""


def options(override: str, node: int = 0):
    (found,) = config.load(TEXT, overrides=[override]).nodes[node].options.values()
    return found


@pytest.mark.parametrize(
    ("override", "field", "expected"),
    [
        pytest.param("first.count=8", "count", 8, id="int"),
        pytest.param("first.count= 0x10 ", "count", 16, id="hex"),
        pytest.param("first.ratio=1e-2", "ratio", 0.01, id="double"),
        pytest.param("first.enabled=true", "enabled", True, id="bool"),
        pytest.param("first.label=plain text", "label", "plain text", id="text"),
        pytest.param("first.label=a=b", "label", "a=b", id="equals sign"),
        pytest.param("first.label='quoted'", "label", "quoted", id="quoted"),
        pytest.param(r'first.label=C:\x "y"', "label", r'C:\x "y"', id="backslash and quotes"),
        pytest.param("first.mode=BEST", "mode", 4, id="enum"),
        pytest.param("first.strides=[3]", "strides", [3], id="list"),
        pytest.param("first.strides=7", "strides", [7], id="one item"),
        pytest.param("first.names=x", "names", ["x"], id="one text"),
        pytest.param("first.names=['x', 'y']", "names", ["x", "y"], id="texts"),
    ],
)
def test_values(override, field, expected):
    found = options(override)
    assert getattr(found, field) == expected
    assert found.count == (expected if field == "count" else 5)


def test_fields_of_nested_messages():
    assert options("first.window.high=2").window.high == 2.0
    assert options("first.window.high=2").window.low == 1.0
    assert options("first.window={ low: 4 }").window.low == 4.0


def test_a_node_without_options_gets_them():
    assert options("first.b.count=3", node=1).count == 3
    assert options("CfgFunction.strength=9", node=2).strength == 9.0


def test_later_overrides_win():
    (found,) = (
        config.load(TEXT, overrides=["first.count=1", "first.label=x", "first.count=2"]).nodes[0].options.values()
    )
    assert (found.count, found.label) == (2, "x")


def test_nodes_of_subgraphs_have_their_expanded_names(folder):
    folder(
        "sub.pbtxt",
        'type: "OverSub" input_stream: "i" node { calculator: "CfgPass" input_stream: "i" output_stream: "o" }',
    )
    main = folder("main.pbtxt", 'input_stream: "a" node { calculator: "OverSub" input_stream: "a" }')
    (found,) = config.load(main, overrides=["oversub__CfgPass.count=2"]).nodes[0].options.values()
    assert found.count == 2


_NO_FIELD = "write NODE.FIELD=VALUE; side packets are given apart: side_packets"


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        pytest.param("first", _NO_FIELD, id="nothing"),
        pytest.param("first=3", _NO_FIELD, id="no field"),
        pytest.param(
            "frist.count=3",
            "the expanded graph has no node \"frist\". Did you mean 'first' or 'first.b'?",
            id="node",
        ),
        pytest.param(
            "zzz.count=3",
            'the expanded graph has no node "zzz".',
            id="node, nothing close",
        ),
        pytest.param(
            "first.cuont=3", 'node "first" (CfgPass) has no option "cuont". Did you mean \'count\'?', id="field"
        ),
        pytest.param(
            "CfgFunction.x=3",
            'node "CfgFunction" has no option "x". Its options: strength.',
            id="field, nothing close",
        ),
        pytest.param(
            "first.window.hihg=3",
            "cfgtest.CfgOptions.Range has no field \"hihg\". Did you mean 'high'?",
            id="nested field",
        ),
        pytest.param("first.count.x=3", '"count" is no message: nothing lies below it', id="below a value"),
        pytest.param("first.count=many", 'field "count": many is not a whole number', id="value"),
        pytest.param(
            "first.mode=BST", "field \"mode\": BST is not one of OFF, FAST, BEST. Did you mean 'BEST'?", id="enum"
        ),
        pytest.param("first.count=", 'found the end of the text, expected a value of field "count".', id="empty"),
        pytest.param("first.count=3 label: 'x'", "\"3 label: 'x'\" is more than one value", id="two values"),
    ],
)
def test_fault(override, expected):
    with pytest.raises(GraphValidationError) as caught:
        config.load(TEXT, overrides=[override])
    assert str(caught.value) == f"overrides {override}: {expected}"
    assert caught.value.faults[0].location == Location(override, parameter="overrides")
