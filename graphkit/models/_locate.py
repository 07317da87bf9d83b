"""Finds the file of a model, and whether it is the one in the catalogue."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from graphkit._process.user_cache import models_folder
from graphkit.errors import ResourceNotFoundError
from graphkit.framework import Resources, graphs_dir

if TYPE_CHECKING:
    from pathlib import Path

    from graphkit.models._catalogue import Model


class Place(Enum):
    """Where a model is found; the value is the word for it."""

    SHIPPED = "shipped"
    FETCHED = "fetched"
    YOURS = "your own"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Located:
    """A model and the file that answers to its name.

    Attributes:
        model: what the catalogue says.
        path: the file; None if there is none.
        place: which folder that is.
        sha256: of the file, "" if there is none or it cannot be read.
        fault: why it cannot be read, else "".
    """

    model: Model
    path: Path | None
    place: Place
    sha256: str = ""
    fault: str = ""

    @property
    def intact(self) -> bool:
        """Whether the file is the one in the catalogue."""
        return self.sha256 == self.model.sha256


def locate(model: Model, resources: Resources | None = None) -> Located:
    """Look for a model as a run would, and hash what is found."""
    try:
        path = (resources or Resources()).resolve(model.resource)
    except ResourceNotFoundError:
        return Located(model, None, Place.MISSING)
    try:
        return Located(model, path, _place(path), sha256_of(path))
    except OSError as exc:
        return Located(model, path, _place(path), fault=exc.strerror or str(exc))


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _place(path: Path) -> Place:
    path = path.resolve()
    if path.is_relative_to(graphs_dir().resolve()):
        return Place.SHIPPED
    fetched = models_folder()
    return Place.FETCHED if fetched and path.is_relative_to(fetched.expanduser().resolve()) else Place.YOURS
