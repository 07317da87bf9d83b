"""Writes docs/reference/calculators.md from the calculators that come with graphkit.

    .venv/bin/python scripts/make_reference.py

A test compares the page with what this makes.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import graphkit_calculators
from graphkit import Options
from graphkit.framework import known_calculators
from graphkit.framework._calculator import ports_of
from graphkit.framework._options import schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit import Calculator
    from graphkit.framework._options import OptionField
    from graphkit.framework._ports import Port

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "calculators.md"
PACKAGE = "graphkit_calculators."

SIDES = {
    "inputs": "in",
    "outputs": "out",
    "input_side_packets": "side packets in",
    "output_side_packets": "side packets out",
}

HEAD = """\
# Calculators

What comes with graphkit, by folder. Names, tags, options and defaults are MediaPipe's. Each class's docstring
says more, with a `node { }` to paste; `graphkit calculators GateCalculator` shows it.

*This page is made by `scripts/make_reference.py`; edit the docstrings instead.*
"""


def page() -> str:
    """Return the whole page."""
    graphkit_calculators.import_all()  # looking names up would only warn where a module is broken
    modules: dict[str, list[tuple[str, type[Calculator]]]] = {}
    for name, cls in sorted(known_calculators().items()):
        if cls.__module__.startswith(PACKAGE):
            modules.setdefault(cls.__module__.removeprefix(PACKAGE), []).append((name, cls))
    parts = [HEAD]
    for folder, group in groupby(sorted(modules), key=lambda module: module.split(".")[0]):
        parts.append(f"## {folder}\n")
        for module in group:
            parts.extend(_entries(modules[module]))
    return "\n".join(parts)


def _entries(members: list[tuple[str, type[Calculator]]]) -> Iterator[str]:
    """Yield one entry a calculator; members of a family, which share their text, have one together."""
    families: dict[str, list[tuple[str, type[Calculator]]]] = {}
    for name, cls in members:
        families.setdefault(_text(cls).replace(name, "*"), []).append((name, cls))
    for family in families.values():
        yield _entry([name for name, _ in family], family[0][1])


def _entry(names: list[str], cls: type[Calculator]) -> str:
    lines = [f"### {names[0]}{' and its family' if len(names) > 1 else ''}\n", f"{_text(cls)}\n"]
    if len(names) > 1:
        lines.append(f"All of them: {', '.join(f'`{name}`' for name in names)}.\n")
    for side, label in SIDES.items():
        ports = [port for port in ports_of(cls) if port.side == side]
        if ports:
            varies = " (types of the first)" if len(names) > 1 and side in ("inputs", "outputs") else ""
            lines.append(f"- {label}{varies}: {', '.join(_port(port) for port in ports)}")
    lines += [f"- options {text}" for text in _options(cls)]
    return "\n".join(lines).rstrip() + "\n"


def _text(cls: type[Calculator]) -> str:
    """Return the docstring up to its example, without reStructuredText's double backquotes."""
    return inspect.cleandoc(cls.__doc__ or "").partition("\nExample")[0].strip().replace("``", "`")


def _port(port: Port[Any]) -> str:
    tag = port.tag or (f"untagged {port.index}" if port.index else "untagged")
    notes = [str(port.packet_type)]
    notes += ["optional"] * port.optional + ["several"] * port.repeated
    return f"{f'`{tag}`' if port.tag else tag} ({', '.join(notes)})"


def _options(cls: type[Calculator]) -> Iterator[str]:
    declared = {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items()}
    for attribute in declared.values():
        if isinstance(attribute, Options):
            yield from _message(attribute.cls)


def _message(cls: type[Any]) -> Iterator[str]:
    """Yield one line on an options class, and one on each that it holds."""
    schema = schema_of(cls)
    yield f"`{schema.full_name}`: {', '.join(_field(field) for field in schema.fields) or 'none'}"
    for inner in dict.fromkeys(field.type for field in schema.fields if _is_options(field.type)):
        yield from _message(inner)


def _field(field: OptionField) -> str:
    kind = _kind(field)
    if field.repeated:
        return f"`{field.name}` ({kind}, a list)"
    default = field.default
    if default is None:
        return f"`{field.name}` ({kind})"
    shown = default.name if isinstance(default, enum.Enum) else repr(default)
    return f"`{field.name}` ({kind}, default {shown})"


def _kind(field: OptionField) -> str:
    if field.message:
        return field.message
    if _is_options(field.type):
        return schema_of(field.type).full_name.rpartition(".")[2]
    if issubclass(field.type, enum.Enum):
        return " | ".join(member.name for member in field.type)
    return field.kind


def _is_options(cls: type[Any]) -> bool:
    return dataclasses.is_dataclass(cls) and "__graphkit_options__" in vars(cls)


if __name__ == "__main__":
    PAGE.write_text(page())
