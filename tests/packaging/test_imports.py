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
import graphkit_calculators

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

PACKAGE = Path(graphkit.__file__).parent
CALCULATORS = Path(graphkit_calculators.__file__).parent
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


FLOORS = [
    ("errors",),
    ("_process",),
    ("framework", "schema"),
    ("formats",),
    ("config", "video"),
    ("_runtime", "models"),
    ("inference",),
    ("gpu",),
    ("insight",),
    ("graph",),
    ("testing",),
    ("compat", "jobs"),
    ("preview",),
    ("app.doctor",),
    ("app.bench",),
    ("app.cli",),
]
"""The rooms of graphkit from the ground up; a room imports what lies below it, for type checkers too."""


def _room(module: str) -> str:
    parts = module.split(".")[1:]
    return ".".join(parts[:2]) if parts[:1] == ["app"] and len(parts) > 1 else "".join(parts[:1])


def _rooms_imported_by(room: str) -> dict[str, list[str]]:
    """Return the rooms that the files of *room* import, and which files do."""
    found: dict[str, list[str]] = {}
    folder = PACKAGE.joinpath(*room.split("."))
    assert folder.is_dir()
    for path in sorted(folder.rglob("*.py")):
        modules = {name for name in _imports(path) if name.startswith("graphkit.")}
        for other in {_room(name) for name in modules} & ROOMS - {room}:
            found.setdefault(other, []).append(str(path.relative_to(PACKAGE)))
    return found


LARGEST_CIRCLE = 3
"""Files that import each other, at most."""

ROOMS = {room for floor in FLOORS for room in floor}


def test_every_room_has_a_floor() -> None:
    names = (".".join(path.parent.relative_to(PACKAGE.parent).parts) for path in PACKAGE.rglob("*/__init__.py"))
    assert {_room(name) for name in names} == ROOMS | {"app"}


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_imports_go_down(room: str) -> None:
    level = next(n for n, floor in enumerate(FLOORS) if room in floor)
    below = {other for floor in FLOORS[:level] for other in floor}
    upward = {other: files for other, files in _rooms_imported_by(room).items() if other not in below}
    assert upward == {}


def _arrows() -> dict[str, set[str]]:
    """Return which modules each module imports."""
    modules = {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
    }
    return {module: set(_imported_modules(path, modules)) - {module} for module, path in modules.items()}


def _imported_modules(path: Path, modules: Collection[str]) -> Iterator[str]:
    """Yield the modules of *modules* that a file imports; ``from package import module`` is one of module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module in modules:
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name in modules else node.module for name in names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)


def _reachable(start: str, arrows: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = arrows[waiting.pop()] - found
        found |= new
        waiting.extend(new)
    return found


def test_circles_of_imports_are_small() -> None:
    """Imports for type checkers count, too."""
    arrows = _arrows()
    reachable = {module: _reachable(module, arrows) for module in arrows}
    circles = {
        frozenset(other for other in reachable[module] if module in reachable[other])
        for module in arrows
        if module in reachable[module]
    }
    assert [sorted(circle) for circle in circles if len(circle) > LARGEST_CIRCLE] == []


def test_the_engine_imports_nothing_from_the_calculators() -> None:
    modules = {name for path in PACKAGE.rglob("*.py") for name in _imports(path)}
    assert not [name for name in modules if name.startswith("graphkit_calculators")]


def test_the_calculators_come_through_the_doors() -> None:
    """No private module of graphkit is imported by a calculator that comes along."""
    private = sorted(
        f"{path.name}: {name}"
        for path in CALCULATORS.rglob("*.py")
        for name in _imports(path)
        if name.startswith("graphkit.") and any(part.startswith("_") for part in name.split("."))
    )
    assert private == []


def test_the_doctor_needs_no_command_line() -> None:
    files = [p.name for p in (PACKAGE / "app" / "doctor").rglob("*.py") if "click" in set(_imports(p))]
    assert files == []


def test_the_import_check_sees_imports() -> None:
    assert "graphkit._runtime.build" in set(_imports(PACKAGE / "graph" / "_run_factory.py"))
    assert "_runtime" in _rooms_imported_by("graph")


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
    call = "try: main(['--help'])\nexcept SystemExit as end: assert not end.code"
    help_ = f"from graphkit.app.cli import main\n{call}"
    assert _modules_after(help_) & HEAVY == set()


def test_importing_the_calculators_imports_no_library_that_only_processing_needs() -> None:
    lazy = {"av", "cv2", "moderngl", "onnx", "onnxruntime", "tflite"}
    assert _modules_after("import graphkit_calculators") & lazy == set()


def test_importing_the_jobs_imports_neither_an_event_loop_nor_what_finds_pictures() -> None:
    assert _modules_after("import graphkit.jobs") & {"asyncio", "av", "cv2", "onnxruntime", "ssl"} == set()
