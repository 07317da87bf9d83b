"""OpenCV: can it be loaded, and is it one that graphkit's numbers hold for."""

from __future__ import annotations

from typing import Final

from graphkit.app.doctor.facts import Fact, Status
from graphkit.app.doctor.installers import pip
from graphkit.app.doctor.repairs import failed
from graphkit.app.doctor.requirements import installed, pip_install, supported

_HEADLESS: Final = "opencv-python-headless"
_BUILDS: Final = (
    _HEADLESS,
    "opencv-python",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)


def check() -> list[Fact]:
    """Import OpenCV, and look at its version and at who installed it."""
    # Several builds first: they may be why there is nothing to import, and a fix of one alone would not last.
    facts = _several_builds(list(installed(*_BUILDS)))
    try:
        import cv2
    except Exception as exc:  # besides ImportError: built for another version of numpy
        return [*facts, failed("OpenCV", exc, Status.BROKEN, _HEADLESS)]
    return [*facts, opencv_fact(cv2.__version__)]


def _several_builds(builds: list[str]) -> list[Fact]:
    if len(builds) < 2:
        return []
    fix = f"{pip()} uninstall -y {' '.join(builds)} && {pip_install(_HEADLESS)}"
    return [Fact("packages", f"{' and '.join(builds)} overwrite each other's files", Status.WARNING, fix)]


def opencv_fact(version: str) -> Fact:
    """Return whether a version of OpenCV is supported."""
    wanted = supported(_HEADLESS)
    if version in wanted:
        return Fact("OpenCV", version)
    found = f"{version}; graphkit needs {wanted}: others resample differently, and landmarks move"
    return Fact("OpenCV", found, Status.BROKEN, pip_install(_HEADLESS))
