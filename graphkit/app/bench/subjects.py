"""Subjects: the sides that are measured, and the program of each."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphkit.app.bench.processes import Program
from graphkit.app.bench.tasks import GRAPH
from graphkit.app.bench.work import MOST_IN_MEMORY, Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit.app.bench.tasks import Task

GRAPHKIT: Final = "graphkit"
MEDIAPIPE: Final = "mediapipe"
PEER_FOLDER: Final = Path(__file__).parent / "peer"
_WORKER: Final = "from graphkit.app.bench.worker import main; main()"
_FLOWS: Final = {"overlapped": 4, "lock-step": 1}
"""How a program that has all frames feeds a graph: frames in flight at most."""

_OTHERS_PYTHON: Final = ("PYTHONPATH", "PYTHONHOME")
"""What tells this interpreter where its packages are, and would mislead another one."""
_NO_BYTECODE: Final = "PYTHONDONTWRITEBYTECODE"
"""Both sides start from bytecode, as what pip installs does: without it a checkout is compiled at each start."""


@dataclass(frozen=True, slots=True)
class Job:
    """What all sides do.

    Attributes:
        task: what to find.
        kind: of measurement.
        clip: the input.
        max_frames: stop after these; None for all.
    """

    task: Task
    kind: str
    clip: Path
    max_frames: int | None = None

    @property
    def limit(self) -> int | None:
        """The most frames to work on."""
        return (self.max_frames or MOST_IN_MEMORY) if self.kind == GRAPH else self.max_frames


@dataclass(frozen=True, slots=True)
class Subject:
    """A side that is measured.

    Attributes:
        engine: `GRAPHKIT` or `MEDIAPIPE`.
        device: "cpu" or "gpu".
        flow: how the frames come, if that is a choice: "overlapped" or "lock-step".
    """

    engine: str
    device: str
    flow: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, [self.engine, self.device, self.flow]))

    def request(self, job: Job, output: Path, *, shares: bool = False) -> dict[str, Any]:
        """Return what the side's program is asked for.

        Args:
            job: what to do.
            output: where an annotated clip goes.
            shares: tell where the time goes; graphkit only.
        """
        if self.engine == MEDIAPIPE:
            return {
                "kind": job.kind, "task": job.task.name, "clip": str(job.clip), "output": str(output),
                "max_frames": job.limit,
            }  # fmt: skip
        request = Request(
            kind=job.kind,
            graph=job.task.graph(job.kind, self.device),
            clip=str(job.clip),
            output=str(output),
            device=self.device,
            in_flight=_FLOWS.get(self.flow, 4),
            max_frames=job.limit,
            side_packets=job.task.side(job.kind),
            shares=shares,
        )
        return asdict(request)

    def program(self, job: Job, peer: str | None, cores: frozenset[int] | None) -> Program:
        """Return the side's program.

        Args:
            job: what it will do, for messages.
            peer: the interpreter that runs MediaPipe.
            cores: processors for a side that computes on the CPU; None for all.
        """
        held = cores if self.device == "cpu" else None
        name = f"{job.task.name}, {job.kind}: {self}"
        if self.engine == MEDIAPIPE:
            return peer_program(peer or "", name, held)
        paths = os.pathsep.join(path for path in sys.path if path)
        command = (sys.executable, "-P", "-c", _WORKER)
        return Program(name, command, {**_environment(_NO_BYTECODE), "PYTHONPATH": paths}, held)


def peer_program(python: str, side: str, cores: frozenset[int] | None = None) -> Program:
    """Return MediaPipe's program, run by the interpreter *python*."""
    environment = _environment(_NO_BYTECODE, *_OTHERS_PYTHON)
    return Program(side, (python, str(PEER_FOLDER)), environment, cores)


def _environment(*without: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in without}


def subjects(kind: str, devices: Sequence[str], *, peer: bool) -> list[Subject]:
    """Return the sides that are measured.

    Args:
        kind: of measurement; only where frames are in memory is there a choice of flow.
        devices: of graphkit.
        peer: measure MediaPipe, too.
    """
    flows = tuple(_FLOWS) if kind == GRAPH else ("",)
    found = [Subject(GRAPHKIT, device, flow) for device in devices for flow in flows]
    return [*found, Subject(MEDIAPIPE, "cpu")] if peer else found
