"""``graphkit graph``: show the graph that would run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from graphkit.app.cli.failures import debug_option
from graphkit.app.cli.graph_options import modules_option, overrides_option, roots_option

if TYPE_CHECKING:
    from pathlib import Path

    from graphkit.framework import Resources


@click.command("graph")
@click.argument("graph")
@click.option("--mermaid", is_flag=True, help="A Mermaid flowchart instead of text, as draw makes it.")
@click.option("--streams", is_flag=True, help="Every stream and side packet with its type instead of text.")
@roots_option
@overrides_option
@modules_option
@debug_option
def graph_command(
    graph: str,
    mermaid: bool,
    streams: bool,
    resource_root_dir: tuple[str, ...],
    overrides: tuple[str, ...],
    modules: tuple[str, ...],
) -> None:
    """Print GRAPH as it runs: subgraphs expanded, names made unique, options set.

    The graph is validated too; whatever is wrong with it is reported with its place.
    """
    from graphkit.app.cli.loading import find_graph
    from graphkit.framework import Resources
    from graphkit.framework._importing import import_calculators

    import_calculators(modules)
    resources = Resources(resource_root_dir)
    path = find_graph(graph, resources)
    click.echo(_described(path, resources, overrides, mermaid=mermaid, streams=streams))


def _described(
    path: Path, resources: Resources, overrides: tuple[str, ...], *, mermaid: bool, streams: bool
) -> str:
    from graphkit import config
    from graphkit.app.cli.stream_table import stream_table

    plan = config.load(path, resources=resources, overrides=overrides)
    if mermaid:
        from graphkit.insight import draw

        return draw(plan, "mmd").rstrip()
    if streams:
        return stream_table(plan)
    return config.to_pbtxt(config.expand(config.parse(path), resources=resources, overrides=overrides)).rstrip()
