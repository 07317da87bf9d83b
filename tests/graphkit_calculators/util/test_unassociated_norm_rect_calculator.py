"""New regions without those that are followed already."""

from __future__ import annotations

from typing import Any

import pytest

from graphkit.formats import NormalizedRect
from graphkit.testing import CalculatorRunner

NODE = """
calculator: "{name}" input_stream: "new" input_stream: "followed" output_stream: "left"
options {{ [mediapipe.AssociationCalculatorOptions.ext] {{ min_similarity_threshold: 0.5 }} }}
"""


def rect(x: float) -> NormalizedRect:
    return NormalizedRect(x, 0.5, 0.2, 0.2)


def _run(name: str, new: Any, followed: Any) -> list[NormalizedRect]:
    runner = CalculatorRunner(NODE.format(name=name))
    for index, rects in enumerate((new, followed)):
        if rects is not None:
            runner.add(index, [rect(x) for x in rects], timestamp=0)
    (packet,) = runner.run().outputs[0]
    return list(packet.payload)


@pytest.mark.parametrize(
    ("new", "followed", "left"),
    [
        pytest.param([0.2, 0.6], [0.61], [0.2], id="one is followed"),
        pytest.param([0.2, 0.6], [], [0.2, 0.6], id="none is followed"),
        pytest.param([0.2, 0.6], None, [0.2, 0.6], id="nothing came of followed ones"),
        pytest.param(None, [0.61], [], id="nothing new came"),
        pytest.param([0.2, 0.21, 0.6], [], [0.21, 0.6], id="new ones that overlap"),
        pytest.param([0.5], [0.53, 0.56], [], id="suppressed by one that is suppressed itself"),
    ],
)
def test_what_is_left(new: Any, followed: Any, left: list[float]) -> None:
    found = _run("UnassociatedNormRectCalculator", new, followed)
    assert found == [rect(x) for x in left]
    both = _run("AssociationNormRectCalculator", new, followed)
    assert both[: len(found)] == found, "the rest is what is followed"
