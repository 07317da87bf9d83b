from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING

import moderngl
import numpy as np
import pytest

from graphkit.errors import FormatError, GpuError, GpuReleasedError, TextureTooLargeError, WrongThreadError
from graphkit.formats import GpuPixels, Image, ImageFormat, ImageFrame, payload_type
from graphkit.gpu import GpuBuffer, GpuBufferFormat, GpuResources
from graphkit.gpu._formats import format_for_image, image_format_of
from graphkit.gpu._storage import framebuffer_of

if TYPE_CHECKING:
    from graphkit.gpu import GlContext

RNG = np.random.default_rng(3)


def pixels(format_: GpuBufferFormat, width: int = 33, height: int = 17) -> np.ndarray:
    shape = format_.shape(width, height)
    if format_.dtype == np.uint8:
        return RNG.integers(0, 256, shape, dtype=np.uint8)
    return RNG.standard_normal(shape).astype(format_.dtype)


def fill(gpu: GpuResources, width: int, height: int, color: tuple[float, ...]) -> GpuBuffer:
    def draw(context: GlContext) -> GpuBuffer:
        buffer = GpuBuffer.allocate(context, gpu.group, width, height, GpuBufferFormat.RGBA8)
        framebuffer_of(context, buffer.writing(context)).clear(*color)
        buffer.written(context)
        return buffer

    return gpu.run(draw)


def texture_bytes(gpu: GpuResources, buffer: GpuBuffer, name: str = "") -> bytes:
    context = gpu.context(name)

    def read() -> bytes:
        data: bytes = buffer.reading(context).read()
        buffer.read_done(context)
        return data

    return context.run(read)


@pytest.mark.parametrize("format_", list(GpuBufferFormat), ids=lambda f: f.name)
def test_every_format_goes_up_and_comes_back(gpu: GpuResources, format_: GpuBufferFormat) -> None:
    given = pixels(format_)

    def up(context: GlContext) -> GpuBuffer:
        buffer = GpuBuffer.allocate(context, gpu.group, 33, 17, format_)
        buffer.writing(context).write(given.tobytes())
        buffer.written(context)
        return buffer

    buffer = gpu.run(up)
    assert not buffer.is_in_memory
    read = buffer.array()
    assert read.dtype == format_.dtype
    assert read.shape == given.shape
    assert (read == given).all()


@pytest.mark.parametrize(
    ("name", "format_"),
    [("BGRA32", GpuBufferFormat.RGBA8), ("RGB24", GpuBufferFormat.RGBA8), ("GRAY_HALF_16", GpuBufferFormat.R16F)],
)
def test_mediapipes_names_stand_for_formats(name: str, format_: GpuBufferFormat) -> None:
    assert GpuBufferFormat[name] is format_


@pytest.mark.parametrize(
    ("given", "format_"),
    [
        pytest.param(ImageFormat.SRGBA, GpuBufferFormat.RGBA8, id="SRGBA"),
        pytest.param(ImageFormat.GRAY8, GpuBufferFormat.R8, id="GRAY8"),
        pytest.param(ImageFormat.VEC32F1, GpuBufferFormat.R32F, id="VEC32F1"),
        pytest.param(ImageFormat.VEC32F2, GpuBufferFormat.RG32F, id="VEC32F2"),
        pytest.param(ImageFormat.VEC32F4, GpuBufferFormat.RGBA32F, id="VEC32F4"),
    ],
)
def test_frames_of_these_formats_are_the_same_on_the_gpu(
    gpu: GpuResources, given: ImageFormat, format_: GpuBufferFormat
) -> None:
    assert format_for_image(given) is format_
    assert image_format_of(format_) is given
    frame = ImageFrame(pixels(format_), given)
    buffer = gpu.upload(frame)
    assert texture_bytes(gpu, buffer) == frame.data.tobytes()
    assert buffer.image_frame() == frame


def test_three_channels_get_an_alpha(gpu: GpuResources) -> None:
    rgb = RNG.integers(0, 256, (7, 5, 3), dtype=np.uint8)
    buffer = gpu.upload(ImageFrame(rgb))
    expected = np.dstack([rgb, np.full((7, 5), 255, np.uint8)])
    assert texture_bytes(gpu, buffer) == expected.tobytes()
    assert buffer.image_frame() == ImageFrame(expected)


