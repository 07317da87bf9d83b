"""The calculators that come with graphkit, one per file, named as the calculator in snake_case.

Importing this package tells graphkit their names; a module is imported when a graph needs it. The names are
in ``_index.py``, which ``scripts/make_index.py`` writes. The modules import nothing heavy (OpenCV, ONNX
Runtime and PyAV are imported when a node opens).
"""

from importlib import import_module as _import_module
from pkgutil import walk_packages as _walk_packages

from graphkit.framework import register_lazy as _register_lazy
from graphkit_calculators._index import CALCULATORS as _CALCULATORS
from graphkit_calculators._index import OPTIONS as _OPTIONS

__all__ = ["import_all"]


def import_all() -> None:
    """Import every module below this package, in name order."""
    for module in sorted(info.name for info in _walk_packages(__path__, f"{__name__}.")):
        _import_module(module)


_register_lazy(
    _CALCULATORS,
    _OPTIONS,
    import_all,
    types={"mediapipe::GpuBuffer": "graphkit.gpu"},
    summaries=f"{__name__}._summaries",
)
