"""Writes _index.py, which module has which calculator and options message, and _summaries.py, what each does.

    .venv/bin/python scripts/make_index.py

Both lie in calculators/graphkit_calculators. Run it after a calculator or an options class was added, renamed,
moved or removed, or the first line of a docstring was changed. A test compares the files with what this makes.
"""

from __future__ import annotations

from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING

import graphkit_calculators
from graphkit.framework import known_calculators
from graphkit.framework._options import declared_options

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGE = "graphkit_calculators."
INDEX = Path(graphkit_calculators.__file__).with_name("_index.py")
SUMMARIES = INDEX.with_name("_summaries.py")

HEAD = '''\
"""Which module has which calculator and options message, so that graphs import only what they use.

Made by scripts/make_index.py; run that instead of editing this.
"""
# ruff: noqa: E501
'''

SUMMARIES_HEAD = '''\
"""What each calculator does, in a line, so that a list of them imports none.

Made by scripts/make_index.py; run that instead of editing this.
"""
# ruff: noqa: E501
# fmt: off
'''


def index() -> str:
    """Return the text of the file."""
    graphkit_calculators.import_all()
    calculators = {name: cls.__module__ for name, cls in known_calculators().items()}
    options = {name: classes[0].__module__ for name, classes in declared_options().items()}
    return "\n".join([HEAD, *_table("CALCULATORS", calculators), "", *_table("OPTIONS", options), ""])


def _table(name: str, modules: Mapping[str, str]) -> list[str]:
    own = {key: module for key, module in sorted(modules.items()) if module.startswith(PACKAGE)}
    return [f"{name} = {{", *(f'    "{key}": "{module}",' for key, module in own.items()), "}"]


def summaries() -> str:
    """Return the text of the file of summaries."""
    graphkit_calculators.import_all()
    own = {name: cls for name, cls in sorted(known_calculators().items()) if cls.__module__.startswith(PACKAGE)}
    lines = {name: cleandoc(vars(cls).get("__doc__") or "").partition("\n")[0] for name, cls in own.items()}
    table = ["SUMMARIES = {", *(f'    "{name}": "{quoted(line)}",' for name, line in lines.items()), "}"]
    return "\n".join([SUMMARIES_HEAD, *table, ""])


def quoted(line: str) -> str:
    """Return a line as it stands between double quotes."""
    return line.replace("\\", "\\\\").replace('"', '\\"')


if __name__ == "__main__":
    INDEX.write_text(index())
    SUMMARIES.write_text(summaries())
