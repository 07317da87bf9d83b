"""No garbage is collected while a command starts."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from graphkit._process.gc_pause import gc_paused

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_collection_is_off_inside_and_on_after() -> None:
    with gc_paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_was_made_inside_is_not_looked_at_again() -> None:
    frozen = gc.get_freeze_count()
    with gc_paused():
        made = [[] for _ in range(100)]
    assert gc.get_freeze_count() >= frozen + len(made)


def test_collection_is_on_after_a_failure() -> None:
    with pytest.raises(ValueError, match="stop"), gc_paused():
        raise ValueError("stop")
    assert gc.isenabled()


def test_a_program_that_collects_by_itself_goes_on_doing_so() -> None:
    gc.disable()
    with gc_paused():
        pass
    assert not gc.isenabled()
