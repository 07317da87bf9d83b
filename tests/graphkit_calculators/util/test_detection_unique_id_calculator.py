"""Numbers of detections."""

from __future__ import annotations

import pytest

from graphkit.errors import GraphValidationError
from graphkit.formats import Detection, DetectionList
from graphkit.testing import CalculatorRunner

NODE = 'calculator: "DetectionUniqueIdCalculator" input_stream: "{0}:in" output_stream: "{1}:out"'


def test_numbers_go_up_and_never_come_twice() -> None:
    runner = CalculatorRunner(NODE.format("DETECTIONS", "DETECTIONS"))
    given = [Detection((0.5,), detection_id=7), Detection((0.8,), label=("cup",))]
    for when in (0, 10, 20):
        runner.add("DETECTIONS", given if when != 10 else [], timestamp=when)
    first, empty, last = (packet.payload for packet in runner.run().outputs["DETECTIONS"])
    ids = [detection.detection_id for detection in (*first, *last)]
    assert ids == list(range(ids[0], ids[0] + 4))
    assert empty == []
    assert [(each.score, each.label) for each in first] == [((0.5,), ()), ((0.8,), ("cup",))]
    assert given[0].detection_id == 7


def test_a_list_message_is_numbered_too_and_by_the_same_count() -> None:
    found = []
    for _ in range(2):
        runner = CalculatorRunner(NODE.format("DETECTION_LIST", "DETECTION_LIST"))
        runner.add("DETECTION_LIST", DetectionList([Detection((0.5,))]), timestamp=0)
        (packet,) = runner.run().outputs["DETECTION_LIST"]
        assert isinstance(packet.payload, DetectionList)
        found.append(packet.payload[0].detection_id)
    assert found[1] == found[0] + 1


@pytest.mark.parametrize(
    ("given", "made", "words"),
    [
        pytest.param("DETECTIONS", "DETECTION_LIST", "every input needs an output of its tag", id="another tag"),
        pytest.param("X", "DETECTIONS", "there is nothing to number", id="an unknown input"),
    ],
)
def test_connections_that_do_not_match(given: str, made: str, words: str) -> None:
    runner = CalculatorRunner(NODE.format(given, made))
    with pytest.raises(GraphValidationError, match=words):
        runner.run()
