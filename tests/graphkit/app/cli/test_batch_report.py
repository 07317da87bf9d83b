from __future__ import annotations

from collections import Counter
from pathlib import Path

from graphkit.app.cli.batch_report import plan_lines, summary_lines
from graphkit.jobs import BatchPlan, BatchSummary, Clip, ClipEntry, ClipFailure, Reason


def _failed(number: int) -> ClipEntry:
    return ClipEntry(f"{number}.mp4", f"/{number}.mp4", "r", error=ClipFailure("X", "it is broken."))


def test_a_batch_that_never_began_says_nothing() -> None:
    assert summary_lines(BatchSummary(), "out") == []


def test_a_summary() -> None:
    summary = BatchSummary(
        clips=40, done=10, up_to_date=3, passed_over=2, failures=[_failed(n) for n in range(22)], with_notes=1,
        frames=500, seconds=10, manifest=Path("out/manifest.jsonl"), interrupted=True, cancelled=True,
    )  # fmt: skip
    lines = summary_lines(summary, "my out")
    assert lines[0] == (
        "40 clips: 10 done, 22 failed, 3 done before, 2 failed before, 3 left; 500 frames in 10.0 s (50.0 fps)"
    )
    assert lines[1:21] == [f"failed: {n}.mp4: it is broken." for n in range(20)]
    assert lines[21:] == [
        "manifest: out/manifest.jsonl",
        "note: 2 more have failed: graphkit manifest show 'my out'",
        "note: 2 clips passed over; --retry-failed does them again.",
        "note: there are notes about 1 clip: graphkit manifest show 'my out'",
        "note: Stopped; clips under way were dropped. Run the same command again for the rest.",
    ]


def test_a_plan() -> None:
    work = [(Clip("a.mp4", "/a.mp4"), Reason.RECIPE)]
    plan = BatchPlan(
        work, Counter({Reason.RECIPE: 1, Reason.DONE: 2, Reason.FAILED: 1}), changed=["graph", "models"]
    )
    assert plan_lines(plan) == [
        "a.mp4: done with other settings",
        "1 of 4 clips would be done; 2 done, 1 failed before, and passed over",
        "What has changed since: graph, models.",
    ]
