"""TensorsToSegmentation-, WarpAffine-, SegmentationSmoothing- and RecolorCalculator.

Values against MediaPipe are in tensor/test_references, except for Recolor, which its wheel lacks: it is compared
with the formula, pixel by pixel.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import Image, ImageFrame, ImageSize, Tensor
from graphkit.testing import CalculatorRunner


def runner(calculator: str, streams: str, options: str = "") -> CalculatorRunner:
    return CalculatorRunner(
        f'calculator: "{calculator}" {streams} options {{ [mediapipe.{calculator}Options.ext] {{ {options} }} }}'
    )


def segmentation(tensors: Any, options: str, size: ImageSize | None = None) -> CalculatorRunner:
    sized = 'input_stream: "OUTPUT_SIZE:size"' if size else ""
    run = runner(
        "TensorsToSegmentationCalculator", f'input_stream: "TENSORS:in" {sized} output_stream: "MASK:out"', options
    )
    run.add("TENSORS", tensors, 0)
    if size:
        run.add("OUTPUT_SIZE", size, 0)
    return run


LOGITS = np.array([[[0.0, 2.0], [1.0, -1.0]], [[3.0, 3.0], [40.0, -40.0]]], np.float32)


@pytest.mark.parametrize(
    ("values", "options", "expected"),
    [
        pytest.param(LOGITS[..., :1], "", LOGITS[..., 0], id="none"),
        pytest.param(
            LOGITS[None, ..., :1], "activation: SIGMOID", 1 / (1 + np.exp(-LOGITS[..., 0])), id="sigmoid"
        ),
        pytest.param(
            LOGITS, "activation: SOFTMAX", np.exp(LOGITS[..., 1]) / np.exp(LOGITS).sum(axis=2), id="softmax"
        ),
        pytest.param(
            LOGITS,
            "activation: SOFTMAX output_layer_index: 0",
            np.exp(LOGITS[..., 0]) / np.exp(LOGITS).sum(axis=2),
            id="softmax of the first",
        ),
    ],
)
def test_activations(values: Any, options: str, expected: Any) -> None:
    run = segmentation([Tensor(values.copy())], options)
    run.run()
    (packet,) = run.outputs["MASK"]
    np.testing.assert_allclose(packet.payload.cpu().data, expected, rtol=1e-6, atol=1e-30)


def test_the_tensor_is_left_alone() -> None:
    tensor = Tensor(LOGITS[..., :1].copy())
    run = segmentation([tensor], "", ImageSize(2, 2))
    run.run()
    assert not np.shares_memory(run.outputs["MASK"][0].payload.cpu().data, tensor.data)


@pytest.mark.parametrize(
    ("tensors", "options", "message"),
    [
        pytest.param([], "", "the list of tensors is empty", id="no tensor"),
        pytest.param([Tensor(LOGITS.copy())], "activation: SIGMOID", r"\(1, H, W, 1\)", id="two channels"),
        pytest.param([Tensor(LOGITS[..., :1].copy())], "activation: SOFTMAX", r"\(1, H, W, 2\)", id="one channel"),
        pytest.param([Tensor(np.zeros(4, np.float32))], "", "cannot be a mask", id="no image"),
    ],
)
def test_faults_of_tensors(tensors: Any, options: str, message: str) -> None:
    with pytest.raises(CalculatorError, match=message):
        segmentation(tensors, options).run()


def test_there_are_two_layers() -> None:
    with pytest.raises(GraphValidationError, match="output_layer_index is 2; it must be 0 or 1"):
        segmentation([], "output_layer_index: 2").run()


PICTURE = np.arange(24, dtype=np.uint8).reshape(4, 6)
HALF = np.diag(np.array([0.5, 0.5, 1, 1], np.float32))
RIGHT_BY_HALF = np.array([[1, 0, 0, -0.5], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], np.float32)
WARP = 'input_stream: "IMAGE:in" input_stream: "MATRIX:matrix" input_stream: "OUTPUT_SIZE:size" '


@pytest.mark.parametrize(
    ("matrix", "size", "border", "expected"),
    [
        pytest.param(np.eye(4, dtype=np.float32), (6, 4), "ZERO", PICTURE, id="as it is"),
        pytest.param(HALF, (3, 2), "ZERO", PICTURE[:2, :3], id="the upper left quarter"),
        pytest.param(
            np.eye(4, dtype=np.float32), (3, 2), "ZERO", PICTURE[::2, ::2], id="smaller, upper left corners"
        ),
        pytest.param(RIGHT_BY_HALF, (6, 4), "ZERO", np.pad(PICTURE[:, :3], ((0, 0), (3, 0))), id="zero outside"),
        pytest.param(
            RIGHT_BY_HALF, (6, 4), "REPLICATE", np.pad(PICTURE[:, :3], ((0, 0), (3, 0)), mode="edge"), id="edge"
        ),
    ],
)
def test_warps(matrix: Any, size: tuple[int, int], border: str, expected: Any) -> None:
    for calculator, wrap in (("WarpAffineCalculator", Image), ("WarpAffineCalculatorCpu", lambda frame: frame)):
        run = CalculatorRunner(
            f"""
            calculator: "{calculator}" {WARP} output_stream: "IMAGE:out"
            options {{ [mediapipe.WarpAffineCalculatorOptions.ext] {{ border_mode: BORDER_{border} }} }}
            """
        )
        run.add("IMAGE", wrap(ImageFrame(PICTURE.copy())), 4)
        run.add("MATRIX", matrix.copy(), 4)
        run.add("OUTPUT_SIZE", ImageSize(*size), 4)
        run.run()
        (packet,) = run.outputs["IMAGE"]
        found = packet.payload.cpu() if calculator == "WarpAffineCalculator" else packet.payload
        assert packet.timestamp == 4
        np.testing.assert_array_equal(found.data, expected)


def test_warps_nothing_without_a_matrix() -> None:
    run = runner("WarpAffineCalculator", WARP + 'output_stream: "IMAGE:out"')
    run.add("IMAGE", Image(ImageFrame(PICTURE.copy())), 0)
    run.add("OUTPUT_SIZE", ImageSize(2, 2), 0)
    run.set_bound("MATRIX", 1)
    run.run()
    assert run.outputs["IMAGE"] == []
    assert run.output_bounds["IMAGE"] == 1


def test_a_matrix_of_another_shape() -> None:
    run = runner("WarpAffineCalculator", WARP + 'output_stream: "IMAGE:out"')
    run.add("IMAGE", Image(ImageFrame(PICTURE.copy())), 0)
    run.add("OUTPUT_SIZE", ImageSize(2, 2), 0)
    run.add("MATRIX", np.eye(3, dtype=np.float32), 0)
    with pytest.raises(CalculatorError, match=r"MATRIX needs shape \(4, 4\); found \(3, 3\)"):
        run.run()


def mask(values: Any) -> Image:
    return Image(ImageFrame(np.array(values, np.float32)))


def smoothing(ratio: float, new: Image, old: Image | None) -> CalculatorRunner:
    streams = 'input_stream: "MASK:in" input_stream: "MASK_PREVIOUS:old" output_stream: "MASK_SMOOTHED:out"'
    run = runner("SegmentationSmoothingCalculator", streams, f"combine_with_previous_ratio: {ratio}")
    run.add("MASK", new, 0)
    if old is not None:
        run.add("MASK_PREVIOUS", old, 0)
    return run


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        pytest.param(0.5, 0.5 + (1 - 0.5) * 0.7, id="unsure: the ratio decides"),
        pytest.param(0.0, 0.0, id="sure: the old mask has no say"),
        pytest.param(1.0, 1.0, id="as old"),
    ],
)
def test_mixes_masks(new: float, expected: float) -> None:
    # More pixels than are worked on at once, and not a multiple of that number.
    run = smoothing(0.7, mask(np.full((130, 150), new)), mask(np.ones((130, 150))))
    run.run()
    found = run.outputs["MASK_SMOOTHED"][0].payload.cpu().data
    np.testing.assert_allclose(found, np.full((130, 150), expected), atol=2e-3)


@pytest.mark.parametrize(
    "old", [pytest.param(None, id="no old mask"), pytest.param(mask(np.ones((2, 3))), id="one of another size")]
)
def test_a_mask_without_one_before_passes(old: Image | None) -> None:
    new = mask([[0.5, 0.5]])
    run = smoothing(0.7, new, old)
    run.run()
    assert run.outputs["MASK_SMOOTHED"][0].payload is new


def test_masks_are_float() -> None:
    grey = Image(ImageFrame(np.zeros((1, 2), np.uint8)))
    with pytest.raises(CalculatorError, match=r"VEC32F1\) was expected; found ImageFrame\(2x1, GRAY8\)"):
        smoothing(0.7, grey, grey).run()


RNG = np.random.default_rng(5)
PIXELS = RNG.integers(0, 256, (9, 11, 3), np.uint8)
WEIGHTS = RNG.random((9, 11)).astype(np.float32)
GREY = RNG.integers(0, 256, (9, 11), np.uint8)
RGBA = RNG.integers(0, 256, (9, 11, 4), np.uint8)


def recolored(mask: Any, options: str) -> Any:
    streams = 'input_stream: "IMAGE:in" input_stream: "MASK:mask" output_stream: "IMAGE:out"'
    run = runner("RecolorCalculator", streams, options)
    run.add("IMAGE", ImageFrame(PIXELS.copy()), 0)
    if mask is not None:
        run.add("MASK", ImageFrame(mask.copy()), 0)
    run.run()
    return run.outputs["IMAGE"][0].payload.data


def by_formula(weights: Any, color: tuple[int, int, int], *, invert: bool, luminance: bool) -> Any:
    """One pixel after the other: Vec3b(pixel * (1 - w)) + Vec3b(color * w), each rounded and cut off at 255."""
    result = np.empty_like(PIXELS)
    for place in np.ndindex(*weights.shape):
        pixel, weight = PIXELS[place].astype(np.float64), float(weights[place])
        weight = 1 - weight if invert else weight
        weight *= float(pixel @ [0.299, 0.587, 0.114]) / 255 if luminance else 1
        rest, coat = np.rint(pixel * (1 - weight)), np.rint(np.array(color) * weight)
        result[place] = np.minimum(rest + coat, 255)
    return result


@pytest.mark.parametrize(
    ("mask", "weights", "options", "invert", "luminance"),
    [
        pytest.param(WEIGHTS, WEIGHTS, "adjust_with_luminance: false", False, False, id="float"),
        pytest.param(
            WEIGHTS, WEIGHTS, "invert_mask: true adjust_with_luminance: false", True, False, id="inverted"
        ),
        pytest.param(WEIGHTS, WEIGHTS, "", False, True, id="by luminance"),
        pytest.param(GREY, GREY / 255, "adjust_with_luminance: false", False, False, id="grey"),
        pytest.param(RGBA, RGBA[..., 0] / 255, "", False, True, id="red"),
        pytest.param(RGBA, RGBA[..., 3] / 255, "mask_channel: ALPHA", False, True, id="alpha"),
    ],
)
@pytest.mark.parametrize("color", [(0, 0, 255), (200, 17, 17), (0, 0, 0)], ids=["blue", "red", "black"])
def test_recolors(
    mask: Any, weights: Any, options: str, invert: bool, luminance: bool, color: tuple[int, int, int]
) -> None:
    r, g, b = color
    found = recolored(mask, f"color {{ r: {r} g: {g} b: {b} }} {options}")
    expected = by_formula(weights, color, invert=invert, luminance=luminance)
    # float32 against float64: a term that is a half may round to the other side.
    difference = np.abs(found.astype(int) - expected)
    assert difference.max() <= 1
    assert np.count_nonzero(difference) <= 2


def test_a_small_mask_is_scaled() -> None:
    found = recolored(np.full((2, 2), 1, np.float32), "color { b: 255 } adjust_with_luminance: false")
    assert (found == (0, 0, 255)).all()


def test_without_a_mask_the_image_passes() -> None:
    np.testing.assert_array_equal(recolored(None, "color { b: 255 }"), PIXELS)


def test_a_colour_is_needed() -> None:
    with pytest.raises(GraphValidationError, match="color is not set"):
        recolored(None, "")


@pytest.mark.parametrize(
    ("mask", "options", "message"),
    [
        pytest.param(PIXELS, "mask_channel: ALPHA", "has no alpha channel", id="no alpha"),
        pytest.param(GREY.astype(np.uint16), "", "cannot be a mask", id="16 bits"),
    ],
)
def test_faults_of_masks(mask: Any, options: str, message: str) -> None:
    with pytest.raises(CalculatorError, match=message):
        recolored(mask, f"color {{ b: 255 }} {options}")


def test_only_rgb_is_recolored() -> None:
    streams = 'input_stream: "IMAGE:in" input_stream: "MASK:mask" output_stream: "IMAGE:out"'
    run = runner("RecolorCalculator", streams, "color { b: 255 }")
    run.add("IMAGE", ImageFrame(RGBA.copy()), 0)
    run.add("MASK", ImageFrame(WEIGHTS.copy()), 0)
    with pytest.raises(CalculatorError, match="convert it to SRGB first"):
        run.run()
