"""Parts of the work: told to those who listen, on the thread that did them."""

from __future__ import annotations

import threading
from time import perf_counter

from graphkit._process.parts import listen, part, stop_listening


def test_a_part_is_told_with_begin_and_length() -> None:
    heard: list[tuple[str, float, float, int]] = []

    def hear(name: str, begin: float, seconds: float) -> None:
        heard.append((name, begin, seconds, threading.get_ident()))

    before = perf_counter()
    listen(hear)
    with part("outer"), part("inner"):
        pass
    stop_listening(hear)
    with part("unheard"):
        pass
    (inner, *_), (outer, begin, seconds, thread) = heard
    assert (inner, outer, thread) == ("inner", "outer", threading.get_ident())
    assert before <= begin <= begin + seconds <= perf_counter()


def test_a_part_that_raises_is_told_too() -> None:
    heard: list[str] = []

    def hear(name: str, begin: float, seconds: float) -> None:
        heard.append(name)

    listen(hear)
    try:
        with part("fails"):
            raise ValueError
    except ValueError:
        heard.append("raised")
    stop_listening(hear)
    assert heard == ["fails", "raised"]


def test_nobody_listens_twice_in_vain() -> None:
    stop_listening(lambda name, begin, seconds: None)
    assert part("a") is part("b")
