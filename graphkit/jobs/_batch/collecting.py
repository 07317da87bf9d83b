"""The results of many machines, as one: the newest entry of each clip, and a manifest of all shards."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from graphkit.errors import ManifestError
from graphkit.jobs._batch.manifest import Manifest, ManifestLines, manifest_name, manifests_in, stages_of

if TYPE_CHECKING:
    from pathlib import Path

    from graphkit.jobs._batch.entry import ClipEntry


def newest_entries(folder: Path) -> dict[str, ClipEntry]:
    """Return what the manifests in a folder of outputs say, the newest of each clip, by name and in that order.

    Raises:
        ManifestError: there is none, or one cannot be read.
    """
    return _read(existing_manifests(folder))[0]


def merge_manifests(folder: Path) -> Path:
    """Make one manifest of those of the shards, which are removed with what was left half done.

    Raises:
        ManifestError: there is none, one cannot be read, a batch is at work, or they are of several graphs.
    """
    paths = existing_manifests(folder)
    merged = folder / manifest_name()
    with ExitStack() as locks:
        for path in {merged, *paths}:
            locks.enter_context(Manifest(path))
        entries, files = _read(paths)
        graphs = sorted({file.graph for file in files if file.graph})
        if len(graphs) > 1:
            raise ManifestError(f"the manifests are of several graphs: {', '.join(graphs)}.", path=folder)
        lines = [line for file in files for line in file.head_lines()]
        lines = [*dict.fromkeys(lines), *(entry.to_json() for entry in entries.values())]
        _replace(merged, "".join(f"{line}\n" for line in lines).encode())
        for path in paths:
            shutil.rmtree(stages_of(path), ignore_errors=True)
            if path != merged:
                path.unlink()
        with suppress(OSError):  # there is none, or a batch is at work
            stages_of(merged).parent.rmdir()
    return merged


def existing_manifests(folder: Path) -> list[Path]:
    """Return the manifests in a folder of outputs; raises ManifestError if there is none."""
    paths = manifests_in(folder)
    if not paths:
        raise ManifestError("there is no manifest in it. Name the folder of outputs of a batch.", path=folder)
    return paths


def _read(paths: list[Path]) -> tuple[dict[str, ClipEntry], list[ManifestLines]]:
    newest: dict[str, ClipEntry] = {}
    files = [ManifestLines(path) for path in paths]
    for file in files:
        for entry in file:
            before = newest.get(entry.clip)
            if before is None or before.ended <= entry.ended:
                newest[entry.clip] = entry
    return {name: newest[name] for name in sorted(newest)}, files


def _replace(path: Path, contents: bytes) -> None:
    made = path.with_name(f"{path.name}.part")
    try:
        made.write_bytes(contents)
        made.replace(path)
    except OSError as exc:
        made.unlink(missing_ok=True)
        raise ManifestError(f"cannot be written: {exc.strerror}.", path=path) from exc
