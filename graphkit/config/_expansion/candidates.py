"""Chooses among several files that declare one subgraph type, by their packet types.

``HandRendererSubgraph``, for instance, is declared once for frames on the CPU and once for the GPU. The file
whose interface agrees with the types of the caller's streams is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphkit.config._checking.contracts import build_nodes
from graphkit.config._checking.faults import Faults
from graphkit.config._checking.type_resolution import resolve_types
from graphkit.config._checking.wiring import connect
from graphkit.config._text.names import canonical_names, keyed
from graphkit.framework import ANY, key_label
from graphkit.framework._packet_type import compatible

if TYPE_CHECKING:
    from pathlib import Path

    from graphkit.config._expansion.expansion import Expander
    from graphkit.config._model import GraphConfig, NodeConfig
    from graphkit.framework import PacketType

_SIDES: Final = ("inputs", "outputs", "input_side_packets", "output_side_packets")


def choose_files(
    expander: Expander, graph: GraphConfig, undecided: dict[str, list[Path]], faults: Faults
) -> dict[str, Path]:
    """Return the file of each undecided node that can be decided now, by the node's name.

    If none can be decided, every undecided node is reported and marked broken.
    """
    types = _stream_types(graph)
    named = dict(zip(canonical_names(graph.nodes), graph.nodes, strict=True))
    nodes = {name: node for name, node in named.items() if name in undecided}
    refusals = {name: {f: _refusal(expander, nodes[name], f, types) for f in undecided[name]} for name in nodes}
    decided = {}
    for name, reasons in refusals.items():
        fitting = [path for path, reason in reasons.items() if not reason]
        if len(fitting) == 1:
            decided[name] = fitting[0]
    if decided:
        return decided
    for name, reasons in refusals.items():
        node = nodes[name]
        node.broken = True
        faults.add(f"node {node.title}: {_report(node.calculator, reasons)}", node.place, node=node)
    return {}


def _report(calculator: str, reasons: dict[Path, str]) -> str:
    if all(reasons.values()):
        listing = "; ".join(f"{path}: {reason}" for path, reason in reasons.items())
        return f'none of the files that declare subgraph "{calculator}" fits: {listing}.'
    listing = " and ".join(str(path) for path, reason in reasons.items() if not reason)
    return (
        f'subgraph "{calculator}" is declared by several files, and packet types do not decide which is meant: '
        f"{listing}. Give one of them another type, or take it off the search path."
    )


def _stream_types(graph: GraphConfig) -> dict[tuple[str, str], PacketType]:
    """Return the type of each stream and side packet, by sort and name, as far as the calculators declare it."""
    scratch = Faults()
    known = graph.copy()
    nodes = build_nodes(known, scratch)
    wiring = connect(known, nodes, scratch)
    types = resolve_types(nodes, wiring, scratch)
    found = {("stream", edge.name): types.get(id(edge), ANY) for edge in wiring.streams.values()}
    return found | {("side", edge.name): types.get(id(edge), ANY) for edge in wiring.side_packets.values()}


def _refusal(expander: Expander, node: NodeConfig, path: Path, types: dict[tuple[str, str], PacketType]) -> str:
    """Return why a file cannot be what *node* means, "" if it can."""
    template = expander.template(path)
    inner = _stream_types(expander.alone(path))
    for side in _SIDES:
        sort = "side" if "side" in side else "stream"
        declared = keyed(getattr(template, side))
        for key, entry in keyed(getattr(node, side)).items():
            if key not in declared:
                return f"it has no {side[:-1].replace('_', ' ')} {key_label(key)}"
            ours = types.get((sort, entry.name), ANY)
            theirs = inner.get((sort, declared[key].name), ANY)
            produced, consumed = (theirs, ours) if "output" in side else (ours, theirs)
            if not compatible(produced, consumed):
                return f'{key_label(key)} is {theirs}, but "{entry.name}" is {ours}'
    return ""
