"""Reads a config, text or binary, file or message, into a `GraphConfig`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from graphkit import schema
from graphkit.config._checking.faults import Faults
from graphkit.config._model import Entry, GraphConfig, NodeConfig, OptionsMessage
from graphkit.config._options.catalog import any_message_class, close_messages, register_all
from graphkit.config._text.layout import is_repeated
from graphkit.config._text.parser import TextParser, tokenize
from graphkit.config._text.source import Mark, Place, Source
from graphkit.config._text.unknown_fields import report_unknown_fields
from graphkit.errors import ConfigError, Lack, Location, ResourceNotFoundError
from graphkit.errors._base import shortened
from graphkit.framework import _registry as registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

ConfigLike: TypeAlias = "str | bytes | Path | Message | GraphConfig"
"""A path, the text or the bytes of a config, a ``CalculatorGraphConfig`` message of any pool, or one read."""

_GRAPH: Final = "mediapipe.CalculatorGraphConfig"
_BESIDE_IN_NODE: Final = (
    "name", "calculator", "input_stream", "output_stream", "input_side_packet", "output_side_packet",
    "options", "node_options", "option_value",
)  # fmt: skip
_BESIDE_IN_GRAPH: Final = (
    "node", "type", "package", "input_stream", "output_stream", "input_side_packet", "output_side_packet",
    "options", "graph_options",
)  # fmt: skip
_UNREGISTERED: Final = {
    "packet_generator": "use a calculator with output side packets",
    "packet_factory": "use a calculator with output side packets",
    "status_handler": "the error of the run tells how it ended",
}
"""Fields whose classes cannot be registered here, long deprecated upstream, and what to use instead."""
_TEXT_START: Final = re.compile(
    r"\s*(?:#[^\n]*\n\s*)*(?:[A-Za-z_]{2,}\s*(?::\s*[\"'\d\[{<.-]|:\s+[A-Za-z]|[{<])|\[[\w./]+\]\s*[:{<])"
)
_LONGEST_PATH: Final = 4096
_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x08\x0e-\x1f]")
_BINARY_SUFFIXES: Final = frozenset({".binarypb", ".binpb", ".pb", ".bin"})


def parse(config: ConfigLike, *, name: str = "") -> GraphConfig:
    """Read one config; subgraphs are not expanded.

    Args:
        config: a path (``str`` or Path), the text, the bytes of a text or binary config, or a message.
        name: used in messages if there is no file.

    Raises:
        PbtxtSyntaxError: the text is no text format.
        GraphValidationError: unknown fields and options, all of them.
        ResourceNotFoundError: no such file.
        ConfigError: bytes that are no config.
    """
    faults = Faults()
    graph = read(config, faults, name)
    faults.check()
    return graph


def read(config: ConfigLike, faults: Faults, name: str = "") -> GraphConfig:
    """Read one config as `parse` does, adding what is wrong with single fields to *faults*."""
    if isinstance(config, GraphConfig):
        return config
    path = path_of(config)
    if path is not None:
        return _read_file(path, faults)
    if isinstance(config, str):
        return _read_text(Source(name or "<text>", config), faults)
    if isinstance(config, bytes):
        return _read_bytes(config, name or "<bytes>", faults)
    message: Any = config
    return _read_binary(message.SerializePartialToString(), name or "<message>", faults)


def path_of(config: ConfigLike) -> Path | None:
    """Return the file that *config* is or was read from, None for text, bytes and messages."""
    if isinstance(config, GraphConfig):
        return config.path
    if isinstance(config, Path):
        return config
    return Path(config) if isinstance(config, str) and not _is_text(config) else None


def _is_text(config: str) -> bool:
    is_no_path = "\n" in config or "\0" in config or len(config) > _LONGEST_PATH or not config.strip()
    return is_no_path or _TEXT_START.match(config) is not None


def _read_file(path: Path, faults: Faults) -> GraphConfig:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ResourceNotFoundError(str(path), [path.absolute()]) from None
    except (OSError, ValueError) as exc:  # ValueError: a name that no file can have
        reason = getattr(exc, "strerror", None) or str(exc)
        raise ConfigError(f"the graph cannot be read: {reason}", Location(shortened(str(path)))) from exc
    is_binary = path.suffix.lower() in _BINARY_SUFFIXES
    graph = (_read_binary if is_binary else _read_bytes)(data, str(path), faults)
    graph.path = path
    return graph


def _read_bytes(data: bytes, name: str, faults: Faults) -> GraphConfig:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _read_binary(data, name, faults)
    if _CONTROL_CHARACTER.search(text):
        return _read_binary(data, name, faults)
    return _read_text(Source(name, text.replace("\r\n", "\n")), faults)


def _read_text(source: Source, faults: Faults) -> GraphConfig:
    tokens = tokenize(source.text or "")
    _load_calculators(tokens[0])
    message = schema.message_class(_GRAPH)()
    mark = TextParser(source, tokens, faults).parse(message)
    if len(faults) and not mark.fields:
        faults.add(
            "this is no graph: no node is in it, nor any other field of one", Place(source), even_if_full=True
        )
    return graph_config(message, mark, source, faults)


def _load_calculators(tokens: Sequence[str]) -> None:
    """Look up every calculator that the text names: importing its module declares its options."""
    for token, value in zip(tokens, tokens[2:], strict=False):
        if token == "calculator" and value[:1] in ('"', "'"):
            registry.lookup_calculator(value[1:-1])


def _read_binary(data: bytes, name: str, faults: Faults) -> GraphConfig:
    from google.protobuf.message import DecodeError

    register_all()
    try:
        message = schema.message_class(_GRAPH).FromString(data)
    except DecodeError as exc:
        raise ConfigError(
            "this is neither a text config nor a serialized CalculatorGraphConfig. Give the .pbtxt, or the file "
            "that protoc or MediaPipe wrote from it.",
            Location(name),
        ) from exc
    damaged = _field_of_no_text(message)
    if damaged:
        raise ConfigError(f"field {damaged} holds bytes that are no UTF-8 text.", Location(name))
    source = Source(name)
    report_unknown_fields(message, Place(source), faults)
    return graph_config(message, Mark(), source, faults)


def _field_of_no_text(message: Message) -> str:
    """Return the name of a string field that holds something else; protobuf returns that as bytes."""
    for field, value in message.ListFields():
        values = value if is_repeated(field) else (value,)
        if field.message_type is not None:
            for inner in values:
                if found := _field_of_no_text(inner):
                    return found
        elif field.type == field.TYPE_STRING and any(isinstance(text, bytes) for text in values):
            return str(field.full_name)
    return ""


# --- from messages to the model --------------------------------------------------------------------------


def graph_config(message: Any, mark: Mark, source: Source, faults: Faults) -> GraphConfig:
    """Return the model of a ``CalculatorGraphConfig`` message; the model owns the message."""
    package = message.package
    graph = GraphConfig(
        message=message, source=Place(source, mark.offset), type=message.type, package=package,
        nodes=[
            node_config(node, mark.at("node", i), source, package, faults) for i, node in enumerate(message.node)
        ],
        inputs=entries(message.input_stream, "input_stream", mark, source),
        outputs=entries(message.output_stream, "output_stream", mark, source),
        input_side_packets=entries(message.input_side_packet, "input_side_packet", mark, source),
        output_side_packets=entries(message.output_side_packet, "output_side_packet", mark, source),
        options=_options(message.options, mark.at("options"), source)
        + _any_options(message.graph_options, "graph_options", mark, source, faults),
        mark=mark,
    )  # fmt: skip
    for field in _BESIDE_IN_GRAPH:
        message.ClearField(field)
    for field, instead in _UNREGISTERED.items():
        for i, asked in enumerate(getattr(message, field)):
            noun, name = field.replace("_", " "), getattr(asked, field)
            faults.add(f'{noun} "{name}" is not registered; {instead}', graph.place_of(field, i))
    return graph


def node_config(message: Any, mark: Mark, source: Source, package: str, faults: Faults) -> NodeConfig:
    """Return the model of a ``CalculatorGraphConfig.Node`` message; the model owns the message."""
    node = NodeConfig(
        name=message.name, calculator=message.calculator, message=message, package=package,
        place=Place(source, mark.offset),
        inputs=entries(message.input_stream, "input_stream", mark, source),
        outputs=entries(message.output_stream, "output_stream", mark, source),
        input_side_packets=entries(message.input_side_packet, "input_side_packet", mark, source),
        output_side_packets=entries(message.output_side_packet, "output_side_packet", mark, source),
        options=_options(message.options, mark.at("options"), source)
        + _any_options(message.node_options, "node_options", mark, source, faults),
        option_values=entries(message.option_value, "option_value", mark, source),
        mark=mark,
    )  # fmt: skip
    if not node.calculator:
        faults.add('a node needs a calculator: write calculator: "Name"', node.place)
    for field in _BESIDE_IN_NODE:
        message.ClearField(field)
    return node


def entries(values: Sequence[str], field: str, mark: Mark, source: Source) -> list[Entry]:
    """Return the strings of a repeated field with their places."""
    marks = mark.fields.get(field)
    if marks is None:
        return [Entry(value, Place(source, mark.offset)) for value in values]
    return [Entry(value, Place(source, at.offset)) for value, at in zip(values, marks, strict=True)]


def _options(holder: Message, mark: Mark, source: Source) -> list[OptionsMessage]:
    """Return the extensions that are set in a CalculatorOptions or MediaPipeOptions message."""
    found = []
    for field, value in holder.ListFields():
        if field.is_extension:
            inner = mark.at(f"[{field.full_name}]")
            found.append(OptionsMessage(value, False, inner, Place(source, inner.offset)))
    return found


def _any_options(
    values: Sequence[Any], field: str, mark: Mark, source: Source, faults: Faults
) -> list[OptionsMessage]:
    found: dict[str, OptionsMessage] = {}
    for i, packed in enumerate(values):
        if not packed.type_url:
            continue
        inner = mark.at(field, i).at("[]")
        place = Place(source, inner.offset)
        full_name = packed.type_url.rpartition("/")[2]
        message = inner.content or _unpack(full_name, packed.value, place, faults)
        if full_name in found:
            faults.add(f'{field} has "{full_name}" twice; merge the two', place)
        elif message is not None:
            found[full_name] = OptionsMessage(message, True, inner, place)
    return list(found.values())


def _unpack(full_name: str, data: bytes, place: Place, faults: Faults) -> Message | None:
    from google.protobuf.message import DecodeError

    cls = any_message_class(full_name)
    if cls is None:
        lack = Lack("options", full_name)
        faults.add(f"options message {full_name} is not known.{close_messages(full_name)}", place, lack=lack)
        return None
    try:
        message = cls.FromString(data)
    except DecodeError as exc:
        faults.add(f"options message {full_name} is damaged: {exc}", place, exc)
        return None
    if damaged := _field_of_no_text(message):
        faults.add(f"options message {full_name} is damaged: {damaged} holds bytes that are no UTF-8 text", place)
        return None
    report_unknown_fields(message, place, faults, f"options {full_name}")
    return message
