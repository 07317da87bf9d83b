"""Many frames in one job, then many jobs in one process: memory, threads and descriptors stay flat. By hand.

    python tests/robustness/soak.py [--frames 20000] [--jobs 1000] [--clip FILE] [--graph FILE]

First the clip, repeated, goes through the graph to a video and a table. Then short jobs follow each other: such a
run of five frames; a graph on an ApplicationThreadExecutor whose bounded poller is read; one whose bounded poller
is not read, and that is dropped while it runs. Prints what was in use at each tenth of the way; returns 1 if the
last fifth uses more than the second one did. An mp4 keeps its index until it is closed, some 70 bytes a frame.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from graphkit import CalculatorGraph, ImageFrame
from graphkit.jobs import JobSettings, Limits, video_job
from graphkit.video import VideoReader, VideoWriter

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT: Final = Path(__file__).parents[2]
CLIP: Final = ROOT / "examples" / "media" / "hand_cup.mp4"
GRAPH: Final = ROOT / "graphs" / "hand_tracking" / "hand_tracking_desktop_live.pbtxt"
MOST_GROWTH_KB: Final = 8192
APPLICATION: Final = """
    input_stream: "a" executor { name: "x" type: "ApplicationThreadExecutor" }
    node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "b" executor: "x" }
"""


class Use(NamedTuple):
    """What this process uses."""

    resident_kb: int
    threads: int
    descriptors: int


def in_use() -> Use:
    """Return what this process uses now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    descriptors = sum(1 for _ in Path("/proc/self/fd").iterdir())
    return Use(pages * os.sysconf("SC_PAGE_SIZE") // 1024, threading.active_count(), descriptors)


def repeat(clip: Path, frames: int, target: Path) -> None:
    """Write a video of so many frames: those of *clip*, again and again."""
    with VideoReader(clip) as reader:
        pictures = [frame.data for frame in reader]
        info = reader.info
    rate = info.frame_rate
    with VideoWriter(target, width=info.width, height=info.height, frame_rate=rate) as writer:
        for number in range(frames):
            writer.write(pictures[number % len(pictures)], round(number * 1_000_000 / rate))


def one_long_job(graph: Path, clip: Path, folder: Path) -> list[Use]:
    """Run one job to its end; return what was in use, twice a second."""
    found: list[Use] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.5):
            found.append(in_use())

    watcher = threading.Thread(target=look, name="soak")
    watcher.start()
    try:
        _job(graph, clip, folder, Limits())
    finally:
        over.set()
        watcher.join()
    return found


def many_jobs(graph: Path, clip: Path, folder: Path, count: int) -> list[Use]:
    """Run short jobs; return what was in use after each round of three kinds."""
    kinds: tuple[Callable[[], None], ...] = (
        lambda: _job(graph, clip, folder, Limits(max_frames=5)), _on_own_thread, _dropped,
    )  # fmt: skip
    found = []
    for number in range(count):
        kinds[number % len(kinds)]()
        if number % len(kinds) == 0:
            gc.collect()
            found.append(in_use())
    return found


def _job(graph: Path, clip: Path, folder: Path, limits: Limits) -> None:
    dumps = {"landmarks": folder / "landmarks.csv"}
    video_job(
        CalculatorGraph(graph), clip, JobSettings(output=folder / "out.mp4", dumps=dumps, limits=limits)
    ).run()


def _on_own_thread() -> None:
    graph = CalculatorGraph(APPLICATION)
    poller = graph.add_output_stream_poller("b", max_queue_size=1)
    with graph:
        for stamp in range(3):
            graph.add_packet_to_input_stream("a", stamp, stamp)
            graph.wait_until_idle()
            packet = poller.next()
            assert packet is not None
            assert packet.payload == stamp


def _dropped() -> None:
    graph = CalculatorGraph(APPLICATION.replace("ApplicationThreadExecutor", "ThreadPoolExecutor"))
    graph.add_output_stream_poller("b", max_queue_size=1)
    graph.start_run()
    graph.add_packet_to_input_stream("a", ImageFrame(np.zeros((240, 320, 3), np.uint8)), 0)


def tell(what: str, found: list[Use]) -> bool:
    """Print what was in use at each tenth; return whether the last fifth uses no more than the second one."""
    print(f"{what}: {len(found)} looks")
    print("   way  resident MB  threads  descriptors")
    for tenth in range(1, 11):
        use = found[len(found) * tenth // 10 - 1]
        print(f"{tenth * 10:5}%  {use.resident_kb / 1024:11.1f}  {use.threads:7}  {use.descriptors:11}")
    fifth = len(found) // 5
    early, late = found[fifth : 2 * fifth], found[-fifth:]
    growth = statistics.median(u.resident_kb for u in late) - statistics.median(u.resident_kb for u in early)
    more_threads = max(u.threads for u in late) - max(u.threads for u in early)
    more_files = max(u.descriptors for u in late) - max(u.descriptors for u in early)
    flat = growth <= MOST_GROWTH_KB and more_threads <= 0 and more_files <= 0
    print(
        f"  {'' if flat else 'not '}flat: {growth:+.0f} kB, {more_threads:+} threads, {more_files:+} descriptors"
    )
    return flat


def main() -> int:
    """Return 1 where something grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--jobs", type=int, default=1_000)
    parser.add_argument("--clip", type=Path, default=CLIP)
    parser.add_argument("--graph", type=Path, default=GRAPH)
    given = parser.parse_args()
    logging.getLogger("graphkit").setLevel(logging.ERROR)  # thousands of notes on the same clip
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        long_clip = folder / "long.mp4"
        repeat(given.clip, given.frames, long_clip)
        begin = time.monotonic()
        flat = tell(f"{given.frames} frames", one_long_job(given.graph, long_clip, folder))
        between = time.monotonic()
        flat &= tell(f"{given.jobs} jobs", many_jobs(given.graph, given.clip, folder, given.jobs))
    print(f"{between - begin:.0f} s for the frames, {time.monotonic() - between:.0f} s for the jobs")
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
