"""One measured process: started, watched from outside, and never left behind."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graphkit._process import system
from graphkit.app.bench.cores import held_to
from graphkit.app.bench.samples import Sample
from graphkit.errors import BenchmarkError, MeasuredProcessError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

logger: Final = logging.getLogger("graphkit.app.bench")


@dataclass(frozen=True, slots=True)
class Program:
    """What is started.

    The program takes a request as its last argument and prints an answer on standard output, both JSON. An
    answer holds ``begun`` and ``ended``, seconds of ``time.monotonic``, ``frames`` and ``peak_rss_mib``; or
    ``error`` with ``kind``, the class of the exception.

    Attributes:
        side: the side, for messages.
        command: without the request.
        environment: all of it.
        cores: that it is held to; None for all.
    """

    side: str
    command: Sequence[str]
    environment: Mapping[str, str]
    cores: frozenset[int] | None = None

    def run(self, request: Mapping[str, Any]) -> tuple[Sample, dict[str, Any]]:
        """Run the program once and wait for it; Ctrl-C ends it first.

        Returns:
            What it took, and its answer.

        Raises:
            MeasuredProcessError: it failed, or could not be started.
            BenchmarkError: the system does not tell what it took.
        """
        before = _seconds_of_children()
        started = time.monotonic()
        status, printed, complaint = self._finish([*self.command, json.dumps(dict(request))])
        real = time.monotonic() - started
        after = _seconds_of_children()
        logger.debug("%s said: %s", self.side, complaint)
        answer = self._answer(status, printed, complaint)
        sample = Sample(
            frames=answer["frames"],
            start_up_s=answer["begun"] - started,
            run_s=answer["ended"] - answer["begun"],
            real_s=real,
            user_s=after[0] - before[0],
            sys_s=after[1] - before[1],
            peak_rss_mib=answer["peak_rss_mib"],
        )
        return sample, answer

    def _finish(self, command: list[str]) -> tuple[int, str, str]:
        """Run a command to its end; return its status and what it printed and complained."""
        try:
            # A group of its own: Ctrl-C is for us, and we end everything that it has started.
            with held_to(self.cores):
                process = subprocess.Popen(
                    command, env=dict(self.environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, text=True, errors="replace", process_group=0,
                )  # fmt: skip
        except OSError as error:
            raise MeasuredProcessError(self.side, f"{command[0]} cannot be started: {error.strerror}") from error
        with process:
            try:
                printed, complaint = process.communicate()
            except BaseException:  # Ctrl-C, or the end of this program
                if process.returncode is None:  # it may have ended just now, and its number be another's
                    system.kill_group(process)
                    process.wait()
                raise
        return process.returncode, printed, complaint

    def _answer(self, status: int, printed: str, complaint: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(printed) if printed and status == 0 else {}
        if "error" in answer:
            raise MeasuredProcessError(self.side, answer["error"], answer["kind"])
        if not answer:
            raise MeasuredProcessError(self.side, _ending(status, complaint))
        return answer


def _seconds_of_children() -> tuple[float, float]:
    """Return the processor seconds that ended processes have used, theirs and the system's."""
    found = system.seconds_of_children()
    if found is None:
        raise BenchmarkError(
            f"{system.NAME} does not tell what ended processes have used. Measure on Linux or macOS."
        )
    return found


def _ending(status: int, complaint: str) -> str:
    """Say how a process ended that gave no answer, with the last line that it wrote."""
    if status < 0:
        how = f"the process crashed with {signal.Signals(-status).name}"
    else:
        how = f"the process ended with status {status}" + ("" if status else " and no answer")
    lines = complaint.strip().splitlines()
    return f"{how} ({lines[-1].strip()})" if lines else how
