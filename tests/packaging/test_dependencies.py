"""What is installed on which system: the markers of the dependencies, read as pip reads them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from packaging.requirements import Requirement

from graphkit._process.requirements import DISTRIBUTION

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT: Final = Path(__file__).parents[2]
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EVERYWHERE: Final = {
    "av", "click", "flatbuffers", "numpy", "onnx", "opencv-python-headless", "protobuf", "rich",
}  # fmt: skip

SYSTEMS: Final = [
    pytest.param("linux", "x86_64", {"moderngl", "onnxruntime-gpu"}, id="Linux x86-64"),
    pytest.param("linux", "aarch64", {"onnxruntime"}, id="Linux on ARM, which has no wheels of moderngl"),
    pytest.param("win32", "AMD64", {"moderngl", "onnxruntime-gpu"}, id="Windows x64"),
    pytest.param("win32", "ARM64", {"onnxruntime"}, id="Windows on ARM"),
    pytest.param("darwin", "arm64", {"moderngl", "onnxruntime"}, id="macOS on ARM"),
    pytest.param("darwin", "x86_64", {"moderngl", "onnxruntime"}, id="macOS x86-64"),
]


def _installed(lines: Iterable[str], system: str, machine: str) -> list[str]:
    environment = {"sys_platform": system, "platform_machine": machine, "extra": ""}
    requirements = [Requirement(line) for line in lines]
    return [each.name for each in requirements if each.marker is None or each.marker.evaluate(environment)]


@pytest.mark.parametrize(("system", "machine", "own"), SYSTEMS)
def test_dependencies_of_a_system(system: str, machine: str, own: set[str]) -> None:
    found = _installed(PROJECT["dependencies"], system, machine)
    assert set(found) == EVERYWHERE | own
    assert len(found) == len(set(found))


@pytest.mark.parametrize(("system", "machine", "own"), SYSTEMS)
def test_cuda_is_for_where_the_runtime_is_built_for_it(system: str, machine: str, own: set[str]) -> None:
    cuda = _installed(PROJECT["optional-dependencies"]["cuda"], system, machine)
    assert cuda == (["onnxruntime-gpu"] if "onnxruntime-gpu" in own else [])


def test_the_name_on_the_index_is_not_the_name_of_the_package() -> None:
    assert PROJECT["name"] == DISTRIBUTION != "graphkit"


_PAGES: Final = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_packages_on_the_pages_depend_on_ours() -> None:
    # pip writes another project over graphkit without a word if the name is wrong.
    blocks = [block for page in _PAGES for block in re.findall(r"```toml\n(.*?)```", page.read_text(), re.DOTALL)]
    projects = [found["project"] for block in blocks if "project" in (found := tomllib.loads(block))]
    assert len(projects) >= 2
    named = [[Requirement(line).name for line in project["dependencies"]] for project in projects]
    assert all(DISTRIBUTION in names and "graphkit" not in names for names in named), named


def test_nothing_tells_to_install_another_project() -> None:
    texts = [*_PAGES, *(ROOT / "docker").rglob("*"), *(ROOT / "examples").rglob("*.py")]
    texts += [path for folder in ("graphkit", "calculators", "scripts") for path in (ROOT / folder).rglob("*.py")]
    wrong = re.compile(r"pip install (?:-\S+ )*['\"]?graphkit(?![\w-])")
    assert not [str(path) for path in texts if path.is_file() and wrong.search(path.read_text(errors="replace"))]
