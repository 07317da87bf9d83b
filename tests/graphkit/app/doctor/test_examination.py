"""Checks run apart: whatever one of them does, the report is whole."""

from __future__ import annotations

import importlib
import json
import sys
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from graphkit.app.doctor import Fact, Status, examination, examine
from graphkit.app.doctor.examination import CHECKS, Check

if TYPE_CHECKING:
    from pathlib import Path

VIDEO = next(check for check in CHECKS if check.name == "video")
GPU = next(check for check in CHECKS if check.name == "gpu")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_every_check_is_a_module_with_a_function(check: Check) -> None:
    assert callable(importlib.import_module(f"graphkit.app.doctor.{check.name}").check)


@pytest.mark.parametrize("check", [check for check in CHECKS if check.native], ids=lambda check: check.name)
def test_a_check_that_can_crash_names_its_fix(check: Check) -> None:
    assert check.fix


def test_sections_come_in_the_order_of_the_checks() -> None:
    report = examine([Check("threads", "Threads"), Check("cameras", "Cameras", needed=False)])
    assert [section.name for section in report.sections] == ["threads", "cameras"]
    assert report.healthy


def test_json_has_every_fact() -> None:
    report = examine([Check("threads", "Threads")])
    told = json.loads(json.dumps(report.as_json()))
    (fact,) = report.sections[0].facts
    assert told == {"healthy": True, "checks": {"threads": {"status": "ok", "facts": [fact.as_json()]}}}
    assert Fact.from_json(fact.as_json()) == fact


def test_no_checks_are_healthy() -> None:
    assert examine([]).healthy


@pytest.mark.parametrize(
    ("needed", "status"),
    [pytest.param(True, Status.BROKEN, id="needed"), pytest.param(False, Status.WARNING, id="not needed")],
)
def test_an_exception_is_a_fact(needed: bool, status: Status, monkeypatch: pytest.MonkeyPatch) -> None:
    def check() -> list[Fact]:
        raise OSError("libfoo.so.7: cannot open shared object file")

    monkeypatch.setitem(sys.modules, "graphkit.app.doctor.odd", SimpleNamespace(check=check))
    (section,) = examine([Check("odd", "Odd", needed=needed)]).sections
    (fact,) = section.facts
    assert (fact.label, fact.found, fact.status) == (
        "this check",
        "OSError: libfoo.so.7: cannot open shared object file",
        status,
    )
    assert fact.fix == "install the package that has libfoo.so.7 (apt-file search libfoo.so.7)"


@pytest.fixture
def av(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Put a module called av, with the code given, in front of the real one, for child processes."""

    def replace(code: str) -> None:
        (tmp_path / "av.py").write_text(code)
        monkeypatch.syspath_prepend(tmp_path)

    return replace


@pytest.mark.parametrize(
    ("code", "found"),
    [
        pytest.param("import os; os.abort()", "crashed with SIGABRT", id="crash"),
        pytest.param(
            "import sys; sys.exit('no more')", "ended the process with status 1 (no more)", id="end of process"
        ),
    ],
)
def test_a_library_that_takes_the_process_down_is_a_fact(code: str, found: str, av) -> None:
    av(code)
    (section,) = examine([VIDEO]).sections
    assert section.facts == (Fact("libraries", found, Status.BROKEN, "pip install --force-reinstall av"),)


def test_a_library_that_prints_does_not_garble_the_answer(av) -> None:
    av("import os; os.write(1, b'noise'); print('more'); raise ImportError('own words')")
    (section,) = examine([VIDEO]).sections
    assert [(fact.label, fact.found) for fact in section.facts] == [("PyAV", "cannot be loaded: own words")]


def test_a_library_that_hangs_is_given_up(av, monkeypatch: pytest.MonkeyPatch) -> None:
    av("import threading; threading.Event().wait()")
    section = examination._apart(VIDEO, timeout_seconds=0.5)
    assert section.facts[0].found == "no answer within 0.5 s"
    assert section.status is Status.BROKEN


def test_an_interpreter_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    (section,) = examine([GPU]).sections
    assert section.status is Status.WARNING
    assert section.facts[0].found.startswith("FileNotFoundError: ")


def test_a_broken_fact_makes_the_report_unhealthy(av) -> None:
    av("raise ImportError('x')")
    assert not examine([VIDEO]).healthy


def test_checks_that_import_here_do_so_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports of a cycle from two threads at once can end in importlib's DeadlockError."""
    where: list[threading.Thread] = []

    def check() -> list[Fact]:
        where.append(threading.current_thread())
        return [Fact("it", "well")]

    for name in ("one", "two"):
        monkeypatch.setitem(sys.modules, f"graphkit.app.doctor.{name}", SimpleNamespace(check=check))
    report = examine([Check("one", "One"), Check("threads", "Apart", native=True), Check("two", "Two")])
    assert [section.title for section in report.sections] == ["One", "Apart", "Two"]
    assert where == [threading.current_thread()] * 2
