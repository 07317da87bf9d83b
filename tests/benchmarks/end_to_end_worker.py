"""graphkit's side of bench_end_to_end.py: clip to annotated clip in one process, measured from inside.

    python tests/benchmarks/end_to_end_worker.py CLIP OUT.mp4 [--frames N]

Prints one JSON object with the names of peer/peer_end_to_end.py.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "peer"))

from peer_common import seconds_since_process_start, usage

from graphkit.jobs import run_video

GRAPH = "graphs/hand_tracking/hand_tracking_desktop_live.pbtxt"


def main() -> None:
    """Run the clip and print the measures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("clip", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--frames", type=int)
    given = parser.parse_args()
    startup = seconds_since_process_start()
    start = time.perf_counter()
    summary = run_video(GRAPH, given.clip, given.output, max_frames=given.frames)
    result = {
        "frames": summary.frames,
        "startup_s": round(startup, 3),
        "run_s": time.perf_counter() - start,
        **usage(),
    }
    result["wall_s"] = round(seconds_since_process_start(), 3)
    result["ms_per_frame"] = 1000 * result["run_s"] / max(1, summary.frames)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
