"""``graphkit batch``: a graph over many clips."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from graphkit.app.cli.failures import FAILED, debug_option, signal_status
from graphkit.app.cli.job_options import JobFlags, job_options, job_settings, side_packets
from graphkit.errors import UsageError

if TYPE_CHECKING:
    from graphkit.jobs import Batch, BatchSettings, ClipLimits, Engine, Recipe

_EXAMPLE: Final = """\b
Example:
  graphkit batch graphs/hand_tracking/hand_tracking_desktop_live.pbtxt clips/
    -o annotated/ --output_video_path {clip}.mp4 --dump landmarks={clip}.csv
"""


@dataclass(frozen=True, slots=True)
class BatchFlags(JobFlags):
    """The command line of ``graphkit batch``; a field is the flag or argument of that name."""

    graph: str
    clips: tuple[str, ...]
    lists: tuple[str, ...]
    out: str
    root: str
    processes: int | None
    time_limit: float | None
    stall_limit: float
    memory_limit: int | None
    retry_failed: bool
    strict: bool
    dry_run: bool
    shard: str | None
    on: str
    cpus_per_clip: float | None
    gpus_per_clip: float | None
    quiet: bool


@click.command("batch", epilog=_EXAMPLE)
@click.argument("graph")
@click.argument("clips", nargs=-1, metavar="[CLIPS]...")
@click.option("-o", "--out", required=True, metavar="FOLDER", help="Where outputs and the manifest go.")
@click.option(
    "--dump", multiple=True, metavar="STREAM=FILE",
    help="What to write of a stream for each clip, such as landmarks={clip}.csv; as of graphkit run.",
)  # fmt: skip
@click.option("--output_video_path", metavar="FILE", help="The video to write for each clip, such as {clip}.mp4.")
@click.option(
    "--clips-from",
    "lists",
    multiple=True,
    metavar="FILE",
    help="More clips: a file with one on each line; - for stdin.",
)
@click.option(
    "--root",
    default="",
    metavar="FOLDER",
    help="Names of clips begin below it, not below the folder that is named.",
)
@click.option(
    "--processes", type=click.IntRange(min=1), metavar="N",
    help="Clips at a time, each in a process with one thread.  [default: what cores and memory bear]",
)  # fmt: skip
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="A clip that takes more has failed.",
)
@click.option(
    "--stall-limit", type=click.FloatRange(min=0), default=300, show_default=True, metavar="SECONDS",
    help="A clip that gives no further frame for so long has failed; 0 for no limit.",
)  # fmt: skip
@click.option(
    "--memory-limit", type=click.IntRange(min=1), metavar="MIB",
    help="A clip whose process holds more has failed.  [default: a share of what is free]",
)  # fmt: skip
@click.option("--retry-failed", is_flag=True, help="Also do again what failed before.")
@click.option("--strict", is_flag=True, help="A clip that is damaged or incomplete has failed.")
@click.option("--dry-run", is_flag=True, help="Only say which clips would be done, and why.")
@click.option(
    "--shard", metavar="I/N",
    help="Do the I-th of N parts of the clips, counted from 0; auto asks SLURM's job array.",
)  # fmt: skip
@click.option(
    "--on", type=click.Choice(["processes", "ray"]), default="processes", show_default=True,
    help="Who does the clips: processes of this machine, or Ray, at RAY_ADDRESS or on this machine.",
)  # fmt: skip
@click.option(
    "--cpus-per-clip", type=click.FloatRange(min=0, min_open=True), metavar="N",
    help="Cores that Ray keeps for each clip.  [default: 1]",
)  # fmt: skip
@click.option(
    "--gpus-per-clip", type=click.FloatRange(min=0), metavar="N",
    help="Graphics cards that Ray keeps for each clip; 0.5 lets two share one.  [default: 0]",
)  # fmt: skip
@click.option("--quiet", is_flag=True, help="No progress and no summary; warnings and errors only.")
@job_options
@debug_option
def batch_command(**flags: Any) -> None:
    """Run GRAPH over CLIPS: files, folders with all that is in them, and patterns such as "takes/**/*.mp4".

    In the names of outputs {clip} stands for the name of the clip, {file} for the name with its ending. Outputs
    appear whole or not at all. A clip that fails, hangs or kills its process is noted and passed over.

    Run again, it does what is missing or has changed: clips, graph, models, options, imported modules.

    Ctrl-C finishes the clips under way and ends with status 130. The status is 1 where clips have failed.
    """
    run(BatchFlags(**flags))


def run(flags: BatchFlags) -> None:
    """Do what the flags say; raises SystemExit if the status is not 0."""
    from graphkit.app.cli.batch_progress import choose_progress
    from graphkit.app.cli.batch_report import plan_lines, summary_lines
    from graphkit.app.cli.signals import Words, interruptible

    batch = _batch(flags, choose_progress(quiet=flags.quiet))
    if flags.dry_run:
        click.echo("\n".join(plan_lines(batch.plan())))
        return
    words = Words(
        "Stopping: clips under way are finished, no more are begun. Once more drops those under way.",
        "Dropping the clips under way; what is done stays. Once more ends the process at once.",
    )
    with interruptible(batch, words) as interruptions:
        try:
            batch.run()
        finally:
            if not flags.quiet and (lines := summary_lines(batch.summary, flags.out)):
                click.echo("\n".join(lines))
    if interruptions.first:
        raise SystemExit(signal_status(interruptions.first))
    if not batch.summary.is_complete:
        raise SystemExit(FAILED)


def _batch(flags: BatchFlags, progress: Any) -> Batch:
    from graphkit.jobs import Batch

    recipe = _recipe(flags)
    return Batch(recipe, _clips(flags), flags.out, _settings(flags), progress=progress)


def _recipe(flags: BatchFlags) -> Recipe:
    from graphkit.app.cli.loading import find_graph
    from graphkit.framework import Resources
    from graphkit.framework._importing import import_calculators
    from graphkit.graph import CalculatorGraph
    from graphkit.jobs import Recipe

    import_calculators(flags.modules)
    resources = Resources(flags.resource_root_dir)
    path = find_graph(flags.graph, resources, "graphkit batch GRAPH").absolute()
    settings = job_settings(flags)
    if flags.input_side_packets or flags.side:
        graph = CalculatorGraph(path, resources=resources, overrides=flags.overrides)
        settings.side_packets = side_packets(flags, graph.plan)
    return Recipe(
        str(path),
        settings,
        overrides=flags.overrides,
        modules=flags.modules,
        roots=tuple(str(Path(root).absolute()) for root in flags.resource_root_dir),
        provider=flags.provider or "",
        strict=flags.strict,
    )


def _clips(flags: BatchFlags) -> list[str]:
    from graphkit.jobs._batch.clips import read_list

    listed = [place for file in flags.lists for place in read_list(file)]
    if not (flags.clips or listed):
        raise UsageError("no clips given. Name files, folders or patterns behind the graph, or --clips-from FILE.")
    return [*flags.clips, *listed]


def _settings(flags: BatchFlags) -> BatchSettings:
    from graphkit.jobs import BatchSettings, Shard

    return BatchSettings(
        engine=_engine(flags),
        root=flags.root,
        retry_failed=flags.retry_failed,
        shard=None if flags.shard is None else Shard.parse(flags.shard),
    )


def _engine(flags: BatchFlags) -> Engine:
    from graphkit.jobs import LocalEngine, RayEngine, Share

    if flags.on == "ray":
        cpus = 1.0 if flags.cpus_per_clip is None else flags.cpus_per_clip
        share = Share(cpus, flags.gpus_per_clip or 0.0)
        return RayEngine(tasks=flags.processes, limits=_limits(flags), share=share)
    if flags.cpus_per_clip is not None or flags.gpus_per_clip is not None:
        raise UsageError("--cpus-per-clip and --gpus-per-clip say what Ray keeps for a clip: --on ray")
    return LocalEngine(flags.processes, _limits(flags))


def _limits(flags: BatchFlags) -> ClipLimits:
    from graphkit.jobs import ClipLimits

    memory = None if flags.memory_limit is None else flags.memory_limit << 20
    return ClipLimits(flags.time_limit, flags.stall_limit or None, memory)
