"""``graphkit run`` from flags to files and exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from graphkit.video import VideoReader

SAMPLES = Path(__file__).parents[2] / "jobs" / "sample_calculators.py"


def frames_of(path: Path) -> int:
    with VideoReader(path) as reader:
        return sum(1 for _ in reader)


def test_a_clip_becomes_a_video_and_dumps(graphkit, work: Path, clip: Path) -> None:
    result = graphkit(
        "run", "hands.pbtxt", "--input_video_path", clip, "--output_video_path", "out.mp4",
        "--dump", "landmarks=hands.jsonl", "--dump", "handedness=sides.jsonl",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert frames_of(work / "out.mp4") == 12
    assert len((work / "hands.jsonl").read_text().splitlines()) == 9
    lines = result.stdout.splitlines()
    assert lines[0].startswith("12 frames in ")
    assert lines[1:] == [
        "hands found in 9 of 12 frames, at most 2 at once (landmarks)",
        "output_video: out.mp4 (12 frames)",
        "landmarks: hands.jsonl (9 packets)",
        "handedness: sides.jsonl (9 packets)",
    ]


@pytest.mark.parametrize(
    "flags",
    [
        pytest.param(["--calculator_graph_config_file=hands.pbtxt", "--input_video_path={}"], id="as upstream"),
        pytest.param(["--calculator-graph-config-file", "hands.pbtxt", "--input-video-path", "{}"], id="hyphens"),
        pytest.param(["hands.pbtxt", "--input", "input_video={}"], id="--input"),
    ],
)
def test_spellings(graphkit, work: Path, clip: Path, flags: list[str]) -> None:
    result = graphkit("run", *[flag.format(clip) for flag in flags], "--output-video-path=out.mp4")
    assert result.exit_code == 0, result.output
    assert frames_of(work / "out.mp4") == 12


def test_quiet_says_nothing(graphkit, work: Path, clip: Path) -> None:
    result = graphkit(
        "run", "hands.pbtxt", "--input_video_path", clip, "--output_video_path", "out.mp4", "--quiet"
    )
    assert (result.exit_code, result.output) == (0, "")


ARRAYS = """
import numpy as np
from graphkit import calculator
from graphkit.formats import ImageFrame, Tensor

@calculator("CliBox")
def box(image: ImageFrame) -> np.ndarray:
    return np.float32([0.5, 1])

@calculator("CliTensors")
def tensors(image: ImageFrame) -> list[Tensor]:
    return [Tensor(np.zeros((1, 2), np.float32))]

@calculator("CliThing")
def thing(image: ImageFrame) -> object:
    return object()
