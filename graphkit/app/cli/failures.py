"""From exceptions to one clear message and an exit status."""

from __future__ import annotations

import logging
import signal
import traceback
from collections.abc import Callable
from functools import partial
from textwrap import indent
from typing import Any, Final, TypeVar

import click

from graphkit.app.cli.advice import advice_for
from graphkit.app.cli.deferred import DeferringGroup
from graphkit.app.cli.flags import FlagSpelling
from graphkit.app.cli.output import fill_standard_descriptors, lost_output, tell, working_folder_is_gone
from graphkit.errors import (
    CalculatorError,
    ConfigError,
    GraphkitError,
    GraphValidationError,
    SidePacketError,
    UsageError,
)

FAILED: Final = 1
WRONG_USAGE: Final = 2
_DEBUG: Final = "graphkit.debug"
C = TypeVar("C", bound=Callable[..., Any])


def signal_status(number: int) -> int:
    """Return the exit status of a command ended by a signal, as shells count it."""
    return 128 + number


class Commands(DeferringGroup):
    """A group whose commands report graphkit's errors without a traceback."""

    def main(self, *arguments: Any, **more: Any) -> Any:
        """Run a command; also say if its output cannot be printed."""
        fill_standard_descriptors()
        try:
            return super().main(*arguments, **more)
        except OSError as error:
            if not lost_output(error):
                raise
            raise SystemExit(FAILED) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; errors become a message and an exit status."""
        _show_log()
        try:
            if working_folder_is_gone():
                raise UsageError("the working directory does not exist any more. Change to another one.")
            return super().invoke(ctx)
        except GraphkitError as error:
            if ctx.meta.get(_DEBUG):
                raise
            report(error)
            ctx.exit(WRONG_USAGE if _is_usage(error) else FAILED)
        except ImportError as error:
            explained = _explained(error)
            if explained is None or ctx.meta.get(_DEBUG):
                raise
            report(explained)
            ctx.exit(FAILED)
        except KeyboardInterrupt:
            ctx.exit(signal_status(signal.SIGINT))


def _is_usage(error: GraphkitError) -> bool:
    """Whether the command line is at fault: by itself, or by options of nodes that it sets and nothing else."""
    if isinstance(error, GraphValidationError):
        return all(_is_usage(fault) for fault in error.faults)
    if isinstance(error, ConfigError):
        return error.location is not None and bool(error.location.parameter)
    return isinstance(error, UsageError | SidePacketError)


def debug_option(command: C) -> C:
    """Add ``--debug``."""

    def remember(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
        if value:
            ctx.meta[_DEBUG] = True
            log = logging.getLogger("graphkit")
            # A program, or a test, may run several commands.
            ctx.call_on_close(partial(log.setLevel, log.level))
            log.setLevel(logging.DEBUG)

    return click.option(
        "--debug", is_flag=True, expose_value=False, callback=remember, help="Show tracebacks and the log."
    )(command)


def report(error: BaseException) -> None:
    """Print an error, where the user's own code raised it, and what happened after it."""
    tell("error: ", fg="red", nl=False)
    tell(told(error))
    if isinstance(error, CalculatorError) and (explained := _explained(error.cause)):
        tell(indent(told(explained), "  "))
    elif isinstance(error, CalculatorError) and not isinstance(error.cause, GraphkitError):
        place = "" if error.raised_at else f"raised at {_raised_at(error.cause)}; "
        tell(f"  {place}--debug shows the traceback")
    if isinstance(error, GraphValidationError) and _lacks_calculators():
        tell("The calculators that come with graphkit are not installed: see graphkit doctor.")
    for note in getattr(error, "__notes__", ()):
        tell(indent(note, "  "))


def told(error: BaseException) -> str:
    """Return what is to be said about an error: flags for parameters, and below it which command helps."""
    text = error.describe(FlagSpelling()) if isinstance(error, GraphkitError) else str(error)
    return "\n".join([text, *advice_for(error)])


def _explained(error: BaseException) -> GraphkitError | None:
    """Return the message for a missing package that graphkit needs, else None."""
    if not isinstance(error, ImportError):
        return None
    from graphkit.app.doctor.repairs import package_error

    return package_error(error)


def _lacks_calculators() -> bool:
    from graphkit.app.doctor.packages import lacks_calculators

    return lacks_calculators()


def _raised_at(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown place"


class _EchoHandler(logging.Handler):
    """Prints log records to whatever standard error is at the moment: a progress bar exchanges it."""

    def emit(self, record: logging.LogRecord) -> None:
        tell(f"{record.levelname.lower()}: {record.getMessage()}")


def _show_log() -> None:
    log = logging.getLogger("graphkit")
    if not any(isinstance(handler, _EchoHandler) for handler in log.handlers):
        log.addHandler(_EchoHandler())
