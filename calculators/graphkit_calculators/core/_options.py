"""Options that arrive in side packets or streams."""

from __future__ import annotations

import dataclasses
from typing import TypeVar

O = TypeVar("O")  # noqa: E741 - O for options


def merge_options(base: O, override: O | None) -> O:
    """Return *base* with every field that *override* sets to something else than its default."""
    if override is None:
        return base
    changed = {
        field.name: getattr(override, field.name)
        for field in dataclasses.fields(override)  # type: ignore[arg-type]
        if getattr(override, field.name) != field.default
    }
    return dataclasses.replace(base, **changed)  # type: ignore[type-var]
