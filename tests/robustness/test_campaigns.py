"""A campaign adds up what children tell and outlives them; small ones of each kind find nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from robustness import campaign

if TYPE_CHECKING:
    from pathlib import Path

ODD = """
import os, time
from robustness.outcome import Outcome

SECONDS, ADDRESS_SPACE_MB, PEAK_MB = 2.0, 0, 500

def prepare(folder):
    return check

def check(seed):
    if seed == 3:
        time.sleep(60)
    if seed == 5:
        os.abort()
    if seed == 7:
        raise KeyError("seven")
    return Outcome(["even" if seed % 2 == 0 else "odd"], "nine" if seed == 9 else "", "nine it is")
"""


@pytest.fixture
def odd_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "odd_for_tests.py").write_text(ODD)
    code = campaign.TESTS / "robustness" / "kinds" / "odd_for_tests.py"
    assert not code.exists()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    return "odd_for_tests"


def test_hangs_crashes_and_faults_are_counted_and_the_rest_goes_on(odd_kind: str, tmp_path: Path) -> None:
    counts = tmp_path / "counts.json"
    campaign.run(odd_kind, counts, 6, batch=4)
    total = campaign.run(odd_kind, counts, 6, batch=4)
    assert total["done"] == total["next_seed"] == 12
    assert total["faults"] == {"hang": 1, "crash SIGABRT": 1, "raw KeyError": 1, "nine": 1}
    assert {(one["fault"], one["seed"]) for one in total["examples"]} == {
        ("hang", 3), ("crash SIGABRT", 5), ("raw KeyError", 7), ("nine", 9),
    }  # fmt: skip
    assert json.loads(counts.read_text())[odd_kind] == total


@pytest.mark.parametrize(
    ("kind", "count"),
    [("interrupts", 100), ("configs", 500), ("inputs", 200), ("models", 200), ("clips", 100)],
)
def test_a_small_campaign_finds_nothing(kind: str, count: int, tmp_path: Path) -> None:
    total = campaign.run(kind, tmp_path / "counts.json", count, batch=count)
    assert total["done"] == count
    assert not total["faults"], json.dumps(total["examples"], indent=1)
