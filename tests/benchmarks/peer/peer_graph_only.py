"""Measures `mp.solutions.hands` on frames in memory.

    PEER/bin/python tests/benchmarks/peer/peer_graph_only.py CLIP [--hands 2] [--complexity 1]

Prints one JSON object: frames, milliseconds of the first frame and of the others (median, mean), hands found.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import mediapipe as mp
from peer_common import read_frames, usage


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path, help="video, or folder with frames.npy and timestamps.npy")
    parser.add_argument("--frames", type=int, help="stop after so many")
    parser.add_argument("--hands", type=int, default=2)
    parser.add_argument("--complexity", type=int, choices=(0, 1), default=1)
    return parser.parse_args()


def main() -> None:
    """Decodes everything, then runs it."""
    given = arguments()
    frames = [frame for _, frame in read_frames(given.clip, given.frames)]
    times, hands = [], 0
    with mp.solutions.hands.Hands(max_num_hands=given.hands, model_complexity=given.complexity) as solution:
        for frame in frames:
            start = time.perf_counter()
            result = solution.process(frame)
            times.append(1000 * (time.perf_counter() - start))
            hands += len(result.multi_hand_landmarks or ())
    measures = {
        "frames": len(frames),
        "hands": hands,
        "first_ms": round(times[0], 3),
        "median_ms": round(statistics.median(times[1:]), 3),
        "mean_ms": round(statistics.fmean(times[1:]), 3),
        "total_s": round(sum(times) / 1000, 4),
        **usage(),
    }
    print(json.dumps(measures))


if __name__ == "__main__":
    main()
