"""NVIDIA's libraries are found wherever packages have put them, and each one that is missing is named."""

from __future__ import annotations

import mmap
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from graphkit.inference import _cuda_libraries as cuda_libraries
from graphkit.inference import _providers as providers

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = {
    "12": ("libcudart.so.12", "libcublasLt.so.12", "libcublas.so.12", "libcurand.so.10", "libcudnn.so.9"),
    "13": ("libcudart.so.13", "libcublasLt.so.13", "libcublas.so.13", "libcurand.so.10", "libcudnn.so.9"),
}
FIX = "(pip install 'onnxruntime-gpu[cuda,cudnn]' brings the NVIDIA libraries)"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the names are those of Linux")


@pytest.fixture
def loader(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Have a loader that loads paths that exist, names that are installed, and refuses what is broken."""

    def make(installed: tuple[str, ...] = (), broken: dict[str, str] | None = None) -> list[str]:
        loaded: list[str] = []

        def load(name: str) -> None:
            path = Path(name)
            if broken and path.name in broken and path.is_absolute():
                raise OSError(broken[path.name])
            if not path.is_file() and name not in installed:
                raise OSError(f"{name}: cannot open shared object file: No such file or directory")
            loaded.append(name)

        monkeypatch.setattr(cuda_libraries, "ctypes", SimpleNamespace(CDLL=load))
        return loaded

    return make


def install(root: Path, *names: str) -> None:
    for name in names:
        package = "cudnn" if "cudnn" in name else "cu13"
        path = root / "nvidia" / package / "lib" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_packages_elsewhere_on_the_path_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loader: Callable[..., list[str]]
) -> None:
    install(tmp_path, *NAMES["13"], "libnvrtc.so.13")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    loaded = loader()
    assert cuda_libraries.load_all("13") is None
    assert [Path(path).name for path in loaded] == ["libnvrtc.so.13", *NAMES["13"]]
    assert all(path.startswith(str(tmp_path)) for path in loaded)


@pytest.mark.parametrize("major", NAMES)
@pytest.mark.parametrize("index", range(5))
def test_each_library_that_is_missing_is_named(
    major: str, index: int, loader: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    missing = NAMES[major][index]
    loader(tuple(name for name in NAMES[major] if name != missing))
    assert cuda_libraries.load_all(major) == f"{missing} not found {FIX}"
    assert capsys.readouterr() == ("", "")


def test_a_library_that_does_not_load_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loader: Callable[..., list[str]]
) -> None:
    install(tmp_path, *NAMES["13"][1:])
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    loader(broken={"libcublas.so.13": "libcublasLt.so.13: version `libcublasLt.so.13' not found"})
    assert cuda_libraries.load_all("13") == (
        "libcublas.so.13 cannot be loaded (libcublasLt.so.13: version `libcublasLt.so.13' not found); "
        f"libcudart.so.13 not found {FIX}"
    )


def test_the_list_is_what_the_provider_asks_the_loader_for() -> None:
    """Of the build that is installed: every library of CUDA that it names is among those that are looked for."""
    import onnxruntime

    library = Path(onnxruntime.__file__).parent / "capi" / "libonnxruntime_providers_cuda.so"
    if not library.is_file():
        pytest.skip("this onnxruntime is built without CUDA")
    major = providers.cuda_major()
    known = [*cuda_libraries.needed(major), *cuda_libraries.useful(major)]
    stems = ("libcudart.so.", "libcublasLt.so.", "libcublas.so.", "libcurand.so.", "libcufft.so.", "libnvrtc.so.")
    with library.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        begins = [content.find(b"\0" + stem.encode()) for stem in stems]
        asked = [content[begin + 1 : content.find(b"\0", begin + 1)].decode() for begin in begins if begin >= 0]
    assert len(asked) >= 3
    assert set(asked) <= set(known)


def test_nothing_of_it_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    """Neither the search nor ONNX Runtime's own tells standard output what is missing."""
    providers.cuda_fault.cache_clear()
    cuda_libraries.load_all(providers.cuda_major())
    providers.cuda_fault()
    providers.cuda_fault.cache_clear()
    assert capfd.readouterr() == ("", "")
