"""The main job of the command line, on the example clip, from the shipped graph."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from graphkit.inference import load
from graphkit.video import VideoReader

ROOT = Path(__file__).parents[4]
CLIP = ROOT / "examples" / "media" / "hand_cup.mp4"
OTHER = ROOT / "tests" / "data" / "inference" / "ops" / "pools.tflite"


@pytest.mark.parametrize("graph", ["hand_tracking_desktop_live", "hand_tracking_desktop"])
def test_a_clip_becomes_an_annotated_clip_and_landmarks(graphkit, work: Path, graph: str) -> None:
    load(OTHER, provider="cpu")  # the summary tells of this job's models
    few = ["--max-frames", "12"] if graph.endswith("live") else []
    result = graphkit(
        "run", f"graphs/hand_tracking/{graph}.pbtxt", "--input_video_path", CLIP, "--output_video_path", "out.mp4",
        "--dump", "landmarks=hands.jsonl", "--dump", "multi_palm_detections=palms.jsonl",
        *few,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    entries = [json.loads(line) for line in (work / "hands.jsonl").read_text().splitlines()]
    with VideoReader(CLIP) as before, VideoReader(work / "out.mp4") as after:
        pairs = list(zip(before, after, strict=False))
    frames = 12 if few else before.info.frame_count
    assert len(pairs) == frames
    assert all(a.timestamp_us == b.timestamp_us for a, b in pairs)
    changed = [float((np.abs(a.data.astype(int) - b.data) > 60).mean()) for a, b in pairs]
    assert all(0.005 < share < 0.2 for share in changed), "something is drawn on every frame, and not everywhere"
    assert [entry["timestamp"] for entry in entries] == [a.timestamp_us for a, _ in pairs]
    assert all(len(hand["landmark"]) == 21 for entry in entries for hand in entry["packet"])
    assert "hands found in" in result.stdout
    assert "inference: 2 models on the CPU" in result.stdout


def test_the_table_says_which_hand(graphkit, work: Path) -> None:
    result = graphkit("run", "graphs/hand_tracking/hand_tracking_desktop_live.pbtxt", "--input_video_path", CLIP,
                      "--max-frames", "3", "--dump", "landmarks=hands.csv", "--quiet")  # fmt: skip
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader((work / "hands.csv").read_text().splitlines()))
    assert len(rows) == 3 * 21
    assert {row["handedness"] for row in rows} <= {"Left", "Right"}
    assert rows[8]["name"] == "INDEX_FINGER_TIP"
    assert all(0 <= float(row["x"]) <= 1 and 0 <= float(row["y"]) <= 1 for row in rows)
