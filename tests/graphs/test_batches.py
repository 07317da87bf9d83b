"""Hands, faces and people of a frame that go through the model together: what is found, and in how many runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pytest

from emulated_card import emulate
from fake_cuda import FakeCuda, lend, replace_loading
from graphkit import CalculatorGraph
from graphkit._process.threads import budget, set_budget
from graphkit.formats import ImageFrame
from graphkit.framework import INFERENCE, InferenceSettings
from graphkit.gpu import GPU_SERVICE, GpuResources
from graphkit.inference import Session, load
from graphkit.video import VideoReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MEDIA: Final = Path(__file__).parents[2] / "examples" / "media"
HANDS: Final = "graphs/modules/hand_landmark/hand_landmark_tracking_gpu.pbtxt"
WATCHED: Final = ("multi_hand_landmarks", "multi_hand_world_landmarks", "multi_handedness",
                  "hand_rects_from_landmarks")  # fmt: skip


class Found(NamedTuple):
    """What a graph finds, by stream and time, and how often each model ran in each frame, by path and rows."""

    packets: dict[str, dict[int, Any]]
    runs: list[Counter[tuple[str, int]]]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[tuple[str, int]]]:
    """How often models ran, by name of the file and rows; a run in stages would count several times."""
    found: Counter[tuple[str, int]] = Counter()
    run = Session.run

    def counted(session: Session, arrays: Sequence[Any]) -> Any:
        found[Path(session.path).stem, arrays[0].shape[0]] += 1
        return run(session, arrays)

    monkeypatch.setattr(Session, "run", counted)
    set_budget(replace(budget(), idle_cores=False))
    yield found
    set_budget(None)


def clip_frames(clip: str, count: int) -> list[np.ndarray]:
    with VideoReader(MEDIA / clip) as reader:
        return [frame.data.copy() for frame in islice(reader, count)]


def frames_with_hands() -> list[np.ndarray]:
    """Return frames of 1280 x 480 with two hands, one of them, none, and two again; some of each."""
    hands = clip_frames("hand_cup.mp4", 9)
    empty = np.full_like(hands[0], 90)
    shown = [*("lr" for _ in range(3)), "l", "l", "", "", "lr", "lr"]
    return [
        np.concatenate([hand if "l" in both else empty, hand[:, ::-1] if "r" in both else empty], axis=1)
        for hand, both in zip(hands, shown, strict=True)
    ]


def run(
    graph: str,
    frames: list[np.ndarray],
    watched: tuple[str, ...],
    settings: InferenceSettings,
    counts: Counter[tuple[str, int]],
    gpu: GpuResources,
    **side: Any,
) -> Found:
    made = CalculatorGraph(graph)
    made.set_service(GPU_SERVICE, gpu)
    made.set_service(INFERENCE, settings)
    packets: dict[str, dict[int, Any]] = {name: {} for name in watched}
    for name in watched:
        made.observe_output_stream(
            name, lambda packet, name=name: packets[name].update({int(packet.timestamp): packet.payload})
        )
    (fed,) = made.plan.graph_inputs.names
    made.start_run(side)
    each = []
    with made:
        for number, pixels in enumerate(frames):
            counts.clear()
            made.add_packet_to_input_stream(fed, gpu.upload(ImageFrame(pixels)), number * 33_333)
            made.wait_until_idle()
            each.append(Counter(counts))
    return Found(packets, each)


def assert_equal(ours: Found, theirs: Found) -> None:
    """The same at the same times, to the last bit."""
    for stream, packets in theirs.packets.items():
        assert ours.packets[stream].keys() == packets.keys(), stream
        assert {time: len(items) for time, items in ours.packets[stream].items()} == {
            time: len(items) for time, items in packets.items()
        }
        for time, items in packets.items():
            assert list(ours.packets[stream][time]) == list(items), (stream, time)


@pytest.fixture(params=[False, True], ids=["as Mesa computes", "as cards may"])
def card(
    gpu: GpuResources, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[GpuResources]:
    """Resources that lend their tensors to CUDA; models on the CPU take themselves for models there."""
    if request.param:
        emulate(monkeypatch)
    if gpu.context().run(lambda: gpu.context().gl.version_code) < 430:
        pytest.skip("this OpenGL has no compute shaders")
    lend(gpu, FakeCuda())
    sessions: list[Session] = []

    def on_cuda(source: Any, *, provider: str, **more: Any) -> Session:
        session = load(source, provider="cpu", **more)
        session.cuda_device = None if provider == "cpu" else 0
        sessions.append(session)
        return session

    replace_loading(monkeypatch, on_cuda)
    yield gpu
    for session in sessions:
        session.cuda_device = None


SIDE: Final = {"num_hands": 2, "model_complexity": 0, "use_prev_landmarks": True}


def hands(settings: InferenceSettings, counts: Counter[tuple[str, int]], gpu: GpuResources, **more: Any) -> Found:
    return run(HANDS, frames_with_hands(), WATCHED, settings, counts, gpu, **{**SIDE, **more})


def landmark_runs(found: Found) -> list[dict[int, int]]:
    """Return for each frame how many runs of how many rows the landmark model had."""
    return [
        {rows: times for (model, rows), times in frame.items() if model.startswith("hand_landmark")}
        for frame in found.runs
    ]


ONE_BY_ONE: Final = InferenceSettings("cpu", batches=False)


def test_two_hands_are_one_run(gpu: GpuResources, runs: Counter[tuple[str, int]]) -> None:
    """On the CPU, where it is asked for: bit for bit, with two hands, one and none."""
    alone = hands(ONE_BY_ONE, runs, gpu)
    together = hands(InferenceSettings("cpu", batches=True), runs, gpu)
    assert_equal(together, alone)
    counts = [len(alone.packets["multi_hand_landmarks"].get(33_333 * i, ())) for i in range(9)]
    assert counts == [2, 2, 2, 1, 1, 0, 0, 2, 2]
    two, one = {2: 1}, {1: 1}
    assert landmark_runs(alone) == [{1: 2}] * 4 + [one] * 2 + [{}] + [{1: 2}] * 2
    assert landmark_runs(together) == [two] * 4 + [one] * 2 + [{}] + [two] * 2


def test_on_cuda_without_being_asked(
    card: GpuResources, runs: Counter[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tensors of both hands are read where OpenGL has written them, one after the other."""
    alone = hands(InferenceSettings("auto", batches=False), runs, card)
    together = hands(InferenceSettings("auto"), runs, card)
    assert_equal(together, alone)
    assert landmark_runs(together)[0] == {2: 1}
    assert not card.transfers.readbacks
    assert_equal(hands(ONE_BY_ONE, runs, card), alone)


