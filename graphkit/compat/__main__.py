"""``python -m graphkit.compat script.py arg ...``: runs a program written for mediapipe, unchanged."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from graphkit.compat import install_as_mediapipe
from graphkit.compat._install import installed_version


def main() -> None:
    """Run the script that the first argument names as `python` would, with `mediapipe` in its place."""
    if len(sys.argv) < 2:
        sys.exit("usage: python -m graphkit.compat SCRIPT.py [ARGUMENT ...]")
    script = Path(sys.argv[1])
    if not script.is_file():
        sys.exit(f"{script}: there is no such file; give the script to run")
    sys.argv = sys.argv[1:]
    sys.path[0] = str(script.resolve().parent)
    install_as_mediapipe()
    _hand_on()
    runpy.run_path(str(script), run_name="__main__")


def _hand_on() -> None:
    """Let processes that the script starts find mediapipe, too: those of multiprocessing get its path."""
    if installed_version() is None:
        sys.path.append(str(Path(__file__).with_name("_stand_in")))


if __name__ == "__main__":
    main()
