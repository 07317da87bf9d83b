"""Families of calculators: one behaviour, registered once for each payload type.

A family is a base class with the behaviour and a table of names and ports. The docstring of a member is
that of its base with the base's name replaced, so that its example names the member.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from graphkit import calculator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphkit import Calculator


def register_family(base: type[Calculator], members: Mapping[str, Mapping[str, Any]]) -> None:
    """Register a subclass of *base* under each name of *members*, with the attributes given there.

    Args:
        base: holds the behaviour; is not registered itself.
        members: class attributes (ports, types) by calculator name; ports are not shared between members.
    """
    whole_word = re.compile(rf"\b{base.__name__}\b")  # not the options, whose names begin alike
    for name, attributes in members.items():
        doc = whole_word.sub(name, base.__doc__ or "")
        calculator(type(name, (base,), {"__doc__": doc, "__module__": base.__module__, **attributes}))


def list_of(item: Any) -> Any:
    """Return the payload type "list of *item*"."""
    return list[item]
