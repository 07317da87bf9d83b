"""Carries out a program with the engine and writes down what came of it."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any

from graphkit import CalculatorGraph, Timestamp
from graphkit.errors import GraphStateError, ThrottledError
from robustness.engine_config import config_of
from robustness.engine_nodes import Book
from robustness.program import Record, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit import OutputStreamPoller, Packet
    from robustness.program import Action, Program

REFUSALS = 40
"""A push that an idle graph refuses so often is never accepted."""


class ObserverError(Exception):
    """What an observer raises on purpose."""


class StuckError(Exception):
    """A push that is refused again and again by a graph that is idle."""


class HungError(Exception):
    """The program was not done in time; the message says where its threads are."""


def drive(program: Program, seconds: float) -> list[Record]:
    """Return what came of each run of *program*; raises HungError after *seconds*."""
    driver = Driver(program, seconds)
    failed: list[BaseException] = []
    thread = threading.Thread(target=_guarded, args=(driver.run, failed), daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise HungError(stacks())
    if failed:
        raise failed[0]
    return driver.records


def _guarded(call: Callable[[], None], failed: list[BaseException]) -> None:
    try:
        call()
    except BaseException as exc:  # goes on in the thread that waits
        failed.append(exc)


def stacks() -> str:
    """Return where every thread is."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    parts = [
        f"--- {names.get(ident, ident)}\n{''.join(traceback.format_stack(frame)[-4:])}"
        for ident, frame in sys._current_frames().items()
    ]
    return "\n".join(parts)


