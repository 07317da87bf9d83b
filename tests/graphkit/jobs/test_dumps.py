from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from graphkit.errors import OutputError, UsageError
from graphkit.jobs.dumps import JsonlDump, check_dumps, check_file, open_dumps
from graphkit.packet import Packet

HANDS = (
    'node { calculator: "SampleHands" input_stream: "input_video" output_stream: "LANDMARKS:landmarks" '
    'output_stream: "HANDEDNESS:handedness" }'
)


@pytest.fixture
def plan(make_graph):
    return make_graph(HANDS, outputs=["landmarks"]).plan


def test_a_line_is_on_the_disk_before_the_next_packet(tmp_path: Path) -> None:
    dump = JsonlDump("numbers", tmp_path / "a.jsonl")
    dump.take(Packet(5, 7))
    assert json.loads(dump.path.read_text()) == {"timestamp": 7, "stream": "numbers", "packet": 5}
    assert dump.packets == 1
    dump.close()
    dump.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said(tmp_path: Path) -> None:
    link = tmp_path / "a.jsonl"
    link.symlink_to("/dev/full")
    dump = JsonlDump("numbers", link)
    with pytest.raises(OutputError, match=r"a.jsonl: cannot be written: No space left on device"):
        dump.take(Packet("x" * 100_000, 7))
    dump.close()


@pytest.mark.parametrize(
    ("dumps", "error", "message"),
    [
        pytest.param({"landmark": "a.jsonl"}, UsageError, r'no stream "landmark"\. Did you mean', id="stream"),
        pytest.param({"landmarks": "a.json"}, UsageError, r'unknown kind of file "\.json"\. Did you', id="kind"),
        pytest.param({"landmarks": "a"}, UsageError, r"Known: \.jsonl, \.csv", id="no kind"),
        pytest.param({"handedness": "a.csv"}, UsageError, r"a \.csv holds landmarks only", id="no landmarks"),
        pytest.param(
            {"landmarks": "a.jsonl", "handedness": "./a.jsonl"}, UsageError,
            "this file is the dump of landmarks already", id="same file",
        ),
        pytest.param({"landmarks": "none/a.jsonl"}, OutputError, "none does not exist", id="no folder"),
    ],
)  # fmt: skip
def test_dumps_that_are_refused(plan, tmp_path: Path, monkeypatch, dumps, error, message) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        check_dumps(plan, dumps)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        check_file(tmp_path, "--dump x=y")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="no permission to write"):
        check_file(tmp_path / "a.jsonl", "--dump x=y")


def test_a_file_that_cannot_be_finished_is_said(tmp_path: Path) -> None:
    dump = JsonlDump("numbers", tmp_path / "a.jsonl")
    os.close(dump._file.fileno())
    with pytest.raises(OutputError, match=r"a\.jsonl: cannot be finished: Bad file descriptor"):
        dump.close()


def test_what_was_opened_is_closed_when_another_cannot_be(plan, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be created"):
        open_dumps(plan, {"landmarks": tmp_path / "a.jsonl", "handedness": tmp_path / "none" / "b.jsonl"})
    assert (tmp_path / "a.jsonl").exists()
