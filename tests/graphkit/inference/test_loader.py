"""`load`: one session a process, the disk cache, and one error for each kind of bad file."""

from __future__ import annotations

import logging
import multiprocessing
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from graphkit.errors import InferenceError, ModelFormatError, ResourceNotFoundError, UsageError
from graphkit.inference import _importer as importer
from graphkit.inference import _loader as loader
from graphkit.inference import _starting as starting
from graphkit.inference import load, unload_all
from graphkit.inference._importer import import_apart, import_tflite
from graphkit.inference._refused_model import refused_model

ROOT = Path(__file__).parents[3]
MODEL = ROOT / "tests" / "data" / "inference" / "ops" / "pools.tflite"
HAND = ROOT / "graphs" / "modules" / "hand_landmark" / "hand_landmark_lite.tflite"


class Imports:
    """Counts the imports that `load` makes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        monkeypatch.setattr(importer, "import_apart", self)

    def __call__(self, *args: object, **options: object) -> object:
        self.count += 1
        return import_apart(*args, **options)  # type: ignore[arg-type]


@pytest.fixture
def imports(monkeypatch: pytest.MonkeyPatch) -> Imports:
    return Imports(monkeypatch)


def image() -> np.ndarray:
    return np.random.default_rng(0).random((1, 7, 6, 3)).astype(np.float32)


def test_one_session_for_one_model(tmp_path: Path) -> None:
    copy = tmp_path / "copy.tflite"
    copy.write_bytes(MODEL.read_bytes())
    first = load(MODEL, provider="cpu")
    assert load(str(MODEL), provider="cpu") is first
    assert load(copy, provider="cpu") is first
    assert load(MODEL.read_bytes(), provider="cpu") is first


def test_sessions_that_were_asked_for_since(tmp_path: Path) -> None:
    unload_all()
    first, second = load(MODEL, provider="cpu"), load(HAND, provider="cpu")
    since = loader.requests()
    assert loader.loaded_sessions(since) == []
    assert load(HAND, provider="cpu") is second
    assert loader.loaded_sessions(since) == [second]
    assert loader.loaded_sessions() == [first, second]


def test_changed_file_is_another_model(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(MODEL.read_bytes())
    first = load(path, provider="cpu")
    path.write_bytes(HAND.read_bytes())
    assert load(path, provider="cpu").inputs != first.inputs


def test_unchanged_file_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(MODEL, provider="cpu")
    monkeypatch.setattr(Path, "open", lambda *args: pytest.fail("read"))
    assert load(MODEL, provider="cpu") is first


def test_other_outputs_or_threads_are_another_session() -> None:
    first = load(MODEL, provider="cpu")
    assert load(MODEL, provider="cpu", outputs=[0]) is not first
    assert load(MODEL, provider="cpu", threads=2) is not first


def test_threads_that_load_at_once_share_one_import(imports: Imports) -> None:
    with ThreadPoolExecutor(8) as pool:
        sessions = list(pool.map(lambda _: load(MODEL, provider="cpu"), range(16)))
    assert len(set(map(id, sessions))) == 1
    assert imports.count == 1


def test_a_session_runs_on_many_threads_at_once() -> None:
    session = load(HAND, provider="cpu")
    inputs = [np.full(session.inputs[0].shape, level / 8, np.float32) for level in range(8)]
    wanted = [session.run([x]) for x in inputs]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda x: session.run([x]), inputs))
    for mine, alone in zip(found, wanted, strict=True):
        for output, reference in zip(mine, alone, strict=True):
            np.testing.assert_array_equal(output, reference)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_process_loads_what_another_thread_was_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    parent, loading, go_on = os.getpid(), threading.Event(), threading.Event()

    def held_up(*args: object, **options: object) -> object:
        if os.getpid() == parent:
            loading.set()
            assert go_on.wait(60)
        return import_apart(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(importer, "import_apart", held_up)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(load, MODEL, provider="cpu")
        assert loading.wait(60)
        child = multiprocessing.get_context("fork").Process(target=load, args=(MODEL,), kwargs={"provider": "cpu"})
        child.start()
        child.join(60)
        status = child.exitcode
        child.kill()
        go_on.set()
        waiting.result()
    assert status == 0, "it waits for a thread that it does not have"


def test_second_process_reads_the_disk_cache(imports: Imports, cache_folder: Path) -> None:
    before = load(MODEL, provider="cpu").run([image()])
    unload_all()
    after = load(MODEL, provider="cpu").run([image()])
    assert imports.count == 1
    assert len(list(cache_folder.iterdir())) == 1
    np.testing.assert_array_equal(before[0], after[0])


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: data[: len(data) // 2], id="cut"),
        pytest.param(lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:], id="one bit"),
        pytest.param(lambda data: b"x" * len(data), id="garbage"),
    ],
)
def test_damaged_cache_file_is_made_again(
    damage: object, imports: Imports, cache_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    load(MODEL, provider="cpu")
    (entry,) = cache_folder.iterdir()
    good = entry.read_bytes()
    entry.write_bytes(damage(good))  # type: ignore[operator]
    unload_all()
    load(MODEL, provider="cpu").run([image()])
    assert imports.count == 2
    assert entry.read_bytes() == good
    assert f"{entry} is damaged and will be made again" in caplog.text


def test_cache_folder_that_cannot_be_made(
    imports: Imports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("GRAPHKIT_CACHE_DIR", str(tmp_path / "file" / "below"))
    for _ in range(2):
        load(MODEL, provider="cpu").run([image()])
        unload_all()
    assert imports.count == 2


def test_another_importer_version_replaces_the_entry(
    imports: Imports, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(MODEL, provider="cpu")
    unload_all()
    monkeypatch.setattr(starting, "IMPORTER_VERSION", 10_000)
    load(MODEL, provider="cpu")
    assert imports.count == 2
    assert [path.name.split(".")[1].split("-")[0] for path in cache_folder.iterdir()] == ["v10000"]


def test_cache_folder_follows_xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRAPHKIT_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    load(MODEL, provider="cpu")
    assert len(list((tmp_path / "xdg" / "graphkit").glob("*.model"))) == 1


def test_missing_file_says_where_it_looked(tmp_path: Path) -> None:
    path = tmp_path / "hand.tflite"
    with pytest.raises(ResourceNotFoundError, match=r'"hand.tflite" was not found. Tried:\n  .*hand.tflite'):
        load(path, provider="cpu")


def test_folder_instead_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(InferenceError, match="the model cannot be read: Is a directory"):
        load(tmp_path, provider="cpu")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        pytest.param("m.tflite", b"", "an empty file; expected a TensorFlow Lite model", id="empty"),
        pytest.param("m.onnx", b"", "an empty file; expected", id="empty onnx"),
        pytest.param("m.tflite", b"PK\x03\x04" + b"z" * 99, r"103 bytes that start with b'PK", id="zip"),
        pytest.param("m.tflite", b"\x1c\x00", "2 bytes that start with", id="two bytes"),
        pytest.param("m.onnx", b"\xff" * 50, "which ONNX Runtime cannot read", id="no onnx"),
        pytest.param(
            "m.tflite", b"\x08\0\0\0TFL3" + b"\xff" * 64, "a damaged TensorFlow Lite model", id="garbage"
        ),
    ],
)
def test_file_that_is_no_model(name: str, data: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ModelFormatError, match=words) as caught:
        load(path, provider="cpu")
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("ir_version", "opset", "operation", "words"),
    [
        pytest.param(
            99, 17, "Relu",
            r"an ONNX model of IR version 99; expected IR version (\d+) or older, which the installed ONNX "
            r"Runtime [\d.]+ reads\. Write the model with ir_version=\1 or less: .* Or install a newer onnx",
            id="IR version",
        ),
        pytest.param(
            8, 99, "Relu",
            r"an ONNX model for opset 99 of ai.onnx; expected opset (\d+) or older, which the installed ONNX "
            r"Runtime [\d.]+ runs\. Export the model for opset \1 or less .*, or install a newer onnxruntime\.$",
            id="opset",
        ),
        pytest.param(
            8, 17, "Reluu",
            r"a model that ONNX Runtime [\d.]+ refuses: .*Reluu.*; expected a model that it runs\. The file "
            r"itself can be read: export the model again",
            id="unknown operation",
        ),
    ],
)  # fmt: skip
def test_a_whole_model_that_is_refused(
    ir_version: int, opset: int, operation: str, words: str, tmp_path: Path
) -> None:
    from onnx import TensorProto, helper

    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
    graph = helper.make_graph([helper.make_node(operation, ["x"], ["y"])], "g", [x], [y])
    made = helper.make_model(graph, ir_version=ir_version, opset_imports=[helper.make_opsetid("", opset)])
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    with pytest.raises(ModelFormatError, match=words) as caught:
        load(tmp_path / "m.onnx", provider="cpu")
    assert "Fetch the file" not in str(caught.value)


def test_a_refusal_for_another_reason_is_told_without_the_place_in_its_source() -> None:
    said = "[ONNXRuntimeError] : 1 : FAIL : /src/a.cc:2 void f(int) Something\n  is wrong"
    error = refused_model("m.onnx", b"data", RuntimeError(said), "1.2")
    assert error.found == "a model that ONNX Runtime 1.2 refuses: Something is wrong"


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.9, 0.999])
def test_cut_model(share: float, tmp_path: Path) -> None:
    data = HAND.read_bytes()
    path = tmp_path / "cut.tflite"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ModelFormatError, match="a damaged TensorFlow Lite model of"):
        load(path, provider="cpu")


def test_no_damage_gets_through_as_another_error() -> None:
    """Bytes changed anywhere in a small model give a model, or one of our errors; never a stray one."""
    data = (ROOT / "tests" / "data" / "inference" / "ops" / "prelu_blocks.tflite").read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        damaged = bytearray(data)
        for place in rng.integers(8, len(data), 4):
            damaged[place] = rng.integers(0, 256)
        try:
            import_tflite(bytes(damaged))
        except InferenceError:
            refused += 1
    assert 30 < refused < 300


@pytest.mark.parametrize("outputs", [[4], [-1], []], ids=["too many", "negative", "none"])
def test_output_that_is_not_there(outputs: list[int]) -> None:
    with pytest.raises(InferenceError, match=r"outputs \[.*\] were asked for; the model has 0 to 3"):
        load(MODEL, provider="cpu", outputs=outputs)


def test_provider_that_does_not_exist() -> None:
    with pytest.raises(UsageError, match=r"no provider 'cpus'; there are auto, cpu, .* Did you mean 'cpu'"):
        load(MODEL, provider="cpus")


def test_says_once_what_runs_where(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "graphkit.inference"):
        for _ in range(3):
            load(MODEL, provider="cpu")
    assert caplog.text.count("runs on cpu: it was asked for") == 1


@pytest.mark.parametrize(
    ("name", "warned"),
    [
        pytest.param("hand_landmark_lite", False, id="itself"),
        pytest.param("hand_landmark_full", True, id="another"),
    ],
)
def test_a_file_in_the_place_of_a_known_model_is_told(
    name: str, warned: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    unload_all()
    path = tmp_path / "modules" / "hand_landmark" / f"{name}.tflite"
    path.parent.mkdir(parents=True)
    path.write_bytes(HAND.read_bytes())
    with caplog.at_level(logging.WARNING, "graphkit.inference"):
        load(path, provider="cpu")
    expected = f"{path} is not the {name} that graphkit knows: its SHA-256 is "
    assert [r.getMessage().startswith(expected) for r in caplog.records] == [True] * warned


TWO_THREADS = """
import sys, threading
import graphkit.inference._starting as starting

begun, faults = threading.Event(), []

class Pausing:
    \"\"\"Lets the other thread come in while the package of the importer is half imported.\"\"\"
    def find_spec(self, name, path, target=None):
        if name == "graphkit.inference._importer.convert" and threading.current_thread().name == "loads":
            begun.set()
            other.join(0.3)

def attempt(work):
    try:
        work()
    except BaseException as fault:
        faults.append(fault)

def load():
    from graphkit.inference import _importer

    _importer.import_tflite

def look():
    begun.wait(10)
    starting._has_outputs("nowhere", (0,))

sys.meta_path.insert(0, Pausing())
other = threading.Thread(target=attempt, args=(look,))
loading = threading.Thread(target=attempt, args=(load,), name="loads")
for thread in (other, loading):
    thread.start()
for thread in (other, loading):
    thread.join()
assert begun.is_set()
assert not faults, faults
"""


def test_two_threads_may_import_the_importer_at_once() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TWO_THREADS], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
