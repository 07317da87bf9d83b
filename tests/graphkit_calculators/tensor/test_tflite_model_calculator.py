"""TfLiteModelCalculator and TfLiteCustomOpResolverCalculator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graphkit.errors import GraphValidationError
from graphkit.formats import Model, OpResolver
from graphkit.testing import CalculatorRunner

if TYPE_CHECKING:
    from pathlib import Path


def runner(*tags: str) -> CalculatorRunner:
    packets = " ".join(f'input_side_packet: "{tag}:{tag.lower()}"' for tag in tags)
    return CalculatorRunner(f'calculator: "TfLiteModelCalculator" {packets} output_side_packet: "MODEL:model"')


@pytest.mark.parametrize("tag", ["MODEL_BLOB", "MODEL_RESOURCE", "MODEL_SPAN"])
def test_bytes_become_a_model(tag: str) -> None:
    run = runner(tag)
    run.side_packets[tag] = b"model"
    assert run.run().output_side_packets["MODEL"] == Model(b"model")


@pytest.mark.parametrize("tag", ["MODEL_FD", "MODEL_SPEC"])
def test_a_part_of_an_open_file(tag: str, tmp_path: Path) -> None:
    path = tmp_path / "package"
    path.write_bytes(b"head-model-tail")
    with path.open("rb") as file:
        file.seek(3)
        run = runner(tag)
        run.side_packets[tag] = (file.fileno(), 5, 5)
        assert run.run().output_side_packets["MODEL"] == Model(b"model")
        assert file.read(2) == b"d-"


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        pytest.param((), "none", id="none"),
        pytest.param(("MODEL_BLOB", "MODEL_FD"), "MODEL_BLOB, MODEL_FD", id="two"),
    ],
)
def test_one_input_is_needed(tags: tuple[str, ...], found: str) -> None:
    with pytest.raises(GraphValidationError, match=f"is needed; connected: {found}"):
        runner(*tags).run()


@pytest.mark.parametrize("entry", ["OP_RESOLVER:ops", "ops"])
def test_a_resolver_is_set(entry: str) -> None:
    run = CalculatorRunner(
        f"""
        calculator: "TfLiteCustomOpResolverCalculator" output_side_packet: "{entry}"
        options {{ [mediapipe.TfLiteCustomOpResolverCalculatorOptions.ext] {{ use_gpu: true }} }}
        """
    )
    key: str | int = "OP_RESOLVER" if ":" in entry else 0
    assert run.run().output_side_packets[key] == OpResolver(use_gpu=True)
