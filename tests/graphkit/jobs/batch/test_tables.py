"""One table of all clips."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from graphkit.errors import InputError, OutputError, PackageError, UsageError
from graphkit.jobs import ClipEntry, ClipFailure, OutputFile, collect_table
from graphkit.jobs._batch import parquet_join
from graphkit.jobs._batch.fingerprint import Fingerprint
from graphkit.jobs._batch.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PRINTS = Fingerprint("0.1", "g", "o", {}, {}, {})
ENDINGS = (".csv", ".jsonl", ".parquet")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """What was made of three clips, one of which was done twice, and a clip that has failed at last."""
    with Manifest(tmp_path / "manifest.jsonl") as manifest:
        manifest.head("g.pbtxt", PRINTS)
        for number, clip in enumerate(["c,d", "b", "a", "b", "bad"]):
            outputs = tuple(OutputFile("hands", f"{clip}{ending}", 1, "packets", 4) for ending in ENDINGS)
            manifest.add(ClipEntry(clip, f"/in/{clip}", PRINTS.recipe, outputs=outputs, ended=str(number)))
        failure = ClipFailure("X", "x")
        manifest.add(ClipEntry("bad", "/in/bad", PRINTS.recipe, error=failure, ended="9"))
    for clip in ("a", "b", "c,d"):
        (tmp_path / f"{clip}.csv").write_text(f"timestamp,x\n0,{len(clip)}\n")
        (tmp_path / f"{clip}.jsonl").write_text(f'{{"timestamp": 0, "packet": {len(clip)}}}\n')
    return tmp_path


@pytest.fixture
def parquet(out: Path) -> Callable[..., None]:
    """``parquet("a", x=[1, 2])``: writes that as the table of a clip."""
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet as files

    def write(clip: str, **columns: Any) -> None:
        files.write_table(pa.table({"timestamp": pa.array([], "int64"), **columns}), out / f"{clip}.parquet")

    return write


def _rows(path: Path) -> Any:
    from pyarrow import parquet as files

    return files.read_table(path).to_pylist()


def test_rows(out: Path) -> None:
    assert collect_table(out, "hands", out / "all.csv") == 3
    assert (out / "all.csv").read_text() == 'clip,timestamp,x\na,0,1\nb,0,1\n"c,d",0,3\n'


def test_rows_of_several_lines_and_none(out: Path) -> None:
    (out / "a.csv").write_text('timestamp,x\n0,"one\ntwo ""2"""\n1,three\n')
    (out / "b.csv").write_text("")
    assert collect_table(out, "hands", out / "all.csv") == 3
    expected = 'clip,timestamp,x\na,0,"one\ntwo ""2"""\na,1,three\n"c,d",0,3\n'
    assert (out / "all.csv").read_text() == expected


def test_lines(out: Path) -> None:
    (out / "b.jsonl").write_text('{}\n{"timestamp": 1}\n')
    assert collect_table(out, "hands", out / "all.JSONL") == 3
    lines = [json.loads(line) for line in (out / "all.JSONL").read_text().splitlines()]
    assert lines == [
        {"clip": "a", "timestamp": 0, "packet": 1},
        {"clip": "b"},
        {"clip": "b", "timestamp": 1},
        {"clip": "c,d", "timestamp": 0, "packet": 3},
    ]


def test_lines_that_are_none(out: Path) -> None:
    (out / "b.jsonl").write_text('{"timestamp": 1}\n[1]\n')
    with pytest.raises(InputError, match=r"b\.jsonl: line 2 is no object of JSON; found \[1\]"):
        collect_table(out, "hands", out / "all.jsonl")


def test_columns(out: Path, parquet: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_join, "_GROUP_BYTES", 60)
    parquet("a", timestamp=[0, 1], x=[0.5, None])
    parquet("b")  # nothing came, and no type of the stream told the columns
    parquet("c,d", timestamp=[3], x=[1.5])
    assert collect_table(out, "hands", out / "all.parquet") == 3
    assert _rows(out / "all.parquet") == [
        {"clip": "a", "timestamp": 0, "x": 0.5},
        {"clip": "a", "timestamp": 1, "x": None},
        {"clip": "c,d", "timestamp": 3, "x": 1.5},
    ]


def test_columns_of_clips_without_rows(out: Path, parquet: Callable[..., None]) -> None:
    for clip in ("a", "b", "c,d"):
        parquet(clip)
    assert collect_table(out, "hands", out / "all.parquet") == 3
    assert _rows(out / "all.parquet") == []


def test_other_columns(out: Path, parquet: Callable[..., None]) -> None:
    (out / "b.csv").write_text("timestamp,y\n")
    with pytest.raises(UsageError, match=r"b\.csv: it has other columns .*: timestamp,y instead of timestamp,x"):
        collect_table(out, "hands", out / "all.csv")
    parquet("a", timestamp=[0], x=[0.5])
    parquet("b", timestamp=[0], x=["half"])
    with pytest.raises(UsageError, match=r"b\.parquet: .* x \(string\) instead of .* x \(double\)"):
        collect_table(out, "hands", out / "all.parquet")
    assert not list(out.glob("all*"))


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_table_that_is_gone(out: Path, ending: str) -> None:
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    (out / f"a{ending}").unlink(missing_ok=True)
    with pytest.raises(InputError, match=rf"a\{ending}: the table of a cannot be read: "):
        collect_table(out, "hands", out / f"all{ending}")
    assert not list(out.glob("all*"))


def test_a_parquet_that_is_none(out: Path) -> None:
    pytest.importorskip("pyarrow")
    (out / "a.parquet").write_text("timestamp,x\n")
    with pytest.raises(InputError, match=r"a\.parquet: the table of a cannot be read: "):
        collect_table(out, "hands", out / "all.parquet")


def test_without_pyarrow(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_join, "find_spec", lambda name: None)
    with pytest.raises(PackageError, match=r"a \.parquet needs it, and it is not installed"):
        collect_table(out, "hands", out / "all.parquet")


@pytest.mark.parametrize(
    ("stream", "table", "message"),
    [
        pytest.param(
            "hand", "all.csv", r'no clip has a \.csv of stream "hand"\. Did you mean \'hands\'\?', id="stream"
        ),
        pytest.param("x", "all.csv", r"There are files of: hands\.", id="nothing close"),
        pytest.param("hands", "all.txt", r"all\.txt: one table .* is a \.csv, \.jsonl, \.parquet", id="ending"),
        pytest.param("hands", "b.csv", r"b\.csv: this is the table of b itself\. Choose", id="table of a clip"),
    ],
)
def test_what_is_no_table(out: Path, stream: str, table: str, message: str) -> None:
    before = (out / "b.csv").read_text()
    with pytest.raises(UsageError, match=message):
        collect_table(out, stream, out / table)
    assert (out / "b.csv").read_text() == before


def test_a_stream_without_such_files(tmp_path: Path) -> None:
    output = OutputFile("hands", "a.npz", 1, "packets", 4)
    with Manifest(tmp_path / "manifest.jsonl") as manifest:
        manifest.add(ClipEntry("a", "/in/a", "r", outputs=(output,)))
    with pytest.raises(UsageError, match=r'no clip has a \.csv of stream "hands"\. Its files are \.npz\.'):
        collect_table(tmp_path, "hands", tmp_path / "all.csv")


def test_a_table_that_cannot_be_written(out: Path) -> None:
    with pytest.raises(OutputError, match=r"all\.csv: cannot be written: No such file"):
        collect_table(out, "hands", out / "no" / "all.csv")
