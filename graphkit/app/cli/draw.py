"""``graphkit draw``: a graph as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from graphkit.app.cli.failures import debug_option
from graphkit.app.cli.graph_options import modules_option, overrides_option, roots_option


@click.command("draw")
@click.argument("graph")
@click.option("-o", "--output", required=True, metavar="FILE", help="A .svg, .html, .dot or .mmd file.")
@click.option("--profile", metavar="FILE", help="The JSON of run --profile: nodes are coloured by their time.")
@roots_option
@overrides_option
@modules_option
@debug_option
def draw_command(
    graph: str,
    output: str,
    profile: str | None,
    resource_root_dir: tuple[str, ...],
    overrides: tuple[str, ...],
    modules: tuple[str, ...],
) -> None:
    """Draw GRAPH: subgraphs as boxes (in .html they fold), types, back edges and side packets.

    Of a graph that is not valid what can be drawn is drawn, its faults are marked, and the exit status is 1.
    """
    from graphkit.app.cli.failures import FAILED, told
    from graphkit.app.cli.loading import find_graph
    from graphkit.app.cli.output import tell
    from graphkit.framework import Resources
    from graphkit.framework._importing import import_calculators
    from graphkit.insight._draw import drawing_of

    import_calculators(modules)
    resources = Resources(resource_root_dir)
    path = find_graph(graph, resources)
    form = _format_of(output)
    measured = None if profile is None else _read_profile(profile)
    text, faults = drawing_of(path, form, profile=measured, resources=resources, overrides=overrides)
    _write(Path(output), text)
    click.echo(output)
    for fault in faults:
        tell("error: ", fg="red", nl=False)
        tell(told(fault))
    if faults:
        raise click.exceptions.Exit(FAILED)


def _format_of(output: str) -> str:
    from graphkit.errors import UsageError
    from graphkit.insight._draw import FORMATS

    form = Path(output).suffix.removeprefix(".").lower()
    if form not in FORMATS:
        endings = ", ".join(f".{each}" for each in FORMATS)
        raise UsageError(f"{output}: a drawing ends in {endings}.", parameter="output_drawing")
    return form


def _read_profile(name: str) -> dict[str, Any]:
    import json

    from graphkit.errors import InputError

    try:
        profile = json.loads(Path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise InputError(f"cannot be read as the JSON of a profile: {exc}", path=name) from exc
    if not isinstance(profile, dict) or not isinstance(profile.get("nodes"), list):
        raise InputError('is no profile: it has no list "nodes"', path=name)
    return profile


def _write(path: Path, text: str) -> None:
    from graphkit.errors import OutputError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise OutputError(f"cannot be written: {exc.strerror or exc}", path=path) from exc
