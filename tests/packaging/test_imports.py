"""Which way imports go, and what the quick entrances must not import."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import graphkit

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(graphkit.__file__).parent
HEAVY = {"av", "cv2", "google.protobuf", "moderngl", "numpy", "onnx", "onnxruntime", "tflite"}


def _imports(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, at its top or inside a function, for type checkers too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files_that_import(folder: Path, forbidden: str) -> list[str]:
    return sorted(
        str(path.relative_to(PACKAGE))
        for path in folder.rglob("*.py")
        if any(name == forbidden or name.startswith(f"{forbidden}.") for name in _imports(path))
    )


def test_the_engine_imports_nothing_from_the_calculators() -> None:
    assert _files_that_import(PACKAGE, "graphkit_calculators") == []


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        *[pytest.param(f, "graphkit.runtime", id=f"{f}-not-runtime") for f in ("formats", "inference", "video")],
        *[
            pytest.param(f, "graphkit.graph", id=f"{f}-not-graph")
            for f in ("config", "formats", "inference", "video")
        ],
        pytest.param("config", "graphkit.runtime", id="config-not-runtime"),
        pytest.param("runtime", "graphkit.graph", id="runtime-not-graph"),
        pytest.param("schema", "graphkit.formats", id="schema-not-formats"),
        *[
            pytest.param(f, "graphkit.cli", id=f"{f}-not-cli")
            for f in ("config", "runtime", "formats", "jobs", "models", "diagnosis")
        ],
        *[pytest.param("preview", f"graphkit.{o}", id=f"preview-not-{o}") for o in ("cli", "graph", "runtime")],
        pytest.param("models", "graphkit.diagnosis", id="models-not-diagnosis"),
        pytest.param("diagnosis", "click", id="diagnosis-not-click"),
        *[pytest.param(f, "graphkit.jobs", id=f"{f}-not-jobs") for f in ("config", "runtime", "formats")],
    ],
)
def test_imports_between_folders_go_one_way(folder: str, forbidden: str) -> None:
    assert (PACKAGE / folder).is_dir()
    assert _files_that_import(PACKAGE / folder, forbidden) == []


def test_the_import_check_sees_imports() -> None:
    assert "graphkit.runtime.build" in set(_imports(PACKAGE / "graph.py"))
    assert _files_that_import(PACKAGE, "graphkit.graph") != []


def _modules_after(statements: str) -> set[str]:
    """Return the modules that a fresh interpreter holds after *statements*."""
    code = f"import json, sys\n{statements}\nprint(json.dumps(sorted(sys.modules)))"
    made = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "100"},
    )
    return set(json.loads(made.stdout.splitlines()[-1]))


def test_importing_graphkit_imports_nothing_heavy() -> None:
    assert _modules_after("import graphkit") & HEAVY == set()


def test_the_help_of_the_command_imports_nothing_heavy() -> None:
    help_ = "from graphkit.cli import main\ntry: main(['--help'])\nexcept SystemExit as end: assert not end.code"
    assert _modules_after(help_) & HEAVY == set()


def test_importing_the_calculators_imports_no_library_that_only_processing_needs() -> None:
    lazy = {"av", "cv2", "moderngl", "onnx", "onnxruntime", "tflite"}
    assert _modules_after("import graphkit_calculators") & lazy == set()
