"""The model files, and the cache folder."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Final

from graphkit.diagnosis.facts import Fact, Status
from graphkit.models import CATALOGUE
from graphkit.models.locate import Located, Place, locate
from graphkit.user_cache import folder

if TYPE_CHECKING:
    from pathlib import Path

_REINSTALL: Final = "pip install --force-reinstall graphkit"
_SET_CACHE: Final = "set GRAPHKIT_CACHE_DIR to a folder that you may write to"


def check() -> list[Fact]:
    """Hash every model that comes with graphkit or was fetched, and try the cache folder."""
    found = [locate(model) for model in CATALOGUE]
    shipped = [model for model in found if model.model.shipped]
    odd = [model_fact(model) for model in shipped if not model.intact]
    count = f"{len(shipped) - len(odd)} of {len(shipped)} are there and intact (SHA-256)"
    status = max((fact.status for fact in odd), key=lambda status: status.rank, default=Status.OK)
    others = [model_fact(model) for model in found if not model.model.shipped]
    return [Fact("shipped", count, status), *odd, *others, _cache()]


def model_fact(found: Located) -> Fact:
    """Return what there is to say about one model."""
    name, wanted = found.model.name, found.model.sha256[:12]
    if found.intact:
        return Fact(name, f"{found.place.value}, {found.path}")
    if found.path is None:
        if found.model.shipped:
            return Fact(name, "missing", Status.BROKEN, _REINSTALL)
        return Fact(name, "not fetched", Status.ABSENT, f"graphkit models fetch {name}")
    if found.fault:
        return Fact(name, f"{found.path} cannot be read: {found.fault}", Status.BROKEN, f"chmod a+r {found.path}")
    difference = f"{found.path} is another file (SHA-256 {found.sha256[:12]}… instead of {wanted}…)"
    if found.place is Place.YOURS:
        fix = "fine if you put it there; remove it to use graphkit's"
        return Fact(name, difference, Status.WARNING, fix)
    fix = _REINSTALL if found.model.shipped else f"graphkit models fetch {name}"
    return Fact(name, difference, Status.BROKEN if found.model.shipped else Status.WARNING, fix)


def _cache() -> Fact:
    where = folder()
    if where is None:
        return Fact("cache", "none: this user has no home; models load slower", Status.WARNING, _SET_CACHE)
    try:
        existing = _existing(where.expanduser().absolute())
        with tempfile.TemporaryFile(dir=existing):
            return Fact("cache", f"{where}{'' if where.is_dir() else ' (not made yet)'}")
    except OSError as exc:
        found = f"{where} cannot be written ({exc.strerror or exc}); models load slower"
        return Fact("cache", found, Status.WARNING, _SET_CACHE)


def _existing(path: Path) -> Path:
    """Return the folder itself, or the one below which it would be made."""
    while not os.path.lexists(path) and path != path.parent:
        path = path.parent
    return path
