"""What makes a batch do its clips again."""

from __future__ import annotations

import importlib.metadata
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from graphkit.jobs import Limits
from graphkit.jobs._batch import code
from graphkit.jobs._batch.code import own_version, sources_of, versions_of
from graphkit.jobs._batch.fingerprint import fingerprint
from graphkit.video import EncoderSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.jobs._batch.fingerprint import Fingerprint
    from graphkit.jobs._batch.recipe import Recipe


def _of(recipe: Recipe) -> Fingerprint:
    return fingerprint(recipe, recipe.load().plan)


def test_the_same_has_the_same(recipe: Recipe, with_settings: Callable[..., Recipe]) -> None:
    limits = Limits(frames_in_flight=9)
    assert _of(with_settings(recipe, limits=limits)).recipe == _of(recipe).recipe
    assert list(_of(recipe).modules) == ["trouble"]
    assert _of(recipe).changed_since(asdict(_of(recipe))) == []


@pytest.mark.parametrize(
    ("settings", "changed"),
    [
        pytest.param({"dumps": {"level": "x/{clip}.jsonl"}}, ["options"], id="dump"),
        pytest.param({"limits": Limits(max_frames=3)}, ["options"], id="frames"),
        pytest.param({"output": "{clip}.mp4"}, ["options"], id="video"),
        pytest.param({"side_packets": {"x": 1}}, ["options"], id="side packet"),
    ],
)
def test_other_settings(
    recipe: Recipe, with_settings: Callable[..., Recipe], settings: dict[str, Any], changed: list[str]
) -> None:
    assert _of(with_settings(recipe, **settings)).changed_since(asdict(_of(recipe))) == changed


def test_the_encoder_counts_where_there_is_a_video(recipe: Recipe, with_settings: Callable[..., Recipe]) -> None:
    worse = EncoderSettings(crf=40)
    assert _of(with_settings(recipe, encoder=worse)) == _of(recipe)
    video = with_settings(recipe, output="{clip}.mp4")
    assert _of(with_settings(video, encoder=worse)) != _of(video)


def test_another_graph_and_another_model(recipe: Recipe, tmp_path: Path) -> None:
    model = tmp_path / "labels.txt"
    model.write_text("one\n")
    text = Path(recipe.graph).read_text()
    Path(recipe.graph).write_text(text + """
        node { calculator: "ConstantSidePacketCalculator" output_side_packet: "PACKET:path"
               options { [mediapipe.ConstantSidePacketCalculatorOptions.ext] {
                   packet { string_value: "labels.txt" } } } }
    """)  # fmt: skip
    before = _of(recipe)
    assert list(before.models) == ["labels.txt"]
    model.write_text("two\n")
    assert _of(recipe).changed_since(asdict(before)) == ["models"]
    Path(recipe.graph).write_text(text)
    assert _of(recipe).changed_since(asdict(before)) == ["graph", "models"]


def test_the_sources_of_a_module_are_its_own_and_what_it_imports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    (tmp_path / "batch_mine").mkdir()
    (tmp_path / "batch_mine" / "__init__.py").write_text("import numpy\nfrom . import inner\n")
    (tmp_path / "batch_mine" / "inner.py").write_text("import json, batch_other\nX = 1\n")
    (tmp_path / "batch_other.py").write_text("import batch_mine\n")
    import batch_mine  # type: ignore[import-not-found]

    found = sources_of([batch_mine]).files
    assert list(found) == ["batch_mine", "batch_mine.inner", "batch_other"]
    (tmp_path / "batch_mine" / "inner.py").write_text("import json, batch_other\nX = 2\n")
    changed = sources_of([batch_mine]).files
    assert [name for name in found if found[name] != changed[name]] == ["batch_mine.inner"]


def test_packages_from_wheels_count_by_version() -> None:
    import click

    found = sources_of([pytest, click.core, json])
    assert (found.files, found.packages) == ({}, {"click", "pytest"})
    # graphkit needs click itself, whether a module of the user imports it or not.
    assert versions_of(found.packages) == {"pytest": importlib.metadata.version("pytest")}


def test_a_checkout_of_graphkit_counts_by_contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("graphkit", "graphkit_calculators"):
        (tmp_path / package / "app").mkdir(parents=True)
        (tmp_path / package / "a.py").write_text("A = 1\n")
    monkeypatch.setattr(code, "_places", lambda package: [str(tmp_path / package)])

    def version() -> str:
        own_version.cache_clear()
        return own_version()

    try:
        before = version()
        assert before.startswith(importlib.metadata.version("graphkit-media") + "+")
        (tmp_path / "graphkit" / "app" / "cli.py").write_text("B = 1\n")
        assert version() == before
        (tmp_path / "graphkit_calculators" / "a.py").write_text("A = 2\n")
        assert version() != before
        monkeypatch.setattr(code, "_WHEELS", frozenset({tmp_path.name}))
        assert version() == importlib.metadata.version("graphkit-media")
    finally:
        own_version.cache_clear()


def test_where_models_run_is_an_option(recipe: Recipe) -> None:
    assert _of(replace(recipe, provider="cpu")).changed_since(asdict(_of(recipe))) == ["options"]
