"""Drawings that take long: contexts wait for each other's by fences, and for nothing else."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit._process.threads import usable_cores
from graphkit.gpu import FullFrameProgram, GlTexture, GpuBuffer, GpuBufferFormat
from graphkit.gpu._raw_gl import TIMEOUT_EXPIRED

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.gpu import GpuResources

SIDE = 256
WHITE, BLACK = (1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 0.0, 1.0)

# Some 100 ms on a processor. The result depends on the loop, or a compiler would leave it out.
SLOW_COPY = """
    uniform sampler2D frame;
    out vec4 color;

    void main() {
        float nothing = 0.0;
        for (int i = 0; i < 600; ++i) nothing += fract(sin(gl_FragCoord.x * float(i)));
        color = texelFetch(frame, ivec2(gl_FragCoord.xy), 0) + nothing * 1e-7;
    }
"""


def test_what_is_done_at_once_shares_a_fence(gpu: GpuResources) -> None:
    context = gpu.context()

    def made() -> tuple[int, int]:
        with context.same_fence():
            one, other = context.fence(), context.fence()
            with context.same_fence():
                assert context.fence() is one
        assert one is other
        return len({id(one), id(context.fence()), id(context.fence())}), context.work.fences

    before = context.work.fences
    kinds, fences = context.run(made)
    assert fences - before == 3, "one for all that is in the block, and one for each call outside"
    assert kinds >= 2


def test_a_read_back_does_not_hide_a_reader_that_draws_still(gpu: GpuResources) -> None:
    """The pixels are in memory, so that the read-back is over; what was issued before it need not be."""
    painter = Painter(gpu, "")
    white, target = painter.new(WHITE), painter.new(BLACK)
    painter.slowly_copy(white, target)
    storage: Any = white._storage
    (reader,) = storage._consumers.values()
    white.array()
    assert storage._consumers == {painter.context: reader}
    black = painter.new(BLACK)
    black.array()
    (known,) = black._storage._consumers.values()  # type: ignore[union-attr]
    assert known.is_known_to_be_reached


class Painter:
    """Draws in one context of *gpu*."""

    def __init__(self, gpu: GpuResources, name: str) -> None:
        self.context, self._group = gpu.context(name), gpu.group
        self._program = self.context.run(self._compiled)

    def new(self, color: tuple[float, ...]) -> GpuBuffer:
        """Return a picture of one color, all of it drawn."""
        return self.context.run(self._new, color)

    def fill(self, picture: GpuBuffer, color: tuple[float, ...]) -> None:
        """Draw over *picture* and wait for nothing."""
        self.context.run(self._fill, picture, color)

    def slowly_copy(self, source: GpuBuffer, target: GpuBuffer) -> None:
        """Have *source* copied into *target*, and do not wait until it is."""
        self.context.run(self._copy, source, target)

    def _compiled(self) -> FullFrameProgram:
        program = FullFrameProgram(self.context, SLOW_COPY)
        program.set(frame=0)
        return program

    def _new(self, color: tuple[float, ...]) -> GpuBuffer:
        made = GpuBuffer.allocate(self.context, self._group, SIDE, SIDE, GpuBufferFormat.RGBA8)
        self._fill(made, color)
        self.context.raw.finish()
        return made

    def _fill(self, picture: GpuBuffer, color: tuple[float, ...]) -> None:
        drawn = GlTexture(self.context, picture, writes=True)
        drawn.bind().clear(*color)
        drawn.get_frame(GpuBuffer)

    def _copy(self, source: GpuBuffer, target: GpuBuffer) -> None:
        with GlTexture(self.context, source, writes=False) as src:
            drawn = GlTexture(self.context, target, writes=True)
            drawn.bind()
            src.use(0)
            self._program.render()
            drawn.get_frame(GpuBuffer)


@pytest.fixture
def painters(gpu: GpuResources) -> tuple[Painter, Painter]:
    return Painter(gpu, "first"), Painter(gpu, "second")


def level(picture: GpuBuffer) -> list[int]:
    """Return the levels of red that occur."""
    return np.unique(picture.array()[:, :, 0]).tolist()


def test_a_reader_waits_for_the_writer(gpu: GpuResources, painters: tuple[Painter, Painter]) -> None:
    first, second = painters
    source, target, copy = first.new(WHITE), first.new(BLACK), second.new(BLACK)
    first.slowly_copy(source, target)
    second.slowly_copy(target, copy)
    assert level(copy) == [255]


def test_reading_back_waits_for_the_writer(gpu: GpuResources, painters: tuple[Painter, Painter]) -> None:
    first, second = painters
    source, target = first.new(WHITE), first.new(BLACK)
    first.slowly_copy(source, target)
    pixels = second.context.run(lambda: level(target))
    assert pixels == [255]


def test_a_writer_waits_for_the_readers(gpu: GpuResources, painters: tuple[Painter, Painter]) -> None:
    first, second = painters
    source, copy = first.new(WHITE), second.new(BLACK)
    second.slowly_copy(source, copy)
    first.fill(source, BLACK)
    assert level(copy) == [255]
    assert level(source) == [0]


def test_a_texture_used_again_is_not_drawn_over_what_others_still_read(
    gpu: GpuResources, painters: tuple[Painter, Painter]
) -> None:
    """The picture is gone, but the other context has yet to read it."""
    first, second = painters
    for _ in range(3):
        source, copy = first.new(WHITE), second.new(BLACK)
        second.slowly_copy(source, copy)
        source.release()
        pictures = [first.new(BLACK) for _ in range(4)]  # the pool has nothing better than the texture of source
        assert level(copy) == [255]
        del pictures


@pytest.mark.parametrize("software", [True, False], ids=["on a processor", "on a card"])
@pytest.mark.parametrize("role", ["reader", "writer"])
def test_a_fence_of_another_context_is_waited_for(
    painters: tuple[Painter, Painter], monkeypatch: pytest.MonkeyPatch, software: bool, role: str
) -> None:
    """Mesa's renderer draws for all contexts in one order, so its pixels would be right without."""
    first, second = painters
    source, target = first.new(WHITE), first.new(BLACK)
    first.slowly_copy(source, target)
    raw, waited = second.context.raw, []

    def note(wait: Callable[..., int]) -> Callable[..., int]:
        def noted(handle: int, *arguments: int) -> int:
            waited.append(handle)
            return wait(handle, *arguments)

        return noted

    monkeypatch.setattr(second.context, "software", software)
    monkeypatch.setattr(raw, "poll_sync", lambda *_: TIMEOUT_EXPIRED)
    name = "client_wait_sync" if software else "wait_sync"
    monkeypatch.setattr(raw, name, note(getattr(raw, name)))
    if role == "reader":
        fence = target._storage._producer  # type: ignore[union-attr]
        second.context.run(target.reading, second.context)
    else:
        fence = source._storage._consumers[first.context]  # type: ignore[union-attr]
        second.context.run(source.writing, second.context)
    assert fence._handle in waited


@pytest.mark.parametrize("wait", ["finish", "fence", "read back"])
def test_other_threads_run_while_one_waits_for_the_gpu(
    gpu: GpuResources, painters: tuple[Painter, Painter], wait: str
) -> None:
    first, second = painters
    if not first.context.software:
        pytest.skip("a graphics card is too fast to be waited for")
    if usable_cores() < 2:
        pytest.skip("on one core Mesa draws in the call, not beside it")
    source, target = first.new(WHITE), first.new(BLACK)
    beats, done = 0, threading.Event()

    def beat() -> None:
        nonlocal beats
        while not done.wait(0.001):
            beats += 1

    heart = threading.Thread(target=beat)
    first.slowly_copy(source, target)
    heart.start()
    try:
        {
            "finish": lambda: first.context.run(first.context.raw.finish),
            "fence": lambda: second.context.run(target.reading, second.context),
            "read back": target.array,
        }[wait]()
    finally:
        done.set()
        heart.join()
    assert beats > 5
