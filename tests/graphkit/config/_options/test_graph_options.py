"""``option_value``: options that a graph hands to its nodes."""

from __future__ import annotations

import pytest

from graphkit import config
from graphkit.errors import GraphValidationError
from graphkit.framework._options import declared_options
from graphkit.gpu import GlContextOptions

SUB = """
type: "Optioned"
input_stream: "i"
output_stream: "o"
graph_options { [type.googleapis.com/cfgtest.CfgGraphOptions] {
  count: 11 label: "graph" strides: [1, 2] window { low: 3 } } }
node { calculator: "CfgPass" input_stream: "i" output_stream: "o"
  options { [cfgtest.CfgOptions.ext] { count: 1 label: "node" strides: 9 window { high: 4 } } }
  %s
}
"""
ANY = "node_options {{ [type.googleapis.com/cfgtest.CfgGraphOptions] {{ {} }} }}"


def loaded(folder, values, caller=""):
    folder("sub.pbtxt", SUB % " ".join(f'option_value: "{v}"' for v in values))
    main = folder("main.pbtxt", f'input_stream: "a" node {{ calculator: "Optioned" input_stream: "a" {caller} }}')
    (options,) = config.load(main).nodes[0].options.values()
    return options


def test_fields_are_copied(folder):
    found = loaded(folder, ["count:options/count", "label:label", "strides:options/strides"])
    assert (found.count, found.label, found.strides) == (11, "graph", [1, 2])


def test_messages_are_merged(folder):
    found = loaded(folder, ["window:options/window"])
    assert (found.window.low, found.window.high) == (3.0, 4.0)


def test_nested_fields_and_list_items(folder):
    found = loaded(folder, ["window/high:options/window/low", "count:options/strides/1"])
    assert (found.window.high, found.count) == (3.0, 2)


def test_the_caller_overrides_field_by_field(folder):
    found = loaded(folder, ["count:options/count", "label:options/label"], ANY.format("count: 5"))
    assert (found.count, found.label) == (5, "graph")


def test_the_caller_may_use_the_extension_too(folder):
    found = loaded(folder, ["count:options/count"], "options { [cfgtest.CfgGraphOptions.ext] { count: 6 } }")
    assert found.count == 6


def test_a_field_that_nobody_sets_leaves_the_node_alone(folder):
    assert loaded(folder, ["count:options/inner/count"]).count == 1


def test_whole_options_go_down_several_levels(folder):
    folder(
        "inner.pbtxt",
        SUB.replace('"Optioned"', '"Innermost"')
        % 'option_value: "count:options/count" option_value: "label:label"',
    )
    folder(
        "sub.pbtxt",
        """type: "Between" input_stream: "i" output_stream: "o"
        graph_options { [type.googleapis.com/cfgtest.CfgGraphOptions] { label: "between" } }
        node { calculator: "Innermost" input_stream: "i" output_stream: "o" option_value: "OPTIONS:options"
               node_options { [type.googleapis.com/cfgtest.CfgGraphOptions] { count: 21 } } }""",
    )
    main = folder("main.pbtxt", 'input_stream: "a" node { calculator: "Between" input_stream: "a" }')
    (options,) = config.load(main).nodes[0].options.values()
    assert (options.count, options.label) == (21, "between")


def test_whole_options_reach_a_node_without_options(folder):
    folder(
        "sub.pbtxt",
        """type: "Bare" input_stream: "i"
        graph_options { [type.googleapis.com/cfgtest.CfgOptions] { count: 8 } }
        node { calculator: "CfgPass" input_stream: "i" output_stream: "o" option_value: "OPTIONS:options" }""",
    )
    main = folder("main.pbtxt", 'input_stream: "a" node { calculator: "Bare" input_stream: "a" }')
    (options,) = config.load(main).nodes[0].options.values()
    assert options.count == 8


def test_a_program_gives_the_options_of_the_graph():
    cls = declared_options()["cfgtest.CfgGraphOptions"][0]
    text = SUB % 'option_value: "count:options/count" option_value: "label:options/label"'
    (options,) = config.load(text, graph_options=[cls(count=99)]).nodes[0].options.values()
    assert (options.count, options.label) == (99, "graph")


