"""ONNX Runtime reports nothing to anybody."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MODEL = ROOT / "graphs" / "modules" / "palm_detection" / "palm_detection_lite.tflite"
_IMPORT = re.compile(r"^\s*(import onnxruntime|from onnxruntime)\b", re.MULTILINE)


def _left_in_home(home: Path, code: str, **environment: str) -> set[str]:
    """Run a program with a home of its own; return the folders that it makes below the home's cache folder."""
    # CI=... keeps ONNX Runtime quiet too, so that it must not be set here.
    unset = ("CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "XDG_CACHE_HOME", "GRAPHKIT_CACHE_DIR")
    inherited = {name: value for name, value in os.environ.items() if name not in unset}
    subprocess.run(
        [sys.executable, "-c", code, str(MODEL)], env={**inherited, "HOME": str(home), **environment}, check=True
    )
    return {path.name for path in (home / ".cache").glob("*")}


def test_a_model_is_run_and_no_identifier_of_the_machine_is_made(tmp_path: Path) -> None:
    code = "import sys; from graphkit.inference import load; load(sys.argv[1], provider='cpu')"
    assert _left_in_home(tmp_path, code) == {"graphkit"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [pytest.param(None, "1", id="not set"), pytest.param("0", "0", id="the user wants reports")],
)
def test_the_environment_decides(given: str | None, kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from graphkit.inference._onnx_runtime import onnx_runtime

    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    if given is not None:
        monkeypatch.setenv("ORT_DISABLE_TELEMETRY", given)
    onnx_runtime()
    assert os.environ["ORT_DISABLE_TELEMETRY"] == kept


def test_nobody_else_imports_it() -> None:
    files = [*ROOT.glob("graphkit/**/*.py"), *ROOT.glob("calculators/**/*.py"), *ROOT.glob("examples/*.py")]
    found = [path.relative_to(ROOT).as_posix() for path in files if _IMPORT.search(path.read_text())]
    assert found == ["graphkit/inference/_onnx_runtime.py"]
