"""One converter per operation of TensorFlow Lite, by family; `CONVERTERS` is all of them by name.

A converter takes the `Lowering` and the operation, appends operators to the graph and returns the name of the
value that holds the operation's output in stored layout, or None when it recorded a constant instead.
"""

from graphkit.inference._importer.ops import conv, custom, elementwise, pool, shape, weights
from graphkit.inference._importer.ops.registry import Converter

CONVERTERS: dict[str, Converter] = {
    **weights.CONVERTERS,
    **conv.CONVERTERS,
    **elementwise.CONVERTERS,
    **pool.CONVERTERS,
    **shape.CONVERTERS,
    **custom.CONVERTERS,
}

__all__ = ["CONVERTERS", "Converter"]
