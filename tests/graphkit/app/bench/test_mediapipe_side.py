"""The side that another interpreter runs: it stands alone, draws what our renderers draw, counts what it does."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit import CalculatorGraph
from graphkit.app.bench.subjects import PEER_FOLDER
from graphkit.app.bench.tasks import TASKS
from graphkit.formats import ImageFrame, RenderData
from graphkit.schema import message_class
from graphkit.video import VideoReader

if TYPE_CHECKING:
    from collections.abc import Iterator

MEDIA = Path(__file__).parents[4] / "examples" / "media"
ALLOWED = {"mediapipe", "mediapipe_side", "google", "numpy", "av", *sys.stdlib_module_names}
OVERLAY = """
input_stream: "image" input_stream: "drawing" output_stream: "drawn"
node {
  calculator: "AnnotationOverlayCalculator"
  input_stream: "IMAGE:image" input_stream: "drawing" output_stream: "IMAGE:drawn"
}
"""
STREAMS = {
    "hand": {
        "landmarks": "multi_hand_landmarks", "handedness": "multi_handedness",
        "multi_palm_detections": "palm_detections", "multi_hand_rects": "hand_rects_from_landmarks",
        "multi_palm_rects": "hand_rects_from_palm_detections",
    },
    "pose": {
        "pose_landmarks": "pose_landmarks", "pose_detection": "pose_detection",
        "roi_from_landmarks": "pose_rect_from_landmarks",
    },
}  # fmt: skip
"""Our names of the streams that are drawn, and MediaPipe's."""


def test_it_imports_nothing_of_graphkit() -> None:
    for path in PEER_FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert {module.partition(".")[0] for module in modules} <= ALLOWED, path


def test_an_interpreter_without_graphkit_runs_it() -> None:
    # -S leaves out site-packages, -E the environment, -P this folder.
    command = [sys.executable, "-S", "-E", "-I", str(PEER_FOLDER), json.dumps({"kind": "check"})]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    versions = json.loads(done.stdout)["versions"]
    assert versions["python"] == ".".join(map(str, sys.version_info[:3]))
    assert versions["mediapipe"] == ""


class Solution:
    """What ``mp.solutions`` has, as far as it is used."""

    made: list[tuple[str, dict[str, Any]]] = []  # noqa: RUF012 - of all
    sizes: list[tuple[int, ...]] = []  # noqa: RUF012 - of all

    def __init__(self, name: str, options: dict[str, Any]) -> None:
        self.made.append((name, options))

    def __enter__(self) -> Solution:
        return self

    def __exit__(self, *error: object) -> None:
        """Do nothing."""

    def process(self, frame: np.ndarray[Any, Any]) -> None:
        self.sizes.append(frame.shape)


