"""``--dump`` of every stream that has a table, and of masks, from the shipped graphs; read as users read them."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from graphkit import config
from graphkit.formats import HAND_LANDMARK_NAMES, POSE_LANDMARK_NAMES
from graphkit.framework import graphs_dir
from graphkit.framework._packet_type import compatible
from graphkit.jobs._sinks.tables import can_be_table
from graphkit.jobs._streams import IMAGES, stream_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

MEDIA = Path(__file__).parents[4] / "examples" / "media"
HANDS = "hand_tracking/hand_tracking_desktop_live.pbtxt"
POSE = "pose_tracking/pose_tracking_cpu.pbtxt"
MASK = "--input_side_packets=enable_segmentation=true"


def table_streams(graph: str) -> list[str]:
    plan = config.load(graphs_dir() / graph)
    typed = {stream.name: stream_type(plan, stream.name) for stream in plan.streams}
    return [name for name, kind in typed.items() if can_be_table(kind) and not compatible(kind, IMAGES)]


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def things(packet: Any) -> list[Any]:
    """What a packet of a .jsonl holds as often as its table has rows."""
    if isinstance(packet, list):
        return [row for item in packet for row in things(item)]
    if isinstance(packet, dict) and set(packet) <= {"landmark", "classification"}:
        return next(iter(packet.values()), [])
    return [packet]


@pytest.mark.parametrize(
    ("graph", "clip"),
    [pytest.param(HANDS, "hand_cup.mp4", id="hand"), pytest.param(POSE, "pose_balance.mp4", id="pose")],
)
def test_every_stream_in_both_forms(graphkit: Callable[..., Result], work: Path, graph: str, clip: str) -> None:
    streams = table_streams(graph)
    assert len(streams) > 20
    for suffix in ("jsonl", "csv"):
        dumps = [word for name in streams for word in ("--dump", f"{name}={name}.{suffix}")]
        result = graphkit("run", f"graphs/{graph}", "--input_video_path", MEDIA / clip, "--max-frames", 3, *dumps)
        assert result.exit_code == 0, result.output
    filled = 0
    for name in streams:
        entries = [json.loads(line) for line in (work / f"{name}.jsonl").read_text().splitlines()]
        rows = rows_of(work / f"{name}.csv")
        wanted = [(str(entry["timestamp"]), thing) for entry in entries for thing in things(entry["packet"])]
        assert [row["timestamp"] for row in rows] == [timestamp for timestamp, _ in wanted], name
        for row, (_, thing) in zip(rows, wanted, strict=True):
            for key in ("x", "y", "z", "visibility", "presence", "rotation", "label"):
                if isinstance(thing, dict) and key in thing:
                    assert row[key] == str(thing[key]), name
        filled += bool(rows)
    assert filled > len(streams) / 2


@pytest.mark.parametrize(
    ("graph", "clip", "stream", "names"),
    [
        pytest.param(HANDS, "hand_cup.mp4", "landmarks", HAND_LANDMARK_NAMES, id="hand"),
        pytest.param(POSE, "pose_balance.mp4", "pose_world_landmarks", POSE_LANDMARK_NAMES, id="pose"),
    ],
)
def test_landmarks_have_mediapipes_names(graphkit, work: Path, graph, clip, stream, names) -> None:
    result = graphkit(
        "run",
        f"graphs/{graph}",
        "--input_video_path",
        MEDIA / clip,
        "--max-frames",
        1,
        "--dump",
        f"{stream}=a.csv",
    )
    assert result.exit_code == 0, result.output
    assert tuple(row["name"] for row in rows_of(work / "a.csv")) == names


@pytest.fixture
def masks(graphkit: Callable[..., Result], work: Path) -> Path:
    """A folder with three frames, their landmarks and their masks in both forms."""
    for target in ("masks.npz", "masks/"):
        result = graphkit(
            "run", f"graphs/{POSE}", "--input_video_path", MEDIA / "pose_balance.mp4", "--max-frames", 3, MASK,
            "--dump", f"segmentation_mask={target}", "--dump", "pose_landmarks=pose.csv",
            "--dump", "input_video=frames.csv",
        )  # fmt: skip
        assert result.exit_code == 0, result.output
    return work


def test_masks_have_the_times_of_the_landmarks(masks: Path) -> None:
    times = sorted({int(row["timestamp"]) for row in rows_of(masks / "pose.csv")})
    assert len(times) == 3
    with np.load(masks / "masks.npz") as archive:
        assert [int(name) for name in archive.files] == times
        arrays = {int(name): archive[name] for name in archive.files}
    files = sorted((masks / "masks").iterdir())
    assert [int(file.stem) for file in files] == times
    for file in files:
        shown = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
        mask = arrays[int(file.stem)]
        assert (mask.dtype, mask.shape, shown.dtype) == (np.uint8, (650, 540), np.uint8)
        np.testing.assert_array_equal(shown, mask)
        assert mask.max() > 250
        assert 0.03 < (mask > 127).mean() < 0.3


def test_the_frames_make_a_table_too(masks: Path) -> None:
    rows = rows_of(masks / "frames.csv")
    assert [row["timestamp"] for row in rows] == ["0", "16667", "33333"]
    assert {(row["width"], row["height"], row["format"]) for row in rows} == {("540", "650", "SRGB")}


def test_masks_of_another_run_are_not_mixed_in(graphkit: Callable[..., Result], masks: Path) -> None:
    result = graphkit(
        "run", f"graphs/{POSE}", "--input_video_path", MEDIA / "pose_balance.mp4", MASK,
        "--dump", "segmentation_mask=masks/",
    )  # fmt: skip
    assert result.exit_code == 1
    assert "masks holds such pictures already (3)" in result.stderr.replace("\n", " ")


def fails_at_6(work: Path, name: str) -> None:
    graph = (work / "hands.pbtxt").read_text().replace("SampleInvert", name)
    (work / "fail.pbtxt").write_text(graph.replace("output_video", "shown"))


@pytest.mark.parametrize("target", ["shown=a.npz", "shown=a/"])
def test_pictures_before_a_failure_are_whole(graphkit, work: Path, clip: Path, target: str) -> None:
    fails_at_6(work, "SampleFail")
    result = graphkit(
        "run", "fail.pbtxt", "--input_video_path", clip, "--dump", target, "--dump", "landmarks=a.csv",
        "--set", "SampleFail.at=6",
    )  # fmt: skip
    assert result.exit_code == 1
    expected = [i * 40_000 for i in range(6)]
    if target.endswith("npz"):
        with np.load(work / "a.npz") as archive:
            assert [int(name) for name in archive.files] == expected
            assert archive["200000"].shape == (48, 64, 3)
    else:
        assert [int(file.stem) for file in sorted((work / "a").iterdir())] == expected
        assert cv2.imread(str(work / "a" / "000000200000.png")).shape == (48, 64, 3)
    assert {row["timestamp"] for row in rows_of(work / "a.csv")} >= {"0", "160000"}


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from graphkit.formats import ImageFrame
from graphkit.jobs import Target
from graphkit.jobs._sinks.csv import CsvFile
from graphkit.jobs._sinks.frame_sizes import FrameSizes
from graphkit.jobs._sinks.png import PngSink
from graphkit.jobs._sinks.tables import Table
from graphkit.framework._packet import Packet
table = CsvFile(Path("a.csv"), Table(int, many=False), FrameSizes())
sink = PngSink(Target("pictures", "a/%d.png", None))
sink.create()
for at in range(3):
    table.take(Packet(at, at))
    sink.write_picture(ImageFrame(np.full((4, 4), at, np.uint8)), at)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_tables_and_png_outlive_a_kill(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, check=False)
    assert done.returncode == -signal.SIGKILL
    assert [row["value"] for row in rows_of(tmp_path / "a.csv")] == ["0", "1", "2"]
    shown = [cv2.imread(str(tmp_path / "a" / f"{at}.png"), cv2.IMREAD_UNCHANGED) for at in range(3)]
    assert [int(picture.max()) for picture in shown] == [0, 1, 2]


@pytest.mark.parametrize(
    ("flags", "notes"),
    [
        pytest.param(
            [],
            [
                'note: Stream "segmentation_mask" gave no picture. Does one of these side packets switch it on? '
                "enable_segmentation, smooth_landmarks, smooth_segmentation, use_prev_landmarks"
            ],
            id="not asked for",
        ),
        pytest.param([MASK], [], id="asked for"),
    ],
)
def test_masks_that_nobody_switched_on_are_noted(
    graphkit: Callable[..., Result], work: Path, flags: list[str], notes: list[str]
) -> None:
    clip = MEDIA / "pose_balance.mp4"
    result = graphkit(
        "run",
        f"graphs/{POSE}",
        "--input_video_path",
        clip,
        "--dump=segmentation_mask=m.npz",
        "--max-frames=1",
        *flags,
    )
    assert result.exit_code == 0, result.output
    assert [line for line in result.output.splitlines() if line.startswith("note: ")] == notes


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        pytest.param(
            ["--dump=segmentation_mask=m.npz"],
            'error: --dump: the graph has no stream "segmentation_mask". It declares: output_video, multi_face_',
            id="stream",
        ),
        pytest.param(
            ["--dump=multi_face_landmarks=m.csv", MASK],
            'error: the graph has no input side packet "enable_segmentation" (it has: num_faces, ',
            id="switch",
        ),
    ],
)
def test_masks_of_a_graph_that_has_none(
    graphkit: Callable[..., Result], work: Path, flags: list[str], message: str
) -> None:
    clip = MEDIA / "astronaut.png"
    result = graphkit("run", "graphs/face_mesh/face_mesh_desktop_live.pbtxt", "--input_video_path", clip, *flags)
    assert (result.exit_code, list(work.glob("m.*"))) == (2, [])
    assert result.output.startswith(message)


def test_a_graph_without_switches_is_not_searched_for_them(
    graphkit: Callable[..., Result], work: Path, clip: Path
) -> None:
    result = graphkit(
        "run", "hands.pbtxt", "--input_video_path", clip, "--dump=output_video=pictures/", "--max-frames=0"
    )
    assert result.exit_code == 0, result.output
    assert result.output.endswith('note: Stream "output_video" gave no picture.\n')
