"""scripts/check_card: what it says of steps that work, that fail, that hang, and that there is no time for."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]


def _loaded() -> Any:
    path = Path(__file__).with_name("check_card.py")
    spec = importlib.util.spec_from_file_location("check_card", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["check_card"] = module
    spec.loader.exec_module(module)
    return module


check_card = _loaded()
Wanted = __import__("argparse").Namespace


@pytest.fixture
def with_steps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., list[Any]]:
    """Run steps that are programs; returns what became of them."""

    def run(*programs: str, limit: float = 20.0, seconds: float = 60.0) -> list[Any]:
        steps = [check_card.Step(f"step {i}", ("-c", text), limit) for i, text in enumerate(programs)]
        monkeypatch.setattr(check_card, "steps", lambda folder, short: steps)
        wanted = Wanted(seconds=seconds, short=False, only=None, device=None)
        found: list[Any] = check_card.run(wanted, tmp_path)
        return found

    return run


FIGURE = """print('{"figure": "a frame", "value": 3.5, "unit": "ms"}')"""


def test_figures_are_read_and_printed(
    with_steps: Callable[..., list[Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    (outcome,) = with_steps(f"print('loading'); {FIGURE}")
    assert (outcome.figures, outcome.notes, outcome.failure) == ([("a frame", 3.5, "ms")], ["loading"], "")
    assert capsys.readouterr().out.split() == ["step", "0", "a", "frame", "3.5", "ms"]


@pytest.mark.parametrize(
    ("program", "failure"),
    [
        pytest.param("import sys; print('why'); sys.exit(3)", "exit status 3", id="fails"),
        pytest.param("raise ValueError('why')", "exit status 1", id="raises"),
        pytest.param("print('why', flush=True); import time; time.sleep(60)", "not done after 1 s", id="hangs"),
        pytest.param(
            """print('why'); print('{"figure": "bad", "value": 2, "unit": "", "wrong": "none may be"}')""",
            "none may be", id="finds something wrong",
        ),
    ],
)  # fmt: skip
def test_a_step_that_fails_does_not_end_the_others(
    with_steps: Callable[..., list[Any]], capsys: pytest.CaptureFixture[str], program: str, failure: str
) -> None:
    one, other = with_steps(program, FIGURE, limit=1.0 if "sleep" in program else 20.0)
    assert one.failure == failure
    assert other.figures
    told = capsys.readouterr().out
    assert f"FAILED: {failure}" in told
    assert "why" in told


def test_steps_that_there_is_no_time_for_are_left_out(with_steps: Callable[..., list[Any]]) -> None:
    (outcome,) = with_steps(FIGURE, seconds=1.0)
    assert (outcome.skipped, outcome.figures) == ("the 1 s are over", [])


def test_a_step_whose_module_is_missing_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    step = check_card.Step("tests", ("-c", FIGURE), 20.0, needs="no_such_module")
    monkeypatch.setattr(check_card, "steps", lambda folder, short: [step])
    (outcome,) = check_card.run(Wanted(seconds=60.0, short=False, only=None, device=None), tmp_path)
    assert (outcome.skipped, outcome.figures) == ("no_such_module is not there", [])


def test_a_python_without_the_packages_is_told_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check_card, "NEEDED", ("sys", "no_such_module", "no_other.module"))
    monkeypatch.setattr(sys, "argv", ["check_card"])
    with pytest.raises(SystemExit) as caught:
        check_card.main()
    assert caught.value.code == 2
    assert f"{sys.executable} does not find no_such_module, no_other.module: start this" in capsys.readouterr().err


def test_what_is_left_out_says_why(
    with_steps: Callable[..., list[Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    (outcome,) = with_steps("""print('{"skipped": "no card"}')""")
    assert outcome.skipped == "no card"
    assert "left out: no card" in capsys.readouterr().out


def test_steps_end_in_time_and_have_names_of_their_own(tmp_path: Path) -> None:
    steps = check_card.steps(tmp_path, short=False)
    assert len({step.name for step in steps}) == len(steps)
    assert all(0 < step.limit <= 150 for step in steps)
    assert {step.name for step in steps if step.is_short} >= {"hands cpu", "compared", "two contexts"}


@pytest.mark.usefixtures("egl")
def test_it_runs_here(tmp_path: Path) -> None:
    """The script itself, a few frames of hands: the GPU's graph finds what the CPU's does."""
    report = tmp_path / "card.json"
    chosen = ("--only", "hands", "compared", "two hands", "trace", "two contexts")
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "check_card", "--short", "--json", report, *chosen],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    steps = {step["step"]: step for step in json.loads(report.read_text())["steps"]}
    assert not any(step["failure"] or step["skipped"] for step in steps.values())
    figures = {name: value for step in steps.values() for name, value, _ in step["figures"]}
    assert figures["hands gpu cpu: apart, mean"] == 0.0
    assert figures["hands gpu cpu: frames with as many"] == "18 of 18"
    assert figures["frames with as many hands"] == "12 of 12"
    assert figures["apart, mean"] == figures["landmarks apart, most"] == 0.0
    assert figures["bad of 30 frames"] == 0
    assert figures["a frame"] > 0
    assert figures["calls and parts"] > 20
    assert done.stdout.splitlines()[-1].endswith("none failed")
