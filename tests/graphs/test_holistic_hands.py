"""How holistic tracking finds hands, step by step, each on what MediaPipe 0.10.21 had in its place.

Step after step the last bit of a pose becomes a tenth of a pixel at the fingertips, with MediaPipe too. A step
that is given the same region finds the same.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from graphkit import CalculatorGraph
from graphkit.formats import ImageFrame, NormalizedLandmarkList, NormalizedRect, from_json
from graphkit.video import VideoReader

ROOT: Final = Path(__file__).parents[2]
GOLDEN: Final = ROOT / "tests" / "data" / "goldens" / "pose_balance.hands.jsonl.gz"
CLIP: Final = ROOT / "examples" / "media" / "pose_balance.mp4"
STEP: Final = 12
SIZE: Final = np.array((540, 650))
FIELDS: Final = ("x_center", "y_center", "width", "height", "rotation")
SIDES: Final = ("left", "right")


@cache
def frames() -> dict[int, Any]:
    with VideoReader(CLIP) as reader:
        return {frame.timestamp_us: frame.data.copy() for frame in islice(reader, 0, None, STEP)}


@cache
def golden() -> dict[str, dict[int, Any]]:
    streams: dict[str, dict[int, Any]] = {}
    with gzip.open(GOLDEN, "rt") as lines:
        for line in map(json.loads, lines):
            streams.setdefault(line["stream"], {})[line["timestamp"]] = line["packet"]
    return streams


def region(side: str, step: str) -> dict[int, Any]:
    return golden()[f"handlandmarksleftandrightcpu__{side}_hand_{step}"]


def run(calculator: str, output: str, regions: dict[int, Any]) -> dict[int, Any]:
    """Return what a subgraph finds in the regions, by timestamp."""
    graph = CalculatorGraph(
        f"""
        input_stream: "image" input_stream: "roi" output_stream: "found"
        node {{
          calculator: "{calculator}" input_stream: "IMAGE:image" input_stream: "ROI:roi"
          output_stream: "{output}:found"
        }}
        """
    )
    found: dict[int, Any] = {}
    graph.observe_output_stream("found", lambda packet: found.update({int(packet.timestamp): packet.payload}))
    with graph:
        for time, packet in sorted(regions.items()):
            graph.add_packet_to_input_stream("image", ImageFrame(frames()[time]), time)
            graph.add_packet_to_input_stream("roi", from_json(NormalizedRect, packet), time)
    return found


@pytest.mark.parametrize("side", SIDES)
def test_a_rough_region_is_corrected_alike(side: str) -> None:
    expected = region(side, "roi_from_recrop")
    found = run("HandRecropByRoiCpu", "HAND_ROI_FROM_RECROP", region(side, "roi_from_pose"))
    assert list(found) == list(expected) == list(frames())
    for time, mine in found.items():
        theirs = from_json(NormalizedRect, expected[time])
        moved = [getattr(mine, field) - getattr(theirs, field) for field in FIELDS]
        assert np.abs(np.array(moved) * (*SIZE, *SIZE, 100)).max() < 0.01


@pytest.mark.parametrize("side", SIDES)
def test_a_region_holds_the_same_hand(side: str) -> None:
    expected = golden()[f"{side}_hand_landmarks"]
    found = run("HandLandmarkCpu", "LANDMARKS", region(side, "tracking_roi"))
    assert list(found) == list(expected)
    assert 0 < len(found) < len(frames()), "some hands are hidden"
    for time, mine in found.items():
        theirs = from_json(NormalizedLandmarkList, expected[time])
        assert np.hypot(*((mine.xy - theirs.xy) * SIZE).T).max() < 0.01
