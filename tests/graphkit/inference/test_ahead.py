"""Work ahead: who does it, what it raises, and what happens without threads, in a child, and at the end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pytest

from graphkit._process import threads as budgets
from graphkit.errors import InferenceError
from graphkit.inference import _ahead as ahead
from graphkit.inference import _loader as loader
from graphkit.inference import load_ahead
from graphkit.inference._ahead import Ahead, Helpers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    InChild: TypeAlias = Callable[[Callable[[], Any]], Any]

HAND = "graphs/modules/hand_landmark/hand_landmark_lite.tflite"


@pytest.fixture(autouse=True)
def two_cores() -> Iterator[None]:
    budgets.set_budget(budgets.Budget(cores=2))
    yield
    budgets.set_budget(None)


def test_a_helper_does_it_and_ends() -> None:
    helpers, work = Helpers(), Ahead(threading.current_thread)
    helpers.begin(work)
    done_by = work.result()
    assert done_by.name == "graphkit-models"
    done_by.join(10)
    assert helpers._threads == 0


def test_who_needs_what_nobody_has_begun_makes_it_once() -> None:
    made: list[int] = []
    work = Ahead(lambda: made.append(1) or threading.get_ident())
    assert (work.is_done, work.result(), work.result(), work.is_done) == (
        False, threading.get_ident(), threading.get_ident(), True,
    )  # fmt: skip
    Helpers().begin(work)
    assert made == [1]


def test_who_needs_what_a_helper_is_at_waits_for_it() -> None:
    begun, go_on = threading.Event(), threading.Event()
    work = Ahead(lambda: (begun.set(), go_on.wait(10), threading.get_ident())[2])
    Helpers().begin(work)
    assert begun.wait(10)
    threading.Timer(0.01, go_on.set).start()
    assert work.result() != threading.get_ident()


def test_an_error_is_raised_by_everybody_who_asks() -> None:
    work: Ahead[int] = Ahead(lambda: 1 // 0)
    Helpers().begin(work)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            work.result()


def test_no_more_helpers_than_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[threading.Thread] = []

    def note(thread: threading.Thread) -> None:
        started.append(thread)

    monkeypatch.setattr(threading.Thread, "start", note)
    helpers = Helpers()
    for _ in range(5):
        helpers.begin(Ahead(lambda: None))
    assert len(started) == 2


def test_a_process_that_can_start_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    helpers, work = Helpers(), Ahead(threading.get_ident)
    helpers.begin(work)
    assert (helpers._threads, work.result()) == (0, threading.get_ident())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_process_makes_its_results_itself(in_child: InChild) -> None:
    begun, go_on = threading.Event(), threading.Event()
    here = os.getpid()
    work = Ahead(lambda: (begun.set(), os.getpid() == here and go_on.wait(30), os.getpid())[2])
    ahead.helpers.begin(work)
    assert begun.wait(10)
    try:
        assert in_child(lambda: work.result() == os.getpid())
        assert in_child(lambda: (ahead.helpers._threads, len(ahead.helpers._left))) == (0, 0)
    finally:
        go_on.set()
    assert work.result() == here


def test_the_end_of_a_program_waits_for_what_is_under_way_and_begins_nothing() -> None:
    program = (
        "import threading, time\n"
        "from graphkit._process.threads import Budget, set_budget\n"
        "from graphkit.inference._ahead import Ahead, helpers\n"
        "set_budget(Budget(cores=1))\n"
        "begun = threading.Event()\n"
        "helpers.begin(Ahead(lambda: (begun.set(), time.sleep(0.2), print('first', flush=True))))\n"
        "helpers.begin(Ahead(lambda: print('second', flush=True)))\n"
        "begun.wait()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("first\n", "", 0)


def test_a_known_model_loads_on_a_helper(monkeypatch: pytest.MonkeyPatch) -> None:
    loading: list[str] = []
    start = loader.start

    def watched(*args: Any) -> Any:
        loading.append(threading.current_thread().name)
        return start(*args)

    monkeypatch.setattr(loader, "start", watched)
    work = load_ahead(HAND, provider="cpu")
    assert work._done.wait(30)
    session = work.result()
    assert loading == ["graphkit-models"]
    assert load_ahead(HAND, provider="cpu").result() is session
    assert loader.loaded_sessions() == [session]
    assert len(session.run([np.zeros(session.inputs[0].shape, np.float32)])) == 4


@pytest.mark.parametrize("outputs", [(4,), (-1,), ()], ids=["too many", "negative", "none"])
def test_outputs_that_a_known_model_does_not_have_are_refused_at_once(outputs: tuple[int, ...]) -> None:
    with pytest.raises(InferenceError, match="were asked for; the model has 0 to 3"):
        load_ahead(HAND, provider="cpu", outputs=outputs)


def test_one_core_loads_at_once() -> None:
    budgets.set_budget(budgets.Budget(cores=1))
    assert load_ahead(HAND, provider="cpu").is_done
