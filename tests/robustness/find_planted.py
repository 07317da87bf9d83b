"""Plants faults into copies of this tree and has random programs find them, by hand; it takes minutes.

Prints, for each fault, how many programs it took and what was seen; returns 1 where one was not found.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from robustness.child import STOP
from robustness.planted import FAULTS, Planted, plant

TREE = Path(__file__).parents[2]


def search(fault: Planted | None, tree: Path, count: int) -> tuple[int, str]:
    """Return how many programs it took to find *fault* in a copy of *tree*, and what was seen first."""
    with tempfile.TemporaryDirectory(prefix="planted-") as name:
        copy = Path(name)
        for part in ("graphkit", "calculators"):
            shutil.copytree(tree / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        if fault is not None:
            plant(fault, copy)
        counts = copy / "counts.json"
        path = os.pathsep.join([str(copy), str(copy / "calculators")])
        command = [sys.executable, str(Path(__file__).with_name("run.py")), "engine", str(counts)]
        while True:
            subprocess.run(
                [*command, "--count", "200", "--batch", "200"],
                env={**os.environ, "PYTHONPATH": path, STOP: "1"},
                stdout=subprocess.DEVNULL,
                check=False,
            )
            tally = json.loads(counts.read_text())["engine"]
            if tally["faults"]:
                example = tally["examples"][0]
                return example["seed"] + 1, f"{example['fault']}: {example['detail'].splitlines()[0][:110]}"
            if tally["done"] >= count:
                return count, ""


def main() -> int:
    """Search for every fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=3000, help="programs to try before a fault counts as missed")
    parser.add_argument("--only", default="", help="part of a fault's name")
    parser.add_argument("--tree", type=Path, default=TREE, help="checkout to plant into")
    given = parser.parse_args()
    missed = 0
    for fault in FAULTS:
        if given.only in fault.name:
            took, seen = search(fault, given.tree, given.count)
            missed += not seen
            print(f"{fault.name:45} {fault.rule:4} {took:6} {seen or 'NOT FOUND'}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
