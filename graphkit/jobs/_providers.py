"""Where the models of a job run, in words."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any, Final

_NAMES: Final = {"cpu": "the CPU", "cuda": "CUDA", "tensorrt": "TensorRT"}


class UsedModels:
    """The models that this process asks for from now on; those of earlier jobs may be loaded still."""

    def __init__(self) -> None:
        loader = _loader()
        self._since = 0 if loader is None else loader.requests()

    def lines(self) -> list[str]:
        """Return one line for each provider in use: how many models it runs and why it was taken."""
        loader = _loader()
        if loader is None:
            return []
        sessions = loader.loaded_sessions(self._since)
        counts = Counter((session.provider, session.provider_reason) for session in sessions)
        return [
            f"{number} model{'s' if number > 1 else ''} on {_NAMES.get(provider, provider)} ({reason})"
            for (provider, reason), number in sorted(counts.items())
        ]


def _loader() -> Any:
    """Return the module that loads models; None in a process that loaded none, to ask nothing of ONNX Runtime."""
    return sys.modules.get("graphkit.inference._loader")
