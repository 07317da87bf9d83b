"""Files as side packets: ResourceProviderCalculator and LocalFileContentsCalculator."""

from __future__ import annotations

import pytest

from graphkit.errors import GraphkitError
from graphkit.framework import Resource
from graphkit.testing import CalculatorRunner


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_bytes("Grün\n".encode())
    return path


def test_resource_named_by_side_packet(file):
    runner = CalculatorRunner(
        'calculator: "ResourceProviderCalculator" input_side_packet: "RESOURCE_ID:id" '
        'output_side_packet: "RESOURCE:data"'
    )
    runner.side_packets["RESOURCE_ID"] = str(file)
    found = runner.run().output_side_packets["RESOURCE"]
    assert found == Resource(file)
    assert found.read() == file.read_bytes()


def test_resource_that_cannot_be_read(file, monkeypatch):
    runner = CalculatorRunner(
        'calculator: "ResourceProviderCalculator" input_side_packet: "RESOURCE_ID:id" '
        'output_side_packet: "RESOURCE:data"'
    )
    runner.side_packets["RESOURCE_ID"] = str(file)
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(GraphkitError, match=r"labels\.txt.*cannot be read: Permission denied"):
        runner.run()


def test_resource_named_by_options(file):
    runner = CalculatorRunner(
        'calculator: "ResourceProviderCalculator" output_side_packet: "RESOURCE:data" node_options { '
        f'[type.googleapis.com/mediapipe.ResourceProviderCalculatorOptions] {{ resource_id: "{file}" }} }}'
    )
    assert runner.run().output_side_packets["RESOURCE"].read() == file.read_bytes()


@pytest.mark.parametrize(
    ("node", "message"),
    [
        pytest.param("", "1 RESOURCE outputs for 0 resource names", id="no-name"),
        pytest.param(
            'input_side_packet: "RESOURCE_ID:id" node_options { '
            '[type.googleapis.com/mediapipe.ResourceProviderCalculatorOptions] { resource_id: "x" } }',
            "by RESOURCE_ID side packets and by option resource_id; use one",
            id="both",
        ),
    ],
)
def test_resource_names(node, message):
    with pytest.raises(GraphkitError, match=message):
        CalculatorRunner(
            f'calculator: "ResourceProviderCalculator" output_side_packet: "RESOURCE:data" {node}'
        ).run()


def contents(options=""):
    return CalculatorRunner(
        'calculator: "LocalFileContentsCalculator" input_side_packet: "FILE_PATH:path" '
        'output_side_packet: "CONTENTS:data" '
        f"options {{ [mediapipe.LocalFileContentsCalculatorOptions.ext] {{ {options} }} }}"
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [pytest.param("", "Grün\n".encode(), id="bytes"), pytest.param("text_mode: true", "Grün\n", id="text")],
)
def test_contents(file, options, expected):
    runner = contents(options)
    runner.side_packets["FILE_PATH"] = str(file)
    assert runner.run().output_side_packets["CONTENTS"] == expected


def test_missing_file(tmp_path):
    runner = contents()
    runner.side_packets["FILE_PATH"] = str(tmp_path / "nothing.bin")
    with pytest.raises(GraphkitError, match=r"nothing\.bin"):
        runner.run()


def test_each_path_needs_its_output():
    with pytest.raises(GraphkitError, match="1 FILE_PATH side packets and 2 CONTENTS outputs"):
        CalculatorRunner(
            'calculator: "LocalFileContentsCalculator" input_side_packet: "FILE_PATH:path" '
            'output_side_packet: "CONTENTS:0:a" output_side_packet: "CONTENTS:1:b"'
        ).run()
