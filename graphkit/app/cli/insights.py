"""What a run shows about itself: why nothing comes out, where the time goes, which node hangs."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from graphkit.app.cli.output import tell
from graphkit.errors import GraphStateError, OutputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from queue import SimpleQueue

    from graphkit.framework import Instrument
    from graphkit.graph import CalculatorGraph
    from graphkit.insight import Explanation, Profile
    from graphkit.jobs import GraphJob, Progress

_PATIENCE_S: Final = 2.0
"""How long frames in flight may take after Ctrl-C before it is said what they wait for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the flags ask for.

    Attributes:
        explain: a file, "" for standard error, None for nothing.
        profile: a file, "" for standard output, None for nothing.
        trace: a file or folder, None for none.
        watch: whether a live table is wanted.
        watchdog: seconds that are too long for one call; 0 for no watchdog.
    """

    explain: str | None
    profile: str | None
    trace: str | None
    watch: bool
    watchdog: float


class Insights:
    """The instruments that flags ask for, and what is printed in the end.

    Args:
        graph: not running.
        wanted: see Wanted.

    Attributes:
        profile: of the run, None for none.
        instruments: what the graph is to be given besides.
    """

    def __init__(self, graph: CalculatorGraph, wanted: Wanted) -> None:
        _check(wanted.explain, "--explain")
        _check(wanted.profile, "--profile")
        self._graph, self._wanted = graph, wanted
        self.profile: Profile | None = graph.profile
        self._shows_profile = wanted.profile is not None or self.profile is not None or wanted.watch
        self.instruments = self._instruments()

    def _instruments(self) -> list[Instrument]:
        wanted = self._wanted
        made: list[Instrument] = []
        if wanted.watchdog:
            from graphkit.insight import Watchdog

            made.append(Watchdog(wanted.watchdog))
        if self.profile is None and (self._shows_profile or wanted.explain is not None):
            from graphkit.insight import Profile

            self.profile = Profile()
            made.append(self.profile)
        return made

    def progress(self, *, quiet: bool) -> Progress:
        """Return what shows how far the run is: a live table if that is wanted, else a bar or lines."""
        from graphkit.app.cli.progress import choose_progress
        from graphkit.app.cli.watching import choose_table

        if self._wanted.watch and self.profile is not None:
            return choose_table(self.profile)
        return choose_progress(quiet=quiet)

    def tell(self, job: GraphJob) -> None:
        """Tell what was asked for, and why a run that was stopped stood still."""
        stopped = job.when_stopped
        if stopped is not None and stopped.state == "idle" and stopped.stalled and self._wanted.explain is None:
            tell(str(stopped))
        if self._wanted.explain is not None:
            self._tell_explanation(job)
        if self._graph.plan.profiler.trace and self._wanted.trace is None:
            tell("note: the graph asks for a trace (profiler_config); --trace FOLDER/ keeps one.")
        if self._shows_profile and self.profile is not None:
            if self._wanted.profile:
                _write(self._wanted.profile, self.profile.to_json())
            else:
                click.echo(str(self.profile))

    def _tell_explanation(self, job: GraphJob) -> None:
        explanation = self._explanation(job)
        if explanation is None:
            return
        if self._wanted.explain:
            _write(self._wanted.explain, explanation.to_json())
        elif explanation.error is None:  # see add_to()
            tell(str(explanation))

    def add_to(self, error: BaseException, job: GraphJob) -> None:
        """Add the explanation that is wanted as text to the error that ended the run: it is printed below it."""
        explanation = self._explanation(job) if self._wanted.explain == "" else None
        if explanation is not None and explanation.error is not None:
            error.add_note(str(explanation))

    def _explanation(self, job: GraphJob) -> Explanation | None:
        """Return why nothing came out; None if the graph was never started."""
        profile = self.profile
        counts = () if profile is None else (profile.packets_by_stream(), profile.packets_lost())
        try:
            return job.when_stopped or self._graph.explain(*counts)
        except GraphStateError:
            return None


@contextmanager
def telling_what_hangs(graph: CalculatorGraph, first_signal: SimpleQueue[bool]) -> Iterator[None]:
    """While the block runs: if it lasts long after *first_signal*, say what it waits for."""
    ended = threading.Event()

    def wait() -> None:
        if first_signal.get() and not ended.wait(_PATIENCE_S) and (found := _explained(graph)) is not None:
            tell(f"Still waiting. {found}")

    threading.Thread(target=wait, name="graphkit-explain", daemon=True).start()
    try:
        yield
    finally:
        ended.set()
        first_signal.put(False)


def _explained(graph: CalculatorGraph) -> Explanation | None:
    from graphkit.errors import GraphkitError

    try:
        found = graph.explain()
    except GraphkitError:  # the run has just ended
        return None
    return found if found.findings else None


def _check(file: str | None, flag: str) -> None:
    """Make sure that a file can be created; raises UsageError."""
    if file and not Path(file).absolute().parent.is_dir():
        raise UsageError(f"{flag}: the folder {Path(file).absolute().parent} does not exist. Create it first.")


def _write(file: str, text: str) -> None:
    try:
        Path(file).write_text(text + "\n")
    except OSError as error:
        raise OutputError(f"it cannot be written: {error.strerror}. Choose another place.", path=file) from error
