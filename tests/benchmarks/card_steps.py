"""The steps of check_card.py: each prints its figures as lines of JSON.

    python tests/benchmarks/card_steps.py STEP [WHAT ...] --folder FOLDER [--short]

``graph TASK cpu|gpu PROVIDER`` runs a graph on frames in memory and leaves its landmarks in the folder;
``compare`` compares them with those of the CPU. ``--as NAME`` tells runs of one graph apart.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import threading
import time
from contextlib import nullcontext
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graphkit import CalculatorGraph
from graphkit.errors import GpuError
from graphkit.formats import ImageFrame
from graphkit.framework import FLOW_CONTROL, INFERENCE, FlowControl, InferenceSettings, Instrument
from graphkit.gpu import GPU_SERVICE, GpuResources
from graphkit.inference import cuda_fault, load
from graphkit.video import VideoReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit import CalculatorContext, Packet

ROOT: Final = Path(__file__).resolve().parents[2]
IN_FLIGHT: Final = 4
WARM_UP: Final = 12
SECONDS: Final = 9.0
"""Of a graph that is timed, in three rounds."""
MOST_PIXELS: Final = 0.5
"""How far landmarks of models on CUDA may be from the CPU's, on average; those of models on the CPU are equal."""

MOST_OF_A_RUN: Final = 0.05
"""How far landmarks of one run on CUDA may be from those of another."""

TASKS: Final = {
    "hands": ("hand_tracking/hand_tracking_desktop_live{}", ("", "_gpu"), "hand_cup.mp4", "hand_landmarks"),
    "pose": ("pose_tracking/pose_tracking_{}", ("cpu", "gpu"), "pose_balance.mp4", "pose_landmarks"),
}
Landmarks = dict[int, Any]


def tell(figure: str, value: Any, unit: str = "", *, wrong: str = "") -> None:
    """Print a figure; *wrong* says what it should be, where it is not."""
    print(json.dumps({"figure": figure, "value": value, "unit": unit, **({"wrong": wrong} if wrong else {})}))


def leave_out(reason: str) -> None:
    """Say why nothing is measured."""
    print(json.dumps({"skipped": reason}))


def pictures(clip: str, count: int) -> list[ImageFrame]:
    """Return *count* frames, over and over again where the clip has fewer."""
    with VideoReader(ROOT / "examples" / "media" / clip) as reader:
        frames = [ImageFrame(frame.data.copy()) for frame in islice(reader, count)]
    return list(islice(cycle(frames), count))


class Run:
    """A graph of hands or poses on frames in memory.

    Args:
        task: see TASKS.
        gpu: None for the graph of the CPU.
        provider: of the models.
        clip: another one than the task's.
        batches: whether two hands of a frame share a run; None for that on CUDA.

    Attributes:
        found: landmarks by timestamp, in pixels: (hands or 1, points, 2).
        sessions: the models.
    """

    def __init__(
        self, task: str, gpu: GpuResources | None, provider: str, clip: str = "", *, batches: bool | None = None
    ) -> None:
        path, kinds, clip_of_task, landmarks = TASKS[task]
        self.clip, self._gpu = clip or clip_of_task, gpu
        if task == "hands" and gpu is None:
            landmarks = "landmarks"
        self.graph = CalculatorGraph(ROOT / "graphs" / f"{path.format(kinds[gpu is not None])}.pbtxt")
        self.found: Landmarks = {}
        self.sessions: list[Any] = []
        self._room = threading.Semaphore(IN_FLIGHT)
        settings = InferenceSettings(provider, opened=self.sessions.append, batches=batches)
        self.graph.set_service(INFERENCE, settings)
        self.graph.set_service(FLOW_CONTROL, FlowControl(drop=False))
        if gpu is not None:
            self.graph.set_service(GPU_SERVICE, gpu)
        self.graph.observe_output_stream(landmarks, self._keep)
        self.graph.observe_output_stream("output_video", self._drawn)
        (self._fed,) = self.graph.plan.graph_inputs.names

    def start(self) -> None:
        """Load the models."""
        self.graph.start_run({})

    def feed(self, frames: list[ImageFrame], start: int) -> float:
        """Run the frames, a few at a time, and return the seconds that it took."""
        begin = time.perf_counter()
        for number, frame in enumerate(frames, start):
            self._room.acquire()
            payload = frame if self._gpu is None else self._gpu.upload(frame)
            self.graph.add_packet_to_input_stream(self._fed, payload, number * 33_333)
        self.graph.wait_until_idle()
        return time.perf_counter() - begin

    def end(self) -> None:
        """End the run."""
        self.graph.close_all_packet_sources()
        self.graph.wait_until_done()

    def _drawn(self, packet: Packet[Any]) -> None:
        """Have the picture in memory, as whoever writes it would."""
        if self._gpu is not None:
            packet.payload.array()
        self._room.release()

    def _keep(self, packet: Packet[Any]) -> None:
        each = packet.payload if isinstance(packet.payload, list) else [packet.payload]
        self.found[int(packet.timestamp)] = np.array([landmarks.data[:, :2] for landmarks in each])


