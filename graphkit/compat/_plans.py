"""Plans of graphs for solutions, made once in a process: a second solution of the kind starts at once."""

from __future__ import annotations

import dataclasses
import threading
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from graphkit import Resources, config
from graphkit.compat._messages import MODIFIABLE
from graphkit.config._text.names import canonical_names
from graphkit.errors import GraphkitError, GraphValidationError, ResourceNotFoundError
from graphkit.framework import opencv
from graphkit.inference import preload
from graphkit.inference._onnx_runtime import onnx_runtime

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from graphkit.config import GraphPlan, NodePlan
    from graphkit.inference._preload import WantedModel

_MOST_KEPT: Final = 32
_lock: Final = threading.Lock()
_kept: Final[OrderedDict[Any, Planned]] = OrderedDict()

Planned: TypeAlias = "tuple[GraphPlan, Resources]"


@dataclasses.dataclass(frozen=True, slots=True)
class Wishes:
    """The changes that a program asks for in a graph.

    Attributes:
        parameters: ``NODE.FIELD=VALUE`` of the expanded graph.
        options: the graph's options message, None for none; with its type and bytes it is a key.
        defaults: calculators whose options are left at their defaults.
        texts: the parameters that are given as text.
    """

    parameters: tuple[str, ...]
    options: Any
    defaults: frozenset[str]
    texts: tuple[str, ...] = ()

    @classmethod
    def of(cls, parameters: Mapping[str, Any], options: Any, defaults: Collection[str]) -> Wishes:
        """Return the changes; raises ValueError for a parameter that is not ``node.field``."""
        texts = tuple(name for name, value in parameters.items() if isinstance(value, str | bytes))
        return cls(tuple(_override(*item) for item in parameters.items()), options, frozenset(defaults), texts)

    @property
    def key(self) -> tuple[Any, ...]:
        """A key that is equal for equal changes."""
        options = None if self.options is None else (type(self.options), self.options.SerializeToString())
        return self.parameters, options, self.defaults, self.texts


def plan_of(path: str | None, graph: Any, wishes: Wishes) -> Planned:
    """Return the plan of a graph file, or of a config, and where its files are found.

    Raises:
        ResourceNotFoundError: there is no such file, under this ending or the other one.
        GraphValidationError, ConfigError: the graph is not valid, or lacks what the changes name.
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


def plan_ahead(
    path: str,
    parameters: Mapping[str, Any] | None = None,
    defaults: Collection[str] = (),
    *,
    models: Iterable[WantedModel] = (),
) -> None:
    """Read a graph file, and load what every solution runs on, when a solution is imported.

    mediapipe's own import does the like, so programs expect the first object and its first answer to be quick. A
    graph that cannot be read fails when an object is made, with the words for it. Models load meanwhile, on other
    threads.

    Args:
        path: of the graph.
        parameters: those of an object that is made without any.
        defaults: calculators whose options are left at their defaults.
        models: those of an object that is made without any.
    """
    onnx_runtime()
    preload(models)
    opencv()
    with suppress(GraphkitError, ValueError, RuntimeError):
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
    # The shipped files are valid: only what a program brings, or sets as text, is looked at.
    if wishes.texts or (wishes.parameters and not isinstance(graph, Path)):
        _check_parameters(_nodes(graph, resources), wishes)
    try:
        plan = config.load(graph, resources=resources, graph_options=options, overrides=wishes.parameters)
    except GraphValidationError as exc:
        raise _refused(_nodes(graph, resources), wishes, exc) from exc
    nodes = tuple(_with_defaults(node) if node.calculator in wishes.defaults else node for node in plan.nodes)
    return dataclasses.replace(plan, nodes=nodes, executors=_executors(plan))


def _executors(plan: GraphPlan) -> tuple[config.ExecutorPlan, ...]:
    """Return the executors, with the program's thread among the default ones: it waits for every frame."""
    if plan.num_threads or any(not executor.name for executor in plan.executors):
        return plan.executors
    return (*plan.executors, config.ExecutorPlan("", "WaitingThreadExecutor", {}))


def _with_defaults(node: NodePlan) -> NodePlan:
    return dataclasses.replace(node, options={cls: cls() for cls in node.options})


def _nodes(graph: Any, resources: Resources) -> dict[str, config.NodeConfig]:
    """Return the nodes of the expanded graph by their names."""
    nodes = config.expand(config.parse(graph), resources=resources).nodes
    return dict(zip(canonical_names(nodes), nodes, strict=True))


def _check_parameters(nodes: Mapping[str, config.NodeConfig], wishes: Wishes) -> None:
    """Raise what mediapipe raises for parameters that it does not take, before they are set.

    Raises:
        ValueError: a node has options in both notations.
        TypeError: a number is given as text.
    """
    for parameter in wishes.parameters:
        name = parameter.partition(".")[0]
        if name in nodes and len({options.in_any for options in nodes[name].options}) > 1:
            raise ValueError(
                f"Cannot modify the calculator options of {name} because it has both options and node_options "
                "fields. Leave one of them in the graph"
            )
    for text in wishes.texts:
        name = text.partition(".")[0]
        if name in nodes and nodes[name].calculator in MODIFIABLE:
            raise TypeError(f"must be real number, not str: {text}")


def _refused(nodes: Mapping[str, config.NodeConfig], wishes: Wishes, error: GraphValidationError) -> Exception:
    """Return what mediapipe raises for parameters that could not be set, or *error* if that is not the fault."""
    if not any(fault.location and fault.location.parameter for fault in error.faults):
        return error
    for parameter in wishes.parameters:
        name, _, field = parameter.partition("=")[0].partition(".")
        if name not in nodes:
            return ValueError(f"Not all calculator params are valid. {error}")
        options = MODIFIABLE.get(nodes[name].calculator)
        if options is None:
            return ValueError(f"Modifying the calculator options of {name} is not supported. {error}")
        if field not in config.options_message(options).DESCRIPTOR.fields_by_name:
            return KeyError(f"{field}: {error}")
    return TypeError(str(error))


def _override(name: str, value: Any) -> str:
    if name.count(".") != 1:
        raise ValueError(f'The key "{name}" in the calculator_params is invalid: write "node.field"')
    if isinstance(value, bool):
        return f"{name}={str(value).lower()}"
    if isinstance(value, list | tuple):
        return f"{name}=[{', '.join(map(str, value))}]"
    return f"{name}={value}"
