"""Tables as .parquet: those of .csv, with types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from graphkit import Packet
from graphkit.errors import OutputError, PackageError, UsageError
from graphkit.formats import (
    Detection,
    ImageFrame,
    LandmarkList,
    NormalizedLandmarkList,
    NormalizedRect,
    RelativeBoundingBox,
)
from graphkit.jobs._sinks import parquet
from graphkit.jobs._sinks.csv import CsvFile
from graphkit.jobs._sinks.frame_sizes import FrameSizes
from graphkit.jobs._sinks.parquet import ParquetFile
from graphkit.jobs._sinks.tables import Table

from .conftest import points

pytest.importorskip("pyarrow", reason="pyarrow is not installed")


def sizes() -> FrameSizes:
    known = FrameSizes()
    known.take(Packet(ImageFrame(np.zeros((48, 64, 3), np.uint8)), 0))
    return known


def both(folder: Path, table: Table | None, *payloads: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    for kind, name in ((CsvFile, "a.csv"), (ParquetFile, "a.parquet")):
        file = kind(folder / name, table, sizes())
        for time, payload in enumerate(payloads):
            file.take(Packet(payload, time))
        file.close()
        file.close()
    return pd.read_csv(folder / "a.csv"), pd.read_parquet(folder / "a.parquet")


BOX = Detection(label=('a, "b"\nc',), score=(0.1,), location=RelativeBoundingBox(0.1, 0.2, 0.3, 0.4))


@pytest.mark.parametrize(
    ("table", "payloads"),
    [
        pytest.param(Table(NormalizedLandmarkList, many=True), [[points(33, seen=0.5)] * 2, []], id="people"),
        pytest.param(Table(LandmarkList, many=False), [LandmarkList.from_xyz(np.ones((21, 3)))], id="hand"),
        pytest.param(Table(Detection, many=True), [[BOX, Detection(score=(0.5,))]], id="detections"),
        pytest.param(Table(NormalizedRect, many=False), [NormalizedRect(0.5, 0.5, 1, 1, 0.1)], id="rect"),
        pytest.param(Table(ImageFrame, many=False), [ImageFrame(np.zeros((4, 5, 3), np.uint8))], id="pictures"),
        pytest.param(Table(int, many=False), [5, -7], id="numbers"),
        pytest.param(Table(str, many=True), [["a", "b,c"]], id="texts"),
        pytest.param(None, [1.5, 2.25], id="type from the first packet"),
    ],
)
def test_the_table_is_that_of_the_csv(tmp_path: Path, table: Table | None, payloads: list[Any]) -> None:
    text, typed = both(tmp_path, table, *payloads)
    assert list(typed.columns) == list(text.columns)
    assert len(typed) == len(text) > 0
    for column in text:
        a, b = text[column], typed[column]
        if a.isna().all():
            assert b.isna().all()
        elif b.dtype.kind == "f":
            assert (a.to_numpy().astype(b.dtype) == b.to_numpy()).sum() == a.notna().sum() == b.notna().sum()
        else:
            assert a.tolist() == b.tolist()


def test_the_columns_have_types(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    both(tmp_path, Table(NormalizedLandmarkList, many=True), [points(21)])
    types = {field.name: str(field.type) for field in pq.read_schema(tmp_path / "a.parquet")}
    assert types == {
        "timestamp": "int64", "item": "int32", "index": "int32", "name": "string", "x": "float", "y": "float",
        "z": "float", "visibility": "float", "presence": "float", "frame_width": "int32", "frame_height": "int32",
    }  # fmt: skip


def test_numbers_that_are_none_stay_apart_from_missing_ones(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    both(tmp_path, Table(float, many=False), float("nan"), float("inf"), -1.5)
    values = pq.read_table(tmp_path / "a.parquet")["value"]
    assert values.null_count == 0
    assert np.array_equal(values.to_numpy(), [np.nan, np.inf, -1.5], equal_nan=True)


def test_a_run_writes_ids(write) -> None:
    made = {"p": ("people", {0: [points(33), points(33)]}), "tracking_ids": ("ids", {0: [7, 3]})}
    write({"p": "people.parquet"}, made)
    found = pd.read_parquet("people.parquet")
    assert found.groupby("id").size().to_dict() == {3: 33, 7: 33}
    assert set(found.frame_width) == {64}


def test_a_stream_without_packets_has_its_columns(write) -> None:
    write({"p": "people.parquet"}, {"p": ("people", {})})
    assert len(pd.read_parquet("people.parquet")) == 0
    assert "frame_height" in pd.read_parquet("people.parquet").columns


def test_many_rows_become_several_groups(tmp_path: Path, monkeypatch) -> None:
    import pyarrow.parquet as pq

    monkeypatch.setattr(parquet, "_GROUP_BYTES", 2_000)
    text, typed = both(tmp_path, Table(NormalizedLandmarkList, many=False), *[points(33)] * 5)
    assert pq.ParquetFile(tmp_path / "a.parquet").num_row_groups > 2
    assert typed.timestamp.tolist() == text.timestamp.tolist()


def test_without_pyarrow_the_command_is_named(write, monkeypatch) -> None:
    monkeypatch.setattr(parquet, "find_spec", lambda name: None)
    with pytest.raises(
        PackageError, match=r"pyarrow: p=x\.parquet needs it.*Fix: pip install 'graphkit-media\[parquet\]'"
    ):
        write({"p": "x.parquet"}, {"p": ("pose", {})})
    assert list(Path().iterdir()) == []


def test_streams_without_a_table_are_refused(write, make_graph, clip: Path) -> None:
    from graphkit.jobs import run_video

    graph = make_graph(
        'node { calculator: "ImagePropertiesCalculator" input_stream: "IMAGE:input_video" '
        'output_stream: "SIZE:s" }',
        outputs=["s"],
    )
    with pytest.raises(UsageError, match=r"a \.parquet holds landmarks"):
        run_video(graph, clip, dumps={"s": "x.parquet"})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said(write) -> None:
    Path("full.parquet").symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"full\.parquet: cannot be"):
        write({"p": "full.parquet"}, {"p": ("people", {frame: [points(33)] * 20 for frame in range(12)})})
    assert [path.name for path in Path().iterdir()] == ["full.parquet"]
