"""The doors: what is public is listed, what is private looks it, and signatures show public classes."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import graphkit

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE: Final = Path(graphkit.__file__).parent
APPLICATION: Final = "graphkit.app"
MOST_IN_THE_HALL: Final = 20

Symbol = tuple[str, str]


@cache
def _modules() -> dict[str, ast.Module]:
    """Return the modules of the library by full name; the application is nobody's to import."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        if not name.startswith(APPLICATION):
            found[name] = ast.parse(path.read_text())
    return found


@cache
def _definitions(module: str) -> dict[str, ast.stmt]:
    """Return the classes, functions and constants that *module* defines, by name."""
    found: dict[str, ast.stmt] = {}
    for node in _modules()[module].body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            found.update({target.id: node for target in node.targets if isinstance(target, ast.Name)})
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = node
    return found


@cache
def _imported(module: str) -> dict[str, Symbol]:
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(_modules()[module])
        if isinstance(node, ast.ImportFrom) and node.module in _modules()
        for alias in node.names
    }


def _origin(module: str, name: str) -> Symbol | None:
    """Return where *name*, as *module* knows it, is defined in graphkit."""
    while name not in _definitions(module):
        if name not in _imported(module) or _is_module(module, name):
            return None
        module, name = _imported(module)[name]
    return module, name


def _is_module(package: str, name: str) -> bool:
    """Return whether *name*, as *package* knows it, is a module."""
    owner, own_name = _imported(package).get(name, (package, name))
    return f"{package}.{name}" in _modules() or f"{owner}.{own_name}" in _modules()


def _doors() -> dict[str, list[str]]:
    """Return what each public package lists."""
    listed = {}
    for module in _modules():
        names = _definitions(module).get("__all__")
        if isinstance(names, ast.Assign) and "._" not in module:
            listed[module] = list(ast.literal_eval(names.value))
    return listed


def _public() -> set[Symbol]:
    origins = {_origin(door, name) for door, names in _doors().items() for name in names}
    return {origin for origin in origins if origin is not None}


def _names_in(annotation: ast.expr) -> Iterator[str]:
    for node in ast.walk(annotation):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            yield node.value


def _annotations(function: ast.FunctionDef) -> Iterator[ast.expr]:
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    yield from (argument.annotation for argument in every if argument is not None and argument.annotation)
    if function.returns:
        yield function.returns


def _signatures(node: ast.stmt) -> Iterator[ast.FunctionDef]:
    """Yield what others call: a function itself, the public methods of a class and its construction."""
    if isinstance(node, ast.FunctionDef):
        yield node
    elif isinstance(node, ast.ClassDef):
        for member in node.body:
            called = isinstance(member, ast.FunctionDef) and (
                not member.name.startswith("_") or member.name in ("__init__", "__call__")
            )
            if called:
                assert isinstance(member, ast.FunctionDef)
                yield member


def _private_classes_shown() -> dict[str, set[str]]:
    """Return the private classes that public signatures show, and where."""
    public = _public()
    found: dict[str, set[str]] = {}
    for module, name in public:
        for function in _signatures(_definitions(module)[name]):
            for annotation in _annotations(function):
                for used in _names_in(annotation):
                    origin = _origin(module, used)
                    if origin is None or origin in public or used.startswith("_"):
                        continue
                    if isinstance(_definitions(origin[0])[origin[1]], ast.ClassDef):
                        found.setdefault(".".join(origin), set()).add(f"{name}.{function.name}")
    return found


def test_public_signatures_show_public_classes() -> None:
    shown = _private_classes_shown()
    assert shown == {}


def test_the_check_of_signatures_sees_them() -> None:
    assert ("graphkit.framework._calculator", "Calculator") in _public()
    assert _origin("graphkit", "Packet") == ("graphkit.framework._packet", "Packet")


def test_the_hall_is_small() -> None:
    entries = [
        path.name for path in PACKAGE.iterdir() if not path.name.startswith("__") and path.name != "py.typed"
    ]
    assert len(entries) <= MOST_IN_THE_HALL, entries


def test_what_is_no_door_looks_private() -> None:
    doors = set(_doors())
    shown = [name for name in _modules() if name not in doors and "._" not in name and name != "graphkit.__main__"]
    assert shown == []


@pytest.mark.parametrize("door", sorted(_doors()))
def test_a_door_lists_each_of_its_names_once(door: str) -> None:
    names = _doors()[door]
    assert len(names) == len(set(names))
    unknown = [name for name in names if _origin(door, name) is None and not _is_module(door, name)]
    assert unknown == []