@pytest.fixture
def side(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """``side("clips")``: a module of that side, beside a mediapipe that is played."""
    mediapipe = types.ModuleType("mediapipe")
    mediapipe.solutions = types.SimpleNamespace(  # type: ignore[attr-defined]
        hands=types.SimpleNamespace(Hands=lambda **options: Solution("hands", options)),
        pose=types.SimpleNamespace(Pose=lambda **options: Solution("pose", options)),
    )
    util = types.ModuleType("mediapipe.util")
    util.render_data_pb2 = types.SimpleNamespace(RenderData=message_class(RenderData.PROTO))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mediapipe", mediapipe)
    monkeypatch.setitem(sys.modules, "mediapipe.util", util)
    monkeypatch.syspath_prepend(PEER_FOLDER)
    Solution.made.clear()
    Solution.sizes.clear()
    yield lambda name: importlib.import_module(f"mediapipe_side.{name}")
    for name in [name for name in sys.modules if name.partition(".")[0] == "mediapipe_side"]:
        del sys.modules[name]


def found_by_ours(task: str, frames: int) -> list[tuple[Any, dict[str, Any], Any]]:
    """Our graph on an example clip: frames, what MediaPipe's streams would carry, pictures."""
    graph = CalculatorGraph(TASKS[task].annotating["cpu"])
    found: list[tuple[Any, dict[str, Any], Any]] = []
    streams = STREAMS[task]
    pollers = {name: graph.add_output_stream_poller(name, observe_timestamp_bounds=True) for name in streams}
    pictures = graph.add_output_stream_poller("output_video")
    with graph, VideoReader(MEDIA / TASKS[task].example) as reader:
        for frame, _ in zip(reader, range(frames), strict=False):
            graph.add_packet_to_input_stream("input_video", ImageFrame(frame.data), frame.timestamp_us)
            packets = {theirs: pollers[ours].next() for ours, theirs in streams.items()}
            carried = {name: _proto(packet.payload) for name, packet in packets.items() if packet}
            found.append((frame.data, carried, pictures.next().payload.data))
    return found


def _proto(payload: Any) -> Any:
    return [item.to_proto() for item in payload] if isinstance(payload, list) else payload.to_proto()


@pytest.mark.parametrize(
    ("task", "module", "function"),
    [
        pytest.param("hand", "drawing_hands", "draw_hands", id="hand"),
        pytest.param("pose", "drawing_poses", "draw_pose", id="pose"),
    ],
)
def test_it_draws_what_our_renderer_draws(task: str, module: str, function: str, side: Any) -> None:
    draw = getattr(side(module), function)
    frames = found_by_ours(task, 3)
    graph = CalculatorGraph(OVERLAY)
    drawn = graph.add_output_stream_poller("drawn")
    with graph:
        for stamp, (pixels, carried, ours) in enumerate(frames):
            drawing = RenderData.from_proto(draw(carried, pixels.shape[1], pixels.shape[0]))
            graph.add_packet_to_input_stream("image", ImageFrame(pixels), stamp)
            graph.add_packet_to_input_stream("drawing", drawing, stamp)
            theirs = drawn.next().payload.data
            assert (ours != pixels).any()
            np.testing.assert_array_equal(theirs, ours)


@pytest.mark.parametrize(
    ("task", "name", "options"),
    [
        pytest.param("hand", "hands", {"max_num_hands": 2, "model_complexity": 1}, id="hand"),
        pytest.param(
            "pose",
            "pose",
            {"model_complexity": 1, "enable_segmentation": False, "smooth_landmarks": True},
            id="pose",
        ),
    ],
)
@pytest.mark.parametrize(
    ("function", "counted"),
    [pytest.param("find_in_clip", 3, id="clip"), pytest.param("find_in_memory", 2, id="graph")],
)
def test_solutions(task: str, name: str, options: dict[str, Any], function: str, counted: int, side: Any) -> None:
    clip = str(MEDIA / "pose_balance.mp4")
    answer = getattr(side("solutions"), function)({"task": task, "clip": clip, "max_frames": 3})
    assert answer["frames"] == counted
    assert Solution.made == [(name, options)]
    assert Solution.sizes == [(650, 540, 3)] * 3
    if function == "find_in_memory":
        assert answer["begun"] <= answer["ended"]


def test_frames_are_read_as_ours_are(side: Any) -> None:
    clip = MEDIA / "hand_cup.mp4"
    theirs = list(side("clips").read_frames(str(clip), 5))
    with VideoReader(clip) as reader:
        ours = [(frame.timestamp_us, frame.data) for frame, _ in zip(reader, range(5), strict=False)]
    assert [stamp for stamp, _ in theirs] == [stamp for stamp, _ in ours]
    assert all((a == b).all() for (_, a), (_, b) in zip(theirs, ours, strict=True))


def test_frames_are_written_with_their_times(side: Any, tmp_path: Path) -> None:
    clips = side("clips")
    out = tmp_path / "out.mp4"
    writer = clips.Writer(str(out), clips.frame_rate(str(MEDIA / "hand_cup.mp4")), (63, 48))
    for stamp in (0, 40_000, 100_000):
        writer.write(stamp, np.zeros((48, 64, 3), np.uint8))
    writer.close()
    with VideoReader(out) as reader:
        assert [frame.timestamp_us for frame in reader] == [0, 40_000, 100_000]
        assert reader.info.codec == "h264"
