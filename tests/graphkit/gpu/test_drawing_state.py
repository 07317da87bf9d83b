"""What a calculator leaves behind in OpenGL harms neither the next node nor the next frame."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import moderngl
import numpy as np
import pytest

from graphkit import Calculator, CalculatorGraph, Input, Output, calculator
from graphkit.errors import CalculatorError, GlCallError
from graphkit.formats import ImageFrame
from graphkit.gpu import (
    GPU_SERVICE,
    GlCalculatorHelper,
    GlSimpleCalculator,
    GlTexture,
    GpuBuffer,
    GpuBufferFormat,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit import CalculatorContext, CalculatorContract
    from graphkit.gpu import GpuResources

PICTURE = np.random.default_rng(1).integers(0, 256, (48, 64, 4), dtype=np.uint8)
E, B = ctypes.c_uint32, ctypes.c_ubyte
CORNER = (0, 0, 3, 3)
DITHER = 0x0BD0


class Left:
    """What a test has the first node do to OpenGL."""

    state: Callable[[GlCalculatorHelper, GlTexture, GlTexture], object]
    kept: list[Any]


@calculator("TestStateLeaves")
class Leaves(GlSimpleCalculator):
    """Copies, and leaves OpenGL in some state."""

    fragment_shader = """
        uniform sampler2D frame;
        out vec4 color;

        void main() {
            color = texelFetch(frame, ivec2(gl_FragCoord.xy), 0);
        }
    """

    def gl_render(self, src: GlTexture, dst: GlTexture) -> None:
        super().gl_render(src, dst)
        Left.state(self.helper, src, dst)


GRAPH = """
    input_stream: "in"
    node { calculator: "TestStateLeaves" input_stream: "in" output_stream: "left" }
    node { calculator: "GpuBufferToImageFrameCalculator" input_stream: "left" output_stream: "read" }
    node { calculator: "LuminanceCalculator" input_stream: "left" output_stream: "gray" }
    node { calculator: "ImageFrameToGpuBufferCalculator" input_stream: "read" output_stream: "again" }
    node {
      calculator: "GlOverlayCalculator"
      input_stream: "VIDEO:gray" input_stream: "OVERLAY:again" output_stream: "VIDEO:overlaid"
    }
    node {
      calculator: "GlScalerCalculator" input_stream: "left" output_stream: "scaled"
      options { [mediapipe.GlScalerCalculatorOptions.ext] { output_width: 100 output_height: 31 } }
    }
