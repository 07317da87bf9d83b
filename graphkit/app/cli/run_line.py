"""What may stand on the line of ``graphkit run``, and what to say if a newcomer's words do not fit."""

from __future__ import annotations

import shlex
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

_GRAPH_SUFFIXES: Final = (".pbtxt", ".binarypb")
_PATH_FLAGS: Final = ("--input_video_path", "--output_video_path")
# Flags of other programs, and ours for the same.
_MEANT: Final = {
    "-i": "--input_video_path",
    "-o": "--output_video_path",
    "--output": "--output_video_path",
    "--video": "--input_video_path",
}


class RunCommand(click.Command):
    """The command, some of whose flags take a value or none, and which knows where stray words belong."""

    allow_extra_args = True  # to say more about them than click does

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; what follows ``--preview`` or ``--explain`` belongs to it only if it looks like its value.

        Raises:
            click.UsageError: a flag does not exist, or more is named without a flag than the graph.
        """
        try:
            rest = super().parse_args(ctx, list(_with_values(args)))
        except click.NoSuchOption as error:
            if error.option_name in _MEANT:
                ctx.fail(f"No such option '{error.option_name}'. Did you mean '{_MEANT[error.option_name]}'?")
            raise
        if ctx.args and not ctx.resilient_parsing:
            ctx.fail(_stray_words(ctx.params, ctx.args))
        return rest


def _with_values(args: list[str]) -> Iterator[str]:
    """Yield the line with "=" after flags without a value."""
    values = {"--preview": _is_address, "--explain": _is_json, "--profile": _is_json}
    for word, following in pairwise([*args, ""]):
        yield f"{word}=" if word in values and not values[word](following) else word


def _is_json(word: str) -> bool:
    return word.endswith(".json")


def _is_address(word: str) -> bool:
    from graphkit.preview import Address

    return Address.looks_like(word)


def _stray_words(flags: dict[str, Any], stray: list[str]) -> str:
    """Return what is wrong with words that belong to no flag, and how the line should read."""
    graph, *others = sorted([flags["graph"], *stray], key=lambda word: not word.endswith(_GRAPH_SUFFIXES))
    quoted = ", ".join(f'"{word}"' for word in others)
    one_too_many = f"{quoted}: only the graph is named without a flag."
    if any(flags[flag.removeprefix("--")] for flag in _PATH_FLAGS) or len(others) > len(_PATH_FLAGS):
        return f"{one_too_many} Paths with spaces go in quotes."
    paths = " ".join(f"{flag} {shlex.quote(word)}" for flag, word in zip(_PATH_FLAGS, others, strict=False))
    return f"{one_too_many} Did you mean: graphkit run {shlex.quote(graph)} {paths}"
