"""What is in the sdist, in the wheel that is built from it, and what runs once that is installed."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLIP = ROOT / "examples" / "media" / "hand_cup.mp4"

pytestmark = pytest.mark.slow


def _built(target: str, source: Path, out: Path) -> Path:
    """Build a distribution from a folder of sources; return its file."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(out)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (path,) = out.iterdir()
    return path


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked sdist of the checkout."""
    out = tmp_path_factory.mktemp("sdist")
    unpacked = tmp_path_factory.mktemp("sources")
    with tarfile.open(_built("sdist", ROOT, out)) as archive:
        archive.extractall(unpacked, filter="data")
    (folder,) = unpacked.iterdir()
    return folder


@pytest.fixture(scope="module")
def wheel(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """A wheel built from the sdist, as an installer builds it that finds no wheel."""
    return zipfile.Path(_built("wheel", sources, tmp_path_factory.mktemp("wheel")))


@pytest.fixture(scope="module")
def installed(wheel: zipfile.Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the wheel."""
    folder = tmp_path_factory.mktemp("installed")
    options = ["--quiet", "--no-deps", "--no-index", "--no-compile", "--target", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(wheel.root.filename)], check=True)
    return folder


def _run(installed: Path, *arguments: str) -> str:
    """Run the interpreter outside of the checkout, with what is installed in front of it."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=installed, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def _names(wheel: zipfile.Path) -> set[str]:
    return {name for name in wheel.root.namelist() if not name.endswith("/")}


def _files(folder: str, *suffixes: str) -> set[str]:
    """Return the files under *folder* of the checkout, relative to it."""
    base = ROOT / folder
    found = {path.relative_to(base).as_posix() for path in base.rglob("*") if path.is_file()}
    return {name for name in found if "__pycache__" not in name and (not suffixes or name.endswith(suffixes))}


def test_the_top_level_names_are_the_two_packages(wheel: zipfile.Path) -> None:
    tops = {name.split("/")[0] for name in _names(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"graphkit", "graphkit_calculators"}


def test_every_graph_file_is_inside_the_engine(wheel: zipfile.Path) -> None:
    wanted = {f"graphkit/graphs/{name}" for name in _files("graphs")}
    assert any(name.endswith(".tflite") for name in wanted)
    assert wanted <= _names(wheel)


def test_every_module_of_both_packages_is_there(wheel: zipfile.Path) -> None:
    calculators = _files("calculators/graphkit_calculators", ".py", "py.typed")
    engine = _files("graphkit", ".py", "py.typed", ".proto", ".binpb")
    assert {f"graphkit_calculators/{name}" for name in calculators} <= _names(wheel)
    assert {f"graphkit/{name}" for name in engine} <= _names(wheel)


def test_no_graph_folder_holds_python(wheel: zipfile.Path) -> None:
    """An editable install breaks where `graphs/`, which the wheel renames, holds a Python file."""
    assert [name for name in _files("graphs") if name.endswith(".py")] == []
    assert not any(name.startswith("graphkit/graphs/") and name.endswith(".py") for name in _names(wheel))


def test_the_entry_points_are_declared(wheel: zipfile.Path) -> None:
    (name,) = [name for name in _names(wheel) if name.endswith(".dist-info/entry_points.txt")]
    parsed = configparser.ConfigParser()
    parsed.read_string((wheel.root.read(name)).decode())
    assert parsed["console_scripts"]["graphkit"] == "graphkit.app.cli:main"
    assert parsed["graphkit.calculators"]["builtin"] == "graphkit_calculators"


def test_licence_and_notice_are_there(wheel: zipfile.Path) -> None:
    names = {name.split("/")[-1] for name in _names(wheel) if ".dist-info/licenses/" in name}
    assert names == {"LICENSE", "NOTICE"}


def test_the_name_on_the_index(wheel: zipfile.Path, sources: Path) -> None:
    assert sources.name == "graphkit_media-0.1.0"
    assert Path(str(wheel.root.filename)).name == "graphkit_media-0.1.0-py3-none-any.whl"


def test_tests_and_pages_come_with_the_sources(sources: Path) -> None:
    folders = {path.name for path in sources.iterdir()}
    assert {"tests", "docs", "examples", "graphs", "calculators", "scripts", "CONTRIBUTING.md"} <= folders
    assert not {".venv", ".git", ".mypy_cache"} & folders


def test_what_is_installed_is_what_runs(installed: Path) -> None:
    code = "import graphkit, graphkit_calculators; print(graphkit.__file__, graphkit_calculators.__file__)"
    assert all(Path(file).is_relative_to(installed) for file in _run(installed, "-c", code).split())
    assert (installed / "bin" / "graphkit").is_file()
    assert _run(installed, "-m", "graphkit", "--version") == "graphkit 0.1.0\n"


def test_calculators_are_found_by_their_entry_point(installed: Path) -> None:
    code = """
from importlib.metadata import distribution, entry_points
(entry,) = entry_points(group="graphkit.calculators", name="builtin")
print(entry.dist.name, entry.load().__file__)
"""
    name, file = _run(installed, "-P", "-c", code).split()
    assert (name, Path(file).is_relative_to(installed)) == ("graphkit-media", True)


def test_an_old_script_finds_graphs_and_models_in_what_is_installed(installed: Path) -> None:
    """One changed line: the graph, its subgraphs, its models, the calculators and the landmarks' names."""
    code = f"""
from graphkit.compat import mediapipe as mp
from graphkit.video import VideoReader
with mp.solutions.hands.Hands(static_image_mode=True) as hands, VideoReader({str(CLIP)!r}) as frames:
    results = hands.process(next(iter(frames)).data)
print(len(results.multi_hand_landmarks[0].landmark), results.multi_handedness[0].classification[0].label)
"""
    assert _run(installed, "-c", code) == "21 Left\n"
