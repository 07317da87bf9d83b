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
        swaps: (right, wrong) texts. The first whose right one the package has exactly once is made.
    """

    name: str
    rule: str
    swaps: tuple[tuple[str, str], ...]


FAULTS = (
    Planted(
        "a bound wakes nobody",
        "S12",
        (("if settled > queue.settled:", "queue.settled = max(settled, queue.settled)\n            if False:"),),
    ),
    Planted(
        "a parallel node is not looked at again",
        "S18",
        (
            (
                "self._release_in_order(node, context)\n            self.touch(node)",
                "self._release_in_order(node, context)",
            ),
            (
                "self._release_in_order(node, context)\n            flow.touch(node)",
                "self._release_in_order(node, context)",
            ),
        ),
    ),
    Planted(
        "a worker is not woken",
        "S31",
        (("- queue.drains)", "- queue.drains - 1)"), ("- queue.workers)", "- queue.workers - 1)")),
    ),
    Planted("a wrong bound", "S7", (("int(shard.bound) - 1", "int(shard.bound)"),)),
    Planted(
        "outputs are released as calls end",
        "S18",
        (("node.finished[context.sequence] = context", "node.finished[node.expected + 1] = context"),),
    ),
    Planted("a dropped close", "S6", (("if shard.closed and not stream.closed:", "if False:"),)),
    Planted(
        "a packet delivered twice",
        "S3",
        (
            (
                "waiting.append(packet)",
                "waiting.append(packet)\n            waiting.extend([packet] * (len(waiting) > 2))",
            ),
        ),
    ),
    Planted("a throttle never released", "S38", (("            feeder.blocked_by.discard(queue)\n", ""),)),
    Planted("a stuck queue never grows", "S40", (("queue.max_size = len(queue.queue) + 1", "continue"),)),
    Planted("a deadlock is not reported", "S40", (("if self._report_deadlock or", "if"),)),
    Planted("an offset off by one", "S8", (("settled + offset,", "settled + offset + 1,"),)),
    Planted(
        "a guess kept that has to be dropped",
        "S36",
        (("if made is None or not made.is_for(packets):", "if made is None:"),),
    ),
    Planted(
        "a sync set waits for the others",
        "S14",
        (("        if self._ready:\n", "        if self._ready and settled is None:\n"),),
    ),
    Planted(
        "an error does not stop sources",
        "S48",
        (
            ("return free and not self.stopping and", "return free and"),
            (" and not self.opening and not self._ready.stopping", " and not self.opening"),
        ),
    ),
    Planted(
        "sources do not wait for lower layers",
        "S24",
        (
            ("source.plan.source_layer == self._layer", "source.plan.source_layer >= 0"),
            ("node.plan.source_layer == self._layer", "node.plan.source_layer >= 0"),
        ),
    ),
    Planted(
        "a node closes although packets wait",
        "S25",
        (
            (
                "if any(stream.is_done for stream in self.streams):\n"
                "            return Decision(Readiness.CLOSE, DONE)\n        return super()",
                "if any(stream.settled >= DONE - 1 for stream in self.streams):\n"
                "            return Decision(Readiness.CLOSE, DONE)\n        return super()",
            ),
        ),
    ),
    Planted(
        "an empty time is handed on too far",
        "S9",
        (("shifted(settled, offset))", "shifted(settled + 1, offset))"),),
    ),
)


def place_of(fault: Planted, tree: Path) -> tuple[Path, str, str]:
    """Return the file of *tree* that *fault* goes into, and what to replace there with what.

    Raises:
        LookupError: there is no place for it, or more than one.
    """
    rooms = [*(tree / "graphkit").glob("*runtime"), tree / "graphkit" / "framework"]
    texts = {path: path.read_text() for room in rooms for path in room.rglob("*.py")}
    for right, wrong in fault.swaps:
        places = [path for path, text in texts.items() if right in text]
        if len(places) == 1 and texts[places[0]].count(right) == 1:
            return places[0], right, wrong
    raise LookupError(f'"{fault.name}" finds no text to replace exactly once')


def plant(fault: Planted, tree: Path) -> None:
    """Plant *fault* into a copy of the project."""
    place, right, wrong = place_of(fault, tree)
    place.write_text(place.read_text().replace(right, wrong))
