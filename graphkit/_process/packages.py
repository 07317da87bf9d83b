"""Versions of the packages in use: one that graphkit does not support is reported once, with the fix.

pip lets other packages overwrite our build of OpenCV silently. Nothing fails then, and results
change. So the first use of a package checks its version, and a job checks all loaded packages at its end.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from graphkit._process.requirements import installed, pip, pip_install, supported

if TYPE_CHECKING:
    from types import ModuleType

OPENCV: Final = "opencv-python-headless"
OPENCV_BUILDS: Final = (OPENCV, "opencv-python", "opencv-contrib-python", "opencv-contrib-python-headless")
_RUNTIMES: Final = ("onnxruntime-gpu", "onnxruntime")
_DISTRIBUTIONS: Final = {
    "av": "av",
    "cv2": OPENCV,
    "google.protobuf": "protobuf",
    "moderngl": "moderngl",
    "numpy": "numpy",
    "onnx": "onnx",
    "onnxruntime": "onnxruntime-gpu",
}
_CONSEQUENCES: Final = {OPENCV: ": others resample differently, and landmarks move"}

_log: Final = logging.getLogger("graphkit.packages")
_said: Final[set[str]] = set()


class VersionFault(NamedTuple):
    """A package of a version that is not supported.

    Attributes:
        name: of its module.
        found: its version, and what is needed.
        fix: the command that fixes it.
    """

    name: str
    found: str
    fix: str

    def __str__(self) -> str:
        return f"{self.name} {self.found}. Fix: {self.fix}"


def opencv_build() -> str:
    """Return the build of OpenCV to install: with windows or more modules if an installed one has them."""
    builds = installed(*OPENCV_BUILDS)
    contrib = "-contrib" if any("contrib" in name for name in builds) else ""
    headless = "" if any(not name.endswith("headless") for name in builds) else "-headless"
    return f"opencv{contrib}-python{headless}"


def opencv_fix() -> str:
    """Return the command that leaves one build of OpenCV, of a version that is supported."""
    builds = list(installed(*OPENCV_BUILDS))
    install = pip_install(opencv_build(), like=OPENCV)
    # Several: the files that pip removes with one belong to the others, too.
    return f"{pip()} uninstall -y {' '.join(builds)} && {install}" if len(builds) > 1 else install


def version_fault(module: str, version: str) -> VersionFault | None:
    """Return what is wrong with a version of a module's package; None if nothing is."""
    distribution = _DISTRIBUTIONS[module]
    wanted = supported(distribution)
    if version in wanted:
        return None
    found = f"{version}; graphkit needs {wanted}{_CONSEQUENCES.get(distribution, '')}"
    return VersionFault(module, found, _fix(distribution))


def warn_of_version(module: ModuleType) -> None:
    """Warn, once per process, of a module whose version is not supported."""
    name, version = module.__name__, str(getattr(module, "__version__", ""))
    if name in _said or not version:
        return
    _said.add(name)
    fault = version_fault(name, version)
    if fault is not None:
        _log.warning("%s", fault)


def loaded_faults() -> list[VersionFault]:
    """Return what is wrong with the packages that this process has loaded; warns of those it has not warned of."""
    found = []
    for name in _DISTRIBUTIONS:
        module = sys.modules.get(name)
        version = str(getattr(module, "__version__", ""))
        if module is not None and version:
            warn_of_version(module)
            fault = version_fault(name, version)
            found += [] if fault is None else [fault]
    return found


def _fix(distribution: str) -> str:
    if distribution == OPENCV:
        return opencv_fix()
    if distribution in _RUNTIMES:
        return pip_install(next(iter(installed(*_RUNTIMES)), distribution), like=distribution)
    return pip_install(distribution)