def test_nodes_that_share_a_file_do_not_share_options(folder):
    folder("sub.pbtxt", SUB % 'option_value: "count:options/count"')
    main = folder(
        "main.pbtxt",
        f"""input_stream: "a"
        node {{ calculator: "Optioned" input_stream: "a" {ANY.format("count: 1")} }}
        node {{ calculator: "Optioned" input_stream: "a" {ANY.format("count: 2")} }}""",
    )
    assert [next(iter(node.options.values())).count for node in config.load(main).nodes] == [1, 2]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(
            "cuont:options/count",
            "cfgtest.CfgOptions has no field \"cuont\". Did you mean 'count'?",
            id="node field",
        ),
        pytest.param(
            "count:options/cuont",
            "cfgtest.CfgGraphOptions has no field \"cuont\". Did you mean 'count'?",
            id="graph field",
        ),
        pytest.param("count", 'it reads "node/field:options/field"', id="no colon"),
        pytest.param(
            "count:options/count/x", '"count" is a single value, nothing lies below it', id="below a value"
        ),
        pytest.param(
            "window/low/x:options/count", '"x" lies below something that is not a message', id="below a float"
        ),
        pytest.param("window:options/inner", None, id="unset message"),
        pytest.param(
            "OPTIONS:options",
            "it copies cfgtest.CfgGraphOptions into cfgtest.CfgOptions; they must be the same message",
            id="other message",
        ),
    ],
)
def test_fault(folder, value, expected):
    if expected is None:
        assert loaded(folder, [value]).window.high == 4.0
        return
    with pytest.raises(GraphValidationError) as caught:
        loaded(folder, [value])
    assert str(caught.value).endswith(f'sub.pbtxt:9:3: node "CfgPass": option_value "{value}": {expected}')


def test_value_of_another_type(folder):
    with pytest.raises(
        GraphValidationError, match='option_value "count:options/label": "count" does not take that value'
    ):
        loaded(folder, ["count:options/label"])


CONTEXT = '[type.googleapis.com/mediapipe.GlContextOptions] {{ gl_context_name: "{}" }}'


@pytest.mark.parametrize(
    ("sub", "caller", "node", "expected"),
    [
        pytest.param("", "", "", ["graph", "graph"], id="the graph for all"),
        pytest.param("sub", "", "", ["graph", "sub"], id="the subgraph's beat the graph's"),
        pytest.param("sub", "caller", "", ["graph", "caller"], id="the caller's beat the subgraph's"),
        pytest.param("sub", "caller", "node", ["graph", "node"], id="the node's beat all"),
    ],
)
def test_the_gl_context_of_a_graph_holds_for_nodes_without_one(folder, sub, caller, node, expected):
    def given(where, name):
        return f"{where} {{ {CONTEXT.format(name)} }}" if name else ""

    folder(
        "sub.pbtxt",
        f"""
        type: "InContext" input_stream: "i" output_stream: "o" {given("graph_options", sub)}
        node {{ calculator: "CfgPass" input_stream: "i" output_stream: "o" {given("node_options", node)} }}
        """,
    )
    main = folder(
        "main.pbtxt",
        f"""
        input_stream: "a" {given("graph_options", "graph")}
        node {{ calculator: "CfgPass" input_stream: "a" output_stream: "b" }}
        node {{ calculator: "InContext" input_stream: "b" output_stream: "c" {given("node_options", caller)} }}
        """,
    )
    assert [node.options[GlContextOptions].gl_context_name for node in config.load(main).nodes] == expected


def test_a_program_says_the_gl_context_of_a_graph(folder):
    main = folder(
        "main.pbtxt", 'input_stream: "a" node { calculator: "CfgPass" input_stream: "a" output_stream: "b" }'
    )
    plan = config.load(main, graph_options=[GlContextOptions(gl_context_name="program")])
    assert [node.options[GlContextOptions].gl_context_name for node in plan.nodes] == ["program"]
