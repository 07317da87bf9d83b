"""What a with block closes."""

from __future__ import annotations

import pytest

from graphkit._process.closing import Closing


class Door(Closing):
    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def test_a_block_closes_what_it_opened() -> None:
    with Door() as door:
        assert door.closed == 0
    assert door.closed == 1


def test_a_block_that_raises_closes_too_and_lets_the_error_pass() -> None:
    door = Door()
    with pytest.raises(KeyError), door:
        raise KeyError
    assert door.closed == 1
