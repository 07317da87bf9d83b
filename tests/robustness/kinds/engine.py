"""Random graphs and programs: the engine does what the reference interpreter says."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from robustness.driver import HungError, StuckError, drive
from robustness.engine_config import config_of
from robustness.engine_programs import random_program
from robustness.outcome import Outcome
from robustness.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from robustness.program import Program

SECONDS = 120.0
ADDRESS_SPACE_MB = 0
PEAK_MB = 500
LIMIT_S = 30.0
"""A program that is not done by then hangs."""


def prepare(folder: Path) -> Callable[[int], Outcome]:
    """Return what checks a seed; it needs no corpora."""
    return lambda seed: check(random.Random(seed))


def check(dice: random.Random) -> Outcome:
    """Run one random program and compare."""
    return check_program(random_program(dice))


def check_program(program: Program, seconds: float = LIMIT_S) -> Outcome:
    """Run *program* and compare."""
    try:
        records = drive(program, seconds)
    except (HungError, TimeoutError) as exc:
        return Outcome(["hang"], "hang", f"{exc}\n{_told(program)}")
    except StuckError as exc:
        return Outcome(["stuck"], "stuck", f"{exc}\n{_told(program)}")
    for record in records:
        wrong = judge(program, record)
        if wrong:
            return Outcome(["wrong"], "wrong", "\n".join([*wrong[:6], _told(program)]))
    labels = [f"ended with {type(records[-1].error).__name__}" if records[-1].error else "ended well"]
    labels += sorted({f"policy {node.policy}" for node in program.graph.nodes})
    traits = {"pollers": program.pollers, "threads": program.threads, "echo": program.graph.echoes}
    labels += [word for word, is_so in traits.items() if is_so]
    return Outcome(labels)


def _told(program: Program) -> str:
    graph = program.graph
    nodes = "\n".join(str(node) for node in graph.nodes)
    return f"{nodes}\n{config_of(graph)}\n{program}"[:3400]
