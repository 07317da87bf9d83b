"""`import_ahead`: models that were never run on this machine, imported before a program asks for them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from graphkit._process.threads import budget, inference_threads
from graphkit.framework import Resources
from graphkit.inference._ahead import Ahead, helpers
from graphkit.inference._loader import file_digest, load
from graphkit.inference._starting import Key, is_kept

if TYPE_CHECKING:
    from collections.abc import Iterable

WantedModel: TypeAlias = "tuple[str, tuple[int, ...] | None]"
"""The name of a model on the resource path, and the indices of its outputs that are computed, None for all."""


def import_ahead(models: Iterable[WantedModel]) -> None:
    """Import on helper threads what the cache does not have yet, if there is a core for it.

    It happens once on a machine, and takes 50 to 100 ms a model. What goes wrong is left to who loads the model.
    """
    if budget().cores > 1:
        for name, outputs in models:
            helpers.begin(Ahead(partial(_import_missing, name, outputs)))


def _import_missing(name: str, outputs: tuple[int, ...] | None) -> None:
    path = Resources().resolve(name)
    if not is_kept(Key(file_digest(path), "cpu", outputs, inference_threads())):
        load(path, provider="cpu", outputs=outputs, why="the graph asks for it")
