"""Writes docs/reference/python/ from the docstrings of the public packages, a page for each.

    .venv/bin/python scripts/make_api.py

A test compares the pages with what this makes.
"""

from __future__ import annotations

import importlib
import inspect
import logging
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import griffe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference" / "python"
PACKAGES: Final = (
    "graphkit", "graphkit.framework", "graphkit.formats", "graphkit.graph", "graphkit.jobs", "graphkit.insight",
    "graphkit.testing", "graphkit.gpu", "graphkit.inference", "graphkit.models", "graphkit.video",
    "graphkit.preview", "graphkit.config", "graphkit.schema", "graphkit.errors",
)  # fmt: skip
MADE = "*This page is made by `scripts/make_api.py`; edit the docstrings instead.*"
_WIDTH: Final = 100
_LISTS: Final = {"parameters": "Args", "other parameters": "Args", "attributes": "Attributes", "raises": "Raises"}
_VALUES: Final = {"returns": "Returns", "yields": "Yields", "receives": "Receives"}


def pages() -> dict[str, str]:
    """Return the text of every page by the name of its file."""
    made = {"README.md": _index()}
    for package in PACKAGES:
        made[f"{package}.md"] = "\n".join(_page(package)).rstrip() + "\n"
    return made


def _index() -> str:
    lines = ["# Python packages\n", "What a program may import: classes, functions and constants, by package.\n"]
    for package in PACKAGES:
        summary = _summary(_module(package)).rstrip(".")
        lines.append(f"- [`{package}`]({package}.md): {summary[:1].lower()}{summary[1:]}")
    lines.append("\n`graphkit.compat` has [a page of its own](../../how-to/come_from_mediapipe.md).\n")
    return "\n".join([*lines, MADE, ""])


def _page(package: str) -> Iterator[str]:
    yield f"# {package}\n"
    yield f"{_text(_module(package))}\n"
    yield f"{MADE}\n"
    own: list[griffe.Object] = []
    elsewhere: list[tuple[str, str]] = []
    for name in importlib.import_module(package).__all__:
        member = _target(_module(package).members[name])
        home = _home(member)
        if home == package:
            own.append(member)
        else:
            elsewhere.append((name, home))
    if elsewhere:
        yield "From other packages:\n"
        for home in dict.fromkeys(home for _, home in elsewhere):
            names = (f"[`{name}`]({home}.md#{name.lower()})" for name, there in elsewhere if there == home)
            yield f"- `{home}`: {', '.join(names)}"
        yield ""
    for member in own:
        yield from _entry(member)


@cache
def _root() -> griffe.Module:
    logging.getLogger("griffe").setLevel(logging.ERROR)  # it wants one name per line in "Args:"
    loaded = griffe.load("graphkit", search_paths=[ROOT], docstring_parser="google", resolve_aliases=True)
    assert isinstance(loaded, griffe.Module)
    return loaded


def _module(package: str) -> griffe.Module:
    found = _root() if package == "graphkit" else _root()[package.removeprefix("graphkit.")]
    assert isinstance(found, griffe.Module)
    return found


def _target(member: griffe.Object | griffe.Alias) -> griffe.Object:
    return member.final_target if isinstance(member, griffe.Alias) else member


def _home(member: griffe.Object) -> str:
    """Return the package on whose page *member* is: the innermost that offers it and holds its module."""
    inside = [package for package in PACKAGES if f"{member.path}.".startswith(f"{package}.")]
    return max(inside, key=len)


# -- entries --------------------------------------------------------------------------------------------


def _entry(member: griffe.Object) -> Iterator[str]:
    yield f"## {member.name}\n"
    if isinstance(member, griffe.Class):
        yield from _class(member)
    elif isinstance(member, griffe.Function):
        yield from _function(member)
    elif isinstance(member, griffe.Attribute):
        annotation = f": {member.annotation}" if member.annotation else ""
        yield f"```py\n{member.name}{annotation}\n```\n"
        yield f"{_text(member)}\n"


