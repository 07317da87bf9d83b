"""Measures the GPU half: cost of the helper, pictures through two contexts, leaks, two rates side by side.

    python tests/benchmarks/bench_gpu.py [overhead] [contexts] [flat] [starts] [rates] [cuda] [--device NAME]
                                         [--frames N]

Without names all six run, some minutes with OpenGL on the CPU. Exits with 1 if a number misses its limit; the
rates are reported only, for they are the machine's. ``cuda`` is the hand graph with tensors that CUDA reads where
OpenGL writes them, and with copies through memory; it needs an NVIDIA card, and says so where there is none.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import sys
import threading
import time
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graphkit import CalculatorGraph, calculator
from graphkit.errors import CudaUnavailableError
from graphkit.formats import ImageFrame
from graphkit.framework import FLOW_CONTROL, INFERENCE, FlowControl, InferenceSettings
from graphkit.gpu import GPU_SERVICE, GlSimpleCalculator, GpuResources
from graphkit.gpu._cuda_interop import CudaInterop
from graphkit.gpu._service import close_idle
from graphkit.gpu._storage import framebuffer_of
from graphkit.video import VideoReader
from graphkit_calculators.gpu.luminance_calculator import LuminanceCalculator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphkit import CalculatorContext, Packet
    from graphkit.gpu import GlContext, GpuBuffer, TensorLender
    from graphkit.gpu._cuda import CudaRuntime

HAND_CLIP: Final = Path(__file__).parents[2] / "examples" / "media" / "hand_cup.mp4"
WIDTH, HEIGHT = 1280, 720
MOST_OVERHEAD: Final = 1.15
MOST_APART: Final = 1e-3
"""Of the picture: CUDA adds the same numbers in the same order, whichever way they came to it."""
MOST_GROWTH: Final = 16 << 20
MOST_TEXTURES: Final = 20
"""Two queues of 8, one in the hands of each node, one being drawn in each context."""
TWO_CONTEXTS: Final = """
    input_stream: "a" output_stream: "c" max_queue_size: 8
    node { calculator: "BenchShift" input_stream: "a" output_stream: "b" }
    node {
      calculator: "BenchInvert" input_stream: "b" output_stream: "c"
      options { [mediapipe.GlContextOptions.ext] { gl_context_name: "second" } }
    }
"""
TWO_RATES: Final = """
    input_stream: "video" output_stream: "shown"
    node { calculator: "LuminanceCalculator" input_stream: "video" output_stream: "shown" }
    node {
      calculator: "FlowLimiterCalculator"
      input_stream: "video" input_stream: "FINISHED:result" output_stream: "asked"
      input_stream_info { tag_index: "FINISHED" back_edge: true }
    }
    node {
      calculator: "BenchSlow" input_stream: "asked" output_stream: "slow"
      options { [mediapipe.GlContextOptions.ext] { gl_context_name: "inference" } }
    }
    node {
      calculator: "GpuBufferToImageFrameCalculator" input_stream: "slow" output_stream: "result"
      options { [mediapipe.GlContextOptions.ext] { gl_context_name: "inference" } }
    }
