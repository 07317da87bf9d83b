"""The thread budget."""

from __future__ import annotations

import pytest

from graphkit.app.doctor import Status, threads


@pytest.mark.parametrize(
    ("environment", "usable", "cores", "told"),
    [
        pytest.param("", 4, 4, "4 to plan for (all cores)", id="all"),
        pytest.param("", 2, 8, "2 to plan for (this process may use 2 of 8 cores)", id="quota"),
        pytest.param("3", 8, 8, "3 to plan for (GRAPHKIT_THREADS; this process may use 8)", id="environment"),
    ],
)
def test_budget(environment: str, usable: int, cores: int, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHKIT_THREADS", environment)
    monkeypatch.delenv("GRAPHKIT_INFERENCE_THREADS", raising=False)
    monkeypatch.setattr("graphkit._process.threads.usable_cores", lambda: usable)
    monkeypatch.setattr(threads, "usable_cores", lambda: usable)
    monkeypatch.setattr(threads.os, "cpu_count", lambda: cores)
    (fact,) = threads.check()
    assert fact.status is Status.OK
    assert fact.found == f"{told}; 1 inside a model, 1 inside OpenCV, 2 a codec"


def test_an_environment_that_makes_no_sense(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHKIT_THREADS", "many")
    (fact,) = threads.check()
    assert (fact.status, fact.fix) == (Status.BROKEN, "unset it, or set it to a number such as 4")
    assert fact.found.startswith("GRAPHKIT_THREADS='many'; it takes a whole number")
