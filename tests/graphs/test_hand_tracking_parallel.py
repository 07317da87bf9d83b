"""Followed hands are looked at while the frame is searched; the results are those of one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphkit import CalculatorGraph, ImageFrame
from graphkit.video import VideoReader

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "graphs" / "modules" / "hand_landmark"
STREAMS = ("multi_hand_landmarks", "multi_hand_world_landmarks", "multi_handedness", "hand_rects_from_landmarks")

Picture = np.ndarray[Any, np.dtype[np.uint8]]


@pytest.fixture(scope="module")
def frames() -> list[Picture]:
    with VideoReader(ROOT / "examples" / "media" / "hand_cup.mp4") as reader:
        return [frame.data for frame in reader][:24]


def _results(graph: str, pictures: list[Picture], hands: int, follow: bool) -> list[tuple[str, int, list[Any]]]:
    """Return what each stream emitted; empty lists left out, as only one of the graphs has them."""
    made = CalculatorGraph(
        FOLDER / graph, side_packets={"num_hands": hands, "model_complexity": 0, "use_prev_landmarks": follow}
    )
    found: list[tuple[str, int, list[Any]]] = []
    for stream in STREAMS:

        def keep(packet: Any, stream: str = stream) -> None:
            if packet.payload:
                found.append((stream, int(packet.timestamp), list(packet.payload)))

        made.observe_output_stream(stream, keep)
    with made:
        for number, picture in enumerate(pictures):
            made.add_packet_to_input_stream("image", ImageFrame(picture), 33_333 * (number + 1))
            made.wait_until_idle()
    return sorted(found, key=lambda each: each[:2])


@pytest.mark.parametrize(
    ("hands", "follow", "parts"),
    [
        pytest.param(2, True, (1,), id="one hand, room for two"),
        pytest.param(1, True, (1,), id="one hand, room for one"),
        pytest.param(2, False, (1,), id="nothing is followed"),
        pytest.param(2, True, (1, 0, -1), id="gone and back on the other side"),
    ],
)
def test_results_are_those_of_one_after_the_other(
    hands: int, follow: bool, parts: tuple[int, ...], frames: list[Picture]
) -> None:
    step = len(frames) // len(parts)
    pictures = [
        np.ascontiguousarray(frame[:, ::part] if part else np.zeros_like(frame))
        for number, part in enumerate(parts)
        for frame in frames[number * step : (number + 1) * step]
    ]
    expected = _results("hand_landmark_tracking_cpu.pbtxt", pictures, hands, follow)
    found = _results("hand_landmark_tracking_parallel_cpu.pbtxt", pictures, hands, follow)
    assert len(expected) > len(STREAMS) * 8
    assert found == expected
