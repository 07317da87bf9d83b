from __future__ import annotations

import ctypes
import gc
import random
from typing import TYPE_CHECKING

import pytest

from graphkit.errors import GpuOutOfMemoryError
from graphkit.gpu import GpuBuffer, GpuBufferFormat
from graphkit.gpu import _pool as pool_module
from graphkit.gpu._storage import framebuffer_of

if TYPE_CHECKING:
    from graphkit.gpu import GlContext, GpuResources

RGBA8, R8 = GpuBufferFormat.RGBA8, GpuBufferFormat.R8


def take(
    gpu: GpuResources, width: int, height: int, format_: GpuBufferFormat = RGBA8, name: str = ""
) -> GpuBuffer:
    context = gpu.context(name)

    def draw() -> GpuBuffer:
        buffer = GpuBuffer.allocate(context, gpu.group, width, height, format_)
        buffer.writing(context)
        buffer.written(context)
        return buffer

    return context.run(draw)


def settle(gpu: GpuResources) -> None:
    for context in gpu.group.contexts:
        context.run(context.raw.finish)


def test_a_texture_is_used_again(gpu: GpuResources) -> None:
    for _ in range(20):
        take(gpu, 8, 8).release()
    assert gpu.pool.created == 2  # the first is not kept: its size was seen once
    assert gpu.pool.live == 1
    assert gpu.pool.live_bytes == 8 * 8 * 4


def test_sizes_and_formats_are_kept_apart(gpu: GpuResources) -> None:
    for size in ((8, 8), (8, 4)):
        for format_ in (RGBA8, R8):
            for _ in range(3):
                buffer = take(gpu, *size, format_)
                assert (buffer.width, buffer.height, buffer.format) == (*size, format_)
                buffer.release()
    assert gpu.pool.live == 4


def test_what_is_in_use_is_not_lent_twice(gpu: GpuResources) -> None:
    buffers = [take(gpu, 8, 8) for _ in range(5)]
    assert (gpu.pool.live, gpu.pool.in_use) == (5, 5)
    assert len({id(buffer._storage) for buffer in buffers}) == 5


def test_the_pool_shrinks_after_a_change_of_size(gpu: GpuResources) -> None:
    old = [take(gpu, 64, 64) for _ in range(6)]
    del old
    assert gpu.pool.live == 6
    for _ in range(2 * pool_module.SCRUB_INTERVAL):
        take(gpu, 32, 32).release()
    assert gpu.pool.live_bytes <= 2 * 32 * 32 * 4


def test_the_pool_shrinks_after_a_burst(gpu: GpuResources) -> None:
    burst = [take(gpu, 16, 16) for _ in range(9)]
    del burst
    for _ in range(2 * pool_module.SCRUB_INTERVAL):
        take(gpu, 16, 16).release()
    assert gpu.pool.live <= 1 + pool_module.SPARE


def test_a_new_size_every_frame_does_not_fill_the_memory(gpu: GpuResources) -> None:
    sizes = random.Random(1)
    for _ in range(300):
        take(gpu, sizes.randint(1, 40), sizes.randint(1, 40)).release()
        assert gpu.pool.live <= 2 * pool_module.MAX_SIZES


def test_trimming_deletes_all_that_is_free(gpu: GpuResources) -> None:
    kept = take(gpu, 8, 8)
    for _ in range(3):
        take(gpu, 8, 8).release()
    gpu.pool.trim()
    assert gpu.pool.live == 1
    del kept
    assert gpu.pool.in_use == 0


def test_deleted_textures_are_deleted_in_opengl(gpu: GpuResources) -> None:
    buffer = take(gpu, 8, 8)
    context, side = gpu.context(), gpu.context("side")

    def name(where: GlContext, what: GpuBuffer) -> int:
        glo: int = what.reading(where).glo
        what.read_done(where)
        return glo

    names = {where.run(name, where, buffer) for where in (context, side)}
    assert len(names) == 1  # one texture, seen by two contexts
    is_texture = context.raw.quick("glIsTexture", ctypes.c_ubyte, ctypes.c_uint32)
    assert context.run(is_texture, *names)
    del buffer
    gpu.pool.trim()
    assert not context.run(is_texture, *names)


def test_deleting_what_was_drawn_into_last_leaves_no_error(gpu: GpuResources) -> None:
    context = gpu.context()

    def draw() -> None:
        buffer = GpuBuffer.allocate(context, gpu.group, 8, 8, RGBA8)
        framebuffer_of(context, buffer.writing(context)).use()
        buffer.written(context)
        context.check_errors("drawing")

    for _ in range(3):
        context.run(draw)
        gpu.pool.trim()


def test_out_of_memory_is_met_by_giving_up_what_is_free(gpu: GpuResources) -> None:
    for _ in range(2):
        take(gpu, 64, 64).release()
    context, codes = gpu.context(), [0x0505]
    real = context.raw.get_error
    context.raw.get_error = lambda: codes.pop() if codes else real()
    take(gpu, 128, 128).release()
    assert not codes
    assert gpu.pool.live_bytes <= 128 * 128 * 4


def test_out_of_memory_that_stays_is_an_error(gpu: GpuResources) -> None:
    context = gpu.context()
    context.raw.get_error = lambda: 0x0505
    message = r"no GPU memory is left for making a RGBA8 texture of 8x8 pixels \(1 textures of 0 MiB in use"
    with pytest.raises(GpuOutOfMemoryError, match=message):
        take(gpu, 8, 8)
    assert (gpu.pool.live, gpu.pool.in_use) == (0, 0)


def test_textures_in_use_elsewhere_are_not_waited_for_if_another_is_idle(gpu: GpuResources) -> None:
    for _ in range(3):
        take(gpu, 8, 8).release()
        take(gpu, 8, 8, name="side").release()
    settle(gpu)
    assert gpu.pool.live <= 2


def test_a_buffer_that_the_collector_finds_leaves_its_fences_whole(gpu: GpuResources) -> None:
    """The reader's fence still holds the next writer back when it was found together with the buffer."""
    reader = gpu.context("reader")

    def read(ring: list[object]) -> None:
        buffer = ring[0]
        assert isinstance(buffer, GpuBuffer)
        buffer.reading(reader)
        buffer.read_done(reader)

    for _ in range(3):
        ring: list[object] = [take(gpu, 16, 16)]
        reader.run(read, ring)
        ring.append(ring)
        del ring
        gc.collect()
        reader.run(lambda: None)
    gpu.run(lambda context: context.check_errors("waiting for fences"))
