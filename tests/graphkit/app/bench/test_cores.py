"""Holding processes to a few cores: which ones, and that they are held."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from graphkit.app.bench.cores import chosen_cores, held_to
from graphkit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cpus(tmp_path: Path) -> Path:
    """Two cores of two processors each: 0 with 1, 2 with 3."""
    for number, siblings in enumerate(("0-1", "0-1", "2-3", "2-3")):
        topology = tmp_path / f"cpu{number}" / "topology"
        topology.mkdir(parents=True)
        (topology / "thread_siblings_list").write_text(f"{siblings}\n")
    return tmp_path


@pytest.mark.parametrize(
    ("count", "usable", "chosen"),
    [
        pytest.param(1, {0, 1, 2, 3}, {0}, id="one"),
        pytest.param(2, {0, 1, 2, 3}, {0, 2}, id="two cores before two of one core"),
        pytest.param(3, {0, 1, 2, 3}, {0, 1, 2}, id="then second processors"),
        pytest.param(2, {1, 2}, {1, 2}, id="only usable ones"),
        pytest.param(2, {8, 9}, {8, 9}, id="unknown to the kernel's list"),
    ],
)
def test_choice(cpus: Path, count: int, usable: set[int], chosen: set[int]) -> None:
    assert chosen_cores(count, usable, cpus) == chosen


def test_more_than_there_are(cpus: Path) -> None:
    with pytest.raises(
        UsageError, match=r"^threads: 3 processors were asked for; this process may use 2\. Give 1 to 2\.$"
    ):
        chosen_cores(3, {0, 2}, cpus)


def test_a_process_started_meanwhile_is_held() -> None:
    before = os.sched_getaffinity(0)
    one = frozenset([min(before)])
    question = [sys.executable, "-c", "import os; print(sorted(os.sched_getaffinity(0)))"]
    with held_to(one):
        held = subprocess.run(question, capture_output=True, text=True, check=True).stdout
    assert held.strip() == str(sorted(one))
    assert os.sched_getaffinity(0) == before


def test_nobody_is_held_to_none() -> None:
    with held_to(None):
        assert os.sched_getaffinity(0)
