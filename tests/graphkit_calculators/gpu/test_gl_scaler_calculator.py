from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit.errors import CalculatorError
from graphkit.formats import Image, ImageFrame, ImageSize
from graphkit.gpu import GPU_SERVICE, GpuBufferFormat
from graphkit.testing import CalculatorRunner
from graphkit_calculators.gpu._placement import Placement
from graphkit_calculators.gpu.gl_scaler_calculator import GlScalerCalculatorOptions
from graphkit_calculators.image._transformation import ScaleMode

if TYPE_CHECKING:
    from graphkit.gpu import GpuResources

PICTURE = np.random.default_rng(2).integers(0, 256, (6, 10, 4), dtype=np.uint8)
FIT, FILL = ScaleMode.FIT, ScaleMode.FILL_AND_CROP


def runner_for(gpu: GpuResources, options: str = "", more: str = "") -> CalculatorRunner:
    runner = CalculatorRunner(f"""
        calculator: "GlScalerCalculator" input_stream: "VIDEO:a" output_stream: "VIDEO:b" {more}
        options {{ [mediapipe.GlScalerCalculatorOptions.ext] {{ {options} }} }}
    """)
    runner.set_service(GPU_SERVICE, gpu)
    return runner


def scaled(gpu: GpuResources, options: str, picture: np.ndarray = PICTURE) -> np.ndarray:
    runner = runner_for(gpu, options)
    runner.add("VIDEO", gpu.upload(ImageFrame(picture.copy())), 0)
    array: np.ndarray = runner.run().outputs["VIDEO"][0].payload.array()
    return array


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("", PICTURE, id="as it is"),
        pytest.param("flip_horizontal: true", PICTURE[:, ::-1], id="mirrored"),
        pytest.param("flip_vertical: true", PICTURE[::-1], id="upside down"),
        pytest.param("rotation: 90", np.rot90(PICTURE, 1), id="quarter counterclockwise"),
        pytest.param("rotation: 180", np.rot90(PICTURE, 2), id="half"),
        pytest.param("rotation: 270", np.rot90(PICTURE, 3), id="quarter clockwise"),
        pytest.param("rotation: -90", np.rot90(PICTURE, 3), id="negative"),
        pytest.param("rotation: 90 flip_vertical: true", np.rot90(PICTURE, 1)[::-1], id="flip after turn"),
        pytest.param("output_width: 20 output_height: 12", PICTURE.repeat(2, 0).repeat(2, 1), id="doubled"),
    ],
)
def test_pixels_go_where_they_should(gpu: GpuResources, options: str, expected: np.ndarray) -> None:
    out = scaled(gpu, f"{options} use_nearest_neighbor_interpolation: true")
    assert out.shape == expected.shape
    assert (out == expected).all()


@pytest.mark.parametrize("side", [2, 6, 34, 250, 1022])
def test_halved_to_the_nearest_it_is_every_second_pixel(gpu: GpuResources, side: int) -> None:
    """Each sample lies on the border of two pixels, and it is always the same one that is taken."""
    picture = np.random.default_rng(side).integers(0, 256, (4, side, 4), dtype=np.uint8)
    options = f"output_width: {side // 2} output_height: 2 use_nearest_neighbor_interpolation: true"
    np.testing.assert_array_equal(scaled(gpu, options, picture), picture[1::2, 1::2])


def test_linear_interpolation_is_the_mean_of_neighbours(gpu: GpuResources) -> None:
    out = scaled(gpu, "output_width: 5 output_height: 3").astype(int)
    means = PICTURE.reshape(3, 2, 5, 2, 4).mean((1, 3))
    assert np.abs(out - means).max() <= 1


def test_fit_leaves_transparent_borders_and_tells_them(gpu: GpuResources) -> None:
    more = 'output_stream: "TOP_BOTTOM_PADDING:t" output_stream: "LEFT_RIGHT_PADDING:l"'
    runner = runner_for(gpu, "output_width: 10 output_height: 12 scale_mode: FIT", more)
    runner.add("VIDEO", gpu.upload(ImageFrame(PICTURE)), 0)
    outputs = runner.run().outputs
    assert outputs["TOP_BOTTOM_PADDING"][0].payload == pytest.approx(0.25)
    assert outputs["LEFT_RIGHT_PADDING"][0].payload == 0.0
    out = outputs["VIDEO"][0].payload.array()
    assert not out[:3].any()
    assert not out[9:].any()
    assert np.abs(out[3:9].astype(int) - PICTURE).max() <= 1


def test_fill_cuts_what_does_not_fit(gpu: GpuResources) -> None:
    out = scaled(gpu, "output_width: 6 output_height: 6 scale_mode: FILL_AND_CROP")
    assert np.abs(out.astype(int) - PICTURE[:, 2:8]).max() <= 1


