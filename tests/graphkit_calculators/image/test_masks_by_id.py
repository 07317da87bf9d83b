"""MultiSegmentationSmoothing-, TintById- and MasksToIdMaskCalculator, in memory and on the GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import Image, ImageFrame
from graphkit.gpu import GPU_SERVICE, GpuBuffer
from graphkit.testing import CalculatorRunner

if TYPE_CHECKING:
    from graphkit.gpu import GpuResources

RNG = np.random.default_rng(8)
MASKS = RNG.random((4, 20, 30), dtype=np.float32)
FRAME = RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)
SMOOTHING = """
    calculator: "MultiSegmentationSmoothingCalculator" input_stream: "MASKS:m" input_stream: "TRACKING_IDS:i"
    output_stream: "MASKS_SMOOTHED:o" {}
    options {{ [mediapipe.SegmentationSmoothingCalculatorOptions.ext] {{ combine_with_previous_ratio: 0.7 }} }}
"""
TINT = """
    calculator: "TintByIdCalculator" input_stream: "{0}:f" input_stream: "MASKS:m" input_stream: "TRACKING_IDS:i"
    output_stream: "{0}:o"
    node_options {{ [type.googleapis.com/graphkit.TintByIdCalculatorOptions] {{ {1} }} }}
"""


def masks_of(gpu: GpuResources | None, arrays: Any) -> list[Image]:
    frames = [ImageFrame(array.copy()) for array in arrays]
    if gpu is None:
        return [Image(frame) for frame in frames]
    return [Image(gpu.upload(frame)) for frame in frames]


def smoothed(gpu: GpuResources | None, *frames: tuple[Any, list[int]], **side: bool) -> list[list[Any]]:
    run = CalculatorRunner(SMOOTHING.format('input_side_packet: "ENABLE:e"' if side else ""))
    for tag, value in side.items():
        run.side_packets[tag] = value
    if gpu is not None:
        run.set_service(GPU_SERVICE, gpu)
    for time, (arrays, ids) in enumerate(frames):
        if len(arrays):
            run.add("MASKS", masks_of(gpu, arrays), time)
        run.add("TRACKING_IDS", ids, time)
    run.run()
    return [[mask.cpu().data for mask in packet.payload] for packet in run.outputs["MASKS_SMOOTHED"]]


def of_one(new: Any, old: Any) -> Any:
    """What SegmentationSmoothingCalculator makes of it."""
    run = CalculatorRunner(
        'calculator: "SegmentationSmoothingCalculator" input_stream: "MASK:m" input_stream: "MASK_PREVIOUS:p" '
        'output_stream: "MASK_SMOOTHED:o" options { [mediapipe.SegmentationSmoothingCalculatorOptions.ext] { '
        "combine_with_previous_ratio: 0.7 } }"
    )
    run.add("MASK", Image(ImageFrame(new.copy())), 0)
    run.add("MASK_PREVIOUS", Image(ImageFrame(old.copy())), 0)
    (packet,) = run.run().outputs["MASK_SMOOTHED"]
    return packet.payload.cpu().data


@pytest.mark.parametrize("where", ["memory", "gpu"])
def test_each_is_mixed_with_its_own_before(where: str, request: pytest.FixtureRequest) -> None:
    gpu = request.getfixturevalue("gpu") if where == "gpu" else None
    first, second = smoothed(gpu, (MASKS[:2], [4, 7]), (MASKS[2:], [7, 4]))
    near = 1e-5 if gpu is not None else 0
    np.testing.assert_allclose(first, MASKS[:2], atol=near)
    np.testing.assert_allclose(second[0], of_one(MASKS[2], MASKS[1]), atol=near)
    np.testing.assert_allclose(second[1], of_one(MASKS[3], MASKS[0]), atol=near)


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param([(MASKS[:1], [1]), (MASKS[1:2], [2]), (MASKS[2:3], [1])], id="away"),
        pytest.param([(MASKS[:1], [1]), ([], []), (MASKS[2:3], [1])], id="nobody there"),
        pytest.param([(MASKS[:1, ::2], [1]), (MASKS[2:3], [1])], id="another size"),
    ],
)
def test_whoever_is_new_passes_as_it_is(frames: Any) -> None:
    np.testing.assert_array_equal(smoothed(None, *frames)[-1][0], MASKS[2])


def test_it_may_be_turned_off() -> None:
    off, on = (smoothed(None, (MASKS[:1], [1]), (MASKS[2:3], [1]), ENABLE=on)[1][0] for on in (False, True))
    np.testing.assert_array_equal(off, MASKS[2])
    np.testing.assert_array_equal(on, of_one(MASKS[2], MASKS[0]))


def test_masks_without_ids() -> None:
    with pytest.raises(CalculatorError, match="MASKS has 2 elements and TRACKING_IDS 1"):
        smoothed(None, (MASKS[:2], [1]))


def tinted(frame: Any, masks: list[Image], ids: list[int], gpu: Any = None, options: str = "") -> Any:
    tag = "IMAGE" if gpu is None else "IMAGE_GPU"
    run = CalculatorRunner(TINT.format(tag, options))
    if gpu is not None:
        run.set_service(GPU_SERVICE, gpu)
    run.add(tag, frame, 0)
    if masks:
        run.add("MASKS", masks, 0)
    run.add("TRACKING_IDS", ids, 0)
    (packet,) = run.run().outputs[tag]
    return packet.payload


def test_each_gets_a_veil_in_its_colour() -> None:
    grey = ImageFrame(np.full((4, 6, 3), 100, np.uint8))
    left, right = np.zeros((2, 4, 6), np.float32)
    left[:, :2], right[:, 4:] = 1, 1
    made = tinted(grey, masks_of(None, [left, right]), [1, 2]).data
    assert (made[:, 2:4] == 100).all()
    colors = [np.unique(made[:, part].reshape(-1, 3), axis=0) for part in (slice(2), slice(4, None))]
    assert [len(found) for found in colors] == [1, 1]
    assert (colors[0] != colors[1]).any()
    np.testing.assert_array_equal(made[:, :2], tinted(grey, masks_of(None, [left]), [9]).data[:, :2])


@pytest.mark.parametrize("masks_where", ["memory", "gpu"])
def test_on_the_gpu_as_in_memory(gpu: GpuResources, masks_where: str) -> None:
    ids = [1, 2]
    in_memory = tinted(ImageFrame(FRAME.copy()), masks_of(None, MASKS[:2]), ids).data
    masks = masks_of(gpu if masks_where == "gpu" else None, MASKS[:2])
    there = tinted(gpu.upload(ImageFrame(FRAME.copy())), masks, ids, gpu)
    assert isinstance(there, GpuBuffer)
    assert np.abs(there.array()[..., :3].astype(int) - in_memory).max() <= 2


def test_without_masks_the_picture_passes(gpu: GpuResources) -> None:
    frame = ImageFrame(FRAME.copy())
    picture = gpu.upload(frame)
    assert tinted(frame, [], [1, 2]) is frame
    assert tinted(picture, [], [1, 2], gpu) is picture


def test_faults_of_tinting() -> None:
    with pytest.raises(GraphValidationError, match="strength is 2; it must be from 0 to 1"):
        tinted(ImageFrame(FRAME.copy()), [], [], options="strength: 2")
    with pytest.raises(CalculatorError, match="cannot be tinted; convert it to SRGB first"):
        tinted(ImageFrame(FRAME[..., 0].copy()), masks_of(None, MASKS[:1]), [1])
    with pytest.raises(CalculatorError, match=r"a mask of one float32 channel \(VEC32F1\) was expected"):
        tinted(ImageFrame(FRAME.copy()), [Image(ImageFrame(FRAME.copy()))], [1])


def test_faults_of_tinting_on_the_gpu(gpu: GpuResources) -> None:
    picture = gpu.upload(ImageFrame(MASKS[0].copy()))
    with pytest.raises(CalculatorError, match="cannot be tinted; it needs RGBA8"):
        tinted(picture, masks_of(None, MASKS[:1]), [1], gpu)


ID_MASK = """
    calculator: "MasksToIdMaskCalculator" input_stream: "MASKS:m" input_stream: "TRACKING_IDS:i"
    output_stream: "ID_MASK:o"
    node_options {{ [type.googleapis.com/graphkit.MasksToIdMaskCalculatorOptions] {{ {} }} }}
