"""Another storage behind GpuBuffer: no calculator changes, and none notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graphkit import CalculatorGraph
from graphkit.formats import ImageFrame
from graphkit.gpu import GPU_SERVICE, GpuBuffer, GpuBufferFormat, GpuResources, GpuStorage
from graphkit.gpu._storage import release_texture

if TYPE_CHECKING:
    import moderngl

    from graphkit.gpu import GlContext

GRAPH = """
    input_stream: "a" output_stream: "d"
    node { calculator: "ImageFrameToGpuBufferCalculator" input_stream: "a" output_stream: "b" }
    node { calculator: "LuminanceCalculator" input_stream: "b" output_stream: "c" }
    node {
      calculator: "GlOverlayCalculator"
      input_stream: "VIDEO:b" input_stream: "OVERLAY:c" output_stream: "VIDEO:o"
      options { [mediapipe.GlContextOptions.ext] { gl_context_name: "side" } }
    }
    node {
      calculator: "GlScalerCalculator" input_stream: "o" output_stream: "s"
      options { [mediapipe.GlScalerCalculatorOptions.ext] { output_width: 24 output_height: 16 rotation: 90 } }
    }
    node { calculator: "GpuBufferToImageFrameCalculator" input_stream: "s" output_stream: "d" }
"""


class MemoryStorage(GpuStorage):
    """Keeps the pixels as bytes in memory; a texture lives only while somebody draws."""

    live = 0
    log: list[str]

    def __init__(self, context: GlContext, width: int, height: int, format_: GpuBufferFormat) -> None:
        super().__init__(width, height, format_)
        self._bytes: bytes | None = None
        self._open: dict[GlContext, moderngl.Texture] = {}
        type(self).live += 1

    def reading(self, context: GlContext) -> moderngl.Texture:
        assert self._bytes is not None, "read before it was written"
        if context not in self._open:
            self._open[context] = self._texture(context, self._bytes)
        return self._open[context]

    def read_done(self, context: GlContext) -> None:
        context.raw.finish()
        release_texture(context, self._open.pop(context))

    def writing(self, context: GlContext) -> moderngl.Texture:
        self._open[context] = self._texture(context, None)
        return self._open[context]

    def written(self, context: GlContext) -> None:
        texture = self._open.pop(context)
        self._bytes = texture.read()
        release_texture(context, texture)

    def release(self) -> None:
        type(self).live -= 1

    def _texture(self, context: GlContext, data: bytes | None) -> moderngl.Texture:
        size = (self.width, self.height)
        texture = context.gl.texture(size, self.format.channels, data, dtype=self.format.moderngl_dtype)
        texture.repeat_x = texture.repeat_y = False
        return texture


def run(gpu: GpuResources) -> np.ndarray:
    picture = np.random.default_rng(1).integers(0, 256, (24, 16, 3), dtype=np.uint8)
    graph = CalculatorGraph(GRAPH)
    graph.set_service(GPU_SERVICE, gpu)
    got = []
    graph.observe_output_stream("d", got.append)
    with graph:
        for t in range(5):
            graph.add_packet_to_input_stream("a", ImageFrame(picture), timestamp=t)
    assert len(got) == 5
    assert all((p.payload.data == got[0].payload.data).all() for p in got)
    data: np.ndarray = got[0].payload.data
    return data


def test_every_calculator_works_on_another_storage(gpu: GpuResources) -> None:
    with GpuResources.create(make_storage=MemoryStorage) as other:
        assert (run(other) == run(gpu)).all()
        assert other.pool.created == 0
    assert gpu.pool.created > 0
    assert MemoryStorage.live == 0


def test_buffers_read_back_from_another_storage(egl: None) -> None:
    with GpuResources.create(make_storage=MemoryStorage) as gpu:
        context = gpu.context()

        def draw() -> GpuBuffer:
            buffer = GpuBuffer.allocate(context, gpu.group, 3, 2, GpuBufferFormat.R8)
            buffer.writing(context).write(bytes(range(6)))
            buffer.written(context)
            return buffer

        buffer = context.run(draw)
        assert buffer.array().tolist() == [[0, 1, 2], [3, 4, 5]]
        buffer.release()
    assert MemoryStorage.live == 0