class Driver:
    """A program at work."""

    def __init__(self, program: Program, seconds: float) -> None:
        self.program, self.seconds = program, seconds
        self.graph = CalculatorGraph(config_of(program.graph))
        self.graph.add_mode_blocks = program.blocks
        self.records: list[Record] = []
        self.record = Record()
        self._look()

    def run(self) -> None:
        """Run the program as often as it says."""
        for _ in range(self.program.runs):
            self.record = Record()
            self.records.append(self.record)
            self._run_once()

    # -- what looks ------------------------------------------------------------------------------------

    def _look(self) -> None:
        program, graph = self.program, self.graph
        for name in program.observed:
            graph.observe_output_stream(name, lambda packet, name=name: self._saw(name, packet))
        for name in program.bounds_observed:
            graph.observe_output_stream(
                name, lambda packet, name=name: self._saw_bound(name, packet), observe_timestamp_bounds=True
            )
        if program.together:
            graph.observe_output_streams(program.together, self._saw_set)
        for stream, target in program.graph.echoes.items():
            graph.observe_output_stream(
                stream, lambda p, target=target: graph.add_packet_to_input_stream(target, p)
            )
        self.pollers = {
            name: graph.add_output_stream_poller(name, max_queue_size=size)
            for name, size in program.pollers.items()
        }
        graph.set_error_callback(self._heard)

    def _heard(self, error: BaseException) -> None:
        self.record.told.append(error)

    def _saw(self, name: str, packet: Packet[Any]) -> None:
        seen = self.record.seen.setdefault(name, [])
        seen.append((int(packet.timestamp), packet.payload))
        if self.program.observer_fails == (name, len(seen)):
            raise ObserverError(name)

    def _saw_bound(self, name: str, packet: Packet[Any]) -> None:
        self.record.bounds_seen.setdefault(name, []).append((int(packet.timestamp), packet.get_or(None)))

    def _saw_set(self, packets: list[Packet[Any]]) -> None:
        times = {int(packet.timestamp) for packet in packets}
        if len(times) != 1:
            self.record.complaints.append(f"observed together: {times}")
        self.record.sets.append((min(times), tuple(packet.get_or(None) for packet in packets)))

    # -- a run -----------------------------------------------------------------------------------------

    def _run_once(self) -> None:
        readers: list[threading.Thread] = []
        try:
            self.graph.start_run({"book": Book(self.program, self.record)})
            readers = [self._reader(name, poller) for name, poller in self.pollers.items()]
            if self.program.leaves:
                with self.graph:
                    self._all_epochs()
            else:
                self._all_epochs()
                self._close_inputs()
                self.graph.wait_until_done(self.seconds)
        except (StuckError, TimeoutError):
            raise
        except Exception as exc:  # what the run failed with; the verdict looks at it
            self.record.error = exc
        self._end()
        for reader in readers:
            reader.join(self.seconds)

    def _close_inputs(self) -> None:
        """End the graph inputs; those that observers feed last."""
        echoes = self.program.graph.echoes
        if echoes:
            for name in self.program.graph.inputs:
                if name not in echoes.values():
                    self.graph.close_input_stream(name)
            self.graph.wait_until_idle(self.seconds)
        self.graph.close_all_input_streams()

    def _end(self) -> None:
        """End what an error has left, and look at the graph once more."""
        error = self.record.error
        if error is not None and self.graph.has_error():
            try:
                self.graph.wait_until_done(self.seconds)
            except Exception as exc:  # the same error again: S48
                if exc is not error:
                    self.record.complaints.append(f"first {error!r}, then {exc!r}")
            else:
                self.record.complaints.append(f"wait_until_done() does not raise {error!r}")
        self.graph.cancel_quietly()

    def _reader(self, name: str, poller: OutputStreamPoller) -> threading.Thread:
        found = self.record.polled.setdefault(name, [])
        thread = threading.Thread(
            target=lambda: found.extend((int(p.timestamp), p.payload) for p in poller), daemon=True
        )
        thread.start()
        return thread

    def _all_epochs(self) -> None:
        for number, epoch in enumerate(self.program.epochs):
            self.record.epoch = number
            if self.program.threads:
                self._side_by_side(epoch)
            else:
                for action in epoch:
                    self._act(action)
            self.graph.wait_until_idle(self.seconds)
            self._snapshot()
        self.record.epoch = len(self.program.epochs)

    def _side_by_side(self, epoch: list[Action]) -> None:
        """Feed each stream on a thread of its own."""
        parts: dict[Any, list[Action]] = {}
        for action in epoch:
            parts.setdefault(action[1] if len(action) > 1 else action[0], []).append(action)
        failed: list[BaseException] = []
        threads = [
            threading.Thread(
                target=_guarded, args=(lambda part=part: [self._act(a) for a in part], failed), daemon=True
            )
            for part in parts.values()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]

    def _act(self, action: Action) -> None:
        word, *rest = action
        if word == "push":
            self._push(*rest)
        elif word == "bound":
            self.graph.set_input_stream_timestamp_bound(rest[0], rest[1])
        elif word == "close":
            self.graph.close_input_stream(rest[0])
        elif word == "stop sources":
            self.graph.close_all_packet_sources()
        else:
            self.graph.cancel()

    def _push(self, stream: str, at: int, value: Any) -> None:
        timestamp = Timestamp.from_raw(at)
        refused = 0
        while True:
            try:
                self.graph.add_packet_to_input_stream(stream, value, timestamp)
                return
            except ThrottledError:
                refused += 1
            if self.program.comes_to_rest and refused > REFUSALS:
                raise StuckError(f'push of {at} into "{stream}" is refused while the graph is idle')
            self.graph.wait_until_idle(self.seconds)
            if not self.program.comes_to_rest:
                time.sleep(0.0005)

    def _snapshot(self) -> None:
        if not self.program.comes_to_rest:
            return
        record = self.record
        try:
            bounds = {name: int(self.graph.output_stream_bound(name)) for name in self.program.graph.streams}
        except GraphStateError:  # the run ended by itself: it has no bounds any more
            return
        calls = {name: len(found) for name, found in record.calls.items()}
        record.snapshots.append(Snapshot(calls, bounds, {name: len(found) for name, found in record.seen.items()}))
