"""The model files, and the cache folder."""

from __future__ import annotations

import os
import shlex
import tempfile
from typing import TYPE_CHECKING, Final

from graphkit._process.user_cache import folder
from graphkit.app.doctor.facts import Fact, Status
from graphkit.app.doctor.installers import reinstall_graphkit
from graphkit.framework import graphs_dir
from graphkit.models import CATALOGUE
from graphkit.models._locate import Located, Place, locate

if TYPE_CHECKING:
    from pathlib import Path

    from graphkit.models import Model

_SET_CACHE: Final = "set GRAPHKIT_CACHE_DIR to a folder that you may write to"


def check() -> list[Fact]:
    """Hash every model that comes with graphkit or was fetched, and try the cache folder."""
    return [*(model_fact(locate(model)) for model in CATALOGUE), _cache()]


def model_fact(found: Located) -> Fact:
    """Return what there is to say about one model."""
    name, wanted = found.model.name, found.model.sha256[:12]
    if found.intact:
        return Fact(name, f"{found.place.value}, intact (SHA-256 {wanted}…), {found.path}")
    if found.path is None:
        if found.model.shipped:
            return Fact(name, "missing", Status.BROKEN, restore(found.model))
        return Fact(name, "not fetched", Status.ABSENT, fetch=name)
    if found.fault:
        return Fact(name, f"{found.path} cannot be read: {found.fault}", Status.BROKEN, f"chmod a+r {found.path}")
    difference = f"{found.path} is another file (SHA-256 {found.sha256[:12]}… instead of {wanted}…)"
    if found.place is Place.YOURS:
        fix = "fine if you put it there; remove it to use graphkit's"
        return Fact(name, difference, Status.WARNING, fix)
    fix, fetch = (restore(found.model), "") if found.model.shipped else ("", name)
    return Fact(name, difference, Status.BROKEN if found.model.shipped else Status.WARNING, fix, fetch)


def restore(model: Model) -> str:
    """Return the command that brings back a model that comes with graphkit."""
    graphs = graphs_dir()
    if (graphs.parent / ".git").exists():
        return f"git -C {shlex.quote(str(graphs))} checkout -- {model.path}"
    return reinstall_graphkit()


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
