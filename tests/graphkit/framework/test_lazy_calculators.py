"""Calculators that a package names without importing them."""

from __future__ import annotations

import logging
import sys
from importlib import import_module, reload
from typing import TYPE_CHECKING

import pytest

from graphkit import Calculator, CalculatorGraph, config
from graphkit.errors import DuplicateCalculatorError, GraphValidationError, UnknownCalculatorError
from graphkit.framework import _registry as registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODULE = '''
from graphkit import Calculator, Input, Options, Output, calculator, option, options

@options("lazytest.{name}Options")
class {name}Options:
    factor: int = option(1, default=3)

@calculator
class {name}(Calculator):
    """Multiplies."""

    inp = Input(int)
    out = Output(int)
    options = Options({name}Options)

    def process(self, cc):
        self.out.send(cc, self.inp(cc) * self.options(cc).factor)
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of modules, which can be imported while the test runs."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("lazytest_"):
            del sys.modules[name]


def write(folder: Path, name: str, text: str = MODULE) -> str:
    """Write a module with calculator *name* and return the module's name."""
    module = f"lazytest_{name.lower()}"
    (folder / f"{module}.py").write_text(text.format(name=name))
    return module


def nothing() -> None:
    """Import nothing more."""


def name_it(folder: Path, name: str, text: str = MODULE) -> str:
    module = write(folder, name, text)
    registry.register_lazy({name: module}, {f"lazytest.{name}Options": module}, nothing)
    return module


def test_a_named_calculator_is_imported_when_it_is_looked_up(folder: Path) -> None:
    module = name_it(folder, "LazyOne")
    assert "LazyOne" in registry.calculator_names()
    assert module not in sys.modules
    assert registry.find_calculator("LazyOne").__module__ == module
    assert "LazyOne" in registry.known_calculators()


def test_a_named_calculator_is_found_inside_a_package(folder: Path) -> None:
    module = write(folder, "LazyInside")
    registry.register_lazy({"LazyInside": module}, {}, nothing)
    assert registry.lookup_calculator("LazyInside", "a.b") is not None


def test_a_graph_runs_a_named_calculator(folder: Path) -> None:
    name_it(folder, "LazyTimes")
    graph = CalculatorGraph(
        """
        input_stream: "in"
        output_stream: "out"
        node {
          calculator: "LazyTimes" input_stream: "in" output_stream: "out"
          node_options { [type.googleapis.com/lazytest.LazyTimesOptions] { factor: 5 } }
        }
        """
    )
    seen: list[int] = []
    graph.observe_output_stream("out", lambda packet: seen.append(packet.payload))
    graph.start_run()
    graph.add_packet_to_input_stream("in", 2, timestamp=0)
    graph.close_all_packet_sources()
    graph.wait_until_done()
    assert seen == [10]


def test_options_of_a_named_calculator_can_be_read_without_the_calculator(folder: Path) -> None:
    module = name_it(folder, "LazyRead")
    text = 'node { calculator: "X" node_options { [type.googleapis.com/lazytest.LazyReadOptions] { factor: 5 } } }'
    (node,) = config.parse(text).nodes
    assert node.options[0].message.factor == 5  # type: ignore[attr-defined]
    assert module in sys.modules


def test_close_names_of_options_come_from_all_calculators(folder: Path) -> None:
    module = write(folder, "LazyClose")
    registry.register_lazy({"LazyClose": module}, {}, lambda: import_module(module))
    with pytest.raises(GraphValidationError, match=r"Did you mean 'lazytest\.LazyCloseOptions'"):
        CalculatorGraph(
            'node { calculator: "X" node_options { [type.googleapis.com/lazytest.LazyClsoeOptions] {} } }'
        )


def test_a_name_that_the_index_lacks_is_found_by_importing_all(folder: Path) -> None:
    module = write(folder, "LazyLacking")
    registry.register_lazy({}, {}, lambda: import_module(module))
    assert registry.lookup_calculator("LazyLacking") is None
    CalculatorGraph('node { calculator: "LazyLacking" input_stream: "a" output_stream: "b" } input_stream: "a"')
    assert registry.find_calculator("LazyLacking").__module__ == module


def test_an_unknown_calculator_offers_names_that_are_not_imported(folder: Path) -> None:
    module = name_it(folder, "LazyUnseen")
    with pytest.raises(UnknownCalculatorError, match=r'Unable to find Calculator "LazyUnsen"\. .*LazyUnseen'):
        registry.find_calculator("LazyUnsen")
    assert module not in sys.modules


def test_a_module_that_cannot_be_imported_is_reported_once(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    module = name_it(folder, "LazyBroken", "raise ImportError('no such library')")
    with caplog.at_level(logging.WARNING, "graphkit"):
        assert registry.lookup_calculator("LazyBroken") is None
        assert registry.lookup_calculator("LazyBroken") is None
    place = folder / f"{module}.py"
    assert caplog.messages == [f"calculators of {module} could not be loaded: no such library (at {place}:1)"]
    assert "LazyBroken" not in registry.calculator_names()


def test_a_package_that_cannot_be_imported_whole_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise ImportError("no such library")

    registry.register_lazy({}, {}, fail)
    with caplog.at_level(logging.WARNING, "graphkit"):
        registry.import_all()
        registry.import_all()
    (message,) = caplog.messages
    assert message.startswith(f"calculators of {__name__} could not be loaded: no such library (at {__file__}:")


def test_a_class_cannot_take_the_name_of_one_that_is_not_imported(folder: Path) -> None:
    module = name_it(folder, "LazyTaken")
    other = type("LazyTaken", (Calculator,), {"__module__": __name__})
    with pytest.raises(DuplicateCalculatorError, match=f"is already taken by {module}.LazyTaken"):
        registry.register_calculator("LazyTaken", other)
    assert registry.find_calculator("LazyTaken").__module__ == module


def test_a_name_that_was_taken_before_it_was_known_is_refused_once_and_given_back(folder: Path) -> None:
    module = write(folder, "LazySecond")
    first = type("LazyFirst", (Calculator,), {"__module__": __name__})
    registry.register_calculator("LazyFirst", first)
    registry.register_lazy({"LazyFirst": module, "LazySecond": module}, {}, nothing)
    assert registry.find_calculator("LazySecond").__module__ == module
    with pytest.raises(DuplicateCalculatorError) as caught:
        registry.find_calculator("LazyFirst")
    assert str(caught.value).startswith(f'calculator name "LazyFirst" is already taken by {module}; {__name__}.')
    assert str(caught.value).endswith("or take the name on purpose: @calculator(replace=True).")
    assert registry.lookup_calculator("LazyFirst") is None  # the module has no such class


def test_a_name_taken_on_purpose_stays_taken(folder: Path) -> None:
    module = name_it(folder, "LazyOurs")
    mine = type("LazyOurs", (Calculator,), {"__module__": __name__})
    registry.register_calculator("LazyOurs", mine, replace=True)
    import_module(module)
    assert registry.find_calculator("LazyOurs") is mine
    other = type("Other", (Calculator,), {"__module__": __name__})
    with pytest.raises(DuplicateCalculatorError, match="is already taken by"):
        registry.register_calculator("LazyOurs", other)


def test_a_definition_that_runs_again_replaces_itself(folder: Path) -> None:
    module = write(folder, "LazyAgain")
    first = import_module(module)
    text = MODULE.format(name="LazyAgain").replace("factor: int = option(1, default=3)", "by: int = option(1)")
    graph = """
        input_stream: "in" node { calculator: "LazyAgain" input_stream: "in" output_stream: "out"
          node_options { [type.googleapis.com/lazytest.LazyAgainOptions] { %s: 5 } } }
    """
    old = CalculatorGraph(graph % "factor")
    (folder / f"{module}.py").write_text(
        text.replace(".factor", ".by") + "\n# longer, so that it is compiled anew\n"
    )
    second = reload(first)
    assert registry.find_calculator("LazyAgain") is second.LazyAgain
    for runs, factor in ((CalculatorGraph(graph % "by"), 5), (old, 5)):
        seen: list[int] = []
        runs.observe_output_stream("out", lambda packet, seen=seen: seen.append(packet.payload))
        with runs:
            runs.add_packet_to_input_stream("in", 2, timestamp=0)
        assert seen == [2 * factor]
    with pytest.raises(GraphValidationError, match='"factor"'):
        CalculatorGraph(graph % "factor")


def test_a_class_that_nobody_registered_is_named(folder: Path) -> None:
    type("LazyForgotten", (Calculator,), {"__module__": __name__})
    with pytest.raises(UnknownCalculatorError, match=r"is not registered: write @calculator above it\."):
        registry.find_calculator("LazyForgotten")


def test_a_class_that_was_registered_by_its_own_module_may_be_named(folder: Path) -> None:
    module = write(folder, "LazyEager")
    import_module(module)
    registry.register_lazy({"LazyEager": module}, {}, nothing)
    assert registry.find_calculator("LazyEager").__module__ == module
