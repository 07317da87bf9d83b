"""Writes a config back as a message or as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import schema
from graphkit.config._text.layout import extends
from graphkit.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from graphkit.config._model import GraphConfig, NodeConfig, OptionsMessage


def to_message(graph: GraphConfig) -> Message:
    """Return the ``mediapipe.CalculatorGraphConfig`` message of a config."""
    message: Any = type(graph.message)()
    for node in graph.nodes:
        _fill_node(message.node.add(), node)
    _fill_streams(message, graph)
    _fill_options(message, message.graph_options, graph.options)
    message.type, message.package = graph.type, graph.package
    message.MergeFrom(graph.message)
    return message  # type: ignore[no-any-return]


def to_pbtxt(graph: GraphConfig) -> str:
    """Return a config as text; for an expanded config, the graph that runs."""
    from google.protobuf import text_format

    return text_format.MessageToString(to_message(graph), descriptor_pool=schema.pool())


def _fill_node(message: Any, node: NodeConfig) -> None:
    message.name, message.calculator = node.name, node.calculator
    _fill_streams(message, node)
    _fill_options(message, message.node_options, node.options)
    message.option_value.extend(entry.text for entry in node.option_values)
    message.MergeFrom(node.message)


def _fill_streams(message: Any, owner: GraphConfig | NodeConfig) -> None:
    message.input_stream.extend(entry.text for entry in owner.inputs)
    message.output_stream.extend(entry.text for entry in owner.outputs)
    message.input_side_packet.extend(entry.text for entry in owner.input_side_packets)
    message.output_side_packet.extend(entry.text for entry in owner.output_side_packets)


def _fill_options(message: Any, packed: Any, given: Sequence[OptionsMessage]) -> None:
    for options in given:
        extension = None if options.in_any else _extension(options, message.options)
        if extension is None:
            any_message = packed.add()
            any_message.type_url = f"type.googleapis.com/{options.full_name}"
            any_message.value = options.message.SerializePartialToString(deterministic=True)
        else:
            message.options.Extensions[extension].CopyFrom(options.message)


def _extension(options: OptionsMessage, holder: Any) -> Any:
    try:
        extension = schema.extension(f"{options.full_name}.ext")
    except SchemaError:
        return None
    return extension if extends(extension, holder.DESCRIPTOR) else None