"""


def id_mask(arrays: Any, ids: list[int], options: str = "", gpu: Any = None) -> Any:
    run = CalculatorRunner(ID_MASK.format(options))
    if gpu is not None:
        run.set_service(GPU_SERVICE, gpu)
    run.add("MASKS", masks_of(gpu, arrays), 0)
    run.add("TRACKING_IDS", ids, 0)
    run.run()
    return [packet.payload.data.tolist() for packet in run.outputs["ID_MASK"]]


@pytest.mark.parametrize("where", ["memory", "gpu"])
def test_a_pixel_is_that_of_the_strongest(where: str, request: pytest.FixtureRequest) -> None:
    gpu = request.getfixturevalue("gpu") if where == "gpu" else None
    rows = np.array([[[0.9, 0.6, 0.4, 0.0]], [[0.1, 0.8, 0.45, 0.5]]], np.float32)
    assert id_mask(rows, [3, 700], gpu=gpu) == [[[3, 700, 0, 700]]]
    assert id_mask(rows, [3, 700], "threshold: 0.42", gpu) == [[[3, 700, 700, 700]]]


def test_faults_of_id_masks() -> None:
    with pytest.raises(GraphValidationError, match="threshold is -1; it must be from 0 to 1"):
        id_mask([], [], "threshold: -1")
    with pytest.raises(CalculatorError, match="a picture in GRAY16 holds ids from 1 to 65535"):
        id_mask(MASKS[:1], [70_000])
    with pytest.raises(CalculatorError, match=r"of one float32 channel \(VEC32F1\) and one size were expected"):
        id_mask([MASKS[0], MASKS[1, ::2]], [1, 2])
