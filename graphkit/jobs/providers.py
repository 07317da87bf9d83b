"""Where the models of this process run, in words."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Final

_NAMES: Final = {"cpu": "the CPU", "cuda": "CUDA", "tensorrt": "TensorRT"}


def provider_lines() -> list[str]:
    """Return one line for each provider in use: how many models it runs and why it was taken.

    Asks nothing of ONNX Runtime in a process that loaded no model.
    """
    loader = sys.modules.get("graphkit.inference.loader")
    if loader is None:
        return []
    counts = Counter((session.provider, session.provider_reason) for session in loader.loaded_sessions())
    return [
        f"{number} model{'s' if number > 1 else ''} on {_NAMES.get(provider, provider)} ({reason})"
        for (provider, reason), number in sorted(counts.items())
    ]
