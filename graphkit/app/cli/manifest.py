"""``graphkit manifest``: the results of a batch: shown, merged, and as one table."""

from __future__ import annotations

from pathlib import Path

import click

from graphkit.app.cli.failures import debug_option


@click.group("manifest")
@debug_option
def manifest_command() -> None:
    """Look at what a batch did, merge the manifests of shards, and make one table of all clips."""


@manifest_command.command("show", short_help="Print which clips failed, and notes.")
@click.argument("out")
@click.option("--all", "everything", is_flag=True, help="Also print the clips that are done.")
@debug_option
def show_command(out: str, everything: bool) -> None:
    """Print what the manifests in OUT, the folder of outputs of a batch, say."""
    from graphkit.app.cli.batch_report import manifest_lines
    from graphkit.jobs import newest_entries

    click.echo("\n".join(manifest_lines(newest_entries(Path(out)), everything=everything)))


@manifest_command.command("merge", short_help="Make one manifest of those of all shards.")
@click.argument("out")
@debug_option
def merge_command(out: str) -> None:
    """Make one manifest of all in OUT, the folder of outputs of a batch that was done in parts."""
    from graphkit.jobs import merge_manifests

    click.echo(merge_manifests(Path(out)))


@manifest_command.command("table", short_help="Make one table of the tables of all clips.")
@click.argument("out")
@click.argument("stream")
@click.argument("file")
@debug_option
def table_command(out: str, stream: str, file: str) -> None:
    """Write FILE, one table of those of STREAM of all clips in OUT; the first column names the clip.

    The ending of FILE says which: a .csv, .jsonl or .parquet is made of files of the same kind.
    """
    from graphkit.jobs import collect_table

    clips = collect_table(Path(out), stream, Path(file))
    click.echo(f"{file} ({clips} clip{'' if clips == 1 else 's'})")
