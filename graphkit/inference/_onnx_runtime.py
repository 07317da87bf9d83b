"""The one place that imports ONNX Runtime: it is kept from reporting its use over the network.

From 1.29 on its packages for Linux and macOS write an identifier of the machine into the cache folder of the user
and send it, with facts about the models run, to its makers. `ORT_DISABLE_TELEMETRY=1` prevents all of that,
if it is set before the library starts. To send the reports, set the variable to 0.
"""

from __future__ import annotations

import os
from typing import Any, Final

from graphkit._process.packages import warn_of_version

_SWITCH: Final = "ORT_DISABLE_TELEMETRY"


def onnx_runtime() -> Any:
    """Return the module `onnxruntime`, which reports nothing unless the environment asks for it.

    Raises:
        ImportError: it is not installed, or cannot be loaded.
    """
    os.environ.setdefault(_SWITCH, "1")
    import onnxruntime

    warn_of_version(onnxruntime)
    return onnxruntime
