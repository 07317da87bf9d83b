"""Runs everything that wants a graphics card, one process a step, each with a time limit of its own.

    scripts/check_card [--device NAME] [--json FILE] [--seconds 360] [--short] [--only STEP ...]

A line a figure, and all of them as JSON. It needs no installation and no network: the source tree, and packages
wherever PYTHONPATH names a folder. Without a card it runs on whatever draws, and says of each step that wants one
why it was left out. Exits with 1 where a step failed or found something wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
STEPS: Final = Path(__file__).with_name("card_steps.py")
GPU_TESTS: Final = ("tests/graphkit/gpu", "tests/graphkit_calculators/gpu", "tests/graphs/test_emulated_card.py")
OF_THE_CARD: Final = ("ONNX", "CUDA", "EGL", "taken", "OpenGL", "renderer", "tensors", "hardware", "budget")
"""Words of the lines of doctor that are printed; all of them are in the JSON."""
NEEDED: Final = (
    "google.protobuf",
    "numpy",
    "cv2",
    "onnxruntime",
    "tflite",
    "onnx",
    "av",
    "moderngl",
    "click",
    "rich",
)
"""Modules that the steps import."""
LEAST_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Step:
    """A process.

    Attributes:
        name: of the step.
        arguments: of Python.
        limit: seconds after which it is ended.
        environment: variables that it gets.
        is_short: whether it is part of the short mode.
        needs: a module that it does not go without.
    """

    name: str
    arguments: tuple[str, ...]
    limit: float
    environment: dict[str, str] = field(default_factory=dict)
    is_short: bool = False
    needs: str = ""


@dataclass
class Outcome:
    """What became of a step.

    Attributes:
        step: its name.
        seconds: that it took.
        figures: name, value and unit of each.
        notes: lines worth reading.
        skipped: why it was left out, "" where it was not.
        failure: what went wrong, "" where nothing did.
    """

    step: str
    seconds: float = 0.0
    figures: list[tuple[str, Any, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: str = ""
    failure: str = ""


def steps(folder: Path, *, short: bool) -> list[Step]:
    """Return all steps; what they find of hands and poses goes to *folder*."""
    size = ("--short",) if short else ()

    def own(name: str, *more: str) -> tuple[str, ...]:
        return (str(STEPS), name, *more, "--folder", str(folder), *size)

    found = [
        Step("doctor", ("-m", "graphkit", "doctor"), 40, is_short=True),
        Step("interop", own("interop"), 40),
    ]
    two = {"GRAPHKIT_THREADS": "2"}
    copied, graphs = {"GRAPHKIT_CUDA_INTEROP": "0"}, {"GRAPHKIT_CUDA_GRAPHS": "1"}
    models = "models on the cpu"
    for task in ("hands", "pose"):
        found += [
            Step(f"{task} cpu", own("graph", task, "cpu", "cpu"), 40, two, is_short=task == "hands"),
            Step(f"{task} gpu, {models}", own("graph", task, "gpu", "cpu"), 40, two, is_short=task == "hands"),
            Step(f"{task} gpu, cuda", own("graph", task, "gpu", "cuda"), 40),
            Step(f"{task} gpu, cuda, copied", own("graph", task, "gpu", "cuda", "--as", "copied"), 30, copied),
            Step(f"{task} gpu, cuda graphs", own("graph", task, "gpu", "cuda", "--as", "graphs"), 30, graphs),
        ]  # fmt: skip
    return [
        *found,
        Step("compared", own("compare"), 20, is_short=True),
        Step("two hands", own("batches"), 40, is_short=True),
        Step("trace", own("trace"), 30, is_short=True),
        Step("helper", own("overhead"), 20, is_short=True),
        Step("two contexts", own("contexts"), 40, is_short=True),
        Step("two rates", own("rates"), 50),
        Step("tests", ("-m", "pytest", "-q", "-p", "no:cacheprovider", *GPU_TESTS), 150, needs="pytest"),
    ]


def run_step(step: Step, environment: dict[str, str], limit: float) -> Outcome:
    """Run a step in a process of its own and read its figures; lines that are no JSON are notes of a failure."""
    outcome = Outcome(step.name)
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *step.arguments], cwd=ROOT, env={**environment, **step.environment}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        told, _ = process.communicate(timeout=limit)
        if process.returncode != 0:
            outcome.failure = f"exit status {process.returncode}"
    except subprocess.TimeoutExpired:
        process.kill()
        told, _ = process.communicate()
        outcome.failure = f"not done after {limit:.0f} s"
    outcome.seconds = round(time.perf_counter() - begin, 1)
    _read(told, outcome)
    return outcome


def _read(told: str, outcome: Outcome) -> None:
    for line in told.splitlines():
        if not line.startswith('{"'):
            outcome.notes.append(line.rstrip())
            continue
        found = json.loads(line)
        if "skipped" in found:
            outcome.skipped = found["skipped"]
        else:
            outcome.figures.append((found["figure"], found["value"], found["unit"]))
            outcome.failure = outcome.failure or found.get("wrong", "")


def print_outcome(outcome: Outcome) -> None:
    """Print a line a figure; of a step that failed, and of those without figures, what they said."""
    for name, value, unit in outcome.figures:
        print(f"{outcome.step:32} {name:36} {value} {unit}".rstrip(), flush=True)
    if outcome.skipped:
        print(f"{outcome.step:32} left out: {outcome.skipped}", flush=True)
    if not outcome.figures and not outcome.skipped and not outcome.failure:
        lines = [line.strip() for line in outcome.notes if line.strip()]
        told = [line for line in lines if any(word in line for word in OF_THE_CARD)]
        for line in told if outcome.step == "doctor" else lines[-1:]:
            print(f"{outcome.step:32} {line}", flush=True)
    if outcome.failure:
        print(f"{outcome.step:32} FAILED: {outcome.failure}", flush=True)
        for line in outcome.notes[-12:]:
            print(f"{'':32}   {line}", flush=True)


def describe(folder: Path) -> Path:
    """Describe the source tree as an installed package, so that its calculators are found by their names."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    info = folder / f"{project['name'].replace('-', '_')}-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 0\n")
    groups = [
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in names.items())
        for group, names in project["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("\n".join(groups))
    return folder


def environment_of(folder: Path, device: str | None) -> dict[str, str]:
    """Return the environment of the steps: the source tree is found first, then what is found now."""
    code = [str(ROOT), str(ROOT / "calculators"), str(ROOT / "tests")]
    path = [*code, str(describe(folder)), *filter(None, [os.environ.get("PYTHONPATH")])]
    found = {**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONUNBUFFERED": "1"}
    if device is not None:
        found["GRAPHKIT_GPU_DEVICE"] = device
    return found


def missing() -> list[str]:
    """Return the modules that this Python does not find."""
    return [name for name in NEEDED if find_spec(name.partition(".")[0]) is None]


def run(wanted: argparse.Namespace, folder: Path) -> list[Outcome]:
    """Run the steps that are wanted, as long as there is time."""
    end = time.monotonic() + wanted.seconds
    chosen = [step for step in steps(folder, short=wanted.short) if step.is_short or not wanted.short]
    if wanted.only:
        chosen = [step for step in chosen if any(step.name.startswith(name) for name in wanted.only)]
    package = folder / "package"
    package.mkdir()
    environment = environment_of(package, wanted.device)
    outcomes = []
    for step in chosen:
        left = end - time.monotonic()
        if left < LEAST_SECONDS:
            outcome = Outcome(step.name, skipped=f"the {wanted.seconds:.0f} s are over")
        elif step.needs and find_spec(step.needs) is None:
            outcome = Outcome(step.name, skipped=f"{step.needs} is not there")
        else:
            outcome = run_step(step, environment, min(step.limit, left))
        print_outcome(outcome)
        outcomes.append(outcome)
    return outcomes


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", help="which GPU, as graphkit's --gpu-device")
    parser.add_argument("--json", type=Path, help="where all figures go")
    parser.add_argument(
        "--seconds", type=float, default=360.0, help="after which no step begins, and none goes on"
    )
    parser.add_argument("--short", action="store_true", help="a few frames, to see that the script works")
    parser.add_argument("--only", nargs="*", metavar="STEP", help="steps whose names begin so")
    wanted = parser.parse_args()
    if lacking := missing():
        parser.error(
            f"{sys.executable} does not find {', '.join(lacking)}: start this with the Python of the environment "
            "that has graphkit's packages, or name their folder in PYTHONPATH."
        )
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="check-card-") as folder:
        outcomes = run(wanted, Path(folder))
    seconds = round(time.perf_counter() - begin, 1)
    failed = [outcome.step for outcome in outcomes if outcome.failure]
    print(f"{len(outcomes)} steps in {seconds} s; {'failed: ' + ', '.join(failed) if failed else 'none failed'}")
    if wanted.json is not None:
        machine = {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}
        report = {"machine": machine, "seconds": seconds, "steps": [asdict(outcome) for outcome in outcomes]}
        wanted.json.write_text(json.dumps(report, indent=1))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
