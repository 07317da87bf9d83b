"""How many threads a run will use."""

from __future__ import annotations

import os

from graphkit._process.threads import Budget, usable_cores
from graphkit.app.doctor.facts import Fact, Status
from graphkit.errors import UsageError


def check() -> list[Fact]:
    """Look at the cores that this process may use, and at what the environment asks for."""
    try:
        budget = Budget.from_environment()
    except UsageError as exc:
        return [Fact("budget", str(exc), Status.BROKEN, "unset it, or set it to a number such as 4")]
    per_call = f"{budget.inference} inside a model, {budget.opencv} inside OpenCV, {budget.codec} a codec"
    return [Fact("budget", f"{budget.cores} to plan for ({_source(budget)}); {per_call}")]


def _source(budget: Budget) -> str:
    usable, cores = usable_cores(), os.cpu_count() or 1
    if budget.cores != usable:
        return f"GRAPHKIT_THREADS; this process may use {usable}"
    return "all cores" if usable >= cores else f"this process may use {usable} of {cores} cores"
