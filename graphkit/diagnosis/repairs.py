"""From what went wrong to what to do about it."""

from __future__ import annotations

import re
from typing import Final

from graphkit.diagnosis.facts import Fact, Status
from graphkit.diagnosis.requirements import pip_install

_MISSING_LIBRARY: Final = re.compile(r"(lib[\w+.-]+\.so[\w.]*): cannot open shared object file")
_APT_PACKAGES: Final = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libGLdispatch.so.0": "libglvnd0",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libstdc++.so.6": "libstdc++6",
    "libgcc_s.so.1": "libgcc-s1",
    "libgomp.so.1": "libgomp1",
    "libX11.so.6": "libx11-6",
    "libxcb.so.1": "libxcb1",
    "libz.so.1": "zlib1g",
}
_DISTRIBUTIONS: Final = {
    "av": "av",
    "cv2": "opencv-python-headless",
    "google": "protobuf",
    "graphkit_calculators": "graphkit",
    "moderngl": "moderngl",
    "numpy": "numpy",
    "onnx": "onnx",
    "onnxruntime": "onnxruntime-gpu",
    "rich": "rich",
    "tflite": "tflite",
}
_OF_A_WHEEL: Final = re.compile(r"-[0-9a-f]{8}\.so")
_LONGEST: Final = 300


def failed(label: str, error: BaseException, status: Status, distribution: str = "") -> Fact:
    """Return the fact that something raised *error*, with the fix that the error hints at.

    Args:
        label: of the fact.
        error: what was raised.
        status: of the fact.
        distribution: the package that raised it while it was imported, to be installed again where the error
            tells nothing better; empty where that is not known.
    """
    return Fact(label, _told(error), status, _fix(error, distribution))


def _told(error: BaseException) -> str:
    text = " ".join(str(error).split()) or "no message"
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"not installed (no module {error.name})"
    return f"cannot be loaded: {text}" if isinstance(error, ImportError) else f"{type(error).__name__}: {text}"


def _fix(error: BaseException, distribution: str) -> str:
    library = _MISSING_LIBRARY.search(str(error))
    if library and not _OF_A_WHEEL.search(library[1]):
        return _library_fix(library[1])
    if isinstance(error, ModuleNotFoundError):
        top = (error.name or "").partition(".")[0]
        return pip_install(_DISTRIBUTIONS.get(top, distribution or "graphkit"))
    if distribution or isinstance(error, ImportError):
        return pip_install(distribution or "graphkit", again=True)
    return ""


def _library_fix(library: str) -> str:
    package = _APT_PACKAGES.get(library)
    if package is None:
        return f"install the package that has {library} (apt-file search {library})"
    alternative = " or, without it: pip install --force-reinstall opencv-python-headless"
    return f"apt-get install {package}" + (alternative if library == "libGL.so.1" else "")
