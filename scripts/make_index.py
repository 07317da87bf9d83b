"""Writes calculators/graphkit_calculators/_index.py: which module has which calculator and options message.

    .venv/bin/python scripts/make_index.py

Run it after a calculator or an options class was added, renamed, moved or removed. A test compares the file
with what this makes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import graphkit_calculators
from graphkit.framework import known_calculators
from graphkit.framework._options import declared_options

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGE = "graphkit_calculators."
INDEX = Path(graphkit_calculators.__file__).with_name("_index.py")

HEAD = '''\
"""Which module has which calculator and options message, so that graphs import only what they use.

Made by scripts/make_index.py; run that instead of editing this.
"""
# ruff: noqa: E501
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


if __name__ == "__main__":
    INDEX.write_text(index())
