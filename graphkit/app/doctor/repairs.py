"""From what went wrong to what to do about it."""

from __future__ import annotations

import re
import traceback
from typing import Final

from graphkit._process.requirements import pip_install
from graphkit.app.doctor.facts import Fact, Status
from graphkit.app.doctor.installers import apt_install, reinstall_graphkit
from graphkit.errors import PackageError

_MISSING_LIBRARY: Final = re.compile(r"(lib[\w+.-]+\.so[\w.]*): cannot open shared object file(: [A-Z][\w ]*)?")
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
    "click": "click",
    "flatbuffers": "flatbuffers",
    "moderngl": "moderngl",
    "numpy": "numpy",
    "onnx": "onnx",
    "onnxruntime": "onnxruntime-gpu",
    "rich": "rich",
}
_OF_A_WHEEL: Final = re.compile(r"-[0-9a-f]{8}\.so")
_LONGEST: Final = 300


def failed(label: str, error: BaseException, status: Status, distribution: str = "") -> Fact:
    """Return the fact that something raised *error*, with the fix that the error hints at.

    Args:
        label: of the fact.
        error: what was raised.
        status: of the fact.
        distribution: the package that raised it while it was imported, to be installed again if the error
            tells nothing better; empty if that is not known.
    """
    return Fact(label, _told(error), status, _fix(error, distribution))


def _told(error: BaseException) -> str:
    library = _MISSING_LIBRARY.search(str(error))
    # numpy and others say at length what it may be before they say which library it is.
    text = library[0] if library else " ".join(str(error).split()) or "no message"
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"not installed (no module {error.name})"
    return f"cannot be loaded: {text}" if isinstance(error, ImportError) else f"{type(error).__name__}: {text}"


def _fix(error: BaseException, distribution: str) -> str:
    library = missing_library(error)
    if library and not _OF_A_WHEEL.search(library):
        return fix_of(library)
    if isinstance(error, ModuleNotFoundError):
        needed = distribution_of(error) or distribution
        damaged = "." in (error.name or "")  # a part is missing: pip would find the package there
        return pip_install(needed, again=damaged) if needed else reinstall_graphkit()
    if distribution:
        return pip_install(distribution, again=True)
    return reinstall_graphkit() if isinstance(error, ImportError) else ""


def distribution_of(error: ImportError) -> str:
    """Return the package of those that graphkit needs which could not be imported; "" if it is another."""
    return _DISTRIBUTIONS.get((error.name or "").partition(".")[0], "")


def package_error(error: ImportError) -> PackageError | None:
    """Return what an import that failed tells about the packages that graphkit needs; None if it is another."""
    package = distribution_of(error)
    if not package and not isinstance(error, ModuleNotFoundError):
        package = _raised_in(error)
    return PackageError(package, _told(error), _fix(error, package)) if package else None


def _raised_in(error: BaseException) -> str:
    """Return the package of those that graphkit needs whose code raised *error*, "" for none."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    modules = [str(frame.f_globals.get("__name__", "")).partition(".")[0] for frame in frames]
    return next((_DISTRIBUTIONS[module] for module in reversed(modules) if module in _DISTRIBUTIONS), "")


def missing_library(error: BaseException | None) -> str:
    """Return the shared library that could not be found, as the loader's message names it; "" for none."""
    found = _MISSING_LIBRARY.search(str(error))
    return found[1] if found else ""


def fix_of(library: str) -> str:
    """Return what brings a shared library of the system."""
    package = _APT_PACKAGES.get(library)
    if package is None:
        return f"install the package that has {library} (apt-file search {library})"
    if library == "libGL.so.1":
        return f"{apt_install(package)} or, without it: {pip_install('opencv-python-headless', again=True)}"
    return apt_install(package)
