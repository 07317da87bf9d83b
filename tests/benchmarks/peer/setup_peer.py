"""Makes the virtual environment of the program we compare with: MediaPipe 0.10.21 and PyAV.

MediaPipe needs numpy below 2 and Python 3.9 to 3.12, so it lives apart from graphkit.

    python tests/benchmarks/peer/setup_peer.py .peer [--python python3.11]

Prints the path of its interpreter, which runs the other scripts of this folder.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = ["mediapipe==0.10.21", "av>=15"]
SUPPORTED = [(3, minor) for minor in (12, 11, 10, 9)]


def find_python() -> str:
    """Returns an interpreter that MediaPipe 0.10.21 has wheels for.

    Raises:
        SystemExit: None is installed.
    """
    if sys.version_info[:2] in SUPPORTED:
        return sys.executable
    for major, minor in SUPPORTED:
        found = shutil.which(f"python{major}.{minor}")
        if found:
            return found
    raise SystemExit("No Python 3.9 to 3.12 found: install one, or name it with --python.")


def is_ready(python: Path) -> bool:
    """Returns whether the environment of `python` already has the right MediaPipe."""
    question = "import importlib.metadata as m, av; print(m.version('mediapipe'))"
    try:
        answer = subprocess.run([python, "-c", question], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return answer.stdout.strip() == PACKAGES[0].partition("==")[2]


def main() -> None:
    """Makes the environment unless it is there and complete."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", help="interpreter to build it with; one of 3.9 to 3.12")
    arguments = parser.parse_args()
    python = arguments.folder.absolute() / "bin" / "python"
    if not is_ready(python):
        subprocess.run([arguments.python or find_python(), "-m", "venv", arguments.folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    print(python)


if __name__ == "__main__":
    main()
