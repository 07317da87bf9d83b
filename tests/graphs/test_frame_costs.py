"""What a frame costs on the GPU, counted: passes, transfers, fences, waits, hops, maps and runs of models.

The numbers are limits: a change that draws, moves or waits for more than these must say so here. They are those of
a frame in the middle of a clip, of which the drawn picture is read back. CUDA is played by a stand-in, and OpenGL
is never done before somebody waits for it, so that every place that may wait is counted.
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pytest

from fake_cuda import FakeCuda, lend, replace_loading
from graphkit import CalculatorGraph
from graphkit._process.threads import budget, set_budget
from graphkit.formats import ImageFrame
from graphkit.framework import INFERENCE, InferenceSettings
from graphkit.gpu import GPU_SERVICE, Fence, GpuWork
from graphkit.inference import Session, load
from graphkit.video import VideoReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphkit.gpu import GpuResources

ROOT: Final = Path(__file__).parents[2]
FRAMES: Final = 4


class Cost(NamedTuple):
    """Of one frame.

    Attributes:
        passes: pictures drawn.
        shaders: compute shaders run.
        uploads, readbacks: pictures up and down.
        copied: bytes of both, in kB.
        fences: points that others may wait for.
        waits: times that a context or a thread waits for one.
        hops: times that a thread has another one do something, and waits for it.
        maps: buffers that CUDA is handed.
        runs: of models.
    """

    passes: int
    shaders: int
    uploads: int
    readbacks: int
    copied: int
    fences: int
    waits: int
    hops: int
    maps: int
    runs: int


def of_clip(clip: str) -> Iterator[Any]:
    """Yield the first frames of a clip."""
    with VideoReader(ROOT / "examples" / "media" / clip) as reader:
        yield from (frame.data.copy() for frame in islice(reader, FRAMES))


def two_hands() -> Iterator[Any]:
    """Yield a hand beside its mirror image."""
    for pixels in of_clip("hand_cup.mp4"):
        yield np.concatenate([pixels[:, ::-1], pixels], axis=1)


def portrait() -> Iterator[Any]:
    """Yield a portrait over which the camera moves."""
    path = ROOT / "tests" / "data" / "portrait.py"
    spec = importlib.util.spec_from_file_location("portrait", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["portrait"] = module
    spec.loader.exec_module(module)
    yield from (pixels for _, pixels in module.panned_frames(FRAMES))


class Case(NamedTuple):
    """A graph, what it is fed with, and its side packets."""

    graph: str
    pictures: Callable[[], Iterator[Any]]
    side: dict[str, Any]


HANDS: Final = "hand_tracking/hand_tracking_desktop_live_gpu"
POSE: Final = "pose_tracking/pose_tracking_gpu"
balance: Final = partial(of_clip, "pose_balance.mp4")
CASES: Final = {
    "hand": Case(HANDS, partial(of_clip, "hand_cup.mp4"), {}),
    "two hands": Case(HANDS, two_hands, {}),
    "pose": Case(POSE, balance, {"enable_segmentation": False}),
    "pose and mask": Case(POSE, balance, {"enable_segmentation": True}),
    "face detection": Case("face_detection/face_detection_mobile_gpu", portrait, {}),
    "face mesh": Case("face_mesh/face_mesh_desktop_live_gpu", portrait, {}),
    "iris": Case("iris_tracking/iris_tracking_gpu", portrait, {}),
    "selfie": Case("selfie_segmentation/selfie_segmentation_gpu", portrait, {}),
    "holistic": Case("holistic_tracking/holistic_tracking_gpu", portrait, {}),
}
LIMITS: Final = {
    ("hand", "cpu"): Cost(3, 0, 2, 3, 3960, 4, 0, 1, 0, 2),
    ("hand", "cuda"): Cost(1, 2, 2, 1, 3600, 4, 4, 3, 2, 2),
    ("two hands", "cpu"): Cost(3, 0, 2, 3, 7590, 4, 0, 1, 0, 2),
    ("two hands", "cuda"): Cost(1, 2, 2, 1, 7180, 3, 3, 2, 1, 1),
    ("pose", "cpu"): Cost(2, 0, 2, 2, 4200, 3, 0, 1, 0, 1),
    ("pose", "cuda"): Cost(1, 1, 2, 1, 3930, 3, 3, 2, 1, 1),
    ("pose and mask", "cpu"): Cost(5, 0, 3, 2, 4460, 7, 0, 3, 0, 1),
    ("pose and mask", "cuda"): Cost(4, 1, 3, 1, 4200, 7, 3, 4, 1, 1),
    ("face detection", "cpu"): Cost(2, 0, 2, 2, 1320, 3, 0, 3, 0, 1),
    ("face detection", "cuda"): Cost(1, 1, 2, 1, 1250, 3, 3, 2, 1, 1),
    ("face mesh", "cpu"): Cost(2, 0, 2, 2, 1490, 3, 0, 1, 0, 1),
    ("face mesh", "cuda"): Cost(1, 1, 2, 1, 1340, 3, 3, 2, 1, 1),
    ("iris", "cpu"): Cost(6, 0, 2, 4, 1400, 7, 0, 1, 0, 3),
    ("iris", "cuda"): Cost(5, 3, 2, 1, 1220, 9, 7, 4, 3, 3),
    ("selfie", "cpu"): Cost(3, 0, 2, 2, 1740, 5, 0, 2, 0, 1),
    ("selfie", "cuda"): Cost(2, 1, 2, 1, 1470, 5, 3, 3, 1, 1),
    ("holistic", "cpu"): Cost(8, 0, 2, 8, 2910, 9, 0, 3, 0, 7),
    ("holistic", "cuda"): Cost(1, 7, 2, 1, 1480, 9, 9, 8, 7, 7),
}


def costs(case: Case, gpu: GpuResources, cuda: FakeCuda | None, runs: list[str]) -> list[Cost]:
    """Return what each frame costs; the drawn picture is read back by the program, on its own thread."""
    graph = CalculatorGraph(ROOT / "graphs" / f"{case.graph}.pbtxt")
    graph.set_service(GPU_SERVICE, gpu)
    graph.set_service(INFERENCE, InferenceSettings(provider="cpu" if cuda is None else "auto"))
    (fed,) = graph.plan.graph_inputs.names
    drawn: list[Any] = []
    graph.observe_output_stream("output_video", lambda packet: drawn.append(packet.payload))
    graph.start_run(case.side)
    found: list[Cost] = []
    with graph:
        for number, pixels in enumerate(case.pictures()):
            run = partial(_run, graph, fed, gpu, number, drawn)
            found.append(_cost(gpu, cuda, runs, run, ImageFrame(pixels)))
    return found


def _run(
    graph: CalculatorGraph, fed: str, gpu: GpuResources, number: int, drawn: list[Any], frame: ImageFrame
) -> None:
    graph.add_packet_to_input_stream(fed, gpu.upload(frame), number * 33_333)
    graph.wait_until_idle()
    drawn.pop().array()
    drawn.clear()


def _cost(
    gpu: GpuResources, cuda: FakeCuda | None, runs: list[str], run: Callable[[ImageFrame], None], frame: ImageFrame
) -> Cost:
    work, moved, calls = gpu.group.work, gpu.transfers.copy(), 0 if cuda is None else len(cuda.calls)
    runs.clear()
    run(frame)
    done, crossed = gpu.group.work.since(work), gpu.transfers.since(moved)
    maps = 0 if cuda is None else cuda.calls[calls:].count("map")
    counts = (crossed.uploads.total(), crossed.readbacks.total())
    copied = -(-(crossed.upload_bytes + crossed.readback_bytes) // 1000)
    return Cost(done.passes, done.dispatches, *counts, copied, done.fences, done.waits, done.hops, maps, len(runs))


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The models that ran, each as a whole. Those "on CUDA" run on the CPU, and must not reach other tests."""
    found: list[str] = []
    sessions: list[Session] = []
    run = Session.run

    def noted(session: Session, arrays: Any) -> Any:
        found.append(session.path)
        return run(session, arrays)

    def on_cuda(source: Any, *, provider: str, **more: Any) -> Session:
        session = load(source, provider="cpu", **more)
        session.cuda_device = 0 if provider == "auto" else None
        sessions.append(session)
        return session

    monkeypatch.setattr(Session, "run", noted)
    replace_loading(monkeypatch, on_cuda)
    set_budget(replace(budget(), idle_cores=False))
    yield found
    set_budget(None)
    for session in sessions:
        session.cuda_device = None


