"""Options classes have extension numbers of their own, in tests too: all tests may run in one process."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_DECLARED: Final = re.compile(r'@options\(\s*f?"([^"]*)",\s*extension=([\d_]+)')
ON_PURPOSE: Final = {"cfgtest.Taker"}
"""Messages of tests that see a number refused."""


def test_extension_numbers_are_used_once() -> None:
    owners: dict[int, set[str]] = defaultdict(set)
    for folder in ("graphkit", "calculators", "tests", "docs", "examples"):
        for path in (ROOT / folder).rglob("*.py"):
            for name, number in _DECLARED.findall(path.read_text()):
                owners[int(number)] |= {name} - ON_PURPOSE
    assert len(owners) > 50
    assert {number: names for number, names in owners.items() if len(names) > 1} == {}
