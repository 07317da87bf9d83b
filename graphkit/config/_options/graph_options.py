"""Options that a graph passes to its nodes: ``option_value: "field/path:options/path"``, and a few automatically.

A graph has options of its own (``options`` or ``graph_options``), which the node that uses it as a subgraph
may override field by field. ``option_value`` copies one of their fields, or with ``OPTIONS:options`` all of
them, into the options of an inner node. A graph field that is not set leaves the node's own value.

Options that say where nodes run apply to all nodes without their own, also those of subgraphs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphkit.config._model import OptionsMessage
from graphkit.config._text.layout import layout_of
from graphkit.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from graphkit.config._checking.faults import Faults
    from graphkit.config._model import Entry, GraphConfig, NodeConfig

_INHERITED: Final = ("mediapipe.GlContextOptions",)
_UNSET: Final = object()


def hand_down_options(graph: GraphConfig, overriding: Sequence[OptionsMessage], faults: Faults) -> None:
    """Apply the graph's options to its nodes, in place.

    Args:
        graph: the graph or subgraph.
        overriding: options of the node that uses it, or of the program that loads it.
        faults: collects paths that do not exist and values that do not fit.
    """
    apply_option_values(graph, overriding, faults)
    for name in _INHERITED:
        has_own = any(options.full_name == name for options in graph.options)
        heard = [options for options in overriding if not (options.inherited and has_own)]
        message = _graph_message(graph, heard, name)
        if message is None:
            continue
        for node in graph.nodes:
            if _node_options(node, name) is None:
                node.options.append(OptionsMessage(message, True, place=node.place, inherited=True))


def apply_option_values(graph: GraphConfig, overriding: Sequence[OptionsMessage], faults: Faults) -> None:
    """Apply every ``option_value`` of the graph's nodes, in place.

    Args:
        graph: the graph or subgraph.
        overriding: options of the node that uses it, or of the program that loads it.
        faults: collects paths that do not exist and values that do not fit.
    """
    for node in graph.nodes:
        for entry in node.option_values:
            try:
                _apply(graph, node, entry, overriding)
            except ValueError as exc:
                faults.add(f'node {node.title}: option_value "{entry.text}": {exc}', entry.place, node=node)
        node.option_values = []


def _apply(graph: GraphConfig, node: NodeConfig, entry: Entry, overriding: Sequence[OptionsMessage]) -> None:
    target_text, colon, origin_text = entry.text.partition(":")
    if not colon:
        raise ValueError('it reads "node/field:options/field"')
    origin_type, origin = _path(origin_text)
    target_type, target = _path(target_text)
    source = _graph_message(graph, overriding, origin_type)
    if source is None:
        return
    value = _get(source, origin)
    if value is _UNSET:
        return
    position = _node_options(node, target_type)
    if position is None:
        if target or not hasattr(value, "DESCRIPTOR"):
            raise ValueError(
                f"{node.calculator} has no options here to put it in; give it an empty options message"
            )
        node.options.append(OptionsMessage(value, True, place=entry.place))
        return
    old = node.options[position]
    changed = type(old.message)()
    changed.CopyFrom(old.message)
    _set(changed, target, value)
    node.options[position] = OptionsMessage(changed, old.in_any, old.mark, old.place)


def _path(text: str) -> tuple[str, list[str]]:
    """Return the message that a path names in brackets, "" for none, and its steps."""
    steps = text.strip().split("/")
    for keyword in ("OPTIONS", "options"):
        if steps and steps[0] == keyword:
            steps.pop(0)
    message_type = ""
    if steps and steps[0].startswith("["):
        message_type = steps.pop(0).strip("[]").removesuffix(".ext")
    return message_type, [step for step in steps if step]


def _graph_message(graph: GraphConfig, overriding: Sequence[OptionsMessage], wanted: str) -> Message | None:
    """Return the graph's options, merged with the caller's; None if neither gives any."""
    own = next((o for o in graph.options if wanted in ("", o.full_name)), None)
    wanted = own.full_name if own is not None else wanted
    given = next((o for o in overriding if wanted in ("", o.full_name)), None)
    if own is None or given is None:
        only = own or given
        return None if only is None else only.message
    merged = type(own.message)()
    merged.CopyFrom(own.message)
    merged.MergeFrom(given.message)
    return merged


def _node_options(node: NodeConfig, wanted: str) -> int | None:
    return next((i for i, o in enumerate(node.options) if wanted in ("", o.full_name)), None)


# --- paths into messages ---------------------------------------------------------------------------------


def _get(message: Any, path: Sequence[str]) -> Any:
    for i, step in enumerate(path):
        if step.isdigit():
            if not hasattr(message, "__getitem__") or int(step) >= len(message):
                return _UNSET
            message = message[int(step)]
            continue
        field = _field(message, step)
        if (not field.repeated and not message.HasField(step)) or (field.repeated and not getattr(message, step)):
            return _UNSET
        if not field.is_message and not field.repeated and i < len(path) - 1:
            raise ValueError(f'"{step}" is a single value, nothing lies below it')
        message = getattr(message, step)
    return message


def _set(message: Any, path: Sequence[str], value: Any) -> None:
    if not path:
        _merge(message, value)
        return
    *steps, last = path
    for step in steps:
        message = message[int(step)] if step.isdigit() else getattr(message, _field(message, step).name)
    if last.isdigit():
        message[int(last)] = value
        return
    field = _field(message, last)
    try:
        if field.repeated:
            _replace_list(message, last, value)
        elif field.is_message:
            _merge(getattr(message, last), value)
        else:
            setattr(message, last, value)
    except TypeError as exc:
        raise ValueError(f'"{last}" does not take that value: {exc}') from exc


def _replace_list(message: Any, name: str, value: Any) -> None:
    values = list(value) if hasattr(value, "extend") else [value]
    message.ClearField(name)
    getattr(message, name).extend(values)


def _merge(message: Any, value: Any) -> None:
    theirs = getattr(getattr(value, "DESCRIPTOR", None), "full_name", type(value).__name__)
    if theirs != message.DESCRIPTOR.full_name:
        raise ValueError(f"it copies {theirs} into {message.DESCRIPTOR.full_name}; they must be the same message")
    message.SetInParent()
    message.MergeFrom(value)


def _field(message: Any, name: str) -> Any:
    if not hasattr(message, "DESCRIPTOR"):
        raise ValueError(f'"{name}" lies below something that is not a message')
    fields = layout_of(message.DESCRIPTOR)
    if name not in fields:
        raise ValueError(f'{message.DESCRIPTOR.full_name} has no field "{name}".{did_you_mean(name, fields)}')
    return fields[name]
