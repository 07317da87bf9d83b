"""From a config to its plan in one call."""

from __future__ import annotations

import dataclasses
import logging
from typing import TYPE_CHECKING, Any, Final

from graphkit.config._checking.faults import Faults
from graphkit.config._checking.planning import make_plan
from graphkit.config._expansion.expansion import Expander
from graphkit.config._model import OptionsMessage
from graphkit.config._options.messages import to_message
from graphkit.config._options.overrides import apply_overrides
from graphkit.config._text.reader import path_of, read
from graphkit.framework import Resources

_LOG: Final = logging.getLogger(__name__)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from graphkit.config._model import GraphConfig
    from graphkit.config._plan import GraphPlan
    from graphkit.config._text.reader import ConfigLike


def load(
    config: ConfigLike,
    *,
    resources: Resources | None = None,
    graph_options: Sequence[Any] = (),
    overrides: Sequence[str] = (),
) -> GraphPlan:
    """Read, expand and validate a graph.

    Args:
        config: a path, the text, the bytes or a message.
        resources: finds subgraph files, besides the folder of the graph.
        graph_options: options of the graph: instances of options classes, or messages.
        overrides: ``NODE.FIELD=VALUE``, set on options of the expanded graph.

    Raises:
        GraphValidationError: everything that is wrong with the graph, each with file, line and column.
        PbtxtSyntaxError: a file that is no text format.
        ResourceNotFoundError: no such file.
        ConfigError: bytes that are no config.
    """
    faults = Faults()
    graph = read(config, faults)
    expander = Expander(search_path(graph, resources), faults)
    expanded = expander.expand(graph, _graph_options(graph_options))
    apply_overrides(expanded, overrides, faults)
    plan = make_plan(expanded, faults, expander.known_types)
    faults.check()
    for warning in faults.warnings:
        _LOG.warning("%s", warning)
    if plan is None:
        raise AssertionError("a graph without a plan has faults")
    return plan


def expand(
    graph: GraphConfig,
    *,
    resources: Resources | None = None,
    graph_options: Sequence[Any] = (),
    overrides: Sequence[str] = (),
) -> GraphConfig:
    """Return a parsed graph with its subgraphs expanded; arguments and errors as in `load`."""
    faults = Faults()
    expanded = Expander(search_path(graph, resources), faults).expand(graph, _graph_options(graph_options))
    apply_overrides(expanded, overrides, faults)
    faults.check()
    return expanded


def search_path(config: ConfigLike, resources: Resources | None = None) -> Resources:
    """Return the search path of a graph: *resources*, and the graph's own folder if it has one."""
    resources = Resources() if resources is None else resources
    path = path_of(config)
    return resources if path is None else resources.beside(path)


def _graph_options(given: Sequence[Any]) -> list[OptionsMessage]:
    messages: list[Message] = [to_message(o) if dataclasses.is_dataclass(o) else o for o in given]
    return [OptionsMessage(message, in_any=True) for message in messages]
