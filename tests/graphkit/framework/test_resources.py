"""Where files are found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from graphkit import Resources
from graphkit.errors import InputError, ResourceNotFoundError
from graphkit.framework import graphs_dir
from graphkit.framework._resources import ROOT_VARIABLE


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Work in an empty folder; returns a function that makes a file holding its own name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(ROOT_VARIABLE, raising=False)
    monkeypatch.setenv("GRAPHKIT_CACHE_DIR", str(tmp_path / "no cache"))

    def make(name: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        return path

    return make


@pytest.mark.parametrize(
    ("asked", "file"),
    [
        pytest.param("modules/x.tflite", "r/modules/x.tflite", id="as it is"),
        pytest.param("mediapipe/modules/x.tflite", "r/modules/x.tflite", id="mediapipe/ in the name"),
        pytest.param("modules/x.tflite", "r/mediapipe/modules/x.tflite", id="mediapipe/ in the folder"),
        pytest.param("mediapipe/modules/x.tflite", "r/mediapipe/modules/x.tflite", id="both"),
    ],
)
def test_mediapipe_in_names(place, asked, file):
    path = place(file)
    assert Resources(["r"]).resolve(asked) == path
    assert Resources(["r"]).read(asked) == file.encode()


def test_order(place, monkeypatch, tmp_path):
    graph = place("tree/graphs/hand/main.pbtxt")
    names = ["given/x", "env1/x", "env2/x", "tree/graphs/hand/x", "tree/graphs/x", "tree/x", "x"]
    paths = [place(name) for name in names]
    monkeypatch.setenv(ROOT_VARIABLE, os.pathsep.join([str(tmp_path / "env1"), str(tmp_path / "env2"), "missing"]))
    resources = Resources(["given"], graph_file=graph)
    for path in paths:
        assert resources.resolve("x") == path
        path.unlink()


def test_folders_above_a_graph_count_only_within_its_tree(place):
    place("above/x")
    graph = place("above/plain/main.pbtxt")
    with pytest.raises(ResourceNotFoundError):
        Resources(graph_file=graph).resolve("x")
    assert Resources().beside(place("above/modules/hand/main.pbtxt")).resolve("x").parent.name == "above"


def test_shipped_files_are_found_from_everywhere(place):
    found = Resources().resolve("mediapipe/modules/palm_detection/palm_detection_full.tflite")
    assert found == graphs_dir().resolve() / "modules/palm_detection/palm_detection_full.tflite"


def test_mapping(place):
    path = place("elsewhere/other.bin")
    resources = Resources(mapping={"mediapipe/modules/x.tflite": path})
    assert resources.resolve("mediapipe/modules/x.tflite") == path
    path.unlink()
    with pytest.raises(ResourceNotFoundError, match=r"other\.bin"):
        resources.resolve("mediapipe/modules/x.tflite")


def test_absolute_path(place, tmp_path):
    assert Resources().resolve(str(place("x"))) == tmp_path / "x"
    with pytest.raises(ResourceNotFoundError) as caught:
        Resources().resolve(str(tmp_path / "y"))
    assert caught.value.tried == (str(tmp_path / "y"),)


def test_missing_file_lists_every_path(place, tmp_path):
    (tmp_path / "r").mkdir()
    with pytest.raises(ResourceNotFoundError) as caught:
        Resources(["r", "not_there"]).resolve("mediapipe/x")
    packaged = graphs_dir().resolve()
    expected = [str(root / name) for root in (tmp_path / "r", tmp_path, packaged) for name in ("mediapipe/x", "x")]
    assert list(caught.value.tried) == expected
    listing = "".join(f"\n  {path}" for path in expected)
    assert str(caught.value) == (
        f'resource "mediapipe/x" was not found. Tried:{listing}\n'
        "Put the file at one of these paths, or give its folder: roots."
    )


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("graphs/hand_tracking/hand_tracking_desktop_live.pbtxt", id="from the repository"),
        pytest.param("hand_tracking/hand_tracking_desktop_live.pbtxt", id="below graphs"),
        pytest.param("mediapipe/graphs/hand_tracking/hand_tracking_desktop_live.pbtxt", id="MediaPipe's path"),
    ],
)
def test_shipped_graph_is_found_from_everywhere(place, name):
    found = Resources().find_graph(name)
    assert found == graphs_dir().resolve() / "hand_tracking/hand_tracking_desktop_live.pbtxt"


def test_graph_that_is_there_comes_first(place):
    place("graphs/hand_tracking/hand_tracking_desktop_live.pbtxt")
    name = "graphs/hand_tracking/hand_tracking_desktop_live.pbtxt"
    assert Resources().find_graph(name) == Path(name)


def test_a_graph_that_is_not_there_is_ours_whatever_lies_about(place):
    place("mediapipe/graphs/hand_tracking/hand_tracking_desktop_live.pbtxt")
    place("hand_tracking/hand_tracking_desktop_live.pbtxt")
    found = Resources().find_graph("graphs/hand_tracking/hand_tracking_desktop_live.pbtxt")
    assert found == graphs_dir().resolve() / "hand_tracking/hand_tracking_desktop_live.pbtxt"


def test_a_graph_that_is_not_ours_is_found_under_its_other_names(place):
    path = place("mediapipe/graphs/mine.pbtxt")
    assert Resources().find_graph("graphs/mine.pbtxt") == path
    given = place("given/graphs/hand_tracking/hand_tracking_desktop_live.pbtxt")
    assert Resources(["given"]).find_graph("graphs/hand_tracking/hand_tracking_desktop_live.pbtxt") == given


def test_the_log_says_which_file_was_taken(place, caplog, tmp_path):
    caplog.set_level("INFO", "graphkit.framework._resources")
    place("graphs/mine.pbtxt")
    Resources().find_graph("graphs/mine.pbtxt")
    Resources().find_graph("graphs/hand_tracking/hand_tracking_desktop_live.pbtxt")
    Resources().resolve(str(place("x")))
    packaged = graphs_dir().resolve() / "hand_tracking/hand_tracking_desktop_live.pbtxt"
    assert caplog.messages == [
        f"graphs/mine.pbtxt: the file in {tmp_path}/graphs",
        f"graphs/hand_tracking/hand_tracking_desktop_live.pbtxt: {packaged}",
        f"{tmp_path}/x: {tmp_path}/x",
    ]


def test_folders_that_cannot_be_looked_into_are_passed_over(place, monkeypatch):
    # A name that is too long stands for any error of the file system, such as a home that is closed to this user.
    monkeypatch.setenv("GRAPHKIT_CACHE_DIR", "x" * 300)
    assert Resources().resolve("mediapipe/modules/palm_detection/palm_detection_full.tflite").is_file()
    with pytest.raises(ResourceNotFoundError):
        Resources().resolve("y" * 300)
    with pytest.raises(ResourceNotFoundError):
        Resources().find_graph("y" * 300)


def test_contents_know_their_file(place):
    path = place("x")
    contents = Resources().read("x")
    assert (contents, contents.path) == (b"x", str(path))


def test_a_file_that_cannot_be_read(place, monkeypatch):
    path = place("x")

    def closed(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", closed)
    with pytest.raises(InputError) as caught:
        Resources().read("x")
    assert str(caught.value) == f"{path}: cannot be read: Permission denied."


def test_missing_graph(place):
    with pytest.raises(ResourceNotFoundError, match=r'resource "graphs/no\.pbtxt" was not found') as caught:
        Resources().find_graph("graphs/no.pbtxt")
    assert str(graphs_dir().resolve() / "no.pbtxt") in caught.value.tried
