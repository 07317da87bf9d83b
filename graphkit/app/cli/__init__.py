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

from graphkit.app.cli.batch import batch_command
from graphkit.app.cli.bench import bench_command
from graphkit.app.cli.calculators import calculators_command
from graphkit.app.cli.doctor import doctor_command
from graphkit.app.cli.failures import Commands
from graphkit.app.cli.graph import graph_command
from graphkit.app.cli.manifest import manifest_command
from graphkit.app.cli.models import models_command
from graphkit.app.cli.run import run_command
from graphkit.app.cli.validate import validate_command

__all__ = ["main"]


# Upstream spells its flags with underscores; both spellings are taken.
@click.group(cls=Commands, context_settings={"token_normalize_func": lambda flag: flag.replace("-", "_")})
@click.version_option(package_name="graphkit", message="graphkit %(version)s")
def main() -> None:
    """Run MediaPipe graphs in pure Python.

    Exit status: 0 the work is done, 1 something failed, 2 the command line is wrong, 130 stopped by Ctrl-C,
    143 by SIGTERM, 129 by closing the terminal. Whatever was written before a failure is complete and plays.
    """
    from graphkit._process.threads import keep_blas_to_one_thread

    keep_blas_to_one_thread()


main.add_command(run_command)
main.add_command(batch_command)
main.add_command(manifest_command)
main.add_command(graph_command)
main.add_command(validate_command)
main.add_command(calculators_command)
main.add_command(models_command)
main.add_command(doctor_command)
main.add_command(bench_command)
