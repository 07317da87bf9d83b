"""The index of names is what the modules say, and a graph imports only what it uses."""

import json
import os
import runpy
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from graphkit_calculators._index import CALCULATORS, OPTIONS

ROOT = Path(__file__).parents[2]
MAKE = ROOT / "scripts" / "make_index.py"


def test_the_index_is_up_to_date() -> None:
    made = runpy.run_path(str(MAKE))
    assert made["INDEX"].read_text() == made["index"](), "run .venv/bin/python scripts/make_index.py"
    assert made["SUMMARIES"].read_text() == made["summaries"](), "run .venv/bin/python scripts/make_index.py"


def test_the_options_of_one_message_and_of_those_inside_of_it_are_in_one_module() -> None:
    for name, module in OPTIONS.items():
        outer = ".".join(name.split(".")[:2])
        assert OPTIONS.get(outer, module) == module


def _after(statements: str) -> list[str]:
    """Return the modules below graphkit_calculators that a fresh interpreter holds after *statements*."""
    code = (
        f"import json, sys\n{statements}\n"
        "print(json.dumps([m for m in sys.modules if m.startswith('graphkit_calculators.')]))"
    )
    made = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "COLUMNS": "100"},
    )  # fmt: skip
    assert made.stderr == ""
    return sorted(set(json.loads(made.stdout.splitlines()[-1])))


@pytest.mark.parametrize(
    ("statement", "modules"),
    [
        pytest.param("import graphkit_calculators", [], id="package"),
        pytest.param(
            "from graphkit.framework._registry import calculator_names as f; assert len(f()) > 100", [],
            id="names",
        ),
        pytest.param(
            "from graphkit.framework._registry import lookup_calculator as f; assert not f('No')", [],
            id="unknown",
        ),
        pytest.param(
            "from graphkit import framework as r; r.find_calculator('GateCalculator')", ["core.gate_calculator"],
            id="lookup",
        ),
        pytest.param(
            "from graphkit import CalculatorGraph as G\n"
            """G('input_stream: "a" node { calculator: "PassThroughCalculator" """
            """input_stream: "a" output_stream: "b" }')""",
            ["core.pass_through_calculator"], id="graph",
        ),
        pytest.param(
            "from graphkit.framework import _registry as r; assert len(r.known_calculators()) > 100",
            sorted(set(CALCULATORS.values())), id="all",
        ),
    ],
)  # fmt: skip
def test_importing_what_is_used(statement: str, modules: list[str]) -> None:
    prefix = "graphkit_calculators."
    found = [name.removeprefix(prefix) for name in _after(statement) if name in CALCULATORS.values()]
    assert found == [module.removeprefix(prefix) for module in modules]


def test_a_config_may_set_options_of_a_calculator_that_it_does_not_have() -> None:
    found = _after(
        "from graphkit import config\n"
        """graph = config.parse('node { calculator: "X" options { [mediapipe.GateCalculatorOptions.ext] """
        """{ empty_packets_as_allow: true } } }')\n"""
        "assert graph.nodes[0].options[0].message.empty_packets_as_allow"
    )
    assert "graphkit_calculators.core.gate_calculator" in found
    assert "graphkit_calculators.core.mux_calculator" not in found


def test_the_package_is_its_own_plugin() -> None:
    builtin = [entry for entry in entry_points(group="graphkit.calculators") if entry.name == "builtin"]
    assert [entry.value for entry in builtin] == ["graphkit_calculators"]