@pytest.mark.parametrize("models", ["cpu", "cuda"])
@pytest.mark.parametrize("name", CASES)
def test_a_frame_costs_no_more(
    gpu: GpuResources, name: str, models: str, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cuda = None
    if models == "cuda":
        if gpu.context().run(lambda: gpu.context().gl.version_code) < 430:
            pytest.skip("this OpenGL has no compute shaders")
        cuda = FakeCuda()
        lend(gpu, cuda)
    monkeypatch.setattr(Fence, "is_reached", lambda fence, here: fence.is_known_to_be_reached)
    limit = LIMITS[name, models]
    for cost in costs(CASES[name], gpu, cuda, runs)[2:]:
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


ROWS: Final = {
    "pictures drawn": "passes", "compute shaders": "shaders", "uploads": "uploads", "read-backs": "readbacks",
    "fences": "fences", "waits for a fence": "waits", "waits of one thread for another": "hops",
    "buffers handed to CUDA": "maps", "runs of models": "runs",
}  # fmt: skip


def test_the_page_has_these_numbers() -> None:
    """In brackets are those of an earlier state."""
    page = (ROOT / "docs" / "how-to" / "use_a_graphics_card.md").read_text(encoding="utf-8")
    head, _, *lines = page[page.index("| models on CUDA |") :].split("\n\n")[0].splitlines()
    names = [name.strip() for name in head.split("|")[2:-1]]
    assert names == list(CASES)
    told = {cells[1].strip(): cells[2:-1] for cells in (line.split("|") for line in lines)}
    assert list(told) == list(ROWS)
    for row, cells in told.items():
        counts = [int(cell.partition("(")[0]) for cell in cells]
        assert counts == [getattr(LIMITS[name, "cuda"], ROWS[row]) for name in names], row
