"""OpenCV: can it be loaded, and is it one that graphkit's numbers hold for."""

from __future__ import annotations

from typing import Final

from graphkit.diagnosis.facts import Fact, Status
from graphkit.diagnosis.installers import pip
from graphkit.diagnosis.repairs import failed
from graphkit.diagnosis.requirements import installed, pip_install, supported

_HEADLESS: Final = "opencv-python-headless"
_BUILDS: Final = (
    _HEADLESS,
    "opencv-python",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)


def check() -> list[Fact]:
    """Import OpenCV, and look at its version and at who installed it."""
    try:
        import cv2
    except Exception as exc:  # besides ImportError: built for another version of numpy
        return [failed("OpenCV", exc, Status.BROKEN, _HEADLESS)]
    builds = installed(*_BUILDS)
    facts = [opencv_fact(cv2.__version__)]
    if len(builds) > 1:
        names = " ".join(builds)
        fix = f"{pip()} uninstall -y {names} && {pip_install(_HEADLESS)}"
        facts.append(Fact("packages", f"{' and '.join(builds)} overwrite each other's files", Status.WARNING, fix))
    return facts


def opencv_fact(version: str) -> Fact:
    """Return whether a version of OpenCV is supported."""
    wanted = supported(_HEADLESS)
    if version in wanted:
        return Fact("OpenCV", version)
    found = f"{version}; graphkit needs {wanted}: others resample differently, and landmarks move"
    return Fact("OpenCV", found, Status.BROKEN, pip_install(_HEADLESS))