def test_the_cpu_does_not_do_it_by_itself(gpu: GpuResources, runs: Counter[tuple[str, int]]) -> None:
    found = hands(InferenceSettings("cpu"), runs, gpu)
    assert landmark_runs(found)[0] == {1: 2}


def test_graphs_that_know_nothing_of_it_run_as_ever(gpu: GpuResources, runs: Counter[tuple[str, int]]) -> None:
    """MediaPipe's own files do not connect BATCH_END."""
    text = (Path(__file__).parents[2] / HANDS).read_text(encoding="utf-8")
    ours = '  input_stream: "ROI:single_hand_rect"\n  input_stream: "BATCH_END:hand_rects_timestamp"\n'
    plain = text.replace(ours, '  input_stream: "ROI:single_hand_rect"\n')
    assert plain != text
    found = run(plain, frames_with_hands()[:2], WATCHED, InferenceSettings("cpu", batches=True), runs, gpu, **SIDE)
    assert landmark_runs(found)[0] == {1: 2}


def two(pictures: list[np.ndarray]) -> list[np.ndarray]:
    """Return each picture beside its mirror image."""
    return [np.concatenate([picture, picture[:, ::-1]], axis=1) for picture in pictures]


def faces() -> list[np.ndarray]:
    import cv2

    picture = cv2.cvtColor(cv2.imread(str(MEDIA / "astronaut.png")), cv2.COLOR_BGR2RGB)
    return two([picture[10:394, left : left + 384] for left in (40, 45, 50)])


@pytest.mark.parametrize(
    ("graph", "frames", "watched", "model", "side"),
    [
        pytest.param(
            "graphs/modules/face_landmark/face_landmark_front_gpu.pbtxt", faces,
            ("multi_face_landmarks", "face_rects_from_landmarks"), "face_landmark", {"num_faces": 2}, id="faces",
        ),
        pytest.param(
            "graphs/modules/pose_landmark/multi_pose_landmark_gpu.pbtxt",
            lambda: two([picture[:, 100:440] for picture in clip_frames("pose_balance.mp4", 3)]),
            ("multi_pose_landmarks", "multi_pose_world_landmarks", "tracking_ids", "rects_from_landmarks"),
            "pose_landmark_lite", {"num_poses": 2, "model_complexity": 0}, id="people",
        ),
    ],
)  # fmt: skip
def test_two_faces_and_two_people_are_one_run(
    graph: str,
    frames: Any,
    watched: tuple[str, ...],
    model: str,
    side: dict[str, Any],
    gpu: GpuResources,
    runs: Counter[tuple[str, int]],
) -> None:
    shown = frames()
    alone, together = (
        run(graph, shown, watched, InferenceSettings("cpu", batches=batches), runs, gpu, **side)
        for batches in (False, True)
    )
    assert_equal(together, alone)
    assert [len(items) for items in alone.packets[watched[0]].values()] == [2] * len(shown)
    assert all(frame[model, 2] == 1 and not frame[model, 1] for frame in together.runs[1:])
    assert all(frame[model, 1] == 2 and not frame[model, 2] for frame in alone.runs[1:])
