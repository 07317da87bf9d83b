"""Objects that are made and dropped, closed or not: memory and threads stay as they are."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit.compat import mediapipe as mp

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = """
import gc, os
import numpy as np
from graphkit.compat import mediapipe as mp

KINDS = [mp.solutions.hands.Hands, mp.solutions.selfie_segmentation.SelfieSegmentation]
PICTURE = np.zeros((48, 64, 3), np.uint8)

def make(count):
    for number in range(count):
        solution = KINDS[number % 2]()
        if number % 3:
            solution.process(PICTURE)
        if number % 4 > 1:
            solution.close()
        if number % 8 == 7:
            gc.collect()
    del solution
    gc.collect()
    with open("/proc/self/statm") as numbers:
        pages = int(numbers.read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, len(os.listdir("/proc/self/task"))

print(*make(32), *make(64))
"""


@pytest.fixture
def no_collection() -> Iterator[None]:
    """Nobody looks for garbage meanwhile."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize("closed", [pytest.param(True, id="closed"), pytest.param(False, id="dropped")])
def test_a_solution_ends_when_nobody_has_it(closed: bool) -> None:
    """What waits for the garbage collector keeps its models and threads until that comes by."""
    solution: Any = mp.solutions.selfie_segmentation.SelfieSegmentation()
    solution.process(np.zeros((48, 64, 3), np.uint8))
    left = [weakref.ref(solution), weakref.ref(solution._graph)]
    if closed:
        solution.close()
    del solution
    assert [reference() for reference in left] == [None, None]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="Linux counts threads there")
def test_memory_and_threads_stay_flat() -> None:
    # A second copy of a model, which is tried where a core is idle, would look like growth.
    environment = {**os.environ, "GRAPHKIT_INFERENCE_THREADS": "1"}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    early, threads, late, threads_later = map(float, done.stdout.split())
    assert threads_later <= threads + 3  # those of the last ones may be ending
    assert late - early < 48  # an object that stays keeps 2 MiB and more: 128 here
