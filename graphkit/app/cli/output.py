"""Printing to standard streams that may be closed, full or broken."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

import click


def tell(text: str, **style: Any) -> None:
    """Print to standard error; a failure is ignored, and the work continues."""
    with suppress(OSError):
        click.secho(text, err=True, **style)


def lost_output(error: OSError) -> bool:
    """Say that standard output cannot be written, if *error* is due to that; return whether it is.

    What it held back is dropped: it would fail once more when the interpreter ends.
    """
    if not _raised_while_printing(error):
        return False
    tell("error: ", fg="red", nl=False)
    tell(f"standard output cannot be written: {error.strerror}. What was to be printed there is lost.")
    with suppress(OSError, ValueError, AttributeError):  # a stream that is no file has no descriptor
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    return True


def _raised_while_printing(error: OSError) -> bool:
    """Whether it was `click.echo` that failed, and not on standard error: all output goes through it."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_code is click.echo.__code__ and not frame.f_locals.get("err")


def fill_standard_descriptors() -> None:
    """Put nothing in the place of closed standard streams, so that no file takes it and gets their text."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def working_folder_is_gone() -> bool:
    """Return whether the working directory was deleted, so that no relative path can be resolved."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False
