"""What makes a batch do its clips again."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from graphkit.jobs import Limits
from graphkit.jobs._batch.fingerprint import fingerprint, sources_of
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

    found = sources_of([batch_mine])
    assert list(found) == ["batch_mine", "batch_mine.inner", "batch_other"]
    (tmp_path / "batch_mine" / "inner.py").write_text("import json, batch_other\nX = 2\n")
    changed = sources_of([batch_mine])
    assert [name for name in found if found[name] != changed[name]] == ["batch_mine.inner"]


def test_where_models_run_is_an_option(recipe: Recipe) -> None:
    assert _of(replace(recipe, provider="cpu")).changed_since(asdict(_of(recipe))) == ["options"]
