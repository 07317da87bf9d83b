"""What the GPU half is built on, each principle with a test that would fail without it.

Transfers and copies are counted in test_mixed_gpu.py; other storages behind GpuBuffer are tried in
tests/graphkit/gpu/test_storage.py.
"""

from __future__ import annotations

import ast
import threading
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit import Calculator, CalculatorGraph, Input, Output, Status, calculator
from graphkit.formats import ImageFrame
from graphkit.gpu import GPU_SERVICE, GlCalculatorHelper, GlSimpleCalculator, GpuBuffer, GpuResources, GpuStorage
from graphkit.gpu._storage import release_texture

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract, Packet
    from graphkit.gpu import GlContext, GlTexture, GpuBufferFormat

ROOT = Path(__file__).parents[2]
PICTURE = np.random.default_rng(9).integers(0, 256, (24, 40, 4), dtype=np.uint8)
PATIENCE_S = 60


# --- GPU calculators anywhere in a graph, and not only for the screen ------------------------------------


@calculator("TestPrinciplesSource")
class Source(Calculator):
    """Makes pictures out of nothing, on the GPU, five of them."""

    picture = Output(GpuBuffer)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        GlCalculatorHelper.update_contract(cc)

    def open(self, cc: CalculatorContext) -> None:
        self._helper, self._count = GlCalculatorHelper(cc), 0

    def process(self, cc: CalculatorContext) -> Status | None:
        self._helper.run_in_gl_context(self._draw, cc)
        self._count += 1
        return None if self._count < 5 else Status.STOP

    def _draw(self, cc: CalculatorContext) -> None:
        dst = self._helper.create_destination_texture(8, 6)
        self._helper.bind_framebuffer(dst).clear(self._count / 255, 0.0, 0.0, 1.0)
        self.picture.send(cc, dst.get_frame(GpuBuffer), timestamp=self._count)


@calculator("TestPrinciplesDecide")
class Decide(Calculator):
    """Looks at a picture on the GPU and tells a number: no picture comes out."""

    picture = Input(GpuBuffer)
    brightest = Output(int)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        GlCalculatorHelper.update_contract(cc)

    def process(self, cc: CalculatorContext) -> None:
        self.brightest.send(cc, int(self.picture(cc).array()[:, :, 0].max()))


