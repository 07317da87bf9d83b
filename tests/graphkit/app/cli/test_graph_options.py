from __future__ import annotations

import click
import pytest

from graphkit.app.cli import main
from graphkit.app.cli.graph_options import modules_option, overrides_option, roots_option


@click.command
@roots_option
@overrides_option
@modules_option
def like() -> None:
    """Take the flags that commands on graphs share."""


@pytest.mark.parametrize("name", ["run", "batch", "graph", "draw"])
def test_commands_on_graphs_take_the_same_flags(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    theirs = {option.name: option.to_info_dict() for option in command.params}
    assert all(theirs[option.name] == option.to_info_dict() for option in like.params)
