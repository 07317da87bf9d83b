"""Commands are imported when they are used."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from graphkit.app.cli import main
from graphkit.app.cli.deferred import Deferred

LISTING = """
import sys
from click.testing import CliRunner
from graphkit.app.cli import main
result = CliRunner().invoke(main, sys.argv[1:])
assert result.exit_code == 0, result.output
print(*(n for n in main.commands if f"graphkit.app.cli.{n}" in sys.modules))
"""


@pytest.mark.parametrize(
    ("arguments", "loaded"),
    [
        pytest.param(["--help"], [], id="the list of commands"),
        pytest.param(["--version"], [], id="the version"),
        pytest.param(["graph", "--help"], ["graph"], id="one command"),
    ],
)
def test_what_is_imported(arguments: list[str], loaded: list[str]) -> None:
    ran = subprocess.run([sys.executable, "-c", LISTING, *arguments], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == loaded


@pytest.mark.parametrize("name", sorted(main.commands))
def test_each_stands_for_the_command_of_its_name(name: str) -> None:
    stand_in = main.commands[name]
    loaded = main.get_command(click.Context(main), name)
    assert isinstance(stand_in, Deferred)
    assert loaded is not None
    assert loaded.name == name
    assert f"  {name:11}  {stand_in.short_help}\n" in CliRunner().invoke(main, ["--help"]).output


def test_an_unknown_command() -> None:
    result = CliRunner().invoke(main, ["walk"])
    assert result.exit_code == 2
    assert "No such command 'walk'" in result.output


@pytest.mark.parametrize("flag", ["explain", "profile", "trace"])
def test_a_flag_of_run_in_place_of_a_command(flag: str) -> None:
    result = CliRunner().invoke(main, [flag, "graph.pbtxt"])
    assert result.exit_code == 2
    told = f"No such command '{flag}': it is a flag of run. Try graphkit run GRAPH.pbtxt --{flag}."
    assert told in " ".join(result.output.split())
