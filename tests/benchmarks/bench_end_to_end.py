"""Measures clip to annotated clip against a MediaPipe 0.10.21 program that does the same.

    python tests/benchmarks/bench_end_to_end.py --against-mediapipe PEER/bin/python CLIP [CLIP ...] [--rounds 5]

Both sides read and write through PyAV, H.264 with preset ultrafast, crf 23 and one encoder thread, track two hands
at complexity 1, and take turns, a process each. Prints medians, and the median of the ratios pair by pair: of the
whole process (``wall``), of the run without interpreter start-up and imports (``run``), of processor time and of
peak memory.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
OURS: Final = HERE / "end_to_end_worker.py"
THEIRS: Final = HERE / "peer" / "peer_end_to_end.py"
MEASURES: Final = ("wall_s", "run_s", "cpu_s", "peak_rss_mib")


def run(python: str, script: Path, clip: Path, frames: int | None) -> dict[str, Any]:
    """Run one side once; return what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        command = [python, str(script), str(clip), str(Path(folder) / "out.mp4")]
        command += ["--frames", str(frames)] if frames else []
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, Any] = json.loads(printed[printed.index("{") :])
    return found


def compare_clip(peer: str, clip: Path, rounds: int, frames: int | None) -> None:
    """Alternate both sides on a clip and print the table."""
    pairs = [(run(sys.executable, OURS, clip, frames), run(peer, THEIRS, clip, frames)) for _ in range(rounds)]
    count = pairs[0][0]["frames"]
    if any(side["frames"] != count for pair in pairs for side in pair):
        raise RuntimeError("the two sides read different numbers of frames")
    print(f"\n{clip.name}, {count} frames, {rounds} pairs")
    print(f"{'':14}{'graphkit':>12}{'mediapipe':>12}{'ratio':>8}  (least - most)")
    for name in MEASURES:
        ours, theirs = ([side[name] for side in sides] for sides in zip(*pairs, strict=True))
        ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
        print(
            f"{name:14}{statistics.median(ours):12.2f}{statistics.median(theirs):12.2f}"
            f"{statistics.median(ratios):8.2f}  ({min(ratios):.2f} - {max(ratios):.2f})"
        )
    per_frame = (
        1000 * statistics.median(side["run_s"] for side in sides) / count for sides in zip(*pairs, strict=True)
    )
    print("ms a frame    " + "".join(f"{value:12.1f}" for value in per_frame))


def main() -> None:
    """Run the benchmark as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--against-mediapipe", metavar="PYTHON", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int)
    given = parser.parse_args()
    for clip in given.clips:
        compare_clip(given.against_mediapipe, clip, given.rounds, given.frames)


if __name__ == "__main__":
    main()
