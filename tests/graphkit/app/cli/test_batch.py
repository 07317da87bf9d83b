"""``graphkit batch`` and ``graphkit manifest``."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from graphkit.app.cli import manifest
from graphkit.jobs import newest_entries

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

SAMPLES = Path(__file__).parents[2] / "jobs" / "sample_calculators.py"
WAIT = 'node { calculator: "SampleWait" input_stream: "input_video" output_stream: "late" }'
HANDS = 'calculator: "SampleHands"\n  input_stream: '
DUMP = ("--dump", "landmarks={clip}.csv", "--import", SAMPLES)


@pytest.fixture
def clips(work: Path, clip: Path) -> Path:
    """A folder of two clips, one of them in a folder of its own."""
    (work / "in" / "x").mkdir(parents=True)
    shutil.copy(clip, work / "in" / "a.mp4")
    shutil.copy(clip, work / "in" / "x" / "b.mp4")
    return work / "in"


def _started() -> subprocess.Popen[str]:
    """Start a batch, one clip after the other, that ends none before there is a file "go_on" or "go_on_once".

    Returns when the first clip is under way.
    """
    graph = Path("hands.pbtxt")
    graph.write_text(graph.read_text().replace(f'{HANDS}"input_video"', f'{HANDS}"late"') + WAIT)
    command = [
        sys.executable,
        "-m",
        "graphkit.app.cli",
        "batch",
        "hands.pbtxt",
        "in",
        "-o",
        "out",
        "--processes",
        "1",
    ]
    process = subprocess.Popen(
        [*command, *map(str, DUMP)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    _wait_for(lambda: any(Path("out").glob(".graphkit/manifest/*/0")))
    return process


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _wait_for(found: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not found():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_folder_is_done_killed_and_done_again(work: Path, clips: Path, graphkit: Callable[..., Result]) -> None:
    process = _started()
    (work / "go_on_once").touch()
    _wait_for((work / "out" / "a.csv").exists)
    process.kill()
    process.communicate()
    (work / "go_on").touch()
    first = (work / "out" / "a.csv").read_bytes()
    graphkit("run", "hands.pbtxt", "--input_video_path", clips / "a.mp4", "--dump", "landmarks=r.csv")
    assert first == (work / "r.csv").read_bytes()
    ended = graphkit("batch", "hands.pbtxt", "in", "-o", "out", *DUMP)
    assert ended.exit_code == 0
    assert re.search(r"2 clips: (1 done, 1 done before; 12|2 done; 24) frames in", ended.output)
    assert f"manifest: {work / 'out' / 'manifest.jsonl'}" in ended.output
    assert _files(work / "out") == ["a.csv", "manifest.jsonl", "x/b.csv"]
    assert (work / "out" / "x" / "b.csv").read_bytes() == first


def test_a_signal_lets_what_is_under_way_be_finished(work: Path, clips: Path) -> None:
    process = _started()
    process.send_signal(signal.SIGTERM)
    _wait_for(lambda: "Stopping: clips under way are finished" in process.stderr.readline())  # type: ignore[union-attr]
    (work / "go_on").touch()
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "2 clips: 1 done, 1 left; 12 frames" in printed
    assert "note: Stopped; clips under way were finished. Run the same command again for the rest." in printed


def test_a_second_signal_drops_what_is_under_way(work: Path, clips: Path) -> None:
    process = _started()
    process.send_signal(signal.SIGINT)
    _wait_for(lambda: "Stopping" in process.stderr.readline())  # type: ignore[union-attr]
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "2 clips: 0 done, 2 left" in printed
    assert "clips under way were dropped" in printed
    assert _files(work / "out") == ["manifest.jsonl"]


def test_a_broken_clip_is_named_and_the_status_is_1(
    work: Path, clips: Path, graphkit: Callable[..., Result]
) -> None:
    (clips / "bad.mp4").write_text("no clip")
    first = graphkit("batch", "hands.pbtxt", "in", "-o", "out", *DUMP, "--quiet")
    assert (first.exit_code, first.output) == (1, "")
    shown = graphkit("manifest", "show", "out", "--all").output.splitlines()
    assert shown[0].startswith("done: a.mp4: 12 frames, landmarks in 9, ")
    assert shown[1].startswith("failed: bad.mp4: ")
    assert shown[-1].startswith("3 clips: 2 done, 1 failed; 24 frames, ")
    again = graphkit("batch", "hands.pbtxt", "in", "-o", "out", *DUMP)
    assert again.exit_code == 1
    assert "3 clips: 0 done, 2 done before, 1 failed before; 0 frames" in again.output
    assert "note: 1 clip passed over; --retry-failed does them again." in again.output


def test_a_damaged_clip_counts_as_is_asked_for(
    work: Path, clips: Path, damaged: Path, graphkit: Callable[..., Result]
) -> None:
    shutil.copy(damaged, clips / "bad.mp4")
    command = ("batch", "hands.pbtxt", "in", "-o", "out", *DUMP)
    assert graphkit(*command).exit_code == 0
    told = graphkit(*command, "--strict", "--dry-run")
    assert told.output.splitlines()[0] == "bad.mp4: damaged, which counts otherwise now"
    strict = graphkit(*command, "--strict")
    assert strict.exit_code == 1
    assert "3 clips: 0 done, 1 failed, 2 done before;" in strict.output
    assert "failed: bad.mp4: The input is damaged: packets that could not be decoded:" in strict.output
    assert "1 failed before" in graphkit(*command, "--strict").output
    assert "3 clips: 1 done, 2 done before;" in graphkit(*command).output


def test_one_table_of_all_clips_and_one_manifest(work: Path, clips: Path, graphkit: Callable[..., Result]) -> None:
    for shard in ("0/2", "1/2"):
        assert graphkit("batch", "hands.pbtxt", "in", "-o", "out", *DUMP, "--shard", shard).exit_code == 0
    assert graphkit("manifest", "merge", "out").output == "out/manifest.jsonl\n"
    assert list(newest_entries(work / "out")) == ["a.mp4", "x/b.mp4"]
    assert graphkit("manifest", "table", "out", "landmarks", "all.csv").output == "all.csv (2 clips)\n"
    rows = (work / "all.csv").read_text().splitlines()
    assert rows[0].startswith("clip,timestamp,item,")
    assert {row.partition(",")[0] for row in rows[1:]} == {"a.mp4", "x/b.mp4"}
    assert sorted(manifest.manifest_command.commands) == ["merge", "show", "table"]  # type: ignore[attr-defined]


def test_a_dry_run_only_tells(work: Path, clips: Path, graphkit: Callable[..., Result]) -> None:
    told = graphkit("batch", "hands.pbtxt", "in", "-o", "out", *DUMP, "--dry-run")
    assert told.output.splitlines() == ["a.mp4: new", "x/b.mp4: new", "2 of 2 clips would be done"]
    assert not (work / "out").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(
            ["-o", "out"], "error: no clips given. Name files, folders or patterns behind", id="no clips"
        ),
        pytest.param(["nothing/*.mp4", "-o", "out"], 'no file fits the pattern "nothing/*.mp4"', id="pattern"),
        pytest.param(["in", "-o", "in/out"], "error: --out: ", id="out inside"),
        pytest.param(["in"], "Missing option '-o' / '--out'", id="no out"),
        pytest.param(["in", "-o", "out", "--shard", "2/2"], "error: --shard: there is no part 2/2", id="shard"),
        pytest.param(["in", "-o", "out", "--dump", "input_video={clp}/"], "error: --dump: ", id="placeholder"),
        pytest.param(
            ["in/a.mp4", "more/a.mp4", "-o", "out"], "names begin below WORK: --root FOLDER.", id="names"
        ),
        pytest.param(["in", "-o", "out", "--set", "Nobody.x=1"], "error: --set Nobody.x=1", id="override"),
    ],
)
def test_wrong_usage(
    work: Path, clips: Path, graphkit: Callable[..., Result], words: list[str], message: str
) -> None:
    (work / "more").mkdir()
    shutil.copy(clips / "a.mp4", work / "more")
    ended = graphkit("batch", "hands.pbtxt", *DUMP, *words)
    assert ended.exit_code == 2
    assert message.replace("WORK", str(work)) in ended.output


def test_a_video_in_place_of_the_graph(clips: Path, graphkit: Callable[..., Result]) -> None:
    ended = graphkit("batch", "in/a.mp4", "in", "-o", "out", *DUMP)
    assert (ended.exit_code, ended.output) == (
        2, "error: in/a.mp4: is a video, not a graph. Name both: graphkit batch GRAPH in/a.mp4\n",
    )  # fmt: skip


def test_a_batch_that_does_not_begin_has_no_summary(
    work: Path, clips: Path, graphkit: Callable[..., Result]
) -> None:
    (work / "out").mkdir()
    (work / "out" / "manifest.jsonl").write_text("nonsense\n")
    ended = graphkit("batch", "hands.pbtxt", "in", "-o", "out", *DUMP)
    assert ended.exit_code == 1
    assert ended.output.startswith("error: ")


def test_more_clips_come_from_a_list(work: Path, clips: Path, graphkit: Callable[..., Result]) -> None:
    (work / "list.txt").write_text("in/x/b.mp4\n")
    words = ["in/a.mp4", "--clips-from", "list.txt", "-o", "out", "--dry-run"]
    told = graphkit("batch", "hands.pbtxt", *DUMP, *words)
    assert told.output.splitlines()[:2] == ["a.mp4: new", "b.mp4: new"]


def test_what_ray_keeps_is_asked_of_ray_only(work: Path, clips: Path, graphkit: Callable[..., Result]) -> None:
    ended = graphkit("batch", "hands.pbtxt", "in", "-o", "out", *DUMP, "--gpus-per-clip", "1")
    assert ended.exit_code == 2
    assert "--cpus-per-clip and --gpus-per-clip say what Ray keeps for a clip: --on ray" in ended.output


def test_a_machine_without_ray(
    work: Path, clips: Path, graphkit: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphkit.jobs._batch.ray_engine.find_spec", lambda name: None)
    ended = graphkit("batch", "hands.pbtxt", "in", "-o", "out", *DUMP, "--on", "ray")
    assert ended.exit_code == 1
    assert "pip install 'graphkit-media[ray]'" in ended.output
    assert not (work / "out").exists()
