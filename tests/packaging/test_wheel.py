"""What is in the wheel: two import packages, every graph, every calculator, the entry points."""

from __future__ import annotations

import configparser
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """A wheel built from the checkout, as `pip install .` builds it."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = out.glob("*.whl")
    return zipfile.Path(path)


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
