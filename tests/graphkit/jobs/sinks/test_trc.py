"""Markers for OpenSim."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from graphkit.errors import FormatError, OutputError, UsageError
from graphkit.jobs._sinks.markers import markers
from graphkit.jobs._sinks.people import Part
from graphkit.jobs._sinks.trajectories import Clock

from .conftest import metres, points


class Trc(NamedTuple):
    head: dict[str, str]
    markers: list[str]
    numbers: list[int]
    seconds: list[float]
    cells: list[list[str]]

    def at(self, frame: int, marker: str) -> list[str]:
        column = 3 * self.markers.index(marker)
        return self.cells[frame][column : column + 3]


def read(name: str) -> Trc:
    """Read a .trc by its rules: five lines of head, an empty one, a row per frame."""
    lines = Path(name).read_text().split("\n")
    assert lines[0].split("\t") == ["PathFileType", "4", "(X/Y/Z)", Path(name).name]
    head = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=True))
    names = [name for name in lines[3].split("\t")[2::3] if name]
    axes = lines[4].split("\t")
    assert lines[3].split("\t")[:2] == ["Frame#", "Time"]
    assert axes == ["", "", *(f"{axis}{n + 1}" for n in range(len(names)) for axis in "XYZ"), ""]
    assert (lines[5], lines[-1]) == ("", "")
    rows = [line.removesuffix("\t").split("\t") for line in lines[6:-1]]
    assert {len(row) for row in rows} <= {2 + 3 * len(names)}
    assert (int(head["NumFrames"]), int(head["NumMarkers"])) == (len(rows), len(names))
    return Trc(head, names, [int(row[0]) for row in rows], [float(row[1]) for row in rows], [r[2:] for r in rows])


def test_metres_have_y_up_and_z_towards_the_camera(write) -> None:
    summary = write({"w": "walk.trc"}, {"w": ("world", {1: metres(33, 0.5, 0.25, 1.0)})})
    found = read("walk.trc")
    assert found.at(1, "Nose") == ["0.500000", "-0.250000", "-1.000000"]
    assert found.at(1, "RBigToe") == ["0.531250", "-0.250000", "-1.000000"]
    assert {key: found.head[key] for key in ("DataRate", "CameraRate", "Units", "OrigDataStartFrame")} == {
        "DataRate": "25", "CameraRate": "25", "Units": "m", "OrigDataStartFrame": "1",
    }  # fmt: skip
    assert found.numbers == list(range(1, 13))
    assert found.seconds == [round(frame * 0.04, 6) for frame in range(12)]
    assert [(file.items, file.unit) for file in summary.files] == [(12, "frames")]


def test_what_is_missing_is_an_empty_cell(write) -> None:
    half = metres(33).xyz.copy()
    half[0, 1] = np.nan
    write({"w": "walk.trc"}, {"w": ("world", {0: metres(33), 2: metres(33).with_xyz(half)})})
    found = read("walk.trc")
    assert found.cells[1] == [""] * 99
    assert (found.at(2, "Nose"), found.at(2, "LEye")[0]) == ([""] * 3, "0.501953")


@pytest.mark.parametrize(("stream", "number"), [("pose_world_landmarks", 33), ("something", 0)])
def test_a_stream_without_packets_gives_frames_without_points(write, stream: str, number: int) -> None:
    write({stream: "walk.trc"}, {stream: ("world", {})})
    found = read("walk.trc")
    assert (len(found.markers), found.cells) == (number, [[""] * 3 * number] * 12)


def test_landmarks_in_the_frame_are_pixels_from_its_lower_left(write) -> None:
    write({"f": "face.trc"}, {"f": ("pose", {0: points(468, 0.25, 0.25, 0.5)})})
    found = read("face.trc")
    assert found.at(0, "Face_000") == ["16.000000", "36.000000", "-32.000000"]
    assert found.head["Units"] == "px"


def test_several_people_have_a_file_each(write) -> None:
    made = {
        "worlds": ("worlds", {0: [metres(33), metres(33, 0.25)], 2: [metres(33, 0.125)]}),
        "tracking_ids": ("ids", {0: [7, 3], 2: [3]}),
    }
    write({"worlds": "trc:people/"}, made)
    assert sorted(path.name for path in Path("people").iterdir()) == ["id_3.trc", "id_7.trc"]
    third = read("people/id_3.trc")
    assert [third.at(frame, "Nose")[0] for frame in range(4)] == ["0.250000", "", "0.125000", ""]
    assert read("people/id_7.trc").at(2, "Nose") == [""] * 3


def test_several_without_ids_go_by_their_place(write) -> None:
    write({"worlds": "trc:people"}, {"worlds": ("worlds", {0: [metres(21), metres(21)]})})
    assert sorted(path.name for path in Path("people").iterdir()) == ["item_0.trc", "item_1.trc"]
    assert read("people/item_1.trc").markers[1] == "THUMB_CMC"


def test_nobody_makes_an_empty_folder(write) -> None:
    write({"worlds": "trc:people/"}, {"worlds": ("worlds", {})})
    assert list(Path("people").iterdir()) == []


def test_two_hands_of_one_side_are_both_kept(make_graph, clip: Path, tmp_path: Path) -> None:
    from graphkit.jobs import run_video

    graph = make_graph(
        'node { calculator: "SampleHands" input_stream: "input_video" output_stream: "LANDMARKS:landmarks" '
        'output_stream: "HANDEDNESS:handedness" options { [jobtest.SampleOptions.ext] { every: 4 at: 5 } } }',
        outputs=["landmarks"],
    )
    run_video(graph, clip, dumps={"landmarks": f"trc:{tmp_path}/hands/"})
    left, right = read(f"{tmp_path}/hands/Left.trc"), read(f"{tmp_path}/hands/Right.trc")
    assert left.markers[:2] == ["L_WRIST", "L_THUMB_CMC"]
    assert [frame for frame in range(12) if right.at(frame, "R_WRIST") != [""] * 3] == [5]
    assert [frame for frame in range(12) if left.at(frame, "L_WRIST") == [""] * 3] == [3, 7, 11]


def test_holistic_landmarks_are_one_subject(write) -> None:
    nothing = points(0)
    made = {"holistic_landmarks": ("people", {0: [points(33), nothing, nothing, points(21)]})}
    write({"holistic_landmarks": "whole.trc"}, made)
    found = read("whole.trc")
    assert len(found.markers) == len(set(found.markers)) == 33 + 468 + 21 + 21
    assert found.at(0, "R_WRIST") != found.at(0, "L_WRIST") == [""] * 3


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        pytest.param(
            "a.trc", "worlds", r"a \.trc has one subject\. Name a folder for a file each: trc:a/$", id="file"
        ),
        pytest.param("trc:a/", "world", r"the landmarks of one\. Name a file: a\.trc$", id="folder"),
        pytest.param("a.trc", "ids", r"carries list\[int\]; a \.trc holds landmarks\.", id="numbers"),
    ],
)
def test_streams_that_are_refused_at_the_start(write, name: str, kind: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        write({"w": name}, {"w": (kind, {})})
    assert list(Path().iterdir()) == []


def test_folders_that_would_mix_are_refused(write) -> None:
    made = {"w": ("worlds", {0: [metres(33)]})}
    write({"w": "trc:a/"}, made)
    with pytest.raises(OutputError, match=r"a holds \.trc files already"):
        write({"w": "trc:a/"}, made)


def test_landmarks_that_change_their_number_leave_no_file(write) -> None:
    with pytest.raises(FormatError, match=r"found 5 landmarks of a landmarks, and 6 in frame 1"):
        write({"w": "a.trc"}, {"w": ("world", {0: metres(5), 1: metres(6)})})
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("times", "rate", "uneven"),
    [
        pytest.param([round(n * 1e6 / 30) for n in range(99)], 30, False, id="30"),
        pytest.param([round(n * Fraction(1001, 30000) * 10**6) for n in range(300)], 29.97, False, id="29.97"),
        pytest.param([round(n * Fraction(1001, 60000) * 10**6) for n in range(300)], 59.94, False, id="59.94"),
        pytest.param([0, 40_000, 80_000, 160_000, 200_000], 25, True, id="one missing"),
        pytest.param([0], 0, False, id="one frame"),
        pytest.param([], 0, False, id="none"),
    ],
)
def test_the_rate_is_that_of_most_frames(times: list[int], rate: float, uneven: bool) -> None:
    clock = Clock(np.array(times, np.int64))
    assert clock.rate == pytest.approx(rate, abs=1e-3)
    assert (clock.unevenness > 0.05) is uneven


def test_uneven_times_are_said(write, write_clip, tmp_path: Path, make_graph) -> None:
    from graphkit.jobs import JobSettings, files_job
    from graphkit.video import VideoWriter

    with VideoWriter(tmp_path / "odd.mp4", width=64, height=48, frame_rate=25) as writer:
        for time in (0, 40_000, 80_000, 200_000):
            writer.write(np.zeros((48, 64, 3), np.uint8), time)
    graph = make_graph(
        'node { calculator: "SamplePose" input_stream: "input_video" output_stream: "p" '
        'input_side_packet: "SCRIPT:script" } input_side_packet: "script"',
        outputs=["p"],
    )
    settings = JobSettings(dumps={"p": tmp_path / "p.trc"}, side_packets={"script": {}})
    summary = files_job(graph, {"input_video": tmp_path / "odd.mp4"}, settings).run()
    assert any("not evenly spaced" in note for note in summary.notes)
    assert read(str(tmp_path / "p.trc")).seconds == [0, 0.04, 0.08, 0.2]


def test_the_markers_of_a_pose_have_the_names_of_opensims_sets() -> None:
    names = set(markers(Part.POSE, 33))
    assert len(names) == 33
    assert names >= {f"{side}{name}" for side in "LR" for name in (
        "Eye", "Shoulder", "Elbow", "Wrist", "Hip", "Knee", "Ankle", "BigToe", "Heel", "Thumb", "Pinky", "Index",
    )}  # fmt: skip
    assert all(re.fullmatch(r"[A-Za-z]+", name) for name in names)


def test_a_stream_of_an_open_type_is_what_its_packets_are(write) -> None:
    write({"a": "one.trc"}, {"a": ("anything", {0: points(33), 1: [points(33)]})})
    assert read("one.trc").at(1, "Nose") == read("one.trc").at(0, "Nose") != [""] * 3
    write({"a": "trc:some/"}, {"a": ("anything", {0: [points(33)] * 2})})
    assert len(list(Path("some").iterdir())) == 2
    with pytest.raises(FormatError, match=r'stream "a": a \.trc has one subject, and this packet holds several'):
        write({"a": "two.trc"}, {"a": ("anything", {0: [points(33)] * 2})})
