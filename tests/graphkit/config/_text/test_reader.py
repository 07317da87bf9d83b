"""What a config may come as."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from graphkit import config, option, options, schema
from graphkit.config._text.reader import path_of
from graphkit.config._text.writer import to_message
from graphkit.errors import ConfigError, GraphValidationError, Location, PbtxtSyntaxError, ResourceNotFoundError

TEXT = """type: "Kinds"
input_stream: "a"
node {
  calculator: "CfgPass"
  input_stream: "a"
  output_stream: "b"
  options { [cfgtest.CfgOptions.ext] { count: 5 } }
  node_options { [type.googleapis.com/cfgtest.CfgGraphOptions] { label: "x" } }
}
"""


def serialized() -> bytes:
    return to_message(config.parse(TEXT)).SerializeToString()


def foreign():
    """The same config as a message of another pool, which does not know the options."""
    pool = descriptor_pool.DescriptorPool()

    def add(file):
        for dependency in file.dependencies:
            add(dependency)
        pool.Add(descriptor_pb2.FileDescriptorProto.FromString(file.serialized_pb))

    add(schema.message_class("mediapipe.CalculatorGraphConfig").DESCRIPTOR.file)
    cls = message_factory.GetMessageClass(pool.FindMessageTypeByName("mediapipe.CalculatorGraphConfig"))
    return cls.FromString(serialized())


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda folder: TEXT, id="text"),
        pytest.param(lambda folder: TEXT.encode(), id="bytes of a text"),
        pytest.param(lambda folder: b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode(), id="from Windows"),
        pytest.param(lambda folder: folder("g.pbtxt", TEXT), id="Path"),
        pytest.param(lambda folder: str(folder("g.pbtxt", TEXT)), id="path"),
        pytest.param(lambda folder: serialized(), id="bytes"),
        pytest.param(lambda folder: to_message(config.parse(TEXT)), id="message"),
        pytest.param(lambda folder: foreign(), id="message of another pool"),
        pytest.param(lambda folder: config.parse(TEXT), id="parsed"),
    ],
)
def test_every_kind_gives_the_same_graph(folder, make):
    source = make(folder)
    for _ in range(2):
        plan = config.load(source)
        assert plan.type == "Kinds"
        assert [(type(o).__name__, getattr(o, "count", None)) for o in plan.nodes[0].options.values()] == [
            ("CfgOptions", 5), ("CfgGraphOptions", None),
        ]  # fmt: skip


@pytest.mark.parametrize("name", ["g.binarypb", "g.pb", "g.pbtxt", "g"])
def test_binary_file(folder, name):
    path = folder(name, "")
    path.write_bytes(serialized())
    plan = config.load(path)
    assert plan.nodes[0].location == Location(str(path))


@pytest.mark.parametrize(
    ("text", "is_text"),
    [
        pytest.param("", True, id="empty"),
        pytest.param("node { calculator: 'X' }", True, id="node"),
        pytest.param("executor< >", True, id="angle"),
        pytest.param('type: "X"', True, id="string field"),
        pytest.param("num_threads: 4", True, id="number field"),
        pytest.param('# hello\ntype: "X"', True, id="comment"),
        pytest.param("graphs/x.pbtxt", False, id="path"),
        pytest.param("C:\\graphs\\x.pbtxt", False, id="windows path"),
        pytest.param("C:/x", False, id="drive"),
    ],
)
def test_text_and_paths_are_told_apart(text, is_text):
    if is_text:
        assert config.parse(text).path is None
    else:
        with pytest.raises(ResourceNotFoundError):
            config.parse(text)


@pytest.mark.parametrize("data", [b"\x00\x01\x02", b"\xff\xfe junk"], ids=["control", "not utf-8"])
def test_bytes_that_are_no_config(data):
    with pytest.raises(ConfigError, match=r"<bytes>: this is neither a text config nor a serialized"):
        config.parse(data)


def test_folder_instead_of_a_file(tmp_path):
    with pytest.raises(ConfigError, match="the graph cannot be read: Is a directory"):
        config.parse(tmp_path)


def test_unknown_options_in_a_binary_config():
    message = to_message(config.parse('node { calculator: "CfgInt" output_stream: "OUT:x" }'))
    message.node[0].node_options.add(type_url="type.googleapis.com/no.Such", value=b"")
    with pytest.raises(GraphValidationError, match=r"<message>: options message no.Such is not known"):
        config.load(message)


def test_an_options_class_that_cannot_be_does_not_stop_binary_configs(caplog):
    @options("cfgtest.Impossible")
    class Impossible:
        box: Any = option(1, "mediapipe.NoSuchThing")

    assert config.load(serialized()).type == "Kinds"
    assert 'there is no message "mediapipe.NoSuchThing"' in caplog.text


def test_damaged_options_in_a_binary_config():
    message = to_message(config.parse('node { calculator: "CfgInt" output_stream: "OUT:x" }'))
    message.node[0].node_options.add(type_url="type.googleapis.com/cfgtest.CfgOptions", value=b"\x0a")
    with pytest.raises(GraphValidationError, match=r"options message cfgtest.CfgOptions is damaged"):
        config.load(message)


def test_parsed_graph_is_not_changed_by_loading(folder):
    folder("sub.pbtxt", 'type: "ReaderSub" node { calculator: "CfgInt" output_stream: "OUT:x" }')
    graph = config.parse(folder("main.pbtxt", 'node { calculator: "ReaderSub" }'))
    before = config.to_pbtxt(graph)
    config.load(graph)
    assert config.to_pbtxt(graph) == before


def test_written_config_reads_back_the_same():
    text = config.to_pbtxt(config.parse(TEXT))
    assert "[cfgtest.CfgOptions.ext]" in text
    assert "[type.googleapis.com/cfgtest.CfgGraphOptions]" in text
    assert config.to_pbtxt(config.parse(text)) == text


def test_written_config_keeps_what_has_no_place_in_the_model():
    text = """
        input_stream: "a" output_stream: "OUT:b" input_side_packet: "s" output_side_packet: "t"
        package: "p.q" num_threads: 3 profiler_config { trace_enabled: true }
        node { name: "n" calculator: "CfgPass" input_stream: "a" output_stream: "b" executor: "e" max_in_flight: 2
               input_stream_info { tag_index: "0" back_edge: true } option_value: "count:options/count" }
        executor { name: "e" } graph_options { [type.googleapis.com/cfgtest.CfgGraphOptions] { count: 1 } }
    """
    from google.protobuf import text_format

    expected = text_format.Parse(
        text, schema.message_class("mediapipe.CalculatorGraphConfig")(), descriptor_pool=schema.pool()
    )
    assert to_message(config.parse(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "max_queue_size: -1 num_threads: 2",
        "report_deadlock: true",
        "num_threads:.5",
        "node: { calculator: 'CfgPass' }",
        "[mediapipe.X.ext] { }",
    ],
)
def test_a_line_that_begins_like_a_graph_is_no_file_name(text):
    assert path_of(text) is None


@pytest.mark.parametrize("name", ["graph.pbtxt", "C:\\graphs\\a.pbtxt", "graphs/a b.pbtxt", "graphs:a.pbtxt", "-"])
def test_a_file_name_is_no_text(name):
    assert path_of(name) is not None


def test_a_long_line_is_no_file_name():
    with pytest.raises(PbtxtSyntaxError) as caught:
        config.load("x" * 1_000_000)
    assert len(str(caught.value)) < 500


def test_a_name_that_no_file_can_have_is_refused():
    with pytest.raises(ConfigError, match="the graph cannot be read: "):
        config.load("gr\ud800ph.pbtxt")


def test_bytes_that_are_no_text_are_named():
    text = TEXT + 'input_stream_handler { input_stream_handler: "Handler" }'
    data = to_message(config.parse(text)).SerializeToString().replace(b"Handler", b"\xffandler")
    where = r"mediapipe.InputStreamHandlerConfig.input_stream_handler"
    with pytest.raises(ConfigError, match=rf"^<bytes>: field {where} holds bytes that are no UTF-8 text\.$"):
        config.load(data)


def test_options_of_no_text_are_named():
    data = serialized()
    at = data.rindex(b"x")
    with pytest.raises(GraphValidationError, match=r"damaged: cfgtest.CfgGraphOptions.label holds"):
        config.load(data[:at] + b"\xff" + data[at + 1 :])
