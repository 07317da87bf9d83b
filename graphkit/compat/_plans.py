"""Plans of graphs for solutions, made once in a process: a second solution of the kind starts at once."""

from __future__ import annotations

import dataclasses
import threading
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from graphkit import Resources, config
from graphkit.errors import GraphkitError, ResourceNotFoundError
from graphkit.framework import opencv
from graphkit.inference._onnx_runtime import onnx_runtime

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from graphkit.config import GraphPlan, NodePlan

_MOST_KEPT: Final = 32
_lock: Final = threading.Lock()
_kept: Final[OrderedDict[Any, Planned]] = OrderedDict()

Planned: TypeAlias = "tuple[GraphPlan, Resources]"


@dataclasses.dataclass(frozen=True, slots=True)
class Wishes:
    """What a program wants changed in a graph.

    Attributes:
        parameters: ``NODE.FIELD=VALUE`` of the expanded graph.
        options: the graph's options message, None for none; with its type and bytes it is a key.
        defaults: calculators whose options are left at their defaults.
    """

    parameters: tuple[str, ...]
    options: Any
    defaults: frozenset[str]

    @classmethod
    def of(cls, parameters: Mapping[str, Any], options: Any, defaults: Collection[str]) -> Wishes:
        """Return the wishes; raises ValueError for a parameter that is not ``node.field``."""
        return cls(tuple(_override(*item) for item in parameters.items()), options, frozenset(defaults))

    @property
    def key(self) -> tuple[Any, ...]:
        """What two wishes for the same have in common."""
        options = None if self.options is None else (type(self.options), self.options.SerializeToString())
        return self.parameters, options, self.defaults


def plan_of(path: str | None, graph: Any, wishes: Wishes) -> Planned:
    """Return the plan of a graph file, or of a config, and where its files are found.

    Raises:
        ResourceNotFoundError: there is no such file, under this ending or the other one.
        GraphValidationError, ConfigError: the graph is not valid, or lacks what the wishes name.
    """
    if path is None:
        resources = Resources()
        return _planned(graph, resources, wishes), resources
    found = graph_file(path)
    key = (found, found.stat().st_mtime_ns, wishes.key)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    resources = config.search_path(found)
    planned = _planned(found, resources, wishes), resources
    with _lock:
        _kept[key] = planned
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return planned


def plan_ahead(path: str, parameters: Mapping[str, Any] | None = None, defaults: Collection[str] = ()) -> None:
    """Read a graph file, and load what every solution runs on, when a solution is imported.

    mediapipe's own import does the like, so programs expect the first object and its first answer to be quick. A
    graph that cannot be read fails when an object is made, with the words for it.

    Args:
        path: of the graph.
        parameters: those of an object that is made without any.
        defaults: calculators whose options are left at their defaults.
    """
    opencv()
    onnx_runtime()
    with suppress(GraphkitError):
        plan_of(path, None, Wishes.of(parameters or {}, None, defaults))


def graph_file(path: str) -> Path:
    """Return the file of a graph; what is binary in MediaPipe's package is text here."""
    resources = Resources()
    try:
        return resources.find_graph(path)
    except ResourceNotFoundError:
        text = Path(path).with_suffix(".pbtxt")
        if Path(path).suffix != ".binarypb":
            raise
        return resources.find_graph(text)


def _planned(graph: Any, resources: Resources, wishes: Wishes) -> GraphPlan:
    options = () if wishes.options is None else (wishes.options,)
    plan = config.load(graph, resources=resources, graph_options=options, overrides=wishes.parameters)
    if not wishes.defaults:
        return plan
    nodes = tuple(_with_defaults(node) if node.calculator in wishes.defaults else node for node in plan.nodes)
    return dataclasses.replace(plan, nodes=nodes)


def _with_defaults(node: NodePlan) -> NodePlan:
    return dataclasses.replace(node, options={cls: cls() for cls in node.options})


def _override(name: str, value: Any) -> str:
    if name.count(".") != 1:
        raise ValueError(f'The key "{name}" in the calculator_params is invalid: write "node.field"')
    if isinstance(value, bool):
        return f"{name}={str(value).lower()}"
    if isinstance(value, list | tuple):
        return f"{name}=[{', '.join(map(str, value))}]"
    return f"{name}={value}"
