"""Expands subgraphs: every node that names a graph is replaced by that graph's nodes, until none is left.

A name is looked up among subgraph classes, then calculators, then the files of the search path. Each round
removes the subgraph nodes from the list and appends their inner nodes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from graphkit.config._checking.faults import Faults
from graphkit.config._expansion import switch_container
from graphkit.config._expansion.subgraph import SubgraphContext
from graphkit.config._expansion.subgraph_index import SubgraphIndex
from graphkit.config._options.graph_options import hand_down_options
from graphkit.config._text.names import canonical_names, tag_map
from graphkit.config._text.reader import read
from graphkit.errors import ConfigError, GraphkitError, did_you_mean
from graphkit.framework import _registry as registry
from graphkit.framework import key_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from graphkit.config._model import Entry, GraphConfig, NodeConfig, OptionsMessage
    from graphkit.framework import Resources, SubgraphLike, TagMap

_ONLY_CALCULATORS: Final = ("source_layer", "buffer_size_hint", "output_stream_handler", "input_stream_info")
_NOT_IN_PREFIX: Final = re.compile(r"[. :]")
_MOST_NESTED: Final = 100


class Expander:
    """Expands graphs against one search path.

    Args:
        resources: finds subgraph files.
        faults: collects the faults.
    """

    def __init__(self, resources: Resources, faults: Faults) -> None:
        self._faults = faults
        self._resources = resources
        self._index = SubgraphIndex(resources)
        self._files: dict[Path, GraphConfig] = {}

    def known_types(self) -> set[str]:
        """Return the names of all subgraphs that could be meant."""
        return self._index.known_types() | set(registry.known_subgraphs())

    def expand(self, graph: GraphConfig, overriding: Sequence[OptionsMessage] = ()) -> GraphConfig:
        """Return *graph* without subgraph nodes; what cannot be expanded is marked ``broken`` and reported."""
        from graphkit.config._expansion.candidates import choose_files

        chosen: dict[str, Path] = {}
        while True:
            expanded = graph.copy()
            hand_down_options(expanded, overriding, self._faults)
            undecided: dict[str, list[Path]] = {}
            while self._round(expanded, chosen, undecided):
                pass
            if not undecided:
                return expanded
            decided = choose_files(self, expanded, undecided, self._faults)
            if not decided:
                return expanded
            chosen |= decided

    def template(self, path: Path) -> GraphConfig:
        """Return the graph that a file holds; it is read once and must not be changed."""
        if path not in self._files:
            self._files[path] = read(path, self._faults)
        return self._files[path]

    def alone(self, path: Path) -> GraphConfig:
        """Return the graph of a file expanded on its own, its faults ignored."""
        scratch = Expander(self._resources, Faults())
        scratch._index, scratch._files = self._index, self._files
        return scratch.expand(self.template(path))

    # --- rounds -----------------------------------------------------------------------------------

    def _round(self, graph: GraphConfig, chosen: dict[str, Path], undecided: dict[str, list[Path]]) -> bool:
        """Expand each subgraph node of the list once; return whether there was one."""
        plans = [(node, self._definition(node)) for node in graph.nodes]
        plans.sort(key=lambda plan: plan[1] is not None)
        names = canonical_names([node for node, _ in plans])
        kept: list[NodeConfig] = []
        added: list[NodeConfig] = []
        for (node, meant), name in zip(plans, names, strict=True):
            definition = _pick(meant, name, chosen)
            if isinstance(definition, list):
                undecided[name] = definition
            if definition is None or isinstance(definition, list):
                kept.append(node)
                continue
            inner = self._instance(node, name, definition)
            node.broken = inner is None
            (kept if inner is None else added).extend([node] if inner is None else inner)
        progress = len(kept) < len(graph.nodes)
        graph.nodes = kept + added
        return progress

    def _definition(self, node: NodeConfig) -> type[SubgraphLike] | list[Path] | None:
        """Return the class or the files that a node's name means; None for a calculator or an unknown name."""
        if node.broken or not node.calculator:
            return None
        cls = registry.lookup_subgraph(node.calculator, node.package)
        if cls is not None:
            return cls
        if registry.lookup_calculator(node.calculator, node.package) is not None:
            return None
        files = self._index.find(node.calculator, node.package)
        if not files:
            registry.import_all()  # the name is unknown; it may be in a module that lists no names
        return files or None

    def _instance(
        self, node: NodeConfig, name: str, definition: type[SubgraphLike] | Path
    ) -> list[NodeConfig] | None:
        """Return the nodes that replace *node*; None after reporting why there are none."""
        self._check_fields(node)
        repeated = node.ancestry.count(node.calculator)
        if repeated > (_MOST_NESTED if isinstance(definition, type) else 0):
            path = " > ".join([*node.ancestry, node.calculator])
            self._faults.add(f'subgraph "{node.calculator}" contains itself: {path}', node.place, node=node)
            return None
        inner = self._config_of(node, definition)
        if inner is None:
            return None
        hand_down_options(inner, node.options, self._faults)
        _Connector(node, name, inner, self._faults).connect()
        for made in inner.nodes:
            made.ancestry = (*node.ancestry, node.calculator)
        return inner.nodes

    def _config_of(self, node: NodeConfig, definition: type[SubgraphLike] | Path) -> GraphConfig | None:
        if not isinstance(definition, type):
            return self.template(definition).copy()
        try:
            config = definition().get_config(SubgraphContext(node, self._faults))
            return read(config, self._faults, f"<{node.calculator}>").copy()
        except ConfigError as exc:
            self._faults.add(f"node {node.title}: {exc.message}", node.place, exc, node=node)
        except GraphkitError as exc:
            self._faults.add(f"node {node.title}: {exc}", node.place, exc, node=node)
        except Exception as exc:  # get_config is the author's code: any error it raises is a fault of the node
            self._faults.add(
                f"node {node.title}: get_config failed: {type(exc).__name__}: {exc}", node.place, exc, node=node
            )
        return None

    def _check_fields(self, node: NodeConfig) -> None:
        for field, _ in node.message.ListFields():
            if field.name in _ONLY_CALCULATORS:
                self._faults.add(
                    f"node {node.title} is a subgraph: the field {field.name} is for calculators only; "
                    "set it on a node inside of the subgraph",
                    node.place_of(field.name),
                    node=node,
                )