"""


@calculator
class BenchShift(GlSimpleCalculator):
    """Moves a picture one pixel to the left."""

    fragment_shader = """
        uniform sampler2D frame;
        out vec4 color;

        void main() {
            ivec2 place = ivec2(gl_FragCoord.xy) + ivec2(1, 0);
            color = texelFetch(frame, place % textureSize(frame, 0), 0);
        }
    """


@calculator
class BenchInvert(GlSimpleCalculator):
    """Inverts every channel."""

    fragment_shader = """
        uniform sampler2D frame;
        out vec4 color;

        void main() {
            color = 1.0 - texelFetch(frame, ivec2(gl_FragCoord.xy), 0);
        }
    """


@calculator
class BenchSlow(GlSimpleCalculator):
    """Stands in for inference: a small picture, ``rounds`` of work for each of its pixels."""

    rounds = 1
    fragment_shader = """
        uniform sampler2D frame;
        uniform int rounds;
        out vec4 color;

        void main() {
            vec4 sum = texelFetch(frame, ivec2(gl_FragCoord.xy), 0);
            for (int i = 0; i < rounds; ++i) sum = fract(sin(sum * 7.0 + float(i)));
            color = sum;
        }
    """

    def get_output_dimensions(self, width: int, height: int) -> tuple[int, int]:
        """Return the size of a tensor."""
        return 192, 192

    def gl_bind(self) -> None:
        """Set the load."""
        self.shader.set(rounds=self.rounds)


@calculator
class BenchOverhead(LuminanceCalculator):
    """Draws each frame many times, through itself and with bare moderngl in turns."""

    times: Final[dict[str, list[float]]] = {}

    def process(self, cc: CalculatorContext) -> None:
        """Measure on the GL thread."""
        self.helper.run_in_gl_context(self._measure, cc.inputs[0].payload)

    def _measure(self, frame: GpuBuffer) -> None:
        nowhere: Any = SimpleNamespace(
            outputs={self._target: SimpleNamespace(send=lambda *_: None)}, input_timestamp=0
        )
        with self.helper.create_source_texture(frame) as source:
            texture = source.texture
            bare = self._bare_pass(texture)
            passes = {"bare": bare, "helper": lambda: self._draw(nowhere, frame)}
            for name in passes:
                self.times[name] = []
            for i in range(130):
                for name, draw in passes.items():
                    start = time.perf_counter()
                    draw()
                    self.helper.raw.finish()
                    if i >= 10:
                        self.times[name].append(time.perf_counter() - start)

    def _bare_pass(self, source: Any) -> Any:
        gl, program = self.helper.gl, self.shader.program
        vertices = gl.vertex_array(program, [])
        target = framebuffer_of(self.helper.context, gl.texture((WIDTH, HEIGHT), 4))

        def draw() -> None:
            target.use()
            source.use(1)
            vertices.render(vertices=3)

        return draw


def picture(t: int, width: int = 320, height: int = 240) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return a picture unlike that of any other *t* below 65536, in every pixel."""
    ramp = np.arange(width * height, dtype=np.uint32).reshape(height, width) + 77 * t
    planes = [ramp & 255, (ramp >> 8) & 255, np.full_like(ramp, t & 255), np.full_like(ramp, t >> 8)]
    return np.stack(planes, axis=2).astype(np.uint8)


