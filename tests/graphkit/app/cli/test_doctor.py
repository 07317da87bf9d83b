"""``graphkit doctor``: the screen, the JSON, the status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from graphkit.app import doctor as diagnosis
from graphkit.app.doctor import Fact, Report, Section, Status
from graphkit.app.doctor.examination import CHECKS

if TYPE_CHECKING:
    from pathlib import Path

GOOD = Fact("one", "well")
ABSENT = Fact("card", "no GPU", Status.ABSENT, "a GPU")
WORSE = Fact("cache", "cannot be written", Status.WARNING, "set it")
BROKEN = Fact("PyAV", "not installed", Status.BROKEN, "pip install av")


@pytest.fixture
def finds(monkeypatch: pytest.MonkeyPatch):
    """Let the examination find these facts."""

    def find(*facts: Fact) -> None:
        report = Report((Section("first", "First", facts[:2]), Section("second", "Second", facts[2:])))
        monkeypatch.setattr(diagnosis, "examine", lambda: report)

    return find


def test_the_screen(graphkit, finds) -> None:
    finds(GOOD, ABSENT, WORSE, BROKEN)
    result = graphkit("doctor")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "First",
        "      ok  one    well",
        "       -  card   no GPU",
        "                 to have it: a GPU",
        "Second",
        "       !  cache  cannot be written",
        "                 fix: set it",
        "  BROKEN  PyAV   not installed",
        "                 fix: pip install av",
        "",
        "Graphs do not run on this machine as it is. 1 broken, 1 could be better, 1 absent.",
    ]


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        pytest.param((GOOD,), "Graphs run on the CPU.", id="well"),
        pytest.param(
            (GOOD, ABSENT, WORSE), "Graphs run on the CPU. 1 could be better, 1 absent.", id="not broken"
        ),
    ],
)
def test_what_is_absent_is_no_failure(facts: tuple[Fact, ...], verdict: str, graphkit, finds) -> None:
    finds(*facts)
    result = graphkit("doctor")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, verdict)


def test_json(graphkit, finds) -> None:
    finds(GOOD, ABSENT, BROKEN)
    result = graphkit("doctor", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "healthy": False,
        "checks": {
            "first": {"status": "absent", "facts": [GOOD.as_json(), ABSENT.as_json()]},
            "second": {"status": "broken", "facts": [BROKEN.as_json()]},
        },
    }


def test_this_machine(graphkit, user_cache: Path) -> None:
    result = graphkit("doctor", "--json")
    report = json.loads(result.stdout)
    assert list(report["checks"]) == [check.name for check in CHECKS]
    assert all(section["facts"] for section in report["checks"].values())
    broken = {name: section for name, section in report["checks"].items() if section["status"] == "broken"}
    assert (result.exit_code, broken) == (0, {})


def test_this_machine_without_pyav(
    graphkit, user_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "av.py").write_text("raise ImportError('libavcodec.so.62: cannot open shared object file')")
    monkeypatch.syspath_prepend(tmp_path)
    result = graphkit("doctor")
    assert result.exit_code == 1
    assert "BROKEN  PyAV" in result.stdout
    assert "cannot be loaded: libavcodec.so.62" in result.stdout
    assert "Traceback" not in result.output
