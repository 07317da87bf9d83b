"""What goes wrong on the GPU in a running graph: a typed error with cause and fix, other graphs unharmed, no hang.

Errors of OpenGL that cannot be had on purpose are injected where its calls leave Python.
"""

from __future__ import annotations

import gc
import logging
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import moderngl
import numpy as np
import pytest

from graphkit import CalculatorGraph, calculator
from graphkit.errors import (
    CalculatorError,
    GlContextLostError,
    GlVersionError,
    GpuError,
    GpuOutOfMemoryError,
    PackageError,
    TextureTooLargeError,
)
from graphkit.formats import ImageFrame
from graphkit.gpu import (
    GPU_SERVICE,
    GlContext,
    GlSimpleCalculator,
    GpuBuffer,
    GpuBufferFormat,
    GpuDevice,
    GpuResources,
    list_devices,
)
from graphkit.gpu import _devices as devices
from graphkit.gpu._raw_gl import RawGl
from graphkit.gpu._service import close_idle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphkit.gpu import EglDisplay

PICTURE = np.random.default_rng(8).integers(0, 256, (12, 20, 4), dtype=np.uint8)
OUT_OF_MEMORY, CONTEXT_LOST = 0x0505, 0x0507
PATIENCE_S = 60


@calculator("TestFailuresCopy")
class Copy(GlSimpleCalculator):
    fragment_shader = """
        uniform sampler2D frame;
        out vec4 color;

        void main() {
            color = texelFetch(frame, ivec2(gl_FragCoord.xy), 0);
        }
    """


@calculator("TestFailuresHuge")
class Huge(Copy):
    def get_output_dimensions(self, width: int, height: int) -> tuple[int, int]:
        return width << 20, height


@pytest.fixture
def gpu(egl: None) -> Iterator[GpuResources]:
    with GpuResources.create() as resources:
        yield resources
    gc.collect()  # errors hold frames, and frames what was being drawn
    for context in resources.group.contexts:
        context._thread._thread.join(PATIENCE_S)
        assert not context._thread._thread.is_alive(), f"{context} outlives its graphs"


def graph_in(gpu: GpuResources | None, name: str, context: str = "") -> CalculatorGraph:
    option = (
        f'options {{ [mediapipe.GlContextOptions.ext] {{ gl_context_name: "{context}" }} }}' if context else ""
    )
    graph = CalculatorGraph(f"""
        input_stream: "in" output_stream: "out"
        node {{ calculator: "ImageFrameToGpuBufferCalculator" input_stream: "in" output_stream: "a" {option} }}
        node {{ calculator: "{name}" input_stream: "a" output_stream: "b" {option} }}
        node {{ calculator: "GpuBufferToImageFrameCalculator" input_stream: "b" output_stream: "out" {option} }}
    """)
    if gpu is not None:
        graph.set_service(GPU_SERVICE, gpu)
    return graph


class Good:
    """A graph that runs beside the one that fails, and must not notice."""

    def __init__(self, gpu: GpuResources) -> None:
        self._graph = graph_in(gpu, "TestFailuresCopy")
        self._got: list[Any] = []
        self._sent = 0
        self._graph.observe_output_stream("out", self._got.append)
        self._graph.start_run()

    def check(self) -> None:
        self._graph.add_packet_to_input_stream("in", ImageFrame(PICTURE), timestamp=self._sent)
        self._graph.wait_until_idle(PATIENCE_S)
        self._sent += 1
        assert len(self._got) == self._sent
        assert (self._got[-1].payload.data == PICTURE).all()

    def finish(self) -> None:
        self.check()
        self._graph.close_all_input_streams()
        self._graph.wait_until_done(PATIENCE_S)


@pytest.fixture
def good(gpu: GpuResources) -> Iterator[Good]:
    made = Good(gpu)
    made.check()
    yield made
    made.finish()


