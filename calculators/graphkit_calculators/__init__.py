"""The calculators that come with graphkit, one a file, named as the calculator in snake_case.

Importing this package registers all of them: every module below it is imported in name order. The
modules import nothing heavy (OpenCV, ONNX Runtime and PyAV are imported when a node opens).
"""

from importlib import import_module as _import_module
from pkgutil import walk_packages as _walk_packages

for _module in sorted(info.name for info in _walk_packages(__path__, f"{__name__}.")):
    _import_module(_module)
