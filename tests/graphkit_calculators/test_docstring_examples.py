"""Every calculator shows a node that parses and that its own contract accepts."""

from __future__ import annotations

import inspect
import re
import textwrap

import pytest

from graphkit import config
from graphkit.framework import known_calculators

BUILT_IN = {
    name: cls
    for name, cls in sorted(known_calculators().items())
    if cls.__module__.startswith("graphkit_calculators")
}


def example_of(cls):
    match = re.search(r"Example::\n\n((?:(?: {4,}.*)?\n)+)", inspect.cleandoc(cls.__doc__ or "") + "\n")
    return textwrap.dedent(match.group(1)).strip() if match else ""


@pytest.mark.parametrize("name", BUILT_IN)
def test_example_names_the_calculator(name):
    graph = config.parse(example_of(BUILT_IN[name]), name=f"<example of {name}>")
    assert name in [node.calculator for node in graph.nodes]