def run_one(graph: CalculatorGraph) -> None:
    graph.start_run()
    try:
        graph.add_packet_to_input_stream("in", ImageFrame(PICTURE), timestamp=0)
        graph.close_all_input_streams()
        graph.wait_until_done(PATIENCE_S)
    finally:
        graph.cancel_quietly()


def failing(code: int, *, after: int = 0) -> Callable[[], int]:
    """Return a glGetError that reports *code* from the call numbered *after* on."""
    calls = iter(range(10**6))
    return lambda: code if next(calls) >= after else 0


@pytest.mark.parametrize(
    ("code", "cause", "message"),
    [
        pytest.param(
            OUT_OF_MEMORY,
            GpuOutOfMemoryError,
            "no GPU memory is left for .*Use smaller frames",
            id="out of memory",
        ),
        pytest.param(
            CONTEXT_LOST,
            GlContextLostError,
            'GL context "hurt" was lost .*Start the graph again',
            id="context lost",
        ),
    ],
)
@pytest.mark.parametrize("after", [0, 1, 2], ids=["first call", "second call", "third call"])
def test_errors_of_the_driver(
    gpu: GpuResources, good: Good, code: int, cause: type[Exception], message: str, after: int
) -> None:
    gpu.context("hurt").raw.get_error = failing(code, after=after)
    with pytest.raises(CalculatorError, match=message) as caught:
        run_one(graph_in(gpu, "TestFailuresCopy", "hurt"))
    assert isinstance(caught.value.cause, cause)
    good.check()


def test_a_lost_context_fails_every_later_graph_at_once(gpu: GpuResources, good: Good) -> None:
    gpu.context("hurt").raw.get_error = failing(CONTEXT_LOST)
    for _ in range(3):
        with pytest.raises((CalculatorError, GlContextLostError), match='GL context "hurt" was lost'):
            run_one(graph_in(gpu, "TestFailuresCopy", "hurt"))
    good.check()


def test_a_graph_recovers_when_memory_does(gpu: GpuResources) -> None:
    context = gpu.context("hurt")
    sound = context.raw.get_error
    context.raw.get_error = failing(OUT_OF_MEMORY)
    graph = graph_in(gpu, "TestFailuresCopy", "hurt")
    with pytest.raises(CalculatorError, match="no GPU memory is left"):
        run_one(graph)
    context.raw.get_error = sound
    got: list[Any] = []
    graph.observe_output_stream("out", got.append)
    run_one(graph)
    assert (got[0].payload.data == PICTURE).all()


def test_a_graph_of_its_own_resources_starts_afresh_after_a_lost_context(
    gpu: GpuResources, monkeypatch: pytest.MonkeyPatch
) -> None:
    close_idle()
    graph = graph_in(None, "TestFailuresCopy")
    with monkeypatch.context() as patched:
        patched.setattr("graphkit.gpu._context.RawGl", _losing_raw_gl())
        with pytest.raises(CalculatorError, match='GL context "shared" was lost'):
            run_one(graph)
    got: list[Any] = []
    graph.observe_output_stream("out", got.append)
    run_one(graph)
    assert (got.pop().payload.data == PICTURE).all()


def _losing_raw_gl() -> Callable[[Callable[[str], int]], RawGl]:
    def make(address: Callable[[str], int]) -> RawGl:
        raw = RawGl(address)
        raw.get_error = failing(CONTEXT_LOST)
        return raw

    return make


def test_a_texture_too_large(gpu: GpuResources, good: Good) -> None:
    with pytest.raises(CalculatorError, match=r"of 20971520x12 pixels.*Scale or crop") as caught:
        run_one(graph_in(gpu, "TestFailuresHuge"))
    assert isinstance(caught.value.cause, TextureTooLargeError)
    good.check()


