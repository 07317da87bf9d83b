"""Measures the hand graph alone, frames in memory, against ``mp.solutions.hands``.

    python tests/benchmarks/bench_graph_only.py CLIP [--against-mediapipe PEER/bin/python] [--rounds 5]

Up to two hands, complexity 1. graphkit is measured twice: ``overlapped`` with 4 frames under way, as a program
feeds it that has the frames, and ``lock-step``, waiting for each frame's result as ``mp.solutions`` has to. Prints
milliseconds a frame, medians of the rounds, and the ratios of the medians. Both sides take turns.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import threading
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphkit.formats import ImageFrame
from graphkit.graph import CalculatorGraph
from graphkit.services import FLOW_CONTROL, FlowControl
from graphkit.video import VideoReader

if TYPE_CHECKING:
    from graphkit.packet import Packet

GRAPH: Final = "mediapipe/modules/hand_landmark/hand_landmark_tracking_cpu.pbtxt"
PEER_SCRIPT: Final = Path(__file__).parent / "peer" / "peer_graph_only.py"
SIDE_PACKETS: Final = {"num_hands": 2, "model_complexity": 1, "use_prev_landmarks": True}


def read(clip: Path, limit: int | None) -> list[tuple[int, ImageFrame]]:
    """Return the frames of a clip with their timestamps."""
    with VideoReader(clip) as reader:
        return [(frame.timestamp_us, ImageFrame(frame.data.copy())) for frame in islice(reader, limit)]


def run(frames: list[tuple[int, ImageFrame]], in_flight: int) -> float:
    """Return milliseconds a frame with at most *in_flight* frames under way."""
    room = threading.Semaphore(in_flight)
    graph = CalculatorGraph(GRAPH)
    graph.set_service(FLOW_CONTROL, FlowControl(drop=False))
    stamps = [stamp for stamp, _ in frames]

    def settled(packet: Packet[Any]) -> None:
        # The landmarks of a frame are there, or known not to come.
        while stamps and stamps[0] <= packet.timestamp:
            stamps.pop(0)
            room.release()

    graph.observe_output_stream("multi_hand_landmarks", settled, observe_timestamp_bounds=True)
    graph.start_run(SIDE_PACKETS)
    start = time.perf_counter()
    for stamp, frame in frames:
        room.acquire()
        graph.add_packet_to_input_stream("image", frame, stamp)
    graph.wait_until_idle()
    spent = time.perf_counter() - start
    graph.close_all_packet_sources()
    graph.wait_until_done()
    return 1000 * spent / len(frames)


def peer(python: str, clip: Path, limit: int | None) -> float:
    """Return milliseconds a frame of ``mp.solutions.hands``."""
    command = [python, str(PEER_SCRIPT), str(clip)] + (["--frames", str(limit)] if limit else [])
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    measured: dict[str, Any] = json.loads(printed[printed.index("{") :])
    return float(measured["mean_ms"])


def main() -> None:
    """Run the benchmark as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--against-mediapipe", metavar="PYTHON")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int)
    given = parser.parse_args()
    frames = read(given.clip, given.frames)
    found: dict[str, list[float]] = {"overlapped": [], "lock-step": [], "mediapipe": []}
    for _ in range(given.rounds):
        found["overlapped"].append(run(frames, 4))
        found["lock-step"].append(run(frames, 1))
        if given.against_mediapipe:
            found["mediapipe"].append(peer(given.against_mediapipe, given.clip, given.frames))
    theirs = statistics.median(found["mediapipe"]) if found["mediapipe"] else None
    for name, values in found.items():
        if values:
            middle = statistics.median(values)
            ratio = f"   ratio {middle / theirs:.2f}" if theirs and name != "mediapipe" else ""
            print(f"{name:12}{middle:8.2f} ms a frame (best {min(values):.2f}){ratio}")


if __name__ == "__main__":
    main()
