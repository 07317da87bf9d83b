"""The public names of graphkit: explicit, complete, importable, and shadowed by no module."""

from __future__ import annotations

import ast
import types
from pathlib import Path

import pytest

import graphkit
import graphkit.testing

FACADE = Path(graphkit.__file__)


def _imported_names(path: Path) -> set[str]:
    """Return the public names that a facade imports, at run time or for type checkers."""
    return {
        alias.asname or alias.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("graphkit.")
        for alias in node.names
        if not (alias.asname or alias.name).startswith("_")
    }


def test_all_lists_exactly_what_the_facade_imports() -> None:
    assert set(graphkit.__all__) == _imported_names(FACADE)
    assert len(graphkit.__all__) == len(set(graphkit.__all__))


def test_all_of_testing_lists_exactly_what_it_imports() -> None:
    assert set(graphkit.testing.__all__) == _imported_names(Path(graphkit.testing.__file__))


@pytest.mark.parametrize("name", graphkit.__all__)
def test_every_public_name_is_an_object_and_no_module(name: str) -> None:
    assert not isinstance(getattr(graphkit, name), types.ModuleType)


def test_dir_shows_names_that_are_not_imported_yet() -> None:
    assert set(graphkit.__all__) <= set(dir(graphkit))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'graphkit' has no attribute 'CalculatorGrap'"):
        _ = graphkit.CalculatorGrap
