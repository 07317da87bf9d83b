"""The summary of a job, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.formats import HAND_LANDMARK_NAMES, POSE_LANDMARK_NAMES
from graphkit.formats._face_mesh import FACE_LANDMARKS, FACE_LANDMARKS_WITH_IRISES

if TYPE_CHECKING:
    from graphkit.jobs import GpuUse, LandmarkCount, Summary

_THINGS = {
    len(HAND_LANDMARK_NAMES): "hands",
    len(POSE_LANDMARK_NAMES): "poses",
    FACE_LANDMARKS: "faces",
    FACE_LANDMARKS_WITH_IRISES: "faces",
}


def summary_lines(summary: Summary, *, has_outputs: bool = True) -> list[str]:
    """Return the lines that tell what a job did; none for one that failed before its first frame.

    Args:
        summary: of the job.
        has_outputs: whether the graph declares output streams, which a file is expected for.
    """
    if summary.failed and not summary.frames:
        return []
    lines = [
        f"{_count(summary.frames, 'frame')} in {summary.seconds:.1f} s ({summary.fps:.1f} fps)" + _dropped(summary)
    ]
    lines += [_landmarks(count, summary.frames) for count in _each_once(summary.landmarks)]
    lines += [f"inference: {line}" for line in summary.providers]
    lines += [] if summary.gpu is None else [_gpu(summary.gpu)]
    for file in summary.files:
        unit = file.unit if file.items != 1 else file.unit.removesuffix("s")
        lines.append(f"{file.stream}: {file.path} ({file.items} {unit})")
    return lines + [f"note: {note}" for note in _notes(summary, has_outputs=has_outputs)]


def _notes(summary: Summary, *, has_outputs: bool) -> list[str]:
    notes = []
    if summary.interrupted:
        rest = "frames in flight were dropped" if summary.cancelled else "files are complete up to here"
        end = " before the end of the input" if summary.dropped is None else ""
        notes.append(f"Stopped{end}; {rest}.")
    if summary.truncated:
        notes.append(f"Input: {summary.truncated}")
    if summary.timestamps_repaired:
        repaired = _count(summary.timestamps_repaired, "timestamp")
        notes.append(f"{repaired} of the input missing, equal or backward; repaired.")
    skipped = (summary.skipped or 0) - summary.dropped_in_graph
    if skipped > 0 and not summary.failed:
        notes.append(f"{_count(skipped, 'frame')} without a picture on the output stream; not in the video.")
    if has_outputs and not (summary.files or summary.failed or summary.previewed):
        notes.append("No stream was written to a file. Give --output_video_path or --dump to keep one.")
    return notes + ([] if summary.failed else summary.notes)


def _dropped(summary: Summary) -> str:
    if summary.dropped is None:
        return ""
    limiters = f", {summary.dropped_in_graph} more by its limiters" if summary.dropped_in_graph else ""
    return f", {summary.dropped} dropped while the graph was busy{limiters}"


def _landmarks(count: LandmarkCount, frames: int) -> str:
    things = _THINGS.get(count.points, "landmarks")
    if not count.frames:
        return f"{count.stream}: nothing found"
    return f"{things} found in {count.frames} of {frames} frames, at most {count.most} at once ({count.stream})"


def _gpu(gpu: GpuUse) -> str:
    moved = gpu.transfers
    up, back = _count(moved.uploads.total(), "picture"), _count(moved.readbacks.total(), "picture")
    return (
        f"gpu: {gpu.device}; {up} uploaded ({moved.upload_bytes / 1e6:.1f} MB), "
        f"{back} read back ({moved.readback_bytes / 1e6:.1f} MB)"
    )


def _each_once(counts: list[LandmarkCount]) -> list[LandmarkCount]:
    """Leave out world landmarks beside the same things' image landmarks."""
    kept: dict[tuple[str, int, int, int], LandmarkCount] = {}
    for count in counts:
        things = count.stream.replace("world_", "")
        kept.setdefault((things, count.frames, count.most, count.points), count)
    return list(kept.values())


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
