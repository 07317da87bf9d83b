"""A process that is measured: does what its last argument asks for and answers on standard output."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from graphkit._process.gc_pause import gc_paused
from graphkit._process.threads import keep_blas_to_one_thread
from graphkit.errors import GraphkitError


def main() -> None:
    """Do what is asked for."""
    # Libraries print to file descriptor 1 as they like; the answer must stay alone on it.
    answering = os.dup(1)
    os.dup2(2, 1)
    keep_blas_to_one_thread()
    answer = answer_to(json.loads(sys.argv[-1]))
    with os.fdopen(answering, "w", encoding="utf-8") as stream:
        json.dump(answer | {"peak_rss_mib": peak_rss_mib()}, stream)


def answer_to(request: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a request, an error too; see `graphkit.app.bench.processes.Program`."""
    try:
        with gc_paused():  # as the command does while it starts
            from graphkit.app.bench.work import MeasuredRun, Request

            run = MeasuredRun(Request(**request))
        return run.finish()
    except GraphkitError as error:
        return {"error": str(error), "kind": type(error).__name__}


def peak_rss_mib(status: Path = Path("/proc/self/status")) -> float:
    """Return the most memory that this process held so far, MiB.

    ``ru_maxrss`` would tell what the process that started this one held, if that was more.
    """
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(fields["VmHWM"].split()[0]) / 1024
