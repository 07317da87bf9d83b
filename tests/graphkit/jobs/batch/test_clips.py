"""Which clips a batch has, and what they are called."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from graphkit.errors import InputError, UsageError
from graphkit.jobs._batch.clips import find_clips, read_list


@pytest.fixture
def takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with clips in it."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "in/a.mp4",
        "in/b.MOV",
        "in/x/a.mp4",
        "in/x/notes.txt",
        "in/.hidden/c.mp4",
        "more/a.mp4",
        "odd.clip",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("places", "root", "names"),
    [
        pytest.param(["in"], "", ["a.mp4", "b.MOV", "x/a.mp4"], id="folder"),
        pytest.param(["in/"], "", ["a.mp4", "b.MOV", "x/a.mp4"], id="slash"),
        pytest.param(["odd.clip", "in/b.MOV"], "", ["b.MOV", "odd.clip"], id="files"),
        pytest.param(["in/*.mp4"], "", ["a.mp4"], id="pattern"),
        pytest.param(["i*/**/*.mp4"], "", ["in/a.mp4", "in/x/a.mp4"], id="pattern of folders"),
        pytest.param(["in/**/a.*"], "", ["a.mp4", "x/a.mp4"], id="pattern below a folder"),
        pytest.param(["in", "in/b.MOV", "./in/../in/b.MOV"], "", ["a.mp4", "b.MOV", "x/a.mp4"], id="twice"),
        pytest.param(["in/a.mp4", "more/a.mp4"], ".", ["in/a.mp4", "more/a.mp4"], id="root"),
    ],
)
def test_names(takes: Path, places: list[str], root: str, names: list[str]) -> None:
    found = find_clips(places, takes / "out", root=root)
    assert [clip.name for clip in found] == names
    assert all(Path(clip.path).is_file() for clip in found)


def test_links_are_followed_and_not_in_circles(takes: Path) -> None:
    (takes / "in" / "back").symlink_to(takes / "in")
    (takes / "in" / "more").symlink_to(takes / "more")
    found = find_clips(["in"], takes / "out")
    assert [clip.name for clip in found] == ["a.mp4", "b.MOV", "more/a.mp4", "x/a.mp4"]


def test_a_clip_that_is_named_in_two_ways_is_one(takes: Path) -> None:
    assert len(find_clips(["in", "*/x/a.mp4"], takes / "out")) == 3


def test_a_file_that_looks_like_a_pattern(takes: Path) -> None:
    (takes / "in" / "take[1].mp4").touch()
    assert [clip.name for clip in find_clips(["in/take[1].mp4"], takes / "out")] == ["take[1].mp4"]


@pytest.mark.parametrize(
    ("places", "out", "message"),
    [
        pytest.param([], "out", "there are no clips", id="none"),
        pytest.param(
            ["in/*.avi"], "out", r'no file fits the pattern "in/\*\.avi"; the folder in is there', id="match"
        ),
        pytest.param(["no/*.avi"], "out", "there is no folder no", id="no folder"),
        pytest.param(["in/x/notes.txt/.."], "out", "no such file", id="no such path"),
        pytest.param(
            ["in/a.mp4", "more/a.mp4"], "out", r"two clips are called a\.mp4.*begin below .*root", id="names"
        ),
        pytest.param(["in"], "in/out", "lies in in, which is searched for clips", id="out inside"),
        pytest.param(["in"], "more/../in/out", "lies in in", id="dots"),
        pytest.param(["in"], "link/out", "lies in in", id="link"),
        pytest.param(["in/a.mp4"], "link", "is the folder of outputs", id="among links"),
        pytest.param(["in"], "in", "lies in in, which is searched for clips", id="out is it"),
        pytest.param(
            ["in/a.mp4"], "in", r"is the folder of outputs, and the clip .*a\.mp4 .* lies in it", id="among"
        ),
        pytest.param(["http://x/a.mp4"], "out", "a batch reads files", id="url"),
    ],
)
def test_places_that_do_not_do(takes: Path, places: list[str], out: str, message: str) -> None:
    (takes / "link").symlink_to(takes / "in")
    with pytest.raises((UsageError, InputError), match=message):
        find_clips(places, takes / out)


def test_a_folder_without_clips(takes: Path) -> None:
    (takes / "in" / "x" / "a.mp4").unlink()
    with pytest.raises(
        UsageError, match=r"in/x: there is no clip in this folder.*What is looked for: \.3gp \.asf"
    ):
        find_clips(["in/x"], takes / "out")


def test_a_clip_outside_of_the_root(takes: Path) -> None:
    with pytest.raises(UsageError, match=r"root: .*/more/a\.mp4 does not lie below in"):
        find_clips(["more/a.mp4"], takes / "out", root="in")


def test_a_list(takes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (takes / "list.txt").write_text("# takes\nin/a.mp4\n\n  more/b c.mp4\n")
    assert read_list("list.txt") == ["in/a.mp4", "more/b c.mp4"]
    monkeypatch.setattr("sys.stdin", io.StringIO("x.mp4\n"))
    assert read_list("-") == ["x.mp4"]


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        pytest.param(None, "cannot be read: No such file", id="missing"),
        pytest.param(b"# nothing\n", "the list names no clip", id="empty"),
        pytest.param(b"\xff\xfe", "it is no text in UTF-8", id="no text"),
    ],
)
def test_a_list_that_does_not_do(takes: Path, contents: bytes | None, message: str) -> None:
    if contents is not None:
        (takes / "list.txt").write_bytes(contents)
    with pytest.raises(InputError, match=rf"list\.txt: .*{message}"):
        read_list("list.txt")
