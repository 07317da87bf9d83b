"""Which calls of user code are under way in a run, and where in it: read from the stacks of its threads.

A scheduler that noted this itself would pay for it with every call.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from graphkit._runtime.look import CallLook
from graphkit._runtime.scheduler import Scheduler
from graphkit._runtime.tasks import CLOSE, OPEN, Task

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType


def calls_under_way(threads: Iterable[int]) -> list[CallLook]:
    """Return the calls in which *threads*, which work on a run, are now; called under its lock."""
    frames = sys._current_frames()
    try:
        found = [_call(thread, frames[thread]) for thread in threads if thread in frames]
    finally:
        frames.clear()  # this frame is among them: its caller would live until garbage is collected
    return [call for call in found if call is not None]


def _call(thread: int, innermost: FrameType) -> CallLook | None:
    """Return the call that the scheduler makes on this stack; None if it makes none at the moment."""
    places = []
    frame: FrameType | None = innermost
    while frame is not None and frame.f_code is not Scheduler._run.__code__:
        places.append((frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name))
        frame = frame.f_back
    if frame is None or not places:
        return None
    task = frame.f_locals.get("task")
    if not isinstance(task, Task) or task.node is None:
        return None
    phase = {OPEN: "open", CLOSE: "close"}.get(task.kind, "process")
    at = int(task.context.input_timestamp)
    return CallLook(task.node.name, phase, at, thread, tuple(places), (task, at))
