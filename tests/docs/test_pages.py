"""The documentation does what it says: its commands and programs run, its links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pytest

from graphkit.video import VideoFrame, VideoReader, VideoWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
BIN = Path(sys.executable).parent

# Commands that need the network, change the machine, or are run by the test itself.
NOT_RUN = (
    "docker build",
    "docker compose build",
    "python3 -m venv",
    "pip install",
    "pip uninstall",
    "pytest",
    "scripts/",
    "source ",
    "export ",
)

# A container's entry point is graphkit: what follows it is run without the container.
_IN_CONTAINER = re.compile(r"docker (?:compose run --rm graphkit(?:-nvidia)?|run .* graphkit:cpu) ")

# What my.mov shows, by a word in the page's name; hands for the others.
_SHOWS = {
    **dict.fromkeys(("poses", "people", "opensim"), "person.mov"),
    **dict.fromkeys(("faces", "irises"), "face.mov"),
}

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE_NAME = re.compile(r"# ([\w.]+\.(?:py|pbtxt|toml))\n")
_DRAWS = re.compile(r"_gpu\.pbtxt|graphkit\.gpu")
_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: what stands behind the fence, its contents, the line of the fence in the page."""

    language: str
    text: str
    line: int

    @property
    def file_name(self) -> str:
        """The file that it is to be written to, named by a comment in its first line; "" for none."""
        match = _FILE_NAME.match(self.text)
        return match[1] if match else ""


def _blocks(page: Path) -> list[Block]:
    text = page.read_text()
    return [Block(m[1], m[2], text.count("\n", 0, m.start()) + 1) for m in _FENCE.finditer(text)]


def _page_id(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a reader may have it: a clone's graphs and examples, MediaPipe's, a clip, pictures."""
    folder = tmp_path_factory.mktemp("workplace")
    for name in ("graphs", "examples"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "graphs" / "hand_tracking", folder / "mediapipe" / "graphs" / "hand_tracking")
    shutil.copytree(ROOT / "graphs" / "modules", folder / "mediapipe" / "modules")
    (folder / "pictures").mkdir()
    _shorten("pose_balance.mp4", folder / "person.mov")
    _film_a_portrait(folder / "face.mov")
    (folder / "clips" / "monday").mkdir(parents=True)
    for i, frame in enumerate(_shorten("hand_cup.mp4", folder / "my.mov")[:3]):
        cv2.imwrite(str(folder / "pictures" / f"{i}.png"), frame.data[:, :, ::-1])
    for clip in ("one.mov", "monday/two.mov"):
        shutil.copy(folder / "my.mov", folder / "clips" / clip)
    return folder


def _shorten(clip: str, path: Path) -> list[VideoFrame]:
    """Write the first frames of a clip of the examples; return them."""
    with VideoReader(ROOT / "examples" / "media" / clip) as reader:
        frames = [frame for _, frame in zip(range(8), reader, strict=False)]
        info = reader.info
    with VideoWriter(path, width=info.width, height=info.height, frame_rate=info.frame_rate) as writer:
        for frame in frames:
            writer.write(frame.data, frame.timestamp_us)
    return frames


def _film_a_portrait(path: Path) -> None:
    """Write a clip in which the camera moves over a portrait."""
    portrait = cv2.imread(str(ROOT / "examples" / "media" / "astronaut.png"))[:, :, ::-1]
    with VideoWriter(path, width=384, height=384, frame_rate=30) as writer:
        for index in range(8):
            left, top = 40 + 5 * index, 10 + 2 * index
            writer.write(portrait[top : top + 384, left : left + 384].copy(), index * 33_333)


@pytest.fixture
def here(workplace: Path, tmp_path: Path) -> Path:
    """A fresh folder with everything of the workplace in it."""
    for entry in workplace.iterdir():
        (tmp_path / entry.name).symlink_to(entry)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("page", [pytest.param(p, id=_page_id(p)) for p in PAGES if _blocks(p)])
def test_everything_on_the_page_runs(page: Path, here: Path, request: pytest.FixtureRequest) -> None:
    if any(_DRAWS.search(block.text) for block in _blocks(page)):
        request.getfixturevalue("egl")
    if page.stem.endswith("_with_ray"):
        pytest.importorskip("ray", reason="Ray is not installed: pip install 'graphkit-media[ray]'")
    shown = next((clip for word, clip in _SHOWS.items() if word in page.stem), None)
    if shown is not None:
        (here / "my.mov").unlink()
        (here / "my.mov").symlink_to(here / shown)
    for block in _blocks(page):
        place = f"{_page_id(page)}:{block.line}"
        if block.file_name:
            (here / block.file_name).write_text(block.text)
            _use_file(block.file_name, here, place)
        elif block.language == "python":
            _run([sys.executable, "-W", "error", "-c", block.text], here, place)
        elif block.language == "sh":
            for command in _commands(block.text):
                _run_command(command, here, place)


def _use_file(name: str, here: Path, place: str) -> None:
    """Run a test that the page shows; install a package that it shows."""
    if name.startswith("test_"):
        _run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", name], here, place)
    elif name == "pyproject.toml":
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "--no-deps", "--no-build-isolation", "--no-index", "--target", "site", "."], here, place)


def _commands(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        for part in line.split("&&"):
            command = _IN_CONTAINER.sub("graphkit ", part.strip().removeprefix(".venv/bin/"))
            if not command.startswith(NOT_RUN):
                yield shlex.split(command)


def _run_command(command: list[str], here: Path, place: str) -> None:
    if command[0] == "python":
        _run([sys.executable, "-W", "error", *command[1:]], here, place)
        return
    assert command[0] == "graphkit", f"{place}: how is {command[0]} to be tested?"
    made = [here / name for name in _outputs(command)]
    for path in made:
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
    _run([str(BIN / command[0]), *command[1:]], here, place)
    for path in made:
        assert path.stat().st_size > 0, f"{place}: {path.name} is empty"


def _outputs(command: list[str]) -> Iterator[str]:
    """Yield the files that a command says it writes."""
    if command[1] == "batch":  # its outputs have the names of the clips, and a second run finds them there
        return
    words = iter(" ".join(command[1:]).replace("=", " ").replace(",", " ").split())
    for word in words:
        if word in ("--output_video_path", "output_video_path"):
            yield next(words)
        elif word == "--dump":
            next(words)
            yield next(words).rpartition(":")[2]


def _run(command: list[str], here: Path, place: str) -> None:
    env = {**os.environ, "PYTHONPATH": str(here / "site")}
    done = subprocess.run(
        command, cwd=here, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 0, f"{place}: {shlex.join(command)}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("page", [pytest.param(p, id=_page_id(p)) for p in PAGES])
def test_links_inside_the_repository_lead_somewhere(page: Path) -> None:
    targets = [t for t in _LINK.findall(page.read_text()) if not t.startswith("http")]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_index_lists_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    listed = {(index.parent / target).resolve() for target in _LINK.findall(index.read_text())}
    assert sorted({*index.parent.rglob("*.md")} - {*listed, index}) == []


def test_the_readme_shows_every_use() -> None:
    languages = {block.language for block in _blocks(ROOT / "README.md")}
    assert languages == {"sh", "python", "pbtxt"}