def resident_mib() -> float:
    """Return the process's memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def running(text: str, gpu: GpuResources | None = None) -> Iterator[CalculatorGraph]:
    """Yield a graph with *gpu*; the caller starts it."""
    graph = CalculatorGraph(text)
    if gpu is not None:
        graph.set_service(GPU_SERVICE, gpu)
    try:
        yield graph
    finally:
        graph.cancel_quietly()


def pass_times(gpu: GpuResources) -> tuple[float, float]:
    """Return the seconds of a pass with bare calls and through the helper."""
    node = 'node { calculator: "BenchOverhead" input_stream: "a" output_stream: "b" }'
    with running(f'input_stream: "a" {node}', gpu) as graph, graph:
        graph.add_packet_to_input_stream("a", gpu.upload(ImageFrame(picture(1, WIDTH, HEIGHT))), timestamp=0)
    bare, helper = (statistics.median(BenchOverhead.times[name]) for name in ("bare", "helper"))
    return bare, helper


def overhead(gpu: GpuResources, frames: int) -> bool:
    """A luminance pass at 720p, finished, no transfers: helper and pool against bare calls."""
    del frames
    bare, helper = (1000 * seconds for seconds in pass_times(gpu))
    print(f"overhead: bare {bare:.3f} ms, helper {helper:.3f} ms, ratio {helper / bare:.3f} (<= {MOST_OVERHEAD})")
    return helper / bare <= MOST_OVERHEAD


def contexts(gpu: GpuResources, frames: int) -> bool:
    """Frames through two contexts, every pixel checked."""
    count = max(1, frames // 10)
    bad, rate = frames_through_two_contexts(gpu, count)
    print(f"contexts: {count} frames through two contexts, {bad} bad, {rate:.0f} frames/s")
    return not bad


def frames_through_two_contexts(gpu: GpuResources, count: int) -> tuple[int, float]:
    """Return how many of *count* frames came out wrong, and frames a second."""
    bad: list[int] = []

    def check(packet: Packet[GpuBuffer]) -> None:
        t = int(packet.timestamp)
        if not np.array_equal(packet.payload.array(), 255 - np.roll(picture(t), -1, axis=1)):
            bad.append(t)

    start = time.perf_counter()
    with running(TWO_CONTEXTS, gpu) as graph:
        graph.observe_output_stream("c", check)
        with graph:
            for t in range(count):
                graph.add_packet_to_input_stream("a", gpu.upload(ImageFrame(picture(t))), timestamp=t)
    return len(bad), count / (time.perf_counter() - start)


def flat(gpu: GpuResources, frames: int) -> bool:
    """Many frames, uploaded, drawn in two contexts and read back: textures and memory."""
    live, resident = [], []
    with running(TWO_CONTEXTS, gpu) as graph:
        graph.observe_output_stream("c", lambda packet: packet.payload.array())
        with graph:
            for t in range(frames):
                graph.add_packet_to_input_stream("a", gpu.upload(ImageFrame(picture(t % 7))), timestamp=t)
                if t % (frames // 10) == frames // 10 - 1:
                    graph.wait_until_idle()
                    live.append(gpu.pool.live)
                    resident.append(resident_mib())
    print(f"flat: {frames} frames, textures {live}, MiB {[round(mib) for mib in resident]}")
    return max(live) <= MOST_TEXTURES and resident[-1] - resident[0] < MOST_GROWTH / 2**20


def starts(gpu: GpuResources, frames: int) -> bool:
    """Graphs that start and stop, with resources that each makes and gives back; then with fresh contexts."""
    del gpu, frames
    text = TWO_CONTEXTS.replace('"a"', '"u"', 1) + (
        'node { calculator: "ImageFrameToGpuBufferCalculator" input_stream: "u" output_stream: "a" }'
    )
    resident = []
    start = time.perf_counter()
    for i in range(200):
        _start_and_stop(text, i)
        if i % 20 == 19:
            resident.append(resident_mib())
    spent = (time.perf_counter() - start) / 200
    shown = [round(mib) for mib in resident]
    close_idle()
    threads = sum(thread.name.startswith("gl-") for thread in threading.enumerate())
    print(f"starts: 200 graphs, {1000 * spent:.0f} ms each, MiB {shown}, {threads} GL threads")
    before = resident_mib()
    for i in range(50):
        _start_and_stop(text, i)
        close_idle()
    print(f"        with fresh contexts {(resident_mib() - before) * 1024 / 50:.0f} KiB each stay with moderngl")
    return resident[-1] - resident[1] < MOST_GROWTH / 2**20


def _start_and_stop(text: str, seed: int) -> None:
    seen: list[Packet[GpuBuffer]] = []
    with running(text) as graph:
        graph.observe_output_stream("c", seen.append)
        with graph:
            graph.add_packet_to_input_stream("u", ImageFrame(picture(seed)), timestamp=0)
    assert np.array_equal(seen.pop().payload.array(), 255 - np.roll(picture(seed), -1, axis=1))
    gc.collect()


def rates(gpu: GpuResources, frames: int) -> bool:
    """The rate of a rendering path beside an inference path of growing weight."""
    del frames
    alone = 0.0
    print("rates: rounds  inference/s  rendering/s  share   30 fps kept")
    for rounds in (0, 10, 100, 1000, 4000):
        free, results = rates_of(gpu, rounds, period=0.0)
        paced, _ = rates_of(gpu, rounds, period=1 / 30)
        alone = alone or free
        print(f"       {rounds:6d}  {results:11.1f}  {free:11.1f}  {free / alone:5.0%}   {paced / 30:6.0%}")
    return True


def rates_of(gpu: GpuResources, rounds: int, *, period: float, seconds: float = 3.0) -> tuple[float, float]:
    """Return frames and results a second; frames start *period* apart, or one after another."""
    BenchSlow.rounds = rounds
    text = TWO_RATES if rounds else TWO_RATES[: TWO_RATES.index("node", TWO_RATES.index("Luminance"))]
    done, results = threading.Semaphore(0), 0
    source, shown = gpu.upload(ImageFrame(picture(1, 640, 480))), 0

    def on_result(packet: Packet[Any]) -> None:
        nonlocal results
        results += 1

    def on_shown(packet: Packet[GpuBuffer]) -> None:
        gpu.run(lambda context: context.raw.finish())
        done.release()

    with running(text, gpu) as graph:
        graph.observe_output_stream("shown", on_shown)
        if rounds:
            graph.observe_output_stream("result", on_result)
        with graph:
            begin = due = time.perf_counter()
            while due < begin + seconds and time.perf_counter() < begin + seconds:
                graph.add_packet_to_input_stream("video", source, timestamp=shown)
                done.acquire()
                shown += 1
                due += period
                if (wait := due - time.perf_counter()) > 0:
                    time.sleep(wait)
            spent = time.perf_counter() - begin
    return shown / spent, results / spent


def cuda(gpu: GpuResources, frames: int) -> bool:
    """The hand graph with models on CUDA, its tensors lent or copied, in turns; the hands must be the same."""
    del frames
    if gpu.group.cuda.device(gpu.group) is None:
        print(f"cuda: not run, it needs an NVIDIA card that CUDA and OpenGL share: {gpu.group.cuda.fault}")
        return True
    return hands_lent_and_copied(gpu, "cuda", gpu.group.cuda, _print)


def _print(figure: str, value: Any, unit: str = "") -> None:
    print(f"cuda: {figure}: {value} {unit}".rstrip())


def hands_lent_and_copied(
    gpu: GpuResources, provider: str, lending: TensorLender, tell: Callable[..., None]
) -> bool:
    """Tell what both ways cost; return whether nothing was read back on the short one, with the same hands."""
    with VideoReader(HAND_CLIP) as reader:
        pictures = [ImageFrame(frame.data.copy()) for frame in islice(reader, 60)]
    ways: dict[str, TensorLender] = {"lent": lending, "copied": CudaInterop(_refuse)}
    spent: dict[str, list[float]] = {name: [] for name in ways}
    found: dict[str, list[Any]] = {}
    read: dict[str, int] = {}
    for turn in range(4):
        for name, interop in ways.items():
            gpu.group.cuda = interop
            before = gpu.transfers.copy()
            start = time.perf_counter()
            found[name] = _hands(gpu, provider, pictures)
            if turn:  # the first one compiles
                spent[name].append(time.perf_counter() - start)
            read[name] = sum(gpu.transfers.since(before).readbacks.values())
    gpu.group.cuda = lending
    for name, seconds in spent.items():
        each = 1000 * statistics.median(seconds) / len(pictures)
        tell(f"{name}, a frame", round(each, 3), "ms")
        tell(f"{name}, pictures read back", read[name])
    both = zip(found["lent"], found["copied"], strict=True)
    apart = max((float(np.abs(one - other).max()) for one, other in both if one.shape == other.shape), default=0.0)
    counts = [sum(map(len, hands)) for hands in found.values()]
    tell("hands, lent and copied", f"{counts[0]} and {counts[1]}")
    tell("landmarks at most apart", f"{apart:.2e}", "of the picture")
    return read["lent"] == 0 and counts[0] == counts[1] and apart <= MOST_APART


def _refuse(context: GlContext) -> CudaRuntime:
    raise CudaUnavailableError("it is measured without")


def _hands(gpu: GpuResources, provider: str, pictures: list[ImageFrame]) -> list[np.ndarray[Any, Any]]:
    """Return the landmarks of each frame with hands, (hands, 21, 2), one frame after another."""
    hands: list[np.ndarray[Any, Any]] = []

    def keep(packet: Packet[Any]) -> None:
        hands.append(np.array([hand.data[:, :2] for hand in packet.payload]))

    with running("mediapipe/modules/hand_landmark/hand_landmark_tracking_gpu.pbtxt", gpu) as graph:
        graph.set_service(INFERENCE, InferenceSettings(provider=provider))
        graph.set_service(FLOW_CONTROL, FlowControl(drop=False))
        graph.observe_output_stream("multi_hand_landmarks", keep)
        graph.start_run({"num_hands": 2, "model_complexity": 1, "use_prev_landmarks": True})
        for t, frame in enumerate(pictures):
            graph.add_packet_to_input_stream("image", gpu.upload(frame), timestamp=33_333 * t)
            graph.wait_until_idle()
        graph.close_all_packet_sources()
        graph.wait_until_done()
    return hands


MEASURES: Final = {
    "overhead": overhead, "contexts": contexts, "flat": flat, "starts": starts, "rates": rates, "cuda": cuda,
}  # fmt: skip


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measures", nargs="*", metavar="NAME", help=", ".join(MEASURES))
    parser.add_argument("--device", help="as graphkit's --gpu-device")
    parser.add_argument("--frames", type=int, default=10_000, help="of flat; contexts takes a tenth")
    wanted = parser.parse_args()
    if unknown := set(wanted.measures) - set(MEASURES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(MEASURES)}")
    with GpuResources.create(wanted.device) as gpu:
        gpu.context()
        print(f"device: {gpu.device_name}")
        missed = [name for name in wanted.measures or MEASURES if not MEASURES[name](gpu, wanted.frames)]
    if missed:
        print(f"missed: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
