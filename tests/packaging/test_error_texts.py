"""Nothing recognises an error by its text: what a handler needs to know is a class or a field."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import graphkit
import graphkit_calculators

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOTS: Final = (Path(graphkit.__file__).parent, Path(graphkit_calculators.__file__).parent)
QUESTIONS: Final = frozenset({
    "startswith", "endswith", "partition", "rpartition", "split", "find", "index", "removeprefix",
    "search", "match", "fullmatch", "findall",
})  # fmt: skip
ALLOWED: Final = {"repairs.py"}
"""The doctor reads the loader's messages: only they say which shared library is missing."""


def _texts(tree: ast.AST, names: set[str]) -> set[int]:
    """Return the ids of the expressions that are the text of one of the errors called *names*."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("str", "repr"):
            if any(ast.unparse(argument) in names for argument in node.args):
                found.add(id(node))
        elif (
            isinstance(node, ast.Attribute)
            and node.attr in ("message", "args")
            and ast.unparse(node.value) in names
        ):
            found.add(id(node))
    return found


def _faults(tree: ast.AST) -> set[int]:
    """Return the ids of the places where a fault or a reason in words is looked into with ``in``."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.In | ast.NotIn) for op in node.ops):
            words = [part for part in node.comparators if ast.unparse(part).endswith(("fault", "reason"))]
            found |= {id(part) for part in words}
    return found


def _asked(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions whose contents *node* looks at."""
    if isinstance(node, ast.Compare):
        yield from (node.left, *node.comparators)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in QUESTIONS:
        yield from (node.func.value, *node.args)


def recognised(source: str) -> list[int]:
    """Return the lines of a module that look into the text of an error, or into a fault told in words."""
    tree = ast.parse(source)
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.name}
    names |= {"error", "exc", "exception", "fault"}
    texts = _texts(tree, names) | _faults(tree)
    looking = (
        node for node in ast.walk(tree) if any(id(i) in texts for part in _asked(node) for i in ast.walk(part))
    )
    return [node.lineno for node in looking if isinstance(node, ast.expr)]


def test_no_error_is_recognised_by_its_text() -> None:
    files = [path for root in ROOTS for path in sorted(root.rglob("*.py")) if path.name not in ALLOWED]
    assert {path.name: lines for path in files if (lines := recognised(path.read_text()))} == {}


def test_the_one_exception_is_one() -> None:
    (path,) = [path for root in ROOTS for path in root.rglob("*.py") if path.name in ALLOWED]
    assert recognised(path.read_text())


@pytest.mark.parametrize(
    "line",
    [
        pytest.param('"Did you mean" in str(exc)', id="in"),
        pytest.param('str(exc).startswith("x")', id="method"),
        pytest.param('" ".join(str(exc).split()).partition(". ")', id="inside"),
        pytest.param('re.search("x", str(exc))', id="pattern"),
        pytest.param('exc.args[0] == "x"', id="args"),
        pytest.param('exc.message.startswith("x")', id="message"),
        pytest.param('"x" in session.provider_reason', id="reason"),
    ],
)
def test_the_search_sees_it(line: str) -> None:
    assert recognised(f"try:\n    f()\nexcept OSError as exc:\n    {line}\n") != []


def test_the_search_lets_facts_pass() -> None:
    assert recognised("try:\n    f()\nexcept OSError as exc:\n    exc.errno == 2 or print(str(exc))\n") == []
