from __future__ import annotations

import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import NormalizedRect
from graphkit.testing import CalculatorRunner

NODE = """
    calculator: "AssociationNormRectCalculator"
    input_stream: "first"
    input_stream: "second"
    {previous}
    output_stream: "merged"
    options {{ [mediapipe.AssociationCalculatorOptions.ext] {{ {options} }} }}
"""


def rect(x: float, *, width: float = 0.2, rect_id: int | None = None) -> NormalizedRect:
    return NormalizedRect(x, 0.5, width, 0.2, 0.0, rect_id)


def node(options: str = "min_similarity_threshold: 0.5", previous: str = "") -> CalculatorRunner:
    return CalculatorRunner(NODE.format(options=options, previous=previous))


A, B, C = rect(0.1), rect(0.4), rect(0.8)
NEAR_A, NEAR_B = rect(0.11), rect(0.41)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param([A, B], [C], [A, B, C], id="apart-all-stay"),
        pytest.param([A, B], [NEAR_A], [B, NEAR_A], id="later-stream-wins-and-goes-last"),
        pytest.param([A, NEAR_A, B], [], [NEAR_A, B], id="one-stream-suppresses-itself"),
        pytest.param([A, B], [NEAR_B, NEAR_A], [NEAR_B, NEAR_A], id="order-of-the-later-stream"),
        pytest.param([], [A], [A], id="empty-first"),
        pytest.param([], [], [], id="empty-list-is-emitted"),
    ],
)
def test_of_overlapping_rects_the_latest_stays(
    first: list[NormalizedRect], second: list[NormalizedRect], expected: list[NormalizedRect]
) -> None:
    runner = node()
    runner.add(0, first, 1)
    runner.add(1, second, 1)
    assert runner.run().outputs[0][0].payload == expected


def test_an_input_without_a_packet_counts_as_empty() -> None:
    runner = node()
    runner.add(1, [A], 7)
    runner.set_bound(0, 8)
    packets = runner.run().outputs[0]
    assert [(p.timestamp, p.payload) for p in packets] == [(7, [A])]


def test_a_rect_as_similar_as_the_threshold_is_another_one() -> None:
    half = rect(0.1 + 0.2 / 3)
    runner = node("min_similarity_threshold: 0.51")
    runner.add(0, [A], 1)
    runner.add(1, [half], 1)
    assert runner.run().outputs[0][0].payload == [A, half]


def test_by_default_even_the_same_rect_stays_twice() -> None:
    runner = node("")
    runner.add(0, [A], 1)
    runner.add(1, [A], 1)
    assert runner.run().outputs[0][0].payload == [A, A]


def test_previous_rects_are_not_emitted() -> None:
    runner = node(previous='input_stream: "PREV:previous"')
    runner.add("PREV", [C, NEAR_A], 1)
    runner.add(0, [A], 1)
    runner.add(1, [B], 1)
    assert runner.run().outputs[0][0].payload == [A, B]


def test_negative_size_is_refused() -> None:
    runner = node()
    runner.add(0, [rect(0.1, width=-1)], 1)
    runner.add(1, [], 1)
    with pytest.raises(CalculatorError, match="negative size; regions to associate need 0 or more"):
        runner.run()


def test_negative_threshold_is_refused() -> None:
    with pytest.raises(GraphValidationError, match=r"min_similarity_threshold is -0\.5; it must be 0 or above"):
        node("min_similarity_threshold: -0.5").run()
