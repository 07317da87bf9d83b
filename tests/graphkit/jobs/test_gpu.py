"""Jobs of graphs that work on GpuBuffers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from graphkit import CalculatorGraph
from graphkit.errors import NoGpuDeviceError
from graphkit.gpu import GPU_SERVICE, GpuResources
from graphkit.jobs import JobSettings, files_job, video_job
from graphkit.jobs._gpu import needs_gpu
from graphkit.video import VideoReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FRAMES = 12  # of the clip
LUMINANCE = """
    input_stream: "input_video" output_stream: "output_video"
    node { calculator: "LuminanceCalculator" input_stream: "input_video" output_stream: "output_video" }
"""


@pytest.fixture
def luminance(egl: None) -> CalculatorGraph:
    return CalculatorGraph(LUMINANCE)


def test_frames_go_up_and_pictures_come_back(
    luminance: CalculatorGraph, clip: Path, tmp_path: Path, levels: Callable[[Path], list[tuple[int, int]]]
) -> None:
    out = tmp_path / "out.mp4"
    summary = video_job(luminance, clip, JobSettings(out)).run()
    assert [timestamp for timestamp, _ in levels(out)] == [timestamp for timestamp, _ in levels(clip)]
    assert np.abs(np.array(levels(out)) - levels(clip))[:, 1].max() <= 2
    assert summary.gpu is not None
    assert summary.gpu.transfers.uploads == {(64, 48): FRAMES}
    assert summary.gpu.transfers.readbacks == {(64, 48): FRAMES}
    assert summary.gpu.device


def test_the_graph_is_left_without_a_gpu_and_may_run_again(luminance: CalculatorGraph, clip: Path) -> None:
    for _ in range(2):
        summary = video_job(luminance, clip, JobSettings()).run()
        assert luminance.service(GPU_SERVICE) is None
        assert summary.gpu is not None
        assert summary.gpu.transfers.uploads == {(64, 48): FRAMES}
        assert not summary.gpu.transfers.readbacks, "nobody looks at the pictures"


def test_what_the_program_lent_is_used_and_left_alone(luminance: CalculatorGraph, clip: Path) -> None:
    with GpuResources.create() as lent:
        luminance.set_service(GPU_SERVICE, lent)
        summary = video_job(luminance, clip, JobSettings(gpu_device="no such device")).run()
        assert luminance.service(GPU_SERVICE) is lent
        assert lent.group.is_open
        assert lent.transfers.uploads == {(64, 48): FRAMES}
        assert summary.gpu is not None
        assert summary.gpu.transfers == lent.transfers
        luminance.set_service(GPU_SERVICE, None)


def test_an_array_goes_up_too(luminance: CalculatorGraph, tmp_path: Path) -> None:
    np.save(tmp_path / "frames.npy", np.full((3, 20, 30, 3), 128, np.uint8))
    out = tmp_path / "out.mp4"
    files_job(luminance, {"input_video": tmp_path / "frames.npy"}, JobSettings(out)).run()
    with VideoReader(out) as reader:
        assert [round(float(frame.data.mean())) for frame in reader] == pytest.approx([128] * 3, abs=2)


def test_a_device_that_is_not_there(luminance: CalculatorGraph, clip: Path) -> None:
    with pytest.raises(NoGpuDeviceError, match='no GPU device answers to "voodoo"'):
        video_job(luminance, clip, JobSettings(gpu_device="voodoo"))
    assert luminance.service(GPU_SERVICE) is None


def test_a_job_that_cannot_be_made_keeps_no_gpu(luminance: CalculatorGraph, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    with pytest.raises(Exception, match=r"broken\.mp4"):
        video_job(luminance, broken, JobSettings())
    assert luminance.service(GPU_SERVICE) is None


def test_a_graph_in_memory_needs_none() -> None:
    graph = CalculatorGraph('input_stream: "a" node { calculator: "ImagePropertiesCalculator" '
                            'input_stream: "IMAGE_CPU:a" output_stream: "SIZE:b" }')  # fmt: skip
    assert not needs_gpu(graph)
