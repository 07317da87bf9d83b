"""Which line of the author's code an error is laid to."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import Calculator, CalculatorContext, ImageFrame, Input, Output, calculator
from graphkit.errors import CalculatorError
from graphkit.errors._places import place_of, place_of_call, raised_at
from graphkit.framework import find_calculator
from graphkit.testing import CalculatorRunner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def line_of(function: Callable[..., Any], more: int) -> str:
    return f"{__file__}:{function.__code__.co_firstlineno + more}"


@calculator
class PlacesClosed(Calculator):
    """Sends into a stream that it has closed."""

    number = Input(int)
    out = Output(int)

    def process(self, cc: CalculatorContext) -> None:
        self.out.close(cc)
        self.out.send(cc, 1)


@calculator
class PlacesBack(Calculator):
    """Goes back in time."""

    number = Input(int)
    out = Output(int)

    def process(self, cc: CalculatorContext) -> None:
        self.out.send(cc, 1, 7)
        self.out.send(cc, 1, 6)


@calculator
class PlacesArray(Calculator):
    """Sends an array where a picture belongs."""

    number = Input(int)
    out = Output(ImageFrame)

    def process(self, cc: CalculatorContext) -> None:
        import numpy as np

        self.out.send(cc, np.zeros((2, 2, 3), np.uint8))  # type: ignore[arg-type]


@calculator
class PlacesLibrary(Calculator):
    """Has a library raise."""

    number = Input(int)
    out = Output(int)

    def process(self, cc: CalculatorContext) -> None:
        json.loads("{")


@calculator("PlacesList")
def wrong_element(number: int) -> list[str]:
    """Returns a list of something else."""
    return [number, number]  # type: ignore[list-item]


@calculator("PlacesWrong")
def wrong_type(number: int) -> ImageFrame:
    """Returns something else."""
    return [number]  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("name", "message", "place"),
    [
        pytest.param(
            "PlacesClosed", 'StreamClosedError: output stream "o" is closed; nothing can be added to it',
            line_of(PlacesClosed.process, 2), id="a closed stream",
        ),
        pytest.param(
            "PlacesBack", "TimestampMismatchError: Packet timestamp mismatch", line_of(PlacesBack.process, 2),
            id="a timestamp that goes back",
        ),
        pytest.param(
            "PlacesArray",
            'PacketTypeError: output stream "o" carries ImageFrame, but was given ndarray; wrap it: '
            "ImageFrame(array)",
            line_of(PlacesArray.process, 3), id="a wrong type",
        ),
        pytest.param("PlacesLibrary", "JSONDecodeError", line_of(PlacesLibrary.process, 1), id="a library raises"),
        pytest.param(
            "PlacesList",
            'PacketTypeError: output stream "o" carries list[str], but was given a list whose element 0 is int',
            line_of(wrong_element, 0), id="a wrong element, sent for a function",
        ),
        pytest.param(
            "PlacesWrong", 'PacketTypeError: output stream "o" carries ImageFrame, but was given list',
            line_of(wrong_type, 0), id="a wrong type, sent for a function",
        ),
    ],
)  # fmt: skip
def test_an_error_names_the_line(name: str, message: str, place: str) -> None:
    runner = CalculatorRunner(f'calculator: "{name}" input_stream: "a" output_stream: "o"')
    runner.add(0, 3, timestamp=5)
    with pytest.raises(CalculatorError) as caught:
        runner.run()
    assert caught.value.raised_at == place
    assert f'process() of node "{name}" failed at timestamp 5: {message}' in str(caught.value)
    assert str(caught.value).endswith(f" (at {place})")


def test_code_that_comes_with_graphkit_has_no_place() -> None:
    runner = CalculatorRunner('calculator: "MuxCalculator" input_stream: "INPUT:0:a" input_stream: "SELECT:s" '
                              'output_stream: "OUTPUT:o"')  # fmt: skip
    runner.add(("INPUT", 0), 3, timestamp=5)
    runner.add("SELECT", 9, timestamp=5)
    with pytest.raises(CalculatorError) as caught:
        runner.run()
    assert caught.value.raised_at == ""
    assert place_of_call(find_calculator("MuxCalculator"), "process") == ""


def test_an_installed_package_is_a_library_unless_nothing_else_is_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site-packages").mkdir()
    library = tmp_path / "site-packages" / "places_library.py"
    library.write_text("def fail():\n    raise ValueError('no')\n")
    monkeypatch.syspath_prepend(library.parent)
    import places_library

    with pytest.raises(ValueError, match="no") as caught:
        places_library.fail()
    assert raised_at(caught.value).startswith(f"{__file__}:")
    traceback = caught.value.__traceback__
    assert traceback is not None
    assert raised_at(caught.value.with_traceback(traceback.tb_next)) == f"{library}:2"
    del sys.modules["places_library"]


def test_where_a_definition_stands() -> None:
    assert place_of(line_of) == line_of(line_of, 0)
    assert place_of(int) == "builtins"


def test_what_was_typed_in_has_the_line_that_was_typed() -> None:
    typed: dict[str, Any] = {"__name__": "__main__"}
    exec(compile("\ndef f():\n    pass\nclass C:\n    x = 1\n    def g(self): pass\n", "<typed>", "exec"), typed)
    assert place_of(typed["f"]) == "<typed>:2"
    assert place_of(typed["C"]) == "<typed>:6"
    assert place_of_call(typed["C"], "g") == "<typed>:6"


class PlacesIdle(Calculator):
    """Has no process()."""

    number = Input(int)


def test_a_call_that_the_author_did_not_write_is_laid_to_the_class() -> None:
    assert place_of_call(PlacesIdle, "process") == place_of(PlacesIdle)
    assert place_of(PlacesIdle).startswith(f"{__file__}:")
