"""Random graphs that run: what a node may be wired to depends on what the streams carry and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reference_interpreter import Graph, Node

if TYPE_CHECKING:
    import random

OFFSETS = (0, 0, 0, 0, 10, 10, -10, 3, None)


@dataclass
class Wire:
    """A stream and what is known of it.

    Attributes:
        name: of the stream.
        grid: whether all its times are multiples of ten.
        carries: "number", "list" or "choice" of one in `among`.
        among: see carries.
        fed: whether the program feeds it: a graph input.
    """

    name: str
    grid: bool = True
    carries: str = "number"
    among: int = 0
    fed: bool = False


class GraphMaker:
    """Makes one random graph.

    Args:
        dice: decides everything; `random.Random`, or what hypothesis puts in its place.
    """

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.wires: list[Wire] = []
        self.graph = Graph([], [])
        self.light = dice.random() < 0.35
        """Whether everything runs on the thread that feeds the graph."""

    def make(self) -> Graph:
        """Return a graph."""
        dice = self.dice
        for _ in range(dice.choice((0, 1, 1, 2, 2, 3)) if not self.light else dice.choice((1, 1, 2, 2, 3))):
            self.add_input()
        if not self.light and (not self.wires or dice.random() < 0.35):
            for _ in range(dice.choice((1, 1, 2, 3))):
                self.add_source()
        parts = [self.add_plain] * 8 + [self.add_free] * 3 + [self.add_loopback, self.add_limiter, self.add_loop]
        parts += [self.add_mux, self.add_barrier, self.add_gate, self.add_gate, self.add_ender]
        for _ in range(dice.choice((1, 2, 2, 3, 3, 4, 5, 6))):
            dice.choice(parts)()
        if self.light and dice.random() < 0.3:
            self.add_timing_policy()
        if not self.light:
            self._place()
        self.graph.max_queue_size = dice.choice((None, None, 1, 1, 2, 3, -1))
        return self.graph

    # -- streams ---------------------------------------------------------------------------------------

    def add_input(self) -> Wire:
        """Add a graph input."""
        wire = self._wire(grid=self.dice.random() < 0.8)
        wire.fed = True
        self.graph.inputs.append(wire.name)
        return wire

    def _wire(self, **known: Any) -> Wire:
        wire = Wire(f"s{len(self.wires)}", **known)
        self.wires.append(wire)
        return wire

    def _pick(self, count: int = 1) -> list[Wire]:
        """Return some streams, rather late ones."""
        wires = self.wires
        return [wires[max(self.dice.randrange(len(wires)), self.dice.randrange(len(wires)))] for _ in range(count)]

    def _distinct(self, count: int) -> list[Wire]:
        found = {wire.name: wire for wire in self._pick(count)}
        return list(found.values())

    def _add(self, kind: str, inputs: list[Wire], outputs: list[Wire], settings: Any = None, **rest: Any) -> Node:
        names = [wire.name for wire in inputs], [wire.name for wire in outputs]
        node = Node(f"n{len(self.graph.nodes)}", (kind, settings or {}), *names, **rest)
        self.graph.nodes.append(node)
        return node

    # -- nodes -----------------------------------------------------------------------------------------

    def add_source(self) -> None:
        """Add a source with one or two outputs."""
        dice = self.dice
        count = dice.choice((1, 1, 2))
        plan: list[Any] = []
        now = [0] * count
        for _ in range(dice.randrange(8)):
            step: list[Any] = []
            for output in range(count):
                now[output] += dice.choice((10, 10, 20))
                word = dice.choice(("packet", "packet", "packet", "bound", ""))
                if word == "packet":
                    step.append((word, output, now[output], dice.randrange(1000)))
                elif word:
                    step.append((word, output, now[output] + 10))
            plan.append(step)
        outputs = [self._wire() for _ in range(count)]
        settings = {"plan": plan, "early": dice.random() < 0.3}
        self._add("source", [], outputs, settings, layer=dice.choice((0, 0, 0, 1, 2)))

    def add_plain(self) -> None:
        """Add a node with the default policy, or with one input, which makes other policies the same."""
        dice = self.dice
        inputs = self._pick(dice.choice((1, 1, 2, 2, 3)))
        offset = dice.choice(OFFSETS)
        kind = "promise" if offset is None else dice.choice(("sum", "sum", "count", "hold", "mute", "list"))
        settings = self._settings(inputs, kind)
        exact = all(wire.grid for wire in inputs) and offset in (None, 0, 10, -10)
        grid = exact and settings.get("burst", 1) == 1 and not settings.get("extra")
        carries = "list" if kind == "list" else "number"
        outputs = [self._wire(grid=grid, carries=carries) for _ in range(dice.choice((1, 1, 1, 2)))]
        if kind in ("hold", "list"):
            outputs, self.wires = outputs[:1], self.wires[: len(self.wires) - len(outputs) + 1]
        policy = dice.choice(("Default", "Default", "Immediate", "EarlyClose")) if len(inputs) == 1 else "Default"
        node = self._add(kind, inputs, outputs, settings, offset=offset, policy=policy)
        if kind in ("sum", "mute") and policy == "Default" and "shut" not in settings and not self.light:
            self._parallel(node)

    def _settings(self, inputs: list[Wire], kind: str) -> dict[str, Any]:
        dice = self.dice
        settings: dict[str, Any] = {}
        if dice.random() < 0.5:
            settings["drop"] = (dice.choice((2, 3)), 0)
        if kind == "sum" and dice.random() < 0.2 and all(wire.grid for wire in inputs):
            settings["burst"] = dice.choice((2, 3))
        if kind == "sum" and dice.random() < 0.1:
            settings["extra"] = dice.choice((1, 10))
        if dice.random() < 0.05:
            settings["shut"] = (dice.randrange(1, 4), 0)
        if kind == "hold":
            settings["late"] = 1_000_000 * (len(self.graph.nodes) + 1)
            settings["post"] = dice.random() < 0.2
        if kind == "sum" and dice.random() < 0.05:
            settings["at_open"] = [dice.choice((-50, -1000))]
        return settings

    def _parallel(self, node: Node) -> None:
        dice = self.dice
        if dice.random() < 0.2:
            node.in_flight, node.blocking = dice.choice((2, 3)), True
        elif dice.random() < 0.15:
            node.pure, node.blocking = True, True

    def add_free(self) -> None:
        """Add a node to which the rules leave a choice."""
        dice = self.dice
        inputs = self._pick(dice.choice((2, 2, 3)))
        policy = dice.choice(("Immediate", "Immediate", "SyncSet", "EarlyClose", "Default"))
        options: dict[str, Any] = {}
        if policy == "SyncSet":
            options = {"sets": [[0]] if len(inputs) == 2 else dice.choice(([[0, 1]], [[0], [1]], [[0, 2]]))}
        if policy == "EarlyClose":
            outputs = [self._wire(grid=all(wire.grid for wire in inputs))]
            self._add(dice.choice(("sum", "count")), inputs, outputs, policy=policy)
            return
        sees = policy == "Default"
        if dice.random() < 0.3:
            self._add("mute", inputs, [self._wire()], policy=policy, policy_options=options, sees_bounds=sees)
            return
        settings = {"bounds": dice.random() < 0.5}
        outputs = [self._wire(grid=False)]
        rest = {"policy": policy, "policy_options": options, "sees_bounds": sees}
        self._add("ticks", inputs, outputs, settings, offset=None, **rest)

    def add_loopback(self) -> None:
        """Add a cycle through PreviousLoopbackCalculator: S20."""
        (main,) = self._pick()
        before, after = self._wire(grid=main.grid), self._wire(grid=main.grid)
        self._add("previous", [main, after], [before], back_edges=(1,), offset=None, policy="Immediate")
        settings = {"drop": (3, 0)} if self.dice.random() < 0.5 else {}
        if self.dice.random() < 0.5:
            self._add(self.dice.choice(("sum", "count")), [main, before], [after], settings)
            return
        middle = self._wire(grid=main.grid)
        self._add("sum", [main, before], [middle], settings)
        self._add("sum", [middle], [after], {"drop": (4, 1)})

    def add_limiter(self) -> None:
        """Add an Immediate node that hears over a back edge what became of what it emitted: S19, S20."""
        (main,) = self._pick()
        out, back = self._wire(grid=False), self._wire(grid=False)
        rest = {"policy": "Immediate", "back_edges": (1,), "offset": None}
        self._add("ticks", [main, back], [out], {"first_only": True}, **rest)
        self._add("sum", [out], [back], {"drop": (3, 0)} if self.dice.random() < 0.5 else {})

    def add_loop(self) -> None:
        """Add a loop over the items of lists: S46."""
        lists = [wire for wire in self.wires if wire.carries == "list"]
        if lists and self.dice.random() < 0.5:
            items = self.dice.choice(lists)
        else:
            (main,) = self._pick()
            items = self._wire(grid=main.grid, carries="list")
            self._add("list", [main], [items])
        item, end, done = self._wire(grid=False), self._wire(grid=False), self._wire(grid=False)
        self._add("begin", [items], [item, end], offset=None, sees_bounds=True)
        self._add("sum", [item], [done], {"drop": (3, 0)} if self.dice.random() < 0.5 else {})
        self._add("end", [done, end], [self._wire(grid=items.grid)], offset=None)

    def add_mux(self) -> None:
        """Add a node that chooses, and a Mux that follows it: S15."""
        others = self._pick(self.dice.choice((2, 2, 3)))
        (control,) = self._pick()
        select = self._wire(grid=control.grid, carries="choice")
        self._add("choose", [control], [select], {"among": len(others)})
        outputs = [self._wire(grid=control.grid)]
        self._add(self.dice.choice(("sum", "count")), [*others, select], outputs, policy="Mux")

    def add_barrier(self) -> None:
        """Add a node that ignores time: S15."""
        inputs = self._pick(2)
        self._add("count", inputs, [self._wire(grid=all(wire.grid for wire in inputs))], policy="Barrier")

    def add_gate(self) -> None:
        """Add a gate whose control comes late, and pure nodes behind it: S36."""
        dice = self.dice
        (main,) = self._pick()
        allow, passed = self._wire(grid=main.grid), self._wire(grid=main.grid)
        self._add("sum", [main], [allow], {"drop": (5, 1)}, blocking=not self.light)
        gate = {"every": dice.choice((2, 3, 7))}
        self._add("gate", [main, allow], [passed], gate, forwards=dice.random() < 0.8)
        for _ in range(dice.choice((1, 2))):
            behind = self._wire(grid=main.grid)
            self._add("sum", [passed], [behind], pure=not self.light, blocking=not self.light)
            passed = behind

    def add_ender(self) -> None:
        """Add a node that ends the sources, where there are any: S23."""
        if any(node.is_source for node in self.graph.nodes) and self.dice.random() < 0.4:
            self._add("stop", self._pick(), [self._wire()], {"at": self.dice.randrange(1, 5)})

    def add_timing_policy(self) -> None:
        """Add a node whose policy goes by what comes first, fed by the program alone: S15."""
        fed = [wire for wire in self.wires if wire.fed]
        if len(fed) < 2:
            fed = [*fed, *(self.add_input() for _ in range(2 - len(fed)))]
        inputs = self.dice.sample(fed, 2)
        if self.dice.random() < 0.5:
            trigger = self.dice.choice((2, 3))
            sizes = {"trigger_queue_size": trigger, "target_queue_size": self.dice.randrange(1, trigger + 1)}
            self._add("count", inputs, [self._wire(grid=False)], policy="FixedSize", policy_options=sizes)
            return
        base = self.dice.randrange(2)
        self._add(
            "count", inputs, [self._wire(grid=False)], policy="TimestampAlign", policy_options={"base": base}
        )

    # -- threads ---------------------------------------------------------------------------------------

    def _place(self) -> None:
        """Decide where nodes run: S28, S33."""
        dice, graph = self.dice, self.graph
        graph.num_threads = dice.choice((0, 1, 2, 3))
        if dice.random() < 0.3:
            kind = dice.choice(("ThreadPoolExecutor", "WaitingThreadExecutor", "ApplicationThreadExecutor"))
            graph.executors["own"] = (kind, dice.choice((1, 2)) if kind == "ThreadPoolExecutor" else 0)
        for node in graph.nodes:
            if node.does[0] == "previous":
                continue
            if dice.random() < 0.2:
                node.blocking = True
            if graph.executors and dice.random() < 0.4:
                node.executor = "own"
