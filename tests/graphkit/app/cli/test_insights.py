"""``graphkit run --explain``, ``--trace``, ``--profile``, ``--watch``, ``--watchdog``; what is said at Ctrl-C."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from graphkit import CalculatorGraph
from graphkit.app.cli.insights import telling_what_hangs
from graphkit.app.cli.watching import LiveTable, PrintedTable, choose_table
from graphkit.errors import OutputError
from graphkit.insight import Profile, Trace
from graphkit.video import VideoReader

if TYPE_CHECKING:
    from pathlib import Path

MUTE = """
from graphkit import Calculator, Input, Output, calculator
from graphkit.formats import ImageFrame

@calculator("CliMute")
class CliMute(Calculator):
    a = Input(ImageFrame)
    out = Output(ImageFrame)

    def process(self, cc):
        pass
"""
MUTE_GRAPH = """
input_stream: "input_video"
output_stream: "output_video"
node { name: "mute" calculator: "CliMute" input_stream: "input_video" output_stream: "output_video" }
"""


def test_explain_names_the_node_that_emits_nothing(graphkit, work: Path, clip: Path) -> None:
    (work / "mute.py").write_text(MUTE)
    (work / "mute.pbtxt").write_text(MUTE_GRAPH)
    result = graphkit("run", "mute.pbtxt", "--import", "mute.py", "--input_video_path", clip, "--explain")
    assert result.exit_code == 0, result.output
    told = result.stderr.splitlines()
    assert told[-3:] == [
        "The run has ended; every packet was processed.",
        'Node "mute" (CliMute) got 12 packets of "input_video" and emitted nothing on "output_video".',
        "  That may be right: look at its options, and at what it gets.",
    ]


def test_explain_into_a_file(graphkit, work: Path, clip: Path) -> None:
    result = graphkit("run", "hands.pbtxt", "--input_video_path", clip, "--explain", "why.json", "--quiet")
    assert (result.exit_code, result.output) == (0, "")
    read = json.loads((work / "why.json").read_text())
    assert (read["state"], read["left_over"]) == ("ended", 0)
    assert "SampleHands" in [node["calculator"] for node in read["nodes"]]


def test_a_trace_is_one_of_the_files(graphkit, work: Path, clip: Path) -> None:
    result = graphkit(
        "run", "hands.pbtxt", "--input_video_path", clip, "--output_video_path", "out.mp4", "--trace", "t.json",
        "--frames-in-flight", "1",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    events = json.loads((work / "t.json").read_text())["traceEvents"]
    assert f"trace: t.json ({len(events)} events)" in result.stdout.splitlines()
    calls = [event["name"] for event in events if event["ph"] == "X"]
    assert calls.count("SampleHands") == 12
    assert {"decode", "encode"} < set(calls)


@pytest.mark.parametrize("folder", ["traces/", "traces"])
def test_a_trace_into_a_folder_is_called_as_the_config_wants(
    graphkit, work: Path, clip: Path, folder: str
) -> None:
    (work / "traces").mkdir()
    config = (work / "hands.pbtxt").read_text()
    asked = 'profiler_config { trace_enabled: true trace_log_path: "/var/log/hands" }'
    (work / "traced.pbtxt").write_text(config + asked)
    result = graphkit("run", "traced.pbtxt", "--input_video_path", clip, "--trace", folder)
    assert result.exit_code == 0, result.output
    assert [path.name for path in (work / "traces").iterdir()] == ["hands.json"]


def test_a_trace_that_only_the_config_asks_for_is_not_written(graphkit, work: Path, clip: Path) -> None:
    asked = f'profiler_config {{ trace_enabled: true trace_log_path: "{work}/hands" }}'
    (work / "traced.pbtxt").write_text((work / "hands.pbtxt").read_text() + asked)
    before = sorted(work.iterdir())
    result = graphkit("run", "traced.pbtxt", "--input_video_path", clip, "--dump", "landmarks=l.jsonl")
    assert result.exit_code == 0, result.output
    assert "note: the graph asks for a trace (profiler_config); --trace FOLDER/ keeps one." in result.stderr
    assert sorted(work.iterdir()) == sorted([*before, work / "l.jsonl"])


def test_where_the_trace_cannot_be_written_the_other_files_are_whole(
    graphkit, work: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Trace, path: Path) -> int:
        raise OutputError("the trace cannot be written: No space left on device. Choose another place.", path=path)

    monkeypatch.setattr(Trace, "write", full)
    result = graphkit(
        "run", "hands.pbtxt", "--input_video_path", clip, "--output_video_path", "out.mp4", "--dump",
        "landmarks=l.jsonl", "--trace", "t.json",
    )  # fmt: skip
    assert result.exit_code == 1
    assert (
        "error: t.json: the trace cannot be written: No space left on device. Choose another place."
        in result.stderr
    )
    with VideoReader(work / "out.mp4") as reader:
        assert sum(1 for _ in reader) == 12
    assert len((work / "l.jsonl").read_text().splitlines()) == 9
    assert "trace" not in result.stdout


def test_a_trace_takes_no_other_files_place(graphkit, work: Path, clip: Path) -> None:
    result = graphkit(
        "run", "hands.pbtxt", "--input_video_path", clip, "--dump", "landmarks=l.jsonl", "--trace", "l.jsonl"
    )
    assert result.exit_code == 2
    assert "--trace: l.jsonl: this file is the dump of landmarks already. Choose another name." in result.stderr


def test_the_profile_is_printed(graphkit, work: Path, clip: Path) -> None:
    result = graphkit("run", "hands.pbtxt", "--input_video_path", clip, "--profile")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    heads = next(i for i, line in enumerate(lines) if line.startswith("node "))
    assert lines[heads].split() == ["node", "calls", "mean", "p95", "total", "share", "waited", "dropped", "queue"]
    assert any(line.split()[:2] == ["SampleHands", "12"] for line in lines[heads:])


def test_the_profile_into_a_file(graphkit, work: Path, clip: Path) -> None:
    result = graphkit("run", "hands.pbtxt", "--input_video_path", clip, "--profile", "p.json", "--quiet")
    assert (result.exit_code, result.output) == (0, "")
    assert "SampleHands" in [row["name"] for row in json.loads((work / "p.json").read_text())["nodes"]]


def test_a_config_switches_the_profile_on(graphkit, work: Path, clip: Path) -> None:
    (work / "p.pbtxt").write_text((work / "hands.pbtxt").read_text() + "profiler_config { enable_profiler: true }")
    result = graphkit("run", "p.pbtxt", "--input_video_path", clip)
    assert any(line.split()[:2] == ["SampleHands", "12"] for line in result.stdout.splitlines())


@pytest.mark.parametrize("flag", ["--explain", "--profile"])
def test_the_folder_of_a_file_has_to_be_there(graphkit, work: Path, clip: Path, flag: str) -> None:
    result = graphkit("run", "hands.pbtxt", "--input_video_path", clip, flag, "nowhere/x.json")
    assert result.exit_code == 2
    assert f"{flag}: the folder {work / 'nowhere'} does not exist. Create it first." in result.stderr


class Profiled(Profile):
    """A profile with a text of its own."""

    def __str__(self) -> str:
        return "\n".join(f"line {i}" for i in range(100))


def test_watch_prints_a_table_now_and_then_where_there_is_no_terminal() -> None:
    stream, now = io.StringIO(), [100.0]
    table = PrintedTable(Profiled(), stream, lambda: now[0])
    table.started(10)
    table.advanced(1)
    assert stream.getvalue() == ""
    now[0] += 5
    table.advanced(2)
    table.advanced(3)
    assert stream.getvalue().startswith("frame 2\nline 0\nline 1\n")
    assert stream.getvalue().count("line 0\n") == 1
    assert isinstance(choose_table(Profiled(), stream), PrintedTable)


def test_watch_fits_into_the_terminal() -> None:
    from rich.console import Console

    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=40, height=12)
    table = LiveTable(Profiled(), console)
    table.started(0)
    table.advanced(7)
    table.dropped(2)
    assert str(table._table()).splitlines() == ["frame 7, 2 dropped", *(f"line {i}" for i in range(7))]
    table.finished()


def test_what_hangs_after_ctrl_c_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphkit.app.cli.insights._PATIENCE_S", 0.01)
    graph = CalculatorGraph(
        'input_stream: "a" input_stream: "b" '
        'node { name: "pair" calculator: "PassThroughCalculator" input_stream: "a" input_stream: "b" '
        'output_stream: "c" output_stream: "d" }'
    )
    graph.start_run()
    graph.add_packet_to_input_stream("a", 1, 10)
    came: SimpleQueue[bool] = SimpleQueue()
    with telling_what_hangs(graph, came):
        came.put(True)
        for thread in threading.enumerate():
            if thread.name == "graphkit-explain":
                thread.join(60)  # not asked meanwhile: what is captured between two looks may be lost
    told = capsys.readouterr().err
    graph.cancel_quietly()
    assert told.startswith("Still waiting. The graph is idle: nothing is ready or running.\n")
    assert 'Node "pair" (PassThroughCalculator) has 1 packet of "a" from 10 on and waits for "b" up to 10' in told


def test_nothing_is_said_where_nothing_hangs(capsys: pytest.CaptureFixture[str]) -> None:
    with telling_what_hangs(CalculatorGraph('input_stream: "a"'), SimpleQueue()):
        pass
    assert capsys.readouterr().err == ""


HANGS = """
from graphkit import Calculator, Input, Output, calculator
from graphkit.formats import ImageFrame

