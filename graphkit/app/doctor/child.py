"""A process that runs one check: its name is the first argument, its facts are JSON on standard output."""

from __future__ import annotations

import json
import os
import sys

from graphkit.app.doctor.examination import CHECKS


def main() -> None:
    """Run the check that the command line names."""
    check = next(check for check in CHECKS if check.name == sys.argv[1])
    # Libraries print to file descriptor 1 as they like; the facts must stay alone on it.
    answer = os.dup(1)
    os.dup2(2, 1)
    facts = json.dumps([fact.as_json() for fact in check.run().facts])
    with os.fdopen(answer, "w", encoding="utf-8") as stream:
        stream.write(facts)