"""
ARRAYS_GRAPH = """
input_stream: "input_video"
node { calculator: "CliBox" input_stream: "input_video" output_stream: "box" }
node { calculator: "CliTensors" input_stream: "input_video" output_stream: "tensors" }
node { calculator: "CliThing" input_stream: "input_video" output_stream: "thing" }
"""


def test_a_graph_without_output_streams_is_not_told_to_write_one(graphkit, work: Path, clip: Path) -> None:
    (work / "own.pbtxt").write_text(
        'input_stream: "input_video" node { calculator: "PassThroughCalculator" input_stream: "input_video" '
        'output_stream: "inside" }'
    )
    result = graphkit("run", "own.pbtxt", "--input_video_path", clip, "--max_frames", "2")
    assert (result.exit_code, "No stream was written" in result.stdout) == (0, False)


def test_arrays_and_tensors_in_a_dump(graphkit, work: Path, clip: Path) -> None:
    (work / "arrays.py").write_text(ARRAYS)
    run = ("run", "arrays.pbtxt", "--import", "arrays.py", "--input_video_path", clip, "--max_frames", "1")
    (work / "arrays.pbtxt").write_text(ARRAYS_GRAPH)
    result = graphkit(*run, "--dump", "box=box.jsonl")
    assert result.exit_code == 0, result.output
    assert json.loads((work / "box.jsonl").read_text())["packet"] == [0.5, 1.0]
    refused = graphkit(*run, "--dump", "tensors=t.jsonl").stderr
    assert refused == (
        'error: --dump: tensors=t.jsonl: stream "tensors" carries list[Tensor], which has no form as text. '
        "Convert the tensors in the graph, as TensorsToFloatsCalculator and other TensorsTo... calculators do, "
        "and write what those emit.\n"
    )
    assert "Write it as .jsonl" not in graphkit(*run, "--dump", "tensors=t.npz").stderr
    failed = graphkit(*run, "--dump", "thing=thing.jsonl").stderr
    where = 'the packet at 0 of stream "thing" (node "'
    assert f"thing.jsonl: {where}" in failed
    assert "cannot be written: object has no JSON form." in failed
    of_pictures = graphkit(*run, "--dump", "thing=thing.npz").stderr
    assert f"thing.npz: {where}" in of_pictures
    assert "cannot be written: pictures are made of ImageFrame, Image or GpuBuffer packets, found " in of_pictures
    assert f"thing.csv: {where}" in graphkit(*run, "--dump", "thing=thing.csv").stderr


def test_nothing_to_write_is_noted(graphkit, work: Path, clip: Path) -> None:
    result = graphkit("run", "hands.pbtxt", "--input_video_path", clip, "--max_frames", "3")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].startswith("3 frames in")
    assert "note: No stream was written to a file." in result.stdout


def test_options_are_set_from_outside(graphkit, work: Path, clip: Path) -> None:
    result = graphkit("run", "hands.pbtxt", "--input_video_path", clip, "--dump", "landmarks=h.jsonl",
                      "--set", "SampleHands.every=2")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert len((work / "h.jsonl").read_text().splitlines()) == 6


@pytest.mark.parametrize(
    "flags",
    [
        pytest.param(["--input_side_packets=factor=3"], id="converted"),
        pytest.param(["--side", "factor=float:3"], id="typed"),
    ],
)
def test_side_packets(graphkit, work: Path, flags: list[str]) -> None:
    (work / "x.jsonl").write_text('{"timestamp": 5, "packet": 1.5}\n')
    result = graphkit("run", "scale.pbtxt", "--input", "x=x.jsonl", "--dump", "y=y.jsonl", *flags)
    assert result.exit_code == 0, result.output
    assert json.loads((work / "y.jsonl").read_text()) == {"timestamp": 5, "stream": "y", "packet": 4.5}


@pytest.mark.parametrize(
    ("flags", "status", "message"),
    [
        pytest.param([], 2, "error: no graph given", id="no graph"),
        pytest.param(["hand.pbtxt"], 2, "hand.pbtxt: no such graph file. Did you mean hands.pbtxt?", id="no file"),
        pytest.param(
            ["hands.pbtxt", "--calculator_graph_config_file=hands.pbtxt"], 2, "two graphs given", id="two"
        ),
        pytest.param(
            ["scale.pbtxt", "--side=factor=float:1"],
            2,
            "the graph waits for x; give --input_video_path",
            id="no input",
        ),
        pytest.param(
            ["hands.pbtxt", "--input_video_path={clip}", "--set=Nobody.x=1"],
            2,
            'has no node "Nobody"',
            id="set node",
        ),
        pytest.param(
            ["hands.pbtxt", "--input_video_path={clip}", "--set=SampleHands.evry=1"],
            2,
            "has no option \"evry\". Did you mean 'every'?",
            id="set option",
        ),
        pytest.param(["hands.pbtxt", "--input_video_path=clp.mp4"], 1, "clp.mp4: no such file", id="no clip"),
        pytest.param(
            ["hands.pbtxt", "--input_video_path=0"],
            1,
            "0: no such file. If the camera is meant: /dev/video0",
            id="camera by number",
        ),
        pytest.param(
            ["hands.pbtxt", "--input_video_path=~/no.mov"],
            1,
            "~/no.mov: no such file. Shells take ~ for your home only where a word begins with it",
            id="home behind =",
        ),
        pytest.param(
            ["hands.pbtxt", "--input_video_path={clip}", "--input=input_video={clip}"],
            2,
            "either --input_video_path or --input",
            id="two inputs",
        ),
        pytest.param(
            ["hands.pbtxt", "--input_video_path={clip}", "--dump=landmark=a.jsonl"],
            2,
            "has no stream \"landmark\". Did you mean 'landmarks'?",
            id="unknown stream",
        ),
        pytest.param(
            ["hands.pbtxt", "--input_video_path={clip}", "--dump=landmarks"],
            2,
            '--dump: "landmarks" is not STREAM=FILE. Write --dump STREAM=landmarks; "graphkit graph GRAPH '
            '--streams" lists the streams.',
            id="dump without file",
        ),
        pytest.param(
            ["hands.pbtxt", "--input=my.mov"],
            2,
            "lists the streams. A video goes behind --input_video_path.",
            id="input without stream",
        ),
        pytest.param(
            ["hands.pbtxt", "--dump==a.csv"], 2, '--dump: "=a.csv" is not STREAM=FILE.', id="dump without stream"
        ),
        pytest.param(
            ["hands.pbtxt", "--input_video_path={clip}", "--dump=landmarks=a.csv", "--dump=landmarks=b.csv"],
            2,
            'stream "landmarks" is given twice (a.csv and b.csv)',
            id="dump twice",
        ),
        pytest.param(
            ["hands.pbtxt", "--input_video_path={clip}", "--output_video_path={clip}"],
            1,
            "is the input video itself",
            id="output is input",
        ),
        pytest.param(
            ["hands.pbtxt", "--input_video_path={clip}", "--output_video_path=none/out.mp4"],
            1,
            "none does not exist",
            id="unwritable output",
        ),
        pytest.param(
            ["hands.pbtxt", "--input_video_path={clip}", "--video-codec=h265"],
            1,
            'unknown video codec "h265"',
            id="codec",
        ),
        pytest.param(
            ["hands.pbtxt", "--input_video_path={clip}", "--set=SampleHand.every=2"],
            2,
            "no node \"SampleHand\". Did you mean 'SampleHands'",
            id="--set",
        ),
        pytest.param(
            ["hands.pbtxt", "--input_video_path={clip}", "--side=a=int:1", "--input_side_packets=b=1"],
            2,
            'the graph has no input side packet "b" (it has: none).',
            id="side packet",
        ),
        pytest.param(
            ["scale.pbtxt", "--input=x=x.jsonl"], 2, '"factor" (float) is required', id="side packet missing"
        ),
        pytest.param(
            ["scale.pbtxt", "--input_side_packets=factor=1", "--side=factor=float:1"],
            2,
            'side packet "factor" is given twice',
            id="side packet twice",
        ),
        pytest.param(
            ["scale.pbtxt", "--input_side_packets=factor=1", "--input=x=x.jsonl", "--rate=0"],
            2,
            '--rate: "0" is no frame rate',
            id="rate",
        ),
    ],
)
def test_errors_are_one_message_and_a_status(graphkit, work, clip, flags, status, message) -> None:
    before = {path.name for path in work.iterdir()}
    result = graphkit("run", *[flag.format(clip=clip) for flag in flags])
    assert result.exit_code == status, result.output
    assert "error: " in result.stderr
    assert message in result.stderr.replace("\n", " ")
    assert "Traceback" not in result.output
    assert {path.name for path in work.iterdir()} == before


def test_a_syntax_error_has_its_place(graphkit, work: Path, clip: Path) -> None:
    (work / "bad.pbtxt").write_text('input_stream: "x"\nnode {\n  calculator "A"\n}\n')
    result = graphkit("run", "bad.pbtxt", "--input_video_path", clip)
    assert result.exit_code == 1
    assert "bad.pbtxt:3:14: " in result.stderr


@pytest.mark.parametrize("phase", ["open", "process", "close"])
def test_a_failing_calculator(graphkit, work: Path, clip: Path, phase: str) -> None:
    text = (work / "hands.pbtxt").read_text().replace("SampleInvert", "SampleFail")
    (work / "fail.pbtxt").write_text(text)
    result = graphkit("run", "fail.pbtxt", "--input_video_path", clip, "--output_video_path", "out.mp4",
                      "--dump", "landmarks=h.jsonl", "--set", "SampleFail.at=6",
                      "--set", f"SampleFail.phase={phase}")  # fmt: skip
    assert result.exit_code == 1
    assert f'error: {phase}() of node "SampleFail" failed' in result.stderr
    assert ("at timestamp 240000" in result.stderr) == (phase == "process")
    assert "sample_calculators.py:" in result.stderr
    if phase != "open":
        assert frames_of(work / "out.mp4") == {"process": 6, "close": 12}[phase]
        assert all(json.loads(line) for line in (work / "h.jsonl").read_text().splitlines())


def test_debug_shows_the_traceback(graphkit, work: Path, clip: Path) -> None:
    (work / "fail.pbtxt").write_text((work / "hands.pbtxt").read_text().replace("SampleInvert", "SampleFail"))
    result = graphkit("run", "fail.pbtxt", "--input_video_path", clip, "--debug")
    assert result.exit_code == 1
    assert isinstance(result.exception, Exception)
    assert "the sample failed" in str(result.exception)


@pytest.mark.parametrize(
    ("phase", "status"),
    [
        pytest.param("int", 130, id="Ctrl-C"),
        pytest.param("term", 143, id="SIGTERM"),
        pytest.param("hup", 129, id="the terminal is closed"),
    ],
)
def test_a_signal_finishes_the_frames_in_flight(work: Path, clip: Path, phase: str, status: int) -> None:
    (work / "sig.pbtxt").write_text((work / "hands.pbtxt").read_text().replace("SampleInvert", "SampleSignal"))
    done = subprocess.run(
        [sys.executable, "-m", "graphkit.app.cli", "run", "sig.pbtxt", "--import", SAMPLES,
         "--input_video_path", clip, "--output_video_path", "out.mp4", "--dump", "landmarks=h.jsonl",
         "--set", "SampleSignal.at=5", "--set", f"SampleSignal.phase={phase}"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == status, done.stderr
    assert "Stopping: frames in flight are finished" in done.stderr
    written = frames_of(work / "out.mp4")
    assert 6 <= written <= 12
    assert done.stdout.startswith(f"{written} frames in ")
    assert "Stopped before the end of the input; files are complete up to here." in done.stdout
    lines = (work / "h.jsonl").read_text().splitlines()
    assert len(lines) == sum(index % 4 != 3 for index in range(written))


def test_the_second_signal_drops_the_frames_but_closes_the_files(work: Path, clip: Path) -> None:
    chain = (work / "hands.pbtxt").read_text()
    chain = chain.replace('output_stream: "output_video" options', 'output_stream: "mid" options')
    chain = chain.replace("SampleInvert", "SampleSignal") + (
        'node { calculator: "SampleSignal" input_stream: "mid" output_stream: "output_video" '
        "options { [jobtest.SampleOptions.ext] { at: 5 } } }\n"
    )
    (work / "sig.pbtxt").write_text(chain)
    done = subprocess.run(
        [sys.executable, "-m", "graphkit.app.cli", "run", "sig.pbtxt", "--import", SAMPLES,
         "--input_video_path", clip, "--output_video_path", "out.mp4", "--set", "SampleSignal_1.at=5"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 130, done.stderr
    assert "Dropping the frames in flight" in done.stderr
    assert frames_of(work / "out.mp4") >= 5
