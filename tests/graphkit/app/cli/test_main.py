"""The command as a whole: help, version, and what it must not load."""

from __future__ import annotations

import subprocess
import sys

import pytest

from graphkit.app.cli import job_options
from graphkit.inference import _providers as providers

HEAVY = ("numpy", "google.protobuf", "onnxruntime", "onnx", "av", "cv2", "rich", "moderngl", "tflite")


def test_help_loads_nothing_heavy() -> None:
    code = f"import sys, graphkit.app.cli; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("module", ["graphkit", "graphkit.app.cli"])
def test_the_command_is_a_module_too(module: str) -> None:
    done = subprocess.run([sys.executable, "-m", module, "--help"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"Usage: python -m {module} ")
    assert "\n  run " in done.stdout


def test_help_names_every_command(graphkit) -> None:
    result = graphkit("--help")
    assert result.exit_code == 0
    for command in ("run", "graph", "calculators"):
        assert f"\n  {command} " in result.output


@pytest.mark.parametrize("command", ["run", "graph", "calculators"])
def test_every_command_has_help(graphkit, command: str) -> None:
    result = graphkit(command, "--help")
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: graphkit {command}")


def test_the_help_of_run_has_an_example(graphkit) -> None:
    lines = graphkit("run", "--help").output.splitlines()
    assert lines[lines.index("  Example:") + 1].startswith("    graphkit run graphs/hand_tracking/")
    assert not [line for line in lines if "\\b" in line]


def test_version(graphkit) -> None:
    from importlib.metadata import version

    result = graphkit("--version")
    assert result.output == f"graphkit {version('graphkit-media')}\n"


def test_an_unknown_flag_is_wrong_usage(graphkit) -> None:
    result = graphkit("run", "--inptu_video_path", "x")
    assert result.exit_code == 2
    assert "No such option" in result.output


def test_the_providers_are_those_of_the_inference_package() -> None:
    assert job_options.PROVIDERS == providers.PROVIDERS
