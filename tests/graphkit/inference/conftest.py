"""Every test of inference starts without loaded models, and with a cache folder of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graphkit.inference import unload_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "cache"
    monkeypatch.setenv("GRAPHKIT_CACHE_DIR", str(folder))
    unload_all()
    yield folder
    unload_all()
