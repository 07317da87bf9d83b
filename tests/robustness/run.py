"""Runs many random cases, by hand: ``python tests/robustness/run.py KIND COUNTS.json --count N``.

Kinds are the modules of `kinds/`. A run goes on where the last one with the same file ended, so counts add up over
several evenings. The file says how many seeds are done, what they were (``labels``), what went wrong
(``faults``), and gives examples with their seeds; ``--seed N`` checks one seed again, in this process.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

KINDS = sorted(p.stem for p in (Path(__file__).parent / "kinds").glob("*.py") if p.stem != "__init__")


def main() -> int:
    """Return 1 where a fault is known, else 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("counts", type=Path, help="JSON file in which the counts add up")
    parser.add_argument("--count", type=int, default=1000, help="seeds to check")
    parser.add_argument("--batch", type=int, default=2000, help="seeds that one child process checks")
    parser.add_argument("--seed", type=int, help="check this one only, here, and say what came of it")
    given = parser.parse_args()
    if given.seed is not None:
        with tempfile.TemporaryDirectory() as folder:
            print(import_module(f"robustness.kinds.{given.kind}").prepare(Path(folder))(given.seed))
        return 0
    from robustness.campaign import run

    return 1 if run(given.kind, given.counts, given.count, batch=given.batch)["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
