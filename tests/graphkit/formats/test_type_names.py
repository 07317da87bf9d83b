"""Type names: C++ spellings to Python types, back, and for messages; and the facade."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest

import graphkit.formats
from graphkit.errors import FormatError
from graphkit.formats import (
    Anchors,
    ImageFrame,
    ImageSize,
    NormalizedLandmarkList,
    NormalizedRect,
    mediapipe_name,
    payload_type,
    register_type,
    type_name,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("::mediapipe::NormalizedLandmarkList", NormalizedLandmarkList, id="message"),
        pytest.param("mediapipe::ImageFrame", ImageFrame, id="class"),
        pytest.param("NormalizedRect", NormalizedRect, id="bare"),
        pytest.param("std::vector<::mediapipe::NormalizedRect>", list[NormalizedRect], id="vector"),
        pytest.param("std::vector< std::vector<float> >", list[list[float]], id="nested vector"),
        pytest.param("::std::vector<mediapipe::Anchor>", Anchors, id="anchors"),
        pytest.param("std::array<float, 16>", list[float], id="array"),
        pytest.param("std::pair<int, int>", ImageSize, id="pair"),
        pytest.param("bool", bool, id="bool"),
        pytest.param("uint64_t", int, id="uint64_t"),
        pytest.param("double", float, id="double"),
        pytest.param("std::string", str, id="string"),
        pytest.param("::mediapipe::Matrix", np.ndarray, id="matrix"),
    ],
)
def test_payload_type(name, expected):
    assert payload_type(name) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param(NormalizedRect, "mediapipe::NormalizedRect", id="message"),
        pytest.param(list[NormalizedRect], "std::vector<mediapipe::NormalizedRect>", id="vector"),
        pytest.param(int, "int", id="int"),
        pytest.param(float, "float", id="float"),
        pytest.param(str, "std::string", id="string"),
        pytest.param(Anchors, "std::vector<mediapipe::Anchor>", id="anchors"),
    ],
)
def test_mediapipe_name(kind, expected):
    assert mediapipe_name(kind) == expected
    assert payload_type(expected) == kind


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param(ImageFrame, "ImageFrame", id="class"),
        pytest.param(list[NormalizedRect], "list[NormalizedRect]", id="vector"),
        pytest.param(list[list[int]], "list[list[int]]", id="nested"),
        pytest.param(int | str, "int | str", id="either"),
        pytest.param(dict[str, int], "dict[str, int]", id="dict"),
    ],
)
def test_type_name(kind, expected):
    assert type_name(kind) == expected


def test_unknown_name_offers_close_ones():
    with pytest.raises(FormatError, match=r'called "mediapipe::NormalizedRects"\. Did you mean .*NormalizedRect'):
        payload_type("mediapipe::NormalizedRects")


def test_type_without_a_name():
    with pytest.raises(FormatError, match=r"Nameless has no MediaPipe name; register_type\(\)"):
        mediapipe_name(type("Nameless", (), {}))


def test_register_type():
    class Mesh:
        pass

    register_type("::test::Mesh", Mesh)
    register_type("test::Mesh", Mesh)
    assert payload_type("std::vector<test::Mesh>") == list[Mesh]
    assert mediapipe_name(Mesh) == "test::Mesh"
    with pytest.raises(FormatError, match=r'"test::Mesh" already stands for Mesh; it cannot stand for int too'):
        register_type("test::Mesh", int)


def test_facade_lists_what_it_imports():
    imported = {
        name
        for name, value in vars(graphkit.formats).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert sorted(graphkit.formats.__all__) == sorted(imported)


@pytest.mark.parametrize("name", ["GpuBuffer", "mediapipe::GpuBuffer", "std::vector<mediapipe::GpuBuffer>"])
def test_the_gpus_type_is_known_before_anybody_has_loaded_it(name):
    code = f"from graphkit.formats import payload_type, type_name; print(type_name(payload_type({name!r})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("GpuBuffer", "list[GpuBuffer]")
