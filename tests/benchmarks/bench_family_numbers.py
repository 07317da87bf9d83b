"""Compares faces, irises, selfies and holistic tracking with MediaPipe 0.10.21 on the same frames and timestamps.

    python tests/benchmarks/bench_family_numbers.py --against-mediapipe PEER/bin/python CLIP [CLIP ...]
        [--family NAME ...] [--frames N] [--json FILE]

A clip may be a picture. Comparisons:

* ``afresh``: every frame has a run of its own; nothing is carried over.
* ``afresh_floor``: MediaPipe against itself in this way, on frames with flipped bits as below. Only where a family
  goes through several models one after the other is it far from nothing.
* ``afresh_step``: MediaPipe against itself, the first region of each frame off by the smallest step of float32: so
  much depends on the order in which numbers are added, and ``afresh`` may be 1.3 times as far apart.
* ``tracking``: the graph as it is. Each frame's regions come from the frame before, so differences feed back.
* ``floor``: MediaPipe's tracking against its own on the same frames with the lowest bit of 0.1 % of all values
  of every frame flipped: how far the feedback alone carries. Two trackers should not be 1.3 times as far apart.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from bench_numbers import Frames, flipped, read, run_peer, store, write
from compare import table
from compare_family import compare, load, targets_afresh, targets_tracking
from compare_pose import Masks, load_masks
from families import FAMILIES, Family

from graphkit import CalculatorGraph
from graphkit.formats import ImageFrame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compare import Target

    from graphkit import Packet

PEER_SCRIPT: Final = Path(__file__).parent / "peer" / "peer_family.py"
PIXELS: Final = {"holistic": 0.1}
DEFAULT_PIXELS: Final = 0.05

Result = tuple[Path, Masks]
"""Messages, a file of JSON lines, and masks by timestamp."""


def run_theirs(python: str, name: str, frames: Path, stem: Path, *flags: str) -> Result:
    """Run MediaPipe's graph of a family over stored frames."""
    lines, masks = stem.with_suffix(".jsonl"), stem.with_suffix(".npz")
    run_peer(python, frames, lines, "--masks", str(masks), *flags, script=PEER_SCRIPT, before=[name])
    return lines, load_masks(masks)


def run_ours(name: str, frames: Frames, output: Path, *, afresh: bool) -> Result:
    """Run graphkit's graph of a family frame by frame."""
    family = FAMILIES[name]
    graph = CalculatorGraph(f"mediapipe/modules/{family.graph}.pbtxt")
    found: list[tuple[str, Packet[Any]]] = []
    masks: Masks = {}

    def keep_mask(packet: Packet[Any]) -> None:
        masks[int(packet.timestamp)] = np.rint(packet.payload.data * 255).astype(np.uint8)

    for stream in family.streams:
        graph.observe_output_stream(stream, lambda packet, stream=stream: found.append((stream, packet)))
    for stream in family.masks:
        graph.observe_output_stream(stream, keep_mask)
    for part in [[frame] for frame in frames] if afresh else [frames]:
        _run(graph, family, part)
    with output.open("w") as lines:
        for stream, packet in found:
            write(lines, stream, packet)
    return output, masks


def _run(graph: CalculatorGraph, family: Family, frames: Frames) -> None:
    graph.start_run(dict(family.side_packets))
    with graph:
        for stamp, frame in frames:
            graph.add_packet_to_input_stream("image", ImageFrame(frame), stamp)
            graph.wait_until_idle()


def compare_family(
    python: str, name: str, frames: Frames, folder: Path
) -> dict[str, tuple[dict[str, float], Sequence[Target]]]:
    """Return measures and targets of all comparisons of one family by name."""
    family = FAMILIES[name]
    size = (frames[0][1].shape[1], frames[0][1].shape[0])
    stored = store(frames, folder / "frames")

    def measure(a: Result, b: Result) -> dict[str, float]:
        return compare(load(a[0]), load(b[0]), family.streams, size, len(frames), (a[1], b[1]))

    ours = run_ours(name, frames, folder / "afresh.jsonl", afresh=True)
    theirs = run_theirs(python, name, stored, folder / "peer_afresh", "--afresh")
    afresh = measure(ours, theirs)
    step = None
    if family.region:
        step = measure(run_theirs(python, name, stored, folder / "peer_nudged", "--nudged"), theirs)
    targets = targets_afresh(afresh, PIXELS.get(name, DEFAULT_PIXELS), step)
    results: dict[str, Any] = {"afresh": (afresh, targets)}
    if step is not None:
        results["afresh_step"] = (step, ())
    if not family.follows:
        return results
    other = store(flipped(frames), folder / "flipped")
    moved_afresh = run_theirs(python, name, other, folder / "peer_flipped_afresh", "--afresh")
    results["afresh_floor"] = (measure(moved_afresh, theirs), ())
    if len(frames) > 1:
        peer = run_theirs(python, name, stored, folder / "peer")
        moved = run_theirs(python, name, other, folder / "peer_flipped")
        floor = measure(moved, peer)
        tracking = measure(run_ours(name, frames, folder / "tracking.jsonl", afresh=False), peer)
        results |= {"tracking": (tracking, targets_tracking(floor)), "floor": (floor, ())}
    return results


def main() -> None:
    """Compare the clips of the command line and print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--against-mediapipe", metavar="PYTHON", required=True)
    parser.add_argument("--family", choices=FAMILIES, nargs="+", default=list(FAMILIES))
    parser.add_argument("--frames", type=int, help="most frames of a clip")
    parser.add_argument("--json", type=Path, help="also write all measures here")
    given = parser.parse_args()
    everything: dict[str, Any] = {}
    for clip in given.clips:
        frames = list(read(clip, given.frames))
        for name in given.family:
            with tempfile.TemporaryDirectory() as folder:
                results = compare_family(given.against_mediapipe, name, frames, Path(folder))
            for comparison, (measures, targets) in results.items():
                print(f"\n{clip.name}: {name}: {comparison}\n{table(measures, targets)}", flush=True)
                everything[f"{clip.name}.{name}.{comparison}"] = measures
    if given.json:
        given.json.write_text(json.dumps(everything, indent=2) + "\n")


if __name__ == "__main__":
    main()
