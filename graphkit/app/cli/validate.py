"""``graphkit validate``: what is wrong with many graphs, and what they lack, all at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from graphkit.app.cli.failures import FAILED, debug_option
from graphkit.app.cli.flags import FlagSpelling
from graphkit.app.cli.graph_options import modules_option, roots_option
from graphkit.app.cli.upstream import upstream_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graphkit.config import Diagnosis
    from graphkit.errors import ConfigError, Lack

_SUFFIXES: Final = (".pbtxt", ".binarypb")
_SOURCES: Final = {
    "calculator": "write them in Python (docs/tutorial/first_calculator.md), and name their module with --import",
    "subgraph": "put the graph files that declare these types beside the graph or below a --resource_root_dir; if "
    "they are calculators, name their module with --import",
    "options": "they come with the calculator that takes them: name its module with --import",
    "model": "put the file where the graph names it, beside the graph or below a --resource_root_dir",
}


@click.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="For editors and other programs.")
@roots_option
@modules_option
@click.pass_context
@debug_option
def validate_command(
    ctx: click.Context,
    files: tuple[str, ...],
    as_json: bool,
    resource_root_dir: tuple[str, ...],
    modules: tuple[str, ...],
) -> None:
    """Check the graphs FILE..., without running any: all faults of all, each with its line.

    A FILE may be a folder: then every .pbtxt and .binarypb below it. At the end stands what is missing, each once:
    calculators, options, subgraphs, models, and where it could come from. A model that only a side packet asks for
    is no fault, but a warning. Exit status: 0 all can run, 1 some cannot.
    """
    from graphkit.config import diagnose
    from graphkit.framework import Resources
    from graphkit.framework._importing import import_calculators

    import_calculators(modules)
    resources = Resources(resource_root_dir)
    found = [diagnose(path, resources=resources) for path in _graphs(files)]
    click.echo(json.dumps(_as_json(found), indent=2) if as_json else "\n".join(_lines(found)))
    if not all(diagnosis.valid for diagnosis in found):
        ctx.exit(FAILED)


def _graphs(files: Sequence[str]) -> list[Path]:
    """Return the files, and those in folders, in order and each once."""
    from graphkit.errors import UsageError

    paths: dict[Path, None] = {}
    for path in map(_here_or_ours, files):
        if not path.is_dir():
            paths[path] = None
            continue
        inside = sorted(each for each in path.rglob("*") if each.suffix in _SUFFIXES)
        if not inside:
            raise UsageError(f"{path}: there is no graph in this folder, no {' and no '.join(_SUFFIXES)}.")
        paths.update(dict.fromkeys(inside))
    return list(paths)


def _here_or_ours(name: str) -> Path:
    """Return the path as named from here, or that of a graph or folder that comes with graphkit."""
    from graphkit.framework import graphs_dir

    path, ours = Path(name), graphs_dir() / name.removeprefix("graphs/")
    return ours if not path.exists() and ours.exists() else path


def _lines(found: Sequence[Diagnosis]) -> Iterator[str]:
    for diagnosis in found:
        yield from (fault.describe(FlagSpelling()) for fault in diagnosis.faults)
        yield from (f"{warning} (warning)" for warning in diagnosis.warnings)
        count = len(diagnosis.faults) + diagnosis.more
        yield f"{diagnosis.name}: " + ("valid" if not count else f"{count} fault{'s' * (count > 1)}")
    yield from _missing_lines(_graphs_of_lacks(found))
    if len(found) > 1:
        yield f"{sum(diagnosis.valid for diagnosis in found)} of {len(found)} graphs are valid"


def _missing_lines(lacks: dict[Lack, list[str]]) -> Iterator[str]:
    for (kind, source), names in _by_source(lacks).items():
        yield f"missing {kind}{'' if kind == 'options' else 's'} ({source}):"
        yield from names


def _by_source(lacks: dict[Lack, list[str]]) -> dict[tuple[str, str], list[str]]:
    """Return a line for each lack, by its kind and where it could come from."""
    found: dict[tuple[str, str], list[str]] = {}
    for lack, graphs in lacks.items():
        users = graphs[0] if len(graphs) == 1 else f"{len(graphs)} graphs"
        found.setdefault((lack.kind, _source(lack)), []).append(f"  {lack.name} ({users})")
    return found


def _graphs_of_lacks(found: Sequence[Diagnosis]) -> dict[Lack, list[str]]:
    lacks: dict[Lack, list[str]] = {}
    for diagnosis in found:
        for lack in diagnosis.lacks:
            lacks.setdefault(lack, []).append(diagnosis.name)
    return dict(sorted(lacks.items()))


def _source(lack: Lack) -> str:
    """Return where something that is missing could come from."""
    from graphkit.app.cli.advice import fetch_command
    from graphkit.models import model_called

    model = model_called(lack.name) if lack.kind == "model" else None
    if model is not None and not model.shipped:
        return fetch_command(model.name)
    if model is not None:
        return "it comes with graphkit, whose installation is damaged: see graphkit doctor"
    folder = upstream_folder(lack.name) if lack.kind == "calculator" else ""
    return f"MediaPipe has them in {folder}; {_SOURCES[lack.kind]}" if folder else _SOURCES[lack.kind]


def _as_json(found: Sequence[Diagnosis]) -> dict[str, Any]:
    return {
        "valid": all(diagnosis.valid for diagnosis in found),
        "graphs": [
            {
                "file": diagnosis.name,
                "valid": diagnosis.valid,
                "more_faults": diagnosis.more,
                "faults": [
                    *(_fault(fault, "error") for fault in diagnosis.faults),
                    *(_fault(warning, "warning") for warning in diagnosis.warnings),
                ],
            }
            for diagnosis in found
        ],
        "missing": [
            {"kind": lack.kind, "name": lack.name, "graphs": names, "source": _source(lack)}
            for lack, names in _graphs_of_lacks(found).items()
        ],
    }


def _fault(fault: ConfigError, severity: str) -> dict[str, Any]:
    from graphkit.errors import GraphkitError

    where = fault.location
    return {
        "severity": severity,
        "file": None if where is None else where.file,
        "line": None if where is None else where.line or None,
        "column": None if where is None else where.column or None,
        "message": GraphkitError.body(fault, FlagSpelling()),  # without the place
        "node": fault.node or None,
        "calculator": fault.calculator or None,
        "missing": None if fault.lack is None else {"kind": fault.lack.kind, "name": fault.lack.name},
    }
