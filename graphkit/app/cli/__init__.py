"""The ``graphkit`` command.

Modules here import click at most, so that help is instant; what works is imported where it is used.
"""

from __future__ import annotations

try:
    import click
except ModuleNotFoundError as exc:
    from graphkit.app.cli.advice import advice_for
    from graphkit.app.doctor.repairs import package_error

    _lack = package_error(exc) or exc
    raise SystemExit("\n".join([f"error: {_lack}", *advice_for(_lack)])) from None

from graphkit.app.cli.deferred import Deferred
from graphkit.app.cli.failures import Commands

__all__ = ["main"]


# Upstream spells its flags with underscores; both spellings are taken.
@click.group(cls=Commands, context_settings={"token_normalize_func": lambda flag: flag.replace("-", "_")})
@click.version_option(package_name="graphkit-media", message="graphkit %(version)s")
def main() -> None:
    """Run MediaPipe graphs in pure Python.

    Exit status: 0 the work is done, 1 something failed, 2 the command line is wrong, 130 stopped by Ctrl-C,
    143 by SIGTERM, 129 by closing the terminal. Whatever was written before a failure is complete and plays.
    """
    from graphkit._process.threads import keep_blas_to_one_thread

    keep_blas_to_one_thread()


for _name, _short_help in {
    "run": "Run a graph over a video, a camera or other files.",
    "batch": "Run a graph over many clips, each once.",
    "manifest": "Look at what a batch did; merge shards; one table of all clips.",
    "graph": "Print a graph with its subgraphs expanded.",
    "draw": "Draw a graph: svg, html, dot, mmd.",
    "validate": "Check many graphs; name all faults, and all that is missing.",
    "calculators": "List calculators, or show one.",
    "models": "List models, find one, fetch those not shipped.",
    "doctor": "Say what this machine can do, and what is in the way.",
    "bench": "Measure speed, and where the time goes.",
}.items():
    main.add_command(Deferred(_name, _short_help))
