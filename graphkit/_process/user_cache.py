"""The folder in which graphkit caches imported and fetched models; it can make or fetch them again.

It is `GRAPHKIT_CACHE_DIR`, else `$XDG_CACHE_HOME/graphkit`, else `~/.cache/graphkit`.
"""

from __future__ import annotations

import os
from pathlib import Path


def folder() -> Path | None:
    """Return the folder, which need not exist; None for a user without a home."""
    if override := os.environ.get("GRAPHKIT_CACHE_DIR"):
        return Path(override)
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base) / "graphkit"
    try:
        return Path.home() / ".cache" / "graphkit"
    except RuntimeError:
        return None


def models_folder() -> Path | None:
    """Return the folder of fetched models, which need not exist; a root that `Resources` searches last."""
    base = folder()
    return None if base is None else base / "models"
