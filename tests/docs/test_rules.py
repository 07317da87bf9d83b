"""The numbered rules of scheduling.md are pointed at where code decides them and where a test shows them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
RULES: Final = re.findall(
    r"^\*\*(S\d+)\.", (ROOT / "docs/explanation/scheduling.md").read_text(encoding="utf-8"), re.MULTILINE
)
CODE: Final = ("graphkit", "calculators/graphkit_calculators")
TESTS: Final = ("tests",)


def cited(folders: tuple[str, ...]) -> dict[str, set[str]]:
    """Return the files that cite each rule."""
    found: dict[str, set[str]] = {}
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path == Path(__file__):
                continue
            for rule in re.findall(r"\bS\d{1,2}\b", path.read_text(encoding="utf-8")):
                found.setdefault(rule, set()).add(str(path.relative_to(ROOT)))
    return found


def test_the_rules_are_numbered_without_a_gap() -> None:
    assert [f"S{number}" for number in range(1, len(RULES) + 1)] == RULES
    assert len(RULES) >= 52


@pytest.mark.parametrize(
    "folders", [pytest.param(CODE, id="code that decides"), pytest.param(TESTS, id="test that shows")]
)
def test_every_rule_is_cited(folders: tuple[str, ...]) -> None:
    assert [rule for rule in RULES if rule not in cited(folders)] == []


def test_only_rules_that_exist_are_cited() -> None:
    engine = cited(("graphkit/_runtime", "graphkit/graph", "tests/conformance", "tests/graphkit/_runtime"))
    assert {rule: files for rule, files in engine.items() if rule not in RULES} == {}
