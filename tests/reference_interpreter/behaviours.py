"""What the nodes of random graphs do. User code, so to say: the interpreter and the engine's nodes share it.

A behaviour answers each call with a list of emissions: ``("packet", output, time, value)``, ``("bound", output,
time)``, ``("close", output)`` and ``("stop",)``; or it raises BoomError. Values are whole numbers that depend on
everything that the call saw, so a wrong, missing or repeated packet shows in all that comes after it.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from reference_interpreter.times import MAX, MIN, POST_STREAM

if TYPE_CHECKING:
    from reference_interpreter.graphs import Node

Emission = tuple[Any, ...]


class BoomError(Exception):
    """What a node raises on purpose."""


def mix(*parts: Any) -> int:
    """Return a number that depends on everything in *parts*."""
    return zlib.crc32(repr(parts).encode())


def plus(time: int, distance: int) -> int:
    """Return an ordinary time moved by *distance*; times with a meaning of their own stay."""
    return time + distance if MIN < time < MAX else time


class Behaviour:
    """Emits one packet an output for every call that has one, within what the settings say.

    Settings: ``drop`` (m, r): nothing where the number has rest r by m; ``burst``: packets a call; ``extra``: how
    much later than its offset promises it stamps; ``shut`` (n, output): close an output with the n-th call;
    ``raise_at`` (m, r), ``raise_open``, ``raise_close``; ``bad`` n: break a rule of time in the n-th call.
    """

    def __init__(self, node: Node) -> None:
        self.node, self.settings = node, node.does[1]
        self.calls = 0
        self.shut: set[int] = set()

    def open(self) -> list[Emission]:
        """Return what opening emits."""
        if self.settings.get("raise_open"):
            raise BoomError(f"open of {self.node.name}")
        return [("packet", 0, time, mix(self.node.name, "open")) for time in self.settings.get("at_open", ())]

    def process(self, time: int, values: tuple[Any, ...]) -> list[Emission]:
        """Return what a call emits."""
        self.calls += 1
        number = mix(self.node.name, time, values, *self.memory())
        self.maybe_raise(number)
        made = [] if all(v is None for v in values) else self.emissions(time, values, number)
        made = [one for one in made if one[1] not in self.shut]
        made += self._broken(time) if self.settings.get("bad") == self.calls else []
        count, output = self.settings.get("shut", (0, 0))
        if count == self.calls and output not in self.shut:
            self.shut.add(output)
            made.append(("close", output))
        return made

    def close(self) -> list[Emission]:
        """Return what closing emits."""
        if self.settings.get("raise_close"):
            raise BoomError(f"close of {self.node.name}")
        return []

    def memory(self) -> tuple[Any, ...]:
        """Return what the numbers depend on besides the call."""
        return ()

    def maybe_raise(self, number: int) -> None:
        """Raise BoomError where the settings say so."""
        if "raise_at" in self.settings and number % self.settings["raise_at"][0] == self.settings["raise_at"][1]:
            raise BoomError(f"{number} in {self.node.name}")

    def emissions(self, time: int, values: tuple[Any, ...], number: int) -> list[Emission]:
        """Return what a call with packets emits."""
        made: list[Emission] = []
        divisor, rest = self.settings.get("drop", (1, 1))
        start = plus(time, (self.node.offset or 0) + self.settings.get("extra", 0))
        count = self.settings.get("burst", 1) if MIN < time < MAX else 1
        for output in range(len(self.node.outputs)):
            if mix(number, output) % divisor != rest:
                made += [("packet", output, plus(start, i), mix(number, output, i)) for i in range(count)]
        return made

    def _broken(self, time: int) -> list[Emission]:
        """Return emissions that S3 or S7 refuse; none at times with a meaning of their own."""
        if not MIN < time < MAX:
            return []
        at = plus(time, (self.node.offset or 0) + 5)
        if self.settings.get("bad_bound"):
            return [("packet", 0, at, 1), ("bound", 0, at - 1000)]
        return [("packet", 0, at, 1), ("packet", 0, at, 2)]


class Counting(Behaviour):
    """Its numbers also depend on how many calls there were, and in which order."""

    def memory(self) -> tuple[Any, ...]:
        """Return the number of the call."""
        return (self.calls,)


class Mute(Behaviour):
    """Emits nothing."""

    def emissions(self, time: int, values: tuple[Any, ...], number: int) -> list[Emission]:
        """Return nothing."""
        return []


class Stopping(Behaviour):
    """Ends all sources with its n-th call: S23."""

    def process(self, time: int, values: tuple[Any, ...]) -> list[Emission]:
        """Return what the call emits."""
        made = super().process(time, values)
        return [*made, ("stop",)] if self.calls == self.settings["at"] else made


class Ticks(Counting):
    """Emits at times of its own, one more with each call that has a packet; for nodes without an offset."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.now = 0

    def emissions(self, time: int, values: tuple[Any, ...], number: int) -> list[Emission]:
        """Emit a packet, a bound or nothing at the next tick of each output."""
        if self.settings.get("first_only") and values[0] is None:
            return []
        self.now += 1
        kinds = ("packet", "packet", "packet", "bound", "")
        made: list[Emission] = []
        for output in range(len(self.node.outputs)):
            kind = kinds[mix(number, output) % len(kinds)] if self.settings.get("bounds") else "packet"
            if kind == "packet":
                made.append(("packet", output, self.now, mix(number, output)))
            elif kind == "bound":
                made.append(("bound", output, self.now + 1))
        return made


