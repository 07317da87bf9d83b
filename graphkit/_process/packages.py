"""Versions of the packages that are in use: one that graphkit was not made for is said once, with what mends it.

pip lets other packages write their own build of OpenCV over ours and says nothing. Nothing fails then, and results
move. So whoever first uses a package has its version looked at, and a job looks at all that are loaded at its end.
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
        fix: the command that mends it.
    """

    name: str
    found: str
    fix: str

    def __str__(self) -> str:
        return f"{self.name} {self.found}. Fix: {self.fix}"


def opencv_build() -> str:
    """Return the build of OpenCV that is wanted: with windows or more modules where an installed one has them."""
    builds = installed(*OPENCV_BUILDS)
    contrib = "-contrib" if any("contrib" in name for name in builds) else ""
    headless = "" if any(not name.endswith("headless") for name in builds) else "-headless"
    return f"opencv{contrib}-python{headless}"


def opencv_fix() -> str:
    """Return the command that leaves one build of OpenCV, of a version that is supported."""
    builds = list(installed(*OPENCV_BUILDS))
    install = pip_install(opencv_build(), like=OPENCV)
    # Several: what one pip takes away belongs to the others, too.
    return f"{pip()} uninstall -y {' '.join(builds)} && {install}" if len(builds) > 1 else install


def version_fault(module: str, version: str) -> VersionFault | None:
    """Return what is wrong with a version of a module's package; None where nothing is."""
    distribution = _DISTRIBUTIONS[module]
    wanted = supported(distribution)
    if version in wanted:
        return None
    found = f"{version}; graphkit needs {wanted}{_CONSEQUENCES.get(distribution, '')}"
    return VersionFault(module, found, _fix(distribution))


def warn_of_version(module: ModuleType) -> None:
    """Warn, once in a process, of a module whose version is not supported."""
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
