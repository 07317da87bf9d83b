"""``graphkit calculators``: what there is to build graphs from."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import click

from graphkit.app.cli.failures import debug_option

if TYPE_CHECKING:
    from collections.abc import Iterator


@click.command("calculators")
@click.argument("name", required=False)
@click.option("--import", "modules", multiple=True, metavar="MODULE", help="Calculators: a module, or a .py file.")
@debug_option
def calculators_command(name: str | None, modules: tuple[str, ...]) -> None:
    """List all calculators with a line each, or show the one called NAME: what it does, ports and options."""
    from graphkit.framework import _registry as registry
    from graphkit.framework._importing import import_calculators

    import_calculators(modules)
    if name is not None:
        click.echo("\n".join(_described(name, registry.find_calculator(name))))
        return
    known = registry.known_calculators()
    width = max(map(len, known), default=0)
    for each in sorted(known):
        click.echo(f"{each:{width}}  {_first_line(known[each])}".rstrip())


def _first_line(cls: type[Any]) -> str:
    return _description(cls).partition("\n")[0]


def _description(cls: type[Any]) -> str:
    """Return the docstring of the class itself; that of a base would describe something else."""
    return inspect.cleandoc(cls.__doc__ or "")


def _described(name: str, cls: type[Any]) -> Iterator[str]:
    yield name
    yield ""
    yield _description(cls) or "(no description)"
    ports = [line for attribute in _attributes(cls) if (line := _port_line(*attribute))]
    if ports:
        yield ""
        yield "Ports:"
        yield from ports
    for options in _options_classes(cls):
        yield ""
        yield f"Options ({options.__name__}):"
        yield from _option_lines(options)


def _attributes(cls: type[Any]) -> Iterator[tuple[str, Any]]:
    for base in reversed(cls.__mro__):
        yield from vars(base).items()


def _port_line(attribute: str, port: Any) -> str:
    from graphkit.framework._ports import Port

    if not isinstance(port, Port):
        return ""
    side = port.side.replace("_", " ").removesuffix("s")
    flags = ", optional" * port.optional + ", repeated" * port.repeated
    return f"  {side} {port.tag or f'(untagged, {port.index})'}: {port.packet_type}{flags}"


def _options_classes(cls: type[Any]) -> list[type[Any]]:
    from graphkit.framework import Options

    return [value.cls for _, value in _attributes(cls) if isinstance(value, Options)]


def _option_lines(options: type[Any]) -> Iterator[str]:
    from dataclasses import MISSING, fields

    for field in fields(options):
        default = (
            field.default if field.default is not MISSING else "" if field.default_factory is MISSING else "empty"
        )
        kind = field.type.__name__ if isinstance(field.type, type) else field.type
        yield f"  {field.name}: {kind}" + (f" = {default}" if default not in ("", None) else "")
