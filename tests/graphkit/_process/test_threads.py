"""The thread budget."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from graphkit._process import threads
from graphkit._process.threads import Budget, budget, inference_threads, opencv, set_budget, usable_cores
from graphkit.errors import ArgumentError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def default_budget(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("GRAPHKIT_THREADS", "GRAPHKIT_INFERENCE_THREADS"):
        monkeypatch.delenv(name, raising=False)
    set_budget(None)
    yield
    set_budget(None)


def test_default_is_one_thread_an_inference() -> None:
    assert budget() == Budget(cores=usable_cores(), inference=1, opencv=1, codec=min(2, usable_cores()))
    assert inference_threads() == 1


def test_environment_overrides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHKIT_THREADS", "1")
    monkeypatch.setenv("GRAPHKIT_INFERENCE_THREADS", "3")
    assert budget() == Budget(cores=1, inference=3, opencv=1, codec=1, idle_cores=False)


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5"])
def test_environment_that_is_no_number(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHKIT_THREADS", text)
    with pytest.raises(
        UsageError, match=f"GRAPHKIT_THREADS='{text}'; it takes a whole number of threads, at least 1"
    ):
        budget()


def test_budget_of_nothing() -> None:
    with pytest.raises(ArgumentError, match=r"^opencv: a budget of 0 threads; it takes at least 1$"):
        Budget(cores=2, opencv=0)


def test_opencv_follows_the_budget() -> None:
    cv2 = opencv()
    assert cv2.getNumThreads() == 1
    set_budget(Budget(cores=2, opencv=2))
    assert opencv().getNumThreads() == 2


@pytest.mark.parametrize(
    ("limit", "cores"),
    [
        pytest.param("max 100000", 8, id="no limit"),
        pytest.param("250000 100000", 3, id="rounded up"),
        pytest.param("50000 100000", 1, id="half a core"),
        pytest.param("1600000 100000", 8, id="more than there are"),
        pytest.param("nonsense", 8, id="unreadable"),
        pytest.param(None, 8, id="no control group"),
    ],
)
def test_cores_of_a_container(
    limit: str | None, cores: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cpu.max"
    if limit is not None:
        path.write_text(limit)
    monkeypatch.setattr(threads, "_CGROUP_LIMIT", path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    assert usable_cores() == cores


@pytest.mark.parametrize(
    ("given", "kept"), [pytest.param(None, "1", id="not set"), pytest.param("3", "3", id="the user's own")]
)
def test_linear_algebra_starts_no_threads_unless_told_to(
    monkeypatch: pytest.MonkeyPatch, given: str | None, kept: str
) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", given or "")
    if given is None:
        monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    threads.keep_blas_to_one_thread()
    assert os.environ["OPENBLAS_NUM_THREADS"] == kept
