"""``NODE.FIELD=VALUE``: sets an option of a node of the expanded graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import schema
from graphkit.config._checking.faults import Faults
from graphkit.config._model import OptionsMessage
from graphkit.config._options.catalog import options_classes
from graphkit.config._text.layout import TEXT_TYPES, layout_of
from graphkit.config._text.names import canonical_names
from graphkit.config._text.parser import TextParser, tokenize
from graphkit.config._text.source import Place, Source
from graphkit.errors import ConfigError, did_you_mean
from graphkit.framework import Options
from graphkit.framework import _registry as registry
from graphkit.framework._options import schema_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from graphkit.config._model import GraphConfig, NodeConfig
    from graphkit.config._text.layout import FieldLayout


def apply_overrides(graph: GraphConfig, overrides: Sequence[str], faults: Faults) -> None:
    """Set options of an expanded graph, in place.

    Args:
        graph: the expanded graph.
        overrides: ``NODE.FIELD=VALUE``. NODE is the node's name in the expanded graph, FIELD may reach into
            messages (``a.b``), VALUE is written as in a config; text needs no quotes, a list replaces the old one.
        faults: collects unknown nodes and fields, with close names, and values that do not fit.
    """
    nodes = dict(zip(canonical_names(graph.nodes), graph.nodes, strict=True))
    for override in overrides:
        place = Place(Source(override, parameter="overrides"))
        try:
            _apply(nodes, override, place)
        except ConfigError as exc:
            faults.note(exc, place)


def _apply(nodes: dict[str, NodeConfig], override: str, place: Place) -> None:
    target, equals, value = override.partition("=")
    if not equals or "." not in target:
        raise ConfigError(
            "write NODE.FIELD=VALUE; side packets are given apart: {side_packets}", remedies=("side_packets",)
        )
    name = max((n for n in nodes if target.startswith(f"{n}.")), key=len, default="")
    if not name:
        given = target.partition(".")[0]
        raise ConfigError(f'the expanded graph has no node "{given}".{did_you_mean(given, nodes)}')
    node, path = nodes[name], target[len(name) + 1 :].split(".")
    position = _position(node, path[0])
    old = node.options[position]
    changed = type(old.message)()
    changed.CopyFrom(old.message)
    _set(changed, path, value.strip(), place)
    node.options[position] = OptionsMessage(changed, old.in_any, old.mark, old.place)


def _position(node: NodeConfig, field: str) -> int:
    """Return the node's options message that has *field*; adds it if the config does not give it."""
    known: list[str] = []
    for i, options in enumerate(node.options):
        fields = layout_of(options.message.DESCRIPTOR)
        if field in fields:
            return i
        known += fields
    for message in _declared(node):
        fields = layout_of(message.DESCRIPTOR)
        if field in fields:
            node.options.append(OptionsMessage(message, True, place=node.place))
            return len(node.options) - 1
        known += fields
    listing = did_you_mean(field, known) or (f" Its options: {', '.join(dict.fromkeys(known))}." if known else "")
    raise ConfigError(f'node {node.title} has no option "{field}".{listing}')


def _declared(node: NodeConfig) -> list[Message]:
    """Return an empty message for each options class that the node's calculator declares."""
    cls = registry.lookup_calculator(node.calculator, node.package)
    ports = (value for base in (cls.__mro__ if cls else ()) for value in vars(base).values())
    classes = [port.cls for port in ports if isinstance(port, Options)]
    names = [schema_of(each).full_name for each in classes]
    return [schema.message_class(name)() for name in names if options_classes(name)]


def _set(message: Any, path: Sequence[str], value: str, place: Place) -> None:
    *steps, last = path
    for step in steps:
        field = _field(message, step)
        if not field.is_message or field.repeated:
            raise ConfigError(f'"{step}" is no message: nothing lies below it')
        message = getattr(message, step)
    field = _field(message, last)
    if field.type in TEXT_TYPES and not value.startswith(("[", '"', "'")):
        value = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    message.ClearField(last)
    text = f"{last}: {value}" if not field.repeated or value.startswith("[") else f"{last}: [{value}]"
    faults = Faults()
    # A separate message, so that text after the value cannot set other fields.
    alone = type(message)()
    TextParser(Source(place.source.name, text), tokenize(text), faults).parse(alone)
    faults.check_one()
    if [found.name for found, _ in alone.ListFields()] not in ([last], []):
        raise ConfigError(f'"{value}" is more than one value')
    message.MergeFrom(alone)


def _field(message: Message, name: str) -> FieldLayout:
    fields = layout_of(message.DESCRIPTOR)
    if name not in fields:
        listing = did_you_mean(name, fields) or f" Its fields: {', '.join(fields)}."
        raise ConfigError(f'{message.DESCRIPTOR.full_name} has no field "{name}".{listing}')
    return fields[name]
