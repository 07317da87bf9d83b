"""`preload`: models that a program will probably ask for, loaded while it does other things."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from graphkit._process.threads import budget
from graphkit.framework import Resources
from graphkit.inference._ahead import Ahead, helpers
from graphkit.inference._loader import load

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphkit.inference._session import Session

WantedModel: TypeAlias = "tuple[str, tuple[int, ...] | None]"
"""The name of a model on the resource path, and the indices of its outputs that are computed, None for all."""


def preload(models: Iterable[WantedModel]) -> None:
    """Load models for the CPU on helper threads, if there is a core for it.

    One takes 5 to 10 ms, and 50 to 100 ms the first time on a machine; its weights are mapped, so one that is not
    used takes hardly any memory. What goes wrong is left to whoever loads the model.
    """
    if budget().cores > 1:
        for name, outputs in models:
            helpers.begin(Ahead(partial(_load, name, outputs)))


def _load(name: str, outputs: tuple[int, ...] | None) -> Session:
    return load(Resources().resolve(name), provider="cpu", outputs=outputs, why="the graph asks for it")