def _class(cls: griffe.Class) -> Iterator[str]:
    bases = [str(base).partition("[")[0].rpartition(".")[2] for base in cls.bases]
    constructor = cls.all_members.get("__init__")
    known = isinstance(target := _target(constructor), griffe.Function) if constructor else False
    called = _signature(cls.name, target, skip=1) if known and not _is_enum(cls) else cls.name  # type: ignore[arg-type]
    yield f"```py\nclass {called}\n```\n"
    if bases:
        yield f"Inherits from {', '.join(f'`{base}`' for base in bases)}.\n"
    yield from _sections(cls)
    if known and target.docstring:
        yield from _sections(target)
    members = {name: _target(member) for name, member in cls.all_members.items() if not name.startswith("_")}
    shown = {name: one for name, one in members.items() if one.docstring and not _is_on_another_page(one, cls)}
    plain = [name for name, one in shown.items() if one.is_attribute and "property" not in one.labels]
    if plain:
        yield "\n".join(f"- `{name}`: {_flat(_text(shown.pop(name)))}" for name in plain) + "\n"
    for name, one in shown.items():
        yield f"### {cls.name}.{name}\n"
        if isinstance(one, griffe.Function):
            yield from _function(one)
        elif isinstance(one, griffe.Attribute):
            yield f"```py\n{name}: {one.annotation}\n```\n"
            yield from _sections(one)


def _is_on_another_page(member: griffe.Object, cls: griffe.Class) -> bool:
    """Return whether *cls* inherits a member from a class that has an entry of its own."""
    return member.parent is not None and member.parent.path != cls.path and member.parent.path in _paths()


@cache
def _paths() -> frozenset[str]:
    """Return the paths of all that has an entry."""
    modules = ((_module(package), importlib.import_module(package).__all__) for package in PACKAGES)
    return frozenset(_target(module.members[name]).path for module, names in modules for name in names)


def _function(function: griffe.Function) -> Iterator[str]:
    skip = int(isinstance(function.parent, griffe.Class) and "staticmethod" not in function.labels)
    shown = [_signature(function.name, one, skip) for one in function.overloads or [function]]
    yield "```py\n" + "\n".join(shown) + "\n```\n"
    yield from _sections(function)


def _signature(name: str, function: griffe.Function, skip: int = 0) -> str:
    parameters = list(_parameters(list(function.parameters)[skip:]))
    result = f" -> {function.returns}" if function.returns and function.name != "__init__" else ""
    line = f"{name}({', '.join(parameters)}){result}"
    if len(line) <= _WIDTH:
        return line
    return "\n".join([f"{name}(", *(f"    {parameter}," for parameter in parameters), f"){result}"])


def _parameters(parameters: Iterable[griffe.Parameter]) -> Iterator[str]:
    """Yield them as they stand in a signature, with the marks of positions and keywords."""
    kinds = griffe.ParameterKind
    before = None
    for parameter in parameters:
        if before is kinds.positional_only and parameter.kind is not before:
            yield "/"
        if parameter.kind is kinds.keyword_only and before not in (kinds.keyword_only, kinds.var_positional):
            yield "*"
        before = parameter.kind
        stars = {kinds.var_positional: "*", kinds.var_keyword: "**"}.get(before, "") if before else ""
        annotation = f": {parameter.annotation}" if parameter.annotation else ""
        has_default = parameter.default is not None and not stars
        default = f"{' = ' if annotation else '='}{parameter.default}" if has_default else ""
        yield f"{stars}{parameter.name}{annotation}{default}"


def _is_enum(cls: griffe.Class) -> bool:
    return any(str(base).rpartition(".")[2] in {"Enum", "IntEnum", "StrEnum", "IntFlag"} for base in cls.bases)


# -- docstrings -----------------------------------------------------------------------------------------


def _sections(member: griffe.Object) -> Iterator[str]:
    for section in member.docstring.parsed if member.docstring else ():
        yield _section(section.kind.value, section.value) + "\n"


def _section(kind: str, value: Any) -> str:
    if kind in _LISTS:
        items = (f"- `{getattr(one, 'name', None) or one.annotation}`: {_flat(one.description)}" for one in value)
        return f"{_LISTS[kind]}:\n\n" + "\n".join(items)
    if kind in _VALUES:
        return f"{_VALUES[kind]}: " + " ".join(_flat(one.description) for one in value)
    if kind == "text":
        return _plain(value)
    if kind == "admonition":
        return f"{value.kind.capitalize()}:\n\n{_plain(value.description)}"
    raise ValueError(f"a section of kind {kind!r} is not known")


def _summary(member: griffe.Object) -> str:
    return _flat(_text(member).partition("\n\n")[0])


def _text(member: griffe.Object) -> str:
    return _plain(inspect.cleandoc(member.docstring.value)) if member.docstring else ""


def _flat(text: str) -> str:
    return " ".join(_plain(text).split())


def _plain(text: str) -> str:
    """Return text in Markdown: without reStructuredText's double backquotes and colons before indented code."""
    lines = (line[:-1] if line.endswith("::") else line for line in text.replace("``", "`").splitlines())
    return "\n".join(line for line in lines if line != ":").strip()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file, content in pages().items():
        (FOLDER / file).write_text(content)