class Promising(Behaviour):
    """Has no offset, and settles its outputs by its own packets and bounds; sometimes by neither."""

    def emissions(self, time: int, values: tuple[Any, ...], number: int) -> list[Emission]:
        """Emit a packet, an own bound or nothing at the time of the call."""
        made: list[Emission] = []
        for output in range(len(self.node.outputs)):
            choice = mix(number, output) % 4
            if choice < 2:
                made.append(("packet", output, time, mix(number, output)))
            elif choice == 2 and MIN < time < MAX:
                made.append(("bound", output, time + 1))
        return made


class Holding(Behaviour):
    """Emits with each call what it saw in the one before, and the last of it when it closes.

    Settings: ``late``: when that is, beyond all times and bounds that come before it; or ``post``: after all time.
    """

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.held: int | None = None
        self.last = 0

    def emissions(self, time: int, values: tuple[Any, ...], number: int) -> list[Emission]:
        """Emit the number of the call before."""
        held, self.held, self.last = self.held, number, time
        return [] if held is None else [("packet", 0, plus(time, self.node.offset or 0), held)]

    def close(self) -> list[Emission]:
        """Emit the last number."""
        made = super().close()
        if self.held is None or self.last >= MAX or self.last < MIN or 0 in self.shut:
            return made
        at = POST_STREAM if self.settings.get("post") else self.settings["late"]
        return [*made, ("packet", 0, at, self.held)]


class Choosing(Behaviour):
    """Emits small numbers, for the SELECT input of a Mux."""

    def emissions(self, time: int, values: tuple[Any, ...], number: int) -> list[Emission]:
        """Emit which of ``among`` inputs to take."""
        return [("packet", 0, plus(time, self.node.offset or 0), number % self.settings["among"])]


class Gate(Behaviour):
    """Passes its first input where the second has an even number or nothing; a gate as in S36."""

    def emissions(self, time: int, values: tuple[Any, ...], number: int) -> list[Emission]:
        """Emit the first input's packet unchanged, or nothing."""
        value, allow = values
        closed = value is None or (allow is not None and allow % self.settings.get("every", 2) == 1)
        return [] if closed else [("packet", 0, time, value)]


class Listing(Behaviour):
    """Emits lists of up to three numbers, for loops."""

    def emissions(self, time: int, values: tuple[Any, ...], number: int) -> list[Emission]:
        """Emit one list."""
        return [("packet", 0, plus(time, self.node.offset or 0), tuple(mix(number, i) for i in range(number % 4)))]


class BeginLoop(Behaviour):
    """Emits the items of a list at ticks, and the time of the list with the last one: S46."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.now = 0

    def process(self, time: int, values: tuple[Any, ...]) -> list[Emission]:
        """Return the items; a time without a list uses up a tick."""
        items = values[0] or ()
        end = self.now + max(len(items), 1)
        made: list[Emission] = [("packet", 0, self.now + i, item) for i, item in enumerate(items)]
        if not items:
            made.append(("bound", 0, end))
        made.append(("packet", 1, end - 1, time))
        self.now = end
        return made


class EndLoop(Behaviour):
    """Gathers the items until the time of the list comes: S46."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.items: list[Any] = []

    def process(self, time: int, values: tuple[Any, ...]) -> list[Emission]:
        """Return a number made from all items at the time of their list."""
        item, end = values
        if item is not None:
            self.items.append(item)
        if end is None:
            return []
        items, self.items = self.items, []
        return [("packet", 0, end, mix(items))] if items else [("bound", 0, end + 1)]


class Source(Behaviour):
    """Emits the packets of a plan, one step a call, and stops: S24. ``plan`` is a list of lists of emissions."""

    def process(self, time: int, values: tuple[Any, ...]) -> list[Emission]:
        """Return the next step, with STOP at the end; ``early``: the last step already stops."""
        plan = self.settings["plan"]
        self.calls += 1
        number = mix(self.node.name, self.calls)
        self.maybe_raise(number)
        made = list(plan[self.calls - 1]) if self.calls <= len(plan) else []
        last = self.calls >= len(plan) if self.settings.get("early") else self.calls > len(plan)
        return [*made, ("stop",)] if last else made


_BY_NAME: dict[str, type[Behaviour]] = {
    "sum": Behaviour,
    "count": Counting,
    "mute": Mute,
    "stop": Stopping,
    "ticks": Ticks,
    "promise": Promising,
    "hold": Holding,
    "choose": Choosing,
    "gate": Gate,
    "list": Listing,
    "begin": BeginLoop,
    "end": EndLoop,
    "source": Source,
    "previous": Behaviour,
}


def behaviour_of(node: Node) -> Behaviour:
    """Return a fresh behaviour of *node*: S21."""
    return _BY_NAME[node.does[0]](node)
