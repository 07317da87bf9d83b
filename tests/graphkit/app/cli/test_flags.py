"""The one table from parameters to flags, and who needs it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

import graphkit
from graphkit.app.cli import main
from graphkit.app.cli.flags import FLAGS, FlagSpelling

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = [Path(graphkit.__file__).parent, Path(__file__).parents[4] / "calculators"]


def _options(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        yield from (name.replace("-", "_") for name in parameter.opts if name.startswith("--"))
    if isinstance(command, click.Group):
        for name in command.commands:
            inner = command.get_command(click.Context(command), name)
            assert inner is not None
            yield from _options(inner)


def _named_parameters() -> Iterator[tuple[str, str]]:
    """Yield the file and name of each parameter that a user chooses wrongly, or is advised to give.

    What only programs choose (`ArgumentError`) needs no flag.
    """
    for path in (path for root in SOURCES for path in root.rglob("*.py") if "graphkit/errors" not in str(path)):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or ast.unparse(node.func).endswith("ArgumentError"):
                continue
            told = [keyword.value for keyword in node.keywords if keyword.arg in ("parameter", "remedies")]
            for value in (value for part in told for value in ast.walk(part)):
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield path.name, value.value


@pytest.mark.parametrize("parameter", sorted(FLAGS))
def test_every_flag_is_there(parameter: str) -> None:
    assert FLAGS[parameter].name.replace("-", "_") in set(_options(main))


def test_every_parameter_that_an_error_names_has_a_flag() -> None:
    found = list(_named_parameters())
    assert len(found) > 10
    assert [(file, name) for file, name in found if name not in FLAGS] == []


def test_spelling() -> None:
    spelling = FlagSpelling()
    assert spelling.name("gpu_device") == "--gpu-device"
    assert spelling.usage("gpu_device") == "--gpu-device DEVICE"
    assert (spelling.name("timeout"), spelling.usage("timeout")) == ("timeout", "timeout")
