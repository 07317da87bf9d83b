"""Commands that are imported when they are used, so that help and each command wait for no other."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

_FLAGS_OF_RUN: Final = frozenset({"explain", "preview", "profile", "trace", "watch", "watchdog"})


class Deferred(click.Command):
    """Stands for ``NAME_command`` of ``graphkit.app.cli.NAME``.

    Args:
        name: of the command.
        short_help: its line in the list of commands.
    """

    def __init__(self, name: str, short_help: str) -> None:
        super().__init__(name, short_help=short_help)

    def load(self) -> click.Command:
        """Return the command."""
        command: click.Command = getattr(import_module(f"graphkit.app.cli.{self.name}"), f"{self.name}_command")
        return command


class DeferringGroup(click.Group):
    """A group that loads a command when it is asked for, and none to list them."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command called *cmd_name*, None if there is none."""
        command = super().get_command(ctx, cmd_name)
        if command is None and cmd_name in _FLAGS_OF_RUN:
            ctx.fail(
                f"No such command '{cmd_name}': it is a flag of run. Try graphkit run GRAPH.pbtxt --{cmd_name}."
            )
        return command.load() if isinstance(command, Deferred) else command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.commands[name].short_help or "") for name in self.list_commands(ctx)])
