"""Random programs: orders of arrival, bounds, ends, cancels, errors, observers and pollers for a random graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from robustness.engine_graphs import GraphMaker
from robustness.program import Program

if TYPE_CHECKING:
    import random

    from reference_interpreter import Graph
    from robustness.program import Action


def random_program(dice: random.Random) -> Program:
    """Return a program on a random graph."""
    maker = GraphMaker(dice)
    graph = maker.make()
    fed = {wire.name: wire.grid for wire in maker.wires if wire.fed}
    timed = any(node.policy in ("FixedSize", "TimestampAlign") for node in graph.nodes)
    if fed and not timed and dice.random() < 0.08:
        _add_echo(dice, graph)
    own = {name: grid for name, grid in fed.items() if name not in graph.echoes.values()}
    program = Program(graph, _Feeder(dice, own, before=not timed).epochs(), seed=dice.randrange(2**31))
    program.threads = not maker.light and not timed and dice.random() < 0.35
    program.blocks = dice.random() < 0.85
    program.leaves = dice.random() < 0.25 and not graph.echoes
    program.runs = dice.choice((1, 1, 1, 2))
    _watch(dice, program)
    _spoil(dice, program)
    graph.report_deadlock = (graph.max_queue_size or 0) > 0 and not graph.echoes and dice.random() < 0.25
    if graph.report_deadlock:
        program.together = []  # the queues of such an observer fill up, too, and are no concern of the interpreter
    return program


class _Feeder:
    """Makes up what the program pushes.

    Args:
        dice: decides everything.
        inputs: the graph inputs, and whether their times are multiples of ten.
        before: whether a stream may consist of one packet that stands before all times.
    """

    def __init__(self, dice: random.Random, inputs: dict[str, bool], *, before: bool) -> None:
        self.dice, self.inputs, self.before = dice, inputs, before
        self.now = dict.fromkeys(inputs, -10)
        self.closed: set[str] = set()
        self.begun: set[str] = set()

    def epochs(self) -> list[list[Action]]:
        """Return some rounds of pushes, bounds and ends; streams that are behind may catch up late."""
        dice = self.dice
        found = []
        for _ in range(dice.choice((1, 1, 2, 3))):
            epoch: list[Action] = []
            favourite = dice.choice(list(self.inputs)) if self.inputs else ""
            for _ in range(dice.choice((0, 3, 6, 10, 14)) if self.inputs else 0):
                stream = favourite if dice.random() < 0.4 else dice.choice(list(self.inputs))
                if stream not in self.closed:
                    epoch.append(self._action(stream))
            found.append(epoch)
        return found

    def _action(self, stream: str) -> Action:
        dice, grid = self.dice, self.inputs[stream]
        step = dice.choice((10, 10, 10, 20, 50)) if grid else dice.choice((1, 2, 7, 10, 30))
        luck = dice.random()
        if luck < 0.03:
            self.closed.add(stream)
            return ("close", stream)
        fresh, self.begun = stream not in self.begun, self.begun | {stream}
        if self.before and fresh and luck < 0.05:
            self.closed.add(stream)
            return ("push", stream, -(2**63) + 2, dice.randrange(1000))
        self.now[stream] += step
        if luck < 0.15:
            bound = self.now[stream]
            self.now[stream] -= 10 if grid else 1
            return ("bound", stream, bound)
        return ("push", stream, self.now[stream], dice.randrange(1000))


def _add_echo(dice: random.Random, graph: Graph) -> None:
    """Let an observer feed a graph input, which the program then leaves alone: S39, S43."""
    made = [name for node in graph.nodes for name in node.outputs if not _reaches(graph, graph.inputs[-1], name)]
    if made and len(graph.inputs) > 1:
        graph.echoes[dice.choice(made)] = graph.inputs[-1]


def _reaches(graph: Graph, start: str, end: str) -> bool:
    """Return whether what *start* carries may change *end*."""
    reached = {start}
    for _ in graph.nodes:
        for node in graph.nodes:
            if reached.intersection(node.inputs):
                reached.update(node.outputs)
    return end in reached


def _watch(dice: random.Random, program: Program) -> None:
    streams = program.graph.streams
    program.observed = [name for name in streams if dice.random() < 0.3]
    program.bounds_observed = [name for name in streams if dice.random() < 0.15]
    if dice.random() < 0.15 and len(streams) > 1:
        program.together = dice.sample(streams, 2)
    if dice.random() < 0.2 and not program.graph.echoes:
        program.pollers[dice.choice(streams)] = dice.choice((-1, 1, 1, 2, 5))


def _spoil(dice: random.Random, program: Program) -> None:
    """Let some programs go wrong."""
    nodes = [node for node in program.graph.nodes if node.does[0] in ("sum", "count", "ticks", "promise", "hold")]
    luck = dice.random()
    if luck < 0.12 and nodes:
        for node in dice.sample(nodes, min(len(nodes), dice.choice((1, 1, 2)))):
            node.does[1]["raise_at"] = (dice.choice((2, 5)), 1)
    elif luck < 0.15 and nodes:
        dice.choice(nodes).does[1][dice.choice(("raise_open", "raise_close"))] = True
    elif luck < 0.18:
        _break_a_rule(dice, program, nodes)
    elif luck < 0.23 and program.epochs:
        epoch = dice.choice(program.epochs)
        epoch.insert(dice.randrange(len(epoch) + 1), ("cancel",))
    elif luck < 0.26 and program.observed:
        program.observer_fails = (dice.choice(program.observed), dice.randrange(1, 4))
    elif luck < 0.29 and not program.graph.echoes:
        program.epochs.append([("stop sources",)])


def _break_a_rule(dice: random.Random, program: Program, nodes: list[Any]) -> None:
    plain = [n for n in nodes if n.does[0] in ("sum", "count") and n.in_flight == 1 and not n.pure and n.outputs]
    if plain:
        settings = dice.choice(plain).does[1]
        settings.clear()
        settings.update(bad=dice.randrange(1, 4), bad_bound=dice.random() < 0.5)
