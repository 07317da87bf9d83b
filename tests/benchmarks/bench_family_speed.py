"""Measures face mesh, selfie segmentation and holistic tracking beside MediaPipe 0.10.21, clip by clip.

    python tests/benchmarks/bench_family_speed.py --against-mediapipe PEER/bin/python CLIP
        [--task NAME ...] [--what clip|landmarks ...] [--rounds N] [--threads N] [--json FILE]

Every figure comes from a process of its own; the sides take turns, every other round in the opposite order. The
table shows medians and the quotients of the pairs.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphkit.app.bench.cores import chosen_cores
from graphkit.app.bench.processes import Program
from graphkit.app.bench.samples import RATIOS, Ratio, median
from graphkit.app.bench.subjects import GRAPHKIT, Job, Subject, peer_program
from graphkit.app.bench.tasks import CLIP, LANDMARKS, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit.app.bench.samples import Sample

PEER_SCRIPT: Final = Path(__file__).parent / "peer" / "peer_family_speed.py"
SHOWN: Final = ("real_s", "cpu_s", "ms_per_frame", "peak_rss_mib")
_WARM_UP_FRAMES: Final = 3

TASKS: Final = {
    task.name: task
    for task in (
        Task(
            "face",
            "",
            {"cpu": "graphs/face_mesh/face_mesh_desktop_live.pbtxt"},
            {"cpu": "mediapipe/modules/face_landmark/face_landmark_front_cpu.pbtxt"},
            {"num_faces": 1, "with_attention": True},
        ),
        Task(
            "selfie",
            "",
            {"cpu": "graphs/selfie_segmentation/selfie_segmentation_cpu.pbtxt"},
            {"cpu": "mediapipe/modules/selfie_segmentation/selfie_segmentation_cpu.pbtxt"},
        ),
        Task(
            "holistic",
            "",
            {"cpu": "graphs/holistic_tracking/holistic_tracking_cpu.pbtxt"},
            {"cpu": "mediapipe/modules/holistic_landmark/holistic_landmark_cpu.pbtxt"},
        ),
    )
}
"""One face with irises; the square selfie model; a person without mask, the face without irises."""


def theirs(python: str, side: str, cores: frozenset[int] | None) -> Program:
    """Return MediaPipe's program."""
    given = peer_program(python, side, cores)
    return Program(side, (python, str(PEER_SCRIPT)), given.environment, cores)


def measure(job: Job, python: str, rounds: int, cores: frozenset[int] | None) -> dict[str, list[Sample]]:
    """Let both sides take turns; return their samples."""
    with tempfile.TemporaryDirectory() as folder:
        ours = Subject(GRAPHKIT, "cpu")
        request = ours.request(job, Path(folder, "annotated.mp4"))
        asked = {
            "kind": job.kind, "task": job.task.name, "clip": str(job.clip), "output": request["output"],
            "max_frames": job.limit,
        }  # fmt: skip
        sides = {
            "graphkit": (ours.program(job, None, cores), request),
            "mediapipe": (theirs(python, f"{job.task.name}, {job.kind}: mediapipe", cores), asked),
        }
        for program, what in sides.values():
            program.run({**what, "max_frames": _WARM_UP_FRAMES})
        samples: dict[str, list[Sample]] = {name: [] for name in sides}
        for number in range(rounds):
            for name in sorted(sides, reverse=bool(number % 2)):
                program, what = sides[name]
                samples[name].append(program.run(what)[0])
        return samples


def told(samples: dict[str, list[Sample]]) -> list[str]:
    """Return a few lines about both sides."""
    lines = [
        f"  {name:10}" + "".join(f" {figure} {median(of, figure):9.3f}" for figure in SHOWN)
        for name, of in samples.items()
    ]
    ratios = {figure: Ratio.of(figure, samples["graphkit"], samples["mediapipe"]) for figure in RATIOS}
    lines += [
        f"  {figure}: {ratio.median:.2f} times MediaPipe's ({ratio.least:.2f} to {ratio.most:.2f})"
        for figure, ratio in ratios.items()
    ]
    return lines


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--against-mediapipe", dest="peer", required=True, help="an interpreter that has it")
    parser.add_argument("--task", action="append", choices=TASKS, default=[])
    parser.add_argument("--what", action="append", choices=(CLIP, LANDMARKS), default=[])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, help="hold both sides to so many processors")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def main(given: argparse.Namespace) -> None:
    """Measure, print, and write what was asked for."""
    cores = None if given.threads is None else chosen_cores(given.threads, os.sched_getaffinity(0))
    found: list[dict[str, Any]] = []
    tasks: Sequence[str] = given.task or list(TASKS)
    for name in tasks:
        for kind in given.what or (CLIP, LANDMARKS):
            samples = measure(Job(TASKS[name], kind, given.clip), given.peer, given.rounds, cores)
            print(f"{name}, {kind}:", *told(samples), sep="\n", flush=True)
            sides = {side: [asdict(sample) for sample in of] for side, of in samples.items()}
            found.append({"task": name, "kind": kind, "sides": sides})
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main(arguments())
