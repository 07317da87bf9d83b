"""Random programs find the faults that are planted into the engine."""

from __future__ import annotations

from pathlib import Path

from robustness.find_planted import search
from robustness.planted import FAULTS, place_of

TREE = Path(__file__).parents[2]


def test_every_planted_fault_has_a_place() -> None:
    for fault in FAULTS:
        assert place_of(fault, TREE)


def test_a_planted_fault_is_found() -> None:
    """All of them take minutes: find_planted.py."""
    fault = next(fault for fault in FAULTS if fault.name == "a wrong bound")
    _, seen = search(fault, TREE, count=200)
    assert seen.startswith("wrong: ")
