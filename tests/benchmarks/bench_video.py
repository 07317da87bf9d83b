"""What reading and writing a clip costs, a picture: alone, on threads of their own, and overlapped.

By hand, on any clip:

    python tests/benchmarks/bench_video.py [clip.mp4] [--rounds 5] [--preset ultrafast]

Every round runs each structure once, in turn, so that a busy moment of the machine hits all of them. Prints the
minimum and median wall time in milliseconds a picture and the size of the file that was written.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from graphkit.video import BackgroundReader, BackgroundWriter, EncoderSettings, VideoReader, VideoWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphkit.video import VideoFrame, VideoInfo

CLIP = Path(__file__).parents[2] / "examples" / "media" / "hand_cup.mp4"


class Memory:
    """Pictures that are there already: leaves the cost of handing over."""

    def __init__(self, frames: list[VideoFrame]) -> None:
        self.frames = frames

    def __iter__(self) -> Iterator[VideoFrame]:
        return iter(self.frames)

    def close(self) -> None:
        """Nothing to release."""


class Bench:
    """The structures to time on one clip."""

    def __init__(self, clip: Path, target: Path, preset: str) -> None:
        self.clip, self.target = clip, target
        self.settings = EncoderSettings(preset=preset)
        with VideoReader(clip) as reader:
            self.frames = list(reader)
            self.info: VideoInfo = reader.info

    def writer(self) -> VideoWriter:
        """Open the output anew."""
        info = self.info
        return VideoWriter(
            self.target, width=info.width, height=info.height, frame_rate=info.frame_rate,
            encoder=self.settings, source=info,
        )  # fmt: skip

    def read(self) -> None:
        """Decode to RGB."""
        with VideoReader(self.clip) as reader:
            for _ in reader:
                pass

    def hand_over(self) -> None:
        """Pass pictures from one thread to another."""
        with BackgroundReader(Memory(self.frames)) as reader:
            for _ in reader:
                pass

    def write(self) -> None:
        """Encode from memory."""
        with self.writer() as writer:
            for frame in self.frames:
                writer.write(frame.data, frame.timestamp_us)

    def serial(self) -> None:
        """Decode and encode in turn."""
        with VideoReader(self.clip) as reader, self.writer() as writer:
            for frame in reader:
                writer.write(frame.data, frame.timestamp_us)

    def overlapped(self) -> None:
        """Decode and encode on a thread each."""
        with BackgroundReader(VideoReader(self.clip)) as reader, BackgroundWriter(self.writer()) as writer:
            for frame in reader:
                writer.write(frame.data, frame.timestamp_us)


def timed(work: Callable[[], None]) -> float:
    """Return the seconds that the work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Run the rounds and print a line a structure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", nargs="?", type=Path, default=CLIP)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--preset", default="ultrafast")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.mp4"
        bench = Bench(arguments.clip, target, arguments.preset)
        works = [bench.read, bench.hand_over, bench.write, bench.serial, bench.overlapped]
        times: dict[str, list[float]] = {work.__name__: [] for work in works}
        for _ in range(arguments.rounds):
            for work in works:
                times[work.__name__].append(timed(work) * 1000 / len(bench.frames))
        size_kb = target.stat().st_size / 1000 / len(bench.frames)
    info = bench.info
    print(f"{arguments.clip.name}: {info.width}x{info.height}, {len(bench.frames)} pictures, {info.codec}")
    for name, values in times.items():
        print(f"{name:>12}  {min(values):7.3f} / {median(values):7.3f} ms")
    print(f"     written  {size_kb:7.1f} kB a picture")


if __name__ == "__main__":
    main()
