"""What a frame costs on the GPU, counted: passes, transfers, fences, hops, and what CUDA is asked for.

The numbers are limits: a change that draws, moves or waits for more than these must say so here. They are those of
a frame in the middle of a clip, of which the drawn picture is read back. CUDA is played by a stand-in.
"""

from __future__ import annotations

import importlib.util
import sys
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from fake_cuda import FakeCuda, lend
from graphkit import CalculatorGraph
from graphkit.formats import ImageFrame
from graphkit.framework import INFERENCE, InferenceSettings
from graphkit.gpu import GPU_SERVICE, GpuWork
from graphkit.inference._loader import loaded_sessions
from graphkit.video import VideoReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphkit.gpu import GpuResources
    from graphkit.inference import Session

ROOT: Final = Path(__file__).parents[2]
FRAMES: Final = 4


class Cost(NamedTuple):
    """Of one frame: passes drawn, compute shaders, pictures up and down, fences, hops of threads, CUDA's maps."""

    passes: int
    shaders: int
    uploads: int
    readbacks: int
    fences: int
    hops: int
    maps: int


class Case(NamedTuple):
    """A graph, what it is fed with, and its side packets."""

    graph: str
    clip: str
    side: dict[str, Any]


CASES: Final = {
    "hands": Case("hand_tracking/hand_tracking_desktop_live_gpu", "hand_cup.mp4", {}),
    "pose": Case("pose_tracking/pose_tracking_gpu", "pose_balance.mp4", {"enable_segmentation": False}),
    "pose and mask": Case("pose_tracking/pose_tracking_gpu", "pose_balance.mp4", {"enable_segmentation": True}),
    "face detection": Case("face_detection/face_detection_mobile_gpu", "", {}),
    "face mesh": Case("face_mesh/face_mesh_desktop_live_gpu", "", {}),
    "iris": Case("iris_tracking/iris_tracking_gpu", "", {}),
    "selfie": Case("selfie_segmentation/selfie_segmentation_gpu", "", {}),
    "holistic": Case("holistic_tracking/holistic_tracking_gpu", "", {}),
}
LIMITS: Final = {
    ("hands", "cpu"): Cost(3, 0, 2, 3, 4, 1, 0),
    ("hands", "cuda"): Cost(1, 2, 2, 1, 4, 3, 2),
    ("pose", "cpu"): Cost(2, 0, 2, 2, 3, 1, 0),
    ("pose", "cuda"): Cost(1, 1, 2, 1, 3, 2, 1),
    ("pose and mask", "cpu"): Cost(5, 0, 3, 2, 7, 3, 0),
    ("pose and mask", "cuda"): Cost(4, 1, 3, 1, 7, 4, 1),
    ("face detection", "cpu"): Cost(2, 0, 2, 2, 3, 3, 0),
    ("face detection", "cuda"): Cost(1, 1, 2, 1, 3, 2, 1),
    ("face mesh", "cpu"): Cost(2, 0, 2, 2, 3, 1, 0),
    ("face mesh", "cuda"): Cost(1, 1, 2, 1, 3, 2, 1),
    ("iris", "cpu"): Cost(6, 0, 2, 4, 7, 1, 0),
    ("iris", "cuda"): Cost(5, 3, 2, 1, 9, 4, 3),
    ("selfie", "cpu"): Cost(3, 0, 2, 2, 5, 2, 0),
    ("selfie", "cuda"): Cost(2, 1, 2, 1, 5, 3, 1),
    ("holistic", "cpu"): Cost(8, 0, 2, 8, 9, 3, 0),
    ("holistic", "cuda"): Cost(1, 7, 2, 1, 9, 8, 7),
}


def pictures(clip: str) -> Iterator[Any]:
    """Yield the first frames of a clip; of a portrait over which the camera moves, where none is named."""
    if clip:
        with VideoReader(ROOT / "examples" / "media" / clip) as reader:
            yield from (frame.data.copy() for frame in islice(reader, FRAMES))
        return
    path = ROOT / "tests" / "data" / "portrait.py"
    spec = importlib.util.spec_from_file_location("portrait", path)
    assert spec is not None
    assert spec.loader is not None
    portrait = importlib.util.module_from_spec(spec)
    sys.modules["portrait"] = portrait
    spec.loader.exec_module(portrait)
    yield from (pixels for _, pixels in portrait.panned_frames(FRAMES))


def costs(case: Case, gpu: GpuResources, cuda: FakeCuda | None) -> list[Cost]:
    """Return what each frame costs; the drawn picture is read back by the program, on its own thread."""

    def opened(session: Session) -> None:
        session.cuda_device = None if cuda is None else 0

    graph = CalculatorGraph(ROOT / "graphs" / f"{case.graph}.pbtxt")
    graph.set_service(GPU_SERVICE, gpu)
    graph.set_service(INFERENCE, InferenceSettings(provider="cpu", opened=opened))
    (fed,) = graph.plan.graph_inputs.names
    drawn: list[Any] = []
    graph.observe_output_stream("output_video", lambda packet: drawn.append(packet.payload))
    graph.start_run(case.side)
    found: list[Cost] = []
    with graph:
        for number, pixels in enumerate(pictures(case.clip)):
            run = partial(_run, graph, fed, gpu, number, drawn)
            found.append(_cost(gpu, cuda, run, ImageFrame(pixels)))
    return found


def _run(
    graph: CalculatorGraph, fed: str, gpu: GpuResources, number: int, drawn: list[Any], frame: ImageFrame
) -> None:
    graph.add_packet_to_input_stream(fed, gpu.upload(frame), number * 33_333)
    graph.wait_until_idle()
    drawn.pop().array()
    drawn.clear()


def _cost(gpu: GpuResources, cuda: FakeCuda | None, run: Callable[[ImageFrame], None], frame: ImageFrame) -> Cost:
    work, moved, calls = gpu.group.work, gpu.transfers.copy(), 0 if cuda is None else len(cuda.calls)
    run(frame)
    done, crossed = gpu.group.work.since(work), gpu.transfers.since(moved)
    maps = 0 if cuda is None else cuda.calls[calls:].count("map")
    counts = (sum(crossed.uploads.values()), sum(crossed.readbacks.values()))
    return Cost(done.passes, done.dispatches, *counts, done.fences, done.hops, maps)


@pytest.fixture(autouse=True)
def _plain_sessions() -> Iterator[None]:
    """Sessions that take themselves for CUDA's must not reach other tests."""
    yield
    for session in loaded_sessions():
        session.cuda_device = None


@pytest.mark.parametrize("models", ["cpu", "cuda"])
@pytest.mark.parametrize("name", CASES)
def test_a_frame_costs_no_more(gpu: GpuResources, name: str, models: str) -> None:
    cuda = None
    if models == "cuda":
        if gpu.context().run(lambda: gpu.context().gl.version_code) < 430:
            pytest.skip("this OpenGL has no compute shaders")
        cuda = FakeCuda()
        lend(gpu, cuda)
    limit = LIMITS[name, models]
    for cost in costs(CASES[name], gpu, cuda)[2:]:
        assert all(counted <= most for counted, most in zip(cost, limit, strict=True)), f"{cost} of {limit}"
        assert cost.passes >= 1, "drawn"
        assert cost.readbacks >= 1, "read"


def test_work_is_counted_by_context_and_in_all(gpu: GpuResources) -> None:
    before = gpu.group.work
    gpu.context().run(lambda: None)
    gpu.context("other").run(lambda: None)
    done = gpu.group.work.since(before)
    assert done == GpuWork(hops=2) == done.copy()
    assert done + done == GpuWork(hops=4)