@calculator("CliHangs")
class CliHangs(Calculator):
    blocking = True
    a = Input(ImageFrame)
    out = Output(ImageFrame)

    def process(self, cc):
        print("inside", flush=True)
        open("let_go").read()
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of this kind are POSIX's")
def test_a_node_that_hangs_is_named_by_the_watchdog_and_after_ctrl_c(work: Path, clip: Path) -> None:
    os.mkfifo(work / "let_go")  # the node hangs until both have told
    (work / "hangs.py").write_text(textwrap.dedent(HANGS))
    (work / "hangs.pbtxt").write_text(MUTE_GRAPH.replace("CliMute", "CliHangs").replace('"mute"', '"hangs"'))
    command = [sys.executable, "-m", "graphkit", "run", "hangs.pbtxt", "--import", "hangs.py",
               "--input_video_path", clip, "--max-frames", "1", "--watchdog", "0.5"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "inside\n"
        limit = threading.Timer(60, process.kill)
        limit.start()
        told = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        while "It is at" not in told and (line := process.stderr.readline()):
            told += line
        (work / "let_go").write_text("")
        told += process.communicate(timeout=60)[1]
        limit.cancel()
    place = f"{work / 'hangs.py'}:13 in process"
    assert f'warning: node "hangs" has been inside process() of 0 for 0.5 s, at {place}' in told
    assert "Still waiting. The graph is at work, and this is in the way:" in told
    assert 'Node "hangs" (CliHangs) is inside process() for 0' in told
    assert f"It is at {place}." in told
