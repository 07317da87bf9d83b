"""Clips as users have them, through ``graphkit run`` on the shipped graphs for hands and poses."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
import pytest

from graphkit.video import VideoReader, VideoWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from click.testing import Result
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

MEDIA = Path(__file__).parents[4] / "examples" / "media"
TICK_US = 40_000


@dataclass(frozen=True)
class Case:
    """A graph and a clip that shows what it looks for.

    Attributes:
        graph: file.
        clip: of the examples.
        landmarks, world: streams.
        points: landmarks of one thing.
    """

    graph: str
    clip: str
    landmarks: str
    world: str
    points: int


HAND = Case("hand_tracking/hand_tracking_desktop_live", "hand_cup.mp4", "landmarks", "world_landmarks", 21)
POSE = Case("pose_tracking/pose_tracking_cpu", "pose_balance.mp4", "pose_landmarks", "pose_world_landmarks", 33)
both = pytest.mark.parametrize("case", [pytest.param(HAND, id="hand"), pytest.param(POSE, id="pose")])


@cache
def pictures(clip: str, count: int) -> list[Pixels]:
    with VideoReader(MEDIA / clip) as reader:
        return [frame.data for _, frame in zip(range(count), reader, strict=False)]


def write(path: Path, frames: Sequence[Pixels]) -> Path:
    height, width = frames[0].shape[:2]
    with VideoWriter(path, width=width, height=height, frame_rate=25) as writer:
        for index, pixels in enumerate(frames):
            writer.write(np.ascontiguousarray(pixels), index * TICK_US)
    return path


def elementary(frames: Sequence[Pixels]) -> bytes:
    """The frames as a bare H.264 stream, which says its size in the first bytes."""
    file = io.BytesIO()
    with av.open(file, "w", format="h264") as output:
        stream = output.add_stream("libx264", rate=25, options={"preset": "ultrafast", "bf": "0"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for pixels in frames:
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels))))
        output.mux(stream.encode(None))
    return file.getvalue()


def write_joined(path: Path, *parts: Sequence[Pixels]) -> Path:
    """Parts of different sizes as one track, joined as recorders of live streams join them."""
    raw = io.BytesIO(b"".join(map(elementary, parts)))
    with av.open(raw, format="h264") as source, av.open(str(path), "w") as output:
        track = source.streams.video[0]
        stream = output.add_stream_from_template(track)
        packets = (packet for packet in source.demux(track) if packet.size)
        for index, packet in enumerate(packets):
            packet.pts = packet.dts = index
            packet.time_base, packet.stream = Fraction(1, 25), stream
            output.mux(packet)
    return path


@dataclass(frozen=True)
class Outcome:
    """What a run left behind."""

    result: Result
    rows: list[dict[str, str]]
    world: list[dict[str, Any]]
    video: list[Pixels]

    @property
    def times(self) -> list[int]:
        """Indices of the frames with landmarks, each once."""
        return sorted({round(int(row["timestamp"]) / TICK_US) for row in self.rows})

    def track(self, name: str) -> NDArray[np.float64]:
        """(T, 2): x and y of a landmark of the first thing."""
        first = [row for row in self.rows if row["name"] == name and row.get("item", "0") == "0"]
        return np.array([(float(row["x"]), float(row["y"])) for row in first])

    def sizes(self) -> list[tuple[int, int]]:
        """Size of the frame, for each frame with landmarks."""
        first = [row for row in self.rows if row["index"] == "0" and row.get("item", "0") == "0"]
        return [(int(row["frame_width"]), int(row["frame_height"])) for row in first]


@pytest.fixture
def run(graphkit: Callable[..., Result], work: Path) -> Callable[..., Outcome]:
    """``run(case, "--input_video_path", clip, ...)``: with an annotated video and both kinds of landmarks."""

    def call(case: Case, *flags: object) -> Outcome:
        result = graphkit(
            "run", f"graphs/{case.graph}.pbtxt", *flags, "--output_video_path", "out.mp4",
            "--dump", f"{case.landmarks}=out.csv", "--dump", f"{case.world}=out.jsonl",
        )  # fmt: skip
        assert result.exit_code == 0, result.output
        with VideoReader(work / "out.mp4") as reader:
            video = [frame.data for frame in reader]
        rows = list(csv.DictReader((work / "out.csv").read_text().splitlines()))
        world = [json.loads(line) for line in (work / "out.jsonl").read_text().splitlines()]
        return Outcome(result, rows, world, video)

    return call


@both
def test_nobody_there(run, case: Case, work: Path) -> None:
    noise = np.random.default_rng(0).integers(100, 140, (6, 240, 320, 3), np.uint8)
    outcome = run(case, "--input_video_path", write(work / "in.mp4", list(noise)))
    assert len(outcome.video) == 6
    assert (outcome.rows, outcome.world) == ([], [])
    things = "item,handedness," if case is HAND else ""
    columns = f"timestamp,{things}index,name,x,y,z,visibility,presence,frame_width,frame_height\n"
    assert (work / "out.csv").read_text() == columns
    assert f"{case.landmarks}: nothing found" in outcome.result.stdout


@both
def test_leaving_and_coming_back(run, case: Case, work: Path) -> None:
    there = pictures(case.clip, 5)
    nobody = [np.full_like(there[0], 60)] * 4
    outcome = run(case, "--input_video_path", write(work / "in.mp4", [*there, *nobody, *there]))
    assert outcome.times == [0, 1, 2, 3, 4, 9, 10, 11, 12, 13]
    assert [round(entry["timestamp"] / TICK_US) for entry in outcome.world] == outcome.times
    assert len(outcome.video) == 14
    assert "found in 10 of 14 frames, at most 1 at once" in outcome.result.stdout
    track = outcome.track("NOSE" if case is POSE else "WRIST")
    np.testing.assert_allclose(track[5:], track[:5], atol=0.02)
    assert np.abs(outcome.video[6].astype(int) - 60).max() < 8, "nothing is drawn where nobody is"


def test_of_two_people_one_is_followed(run, work: Path) -> None:
    left = pictures(POSE.clip, 20)
    both_people = [np.hstack([a, b[:, ::-1]]) for a, b in zip(left[:12], left[8:], strict=True)]
    outcome = run(
        POSE, "--input_video_path", write(work / "in.mp4", both_people), "--dump", "pose_detection=d.csv"
    )
    assert outcome.times == list(range(12))
    assert len(outcome.rows) == 12 * 33
    hips = (outcome.track("LEFT_HIP") + outcome.track("RIGHT_HIP")) / 2
    assert np.abs(np.diff(hips[:, 0])).max() < 0.05, "another person would be half a picture away"
    # Searched once, and followed from then on: the one whom the detection shows.
    (found,) = csv.DictReader((work / "d.csv").read_text().splitlines())
    assert abs(float(found["xmin"]) + float(found["width"]) / 2 - outcome.track("NOSE")[0, 0]) < 0.1


@both
@pytest.mark.parametrize("suffix", [".ts", ".mkv"])
def test_another_size_in_the_middle_of_a_stream(run, case: Case, suffix: str, work: Path) -> None:
    first = pictures(case.clip, 4)
    height, width = first[0].shape[:2]
    smaller = (width * 4 // 10 * 2, height * 4 // 10 * 2)
    second = [cv2.resize(pixels, smaller, interpolation=cv2.INTER_AREA) for pixels in reversed(first)]
    clip = write_joined(work / f"in{suffix}", first, second)
    outcome = run(case, "--input_video_path", clip)
    assert outcome.times == list(range(8))
    assert outcome.sizes() == [(width, height)] * 4 + [smaller] * 4
    assert [pixels.shape[:2] for pixels in outcome.video] == [(height, width)] * 8
    assert "4 pictures had another size than the first and were letterboxed" in outcome.result.stdout
    # Fractions of their own frame: the same pictures again give the same landmarks.
    track = outcome.track("LEFT_SHOULDER" if case is POSE else "INDEX_FINGER_MCP")
    np.testing.assert_allclose(track[5:][::-1], track[:3], atol=0.03)


@both
def test_pictures_of_two_sizes(run, case: Case, work: Path) -> None:
    (work / "in").mkdir()
    picture = pictures(case.clip, 1)[0]
    height, width = picture.shape[:2]
    for index in range(4):
        scaled = cv2.resize(picture, (width, height) if index < 2 else (width // 4, height // 2))
        cv2.imwrite(str(work / "in" / f"{index}.png"), scaled[:, :, ::-1])
    outcome = run(case, "--input", f"input_video={work / 'in'}", "--rate", "25")
    assert outcome.times == [0, 1, 2, 3]
    assert outcome.sizes() == [(width, height)] * 2 + [(width // 4, height // 2)] * 2
    shown = outcome.video[3]
    assert shown.shape == picture.shape
    assert shown[:, : width // 5].max() < 20, "what is narrower gets black bars"
    assert shown[:, width // 2 - 20 : width // 2 + 20].mean() > 40


@pytest.mark.parametrize("turn", [90, 180, -90])
def test_a_turned_clip(run, turn: int, work: Path) -> None:
    upright = pictures(POSE.clip, 3)
    stored = [np.rot90(pixels, -turn // 90) for pixels in upright]
    write(work / "stored.mp4", stored)
    with av.open(str(work / "stored.mp4")) as source, av.open(str(work / "in.mp4"), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        stream.set_display_rotation(turn)
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)
    turned = run(POSE, "--input_video_path", work / "in.mp4")
    plain = run(POSE, "--input_video_path", write(work / "plain.mp4", upright))
    assert turned.sizes() == plain.sizes() == [(540, 650)] * 3
    assert [pixels.shape for pixels in turned.video] == [(650, 540, 3)] * 3
    np.testing.assert_allclose(turned.track("NOSE"), plain.track("NOSE"), atol=0.01)


@both
def test_odd_sides(run, case: Case, work: Path) -> None:
    frames = [pixels[:-1, :-1] for pixels in pictures(case.clip, 3)]
    for index, pixels in enumerate(frames):
        (work / "in").mkdir(exist_ok=True)
        cv2.imwrite(str(work / "in" / f"{index}.png"), pixels[:, :, ::-1])
    outcome = run(case, "--input", f"input_video={work / 'in'}", "--rate", "25")
    height, width = frames[0].shape[:2]
    assert outcome.times == [0, 1, 2]
    assert outcome.sizes() == [(width, height)] * 3
    assert outcome.video[0].shape[:2] == (height + 1, width + 1)  # the codec's: the edge is repeated


@both
def test_one_frame(run, case: Case, work: Path) -> None:
    outcome = run(case, "--input_video_path", write(work / "in.mp4", pictures(case.clip, 1)))
    assert (outcome.times, len(outcome.video), len(outcome.rows)) == ([0], 1, case.points)


@both
@pytest.mark.parametrize(
    ("suffix", "message"),
    [
        pytest.param(".avi", "its video track holds no picture", id="a track without pictures"),
        pytest.param(".mkv", "it ends before its first picture", id="a header alone"),
    ],
)
def test_no_frame(graphkit, case: Case, suffix: str, message: str, work: Path) -> None:
    clip = work / f"in{suffix}"
    with av.open(str(clip), "w") as output:
        stream = output.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        output.start_encoding()
    result = graphkit(
        "run", f"graphs/{case.graph}.pbtxt", "--input_video_path", clip, "--output_video_path", "out.mp4",
        "--dump", f"{case.landmarks}=out.csv",
    )  # fmt: skip
    assert result.exit_code == 1
    assert message in result.stderr.replace("\n", " ")
    assert not (work / "out.mp4").exists()
    assert not (work / "out.csv").exists()