def graph(wanted: argparse.Namespace) -> None:
    """Time a graph, and leave its landmarks."""
    task, kind, provider = wanted.what
    if provider == "cuda" and (fault := cuda_fault()) is not None:
        leave_out(fault)
        return
    frames = pictures(TASKS[task][2], 6 if wanted.short else 180)
    with GpuResources.create() if kind == "gpu" else nullcontext() as gpu:
        run = Run(task, gpu, provider)
        run.start()
        first, seconds, fed = _timed(run, frames, rounds=1 if wanted.short else 3)
        run.end()
        if gpu is not None:
            tell("draws", gpu.device_name)
            tell("tensors", gpu.group.cuda.fault or ("lent to CUDA" if gpu.group.cuda.is_ready else "in memory"))
    models = {f"{session.provider}{' recorded' * session.captures}" for session in run.sessions}
    tell("models", ", ".join(sorted(models)))
    tell(f"first {min(WARM_UP, len(frames))} frames", round(first, 2), "s")
    tell("a frame", round(1000 * seconds, 3), "ms")
    tell("rate", round(1 / seconds, 1), "frames/s")
    size = (frames[0].width, frames[0].height)
    found: dict[str, Any] = {str(time): points * size for time, points in run.found.items()}
    path = wanted.folder / f"{task} {kind} {provider} {wanted.name}".strip()
    np.savez(path, **found, ms=1000 * seconds, fed=fed)


def _timed(run: Run, frames: list[ImageFrame], *, rounds: int) -> tuple[float, float, int]:
    """Return the seconds of the first frames and of one later on, and how many were looked at in order."""
    warm = frames[:WARM_UP]
    first = run.feed(warm, 0)
    each = run.feed(warm, len(warm)) / len(warm)
    # As many as the rounds have time for; what is slow is timed well by few.
    count = max(len(warm), min(len(frames), int(SECONDS / rounds / each)))
    begin = 2 * len(warm)
    spent = [run.feed(frames[:count], begin + count * number) for number in range(rounds)]
    return first, statistics.median(spent) / count, begin + count


def compare(wanted: argparse.Namespace) -> None:
    """Compare the landmarks and times of all runs with those of the CPU's graph."""
    for task in TASKS:
        reference = wanted.folder / f"{task} cpu cpu.npz"
        others = [path for path in sorted(wanted.folder.glob(f"{task} *.npz")) if path != reference]
        for path in others if reference.is_file() else []:
            _compare(path.stem, dict(np.load(reference)), dict(np.load(path)))


