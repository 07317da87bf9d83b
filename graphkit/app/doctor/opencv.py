"""OpenCV: can it be loaded, and is it one that graphkit's numbers hold for."""

from __future__ import annotations

from graphkit._process.packages import OPENCV, OPENCV_BUILDS, opencv_fix, version_fault
from graphkit._process.requirements import installed
from graphkit.app.doctor.facts import Fact, Status
from graphkit.app.doctor.repairs import failed


def check() -> list[Fact]:
    """Import OpenCV, and look at its version and at who installed it."""
    # Several builds first: they may be why there is nothing to import, and a fix of one alone would not last.
    facts = _several_builds(list(installed(*OPENCV_BUILDS)))
    try:
        import cv2
    except Exception as exc:  # besides ImportError: built for another version of numpy
        return [*facts, failed("OpenCV", exc, Status.BROKEN, OPENCV)]
    return [*facts, opencv_fact(cv2.__version__)]


def _several_builds(builds: list[str]) -> list[Fact]:
    if len(builds) < 2:
        return []
    return [Fact("packages", f"{' and '.join(builds)} overwrite each other's files", Status.WARNING, opencv_fix())]


def opencv_fact(version: str) -> Fact:
    """Return whether a version of OpenCV is supported."""
    fault = version_fault("cv2", version)
    return Fact("OpenCV", version) if fault is None else Fact("OpenCV", fault.found, Status.BROKEN, fault.fix)
