"""draw: a graph as a picture, in formats for browsers, papers and other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphkit import config
from graphkit.config import GraphPlan
from graphkit.errors import ArgumentError
from graphkit.insight._drawing.html import to_html
from graphkit.insight._drawing.reading import add_profile, picture_of_config, picture_of_plan
from graphkit.insight._drawing.svg import to_svg
from graphkit.insight._drawing.texts import to_dot, to_mermaid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphkit.errors import ConfigError
    from graphkit.framework import Resources

FORMATS: Final = {"svg": to_svg, "html": to_html, "dot": to_dot, "mmd": to_mermaid}
"""The function that makes the text of each format, by file extension."""


def draw(
    graph: Any,
    form: str = "svg",
    *,
    profile: Mapping[str, Any] | None = None,
    resources: Resources | None = None,
    overrides: Sequence[str] = (),
    title: str = "",
) -> str:
    """Return the drawing of a graph: subgraphs as boxes, types at the streams, back edges and side packets apart.

    An invalid graph is drawn as far as possible, with its faults at the nodes.

    Args:
        graph: as for `CalculatorGraph`: a path, text, bytes, a message or a plan.
        form: "svg", "html" (boxes fold), "dot" (Graphviz) or "mmd" (Mermaid).
        profile: the JSON of a profile of a run; nodes are coloured by their share of the time.
        resources: where subgraphs are found.
        overrides: ``NODE.FIELD=VALUE``, set on options of the expanded graph.
        title: of the drawing; "" for the graph's type or file.

    Raises:
        ArgumentError: there is no such format.
        ConfigError, ResourceNotFoundError: the graph cannot be read.
    """
    return drawing_of(graph, form, profile=profile, resources=resources, overrides=overrides, title=title)[0]


def drawing_of(
    graph: Any,
    form: str,
    *,
    profile: Mapping[str, Any] | None = None,
    resources: Resources | None = None,
    overrides: Sequence[str] = (),
    title: str = "",
) -> tuple[str, tuple[ConfigError, ...]]:
    """Return the drawing as `draw` does, and the faults of the graph."""
    if form not in FORMATS:
        raise ArgumentError(f'there is no drawing as "{form}"; one of {", ".join(FORMATS)}', parameter="form")
    faults: tuple[ConfigError, ...] = ()
    if isinstance(graph, GraphPlan):
        picture = picture_of_plan(graph, title)
    else:
        path = config.path_of(graph)
        title = title or (Path(path).stem if path is not None else "")
        examined = config.examine(graph, resources=resources, overrides=overrides)
        faults = examined.faults
        if examined.plan is not None:
            picture = picture_of_plan(examined.plan, title)
        else:
            picture = picture_of_config(examined.graph, faults, title)
    if profile is not None:
        add_profile(picture, profile)
    return FORMATS[form](picture), faults