def _compare(name: str, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    ratio = float(ours.pop("ms") / theirs.pop("ms"))
    tell(f"{name}: time of the cpu's", round(ratio, 3))
    # The frames that both have looked at, one after the other; where rounds begin again is each one's own affair.
    end = 33_333 * int(min(ours.pop("fed"), theirs.pop("fed")))
    times = sorted((time for time in set(ours) | set(theirs) if int(time) < end), key=int)
    same = [t for t in times if t in ours and t in theirs and ours[t].shape == theirs[t].shape]
    tell(f"{name}: frames with as many", f"{len(same)} of {len(times)}")
    if not same:
        return
    apart = np.concatenate([np.hypot(*(ours[t] - theirs[t]).reshape(-1, 2).T) for t in same])
    mean, p99 = float(apart.mean()), float(np.percentile(apart, 99))
    limit = 0.0 if " cpu" in name else MOST_PIXELS
    tell(f"{name}: apart, mean", round(mean, 4), "px", wrong="" if mean <= limit else f"above {limit} px")
    tell(f"{name}: apart, p99", round(p99, 4), "px")


def interop(wanted: argparse.Namespace) -> None:
    """Lend a tensor to a model on CUDA, and compare with copies."""
    with GpuResources.create() as gpu:
        if gpu.group.cuda.device(gpu.group) is None:
            leave_out(str(gpu.group.cuda.fault))
            return
        from bench_gpu import hands_lent_and_copied

        if not hands_lent_and_copied(gpu, "cuda", gpu.group.cuda, tell=tell):
            tell("hands", "differ", wrong="other hands, or tensors that were read back")


def batches(wanted: argparse.Namespace) -> None:
    """Time two hands of a frame in one run and in two, of the model and of the graph; compare what they find."""
    provider = "cpu" if cuda_fault() else "cuda"
    hands = [
        ImageFrame(np.concatenate([frame.data[:, ::-1], frame.data], axis=1))
        for frame in pictures(TASKS["hands"][2], 6 if wanted.short else 60)
    ]
    tell("models", provider)
    _batches_of_the_model(hands[0], provider, 3 if wanted.short else 60)
    found = {}
    with GpuResources.create() as gpu:
        for name, together in (("one by one", False), ("together", True)):
            run = Run("hands", gpu, provider, batches=together)
            run.start()
            run.feed(hands[:6], 0)
            seconds = run.feed(hands, 6)
            run.end()
            tell(f"a frame with two hands, {name}", round(1000 * seconds / len(hands), 3), "ms")
            found[name] = run.found
    one, other = found.values()
    shared = [time for time in one if time in other and one[time].shape == other[time].shape]
    size = (hands[0].width, hands[0].height)
    apart = float(np.mean([np.hypot(*((one[time] - other[time]) * size).reshape(-1, 2).T) for time in shared]))
    tell("frames with as many hands", f"{len(shared)} of {len(one)}", wrong="" if shared else "none")
    limit = 0.0 if provider == "cpu" else MOST_PIXELS
    tell("apart, mean", round(apart, 4), "px", wrong="" if apart <= limit else f"above {limit} px")


def _batches_of_the_model(hands: ImageFrame, provider: str, count: int) -> None:
    path = ROOT / "graphs" / "modules" / "hand_landmark" / "hand_landmark_full.tflite"
    one, two = (load(path, provider=provider, rows=rows) for rows in (1, 2))
    halves = [hands.data[100:324, at : at + 224].transpose(2, 0, 1) for at in (120, 940)]
    both = (np.array(halves, np.float32) / 255).transpose(0, 2, 3, 1)
    ways = {"two runs of one": lambda: [one.run([both[i : i + 1]]) for i in (0, 1)],
            "one run of two": lambda: [two.run([both])]}  # fmt: skip
    found = {}
    for name, way in ways.items():
        way()
        spent = []
        for _ in range(count):
            begin = time.perf_counter()
            found[name] = np.concatenate([outputs[0] for outputs in way()])
            spent.append(time.perf_counter() - begin)
        tell(name, round(1000 * statistics.median(spent), 3), "ms")
    points = [values.reshape(-1, 3)[:, :2] for values in found.values()]
    apart = float(np.abs(points[0] - points[1]).max())
    limit = 0.0 if provider == "cpu" else MOST_OF_A_RUN
    tell(
        "landmarks apart, most",
        round(apart, 5),
        "px of the model",
        wrong="" if apart <= limit else f"above {limit}",
    )


class Recorder(Instrument):
    """Notes what a frame is made of: every call of a node, and its parts."""

    def __init__(self) -> None:
        self.events: list[tuple[float, float, str, str]] = []

    def processed(self, cc: CalculatorContext, begin: float, seconds: float) -> None:
        """Note a call."""
        self._note(cc.node_name.rpartition("__")[2], begin, seconds)

    def part_done(self, part: str, begin: float, seconds: float) -> None:
        """Note a part."""
        self._note(f"  {part}", begin, seconds)

    def _note(self, name: str, begin: float, seconds: float) -> None:
        self.events.append((begin, seconds, threading.current_thread().name, name))


def trace(wanted: argparse.Namespace) -> None:
    """Tell what one frame of the hands' graph is made of."""
    frames = pictures(TASKS["hands"][2], 6 if wanted.short else 20)
    recorder = Recorder()
    with GpuResources.create() as gpu:
        run = Run("hands", gpu, "auto")
        run.graph.add_instrument(recorder)
        run.start()
        run.feed(frames[:-1], 0)
        recorder.events.clear()
        work, moved = gpu.group.work, gpu.transfers.copy()
        seconds = run.feed(frames[-1:], len(frames))
        done, crossed = gpu.group.work.since(work), gpu.transfers.since(moved)
        run.end()
    tell("one frame, alone", round(1000 * seconds, 2), "ms")
    tell("calls and parts", len(recorder.events), wrong="" if recorder.events else "nothing was noted")
    for name, count in (
        ("passes", done.passes), ("compute shaders", done.dispatches), ("fences", done.fences),
        ("waits", done.waits), ("hops", done.hops), ("uploads", crossed.uploads.total()),
        ("read-backs", crossed.readbacks.total()),
    ):  # fmt: skip
        tell(name, count)
    begin = min((event[0] for event in recorder.events), default=0.0)
    longest = sorted(recorder.events, key=lambda event: -event[1])[:14]
    for at, took, thread, name in sorted(longest):
        tell(f"at {1000 * (at - begin):.2f} ms on {thread}", f"{name} {1000 * took:.3f}", "ms")


def overhead(wanted: argparse.Namespace) -> None:
    """Tell what a drawing pass costs through the helper, beside bare moderngl."""
    from bench_gpu import pass_times

    with GpuResources.create() as gpu:
        tell("draws", gpu.device_name)
        bare, helper = pass_times(gpu)
    tell("bare pass at 720p", round(1e6 * bare, 1), "us")
    tell("the same through the helper", round(1e6 * helper, 1), "us")
    tell("the helper costs", round(1e6 * (helper - bare), 1), "us")


def contexts(wanted: argparse.Namespace) -> None:
    """Send frames through two contexts, every pixel checked."""
    from bench_gpu import frames_through_two_contexts

    count = 30 if wanted.short else 1000
    with GpuResources.create() as gpu:
        bad, rate = frames_through_two_contexts(gpu, count)
    tell(f"bad of {count} frames", bad, wrong="" if bad == 0 else "pixels that were not drawn yet")
    tell("rate", round(rate, 1), "frames/s")


def rates(wanted: argparse.Namespace) -> None:
    """Tell what a rendering path keeps beside a slow one of growing weight."""
    from bench_gpu import rates_of

    with GpuResources.create() as gpu:
        alone, _ = rates_of(gpu, 0, period=0.0, seconds=1.5)
        for rounds in (10, 100, 1000, 10_000):
            free, _ = rates_of(gpu, rounds, period=0.0, seconds=1.5)
            paced, results = rates_of(gpu, rounds, period=1 / 30, seconds=1.5)
            tell(f"{results:.0f} results a second", round(100 * paced / 30), "% of 30 fps kept")
            tell(f"  free-running, {rounds} rounds", round(100 * free / alone), "% of the rate alone")


NAMES: Final[dict[str, Callable[[argparse.Namespace], None]]] = {
    "graph": graph, "compare": compare, "interop": interop, "batches": batches, "trace": trace,
    "overhead": overhead, "contexts": contexts, "rates": rates,
}  # fmt: skip


def main() -> int:
    """Run one step; a machine that cannot draw leaves it out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=NAMES)
    parser.add_argument("what", nargs="*")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--as", dest="name", default="")
    parser.add_argument("--short", action="store_true")
    wanted = parser.parse_args()
    try:
        NAMES[wanted.step](wanted)
    except GpuError as exc:
        leave_out(str(exc).splitlines()[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
