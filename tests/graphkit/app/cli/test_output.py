"""Standard streams that are closed or full, and a working directory that is gone: in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

GRAPHKIT = [sys.executable, "-m", "graphkit"]
PASS = """
input_stream: "x" output_stream: "y"
node { calculator: "PassThroughCalculator" input_stream: "x" output_stream: "y" }
"""
GONE = "error: the working directory does not exist any more. Change to another one.\n"
LOST = "error: standard output cannot be written: No space left on device. What was to be printed there is lost.\n"
needs_posix = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full and a shell")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A graph, and three packets for it."""
    (tmp_path / "pass.pbtxt").write_text(PASS)
    lines = [json.dumps({"timestamp": at, "packet": at}) for at in range(3)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    return tmp_path


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    line = f"{' '.join(GRAPHKIT)} {command}"
    return subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, text=True, check=False)


RUN = "run pass.pbtxt --input x=in.jsonl --dump y=out.jsonl"


@needs_posix
@pytest.mark.parametrize(
    ("streams", "status", "told"),
    [
        pytest.param("2>&-", 0, "", id="standard error closed"),
        pytest.param(">&- 2>&- <&-", 0, "", id="all closed"),
        pytest.param("2>/dev/full", 0, "", id="standard error full"),
        pytest.param(">/dev/full", 1, LOST, id="standard output full"),
    ],
)
def test_the_work_is_done_whoever_reads_about_it(folder: Path, streams: str, status: int, told: str) -> None:
    done = shell(f"{RUN} {streams}", folder)
    assert (done.returncode, done.stderr) == (status, told)
    assert [json.loads(line)["packet"] for line in (folder / "out.jsonl").read_text().splitlines()] == [0, 1, 2]


@needs_posix
@pytest.mark.parametrize("command", ["--help", "graph pass.pbtxt"])
def test_other_commands_say_that_their_output_is_lost(folder: Path, command: str) -> None:
    done = shell(f"{command} >/dev/full", folder)
    assert (done.returncode, done.stderr) == (1, LOST)


def test_a_reader_that_has_seen_enough_is_no_error(folder: Path) -> None:
    done = shell("calculators | head -n 1", folder)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


@needs_posix
def test_what_is_said_does_not_land_in_a_file(folder: Path) -> None:
    code = (
        "import os; from graphkit.app.cli.output import fill_standard_descriptors as fill; os.close(2); fill(); "
        "file = open('out', 'w'); os.write(2, b'said'); file.close()"
    )
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)
    assert (folder / "out").read_text() == ""


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps it")
@pytest.mark.parametrize("command", ["graph x.pbtxt", "run /x.pbtxt --input_video_path a.mp4", "models list"])
def test_a_working_directory_that_is_gone(tmp_path: Path, command: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f"mkdir gone && cd gone && rmdir ../gone && {' '.join(GRAPHKIT)} {command}"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (2, GONE)
