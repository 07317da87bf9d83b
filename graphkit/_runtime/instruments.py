"""Putting instruments around a node's process call."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphkit._runtime.node import Node
    from graphkit.framework import CalculatorContext, Instrument


def instrumented(node: Node, instruments: Sequence[Instrument]) -> Callable[[CalculatorContext], Any]:
    """Return the node's process call with the hooks of *instruments* around it."""
    process, name = node.process, node.name

    def call(cc: CalculatorContext) -> Any:
        timestamp = cc.input_timestamp
        for instrument in instruments:
            instrument.process_started(name, timestamp)
        start = perf_counter()
        try:
            return process(cc)
        finally:
            seconds = perf_counter() - start
            for instrument in instruments:
                instrument.process_finished(name, timestamp, seconds)

    return call
