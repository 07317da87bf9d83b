from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from graphkit import Packet, Timestamp
from graphkit.errors import FormatError, OutputError
from graphkit.formats import (
    Classification,
    ClassificationList,
    ImageFrame,
    LandmarkList,
    NormalizedLandmarkList,
    NormalizedRect,
)
from graphkit.jobs._sinks.csv import CsvFile
from graphkit.jobs._sinks.frame_sizes import FrameSizes
from graphkit.jobs._sinks.jsonl import JsonlFile
from graphkit.jobs._sinks.tables import Table

HANDS = Table(NormalizedLandmarkList, many=True)


def hand() -> NormalizedLandmarkList:
    return NormalizedLandmarkList.from_xyz(np.zeros((21, 3)))


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def test_a_line_is_on_the_disk_before_the_next_packet(tmp_path: Path) -> None:
    dump = JsonlFile(tmp_path / "a.jsonl", "numbers")
    dump.take(Packet(5, 7))
    assert json.loads(dump.path.read_text()) == {"timestamp": 7, "stream": "numbers", "packet": 5}
    assert dump.packets == 1
    dump.close()
    dump.close()


def test_a_row_is_on_the_disk_before_the_next_packet(tmp_path: Path) -> None:
    dump = CsvFile(tmp_path / "a.csv", Table(NormalizedRect, many=False), FrameSizes())
    dump.take(Packet(NormalizedRect(0.5, 0.5, 1, 1), 7))
    assert [row["timestamp"] for row in rows(dump.path)] == ["7"]
    assert dump.packets == 1
    dump.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said(tmp_path: Path) -> None:
    link = tmp_path / "a.jsonl"
    link.symlink_to("/dev/full")
    dump = JsonlFile(link, "numbers")
    with pytest.raises(OutputError, match=r"a.jsonl: cannot be written: No space left on device"):
        dump.take(Packet("x" * 100_000, 7))
    dump.close()


SMALL_DISK = """
import resource
from pathlib import Path
from graphkit.errors import OutputError
from graphkit.formats import NormalizedRect
from graphkit.jobs._sinks.tables import Table
from graphkit.jobs._sinks.csv import CsvFile
from graphkit.jobs._sinks.frame_sizes import FrameSizes
from graphkit.jobs._sinks.jsonl import JsonlFile
from graphkit.framework._packet import Packet
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
table = CsvFile(Path("a.csv"), Table(NormalizedRect, many=False), FrameSizes())
lines = JsonlFile(Path("a.jsonl"), "rect")
for dump in (lines, table):
    try:
        for at in range(1000):
            dump.take(Packet(NormalizedRect(0.5, 0.25, 1 / 3, 1), at))
    except OutputError as error:
        print(dump.packets, error)
table.close()
lines.close()
"""


@pytest.mark.skipif(os.name == "nt", reason="needs resource limits")
def test_a_disk_that_fills_up_leaves_whole_lines(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SMALL_DISK], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    of_lines, of_rows = done.stdout.splitlines()
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert of_lines == f"{len(lines)} a.jsonl: cannot be written: File too large."
    assert len(lines) > 50
    assert [line["timestamp"] for line in lines] == list(range(len(lines)))
    table = rows(tmp_path / "a.csv")
    assert of_rows == f"{len(table)} a.csv: cannot be written: File too large."
    assert len(table) > 50
    assert (tmp_path / "a.csv").read_text().endswith("\n")
    assert {len(row) for row in table} == {len(table[0])}
    assert None not in table[-1].values()


def test_what_is_no_text_is_said(tmp_path: Path) -> None:
    dump = CsvFile(tmp_path / "a.csv", Table(str, many=False), FrameSizes())
    with pytest.raises(FormatError, match=r"a\.csv: .*surrogates not allowed"):
        dump.take(Packet("\ud800", 7))
    dump.close()


def test_a_file_that_cannot_be_finished_is_said(tmp_path: Path) -> None:
    dump = JsonlFile(tmp_path / "a.jsonl", "numbers")
    os.close(dump._file._file.fileno())
    with pytest.raises(OutputError, match=r"a\.jsonl: cannot be finished: Bad file descriptor"):
        dump.close()


def test_rows_wait_for_the_handedness_and_go_at_the_end(tmp_path: Path) -> None:
    dump = CsvFile(tmp_path / "a.csv", HANDS, FrameSizes(), label="handedness")
    dump.take(Packet([hand()], 1))
    assert rows(dump.path) == []
    dump.take_labels(Packet([ClassificationList([Classification(0, 0.9, "Left")])], 1))
    dump.take_labels(Packet.empty(Timestamp(2)))
    dump.take(Packet([hand()], 2))
    dump.take(Packet([hand()], 3))
    assert [row["handedness"] for row in rows(dump.path)] == ["Left"] * 21 + [""] * 21
    dump.close()
    assert [row["timestamp"] for row in rows(dump.path)][::21] == ["1", "2", "3"]
    assert dump.packets == 3


def test_ids_are_a_column_and_a_field_of_lines(tmp_path: Path) -> None:
    table = CsvFile(tmp_path / "a.csv", HANDS, FrameSizes(), label="id")
    lines = JsonlFile(tmp_path / "a.jsonl", "people", with_ids=True)
    for dump in (table, lines):
        dump.take(Packet([hand(), hand()], 1))
        dump.take_labels(Packet([2, 5], 1))
        dump.take_labels(Packet([], 2))
        dump.close()
    assert [(row["item"], row["id"]) for row in rows(table.path)] == [("0", "2")] * 21 + [("1", "5")] * 21
    (line,) = map(json.loads, lines.path.read_text().splitlines())
    assert (line["timestamp"], line["ids"], len(line["packet"])) == (1, [2, 5], 2)


def test_the_size_is_that_of_the_frame_of_the_same_time(tmp_path: Path) -> None:
    sizes = FrameSizes()
    dump = CsvFile(tmp_path / "a.csv", HANDS, sizes)
    for at, width in ((1, 8), (2, 4)):
        sizes.take(Packet(ImageFrame(np.zeros((6, width, 3), np.uint8)), at))
    dump.take(Packet([hand()], 1))  # a graph may lag behind what it is fed
    dump.take(Packet([hand()], 2))
    assert [(row["frame_width"], row["frame_height"]) for row in rows(dump.path)[::21]] == [("8", "6"), ("4", "6")]
    dump.close()


def test_the_first_packet_decides_where_the_type_does_not(tmp_path: Path) -> None:
    dump = CsvFile(tmp_path / "a.csv", None, FrameSizes())
    dump.take(Packet([], 1))
    dump.take(Packet([LandmarkList.from_xyz(np.ones((1, 3)))], 2))
    dump.take(Packet([], 3))
    assert [(row["timestamp"], row["item"], row["x"]) for row in rows(dump.path)] == [("2", "0", "1.0")]
    with pytest.raises(FormatError, match=r"a \.csv holds landmarks"):
        dump.take(Packet(5, 4))
    dump.close()
