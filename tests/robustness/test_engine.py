"""The engine does what the reference interpreter says, on random graphs and programs."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from robustness.find_planted import search
from robustness.kinds import engine
from robustness.planted import FAULTS, place_of

TREE = Path(__file__).parents[2]


@settings(
    max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
@given(dice=st.randoms(use_true_random=False))
def test_random_programs(dice: random.Random) -> None:
    outcome = engine.check(dice)
    assert not outcome.fault, outcome.detail


@pytest.mark.parametrize("first", range(0, 800, 100))
def test_programs_by_seed(first: int) -> None:
    for seed in range(first, first + 100):
        outcome = engine.check(random.Random(seed))
        assert not outcome.fault, f"seed {seed}: {outcome.detail}"


def test_every_planted_fault_has_a_place() -> None:
    for fault in FAULTS:
        assert place_of(fault, TREE)


def test_a_planted_fault_is_found() -> None:
    """All of them take minutes: find_planted.py."""
    fault = next(fault for fault in FAULTS if fault.name == "a wrong bound")
    _, seen = search(fault, TREE, count=200)
    assert seen.startswith("wrong: ")
