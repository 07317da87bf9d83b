"""push_and_wait: one frame of a program that waits for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphkit.graph._graph import CalculatorGraph


def push_and_wait(graph: CalculatorGraph, payloads: Mapping[str, Any], timestamp: int) -> None:
    """Push payloads into graph input streams, by name, and wait until all is processed.

    As the run knows that the wait follows, it may leave light nodes to it (S57).

    Args:
        graph: which runs.
        payloads: one per stream.
        timestamp: of all of them, in microseconds.

    Raises:
        GraphkitError: as `add_packet_to_input_stream` and `wait_until_idle` raise it.
    """
    with graph._current.going_on().about_to_wait():
        for stream, payload in payloads.items():
            graph.add_packet_to_input_stream(stream, payload, timestamp)
        graph.wait_until_idle()
