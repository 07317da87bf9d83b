"""``graphkit bench``: how fast hands and poses are found here, and where the time goes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

import click

from graphkit.app.cli.failures import debug_option
from graphkit.app.cli.output import tell
from graphkit.app.cli.termination import ended_tidily
from graphkit.errors import OutputError

# Spelled out: graphkit.app.bench imports what --help has no need of. A test compares.
TASKS: Final = ("hand", "pose")
KINDS: Final = ("clip", "landmarks", "graph")
DEVICES: Final = ("cpu", "gpu")
ALL: Final = "all"

_EXAMPLE: Final = """\b
Example:
  graphkit bench pose --device cpu --rounds 3 --json pose.json
  graphkit bench hand --against-mediapipe peer/bin/python
"""


@click.command("bench", epilog=_EXAMPLE)
@click.argument("task", type=click.Choice((*TASKS, ALL)), default=ALL)
@click.option(
    "--clip", type=click.Path(readable=False, path_type=Path), metavar="FILE",
    help="The video; without it the example clips of the checkout.",
)  # fmt: skip
@click.option(
    "--device", type=click.Choice((*DEVICES, ALL)), default=ALL, show_default=True,
    help="Which graphs; a GPU that is not there is skipped.",
)  # fmt: skip
@click.option(
    "--what", type=click.Choice((*KINDS, ALL)), default="clip", show_default=True,
    help="clip: from clip to annotated clip; landmarks: decode and graph; graph: frames in memory.",
)  # fmt: skip
@click.option(
    "--rounds", type=click.IntRange(min=1), default=5, show_default=True, metavar="N", help="Turns a side."
)
@click.option("--max-frames", type=click.IntRange(min=2), metavar="N", help="Stop after N frames.")
@click.option(
    "--threads", type=click.IntRange(min=1), metavar="N",
    help="Hold whoever computes on the CPU, MediaPipe too, to N processors.",
)  # fmt: skip
@click.option(
    "--json",
    "json_file",
    type=click.Path(readable=False, path_type=Path),
    metavar="FILE",
    help="Write all figures there.",
)
@click.option(
    "--against-mediapipe", "peer", metavar="PYTHON",
    help="Measure MediaPipe 0.10.21, too, which this interpreter has; the sides take turns.",
)  # fmt: skip
@click.option("--quiet", is_flag=True, help="Do not say what is being measured.")
@debug_option
def bench_command(
    task: str,
    clip: Path | None,
    device: str,
    what: str,
    json_file: Path | None,
    quiet: bool,
    **counts: Any,
) -> None:
    """Measure how fast hands or poses are found: seconds, frames a second, memory, and where the time goes.

    Every figure comes from a process of its own; each side is measured --rounds times, in turns, and the table
    shows medians. One more run of each of graphkit's sides is watched from inside, for the shares.
    """
    from graphkit.app.bench.rounds import BenchmarkSettings, run_benchmark
    from graphkit.app.cli.bench_table import report_lines

    settings = BenchmarkSettings(
        tasks=TASKS if task == ALL else (task,),
        kinds=KINDS if what == ALL else (what,),
        devices=DEVICES if device == ALL else (device,),
        clip=clip,
        **counts,
    )
    if json_file is not None:
        _check_writable(json_file, clip)
    with ended_tidily():
        report = run_benchmark(settings, _silent if quiet else _say)
    click.echo("\n".join(report_lines(report)))
    if json_file is not None:
        _write(json_file, json.dumps(report.as_json(), indent=2) + "\n")


def _say(line: str) -> None:
    tell(line, dim=True)


def _silent(line: str) -> None:
    """Say nothing."""


def _check_writable(path: Path, clip: Path | None) -> None:
    """Look whether a file can be written, before minutes are spent on what goes into it."""
    try:
        refusal = _refusal(path, clip)
    except OSError as error:
        refusal = f"cannot be written: {error.strerror}."
    if refusal:
        raise OutputError(refusal, path=path, parameter="json_file")


def _refusal(path: Path, clip: Path | None) -> str:
    """Return why a file cannot be written, "" if it can; nothing is created or changed."""
    folder = path.absolute().parent
    if path.is_dir():
        return f"is a folder. Name the file to write, such as {path / 'bench.json'}."
    if not folder.is_dir():
        return f"the folder {folder} does not exist. Create it first."
    if clip is not None and path.exists() and clip.exists() and path.samefile(clip):
        return "is the clip itself. Choose another name."
    if not os.access(path if path.exists() else folder, os.W_OK):
        return "may not be written. Choose another folder or name."
    return ""


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}.", path=path, parameter="json_file") from error
