"""All faults of a graph and all that it lacks, without an exception: for editors and for many graphs."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphkit.config._checking.faults import Faults
from graphkit.config._checking.planning import make_plan
from graphkit.config._expansion.expansion import Expander
from graphkit.config._loading import search_path
from graphkit.config._options.overrides import apply_overrides
from graphkit.config._text.layout import is_repeated
from graphkit.config._text.reader import path_of, read
from graphkit.errors import ConfigError, GraphkitError, GraphValidationError, Lack, Location, ResourceNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from google.protobuf.message import Message

    from graphkit.config._model import GraphConfig, NodeConfig
    from graphkit.config._plan import GraphPlan
    from graphkit.config._text.reader import ConfigLike
    from graphkit.framework import Resources

_MODELS: Final = frozenset({".tflite", ".onnx", ".task"})
_SWITCH: Final = "SwitchContainer"


class Diagnosis(NamedTuple):
    """The faults and warnings of a graph.

    Attributes:
        name: its file, or the name used instead.
        faults: why it is refused or cannot run, by file and line.
        warnings: what is probably not intended, and models that only some side packets select.
        more: how many further faults were only counted: a few hundred are kept.
    """

    name: str
    faults: tuple[ConfigError, ...]
    warnings: tuple[ConfigError, ...]
    more: int = 0

    @property
    def valid(self) -> bool:
        """Whether it can run."""
        return not self.faults

    @property
    def lacks(self) -> tuple[Lack, ...]:
        """What is missing, each once: calculators, subgraphs, options messages, models."""
        found = (fault.lack for fault in self.faults)
        return tuple(dict.fromkeys(lack for lack in found if lack is not None))


def diagnose(
    config: ConfigLike, *, resources: Resources | None = None, overrides: Sequence[str] = ()
) -> Diagnosis:
    """Return what is wrong with a graph; none of its faults raises.

    It is read, expanded and validated as by `load`, and the models that its options name are searched for.

    Args:
        config: a path, the text, the bytes or a message.
        resources: finds subgraph files and models, besides the folder of the graph.
        overrides: ``NODE.FIELD=VALUE``, set on options of the expanded graph.
    """
    faults = Faults()
    name = str(path_of(config) or "<graph>")
    raised: list[ConfigError] = []
    try:
        graph = read(config, faults)
        searched = search_path(graph, resources)
        expander = Expander(searched, faults)
        expanded = expander.expand(graph)
        apply_overrides(expanded, overrides, faults)
        make_plan(expanded, faults, expander.known_types)
        _look_for_models(expanded, searched, faults)
    except GraphkitError as exc:
        raised = list(_as_faults(exc, name))
    return Diagnosis(name, (*raised, *faults.in_order()), tuple(faults.warnings), faults.more)


class Examined(NamedTuple):
    """A graph, expanded as far as possible.

    Attributes:
        graph: the expanded graph.
        plan: None if it is not valid.
        faults: why not, by file and line.
    """

    graph: GraphConfig
    plan: GraphPlan | None
    faults: tuple[ConfigError, ...]


def examine(config: ConfigLike, *, resources: Resources | None = None, overrides: Sequence[str] = ()) -> Examined:
    """Return a graph as `load` sees it, even if `load` refuses it; arguments as in `diagnose`.

    Raises:
        PbtxtSyntaxError, ResourceNotFoundError, ConfigError: it cannot be read.
    """
    faults = Faults()
    graph = read(config, faults)
    expander = Expander(search_path(graph, resources), faults)
    expanded = expander.expand(graph)
    apply_overrides(expanded, overrides, faults)
    plan = make_plan(expanded, faults, expander.known_types)
    return Examined(expanded, plan, tuple(faults.in_order()))


def _as_faults(error: GraphkitError, name: str) -> Iterator[ConfigError]:
    """Yield an error that ended the reading as faults of a file."""
    if isinstance(error, GraphValidationError):
        yield from error.faults
    elif isinstance(error, ConfigError) and error.location is not None:
        yield error
    else:
        lost = isinstance(error, ResourceNotFoundError) and error.name == name
        fault = ConfigError("there is no such file." if lost else str(error), Location(name))
        fault.__cause__ = error
        yield fault


def _look_for_models(graph: GraphConfig, resources: Resources, faults: Faults) -> None:
    """Report missing models that options name; one that a switch chooses is only a warning."""
    for node in graph.nodes:
        for model in dict.fromkeys(_models_of(node)):
            try:
                resources.resolve(model)
            except ResourceNotFoundError as exc:
                _report_model(node, model, exc, faults)


def _report_model(node: NodeConfig, model: str, cause: ResourceNotFoundError, faults: Faults) -> None:
    place = node.options[0].place if node.options else node.place
    if _SWITCH in node.ancestry:
        faults.warn(f'the model "{model}", one of several that a side packet chooses from, was not found', place)
        return
    said = f'node {node.title}: the model "{model}" was not found'
    faults.add(said, place, cause, node=node, lack=Lack("model", model))


def _models_of(node: NodeConfig) -> Iterator[str]:
    for options in node.options:
        yield from _models_in(options.message)


def _models_in(message: Message) -> Iterator[str]:
    for field, value in message.ListFields():
        several: Any = value if is_repeated(field) else [value]
        if field.message_type is not None:
            for inner in several:
                yield from _models_in(inner)
        elif field.type == field.TYPE_STRING:
            yield from (text for text in several if PurePosixPath(text).suffix in _MODELS)
