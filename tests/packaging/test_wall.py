"""The wall: nothing but ``graphkit.app.cli`` speaks of flags and of our commands."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import pytest

import graphkit
import graphkit_calculators
from graphkit.app.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE: Final = Path(graphkit.__file__).parent
CALCULATORS: Final = Path(graphkit_calculators.__file__).parent
INSIDE: Final = "app/cli"
FOREIGN: Final = {
    "app/doctor/cameras.py": {"--device"},  # docker run
    "app/doctor/examination.py": {"--force-reinstall"},  # pip install
    "app/doctor/gpu.py": {"--gpus"},  # docker run
    "app/doctor/inference.py": {"--gpus"},
    "app/doctor/installers.py": {"--force-reinstall", "--no-deps"},
    "_process/requirements.py": {"--force-reinstall"},
    "jobs/_batch/ray_cluster.py": {"--address"},  # ray health-check
    "models/_fetch.py": {"--ignore-scripts", "--fetch-retry-mintimeout", "--fetch-retry-maxtimeout"},  # npm
    "schema/_compile.py": {"--descriptor_set_out"},  # protoc
    "video/_cameras.py": {"--device"},
}
"""Flags of other programs, by the file that names them."""

_FLAG: Final = re.compile(r"(?<![\w-])--[A-Za-z][\w-]*")


def _commands() -> re.Pattern[str]:
    assert isinstance(main, click.Group)
    return re.compile(rf"\bgraphkit (?:{'|'.join(main.commands)})\b")


def _files() -> Iterator[tuple[str, Path]]:
    for root in (PACKAGE, CALCULATORS):
        for path in sorted(root.rglob("*.py")):
            yield path.relative_to(root).as_posix(), path


def _strings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of every string of a file, docstrings too, the parts of f-strings one by one."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def _spoken(name: str, path: Path, commands: re.Pattern[str]) -> Iterator[str]:
    """Yield the flags and commands of ours that the strings of a file name, with their lines."""
    for line, text in _strings(path):
        for word in (*_FLAG.findall(text), *commands.findall(text)):
            if word not in FOREIGN.get(name, ()):
                yield f"{name}:{line}: {word}"


def test_only_the_command_line_names_flags_and_commands() -> None:
    commands = _commands()
    outside = [(name, path) for name, path in _files() if not name.startswith(f"{INSIDE}/")]
    assert [word for name, path in outside for word in _spoken(name, path, commands)] == []


def test_the_flags_of_others_are_named_where_they_are_said_to_be() -> None:
    for name, flags in FOREIGN.items():
        found = {word for _, text in _strings(PACKAGE / name) for word in _FLAG.findall(text)}
        assert flags <= found, name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("Choose one with --gpu-device, or", ["--gpu-device"], id="flag"),
        pytest.param("``--input STREAM=FILE``", ["--input"], id="in code"),
        pytest.param("see graphkit doctor", ["graphkit doctor"], id="command"),
        pytest.param("graphkit runs graphs -- and a-b--c", [], id="prose"),
    ],
)
def test_the_search_sees_them(text: str, words: list[str], tmp_path: Path) -> None:
    file = tmp_path / "m.py"
    file.write_text(f'"""{text}"""\n')
    assert [found.partition(": ")[2] for found in _spoken("m.py", file, _commands())] == words
