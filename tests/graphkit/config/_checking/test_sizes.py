"""Numbers that size something are refused, with their place, where they cannot."""

from __future__ import annotations

import pytest

from graphkit import config
from graphkit.errors import GraphValidationError

GRAPH = """input_stream: "a"
%s
node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "b"
  %s }
"""
EXECUTOR = (
    'executor { name: "x" type: "ThreadPoolExecutor" options {'
    " [mediapipe.ThreadPoolExecutorOptions.ext] { num_threads: %d } } }"
)
NODE = 'node "PassThroughCalculator": '


@pytest.mark.parametrize(
    ("head", "node", "fault"),
    [
        pytest.param("max_queue_size: -2", "", "2:1: max_queue_size is -2; it must be -1 or more", id="queues"),
        pytest.param("num_threads: -5", "", "2:1: num_threads is -5; it must be -1 or more", id="threads"),
        pytest.param(
            EXECUTOR % -3, "", '2:1: executor "x": num_threads is -3; it must be 0 or more', id="executor"
        ),
        pytest.param(
            "", "max_in_flight: -1", f"4:3: {NODE}max_in_flight is -1; it must be 0 or more", id="in flight"
        ),
        pytest.param(
            "", "buffer_size_hint: -5", f"4:3: {NODE}buffer_size_hint is -5; it must be -1 or more", id="hint"
        ),
    ],
)
def test_too_small(head: str, node: str, fault: str) -> None:
    with pytest.raises(GraphValidationError) as caught:
        config.load(GRAPH % (head, node))
    assert [str(one) for one in caught.value.faults] == [f"<text>:{fault}"]


@pytest.mark.parametrize(
    ("head", "node"),
    [
        pytest.param("max_queue_size: -1 num_threads: -1", "buffer_size_hint: -1", id="default or no limit"),
        pytest.param("max_queue_size: 0 num_threads: 0", "max_in_flight: 0 buffer_size_hint: 0", id="zero"),
        pytest.param(EXECUTOR % 0, "", id="as many threads as cores"),
    ],
)
def test_what_stands_for_the_default(head: str, node: str) -> None:
    plan = config.load(GRAPH % (head, node))
    assert plan.num_threads == 0
    assert plan.nodes[0].max_in_flight == 1


def test_all_at_once() -> None:
    with pytest.raises(GraphValidationError) as caught:
        config.load(GRAPH % ("max_queue_size: -2 num_threads: -5", "max_in_flight: -1"))
    assert len(caught.value.faults) == 3