@pytest.mark.parametrize(
    ("placement", "source", "wanted", "scale", "size"),
    [
        pytest.param(Placement(), (10, 6), (0, 0), None, (10, 6), id="unset"),
        pytest.param(Placement(90), (10, 6), (0, 0), None, (6, 10), id="turned"),
        pytest.param(Placement(90), (10, 6), (8, 4), 2.0, (8, 4), id="a size beats a scale and a turn"),
        pytest.param(Placement(), (101, 50), (0, 0), 0.5, (52, 24), id="scale, to multiples of 4"),
        pytest.param(Placement(270), (101, 50), (0, 0), 0.5, (24, 52), id="scale and turn"),
    ],
)
def test_output_size(
    placement: Placement,
    source: tuple[int, int],
    wanted: tuple[int, int],
    scale: float | None,
    size: tuple[int, int],
) -> None:
    assert placement.target_size(source, wanted, scale) == size


@pytest.mark.parametrize(
    ("mode", "rotation", "source", "target", "padding"),
    [
        pytest.param(FIT, 0, (10, 10), (20, 40), (0.0, 0.25), id="tall target"),
        pytest.param(FIT, 0, (10, 10), (6, 5), (1 / 12, 0.0), id="wide target"),
        pytest.param(FIT, 90, (10, 20), (20, 10), (0.0, 0.0), id="turned, it fits"),
        pytest.param(FILL, 0, (10, 10), (20, 40), (0.0, 0.0), id="fill has none"),
        pytest.param(ScaleMode.STRETCH, 0, (10, 10), (20, 40), (0.0, 0.0), id="stretch has none"),
    ],
)
def test_padding(
    mode: ScaleMode, rotation: int, source: tuple[int, int], target: tuple[int, int], padding: tuple[float, float]
) -> None:
    assert Placement(rotation, mode).padding(source, target) == pytest.approx(padding)


def test_size_and_turn_may_come_as_streams(gpu: GpuResources) -> None:
    more = 'input_stream: "ROTATION:r" input_stream: "OUTPUT_DIMENSIONS:d"'
    runner = runner_for(gpu, "use_nearest_neighbor_interpolation: true", more)
    given: list[tuple[int | None, ImageSize | None]] = [
        (90, ImageSize(6, 10)),
        (None, ImageSize(12, 20)),
        (0, None),
    ]
    for t, (turn, size) in enumerate(given):
        runner.add("VIDEO", gpu.upload(ImageFrame(PICTURE)), t)
        if turn is not None:
            runner.add("ROTATION", turn, t)
        if size is not None:
            runner.add("OUTPUT_DIMENSIONS", size, t)
    packets = runner.run().outputs["VIDEO"]
    assert [int(packet.timestamp) for packet in packets] == [0, 1]  # no size, no picture
    turned = np.rot90(PICTURE)
    assert (packets[0].payload.array() == turned).all()
    assert (packets[1].payload.array() == turned.repeat(2, 0).repeat(2, 1)).all()


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        pytest.param("OUTPUT_DIMENSIONS", ImageSize(5, 3), id="dimensions"),
        pytest.param("OPTIONS", GlScalerCalculatorOptions(output_width=5, output_height=3), id="options"),
    ],
)
def test_size_may_come_as_a_side_packet(gpu: GpuResources, tag: str, value: Any) -> None:
    runner = runner_for(gpu, "", f'input_side_packet: "{tag}:side"')
    runner.side_packets[tag] = value
    runner.add("VIDEO", gpu.upload(ImageFrame(PICTURE)), 0)
    assert runner.run().outputs["VIDEO"][0].payload.array().shape == (3, 5, 4)


def test_images_on_both_sides_and_the_format_of_the_input(gpu: GpuResources) -> None:
    runner = CalculatorRunner("""
        calculator: "GlScalerCalculator" input_stream: "IMAGE:a" output_stream: "IMAGE:b"
        options { [mediapipe.GlScalerCalculatorOptions.ext] { rotation: 180 use_input_format_for_output: true } }
    """)
    runner.set_service(GPU_SERVICE, gpu)
    gray = PICTURE[:, :, 0].copy()
    runner.add("IMAGE", Image(ImageFrame(gray)), 0)
    image = runner.run().outputs["IMAGE"][0].get(Image)
    assert image.source.format is GpuBufferFormat.R8
    assert (image.cpu().data == gray[::-1, ::-1]).all()


def test_a_crooked_turn_is_refused(gpu: GpuResources) -> None:
    with pytest.raises(CalculatorError, match="a rotation of 45 degrees; it takes multiples of 90"):
        runner_for(gpu, "rotation: 45").run()
