"""Ctrl-C at any moment of a program whose light nodes run on its own thread: S50, S51.

KeyboardInterrupt comes out, as it is, the run has ended, every node that opened is closed, and the same graph runs
again with the right result.
"""

from __future__ import annotations

import ctypes
import os
import random
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar

from graphkit import Calculator, CalculatorContext, CalculatorGraph, Input, Output, Status, Timestamp, calculator
from robustness.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECONDS = 30.0
ADDRESS_SPACE_MB = 0
PEAK_MB = 500
AGAIN_S = 8.0
"""After which somebody presses Ctrl-C again: Python misses a signal that comes right before it begins to wait."""


class Counts:
    """How many calculators are open, and what the next run should do."""

    opened = closed = 0
    over = threading.Event()
    senders: ClassVar[list[threading.Thread]] = []
    raise_in = 0
    """Send a signal from inside a node after so many calls; 0 for never."""


class Counted(Calculator):
    def open(self, cc: CalculatorContext) -> None:
        Counts.opened += 1

    def close(self, cc: CalculatorContext) -> None:
        Counts.closed += 1


@calculator
class CtrlCAdd(Counted):
    a = Input(int)
    b = Input(int, optional=True)
    out = Output(int)

    def process(self, cc: CalculatorContext) -> None:
        Counts.raise_in -= 1
        if Counts.raise_in == 0:
            signal.raise_signal(signal.SIGINT)
        self.out.send(cc, sum(packet.get_or(0) for packet in cc.inputs) + 1)


@calculator
class CtrlCSlowAdd(CtrlCAdd):
    blocking = True


@calculator
class CtrlCSource(Counted):
    out = Output(int)

    def process(self, cc: CalculatorContext) -> Status | None:
        self.number = getattr(self, "number", -1) + 1
        self.out.send(cc, self.number, Timestamp(self.number))
        return None


CHAIN = """
node { calculator: "CtrlCAdd" input_stream: "a" output_stream: "b" }
node { calculator: "CtrlCAdd" input_stream: "b" output_stream: "c" }
node { calculator: "%s" input_stream: "b" input_stream: "c" output_stream: "d" %s }
node { calculator: "CtrlCAdd" input_stream: "d" output_stream: "e" }
"""
FED = 'input_stream: "a" ' + CHAIN
GRAPHS = (
    FED % ("CtrlCAdd", ""),
    FED % ("CtrlCSlowAdd", ""),
    "max_queue_size: 1 " + FED % ("CtrlCSlowAdd", ""),
    'executor { name: "x" type: "ApplicationThreadExecutor" } ' + FED % ("CtrlCAdd", 'executor: "x"'),
    'max_queue_size: 2 executor { name: "x" type: "ThreadPoolExecutor" } ' + FED % ("CtrlCAdd", 'executor: "x"'),
)
SELF_FED = 'node { calculator: "CtrlCSource" output_stream: "a" } ' + CHAIN % ("CtrlCAdd", "")


def prepare(folder: Path) -> Callable[[int], Outcome]:
    """Return what checks a seed; it has to be the main thread, where Python handles signals."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.unraisablehook = _once_more
    return check


def _once_more(unraisable: Any) -> None:
    """Press Ctrl-C again where Python itself dropped it, as it does in callbacks of weak references."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        _send_later(0.001)


def check(seed: int) -> Outcome:
    """Interrupt one program."""
    dice = random.Random(seed)
    program = dice.choice(PROGRAMS)
    way = dice.choice(FROM_OUTSIDE if program in (_wait_for_the_end, _poll) else WAYS)
    graph = CalculatorGraph(SELF_FED if program in (_wait_for_the_end, _poll) else dice.choice(GRAPHS))
    poller = graph.add_output_stream_poller("e", max_queue_size=3) if program is _poll else None
    opened, closed = Counts.opened, Counts.closed
    labels = [f"way {way.__name__}", f"program {program.__name__}"]
    caught: BaseException | None = None
    began = time.monotonic()
    try:
        way(dice)
        program(graph, poller)
    except BaseException as exc:
        caught = exc
    if _silence() or time.monotonic() - began > AGAIN_S:
        return Outcome([*labels, "pressed again"])  # on purpose, and at no moment that anybody chose
    if type(caught) is not KeyboardInterrupt:
        return Outcome(labels, f"gave {type(caught).__name__}", f"{caught!r} from {caught.__context__!r}")
    if not graph.is_over():
        return Outcome(labels, "run goes on", f"{way.__name__} in {program.__name__}: is_over() is false")
    graph.cancel_quietly()
    left = (Counts.opened - opened) - (Counts.closed - closed)
    if left not in (
        0,
        1,
    ):  # S25: one that is interrupted while it opens is not closed
        return Outcome(labels, "not closed", f"{left} of {Counts.opened - opened}")
    wrong = "" if poller is not None or program is _wait_for_the_end else _runs_again(graph)
    return Outcome(labels, "wrong afterwards" if wrong else "", wrong)


