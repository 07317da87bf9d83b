from __future__ import annotations

from pathlib import Path

import pytest

from graphkit.jobs._kinds import SINKS
from graphkit.jobs._sinks.csv import CsvSink
from graphkit.jobs._sinks.jsonl import JsonlSink
from graphkit.jobs._sinks.naming import Naming, naming_for
from graphkit.jobs._sinks.npz import NpzSink
from graphkit.jobs._sinks.png import PngSink


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param("a.jsonl", JsonlSink, id="jsonl"),
        pytest.param("A.CSV", CsvSink, id="capitals"),
        pytest.param(Path("b/a.npz"), NpzSink, id="a path"),
        pytest.param("a_%d.png", PngSink, id="pictures"),
        pytest.param("masks/", PngSink, id="folder to be"),
        pytest.param("there", PngSink, id="folder"),
        pytest.param("there.csv", PngSink, id="folder with a suffix"),
    ],
)
def test_the_kind_of_a_file(name, kind: type, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("there", "there.csv"):
        Path(folder).mkdir()
    assert SINKS.claiming(str(name)) is kind


@pytest.mark.parametrize(
    ("name", "shown", "at_40_ms"),
    [
        pytest.param("masks/", "masks/%012d.png", "masks/000000040000.png", id="folder"),
        pytest.param("masks/a_%06d.png", "masks/a_%06d.png", "masks/a_040000.png", id="padded"),
        pytest.param("%d.PNG", "%d.PNG", "40000.PNG", id="plain"),
        pytest.param("50%/%d.png", "50%/%d.png", "50%/40000.png", id="the folder is taken as it is"),
    ],
)
def test_names_of_pictures(name: str, shown: str, at_40_ms: str) -> None:
    naming = naming_for(name)
    assert naming.shown == Path(shown)
    assert naming.file_at(40_000) == Path(at_40_ms)


def test_existing_pictures_are_those_of_the_naming(tmp_path: Path) -> None:
    assert Naming(tmp_path / "none", "a_%d.png").existing() == 0
    for name in ("a_5.png", "a_000.png", "a_-5.png", "a_.png", "b_5.png", "a_5.jpg", "a_5xpng"):
        (tmp_path / name).touch()
    assert Naming(tmp_path, "a_%04d.png").existing() == 3
