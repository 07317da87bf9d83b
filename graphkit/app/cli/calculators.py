"""``graphkit calculators``: the calculators and subgraphs to build graphs from."""

from __future__ import annotations

import inspect
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import click

from graphkit.app.cli.failures import debug_option
from graphkit.app.cli.graph_options import modules_option

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from graphkit.framework import Resources


@click.command("calculators")
@click.argument("name", required=False)
@modules_option
@click.option("--resource_root_dir", multiple=True, metavar="DIR", help="Where subgraphs are looked for first.")
@debug_option
def calculators_command(name: str | None, modules: tuple[str, ...], resource_root_dir: tuple[str, ...]) -> None:
    """List all calculators and subgraphs with a line each, or show the one called NAME.

    Shown are what it does, its ports and its options, and where it stands if it is your own.
    """
    from graphkit.framework import Resources
    from graphkit.framework import _registry as registry
    from graphkit.framework._importing import import_calculators

    import_calculators(modules)
    resources = Resources(resource_root_dir)
    if name is not None:
        click.echo("\n".join(_shown(name, resources)))
        return
    _list(registry.calculator_summaries().items())
    from graphkit.app.cli.subgraphs import subgraph_summaries

    click.echo("\nSubgraphs:")
    _list(subgraph_summaries(resources).items())


def _list(entries: Iterable[tuple[str, str]]) -> None:
    lines = dict(sorted(entries))
    width = max(map(len, lines), default=0)
    for name, line in lines.items():
        click.echo(f"{name:{width}}  {line}".rstrip())


def _shown(name: str, resources: Resources) -> Iterator[str]:
    """Yield the lines on a calculator, or on the subgraphs, of that name."""
    from graphkit.app.cli.subgraphs import described_subgraphs, subgraph_names
    from graphkit.errors import UnknownCalculatorError
    from graphkit.framework import _registry as registry

    cls = registry.lookup_calculator(name)
    if cls is not None:
        yield from _described(name, cls)
        return
    shown = list(described_subgraphs(name, resources))
    if not shown:
        raise UnknownCalculatorError(name, {*registry.calculator_names(), *subgraph_names(resources)})
    yield from shown


def _described(name: str, cls: type[Any]) -> Iterator[str]:
    from graphkit.errors._places import place_of

    yield name
    yield ""
    yield inspect.cleandoc(cls.__doc__ or "") or "(no description)"
    ports = [*_stream_lines(cls), *(line for attribute in _attributes(cls) if (line := _port_line(attribute)))]
    if ports:
        yield ""
        yield "Ports:"
        yield from ports
    for options in _options_classes(cls):
        yield ""
        yield from _options_lines(options)
    if cls.__module__.partition(".")[0] != "graphkit_calculators":
        yield ""
        yield f"In {place_of(cls)}"


def _attributes(cls: type[Any]) -> Iterator[Any]:
    for base in reversed(cls.__mro__):
        yield from vars(base).values()


_UNNAMED: Final = " (a graph may leave it out)"
"""Of an output, "optional" would read as if it carried nothing at times."""


def _stream_lines(cls: type[Any]) -> Iterator[str]:
    """Yield a line for each stream of a calculator made from a function, which has two ways to name it."""
    for position, stream in enumerate(getattr(cls, "function_inputs", ())):
        optional = "" if stream.required else ", optional"
        yield f"  input {stream.tag} (or untagged, {position}): {stream.type}{optional}"
    for position, stream in enumerate(getattr(cls, "function_outputs", ())):
        tag = f"{stream.tag} (or untagged, {position})" if stream.tag else f"(untagged, {position})"
        yield f"  output {tag}: {stream.type}{_UNNAMED}"


def _port_line(port: Any) -> str:
    from graphkit.framework._ports import Port

    if not isinstance(port, Port):
        return ""
    side = port.side.replace("_", " ").removesuffix("s")
    optional = _UNNAMED if side.startswith("output") else ", optional"
    flags = optional * port.optional + ", repeated" * port.repeated
    return f"  {side} {port.tag or f'(untagged, {port.index})'}: {port.packet_type}{flags}"


def _options_classes(cls: type[Any]) -> list[type[Any]]:
    from graphkit.framework import Options

    return [value.cls for value in _attributes(cls) if isinstance(value, Options)]


def _options_lines(options: type[Any]) -> Iterator[str]:
    from graphkit.framework._options import schema_of

    schema = schema_of(options)
    yield f"Options ({options.__name__}), in a graph:"
    yield f"  node_options {{ [type.googleapis.com/{schema.full_name}] {{ ... }} }}"
    for field in schema.fields:
        kind = field.message or field.type.__name__
        value = field.default.name if isinstance(field.default, Enum) else field.default
        default = "" if value in (None, "") else f" = {value}"
        yield f"  {field.name}: {f'list[{kind}]' if field.repeated else kind}{default}"
