from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from graphkit.app.cli.report import summary_lines
from graphkit.gpu import Transfers
from graphkit.jobs import GpuUse, LandmarkCount, Summary, WrittenFile

FILE = WrittenFile("output_video", Path("out.mp4"), 10, "frames")


def test_a_plain_run() -> None:
    summary = Summary(frames=10, seconds=2.0, files=[FILE], providers=["2 models on the CPU (no driver)"])
    assert summary_lines(summary) == [
        "10 frames in 2.0 s (5.0 fps)",
        "inference: 2 models on the CPU (no driver)",
        "output_video: out.mp4 (10 frames)",
    ]


def test_the_gpu() -> None:
    moved = Transfers(Counter({(640, 480): 20}), Counter({(640, 480): 10, (224, 224): 1}), 24_576_000, 12_488_704)
    lines = summary_lines(Summary(frames=10, seconds=2.0, files=[FILE], gpu=GpuUse("llvmpipe", moved)))
    assert lines[1] == "gpu: llvmpipe; 20 pictures uploaded (24.6 MB), 11 pictures read back (12.5 MB)"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(
            LandmarkCount("landmarks", 7, 2, 21),
            "hands found in 7 of 10 frames, at most 2 at once (landmarks)",
            id="hands",
        ),
        pytest.param(
            LandmarkCount("p", 10, 1, 33), "poses found in 10 of 10 frames, at most 1 at once (p)", id="poses"
        ),
        pytest.param(
            LandmarkCount("f", 1, 1, 468), "faces found in 1 of 10 frames, at most 1 at once (f)", id="faces"
        ),
        pytest.param(
            LandmarkCount("f", 1, 1, 478), "faces found in 1 of 10 frames, at most 1 at once (f)", id="irises"
        ),
        pytest.param(
            LandmarkCount("f", 1, 1, 5), "landmarks found in 1 of 10 frames, at most 1 at once (f)", id="others"
        ),
        pytest.param(LandmarkCount("landmarks"), "landmarks: nothing found", id="nothing"),
    ],
)
def test_what_was_found(found: LandmarkCount, expected: str) -> None:
    assert summary_lines(Summary(frames=10, seconds=1, files=[FILE], landmarks=[found]))[1] == expected


def test_the_same_hands_are_told_once() -> None:
    found = [
        LandmarkCount("landmarks", 7, 2, 21),
        LandmarkCount("world_landmarks", 7, 2, 21),
        LandmarkCount("other", 6, 2, 21),
    ]
    lines = summary_lines(Summary(frames=10, seconds=1, files=[FILE], landmarks=found))
    assert [line.rpartition("(")[2] for line in lines[1:3]] == ["landmarks)", "other)"]
    assert len(lines) == 4


def test_left_and_right_hands_are_told_though_they_are_as_many() -> None:
    both = [
        LandmarkCount(f"{side}_hand_landmarks", *counts)
        for counts in ((), (7, 1, 21))
        for side in ("left", "right")
    ]
    lines = summary_lines(Summary(frames=10, seconds=1, files=[FILE], landmarks=both))
    assert lines[1:5] == [
        "left_hand_landmarks: nothing found",
        "right_hand_landmarks: nothing found",
        "hands found in 7 of 10 frames, at most 1 at once (left_hand_landmarks)",
        "hands found in 7 of 10 frames, at most 1 at once (right_hand_landmarks)",
    ]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param({"truncated": "the file is truncated."}, "Input: the file is truncated.", id="truncated"),
        pytest.param(
            {"timestamps_repaired": 1},
            "1 timestamp of the input missing, equal or backward; repaired.",
            id="times",
        ),
        pytest.param(
            {"skipped": 2}, "2 frames without a picture on the output stream; not in the video.", id="skipped"
        ),
        pytest.param(
            {"interrupted": True},
            "Stopped before the end of the input; files are complete up to here.",
            id="stopped",
        ),
        pytest.param(
            {"interrupted": True, "cancelled": True},
            "Stopped before the end of the input; frames in flight were dropped.",
            id="cancelled",
        ),
        pytest.param({"notes": ["Sound: broken."]}, "Sound: broken.", id="others"),
        pytest.param(
            {"files": []},
            "No stream was written to a file. Give --output_video_path or --dump to keep one.",
            id="no file",
        ),
    ],
)
def test_notes(facts: dict[str, object], expected: str) -> None:
    summary = Summary(**{"frames": 10, "seconds": 1.0, "files": [FILE], **facts})  # type: ignore[arg-type]
    assert summary_lines(summary)[-1] == f"note: {expected}"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param({"dropped": 0}, "10 frames in 1.0 s (10.0 fps), 0 dropped while the graph was busy", id="0"),
        pytest.param(
            {"dropped": 4, "dropped_in_graph": 2},
            "10 frames in 1.0 s (10.0 fps), 4 dropped while the graph was busy, 2 more by its limiters",
            id="limiters",
        ),
    ],
)
def test_what_live_input_lost(facts: dict[str, int], expected: str) -> None:
    summary = Summary(frames=10, seconds=1.0, files=[FILE], skipped=facts.get("dropped_in_graph"), **facts)
    assert summary_lines(summary)[0] == expected
    assert not any(line.startswith("note:") for line in summary_lines(summary))


def test_live_input_has_no_end_to_stop_before() -> None:
    summary = Summary(frames=1, seconds=1.0, files=[FILE], dropped=0, interrupted=True)
    assert summary_lines(summary)[-1] == "note: Stopped; files are complete up to here."


def test_who_watched_needs_no_file() -> None:
    assert summary_lines(Summary(frames=1, seconds=1.0, previewed=True)) == ["1 frame in 1.0 s (1.0 fps)"]


def test_one_of_each() -> None:
    one = Summary(frames=1, seconds=0.0, files=[WrittenFile("x", Path("x.jsonl"), 1, "packets")])
    assert summary_lines(one) == ["1 frame in 0.0 s (0.0 fps)", "x: x.jsonl (1 packet)"]


def test_a_failed_job_tells_what_it_has_done_but_no_more() -> None:
    assert summary_lines(Summary(failed=True)) == []
    summary = Summary(frames=5, seconds=1.0, failed=True, skipped=5, notes=["No picture."])
    assert summary_lines(summary) == ["5 frames in 1.0 s (5.0 fps)"]
