"""A benchmark's report in words and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from graphkit.app.bench.tasks import GRAPH, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graphkit.app.bench.report import Comparison, Measurement, Report, SideResult
    from graphkit.app.bench.samples import Ratio
    from graphkit.app.bench.time_breakdown import TimeBreakdown

_COLUMNS: Final = (
    ("real s", "real_s", "{:.2f}"),
    ("user s", "user_s", "{:.2f}"),
    ("sys s", "sys_s", "{:.2f}"),
    ("start-up", "start_up_s", "{:.2f}"),
    ("run s", "run_s", "{:.2f}"),
    ("ms/frame", "ms_per_frame", "{:.1f}"),
    ("frames/s", "fps", "{:.1f}"),
    ("MiB", "peak_rss_mib", "{:.0f}"),
)
_RATIOS: Final = (("real", "real_s"), ("run", "run_s"), ("processor", "cpu_s"), ("memory", "peak_rss_mib"))
LEGEND: Final = (
    "Medians. real, user, sys: the whole process; start-up: until the imports are done; run: what comes after,",
    "which frames/s is of. Of the graph alone, the run lasts from the first frame out to the last.",
)


def report_lines(report: Report) -> Iterator[str]:
    """Yield the lines that tell what a benchmark found."""
    yield from _machine(report)
    for measurement in report.measurements:
        yield ""
        yield from _measurement(measurement)
    yield ""
    yield from LEGEND


def _machine(report: Report) -> Iterator[str]:
    machine = report.machine
    plural = "" if machine.cores == 1 else "s"
    yield f"{machine.cpu}, {machine.cores} processor{plural}; {machine.fact('interpreter', 'platform')}"
    for name, check, label in (("OpenGL", "gpu", "renderer"), ("CUDA", "inference", "CUDA")):
        if found := machine.fact(check, label):
            yield f"{name}: {found}"
    if report.peer:
        versions = ", ".join(f"{name} {version}" for name, version in report.peer.items() if name != "mediapipe")
        yield f"MediaPipe {report.peer['mediapipe']} ({versions})"
    if report.settings["threads"] is not None:
        yield f"Whoever computes on the CPU is held to {report.settings['threads']} of the processors."
    if machine.noisy:
        yield click.style(f"Others are at work here (load {machine.load}): take ratios, not seconds.", fg="yellow")


def _measurement(measurement: Measurement) -> Iterator[str]:
    job, (width, height) = measurement.job, measurement.size
    measured = measurement.measured
    # A run of the graph alone counts what comes after its first frame.
    frames = measured[0].samples[0].frames + (job.kind == GRAPH)
    rounds = len(measured[0].samples)
    title = f"{job.task.name}, {KINDS[job.kind]}: {job.clip.name}, {width}x{height}, {frames} frames"
    yield click.style(f"{title}, {rounds} round{'' if rounds == 1 else 's'}", bold=True)
    yield from _figures(measurement.results)
    for comparison in measurement.comparisons():
        yield from _comparison(comparison)
    for result in measured:
        if result.shares is not None:
            yield ""
            yield from _shares(str(result.side), result.shares)


def _figures(results: Sequence[SideResult]) -> Iterator[str]:
    width = max(len(str(result.side)) for result in results)
    yield f"  {'':{width}}" + "".join(f" {title:>8}" for title, _, _ in _COLUMNS)
    for result in results:
        told = "".join(f" {form.format(result.median(name)):>8}" for _, name, form in _COLUMNS if result.samples)
        yield f"  {result.side!s:{width}}{told or f' skipped: {_first_line(result.skipped)}'}"


def _comparison(comparison: Comparison) -> Iterator[str]:
    told = "  ".join(f"{title} {_ratio(comparison.ratios[name])}" for title, name in _RATIOS)
    yield f"  {comparison.side} takes, of {comparison.to}:"
    yield f"    {told}"


def _ratio(ratio: Ratio) -> str:
    return f"{ratio.median:.2f} ({ratio.least:.2f}-{ratio.most:.2f})"


def _shares(side: str, shares: TimeBreakdown) -> Iterator[str]:
    frames = max(1, shares.frames)
    cpu, wall = 1000 * shares.cpu_s / frames, 1000 * shares.wall_s / frames
    yield f"  Where the time goes, {side}: {cpu:.1f} ms of processor in {wall:.1f} ms of wall time a frame,"
    yield f"  after {shares.opening_s:.2f} s for loading the graph and its models"
    width = max(len(share.stage) for share in shares.stages)
    yield f"    {'':{width}} {'ms/frame':>8} {'share':>6} {'waited ms':>9}"
    for share in shares.stages:
        spent, waited = 1000 * share.cpu_s / frames, 1000 * share.waited_s / frames
        part = f"{100 * share.cpu_s / shares.cpu_s:.0f} %"
        yield f"    {share.stage:{width}} {spent:8.2f} {part:>6} {waited:9.2f}"
    yield f"    {shares.limit()}"


def _first_line(text: str) -> str:
    return text.splitlines()[0]
