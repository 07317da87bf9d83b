"""`Model`, `OpResolver` and `LetterboxPadding`."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphkit.errors import FormatError
from graphkit.formats import LetterboxPadding, Model, OpResolver


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        pytest.param(Path("models/hand.tflite"), f"Model({Path('models/hand.tflite')})", id="path"),
        pytest.param(b"12345", "Model(5 bytes)", id="bytes are not shown"),
    ],
)
def test_a_model_shows_where_it_comes_from(source: Path | bytes, shown: str) -> None:
    assert repr(Model(source)) == shown


def test_models_of_one_source_are_equal() -> None:
    assert Model(b"a") == Model(b"a") != Model(b"b")
    assert hash(Model(b"a")) == hash(Model(b"a"))


def test_a_resolver_runs_on_the_cpu_unless_said_otherwise() -> None:
    assert OpResolver() == OpResolver(use_gpu=False)


def test_padding_is_left_top_right_bottom() -> None:
    left, top, right, bottom = LetterboxPadding(left=0.1, top=0.2, right=0.3, bottom=0.4)
    assert (left, top, right, bottom) == (0.1, 0.2, 0.3, 0.4)


def test_a_model_of_something_else_is_refused() -> None:
    with pytest.raises(FormatError, match=r"path or of bytes, found list; use Path\(...\) or bytes\(...\)"):
        Model([1, 2])  # type: ignore[arg-type]