def test_gpu_nodes_stand_at_the_beginning_in_the_middle_and_at_the_end(
    gpu: GpuResources, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    graph = CalculatorGraph("""
        node { calculator: "TestPrinciplesSource" output_stream: "a" }
        node { calculator: "GpuBufferToImageFrameCalculator" input_stream: "a" output_stream: "b" }
        node { calculator: "ColorConvertCalculator" input_stream: "RGBA_IN:b" output_stream: "GRAY_OUT:gray" }
        node { calculator: "ColorConvertCalculator" input_stream: "GRAY_IN:gray" output_stream: "RGBA_OUT:c" }
        node { calculator: "ImageFrameToGpuBufferCalculator" input_stream: "c" output_stream: "d" }
        node { calculator: "SobelEdgesCalculator" input_stream: "d" output_stream: "unused" }
        node { calculator: "TestPrinciplesDecide" input_stream: "d" output_stream: "number" }
    """)
    graph.set_service(GPU_SERVICE, gpu)
    numbers: list[int] = []
    graph.observe_output_stream("number", lambda packet: numbers.append(packet.payload))
    graph.start_run()
    graph.wait_until_done(PATIENCE_S)
    assert numbers == [round(0.299 * red) for red in range(5)]


def test_gpu_nodes_work_in_a_loop_over_items(gpu: GpuResources) -> None:
    """Loops have times of their own, and items follow each other at once."""
    graph = CalculatorGraph("""
        input_stream: "frames" output_stream: "out"
        node { calculator: "BeginLoopImageFrameCalculator" input_stream: "ITERABLE:frames"
               output_stream: "ITEM:frame" output_stream: "BATCH_END:end" }
        node { calculator: "ImageFrameToGpuBufferCalculator" input_stream: "frame" output_stream: "a" }
        node { calculator: "LuminanceCalculator" input_stream: "a" output_stream: "b" }
        node { calculator: "GpuBufferToImageFrameCalculator" input_stream: "b" output_stream: "c" }
        node { calculator: "EndLoopImageFrameCalculator" input_stream: "ITEM:c" input_stream: "BATCH_END:end"
               output_stream: "ITERABLE:out" }
    """)
    graph.set_service(GPU_SERVICE, gpu)
    got: list[Packet[list[ImageFrame]]] = []
    graph.observe_output_stream("out", got.append)
    grays = [np.full((4, 4, 4), level, np.uint8) for level in (10, 90, 250)]
    with graph:
        graph.add_packet_to_input_stream("frames", [ImageFrame(g) for g in grays], timestamp=7)
    assert [int(frame.data[0, 0, 0]) for frame in got[0].payload] == [10, 90, 250]


@calculator("TestPrinciplesNegative")
class Negative(GlSimpleCalculator):
    fragment_shader = """
        uniform sampler2D frame;
        out vec4 color;

        void main() {
            color = 1.0 - texelFetch(frame, ivec2(gl_FragCoord.xy), 0);
        }
    """


@pytest.mark.parametrize("levels", [(10, 90, 250), ()], ids=["three", "none"])
def test_loops_run_over_pictures_that_stay_on_the_gpu(gpu: GpuResources, levels: tuple[int, ...]) -> None:
    graph = CalculatorGraph("""
        input_stream: "pictures" output_stream: "out"
        node { calculator: "BeginLoopGpuBufferCalculator" input_stream: "ITERABLE:pictures"
               output_stream: "ITEM:a" output_stream: "BATCH_END:end" }
        node { calculator: "TestPrinciplesNegative" input_stream: "a" output_stream: "b" }
        node { calculator: "EndLoopGpuBufferCalculator" input_stream: "ITEM:b" input_stream: "BATCH_END:end"
               output_stream: "ITERABLE:out" }
    """)
    graph.set_service(GPU_SERVICE, gpu)
    got: list[Packet[list[GpuBuffer]]] = []
    graph.observe_output_stream("out", got.append)
    pictures = [gpu.upload(ImageFrame(np.full((4, 4, 4), level, np.uint8))) for level in levels]
    with graph:
        graph.add_packet_to_input_stream("pictures", pictures, timestamp=7)
    assert not gpu.transfers.readbacks
    found = [
        (int(packet.timestamp), [int(picture.array()[0, 0, 0]) for picture in packet.payload]) for packet in got
    ]
    assert found == ([(7, [245, 165, 5])] if levels else [])


def test_pictures_of_several_streams_become_a_list(gpu: GpuResources) -> None:
    graph = CalculatorGraph("""
        input_stream: "a" input_stream: "b" output_stream: "both"
        node { calculator: "MergeGpuBuffersToVectorCalculator" input_stream: "a" input_stream: "b"
               output_stream: "both" }
    """)
    got: list[Packet[list[GpuBuffer]]] = []
    graph.observe_output_stream("both", got.append)
    first, second = (gpu.upload(ImageFrame(PICTURE + np.uint8(i))) for i in range(2))
    with graph:
        graph.add_packet_to_input_stream("a", first, timestamp=0)
        graph.add_packet_to_input_stream("b", second, timestamp=0)
    assert [packet.payload for packet in got] == [[first, second]]


# --- GPU to GPU without copies ---------------------------------------------------------------------------


@calculator("TestPrinciplesSpy")
class Spy(GlSimpleCalculator):
    """Copies, and notes which textures OpenGL reads and writes."""

    names: list[tuple[int, int]]
    fragment_shader = """
        uniform sampler2D frame;
        out vec4 color;

        void main() {
            color = texelFetch(frame, ivec2(gl_FragCoord.xy), 0);
        }
    """

    def gl_render(self, src: GlTexture, dst: GlTexture) -> None:
        self.names.append((src.texture.glo, dst.texture.glo))
        super().gl_render(src, dst)


@pytest.mark.parametrize("second", ["", "side"], ids=["one context", "two contexts"])
def test_a_node_reads_the_very_texture_that_the_last_one_drew(
    gpu: GpuResources, monkeypatch: pytest.MonkeyPatch, second: str
) -> None:
    names: list[tuple[int, int]] = []
    monkeypatch.setattr(Spy, "names", names, raising=False)
    graph = CalculatorGraph(
        'input_stream: "s0"'
        + "".join(
            f"""
            node {{
              calculator: "TestPrinciplesSpy" input_stream: "s{i}" output_stream: "s{i + 1}"
              options {{ [mediapipe.GlContextOptions.ext] {{ gl_context_name: "{second if i % 2 else ""}" }} }}
            }}
            """
            for i in range(4)
        )
    )
    graph.set_service(GPU_SERVICE, gpu)
    held: list[Packet[GpuBuffer]] = []  # so that no texture is used again
    for i in range(5):
        graph.observe_output_stream(f"s{i}", held.append)
    with graph:
        graph.add_packet_to_input_stream("s0", gpu.upload(ImageFrame(PICTURE)), timestamp=0)
    assert len(names) == 4
    assert all(before[1] == after[0] for before, after in pairwise(names))
    assert gpu.pool.created == len(held) == 5
    assert not gpu.transfers.readbacks
    assert len(gpu.group.contexts) == (2 if second else 1)


# --- What is behind GpuBuffer can change -----------------------------------------------------------------


class Bytes(GpuStorage):
    """Keeps pixels as bytes; there is a texture only while somebody draws. No pool, no fences, no sharing."""

    def __init__(self, context: GlContext, width: int, height: int, format_: GpuBufferFormat) -> None:
        super().__init__(width, height, format_)
        self._pixels: bytes | None = None
        self._open: dict[GlContext, Any] = {}

    def reading(self, context: GlContext) -> Any:
        if context not in self._open:
            self._open[context] = self._texture(context)
        return self._open[context]

    def read_done(self, context: GlContext) -> None:
        context.raw.finish()
        if (texture := self._open.pop(context, None)) is not None:
            release_texture(context, texture)

    def writing(self, context: GlContext) -> Any:
        self._open[context] = self._texture(context)
        return self._open[context]

    def written(self, context: GlContext) -> None:
        texture = self._open.pop(context)
        self._pixels = texture.read()
        release_texture(context, texture)

    def release(self) -> None:
        self._pixels = None

    def _texture(self, context: GlContext) -> Any:
        size = (self.width, self.height)
        texture = context.gl.texture(size, self.format.channels, self._pixels, dtype=self.format.moderngl_dtype)
        texture.repeat_x = texture.repeat_y = False
        return texture


EVERY_KIND = """
    input_stream: "frame" output_stream: "out"
    node { calculator: "ImageFrameToGpuBufferCalculator" input_stream: "frame" output_stream: "video" }
    node { calculator: "CannyOverlayGpu" input_stream: "VIDEO:video" output_stream: "VIDEO:edges" }
    node {
      calculator: "ImageTransformationCalculator" input_stream: "IMAGE_GPU:edges" output_stream: "IMAGE_GPU:turned"
      options { [mediapipe.ImageTransformationCalculatorOptions.ext] { rotation_mode: ROTATION_90 } }
    }
    node {
      calculator: "ImageCroppingCalculator" input_stream: "IMAGE_GPU:turned" output_stream: "IMAGE_GPU:cropped"
      options { [mediapipe.ImageCroppingCalculatorOptions.ext] { width: 16 height: 12 rotation: 0.3 } }
    }
    node { calculator: "ToImageCalculator" input_stream: "IMAGE_GPU:cropped" output_stream: "IMAGE:image" }
    node { calculator: "FromImageCalculator" input_stream: "IMAGE:image" output_stream: "IMAGE_GPU:again" }
    node { calculator: "GlScalerCalculator" input_stream: "again" output_stream: "scaled"
      options { [mediapipe.GlScalerCalculatorOptions.ext] { output_width: 20 output_height: 15 } }
    }
    node { calculator: "GpuBufferToImageFrameCalculator" input_stream: "scaled" output_stream: "out" }
"""


def outcome(gpu: GpuResources) -> np.ndarray:
    graph = CalculatorGraph(EVERY_KIND)
    graph.set_service(GPU_SERVICE, gpu)
    got: list[Packet[ImageFrame]] = []
    graph.observe_output_stream("out", got.append)
    with graph:
        graph.add_packet_to_input_stream("frame", ImageFrame(PICTURE), timestamp=0)
    return got[0].payload.data


def test_calculators_do_not_notice_another_storage(gpu: GpuResources) -> None:
    expected = outcome(gpu)
    assert expected.std() > 10
    with GpuResources.create(make_storage=Bytes) as other:
        np.testing.assert_array_equal(outcome(other), expected)
        assert other.pool.created == 0


def test_no_calculator_knows_what_is_behind_a_buffer() -> None:
    behind = {f"graphkit.gpu.{name}" for name in ("egl", "fence", "pool", "share_group", "storage")}
    for path in (ROOT / "calculators").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not imported & behind, path


# --- Several contexts without a global lock ----------------------------------------------------------------


@calculator("TestPrinciplesStuck")
class Stuck(GlSimpleCalculator):
    """Stops in the middle of drawing, a source and a destination in its hands."""

    begun: threading.Event
    go_on: threading.Event

    def gl_setup(self) -> None:
        """Nothing to compile."""

    def gl_render(self, src: GlTexture, dst: GlTexture) -> None:
        self.begun.set()
        assert self.go_on.wait(PATIENCE_S)
        self.helper.gl.clear(1.0, 1.0, 1.0, 1.0)


def test_a_context_that_is_stuck_in_a_drawing_holds_up_no_other(
    gpu: GpuResources, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    monkeypatch.setattr(Stuck, "begun", begun, raising=False)
    monkeypatch.setattr(Stuck, "go_on", go_on, raising=False)
    graph = CalculatorGraph("""
        input_stream: "slow" input_stream: "fast" output_stream: "slow_out" output_stream: "fast_out"
        node {
          calculator: "TestPrinciplesStuck" input_stream: "slow" output_stream: "slow_out"
          options { [mediapipe.GlContextOptions.ext] { gl_context_name: "stuck" } }
        }
        node { calculator: "LuminanceCalculator" input_stream: "fast" output_stream: "fast_gray" }
        node { calculator: "GpuBufferToImageFrameCalculator" input_stream: "fast_gray" output_stream: "fast_out" }
    """)
    graph.set_service(GPU_SERVICE, gpu)
    arrived, got = threading.Semaphore(0), []

    def on_fast(packet: Packet[ImageFrame]) -> None:
        got.append(packet)
        arrived.release()

    graph.observe_output_stream("fast_out", on_fast)
    source = gpu.upload(ImageFrame(PICTURE))
    graph.start_run()
    try:
        graph.add_packet_to_input_stream("slow", source, timestamp=0)
        assert begun.wait(PATIENCE_S)
        # The same picture, which the stuck context reads, the same pool, uploads, drawings and read-backs.
        for t in range(5):
            graph.add_packet_to_input_stream(
                "fast", source if t % 2 else gpu.upload(ImageFrame(PICTURE)), timestamp=t
            )
            assert arrived.acquire(timeout=PATIENCE_S), "waits for the stuck context"
    finally:
        go_on.set()
    graph.close_all_input_streams()
    graph.wait_until_done(PATIENCE_S)
    assert len(got) == 5
