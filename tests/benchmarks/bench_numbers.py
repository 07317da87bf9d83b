"""Compares graphkit's hand tracking with MediaPipe 0.10.21's on the same decoded frames and timestamps.

    python tests/benchmarks/bench_numbers.py --against-mediapipe PEER/bin/python CLIP [CLIP ...] [--frames N]

Three comparisons a clip, two hands, complexity 1:

* ``afresh``: no region is carried from frame to frame (use_prev_landmarks off); every frame stands for itself.
* ``guided``: the landmark graph on the very regions that MediaPipe used in its tracking run.
* ``tracking``: the graph as it is. Each frame's region comes from the landmarks before, so differences feed back.

How far the feedback alone carries is measured on MediaPipe itself (``floor``): its tracking run against its own
tracking run on the same frames with the lowest bit of 0.1 % of all values of every frame flipped: a single flip
is often absorbed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from compare import TARGETS, Target, compare, load, table

from graphkit import CalculatorGraph
from graphkit.formats import ImageFrame, NormalizedRect, from_json, to_json
from graphkit.video import VideoReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from graphkit import Packet

PEER_SCRIPT: Final = Path(__file__).parent / "peer" / "peer_hand_tracking.py"
MODULES: Final = "mediapipe/modules/hand_landmark"
STREAMS: Final = ("multi_hand_landmarks", "multi_hand_world_landmarks", "multi_handedness", "palm_detections")

Frames = list[tuple[int, Any]]


def read(clip: Path, limit: int | None) -> Iterator[tuple[int, Any]]:
    """Yield (timestamp in microseconds, RGB frame) of a clip."""
    with VideoReader(clip) as reader:
        for count, frame in enumerate(reader):
            if count == limit:
                return
            yield frame.timestamp_us, frame.data


def store(frames: Frames, folder: Path) -> Path:
    """Write frames where the peer's scripts read them; return the folder."""
    folder.mkdir()
    np.save(folder / "frames.npy", np.stack([frame for _, frame in frames]))
    np.save(folder / "timestamps.npy", np.array([stamp for stamp, _ in frames]))
    return folder


def run_peer(
    python: str,
    source: Path,
    output: Path,
    *flags: str,
    script: Path = PEER_SCRIPT,
    before: Sequence[str] = (),
) -> Path:
    """Run a graph of MediaPipe over stored frames; return its result file. *before* comes first on the line."""
    subprocess.run(
        [python, str(script), *before, str(source), str(output), *flags], check=True, capture_output=True
    )
    return output


def run_tracking(frames: Frames, output: Path, *, follow: bool) -> Path:
    """Run graphkit's tracking graph frame by frame; return the result file."""
    graph = CalculatorGraph(f"{MODULES}/hand_landmark_tracking_cpu.pbtxt")
    found: list[tuple[str, Packet[Any]]] = []
    for stream in STREAMS:
        graph.observe_output_stream(stream, lambda packet, stream=stream: found.append((stream, packet)))
    graph.start_run({"num_hands": 2, "model_complexity": 1, "use_prev_landmarks": follow})
    with graph:
        for stamp, frame in frames:
            graph.add_packet_to_input_stream("image", ImageFrame(frame), stamp)
            graph.wait_until_idle()
    with output.open("w") as lines:
        for stream, packet in found:
            write(lines, stream, packet)
    return output


def run_guided(frames: Frames, peer: Path, output: Path) -> Path:
    """Run graphkit's landmark graph on the regions in the peer's result; return the result file."""
    found = [json.loads(line) for line in peer.read_text().splitlines()]
    regions = {line["timestamp"]: line["packet"] for line in found if line["stream"] == "hand_rects"}
    graph = CalculatorGraph(f"{MODULES}/hand_landmark_cpu.pbtxt")
    hands: dict[str, list[Any]] = {}
    for ours, theirs in (
        ("hand_landmarks", STREAMS[0]),
        ("hand_world_landmarks", STREAMS[1]),
        ("handedness", STREAMS[2]),
    ):
        graph.observe_output_stream(
            ours, lambda p, name=theirs: hands.setdefault(name, []).append(to_json(p.payload))
        )
    clock = 0
    with output.open("w") as lines, graph:
        for stamp, frame in frames:
            hands.clear()
            for region in from_json(list[NormalizedRect], regions.get(stamp, [])):
                graph.add_packet_to_input_stream("image", ImageFrame(frame), clock)
                graph.add_packet_to_input_stream("hand_rect", region, clock)
                graph.wait_until_idle()
                clock += 1
            for stream, values in hands.items():
                lines.write(json.dumps({"timestamp": stamp, "stream": stream, "packet": values}) + "\n")
    return output


def write(lines: Any, stream: str, packet: Packet[Any]) -> None:
    """Write a packet as a line of JSON."""
    content = {"timestamp": int(packet.timestamp), "stream": stream, "packet": to_json(packet.payload)}
    lines.write(json.dumps(content) + "\n")


def flipped(frames: Frames, share: float = 0.001, seed: int = 1) -> Frames:
    """Return the frames with the lowest bit of a share of the values of each flipped, the same ones every time."""
    random = np.random.default_rng(seed)
    changed = []
    for stamp, frame in frames:
        values = frame.copy().reshape(-1)
        values[random.choice(len(values), max(1, round(len(values) * share)), replace=False)] ^= 1
        changed.append((stamp, values.reshape(frame.shape)))
    return changed


def compare_clip(python: str, clip: Path, limit: int | None, folder: Path) -> dict[str, dict[str, float]]:
    """Return the measures of all comparisons of one clip by name."""
    frames = list(read(clip, limit))
    size = (frames[0][1].shape[1], frames[0][1].shape[0])
    stored = store(frames, folder / "frames")
    peer = run_peer(python, stored, folder / "peer.jsonl")
    afresh = run_peer(python, stored, folder / "peer_afresh.jsonl", "--afresh")
    moved = run_peer(python, store(flipped(frames), folder / "flipped"), folder / "peer_flipped.jsonl")
    pairs = {
        "afresh": (run_tracking(frames, folder / "afresh.jsonl", follow=False), afresh),
        "guided": (run_guided(frames, peer, folder / "guided.jsonl"), peer),
        "tracking": (run_tracking(frames, folder / "tracking.jsonl", follow=True), peer),
        "floor": (moved, peer),
    }
    return {name: compare(load([a]), load([b]), size, len(frames)) for name, (a, b) in pairs.items()}


def measure(
    description: str,
    compare_clip: Callable[[str, Path, int | None, Path], dict[str, dict[str, float]]],
    targets: Sequence[Target],
) -> None:
    """Compare the clips of the command line and print tables.

    Args:
        description: of the program, for ``--help``.
        compare_clip: takes MediaPipe's interpreter, a clip, its most frames and a folder; returns the measures of
            all comparisons by name.
        targets: what the measures should reach.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--against-mediapipe", metavar="PYTHON", required=True)
    parser.add_argument("--frames", type=int, help="most frames of a clip")
    parser.add_argument("--json", type=Path, help="also write all measures here")
    given = parser.parse_args()
    results = {}
    for clip in given.clips:
        with tempfile.TemporaryDirectory() as folder:
            results[clip.name] = compare_clip(given.against_mediapipe, clip, given.frames, Path(folder))
        for name, measures in results[clip.name].items():
            print(f"\n{clip.name}: {name}\n{table(measures, targets)}")
    if given.json:
        given.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    measure(__doc__, compare_clip, TARGETS)
