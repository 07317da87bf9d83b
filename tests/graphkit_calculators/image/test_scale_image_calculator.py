"""ScaleImageCalculator."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from graphkit import Timestamp
from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import ImageFormat, ImageFrame, ImageSize, VideoHeader
from graphkit.testing import CalculatorRunner
from graphkit_calculators.image._scaling import Crop, crop_to_aspect, enlarge, scaled_size


def runner(options: str = "", streams: str = 'input_stream: "in" output_stream: "out"') -> CalculatorRunner:
    return CalculatorRunner(
        f"""
        calculator: "ScaleImageCalculator" {streams}
        options {{ [mediapipe.ScaleImageCalculatorOptions.ext] {{ {options} }} }}
        """
    )


def picture(width: int, height: int, channels: int = 3) -> ImageFrame:
    rng = np.random.default_rng(0)
    return ImageFrame(rng.integers(0, 256, (height, width, channels), dtype=np.uint8))


def scale(frame: ImageFrame, options: str = "") -> ImageFrame:
    run = runner(options)
    run.add(0, frame, 0)
    run.run()
    found = run.outputs[0][0].payload
    assert isinstance(found, ImageFrame)
    return found


@pytest.mark.parametrize(
    ("size", "limits", "crop"),
    [
        pytest.param((640, 480), (9 / 16, 16 / 9), (0, 0, 640, 480), id="between"),
        pytest.param((400, 100), (9 / 16, 16 / 9), (112, 0, 176, 100), id="too wide"),
        pytest.param((100, 400), (9 / 16, 16 / 9), (0, 112, 100, 176), id="too tall"),
        pytest.param((400, 100), (0, 0), (0, 0, 400, 100), id="no limits"),
    ],
)
def test_crop(size: tuple[int, int], limits: tuple[float, float], crop: tuple[int, ...]) -> None:
    assert crop_to_aspect(ImageSize(*size), *limits) == Crop(*crop)


@pytest.mark.parametrize(
    ("target", "area", "keep", "multiple", "expected"),
    [
        pytest.param((320, 320), 0, True, 2, (320, 240), id="fits by width"),
        pytest.param((320, 200), 0, True, 2, (266, 200), id="fits by height"),
        pytest.param((0, 241), 0, True, 2, (320, 240), id="height only, made even"),
        pytest.param((0, 0), 0, True, 2, (640, 480), id="no target"),
        pytest.param((33, 27), 0, False, 4, (32, 24), id="exactly, but a multiple"),
        pytest.param((33, 0), 0, False, 1, (33, 480), id="width only"),
        pytest.param((0, 0), 76800, True, 2, (320, 240), id="area"),
    ],
)
def test_size(target: tuple[int, int], area: int, keep: bool, multiple: int, expected: tuple[int, int]) -> None:
    assert scaled_size(640, 480, ImageSize(*target), area, keep_aspect=keep, multiple=multiple) == expected


def test_scaling_down_averages() -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[::2] = 200
    assert (scale(ImageFrame(pixels), "target_width: 4").data == 100).all()


def test_scaling_up_happens_in_linear_light() -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[:, 1] = 255
    found = enlarge(pixels, ImageSize(3, 2), cv2.INTER_LINEAR)
    # Half of the light is 188 of 255 in sRGB.
    assert found[0, :, 0].tolist() == [0, 188, 255]


def test_what_keeps_its_size_keeps_its_pixels() -> None:
    frame = picture(16, 12)
    assert scale(frame) == frame
    assert scale(frame, "target_width: 32 algorithm: DEFAULT_WITHOUT_UPSCALE") == frame


@pytest.mark.parametrize("algorithm", ["DEFAULT", "LINEAR", "CUBIC", "AREA", "LANCZOS"])
def test_scaling_up(algorithm: str) -> None:
    found = scale(picture(16, 12), f"target_width: 32 algorithm: {algorithm}")
    assert (found.width, found.height) == (32, 24)


def test_an_alpha_channel_can_be_added() -> None:
    found = scale(picture(16, 12), "output_format: SRGBA")
    assert found.format == ImageFormat.SRGBA
    assert (found.data[:, :, 3] == 255).all()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            VideoHeader(ImageFormat.SRGB, 16, 12, frame_rate=25.0),
            VideoHeader(ImageFormat.SRGB, 8, 6, frame_rate=25.0),
            id="of a header",
        ),
        pytest.param(None, VideoHeader(ImageFormat.SRGB, 8, 6), id="of the first image"),
    ],
)
def test_the_header_tells_the_new_size(given: VideoHeader | None, expected: VideoHeader) -> None:
    streams = 'input_stream: "FRAMES:in" output_stream: "FRAMES:out" output_stream: "VIDEO_HEADER:new"'
    run = runner("target_width: 8", streams + (' input_stream: "VIDEO_HEADER:header"' if given else ""))
    if given is not None:
        run.add("VIDEO_HEADER", given, Timestamp.PRE_STREAM)
        run.close("VIDEO_HEADER")
    for timestamp in range(2):
        run.add("FRAMES", picture(16, 12), timestamp)
    run.run()
    (packet,) = run.outputs["VIDEO_HEADER"]
    assert packet.timestamp == Timestamp.PRE_STREAM
    assert packet.payload == expected
    assert len(run.outputs["FRAMES"]) == 2


@pytest.mark.parametrize(
    ("options", "streams", "message"),
    [
        pytest.param(
            "", 'output_stream: "out"', "images come in on FRAMES or on an untagged stream", id="no input"
        ),
        pytest.param("", 'input_stream: "in"', "images go out on FRAMES or on an untagged stream", id="no output"),
        pytest.param(
            "scale_to_multiple_of: 4",
            'input_stream: "in" output_stream: "out"',
            "with preserve_aspect_ratio sides are always even",
            id="multiple",
        ),
        pytest.param(
            'max_aspect_ratio: "wide"',
            'input_stream: "in" output_stream: "out"',
            '"wide" is no aspect ratio',
            id="ratio",
        ),
    ],
)
def test_bad_configs(options: str, streams: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        runner(options, streams).run()


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        pytest.param(picture(8, 8, 4), "output_format: SRGB", "SRGBA cannot be made SRGB", id="format"),
        pytest.param(picture(8, 8), "input_format: SRGBA", "input_format is SRGBA, found SRGB", id="input"),
        pytest.param(picture(8, 8, 4), "target_width: 16", "only SRGB is scaled up, found SRGBA", id="up"),
        pytest.param(picture(8, 8), "target_width: 1", "scaled to 0 x 0 has no pixel", id="nothing left"),
    ],
)
def test_images_that_do_not_fit(frame: ImageFrame, options: str, message: str) -> None:
    with pytest.raises(CalculatorError, match=message):
        scale(frame, options)
