"""Packages that are missing: one message with the fix, no traceback."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from graphkit.app.doctor import packages
from graphkit.inference import unload_all
from graphkit.jobs import _job as job

if TYPE_CHECKING:
    from pathlib import Path

CANNOT_OPEN = "libavcodec-1a2b3c4d.so.62: cannot open shared object file: No such file or directory"


def test_a_package_that_is_missing(graphkit, clip: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    result = graphkit("run", "hands.pbtxt", "--input_video_path", clip, "--dump", "landmarks=l.jsonl")
    assert result.exit_code == 1
    first, second = result.stderr.splitlines()
    assert first.startswith("error: the package av: not installed (no module av). Fix: ")
    assert first.endswith(" install 'av>=18'")
    assert second == "graphkit doctor looks at everything else that is needed."


def test_a_package_that_is_missing_inside_a_calculator(
    graphkit, clip: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unload_all()  # a model that is loaded already needs no import
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    graph = "graphs/hand_tracking/hand_tracking_desktop_live.pbtxt"
    result = graphkit("run", graph, "--input_video_path", clip, "--dump", "landmarks=l.jsonl")
    assert result.exit_code == 1
    assert "InferenceCalculator" in result.stderr.splitlines()[0]
    assert "  the package onnxruntime-gpu: not installed (no module onnxruntime). Fix: " in result.stderr
    assert "raised at" not in result.stderr


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param(
            ImportError(CANNOT_OPEN, name="av._core"), f"the package av: cannot be loaded: {CANNOT_OPEN}. Fix: ",
            id="a library of its own",
        ),
        pytest.param(ModuleNotFoundError("No module named 'mine'", name="mine"), None, id="another package"),
    ],
)  # fmt: skip
def test_imports_that_fail_while_a_job_runs(
    error: ImportError, told: str | None, graphkit, clip: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: job.GraphJob) -> None:
        raise error

    monkeypatch.setattr(job.GraphJob, "run", fails)
    result = graphkit("run", "hands.pbtxt", "--input_video_path", clip, "--quiet")
    if told is None:
        assert result.exception is error
    else:
        assert result.exit_code == 1
        assert result.stderr.startswith(f"error: {told}")


def test_debug_shows_the_traceback(graphkit, clip: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    result = graphkit("run", "--debug", "hands.pbtxt", "--input_video_path", clip)
    assert isinstance(result.exception, ModuleNotFoundError)


def test_debug_is_over_with_its_command(graphkit, clip: Path, work: Path) -> None:
    log = logging.getLogger("graphkit")
    before = log.level
    loud, quiet = (
        graphkit("run", *flags, "--quiet", "hands.pbtxt", "--input_video_path", clip, "--max-frames", "1")
        for flags in (["--debug"], [])
    )
    assert (loud.exit_code, quiet.exit_code) == (0, 0)
    assert "hands.pbtxt" in loud.stderr
    assert quiet.stderr == ""
    assert log.level == before


@pytest.mark.parametrize("there", [pytest.param(True, id="there"), pytest.param(False, id="not there")])
def test_calculators_that_are_not_installed(
    there: bool, graphkit, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not there:
        monkeypatch.setattr(packages, "entry_points", lambda group: [])
    (work / "odd.pbtxt").write_text('node { calculator: "NoSuchCalculator" }')
    result = graphkit("graph", "odd.pbtxt")
    told = "The calculators that come with graphkit are not installed: see graphkit doctor."
    assert result.exit_code == 1
    assert "NoSuchCalculator" in result.stderr
    assert (told not in result.stderr.splitlines()) is there


def test_click_is_missing() -> None:
    code = "import sys; sys.modules['click'] = None; import graphkit.app.cli"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: the package click: not installed (no module click). Fix: ")
    assert "Traceback" not in done.stderr
