"""Reads ``.tflite`` models and writes ONNX graphs shaped for ONNX Runtime's blocked (NCHWc) kernels.

The way of a model: `reader` (flatbuffer to plain records) -> `lowering` with the converters of `ops/`
(records to the small graph of `graph`) -> `passes/` (rewrites that were measured to help) -> `writer`.
"""

from graphkit.inference._importer.convert import Imported, import_apart, import_tflite
from graphkit.inference._importer.reader import count_outputs

__all__ = ["Imported", "count_outputs", "import_apart", "import_tflite"]
