"""A batch and its manifest, in words."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from graphkit.jobs import BatchPlan, BatchSummary, ClipEntry

_MOST_FAILURES: Final = 20


def summary_lines(summary: BatchSummary, out: str) -> list[str]:
    """Return the lines that tell what a batch did; none for one that failed before it began."""
    if summary.manifest is None:
        return []
    failed = len(summary.failures)
    fps = summary.frames / summary.seconds if summary.seconds > 0 else 0.0
    counts = [f"{summary.done} done", f"{failed} failed" if failed else ""]
    counts += [f"{summary.up_to_date} done before" if summary.up_to_date else ""]
    counts += [f"{summary.passed_over} failed before" if summary.passed_over else ""]
    left = summary.clips - summary.done - failed - summary.up_to_date - summary.passed_over
    counts += [f"{left} left" if left else ""]
    lines = [
        f"{_count(summary.clips, 'clip')}: {', '.join(filter(None, counts))}; "
        f"{_count(summary.frames, 'frame')} in {summary.seconds:.1f} s ({fps:.1f} fps)"
    ]
    lines += failure_lines(summary.failures[:_MOST_FAILURES])
    return [*lines, f"manifest: {summary.manifest}", *_notes(summary, shlex.quote(out))]


def failure_lines(entries: Iterable[ClipEntry]) -> list[str]:
    """Return a line for each clip that failed."""
    return [f"failed: {entry.clip}: {entry.error.message}" for entry in entries if entry.error is not None]


def plan_lines(plan: BatchPlan) -> list[str]:
    """Return the lines that tell what a batch would do."""
    lines = [f"{clip.name}: {reason.value}" for clip, reason in plan.work]
    before = [f"{count} {reason.value}" for reason, count in plan.counts.items() if not reason.is_work]
    lines.append(f"{len(plan.work)} of {_count(plan.counts.total(), 'clip')} would be done" + _listed(before))
    if plan.changed:
        lines.append(f"What has changed since: {', '.join(plan.changed)}.")
    return lines


def manifest_lines(entries: dict[str, ClipEntry], *, everything: bool) -> Iterator[str]:
    """Yield the lines that tell what a manifest says: clips that failed, notes, all clips if asked for, counts."""
    counts: Counter[str] = Counter()
    frames, seconds = 0, 0.0
    for entry in entries.values():
        counts["done" if entry.done else "failed"] += 1
        frames, seconds = frames + entry.frames, seconds + entry.seconds
        if entry.error is not None:
            yield f"failed: {entry.clip}: {entry.error.message}"
        elif everything:
            found = "".join(f", {stream} in {count}" for stream, count in entry.found.items())
            yield f"done: {entry.clip}: {_count(entry.frames, 'frame')}{found}, {entry.seconds:.1f} s"
        yield from (f"note: {entry.clip}: {note}" for note in entry.notes)
    shown = ", ".join(f"{counts[status]} {status}" for status in ("done", "failed") if counts[status])
    yield f"{_count(len(entries), 'clip')}: {shown or 'none'}; {_count(frames, 'frame')}, {seconds:.1f} s of work"


def _notes(summary: BatchSummary, out: str) -> Iterator[str]:
    more = len(summary.failures) - _MOST_FAILURES
    if more > 0:
        yield f"note: {more} more have failed: graphkit manifest show {out}"
    if summary.passed_over:
        yield f"note: {_count(summary.passed_over, 'clip')} passed over; --retry-failed does them again."
    if summary.with_notes:
        yield f"note: there are notes about {_count(summary.with_notes, 'clip')}: graphkit manifest show {out}"
    if summary.interrupted:
        rest = "clips under way were dropped" if summary.cancelled else "clips under way were finished"
        yield f"note: Stopped; {rest}. Run the same command again for the rest."


def _listed(parts: list[str]) -> str:
    return f"; {', '.join(parts)}" if parts else ""


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
