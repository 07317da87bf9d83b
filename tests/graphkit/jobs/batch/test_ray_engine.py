"""Batches on a Ray that runs on this machine."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from graphkit.errors import BatchError, GraphkitError, StatusCode
from graphkit.jobs import Batch, BatchSettings, ClipLimits, LocalEngine, RayEngine, Share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphkit.jobs import ClipTask, Recipe

pytest.importorskip("ray", reason="Ray is not installed: pip install 'graphkit-media[ray]'")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # Ray's own


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A Ray of two cores, which engines use as they find it."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray

    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield ray
    ray.shutdown()


def processes(words: str) -> list[int]:
    """Return the processes whose command line has *words*."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if words in (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.jsonl") if path.name != "manifest.jsonl"}


def test_results_are_those_of_processes(
    cluster: Any, recipe: Recipe, make_clip: Callable[..., Path], tmp_path: Path
) -> None:
    for number, kind in enumerate(("kill", "good", "hang", "broken", "good", "good")):
        make_clip(tmp_path / "in" / f"{number}-{kind}.mp4", kind)
    limits = ClipLimits(seconds=8)
    summaries = {}
    for name, engine in (("local", LocalEngine(2, limits)), ("ray", RayEngine(limits=limits))):
        summaries[name] = Batch(recipe, [tmp_path / "in"], tmp_path / name, BatchSettings(engine)).run()
    assert contents(tmp_path / "ray") == contents(tmp_path / "local")
    assert len(contents(tmp_path / "ray")) == summaries["ray"].done == 3
    told = {
        name: {entry.clip: (entry.error.kind, entry.error.message) for entry in summary.failures if entry.error}
        for name, summary in summaries.items()
    }
    assert told["ray"] == told["local"]
    again = Batch(recipe, [tmp_path / "in"], tmp_path / "ray", BatchSettings(RayEngine())).run()
    assert (again.done, again.up_to_date, again.passed_over) == (0, 3, 3)
    assert sorted(path.name for path in (tmp_path / "ray").iterdir()) == [
        "1-good.jsonl", "4-good.jsonl", "5-good.jsonl", "manifest.jsonl",
    ]  # fmt: skip


def test_a_process_of_ray_that_is_killed_costs_nothing(
    cluster: Any, recipe: Recipe, make_clip: Callable[..., Path], tmp_path: Path
) -> None:
    clips = [make_clip(tmp_path / "in" / f"{number}.mp4") for number in range(6)]
    killed: list[int] = []

    def kill() -> None:
        while len(killed) < 2:
            for pid in processes("ray::do_clip"):
                if pid not in killed:
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
                    break
            time.sleep(0.3)

    threading.Thread(target=kill, daemon=True).start()
    summary = Batch(recipe, clips, tmp_path / "out", BatchSettings(RayEngine())).run()
    assert len(killed) == 2
    assert (summary.done, summary.failures) == (6, [])
    expected = Batch(recipe, clips, tmp_path / "local", BatchSettings(LocalEngine(2))).run()
    assert expected.done == 6
    assert contents(tmp_path / "out") == contents(tmp_path / "local")


def test_a_clip_that_loses_every_process_of_ray_has_failed(
    cluster: Any, recipe: Recipe, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path
) -> None:
    going = threading.Event()

    def kill() -> None:
        while not going.is_set():
            for pid in processes("ray::do_clip"):
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)

    threading.Thread(target=kill, daemon=True).start()
    task = task_of(make_clip(tmp_path / "a.mp4", "hang"))
    (entry,) = RayEngine(retries=1).entries(recipe, iter([task]), lambda frames: None)
    going.set()
    assert entry.error is not None
    assert (entry.error.kind, entry.error.message[:34]) == ("Crashed", "what did it was lost 2 times: The ")


def test_a_bounded_number_is_under_way(
    cluster: Any, recipe: Recipe, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path
) -> None:
    given, done, most = 0, 0, 0

    def tasks() -> Iterator[ClipTask]:
        nonlocal given, most
        for number in range(9):
            given += 1
            most = max(most, given - done)
            yield task_of(make_clip(tmp_path / f"{number}.mp4"))

    frames: list[int] = []
    for entry in RayEngine(tasks=2).entries(recipe, tasks(), frames.append):
        assert entry.done
        done += 1
    assert (given, done, sum(frames)) == (9, 9, 27)
    assert most <= 3  # one is asked for while two are under way


