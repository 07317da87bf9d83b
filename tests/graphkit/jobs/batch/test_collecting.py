"""One manifest of all shards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from graphkit.errors import ManifestError
from graphkit.jobs import ClipEntry, ClipFailure, OutputFile, merge_manifests, newest_entries
from graphkit.jobs._batch.fingerprint import Fingerprint
from graphkit.jobs._batch.manifest import Manifest, manifests_in

if TYPE_CHECKING:
    from pathlib import Path

PRINTS = Fingerprint("0.1", "g", "o", {}, {}, {})


def _entry(clip: str, ended: str = "1") -> ClipEntry:
    output = OutputFile("hands", f"{clip}.csv", 1, "packets", 4)
    return ClipEntry(clip, f"/in/{clip}", PRINTS.recipe, outputs=(output,), ended=ended)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The outputs of two shards; one clip was done by both, and one has failed."""
    for number, clips in enumerate((["b", "c,d"], ["a", "b", "bad"])):
        with Manifest(tmp_path / f"manifest-{number}-of-2.jsonl") as manifest:
            manifest.head("g.pbtxt", PRINTS)
            for clip in clips:
                manifest.add(_entry(clip, str(number)))
        with Manifest(tmp_path / "manifest-1-of-2.jsonl") as manifest:
            manifest.add(replace(_entry("bad", "3"), error=ClipFailure("X", "x"), outputs=()))
    return tmp_path


def test_the_manifests_of_shards_become_one(out: Path) -> None:
    before = newest_entries(out)
    (out / ".graphkit" / "manifest-1-of-2" / "12" / "0").mkdir(parents=True)
    assert merge_manifests(out) == out / "manifest.jsonl"
    assert manifests_in(out) == [out / "manifest.jsonl"]
    assert newest_entries(out) == before
    assert not (out / ".graphkit").exists()
    assert [(entry.clip, entry.ended) for entry in before.values()] == [
        ("a", "1"),
        ("b", "1"),
        ("bad", "3"),
        ("c,d", "0"),
    ]
    whole = (out / "manifest.jsonl").read_bytes()
    assert len(whole.splitlines()) == 5
    merge_manifests(out)
    assert (out / "manifest.jsonl").read_bytes() == whole


def test_shards_at_work_are_not_merged(out: Path) -> None:
    with (
        Manifest(out / "manifest-1-of-2.jsonl"),
        pytest.raises(ManifestError, match="another batch is at work here"),
    ):
        merge_manifests(out)
    assert len(newest_entries(out)) == 4


def test_shards_of_several_graphs_are_not_merged(out: Path) -> None:
    with Manifest(out / "manifest-1-of-2.jsonl") as manifest:
        manifest.head("other.pbtxt", PRINTS)
    with pytest.raises(ManifestError, match=r"the manifests are of several graphs: g\.pbtxt, other\.pbtxt"):
        merge_manifests(out)


def test_a_folder_without_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="there is no manifest in it"):
        merge_manifests(tmp_path)