def _silence() -> bool:
    """See to it that no signal comes any more; return whether one came while it did."""
    came = False
    senders, Counts.senders = Counts.senders, []
    for step in (Counts.over.set, lambda: signal.setitimer(signal.ITIMER_REAL, 0), *(s.join for s in senders)):
        try:
            step()
        except KeyboardInterrupt:
            came = True
            step()
    Counts.raise_in, Counts.over = 0, threading.Event()
    return came


def _runs_again(graph: CalculatorGraph) -> str:
    """Return what is wrong with another run of *graph*."""
    seen: list[tuple[int, int]] = []

    def see(packet: Any) -> None:
        seen.append((int(packet.timestamp), packet.payload))

    graph.observe_output_stream("e", see)
    with graph:
        for number in range(10):
            graph.add_packet_to_input_stream("a", number, number)
    expected = [(number, 2 * number + 5) for number in range(10)]
    return "" if seen == expected else f"{seen}, expected {expected}"


# -- programs ------------------------------------------------------------------------------------------


def _push(graph: CalculatorGraph, poller: Any) -> None:
    with graph:
        number = 0
        while True:
            graph.add_packet_to_input_stream("a", number, number)
            number += 1
            if number % 32 == 0:
                graph.wait_until_idle()


def _run_and_run(graph: CalculatorGraph, poller: Any) -> None:
    while True:
        with graph:
            graph.add_packet_to_input_stream("a", 1, 1)
            graph.set_input_stream_timestamp_bound("a", 5)


def _drive_by_hand(graph: CalculatorGraph, poller: Any) -> None:
    graph.start_run()
    try:
        number = 0
        while True:
            graph.add_packet_to_input_stream("a", number, number)
            number += 1
            graph.wait_until_idle()
    finally:
        graph.cancel_quietly()


def _wait_for_the_end(graph: CalculatorGraph, poller: Any) -> None:
    with graph:
        graph.wait_until_done()


def _poll(graph: CalculatorGraph, poller: Any) -> None:
    with graph:
        for _ in poller:
            continue


PROGRAMS = (_push, _push, _push, _run_and_run, _drive_by_hand, _wait_for_the_end, _poll)


# -- ways to interrupt ---------------------------------------------------------------------------------


def _later(seconds: float, call: Callable[[], None]) -> None:
    def wait_and_call() -> None:
        time.sleep(seconds)
        call()

    thread = threading.Thread(target=wait_and_call, daemon=True)
    Counts.senders.append(thread)
    thread.start()


def _send_later(seconds: float) -> None:
    over = Counts.over

    def send() -> None:
        if not over.is_set():
            os.kill(os.getpid(), signal.SIGINT)
        if not over.wait(AGAIN_S):
            os.kill(os.getpid(), signal.SIGINT)

    _later(seconds, send)


def _moment(dice: random.Random) -> float:
    return dice.choice((0.0005, 0.002, 0.01)) * dice.random()


def signal_from_outside(dice: random.Random) -> None:
    """Send SIGINT to the process after a moment."""
    _send_later(_moment(dice))


def signal_by_timer(dice: random.Random) -> None:
    """Have the kernel send a signal after a moment; its handler raises as that of SIGINT does."""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0001 + 0.008 * dice.random(), AGAIN_S)


def signal_from_a_node(dice: random.Random) -> None:
    """Send SIGINT from inside a light node."""
    Counts.raise_in = dice.randrange(1, 200)


def thrown_in(dice: random.Random) -> None:
    """Have another thread raise KeyboardInterrupt in this one, between any two steps."""
    me = threading.get_ident()
    _later(
        _moment(dice),
        lambda: ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(me), ctypes.py_object(KeyboardInterrupt)
        ),
    )


FROM_OUTSIDE = (signal_from_outside, signal_by_timer)
"""What a thread hears that waits for others; Python tells it nothing of what they do to themselves."""
WAYS = (*FROM_OUTSIDE, signal_from_outside, signal_from_a_node, thrown_in)
