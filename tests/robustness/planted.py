"""Faults to plant into a copy of the engine: what the random programs must find."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class Planted(NamedTuple):
    """A fault.

    Attributes:
        name: what goes wrong.
        rule: that it breaks.
        file: of the engine's runtime.
        right: the text that is there, once.
        wrong: what takes its place.
    """

    name: str
    rule: str
    file: str
    right: str
    wrong: str


FAULTS = (
    Planted("a bound wakes nobody", "S12", "flow.py", "self.touch(queue.node)", "pass"),
    Planted(
        "a parallel node is not looked at again",
        "S18",
        "state.py",
        "self._release_in_order(node, context)\n            self.touch(node)",
        "self._release_in_order(node, context)",
    ),
    Planted("a worker is not woken", "S31", "scheduler.py", "- queue.drains)", "- queue.drains - 1)"),
    Planted("a wrong bound", "S7", "flow.py", "int(shard.bound) - 1", "int(shard.bound)"),
    Planted(
        "outputs released as calls end",
        "S18",
        "state.py",
        "node.finished[context.sequence] = context",
        "node.finished[node.expected + 1] = context",
    ),
    Planted("a dropped close", "S6", "flow.py", "if shard.closed and not stream.closed:", "if False:"),
    Planted(
        "a packet delivered twice",
        "S3",
        "flow.py",
        "waiting.append(packet)",
        "waiting.append(packet)\n            if len(waiting) > 2:\n                waiting.append(packet)",
    ),
    Planted(
        "a throttle never released", "S38", "throttle.py", "            feeder.blocked_by.discard(queue)\n", ""
    ),
    Planted("a stuck queue never grows", "S40", "throttle.py", "queue.max_size = len(queue.queue) + 1", "continue"),
    Planted("an offset off by one", "S8", "streams.py", "settled + offset,", "settled + offset + 1,"),
    Planted(
        "a guess kept that has to be dropped",
        "S36",
        "run_ahead.py",
        "if made is None or not made.is_for(packet):",
        "if made is None:",
    ),
    Planted(
        "a sync set waits for the others",
        "S14",
        "handlers/sync_sets.py",
        "        if self._ready:\n",
        "        if self._ready and settled is None:\n",
    ),
    Planted("an error does not stop sources", "S48", "state.py", "return free and not self.stopping and", "return free and"),
    Planted(
        "sources do not wait for lower layers",
        "S24",
        "state.py",
        "source.plan.source_layer == self._layer",
        "source.plan.source_layer >= 0",
    ),
    Planted(
        "a node closes although packets wait",
        "S25",
        "handlers/early_close.py",
        "if any(stream.is_done for stream in self.streams):",
        "if any(stream.settled >= DONE - 1 for stream in self.streams):",
    ),
    Planted("an empty time is handed on too far", "S9", "flow.py", "shifted(settled, offset))", "shifted(settled + 1, offset))"),
)


def plant(fault: Planted, tree: Path) -> None:
    """Plant *fault* into a copy of the project; raises LookupError where its place is not there."""
    (folder,) = (tree / "graphkit").glob("*runtime")
    place = folder / fault.file
    text = place.read_text()
    if text.count(fault.right) != 1:
        raise LookupError(f'"{fault.name}": {fault.file} has the text {text.count(fault.right)} times, not once')
    place.write_text(text.replace(fault.right, fault.wrong))