def test_what_would_fail_for_every_clip_ends_it(
    cluster: Any, recipe: Recipe, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path
) -> None:
    from dataclasses import replace

    wrong = replace(recipe, overrides=("Nobody.x=1",))
    with pytest.raises(GraphkitError, match="Nobody"):
        list(RayEngine().entries(wrong, iter([task_of(make_clip(tmp_path / "a.mp4"))]), lambda frames: None))


def test_more_than_any_machine_has(
    cluster: Any, recipe: Recipe, task_of: Callable[..., ClipTask], tmp_path: Path
) -> None:
    engine = RayEngine(share=Share(1, gpus=1))
    with pytest.raises(BatchError, match="no machine of the cluster has the 1 cores and 1 GPUs") as caught:
        list(engine.entries(recipe, iter([task_of(tmp_path / "a.mp4")]), lambda frames: None))
    assert caught.value.status is StatusCode.RESOURCE_EXHAUSTED


def test_an_engine_that_is_cancelled_drops_what_is_under_way(
    cluster: Any, recipe: Recipe, make_clip: Callable[..., Path], task_of: Callable[..., ClipTask], tmp_path: Path
) -> None:
    engine = RayEngine()
    threading.Timer(1.5, engine.cancel).start()
    begin = time.monotonic()
    task = task_of(make_clip(tmp_path / "a.mp4", "hang"))
    assert list(engine.entries(recipe, iter([task]), lambda frames: None)) == []
    assert time.monotonic() - begin < 20
    assert not (tmp_path / "out" / "a.jsonl").exists()


@pytest.fixture
def started(recipe: Recipe, make_clip: Callable[..., Path], tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A batch on a Ray of its own, one clip after the other; the second hangs for a while."""
    for name, kind in (("a", "good"), ("b", "hang"), ("c", "good")):
        make_clip(tmp_path / "in" / f"{name}.mp4", kind)
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    process = subprocess.Popen(
        [
            sys.executable, "-m", "graphkit.app.cli", "batch", "levels.pbtxt", "in", "-o", "out", "--on", "ray",
            "--processes", "1", "--time-limit", "8", "--dump", "level={clip}.jsonl", "--import", recipe.modules[0],
        ],
        cwd=tmp_path, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    until = time.monotonic() + 120
    while not any((tmp_path / "out").glob(".graphkit/manifest/*/1-*")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)
    yield process
    process.kill()
    process.communicate()


def no_work_is_left(session: int) -> bool:
    """Return whether nobody of a session does clips any more, some seconds later; Ray's own agents take longer."""
    for _ in range(200):
        working = {*processes("ray"), *processes("_batch.worker")} - {*processes("Agent")}
        if not any(_session_of(pid) == session for pid in working):
            return True
        time.sleep(0.1)
    return False


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0


@pytest.mark.parametrize(
    ("number", "status", "group"),
    [
        pytest.param(signal.SIGTERM, 143, False, id="SIGTERM"),
        pytest.param(signal.SIGINT, 130, True, id="Ctrl-C, which reaches all processes of the terminal"),
    ],
)
def test_a_signal_lets_what_is_under_way_be_finished(
    started: subprocess.Popen[str], tmp_path: Path, number: signal.Signals, status: int, group: bool
) -> None:
    (os.killpg if group else os.kill)(started.pid, number)
    printed, complaint = started.communicate(timeout=90)
    assert "Stopping: clips under way are finished" in complaint
    assert started.returncode == status
    assert re.search(r"3 clips: 1 done, 1 failed, 1 left", printed)
    assert "failed: b.mp4: it took more than 8 s." in printed
    assert no_work_is_left(started.pid)


def test_a_batch_that_is_killed_leaves_no_ray_behind_and_goes_on(
    started: subprocess.Popen[str], recipe: Recipe, tmp_path: Path
) -> None:
    started.kill()
    started.communicate()
    assert no_work_is_left(started.pid)
    limits = ClipLimits(seconds=5)
    summary = Batch(recipe, [tmp_path / "in"], tmp_path / "out", BatchSettings(LocalEngine(1, limits))).run()
    assert (summary.up_to_date, summary.done, len(summary.failures)) == (1, 1, 1)
