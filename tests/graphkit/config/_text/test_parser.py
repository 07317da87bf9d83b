"""The text parser: protobuf's own parser is the reference for what it accepts; its reports are checked here."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import text_format

from graphkit import config, option, options, schema
from graphkit.config._checking.faults import Faults
from graphkit.config._options.catalog import register_all
from graphkit.config._text.parser import TextParser, tokenize
from graphkit.config._text.source import Source
from graphkit.errors import GraphValidationError, PbtxtSyntaxError
from graphkit.framework import graphs_dir

CONFIG = "mediapipe.CalculatorGraphConfig"


def ours(text: str):
    faults = Faults()
    message = schema.message_class(CONFIG)()
    mark = TextParser(Source("t", text), tokenize(text), faults).parse(message)
    faults.check()
    return message, mark


def theirs(text: str):
    register_all()
    message = schema.message_class(CONFIG)()
    return text_format.Parse(text, message, descriptor_pool=schema.pool())


@pytest.mark.parametrize(
    "notation",
    [
        "options { [cfgtest.CfgOptions.ext] { %s } }",
        "node_options { [type.googleapis.com/cfgtest.CfgOptions] { %s } }",
    ],
    ids=["options", "node_options"],
)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="empty"),
        pytest.param("count: 3", id="int"),
        pytest.param("count: -3 big: 18446744073709551615", id="negative and uint64"),
        pytest.param("count: 0x1F", id="hex"),
        pytest.param("count: 017", id="octal"),
        pytest.param("ratio: 1.5f", id="float with f"),
        pytest.param("ratio: .5 window { high: 1. }", id="bare points"),
        pytest.param("ratio: -1e-3", id="exponent"),
        pytest.param("ratio: inf", id="infinity"),
        pytest.param("ratio: 3", id="int as float"),
        *[
            pytest.param(f"enabled: {v}", id=f"bool {v}")
            for v in ("true", "True", "t", "1", "false", "False", "f", "0")
        ],
        pytest.param("mode: BEST", id="enum name"),
        pytest.param("mode: 4", id="enum number"),
        pytest.param("modes: [FAST, 4]", id="enum list"),
        pytest.param("strides: [8, 16, 16]", id="list"),
        pytest.param("strides: [] windows: []", id="empty lists"),
        pytest.param("strides: 8 strides: 16", id="repeated one by one"),
        pytest.param("windows: [{ low: 1 }, < high: 2 >]", id="list of messages"),
        pytest.param("windows { low: 1 } windows: { low: 2 }", id="messages one by one"),
        pytest.param("window < low: 1 >", id="angle brackets"),
        pytest.param("window: { low: 1 }", id="colon before brace"),
        pytest.param("window {}", id="empty message is set"),
        pytest.param("count: 1, ratio: 2; label: 'x',", id="separators"),
        pytest.param("label: 'it\\'s' names: \"a\\\"b\"", id="quotes"),
        pytest.param('label: "one " \'two\'\n  "three"', id="adjacent strings"),
        pytest.param(r'label: "\101\x42\n\t\\\u00e9"', id="escapes"),
        pytest.param(r'data: "\377\x00\001"', id="bytes"),
        pytest.param('label: "\u00e9\u4e2d"', id="unicode"),
        pytest.param("# a comment\ncount: 1 # another\n", id="comments"),
        pytest.param("color { r: 255 g: 1 }", id="schema message"),
    ],
)
def test_reads_what_protobuf_reads(notation, body):
    for head in ("node {", "node: {", "node{", "node <"):
        closing = ">" if head.endswith("<") else "}"
        text = f'{head} calculator: "CfgPass" {notation % body} {closing}'
        assert ours(text)[0] == theirs(text)


@pytest.mark.parametrize(
    "path", [pytest.param(p, id=str(p.relative_to(graphs_dir()))) for p in sorted(graphs_dir().rglob("*.pbtxt"))]
)
def test_reads_the_shipped_graphs_as_protobuf_does(path):
    text = path.read_text()
    config.parse(path)
    assert ours(text)[0] == theirs(text)


def test_marks_tell_where_fields_stand():
    text = 'input_stream: "a"\nnode {\n  calculator: "X"\n  input_stream: ["a",\n    "b"]\n}\n'
    _, mark = ours(text)
    source = Source("t", text)
    node = mark.at("node")
    places = [source.location(m.offset) for m in (node, node.at("calculator"), *node.fields["input_stream"])]
    assert [(p.line, p.column) for p in places] == [(2, 1), (3, 3), (4, 18), (5, 5)]


SYNTAX = {
    "missing colon": ('node { calculator "X" }', '1:19: found "X", expected ":" after "calculator".'),
    "unclosed brace": (
        '\nnode {\n calculator: "X"\n',
        '4:1: the text ends where "}" is missing: what line 2, column 6 opens is never closed.',
    ),
    "unclosed unknown field": (
        "foo { a: 1",
        '1:11: the text ends where "}" is missing: what line 1, column 5 opens is never closed.',
    ),
    "stray word at the end": ("node { } trailing", "1:18: found the end of the text, expected a value."),
    "stray brace": ("node { }\n}", '2:1: found "}", expected a field name.'),
    "wrong closing": ("node { >", '1:8: found ">", expected a field name or "}".'),
    "unclosed string": ('type: "abc\n', '1:7: found ", expected the closing quote on the same line.'),
    "string without quotes": ("type: Abc", '1:7: found "Abc", expected a quoted string; field "type" holds text.'),
    "quoted number": (
        'num_threads: "4"',
        '1:14: found "4", expected a number or a name without quotes; field "num_threads" does not hold text.',
    ),
    "no value": ("num_threads: }", '1:14: found "}", expected a value of field "num_threads".'),
    "message without brace": ("node: 3", '1:7: found "3", expected "{"; the field holds a message.'),
    "list without comma": (
        'input_stream: ["a" "b"; "c"]',
        '1:23: found ";", expected "," or "]"; a list separates its values by commas.',
    ),
    "bracket": ("options { [a.b} }", '1:15: found "}", expected "]"; an extension is written [mediapipe.X.ext].'),
    "number as field": ("3: 4", '1:1: found "3", expected a field name.'),
}


@pytest.mark.parametrize(("text", "message"), [pytest.param(t, m, id=name) for name, (t, m) in SYNTAX.items()])
def test_syntax_error_says_where_and_what(text, message):
    with pytest.raises(PbtxtSyntaxError) as caught:
        ours(text)
    assert str(caught.value) == f"t:{message}"


FAULTS = {
    "unknown field": (
        "node { calculater: 'X' }",
        "1:8: mediapipe.CalculatorGraphConfig.Node has no field \"calculater\". Did you mean 'calculator'?",
    ),
    "unknown field, nothing close": (
        "node { input_stream_info { zzz: 3 } }",
        '1:28: mediapipe.InputStreamInfo has no field "zzz". Its fields: tag_index, back_edge.',
    ),
    "option field": (
        "node { options { [cfgtest.CfgOptions.ext] { cuont: 3 } } }",
        "1:45: cfgtest.CfgOptions has no field \"cuont\". Did you mean 'count'?",
    ),
    "nested option field": (
        "node { options { [cfgtest.CfgOptions.ext] { window { hihg: 3 } } } }",
        "1:54: cfgtest.CfgOptions.Range has no field \"hihg\". Did you mean 'high'?",
    ),
    "options message": (
        "node { options { [cfgtest.CfgOption.ext] { x: 3 } } }",
        "1:18: options message [cfgtest.CfgOption.ext] is not known. Did you mean "
        "'cfgtest.CfgOptions' or 'cfgtest.CfgGraphOptions' or 'cfgtest.CfgOptions.Range'?",
    ),
    "options message, nothing close": (
        "node { options { [x.Y.ext] { x: [{}] y: -1 } } }",
        "1:18: options message [x.Y.ext] is not known. It belongs to a "
        "calculator that "
        "is not installed or not imported.",
    ),
    "type in options": (
        "node { options { [type.googleapis.com/cfgtest.CfgOptions] { } } }",
        "1:18: options message [type.googleapis.com/cfgtest.CfgOptions] is not known. Here the "
        "extension "
        "is written [cfgtest.CfgOptions.ext]; a type belongs into node_options.",
    ),
    "extension in node_options": (
        "node { node_options { [cfgtest.CfgOptions.ext] { } } }",
        "1:23: options message [cfgtest.CfgOptions.ext] is not known. Here the type "
        "is written "
        "[type.googleapis.com/cfgtest.CfgOptions].",
    ),
    "twice": ("type: 'a'\ntype: 'b'", '2:1: field "type" is given twice (first at line 1); it takes one value'),
    "enum": (
        "node { options { [cfgtest.CfgOptions.ext] { mode: BST } } }",
        "1:51: field \"mode\": BST is not one of OFF, FAST, BEST. Did you mean 'BEST'?",
    ),
    "bool": ("report_deadlock: yes", '1:18: field "report_deadlock": yes is neither true nor false'),
    "int": ("num_threads: 1.5", '1:14: field "num_threads": 1.5 is not a whole number'),
    "float": (
        "node { options { [cfgtest.CfgOptions.ext] { ratio: much } } }",
        '1:52: field "ratio": much is not a number',
    ),
    "thousands of digits": (
        "num_threads: " + "1" * 5000,
        '1:14: field "num_threads": a whole number of 5000 digits is out of range; a field holds 64 bits at most',
    ),
    "thousands of digits in hexadecimal": (
        "num_threads: 0x" + "f" * 4998,
        '1:14: field "num_threads": a whole number of 5000 digits is out of range; a field holds 64 bits at most',
    ),
    "hexadecimal number too large for a float": (
        "node { options { [cfgtest.CfgOptions.ext] { ratio: 0x" + "f" * 300 + " } } }",
        '1:52: field "ratio": a whole number of 302 digits is out of range; a field holds 64 bits at most',
    ),
    "no character": (r'type: "\Uffffffff"', '1:7: field "type": U+FFFFFFFF is no character'),
    "half a character": (r'type: "\ud800"', '1:7: field "type": U+D800 is no character'),
    "long word": (
        "report_deadlock: " + "y" * 5000,
        f'1:18: field "report_deadlock": {"y" * 40}... (5000 characters) is neither true nor false',
    ),
    "escape": (r'type: "\q"', r'1:7: field "type": \q is no escape; write \\ for a backslash'),
}


@pytest.mark.parametrize(("text", "message"), [pytest.param(t, m, id=name) for name, (t, m) in FAULTS.items()])
def test_fault_says_where_and_what(text, message):
    with pytest.raises(GraphValidationError) as caught:
        ours(text)
    assert str(caught.value) == f"t:{message}"


def test_number_out_of_range():
    with pytest.raises(GraphValidationError, match=r"^t:1:14: field \"num_threads\" cannot be 99999999999: "):
        ours("num_threads: 99999999999")


def test_every_fault_of_a_file_is_reported_in_order():
    with pytest.raises(GraphValidationError) as caught:
        ours('foo: 1\nnode { bar { a: "}" } calculator: "X" }\nnum_threads: many\n')
    assert [(f.location.line, f.location.column) for f in caught.value.faults] == [(1, 1), (2, 8), (3, 14)]


def test_values_that_do_not_fit_leave_the_others_where_they_are():
    with pytest.raises(GraphValidationError) as caught:
        config.load('input_stream: ["a", "\\q", "b"]\nnode { calculator: "CfgGpuSink" input_stream: "IMAGE:c" }')
    assert [(f.location.line, f.location.column) for f in caught.value.faults] == [(1, 21), (2, 33)]


def test_file_name_stands_in_the_message(folder):
    path = folder("broken.pbtxt", "node {")
    with pytest.raises(PbtxtSyntaxError) as caught:
        config.parse(path)
    assert caught.value.location.file == str(Path(path))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("node { options { " * 300 + "} }" * 300, id="fields"),
        pytest.param(
            "node { options { [mediapipe.SwitchContainerOptions.ext] { contained_node { options { "
            + "[mediapipe.SwitchContainerOptions.ext] { contained_node { options { " * 300,
            id="options",
        ),
    ],
)
def test_nesting_has_an_end(text):
    with pytest.raises((PbtxtSyntaxError, GraphValidationError)) as caught:
        ours(text)
    assert len(str(caught.value)) < 2000


def test_messages_are_as_deep_as_serialized_ones_may_be():
    text = "node { options { " + "[mediapipe.SwitchContainerOptions.ext] { contained_node { options { " * 40
    with pytest.raises(PbtxtSyntaxError, match="expected a closing brace; messages are nested 100 deep at most"):
        ours(text)


def test_a_long_token_does_not_make_a_long_message():
    with pytest.raises(PbtxtSyntaxError) as caught:
        ours("num_threads: 3 " + "7" * 1_000_000)
    assert len(str(caught.value)) < 300


def test_a_text_that_is_no_graph_gives_a_few_lines():
    text = "vertex_type: VERTEX_PT\n" + "".join(f"vertex_buffer: {i}.5\n" for i in range(20_000))
    with pytest.raises(GraphValidationError) as caught:
        config.parse(text, name="t")
    lines = str(caught.value).splitlines()
    assert lines[0] == "t: this is no graph: no node is in it, nor any other field of one"
    assert lines[1].startswith('t:1:1: mediapipe.CalculatorGraphConfig has no field "vertex_type". Its fields: ')
    assert len(lines) == 21
    assert lines[-1] == "and 19982 more faults."
    assert caught.value.count == 20_002


@options("ownoptions.Plain")
class PlainOptions:
    """Options of an author, without an extension."""

    size: int = option(1, default=3)


@pytest.mark.parametrize("written", ["ownoptions.Plain.ext", "type.googleapis.com/ownoptions.Plain"])
def test_options_of_an_author_say_how_they_are_written(written: str) -> None:
    with pytest.raises(GraphValidationError) as caught:
        config.parse(f"node {{ calculator: 'X' options {{ [{written}] {{ size: 3 }} }} }}")
    wanted = "node_options { [type.googleapis.com/ownoptions.Plain] { ... } }"
    assert f"These options have no extension: write {wanted}." in str(caught.value)
    (node,) = config.parse(f"node {{ calculator: 'X' {wanted.replace('...', 'size: 3')} }}").nodes
    assert node.options[0].message.size == 3  # type: ignore[attr-defined]
