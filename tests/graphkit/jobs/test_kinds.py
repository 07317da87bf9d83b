"""Kinds of files and of input that an installed package adds."""

from __future__ import annotations

import json
import logging
import sqlite3
import sys
from typing import TYPE_CHECKING

import pytest

from graphkit.errors import UsageError
from graphkit.jobs import FileSink, JobSettings, files_job, run_video
from graphkit.jobs._kinds import SINKS, SOURCES, Kinds, _Late

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HANDS = (
    'node { calculator: "SampleHands" input_stream: "input_video" output_stream: "LANDMARKS:landmarks" '
    "options { [jobtest.SampleOptions.ext] { every: 4 at: 5 } } }"
)
THROUGH = 'node { calculator: "PassThroughCalculator" input_stream: "x" output_stream: "y" }'
CODE = """
import json, sqlite3
from pathlib import Path
from graphkit.formats import to_json
from graphkit.jobs import FileSink, InputSet, Source

class SqliteSink(FileSink):
    endings = (".sqlite", ".data")

    def open(self):
        self.database = sqlite3.connect(self.path, check_same_thread=False)
        self.database.execute("CREATE TABLE packets (timestamp INTEGER, packet TEXT)")

    def write(self, packet):
        row = (int(packet.timestamp), json.dumps(to_json(packet.payload)))
        self.database.execute("INSERT INTO packets VALUES (?, ?)", row)

    def close(self, ending):
        self.database.execute("INSERT INTO packets VALUES (-1, ?)", ("whole" if ending.whole else "broken",))
        self.database.commit()
        self.database.close()

class OtherSink(FileSink):
    endings = (".data",)

    def write(self, packet):
        pass

class LinesSource(Source):
    endings = (".lines",)

    def __iter__(self):
        for second, line in enumerate(Path(self.place).read_text().splitlines()):
            yield InputSet(second * 1_000_000, {self.stream: line})

def no_class():
    pass
"""
ENTRIES = """
[graphkit.sinks]
sqlite = installed_kinds:SqliteSink
other = installed_kinds:OtherSink
broken = not_there_at_all:Sink
odd = installed_kinds:no_class
csv = installed_kinds:SqliteSink

[graphkit.sources]
lines = installed_kinds:LinesSource
"""


