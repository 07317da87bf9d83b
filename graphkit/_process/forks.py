"""Forks: what to repair in a process that is forked from one that uses graphkit.

Only the thread that forks continues in the child. Locks that other threads held stay taken, and what waits for
these threads waits forever.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_hooks: Final[WeakKeyDictionary[Any, Callable[[Any], None]]] = WeakKeyDictionary()


def call_in_children(owner: T, hook: Callable[[T], None]) -> None:
    """Call *hook* with *owner* first in every process forked from this one, as long as *owner* lives.

    A hook must take no lock that existed before the fork. An owner has one hook; another one replaces it.
    """
    _hooks[owner] = hook


def _call_hooks() -> None:
    for owner, hook in list(_hooks.items()):
        hook(owner)


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_call_hooks)