def _pick(
    meant: type[SubgraphLike] | list[Path] | None, name: str, chosen: dict[str, Path]
) -> type[SubgraphLike] | Path | list[Path] | None:
    """Return what a node means: a class, its one file, the file chosen for it, or else all files."""
    if not isinstance(meant, list):
        return meant
    return meant[0] if len(meant) == 1 else chosen.get(name, meant)


class _Connector:
    """Replaces a subgraph's interface by the caller's streams, and prefixes all other names."""

    def __init__(self, caller: NodeConfig, name: str, inner: GraphConfig, faults: Faults) -> None:
        self._caller, self._inner, self._faults = caller, inner, faults
        self._prefix = _NOT_IN_PREFIX.sub("_", name.lower()) + "__"

    def connect(self) -> None:
        caller, inner = self._caller, self._inner
        streams, left_out = self._match("input stream", inner.inputs, caller.inputs)
        streams |= self._match("output stream", inner.outputs, caller.outputs)[0]
        sides, sides_left_out = self._match(
            "input side packet", inner.input_side_packets, caller.input_side_packets
        )
        sides |= self._match("output side packet", inner.output_side_packets, caller.output_side_packets)[0]
        names = canonical_names(inner.nodes)
        for node, name in zip(inner.nodes, names, strict=True):
            node.name = self._prefix + name
            node.inputs = [entry for entry in node.inputs if entry.name not in left_out]
            node.input_side_packets = [e for e in node.input_side_packets if e.name not in sides_left_out]
            node.rename(lambda s: streams.get(s) or self._prefix + s, lambda s: sides.get(s) or self._prefix + s)

    def _match(
        self, noun: str, declared: Iterable[Entry], given: Iterable[Entry]
    ) -> tuple[dict[str, str], set[str]]:
        """Return the caller's name of each interface name, and the interface names that the caller leaves out."""
        title = self._caller.title
        has = tag_map(list(declared), f'subgraph "{self._caller.calculator}"', self._faults)
        wants = tag_map(list(given), f"node {title}", self._faults)
        if has is None or wants is None:
            return {}, set()
        matched: dict[str, str] = {}
        for tag in wants.tags():
            if wants.count(tag) > has.count(tag):
                place = [entry.place for entry in given if entry.tag == tag][has.count(tag)]
                self._faults.add(f"node {title}: {self._mismatch(noun, tag, wants.count(tag), has)}", place)
            for own, theirs in zip(has.ids_of(tag), wants.ids_of(tag), strict=False):
                matched[has.names[own]] = wants.names[theirs]
        return matched, {name for name in has.names if name not in matched}

    def _mismatch(self, noun: str, tag: str, wanted: int, has: TagMap) -> str:
        subgraph = f'subgraph "{self._caller.calculator}" ({self._inner.source.location.file})'
        if not has.count(tag):
            known = [t for t in has.tags() if t]
            found = f'{noun} with tag "{tag}"' if tag else f"{noun} without a tag"
            takes = ", ".join(key_label(key) for key in has) or "none"
            return f"{subgraph} has no {found}; it takes {takes}.{did_you_mean(tag, known) if tag else ''}"
        what = f'tag "{tag}"' if tag else "no tag"
        return f"it connects {wanted} {noun}s with {what}, but {subgraph} has {has.count(tag)}"


switch_container.install()
