"""What is asked of the operating system, on this one and on one that has less."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final

import pytest

import graphkit
import graphkit_calculators
from graphkit._process import system
from graphkit._process.threads import usable_cores
from graphkit.app.bench import cores
from graphkit.app.bench.processes import Program
from graphkit.errors import BenchmarkError, UsageError

LINUX_ONLY: Final = ("sched_getaffinity", "sched_setaffinity")
NOT_ON_WINDOWS: Final = ("getloadavg", "geteuid", "killpg", "set_blocking", "O_NONBLOCK", "sysconf")
ASKS: Final = re.compile(r"sys\.platform|\bos\.name\b|platform\.system\(|hasattr\(os,")


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process as it would be on Windows, as far as the seam can tell."""
    monkeypatch.setattr(sys, "platform", "win32")
    for name in (*LINUX_ONLY, *NOT_ON_WINDOWS):
        monkeypatch.delattr(os, name, raising=False)
    monkeypatch.setitem(sys.modules, "resource", None)


@pytest.fixture
def mac(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for macOS."""
    monkeypatch.setattr(sys, "platform", "darwin")
    for name in LINUX_ONLY:
        monkeypatch.delattr(os, name, raising=False)
    monkeypatch.delattr(time, "pthread_getcpuclockid", raising=False)


@pytest.mark.parametrize("root", [Path(p.__file__).parent for p in (graphkit, graphkit_calculators)], ids=str)
def test_nobody_else_asks_which_system_this_is(root: Path) -> None:
    asking = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if path.parent.name != "_process" and ASKS.search(path.read_text())
    }
    assert asking == set()


@pytest.mark.skipif(not system.LINUX, reason="Linux tells all of this")
def test_what_linux_tells() -> None:
    assert system.usable_processors() == os.sched_getaffinity(0)
    assert system.load() == pytest.approx(os.getloadavg()[0], abs=1)
    assert system.seconds_of_ticks(os.sysconf("SC_CLK_TCK")) == 1
    assert system.is_root() is (os.geteuid() == 0)
    begun = system.seconds_of_thread(threading.get_ident())
    sum(range(100_000))
    assert system.seconds_of_thread(threading.get_ident()) > begun


@pytest.mark.usefixtures("windows")
def test_what_windows_does_not_tell() -> None:
    assert system.usable_processors() is None
    assert (system.load(), system.seconds_of_children(), system.is_root()) == (None, None, False)
    assert system.seconds_of_thread(threading.get_ident()) == 0
    assert usable_cores() >= 1


@pytest.mark.usefixtures("mac")
def test_what_macos_does_not_tell() -> None:
    assert system.usable_processors() is None
    assert system.seconds_of_thread(threading.get_ident()) == 0
    assert system.load() is not None
    assert usable_cores() >= 1


@pytest.mark.usefixtures("mac")
def test_no_process_is_held_to_processors_where_that_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "NAME", "darwin")
    with pytest.raises(UsageError, match=r"^threads: processes cannot be held to some processors on darwin\. "):
        cores.usable()


def test_nothing_is_measured_where_nobody_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "seconds_of_children", lambda: None)
    monkeypatch.setattr(system, "NAME", "win32")
    with pytest.raises(BenchmarkError, match=r"^win32 does not tell what ended processes have used\. Measure on "):
        Program("side", [sys.executable], {}).run({})


@pytest.mark.skipif(system.WINDOWS, reason="Windows has no groups of processes")
def test_a_group_ends_with_all_that_it_started() -> None:
    started = "import subprocess, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)"
    command = [sys.executable, "-c", started]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, process_group=0) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        system.kill_group(process)
        assert process.wait() < 0
    until = time.monotonic() + 10
    while _runs(child) and time.monotonic() < until:
        time.sleep(0.01)
    assert not _runs(child)


@pytest.mark.usefixtures("windows")
def test_windows_ends_the_process_itself() -> None:
    with subprocess.Popen(["sleep", "60"], text=True) as process:
        system.kill_group(process)
        assert process.wait() < 0


@pytest.mark.skipif(system.WINDOWS, reason="Windows has no pipes among its files")
def test_a_pipe_opens_when_somebody_reads_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert system.opened_pipe(pipe) is None
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    writer = system.opened_pipe(pipe)
    assert writer is not None
    assert stat.S_ISFIFO(os.fstat(writer).st_mode)
    assert not os.get_blocking(writer)
    system.let_wait(writer)
    assert os.get_blocking(writer)
    os.close(writer)
    os.close(reader)


@pytest.mark.skipif(system.WINDOWS, reason="Windows locks nothing")
def test_a_file_is_locked_until_it_is_closed(tmp_path: Path) -> None:
    first, second = ((tmp_path / "file").open("a+b") for _ in range(2))
    system.lock(first)
    with pytest.raises(BlockingIOError):
        system.lock(second)
    first.close()
    system.lock(second)
    second.close()


@pytest.mark.skipif(not system.LINUX, reason="Linux tells it")
def test_the_memory_of_a_process() -> None:
    assert system.memory_of(os.getpid()) > 1 << 20
    assert system.memory_of(0) == 0


def test_a_pipe_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        system.opened_pipe(tmp_path / "none")


def _runs(process: int) -> bool:
    """Return whether a process is there and has not ended; one that nobody waited for is a zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


FREED_AND_TAKEN_AGAIN = """
import resource, sys
from graphkit._process.system import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory(3 << 20)
import numpy as np
held = []
for number in range(120):
    if number == 20:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    held.append(np.ones(3 << 20, np.uint8))
    if len(held) == 3:
        held.clear()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // 100)
"""


@pytest.mark.skipif(not hasattr(os, "confstr") or not system.LINUX, reason="about glibc")
@pytest.mark.parametrize(
    ("asked", "environment", "kept"),
    [
        pytest.param("keep", {}, True, id="kept"),
        pytest.param("keep", {"MALLOC_TRIM_THRESHOLD_": "0"}, False, id="somebody's own setting"),
        pytest.param("no", {}, False, id="not asked for"),
    ],
)
def test_freed_memory_is_kept_for_the_next_picture(asked: str, environment: dict[str, str], kept: bool) -> None:
    """A picture of 3 MiB has 768 pages; each is cleared anew if the system got it back."""
    done = subprocess.run(
        [sys.executable, "-c", FREED_AND_TAKEN_AGAIN, asked],
        env={**os.environ, **environment}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (int(done.stdout) < 200) == kept
