"""Calls in forked processes."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def in_child(function: Callable[[], Any]) -> Any:
    """Return what *function* returns in a forked process, or the class and text of the error that it raises.

    A child that does not answer is "hangs", one that ends before it does "ended without a word".
    """

    def report() -> None:
        try:
            ours.send(function())
        except Exception as exc:
            ours.send((type(exc), str(exc)))

    theirs, ours = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=report)
    process.start()
    ours.close()
    try:
        return theirs.recv() if theirs.poll(20) else "hangs"
    except EOFError:
        return "ended without a word"
    finally:
        theirs.close()
        process.kill()
        process.join()
