"""Whether an interpreter can run MediaPipe 0.10.21."""

from __future__ import annotations

import json
import logging
import subprocess
from typing import TYPE_CHECKING, Any, Final

from graphkit.app.bench.subjects import peer_program
from graphkit.errors import PeerError

if TYPE_CHECKING:
    from collections.abc import Mapping

logger: Final = logging.getLogger("graphkit.app.bench")

WANTED: Final = "0.10.21"
_PATIENCE_S = 60.0  # importing MediaPipe for the first time takes a few seconds
_MAKE: Final = (
    "make one with Python 3.10 to 3.12: python3.11 -m venv peer && peer/bin/python -m pip install "
    f"mediapipe=={WANTED} av; then name peer/bin/python."
)


def check_peer(python: str) -> dict[str, str]:
    """Return the versions that an interpreter has of Python, mediapipe, av and numpy.

    Another MediaPipe than 0.10.21 is warned of: newer ones have neither ``mp.solutions`` nor graphs.

    Raises:
        PeerError: it is no interpreter, or lacks what is needed.
    """
    versions: dict[str, str] = _asked(python)["versions"]
    missing = [name for name in ("mediapipe", "av") if not versions[name]]
    if missing:
        packages = " ".join(f"{name}=={WANTED}" if name == "mediapipe" else name for name in missing)
        raise PeerError(python, f"it has no {' and no '.join(missing)}", f"{python} -m pip install {packages}")
    if versions["numpy"].partition(".")[0] != "1":
        found = f"it has numpy {versions['numpy']}" if versions["numpy"] else "it has no numpy"
        raise PeerError(python, f"{found}, MediaPipe {WANTED} needs 1", f"{python} -m pip install 'numpy<2'")
    if versions["mediapipe"] != WANTED:
        logger.warning(
            "%s has MediaPipe %s; figures and interface are known of %s", python, versions["mediapipe"], WANTED
        )
    return versions


def _asked(python: str) -> Mapping[str, Any]:
    """Ask an interpreter for its versions."""
    program = peer_program(python, "mediapipe")
    command = [*program.command, json.dumps({"kind": "check"})]
    try:
        done = subprocess.run(
            command, env=dict(program.environment), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", check=False, timeout=_PATIENCE_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise PeerError(python, f"it gave no answer in {_PATIENCE_S:g} s", _MAKE) from error
    except OSError as error:
        raise PeerError(python, f"it cannot be started: {error.strerror}", _MAKE) from error
    try:
        answer: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        lines = done.stderr.strip().splitlines()
        said = f" ({lines[-1].strip()})" if lines else ""
        raise PeerError(python, f"it is no Python interpreter, or one older than 3.10{said}", _MAKE) from error
    return answer
