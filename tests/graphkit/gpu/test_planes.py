"""Pictures for a video that are converted on the GPU: what OpenCV makes of them in memory, to the last bit."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from graphkit.formats import Image, ImageFrame
from graphkit.framework import Packet
from graphkit.gpu import FullFrameProgram, GlTexture, GpuBuffer, GpuBufferFormat, ShareGroup, read_planes
from graphkit.jobs._pixels import to_yuv
from graphkit.jobs._sink import Ending
from graphkit.jobs._sinks.video import VideoSink
from graphkit.video import EncoderSettings, VideoReader, YuvPicture

if TYPE_CHECKING:
    from pathlib import Path

    from graphkit.gpu import GpuResources

RNG = np.random.default_rng(4)
COPY = """
    uniform sampler2D frame;
    out vec4 color;

    void main() {
        color = texelFetch(frame, ivec2(gl_FragCoord.xy), 0);
    }
"""


def pixels(width: int, height: int) -> np.ndarray[Any, Any]:
    return RNG.integers(0, 256, (height, width, 4), dtype=np.uint8)


def drawn(gpu: GpuResources, rgba: np.ndarray[Any, Any]) -> GpuBuffer:
    """Return a picture that is on the GPU only."""

    def copy(context: Any) -> GpuBuffer:
        program = FullFrameProgram(context, COPY)
        program.set(frame=0)
        made = GpuBuffer.allocate(context, gpu.group, rgba.shape[1], rgba.shape[0], GpuBufferFormat.RGBA8)
        with GlTexture(context, gpu.upload(ImageFrame(rgba)), writes=False) as source:
            target = GlTexture(context, made, writes=True)
            target.bind()
            source.use(0)
            program.render()
            target.get_frame(GpuBuffer)
        program.release()
        return made

    return gpu.run(copy)


@pytest.mark.parametrize(("width", "height"), [(2, 2), (64, 48), (122, 86), (6, 10), (640, 2)])
def test_planes_are_those_of_memory(gpu: GpuResources, width: int, height: int) -> None:
    rgba = pixels(width, height)
    planes = read_planes(drawn(gpu, rgba))
    expected = cv2.cvtColor(np.ascontiguousarray(rgba[:, :, :3]), cv2.COLOR_RGB2YUV_I420)
    assert planes is not None
    np.testing.assert_array_equal(planes, expected)
    assert gpu.transfers.readbacks == {(width, height * 3 // 2): 1}
    assert gpu.transfers.readback_bytes == width * height * 3 // 2


def test_every_level_of_every_colour(gpu: GpuResources) -> None:
    """Steps of 5 in each of the three, and the ends: no rounding is its own."""
    levels = np.array([*range(0, 256, 5), 1, 254], np.uint8)
    rgb = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    width = 352
    rows = len(rgb) // width // 2 * 2
    rgba = np.dstack([rgb[: rows * width].reshape(rows, width, 3), np.full((rows, width), 255, np.uint8)])
    expected = cv2.cvtColor(np.ascontiguousarray(rgba[:, :, :3]), cv2.COLOR_RGB2YUV_I420)
    planes = read_planes(drawn(gpu, rgba))
    assert planes is not None
    np.testing.assert_array_equal(planes, expected)


@pytest.mark.parametrize(("width", "height"), [(63, 48), (64, 47)])
def test_odd_sizes_have_no_such_form(gpu: GpuResources, width: int, height: int) -> None:
    assert read_planes(drawn(gpu, pixels(width, height))) is None
    assert not gpu.transfers.readbacks


def test_other_formats_have_no_such_form(gpu: GpuResources) -> None:
    assert read_planes(gpu.upload(ImageFrame(np.zeros((4, 4), np.uint8)))) is None


def test_a_gpu_of_its_own_converts_and_the_processor_does_not(
    gpu: GpuResources, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = drawn(gpu, pixels(64, 48))
    monkeypatch.setattr(ShareGroup, "software", property(lambda _: True))
    assert to_yuv(picture) is None
    monkeypatch.setattr(ShareGroup, "software", property(lambda _: False))
    for payload in (picture, Image(picture)):
        made = to_yuv(payload)
        assert made is not None
        assert made.size == (64, 48)
    picture.array()
    assert to_yuv(picture) is None, "it is in memory already"
    assert to_yuv(ImageFrame(np.zeros((4, 4, 3), np.uint8))) is None


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p"])
def test_a_video_is_the_same_whoever_converts(
    gpu: GpuResources, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pixel_format: str
) -> None:
    pictures = [pixels(64, 50) for _ in range(3)]
    files = []
    for software in (True, False):
        monkeypatch.setattr(ShareGroup, "software", property(lambda _, software=software: software))
        path = tmp_path / f"{software}.mp4"
        sink = VideoSink("video", path, Fraction(30), encoder=EncoderSettings(pixel_format=pixel_format))
        sink.open()
        before = gpu.transfers.copy()
        for number, rgba in enumerate(pictures):
            sink.take(Packet(drawn(gpu, rgba), number * 33_333))
        sink.close(Ending(whole=True))
        files.append(path.read_bytes())
        in_planes = not software and pixel_format == "yuv420p"
        assert set(gpu.transfers.since(before).readbacks) == {(64, 75 if in_planes else 50)}
    assert files[0] == files[1]
    with VideoReader(tmp_path / "False.mp4") as reader:
        assert len(list(reader)) == 3


def test_another_size_is_letterboxed(tmp_path: Path) -> None:
    sink = VideoSink("video", tmp_path / "v.mp4", Fraction(30))
    sink.open()
    for number, (width, height) in enumerate([(64, 48), (32, 48)]):
        sink._writer.write(YuvPicture(np.full((height * 3 // 2, width), 128, np.uint8)), number * 33_333)
    sink.close(Ending(whole=True))
    assert sink.stats is not None
    assert (sink.stats.frames, sink.stats.letterboxed) == (2, 1)
