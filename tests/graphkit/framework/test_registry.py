"""Names of calculators: packages, close names, plug-ins."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from graphkit import Calculator
from graphkit.errors import UnknownCalculatorError
from graphkit.framework import _registry as registry


class Plain(Calculator):
    """Registered without a package."""


class Scoped(Calculator):
    """Registered in a package."""


class Deep(Calculator):
    """Registered in a package of a package."""


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_calculators", {"Blur": Plain, "acme.Blur": Scoped, "acme.vision.Blur": Deep})
    monkeypatch.setattr(registry, "_plugins", {"loaded": True, "loading": False})
    monkeypatch.setattr(registry, "_import_alls", [])


@pytest.mark.parametrize(
    ("name", "package", "found"),
    [
        pytest.param("Blur", "", Plain, id="plain"),
        pytest.param("Blur", "acme", Scoped, id="own package"),
        pytest.param("Blur", "acme.vision", Deep, id="innermost package"),
        pytest.param("Blur", "acme.other", Scoped, id="outer package"),
        pytest.param("Blur", "zeta", Plain, id="no package has it"),
        pytest.param("acme.Blur", "", Scoped, id="full name"),
        pytest.param("vision.Blur", "acme", Deep, id="partial name"),
        pytest.param("acme::vision::Blur", "", Deep, id="colons"),
        pytest.param(".acme.Blur", "acme", Scoped, id="absolute"),
        pytest.param("mediapipe.Blur", "", Plain, id="MediaPipe's own package"),
    ],
)
def test_names_are_looked_up_from_the_inside_out(name: str, package: str, found: type[Calculator]) -> None:
    assert registry.find_calculator(name, package) is found


def test_an_unknown_name() -> None:
    assert registry.lookup_calculator("Blurr") is None
    with pytest.raises(UnknownCalculatorError) as caught:
        registry.find_calculator("Blurr")
    assert str(caught.value).startswith("Unable to find Calculator \"Blurr\". Did you mean 'Blur'")
    assert caught.value.name == "Blurr"


def test_known_calculators_is_a_copy() -> None:
    registry.known_calculators().clear()
    assert registry.find_calculator("Blur") is Plain


def test_plug_ins_are_loaded_once_before_the_first_name_is_looked_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    loads: list[str] = []

    def load(name: str) -> Any:
        loads.append(name)
        if name == "broken":
            raise ImportError("no module named cv9")
        registry.register_calculator("Late", Scoped)

    entries = [SimpleNamespace(name=n, value=f"{n}_pkg", load=lambda n=n: load(n)) for n in ("works", "broken")]
    monkeypatch.setattr(registry, "_plugins", {"loaded": False, "loading": False})
    monkeypatch.setattr(registry, "_untold", [])
    monkeypatch.setattr(registry, "_not_loaded", [])
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: entries)
    with caplog.at_level(logging.WARNING, "graphkit"):
        assert loads == []
        assert registry.find_calculator("Blur") is Plain
        assert loads == ["broken", "works"]
        assert registry.find_calculator("Late") is Scoped
        assert registry.lookup_calculator("Never") is None  # it may be the name of a subgraph
        assert caplog.records == []
        for _ in range(2):
            with pytest.raises(UnknownCalculatorError):
                registry.find_calculator("Never")
    assert loads == ["broken", "works"]
    (message,) = [record.getMessage() for record in caplog.records]
    assert message.startswith(
        f"calculators of entry point broken (broken_pkg) could not be loaded: no module named cv9 (at {__file__}:"
    )


def test_a_name_that_a_plugin_may_have_which_could_not_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_not_loaded", ["broken_pkg"])
    with pytest.raises(
        UnknownCalculatorError, match="It may be in broken_pkg, which could not be loaded: the log says"
    ):
        registry.find_calculator("NobodyHasThis")