"""
STREAMS = ("read", "gray", "overlaid", "scaled")


def outcome(gpu: GpuResources) -> list[np.ndarray]:
    """Return the pictures of all streams, of two frames."""
    graph = CalculatorGraph(GRAPH)
    graph.set_service(GPU_SERVICE, gpu)
    got: dict[tuple[int, str], np.ndarray] = {}

    def watch(name: str) -> None:
        def on_packet(packet: Any) -> None:
            frame = packet.payload
            pixels = frame.data if isinstance(frame, ImageFrame) else frame.array()
            got[int(packet.timestamp), name] = pixels.copy()

        graph.observe_output_stream(name, on_packet)

    for name in STREAMS:
        watch(name)
    with graph:
        for t in range(2):
            graph.add_packet_to_input_stream("in", gpu.upload(ImageFrame(PICTURE + np.uint8(t))), timestamp=t)
            graph.wait_until_idle()
    Left.kept.clear()
    return [got[t, name] for t in range(2) for name in STREAMS]


def call(name: str, types: tuple[Any, ...], *values: Any) -> Any:
    return lambda helper, src, dst: helper.raw.quick(name, None, *types)(*values)


def blend(helper: GlCalculatorHelper, src: GlTexture, dst: GlTexture) -> None:
    helper.gl.enable(moderngl.BLEND | moderngl.DEPTH_TEST | moderngl.CULL_FACE)
    helper.gl.blend_func = (moderngl.ZERO, moderngl.ONE)
    helper.gl.cull_face = "front_and_back"


def framebuffer(name: str, value: Any) -> Any:
    return lambda helper, src, dst: setattr(dst.framebuffer(), name, value)


def wireframe(helper: GlCalculatorHelper, src: GlTexture, dst: GlTexture) -> None:
    helper.gl.wireframe = True


def pixel_store(*pairs: tuple[int, int]) -> Any:
    return lambda helper, src, dst: [helper.raw.pixel_store(name, value) for name, value in pairs]


def buffer(target: int) -> Any:
    def bind(helper: GlCalculatorHelper, src: GlTexture, dst: GlTexture) -> None:
        made = helper.gl.buffer(reserve=PICTURE.nbytes)
        Left.kept.append(made)
        helper.raw.bind_buffer(target, made.glo)

    return bind


def dither(helper: GlCalculatorHelper, src: GlTexture, dst: GlTexture) -> None:
    helper.raw.quick("glEnable", None, E)(DITHER)


def logic_op(helper: GlCalculatorHelper, src: GlTexture, dst: GlTexture) -> None:
    helper.raw.quick("glEnable", None, E)(0x0BF2)
    helper.raw.quick("glLogicOp", None, E)(0x1500)


def sampler(helper: GlCalculatorHelper, src: GlTexture, dst: GlTexture) -> None:
    for unit in range(4):
        made = helper.gl.sampler(filter=(moderngl.NEAREST, moderngl.NEAREST))
        made.use(unit)
        Left.kept.append(made)


def texture(helper: GlCalculatorHelper, src: GlTexture, dst: GlTexture) -> None:
    for picture in (src, dst):
        picture.texture.build_mipmaps()
        picture.texture.filter = (moderngl.NEAREST_MIPMAP_NEAREST, moderngl.NEAREST)
        picture.texture.repeat_x = picture.texture.repeat_y = True
        picture.texture.swizzle = "BGR0"


def own_framebuffer(helper: GlCalculatorHelper, src: GlTexture, dst: GlTexture) -> None:
    made = helper.gl.simple_framebuffer((4, 4))
    made.use()
    made.release()


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(blend, id="blending, depth test, culling"),
        pytest.param(call("glEnable", (E,), 0x8C89), id="rasterizer discard"),
        pytest.param(logic_op, id="logic op"),
        pytest.param(dither, id="dither"),
        pytest.param(framebuffer("viewport", CORNER), id="viewport"),
        pytest.param(framebuffer("scissor", CORNER), id="scissor"),
        pytest.param(framebuffer("color_mask", (False,) * 4), id="color mask"),
        pytest.param(call("glColorMask", (B,) * 4, 0, 0, 0, 0), id="raw color mask"),
        pytest.param(call("glViewport", (E,) * 4, *CORNER), id="raw viewport"),
        pytest.param(wireframe, id="wire frames"),
        pytest.param(call("glUseProgram", (E,), 0), id="no program"),
        pytest.param(call("glBindVertexArray", (E,), 0), id="no vertex array"),
        pytest.param(call("glBindFramebuffer", (E, E), 0x8D40, 0), id="no framebuffer"),
        pytest.param(call("glActiveTexture", (E,), 0x84C5), id="texture unit"),
        pytest.param(call("glReadBuffer", (E,), 0), id="read buffer"),
        pytest.param(pixel_store((0x0D02, 100), (0x0D03, 3), (0x0D04, 3), (0x0D05, 8)), id="rows to read"),
        pytest.param(pixel_store((0x0CF2, 80), (0x0CF3, 2), (0x0CF4, 3), (0x0CF5, 8)), id="rows to upload"),
        pytest.param(buffer(0x88EB), id="buffer to read into"),
        pytest.param(buffer(0x88EC), id="buffer to upload from"),
        pytest.param(sampler, id="samplers"),
        pytest.param(texture, id="sampling of the textures"),
        pytest.param(own_framebuffer, id="deleted framebuffer"),
    ],
)
def test_what_a_node_leaves_behind_harms_no_other(
    gpu: GpuResources, monkeypatch: pytest.MonkeyPatch, state: Any
) -> None:
    monkeypatch.setattr(Left, "kept", [], raising=False)
    monkeypatch.setattr(Left, "state", lambda *_: None, raising=False)
    expected = outcome(gpu)
    np.testing.assert_array_equal(expected[0], PICTURE)
    monkeypatch.setattr(Left, "state", state)
    gpu.pool.trim()  # so that framebuffers are made in that state, too
    for found, wanted in zip(outcome(gpu), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_where_the_origin_lies_is_reset(gpu: GpuResources, monkeypatch: pytest.MonkeyPatch) -> None:
    if gpu.run(lambda context: context.gl.version_code) < 450:
        pytest.skip("this OpenGL cannot move the origin")
    state = call("glClipControl", (E, E), 0x8CA2, 0x935F)
    test_what_a_node_leaves_behind_harms_no_other(gpu, monkeypatch, state)


@calculator("TestStateCareless")
class Careless(Calculator):
    """Draws nothing and makes a call that OpenGL refuses; raises at time 1."""

    picture = Input(GpuBuffer)
    same = Output(GpuBuffer)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        GlCalculatorHelper.update_contract(cc)

    def open(self, cc: CalculatorContext) -> None:
        self._helper = GlCalculatorHelper(cc)

    def process(self, cc: CalculatorContext) -> None:
        self._helper.run_in_gl_context(self._refused, cc.input_timestamp == 1)
        self.same.send(cc, self.picture(cc))

    def _refused(self, fails: bool) -> None:
        self._helper.raw.pixel_store(0x0CF5, 3)
        if fails:
            raise ZeroDivisionError("of its own")


@pytest.mark.parametrize(
    ("time", "cause", "message"),
    [
        pytest.param(0, GlCallError, 'GL_INVALID_VALUE .* after the drawing of node "careless"', id="refused"),
        pytest.param(1, ZeroDivisionError, 'node "careless .* of its own', id="refused and raised"),
    ],
)
def test_a_refused_call_is_laid_to_the_node_that_made_it(
    gpu: GpuResources, time: int, cause: type[Exception], message: str
) -> None:
    graph = CalculatorGraph("""
        input_stream: "in"
        node { calculator: "TestStateCareless" name: "careless" input_stream: "in" output_stream: "same" }
        node { calculator: "LuminanceCalculator" input_stream: "same" output_stream: "gray" }
    """)
    graph.set_service(GPU_SERVICE, gpu)
    with pytest.raises(CalculatorError, match=message) as caught, graph:
        graph.add_packet_to_input_stream("in", gpu.upload(ImageFrame(PICTURE)), timestamp=time)
    assert isinstance(caught.value.cause, cause)
    gpu.run(lambda context: context.check_errors("what failed"))


def test_a_refused_call_of_the_program_is_laid_to_the_program(gpu: GpuResources) -> None:
    with pytest.raises(GlCallError, match="after the program's drawing"):
        gpu.run(lambda context: context.raw.pixel_store(0x0CF5, 3))


def test_nothing_is_dithered(gpu: GpuResources) -> None:
    """OpenGL dithers unless it is told not to, which the pictures of llvmpipe do not show."""
    context = gpu.context()
    is_enabled = context.raw.quick("glIsEnabled", B, E)

    def draw() -> int:
        with GpuBuffer.allocate(context, gpu.group, 4, 4, GpuBufferFormat.RGBA8) as buffer:
            GlTexture(context, buffer, writes=True).bind()
            return int(is_enabled(DITHER))

    assert context.run(draw) == 0