def test_a_driver_that_makes_contexts_but_not_new_ones(monkeypatch: pytest.MonkeyPatch, gpu: GpuResources) -> None:
    def too_old(**_: object) -> None:
        raise ValueError("Requested OpenGL version 330, got version 210")

    monkeypatch.setattr(moderngl, "create_context", too_old)
    before = set(threading.enumerate())
    with pytest.raises(GlVersionError, match=r"OpenGL 3\.3 core.*got version 210"):
        GpuResources.create("software")
    for thread in set(threading.enumerate()) - before:
        thread.join(60)
        assert not thread.is_alive(), "the thread that could not begin has ended"


def test_a_graph_whose_driver_is_too_old_fails_at_its_start(
    monkeypatch: pytest.MonkeyPatch, gpu: GpuResources
) -> None:
    def too_old(**_: object) -> None:
        raise ValueError("Requested OpenGL version 330, got version 210")

    close_idle()
    monkeypatch.setattr(moderngl, "create_context", too_old)
    graph = graph_in(None, "TestFailuresCopy")
    for _ in range(2):
        with pytest.raises(GlVersionError, match="Update its driver, or choose another device"):
            graph.start_run()


def test_a_graph_says_what_to_install_where_nothing_draws(
    monkeypatch: pytest.MonkeyPatch, gpu: GpuResources
) -> None:
    close_idle()
    monkeypatch.setitem(sys.modules, "moderngl.mgl", None)
    with pytest.raises(PackageError, match=r"^the package moderngl: not installed.*pip install 'moderngl>=5\.12'"):
        graph_in(None, "TestFailuresCopy").start_run()


def test_a_buffer_of_another_graphs_resources_is_refused(gpu: GpuResources, good: Good) -> None:
    with GpuResources.create() as other:

        def draw(context: GlContext) -> GpuBuffer:
            buffer = GpuBuffer.allocate(context, other.group, 4, 4, GpuBufferFormat.RGBA8)
            buffer.writing(context)
            buffer.written(context)
            return buffer

        foreign = other.run(draw)
        graph = CalculatorGraph(
            'input_stream: "in" node { calculator: "TestFailuresCopy" input_stream: "in" output_stream: "out" }'
        )
        graph.set_service(GPU_SERVICE, gpu)
        with pytest.raises(CalculatorError, match=r"belongs to other GPU resources.*set_service") as caught, graph:
            graph.add_packet_to_input_stream("in", foreign, timestamp=0)
        assert isinstance(caught.value.cause, GpuError)
        foreign.release()
    good.check()


def test_a_graph_runs_where_a_card_starts_and_makes_no_context(
    monkeypatch: pytest.MonkeyPatch, gpu: GpuResources, caplog: pytest.LogCaptureFixture
) -> None:
    """A card that is split up: EGL lists it first and starts it; contexts come from the device behind it only."""
    (here, *_) = list_devices()
    card = GpuDevice(0, here.handle, "NVIDIA H100", software=False, cuda=0)
    monkeypatch.setattr(devices, "list_devices", lambda egl: (card, replace(here, index=1)))
    make = GlContext._begin

    def begin(context: GlContext, display: EglDisplay, share: int) -> None:
        if display.name == card.name:
            raise GlVersionError(display.name, "3.3", "eglCreateContext failed: EGL_BAD_MATCH 0x3009")
        make(context, display, share)

    monkeypatch.setattr(GlContext, "_begin", begin)
    with caplog.at_level(logging.WARNING, "graphkit.gpu"), GpuResources.create() as mine:
        graph = graph_in(mine, "TestFailuresCopy")
        seen: list[Any] = []
        graph.observe_output_stream("out", seen.append)
        with graph:
            graph.add_packet_to_input_stream("in", ImageFrame(PICTURE), 0)
    np.testing.assert_array_equal(seen[0].payload.data, PICTURE)
    (record,) = caplog.records
    told = record.getMessage()
    assert told.startswith(f"OpenGL draws on the CPU ({here.name}): NVIDIA H100 makes no OpenGL 3.3 core context")
    assert "split up (MIG)" in told