def forget_kinds() -> None:
    for table in (SINKS, SOURCES):
        vars(table).pop("installed", None)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package with two kinds of files and a kind of input, and its folder."""
    site = tmp_path / "site"
    info = site / "installed_kinds-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: installed-kinds\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRIES)
    (site / "installed_kinds.py").write_text(CODE)
    monkeypatch.syspath_prepend(str(site))
    forget_kinds()
    yield tmp_path
    forget_kinds()
    sys.modules.pop("installed_kinds", None)


def rows(path: Path) -> list[tuple[int, str]]:
    database = sqlite3.connect(path)
    found = database.execute("SELECT timestamp, packet FROM packets").fetchall()
    database.close()
    return found


@pytest.mark.parametrize("name", ["hands.sqlite", "sqlite:hands.anything", "sqlite:hands.csv"])
def test_an_installed_sink_writes(
    installed: Path, make_graph: Callable, clip: Path, name: str, monkeypatch
) -> None:
    monkeypatch.chdir(installed)
    summary = run_video(make_graph(HANDS, outputs=["landmarks"]), clip, dumps={"landmarks": name})
    path = installed / name.rpartition(":")[2]
    *packets, last = rows(path)
    assert [at for at, _ in packets] == [i * 40_000 for i in range(12) if i % 4 != 3]
    assert len(json.loads(packets[0][1])[0]["landmark"]) == 21
    assert last == (-1, "whole")
    assert [(str(file.path), file.items) for file in summary.files] == [(path.name, 9)]


def test_an_installed_sink_is_closed_after_a_failure(installed: Path, make_graph: Callable, clip: Path) -> None:
    fail = 'node { calculator: "SampleFail" input_stream: "input_video" output_stream: "output_video" }'
    with pytest.raises(Exception, match="the sample failed"):
        run_video(make_graph(HANDS, fail), clip, dumps={"landmarks": installed / "hands.sqlite"})
    assert rows(installed / "hands.sqlite")[-1] == (-1, "broken")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param(
            "a.data", r"landmarks=a\.data: it may be other or sqlite\. .* other:a\.data", id="two claim it"
        ),
        pytest.param("sqlit:a.x", r'there is no kind "sqlit"\. Did you mean \'sqlite\'\?', id="a kind misspelt"),
        pytest.param("xyz:a.csv", r"Known: jsonl, csv, .*, other, sqlite\. .* \./xyz:a\.csv", id="no kind"),
        pytest.param(
            "a.sqlit", r'unknown kind of file "\.sqlit"\. Did you mean .*\.sqlite', id="an ending misspelt"
        ),
    ],
)
def test_names_that_mean_no_kind(
    installed: Path, make_graph: Callable, clip: Path, name: str, message: str, monkeypatch
) -> None:
    monkeypatch.chdir(installed)
    with pytest.raises(UsageError, match=message):
        run_video(make_graph(HANDS, outputs=["landmarks"]), clip, dumps={"landmarks": name})
    assert not (installed / "a.csv").exists()


def test_what_a_package_cannot_add_is_logged(installed: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "graphkit.jobs"):
        assert sorted(SINKS.installed) == ["other", "sqlite"]
    assert [message[:41] for message in caplog.messages] == [
        "graphkit.sinks broken (not_there_at_all:S",
        "graphkit.sinks csv (installed_kinds:Sqlit",
        "graphkit.sinks odd (installed_kinds:no_cl",
    ]
    assert "could not be loaded: No module named 'not_there_at_all'" in caplog.messages[0]
    assert "has the name of one that comes along" in caplog.messages[1]
    assert "is no FileSink" in caplog.messages[2]


@pytest.mark.parametrize("name", ["a.lines", "lines:a.txt"])
def test_an_installed_source_feeds(installed: Path, make_graph: Callable, name: str, monkeypatch) -> None:
    monkeypatch.chdir(installed)
    (installed / name.rpartition(":")[2]).write_text("one\ntwo\n")
    out = installed / "out.jsonl"
    files_job(make_graph(THROUGH, inputs=["x"], outputs=["y"]), {"x": name}, JobSettings(dumps={"y": out})).run()
    entries = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(entry["timestamp"], entry["packet"]) for entry in entries] == [(0, "one"), (1_000_000, "two")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("hands.csv", (None, "hands.csv"), id="a file"),
        pytest.param("./a:b.csv", (None, "./a:b.csv"), id="a file with a colon"),
        pytest.param("12:30.csv", (None, "12:30.csv"), id="a time"),
        pytest.param("C:hands.csv", (None, "C:hands.csv"), id="a drive"),
        pytest.param("rtsp://host/x", (None, "rtsp://host/x"), id="a URL"),
        pytest.param("jsonl:a.txt", ("jsonl", "a.txt"), id="a kind"),
    ],
)
def test_a_kind_stands_before_a_colon(text: str, expected: tuple[str | None, str]) -> None:
    kind, rest = SINKS.split(text)
    name = None if kind is None else next(key for key, value in SINKS._built_in.items() if value is kind)
    assert (name, rest) == expected


def test_packages_are_looked_at_only_where_they_may_help(monkeypatch: pytest.MonkeyPatch) -> None:
    table: Kinds[FileSink] = Kinds("graphkit.sinks", FileSink, dict(SINKS._built_in))  # type: ignore[type-abstract]
    assert table.claiming("a.csv") is not None
    assert table.split("csv:a.txt")[0] is not None
    assert "installed" not in vars(table)


def test_sinks_that_are_imported_late_have_the_endings_of_their_classes() -> None:
    late = {name: kind for name, kind in SINKS._built_in.items() if isinstance(kind, _Late)}
    assert {name: kind.endings for name, kind in late.items()} == {
        name: kind.load().endings for name, kind in late.items()
    }
    assert set(late) == {"parquet", "openpose", "coco", "trc"}
