"""Our sessions against LiteRT (XNNPACK), model by model: differences and times, alternating in one run.

By hand, with a Python that has ai-edge-litert (`python -m venv V && V/bin/pip install ai-edge-litert numpy`):

    python tests/benchmarks/bench_inference.py --litert-python V/bin/python graphs/modules

Prints a line a model: the largest difference of any output with the largest value beside it, the minimum and
median times of both, and the ratios of ours to LiteRT's (below 1: ours is faster). Models that LiteRT alone
cannot run (operations of MediaPipe's own) are timed without it.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from graphkit.inference import load

SEED = 0
WORKER = Path(__file__).with_name("litert_worker.py")


@dataclass
class Comparison:
    """Run times in seconds of both sides."""

    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)

    def line(self) -> str:
        """Return the times in milliseconds and their ratios."""
        text = f"ours {min(self.ours) * 1e3:6.2f} / {median(self.ours) * 1e3:6.2f} ms"
        if not self.theirs:
            return text
        best, middle = min(self.ours) / min(self.theirs), median(self.ours) / median(self.theirs)
        return (
            f"{text}   LiteRT {min(self.theirs) * 1e3:6.2f} / {median(self.theirs) * 1e3:6.2f} ms"
            f"   ratio {best:.2f} / {middle:.2f}"
        )


class Worker:
    """LiteRT in a process of its own."""

    def __init__(self, python: str, model: Path, threads: int, output: Path) -> None:
        command = [python, str(WORKER), str(model), str(threads), str(output)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.usable = self._answer() == "ready"

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def run(self, count: int) -> list[float]:
        """Return the times of that many runs."""
        assert self.process.stdin is not None
        print(count, file=self.process.stdin, flush=True)
        return [float(text) for text in self._answer().split()]

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


def compare(model: Path, options: argparse.Namespace) -> str:
    """Return the report on one model."""
    session = load(model, provider=options.provider, threads=options.threads)
    image = session.inputs[0].empty()
    image[:] = np.random.default_rng(SEED).random(image.shape, dtype=np.float32)
    outputs = session.run([image])
    result = Comparison()
    difference = ""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "outputs.npz"
        worker = Worker(options.litert_python, model, options.threads, output)
        if worker.usable:
            difference = largest_difference(outputs, list(np.load(output).values()))
        for _ in range(options.rounds):
            if worker.usable:
                result.theirs += worker.run(options.block)
            for _ in range(options.block):
                start = time.perf_counter()
                session.run([image])
                result.ours.append(time.perf_counter() - start)
        worker.close()
    return f"{model.stem:34} {difference or 'LiteRT cannot run it':22} {result.line()}"


def largest_difference(ours: list[Any], theirs: list[Any]) -> str:
    """Return the largest absolute difference, and the largest value of that output."""
    pairs = [(float(np.abs(a - b).max()), float(np.abs(b).max())) for a, b in zip(ours, theirs, strict=True)]
    difference, size = max(pairs)
    return f"{difference:.1e} of {size:.4g}"


def main() -> None:
    """Parse the command line and report on every model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path, help=".tflite files, or folders that hold some")
    parser.add_argument("--litert-python", required=True, help="a Python with ai-edge-litert")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--block", type=int, default=5, help="runs of one side before the other's turn")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--provider", default="cpu")
    options = parser.parse_args()
    for path in options.paths:
        for model in sorted(path.rglob("*.tflite")) if path.is_dir() else [path]:
            print(compare(model, options), flush=True)


if __name__ == "__main__":
    main()