def test_bgra_becomes_rgba(gpu: GpuResources) -> None:
    bgra = RNG.integers(0, 256, (7, 5, 4), dtype=np.uint8)
    buffer = gpu.upload(ImageFrame(bgra, ImageFormat.SBGRA))
    assert texture_bytes(gpu, buffer) == bgra[:, :, [2, 1, 0, 3]].tobytes()


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(np.s_[:, 3:20], id="padded rows"),
        pytest.param(np.s_[::2], id="every other row"),
        pytest.param(np.s_[::-1], id="upside down"),
        pytest.param(np.s_[:, ::3], id="every third column"),
    ],
)
def test_strided_frames_are_uploaded_as_they_look(gpu: GpuResources, view: tuple[slice, ...]) -> None:
    part = RNG.integers(0, 256, (24, 32, 4), dtype=np.uint8)[view]
    assert texture_bytes(gpu, gpu.upload(ImageFrame(part))) == part.tobytes()


def test_a_format_without_a_gpu_side_is_named(gpu: GpuResources) -> None:
    with pytest.raises(FormatError, match="format SRGB48 cannot become a GpuBuffer; convert it to one of SRGB, "):
        gpu.upload(ImageFrame(np.zeros((2, 2, 3), np.uint16)))


def test_a_buffer_without_an_image_format_is_named(gpu: GpuResources) -> None:
    with pytest.raises(FormatError, match="no image format fits a GpuBuffer of RG8; read its array"):
        image_format_of(GpuBufferFormat.RG8)


def test_half_floats_come_back_as_floats(gpu: GpuResources) -> None:
    assert image_format_of(GpuBufferFormat.RGBA16F) is ImageFormat.VEC32F4


def test_views_are_made_when_asked_for_and_kept(gpu: GpuResources) -> None:
    buffer = gpu.upload(ImageFrame(pixels(GpuBufferFormat.RGBA8)))
    assert (buffer.is_on_gpu, buffer.is_in_memory) == (False, True)
    assert not gpu.transfers.uploads
    texture_bytes(gpu, buffer)
    texture_bytes(gpu, buffer)
    assert buffer.is_on_gpu
    assert gpu.transfers.uploads == {(33, 17): 1}
    drawn = fill(gpu, 8, 4, (1.0, 0.0, 0.0, 1.0))
    assert drawn.array() is drawn.array()
    assert gpu.transfers.readbacks == {(8, 4): 1}
    assert gpu.transfers.readback_bytes == 8 * 4 * 4


def test_drawing_drops_what_was_read(gpu: GpuResources) -> None:
    buffer = fill(gpu, 4, 4, (1.0, 0.0, 0.0, 1.0))
    before = buffer.array()

    def draw(context: GlContext) -> None:
        framebuffer_of(context, buffer.writing(context)).clear(0.0, 1.0, 0.0, 1.0)
        buffer.written(context)

    gpu.run(draw)
    assert (buffer.array() == (0, 255, 0, 255)).all()
    assert (before == (255, 0, 0, 255)).all()


def test_row_0_is_the_top_on_both_sides(gpu: GpuResources) -> None:
    def draw(context: GlContext) -> GpuBuffer:
        buffer = GpuBuffer.allocate(context, gpu.group, 4, 6, GpuBufferFormat.R8)
        framebuffer = framebuffer_of(context, buffer.writing(context))
        framebuffer.clear(0.0)
        framebuffer.clear(1.0, viewport=(0, 0, 4, 1))
        buffer.written(context)
        return buffer

    read = gpu.run(draw).array()
    assert (read[0] == 255).all()
    assert (read[1:] == 0).all()


def test_arrays_are_read_only_and_outlive_the_buffer(gpu: GpuResources) -> None:
    buffer = fill(gpu, 200, 100, (0.0, 0.0, 1.0, 1.0))
    array = buffer.array()
    buffer.release()
    assert not array.flags.writeable
    for value in (0.25, 0.5):
        fill(gpu, 200, 100, (value, 0.0, 0.0, 0.0)).array()
    assert (array == (0, 0, 255, 255)).all()


