"""How large files and functions may be."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
SOURCES: Final = (ROOT / "graphkit", ROOT / "calculators" / "graphkit_calculators")
MOST_LINES: Final = 400
MOST_LINES_OF_A_FUNCTION: Final = 40


def _modules() -> Iterator[Path]:
    for source in SOURCES:
        yield from sorted(source.rglob("*.py"))


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_files_are_small() -> None:
    long = {
        _short(path): lines for path in _modules() if (lines := len(path.read_text().splitlines())) > MOST_LINES
    }
    assert long == {}


def test_functions_fit_a_screen() -> None:
    long = {
        f"{_short(path)}:{node.lineno} {node.name}": lines
        for path in _modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := _body_lines(node)) > MOST_LINES_OF_A_FUNCTION
    }
    assert long == {}


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines the body takes, its docstring left out."""
    first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
    return (node.end_lineno or node.lineno) - first.lineno + 1
