from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import ImageFormat, ImageFrame
from graphkit.gpu import GPU_SERVICE
from graphkit.testing import CalculatorRunner

if TYPE_CHECKING:
    from graphkit.gpu import GpuResources

RNG = np.random.default_rng(2)
RGB = RNG.integers(0, 256, (5, 7, 3), dtype=np.uint8)
RGBA = RNG.integers(0, 256, (5, 7, 4), dtype=np.uint8)
MASK = RNG.integers(0, 256, (5, 7), dtype=np.uint8)


def runner(side: str = "", mask: bool = True, options: str = "", mask_side: str | None = None) -> CalculatorRunner:
    tag = f"ALPHA{side if mask_side is None else mask_side}"
    alpha = f'input_stream: "{tag}:mask"' if mask else ""
    return CalculatorRunner(f"""
        calculator: "SetAlphaCalculator" input_stream: "IMAGE{side}:in" {alpha} output_stream: "IMAGE{side}:out"
        options {{ [mediapipe.SetAlphaCalculatorOptions.ext] {{ {options} }} }}
    """)


def changed(run: CalculatorRunner, picture: Any, mask: Any = None, side: str = "") -> Any:
    run.add(f"IMAGE{side}", picture, 1)
    if mask is not None:
        run.add(f"ALPHA{side}", mask, 1)
    (packet,) = run.run().outputs[f"IMAGE{side}"]
    return packet.payload


@pytest.mark.parametrize("picture", [ImageFrame(RGB), ImageFrame(RGBA, ImageFormat.SRGBA)], ids=["rgb", "rgba"])
@pytest.mark.parametrize(
    "mask",
    [ImageFrame(MASK), ImageFrame(np.dstack((MASK, RGB)), ImageFormat.SRGBA)],
    ids=["gray", "the first of four"],
)
def test_alpha_of_a_mask(picture: ImageFrame, mask: ImageFrame) -> None:
    found = changed(runner(), picture, mask)
    assert found.format is ImageFormat.SRGBA
    np.testing.assert_array_equal(found.data, np.dstack((picture.data[..., :3], MASK)))


@pytest.mark.parametrize(("value", "alpha"), [(0, 0), (77, 77), (300, 255)])
def test_one_alpha_for_all(value: int, alpha: int) -> None:
    found = changed(runner(mask=False, options=f"alpha_value: {value}"), ImageFrame(RGB))
    np.testing.assert_array_equal(found.data, np.dstack((RGB, np.full((5, 7), alpha, np.uint8))))


def test_transparent_while_there_is_no_mask() -> None:
    run = runner()
    run.set_bound("ALPHA", 2)
    assert not changed(run, ImageFrame(RGB)).data[..., 3].any()


@pytest.mark.parametrize(("options", "alpha"), [("", MASK), ("alpha_value: 77", np.full((5, 7), 77, np.uint8))])
def test_on_the_gpu(gpu: GpuResources, options: str, alpha: Any) -> None:
    run = runner("_GPU", mask=not options, options=options)
    run.set_service(GPU_SERVICE, gpu)
    mask = None if options else gpu.upload(ImageFrame(MASK))
    drawn = changed(run, gpu.upload(ImageFrame(RGBA, ImageFormat.SRGBA)), mask, "_GPU").array()
    np.testing.assert_array_equal(drawn, np.dstack((RGBA[..., :3], alpha)))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        pytest.param(
            lambda: runner(mask=False), "alpha comes from the option alpha_value or from one mask", id="none"
        ),
        pytest.param(lambda: runner(options="alpha_value: 3"), "use one of both", id="both"),
        pytest.param(
            lambda: runner(mask_side="_GPU"), "ALPHA_GPU is on another side than the picture", id="sides"
        ),
    ],
)
def test_faults(made: Any, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        made().run()


@pytest.mark.parametrize(
    ("picture", "mask", "message"),
    [
        pytest.param(ImageFrame(MASK), ImageFrame(MASK), "cannot have an alpha channel", id="a gray picture"),
        pytest.param(
            ImageFrame(RGB), ImageFrame(MASK[:2]), "it needs the same size and 8 bits", id="a smaller mask"
        ),
    ],
)
def test_pictures_that_do_not_fit(picture: ImageFrame, mask: ImageFrame, message: str) -> None:
    with pytest.raises(CalculatorError, match=message):
        changed(runner(), picture, mask)