def test_any_thread_may_read(gpu: GpuResources) -> None:
    buffer = fill(gpu, 4, 4, (1.0, 1.0, 1.0, 1.0))
    means: list[float] = []
    threads = [threading.Thread(target=lambda: means.append(float(buffer.array().mean()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert means == [255.0] * 4
    assert gpu.transfers.readbacks == {(4, 4): 1}


def test_a_texture_off_its_thread_is_refused(gpu: GpuResources) -> None:
    with pytest.raises(WrongThreadError, match="a GpuBuffer's texture was called on thread"):
        fill(gpu, 4, 4, (0.0, 0.0, 0.0, 0.0)).reading(gpu.context())


def test_a_released_buffer_says_so(gpu: GpuResources) -> None:
    with fill(gpu, 4, 4, (0.0, 0.0, 0.0, 0.0)) as buffer:
        assert gpu.pool.in_use == 1
    assert gpu.pool.in_use == 0
    buffer.release()
    with pytest.raises(GpuReleasedError, match="this GpuBuffer was released"):
        buffer.array()
    with pytest.raises(GpuReleasedError, match="this GpuBuffer was released"):
        texture_bytes(gpu, buffer)


def test_buffers_go_back_with_their_last_reference(gpu: GpuResources) -> None:
    buffer = fill(gpu, 4, 4, (0.0, 0.0, 0.0, 0.0))
    image = Image(buffer)
    del buffer
    assert gpu.pool.in_use == 1
    del image
    assert gpu.pool.in_use == 0


def test_buffers_in_a_cycle_go_back_from_the_collector(gpu: GpuResources) -> None:
    cycle: list[object] = [fill(gpu, 4, 4, (0.0, 0.0, 0.0, 0.0))]
    cycle.append(cycle)
    del cycle
    gc.collect()
    assert gpu.pool.in_use == 0


def test_buffers_of_other_resources_are_refused(gpu: GpuResources) -> None:
    buffer = fill(gpu, 4, 4, (0.0, 0.0, 0.0, 0.0))
    with (
        GpuResources.create() as other,
        pytest.raises(GpuError, match=r"belongs to other GPU resources.*set_service"),
    ):
        texture_bytes(other, buffer)


@pytest.mark.parametrize("size", [(0, 4), (4, 1 << 20)], ids=["empty", "huge"])
def test_impossible_sizes_are_refused(gpu: GpuResources, size: tuple[int, int]) -> None:
    with pytest.raises(TextureTooLargeError, match=rf"of {size[0]}x{size[1]} pixels.*this device takes 1x1 to"):
        fill(gpu, *size, (0.0,) * 4)
    assert gpu.pool.in_use == 0


def test_buffers_outlive_the_resources_that_are_closed(egl: None) -> None:
    gpu = GpuResources.create()
    context = gpu.context()
    buffer = fill(gpu, 4, 4, (1.0, 1.0, 1.0, 1.0))
    gpu.close()
    assert (buffer.array() == 255).all()
    buffer.release()
    context._thread._thread.join(60)
    assert not context._thread._thread.is_alive()


def test_an_image_reads_a_buffer(gpu: GpuResources) -> None:
    buffer = fill(gpu, 4, 2, (1.0, 1.0, 1.0, 1.0))
    assert isinstance(buffer, GpuPixels)
    image = Image(buffer)
    assert (image.width, image.height, image.uses_gpu) == (4, 2, True)
    assert (image.cpu().data == 255).all()


def test_the_type_is_known_by_its_name() -> None:
    assert payload_type("mediapipe::GpuBuffer") is GpuBuffer


def test_textures_of_a_program_are_seen(egl: None) -> None:
    mine = moderngl.create_context(standalone=True, backend="egl")
    given = pixels(GpuBufferFormat.RGBA8, 16, 8)
    with mine:
        texture = mine.texture((16, 8), 4, given.tobytes())
        mine.finish()
    with GpuResources.sharing(mine) as gpu:

        def read(context: GlContext) -> bytes:
            data: bytes = context.gl.external_texture(texture.glo, (16, 8), 4, 0, "f1").read()
            return data

        assert gpu.run(read) == given.tobytes()
    with mine:
        texture.release()
    mine.release()


def test_a_buffer_of_an_array_is_refused(gpu: GpuResources) -> None:
    with pytest.raises(FormatError, match="a GpuBuffer is made of an ImageFrame, found ndarray; wrap"):
        gpu.upload(np.zeros((2, 2, 4), np.uint8))  # type: ignore[arg-type]


def test_pixels_that_were_read_back_are_not_copied_for_a_frame(gpu: GpuResources) -> None:
    buffer = gpu.upload(ImageFrame(np.zeros((256, 256, 4), np.uint8)))
    gpu.run(lambda context: buffer.writing(context) and buffer.written(context))
    assert np.shares_memory(buffer.image_frame().data, buffer.array())
