from __future__ import annotations

import os
from pathlib import Path

import pytest

from graphkit.errors import OutputError, UsageError
from graphkit.jobs import Ending, FileSink, JobSettings
from graphkit.jobs._outputs import Outputs
from graphkit.jobs._sinks.csv import CsvSink
from graphkit.jobs._sinks.jsonl import JsonlSink
from graphkit.jobs._sinks.png import PngSink

HANDS = (
    'node { calculator: "SampleHands" input_stream: "input_video" output_stream: "LANDMARKS:landmarks" '
    'output_stream: "HANDEDNESS:handedness" }'
    'node { calculator: "SampleInvert" input_stream: "input_video" output_stream: "shown" }'
    'node { calculator: "ImagePropertiesCalculator" input_stream: "IMAGE:input_video" output_stream: "SIZE:size" }'
)


@pytest.fixture
def plan(make_graph):
    return make_graph(HANDS, outputs=["landmarks"]).plan


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("dumps", "error", "message"),
    [
        pytest.param({"landmark": "a.jsonl"}, UsageError, r'no stream "landmark"\. Did you mean', id="stream"),
        pytest.param(
            {"a.csv": "landmarks"}, UsageError, r"the stream comes first: landmarks=a\.csv$", id="swapped"
        ),
        pytest.param({"landmarks": "a.json"}, UsageError, r'unknown kind of file "\.json"\. Did you', id="kind"),
        pytest.param(
            {"landmarks": "a"}, UsageError,
            r'Known: \.jsonl, .* \(or, by its name, openpose:a, coco:a\), and a folder .* "a/"', id="no kind",
        ),
        pytest.param({"size": "a.csv"}, UsageError, r"a \.csv holds landmarks, .* as \.jsonl", id="no table"),
        pytest.param(
            {"landmarks": "a.npz"}, UsageError, r"\.npz holds pictures\. Write it as \.jsonl or \.csv\.", id="npz"
        ),
        pytest.param({"size": "a.npz"}, UsageError, r"pictures\. Write it as \.jsonl\.$", id="npz of neither"),
        pytest.param({"landmarks": "a/"}, UsageError, r"a \.png holds pictures", id="folder"),
        pytest.param(
            {"shown": "a.jsonl"}, UsageError,
            r"carries images\. Write them as \.npz, into a folder.* or as a video", id="images as text",
        ),
        pytest.param(
            {"shown": "a.png"}, UsageError,
            r"many pictures\. Name a folder, such as a/, or .* once: a_%012d\.png", id="one picture",
        ),
        pytest.param({"shown": "%d_%d.png"}, UsageError, r"the time into the name, once", id="two times"),
        pytest.param({"shown": "100%_%d.png"}, UsageError, r"once: 100__%012d\.png", id="stray percent"),
        pytest.param(
            {"landmarks": "a.jsonl", "handedness": "./a.jsonl"}, UsageError,
            "this file is the dump of landmarks already", id="same file",
        ),
        pytest.param(
            {"shown": "a/", "input_video": "a/%012d.png"}, UsageError, "is the dump of shown already", id="names"
        ),
        pytest.param({"shown": "taken/"}, UsageError, "is the input already", id="input folder"),
        pytest.param({"landmarks": "none/a.jsonl"}, OutputError, "none does not exist", id="no folder"),
        pytest.param({"shown": "none/a/"}, OutputError, "none does not exist", id="no folder for the folder"),
        pytest.param({"shown": "file.txt/"}, OutputError, r"file\.txt is a file, not a folder", id="a file"),
        pytest.param(
            {"shown": "full/"}, OutputError, r"full holds such pictures already \(1\).* would mix", id="full"
        ),
    ],
)  # fmt: skip
def test_dumps_that_are_refused(plan, folder: Path, dumps, error, message) -> None:
    (folder / "file.txt").touch()
    for name in ("taken", "full"):
        (folder / name).mkdir()
    (folder / "full" / "000000040000.png").touch()
    before = sorted(folder.rglob("*"))
    with pytest.raises(error, match=message):
        Outputs(plan, JobSettings(dumps=dumps), [Path("taken")])
    assert sorted(folder.rglob("*")) == before


def files(plan, dumps) -> list[FileSink]:
    sinks = Outputs(plan, JobSettings(dumps=dumps), []).sinks([])
    return [sink for sink in sinks if isinstance(sink, FileSink)]


def test_dumps_that_are_taken(plan, folder: Path) -> None:
    (folder / "used").mkdir()
    (folder / "used" / "b_000.png").touch()  # of another naming: nothing mixes
    dumps = {"landmarks": "l.csv", "handedness": "h.jsonl", "shown": "used/a_%d.png", "input_video": "used"}
    sinks = files(plan, dumps)
    for sink in sinks:
        sink.open()
        sink.close(Ending())
    assert [type(sink) for sink in sinks] == [CsvSink, JsonlSink, PngSink, PngSink]
    assert [str(sink.path) for sink in sinks] == ["l.csv", "h.jsonl", "used/a_%d.png", "used/%012d.png"]


def test_a_folder_for_pictures_is_made(plan, folder: Path) -> None:
    (sink,) = files(plan, {"shown": "new/"})
    assert not (folder / "new").exists()
    sink.open()
    sink.close(Ending())
    assert (folder / "new").is_dir()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("dumps", [{"landmarks": "a.jsonl"}, {"shown": "./"}, {"shown": "new/"}])
def test_a_read_only_folder(plan, folder: Path, dumps) -> None:
    folder.chmod(0o500)
    with pytest.raises(OutputError, match="no permission to write"):
        files(plan, dumps)


@pytest.mark.parametrize("name", ["none/a.npz", "none/b/", "none/a.csv"])
def test_what_vanished_after_the_check_is_said(plan, folder: Path, name: str) -> None:
    stream = "landmarks" if name.endswith(".csv") else "shown"
    (folder / "none").mkdir()
    (sink,) = files(plan, {stream: name})
    (folder / "none").rmdir()
    with pytest.raises(OutputError, match=r"none/.*: cannot be created: No such file or directory"):
        sink.open()
