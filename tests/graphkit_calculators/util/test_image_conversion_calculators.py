"""ToImageCalculator, FromImageCalculator and LandmarksToDetectionCalculator."""

from __future__ import annotations

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import Image, ImageFrame, NormalizedLandmarkList
from graphkit.testing import CalculatorRunner

FRAME = ImageFrame(np.zeros((4, 6, 3), np.uint8))


class OnGpu:
    """Pixels that are read back when asked for."""

    width, height = 6, 4

    def __init__(self) -> None:
        self.reads = 0

    def image_frame(self) -> ImageFrame:
        self.reads += 1
        return FRAME


@pytest.mark.parametrize("tag", ["IMAGE_CPU", "IMAGE"])
def test_a_frame_becomes_an_image_without_a_copy(tag: str) -> None:
    run = CalculatorRunner(f'calculator: "ToImageCalculator" input_stream: "{tag}:in" output_stream: "IMAGE:out"')
    run.add(tag, FRAME, 0)
    run.run()
    (packet,) = run.outputs["IMAGE"]
    assert isinstance(packet.payload, Image)
    assert packet.payload.cpu() is FRAME


def test_an_image_stays_itself() -> None:
    image = Image(FRAME)
    run = CalculatorRunner('calculator: "ToImageCalculator" input_stream: "IMAGE:in" output_stream: "IMAGE:out"')
    run.add("IMAGE", image, 0)
    run.run()
    assert run.outputs["IMAGE"][0].payload is image


def test_one_input_is_needed() -> None:
    with pytest.raises(GraphValidationError, match="exactly one of IMAGE, IMAGE_CPU and IMAGE_GPU"):
        CalculatorRunner('calculator: "ToImageCalculator" output_stream: "IMAGE:out"').run()


def test_an_image_is_read_as_a_frame() -> None:
    run = CalculatorRunner(
        """
        calculator: "FromImageCalculator" input_stream: "IMAGE:in"
        output_stream: "IMAGE_CPU:frame" output_stream: "SOURCE_ON_GPU:on_gpu"
        """
    )
    run.add("IMAGE", Image(FRAME), 0)
    run.add("IMAGE", Image(OnGpu()), 1)
    run.run()
    assert [packet.payload for packet in run.outputs["IMAGE_CPU"]] == [FRAME, FRAME]
    assert [packet.payload for packet in run.outputs["SOURCE_ON_GPU"]] == [False, True]


def test_nothing_is_read_back_that_nobody_wants() -> None:
    pixels = OnGpu()
    run = CalculatorRunner(
        'calculator: "FromImageCalculator" input_stream: "IMAGE:in" output_stream: "SOURCE_ON_GPU:on_gpu"'
    )
    run.add("IMAGE", Image(pixels), 0)
    run.run()
    assert pixels.reads == 0


def box_of(xy: list[list[float]], selected: str = "") -> tuple[float, ...]:
    run = CalculatorRunner(
        f"""
        calculator: "LandmarksToDetectionCalculator"
        input_stream: "NORM_LANDMARKS:in" output_stream: "DETECTION:out"
        options {{ [mediapipe.LandmarksToDetectionCalculatorOptions.ext] {{ {selected} }} }}
        """
    )
    run.add("NORM_LANDMARKS", NormalizedLandmarkList.from_xyz(np.array(xy, np.float32).reshape(-1, 2)), 0)
    run.run()
    return tuple(run.outputs["DETECTION"][0].payload.box)


POINTS = [[0.1, 0.5], [0.3, 0.2], [0.9, 0.9]]


@pytest.mark.parametrize(
    ("points", "selected", "expected"),
    [
        pytest.param(POINTS, "", (0.1, 0.2, 0.8, 0.7), id="all"),
        pytest.param(POINTS, "selected_landmark_indices: [1, 0]", (0.1, 0.2, 0.2, 0.3), id="two"),
        pytest.param([[-0.5, -0.2]], "", (-0.5, -0.2, 0.5, 0.2), id="a box never ends left of the image"),
    ],
)
def test_box_around_landmarks(points: list[list[float]], selected: str, expected: tuple[float, ...]) -> None:
    assert box_of(points, selected) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("points", "selected", "message"),
    [
        pytest.param([], "", "there are no landmarks to make a Detection of", id="none"),
        pytest.param(POINTS, "selected_landmark_indices: 3", "names landmark 3, but there are 3", id="too high"),
    ],
)
def test_landmarks_that_do_not_fit(points: list[list[float]], selected: str, message: str) -> None:
    with pytest.raises(CalculatorError, match=message):
        box_of(points, selected)
