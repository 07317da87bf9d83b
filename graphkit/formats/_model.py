"""What a graph passes to inference: `Model` and `OpResolver`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphkit.errors import FormatError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Model:
    """A model that is not loaded yet: nodes that share one share its session too.

    Attributes:
        source: the path of a ``.tflite`` or ``.onnx`` file, or its bytes.
    """

    source: Path | bytes

    def __post_init__(self) -> None:
        """Raise FormatError if the source is neither."""
        if not isinstance(self.source, (bytes, str, os.PathLike)):
            raise FormatError(
                f"a Model is made of a path or of bytes, found {type(self.source).__name__}; "
                "use Path(...) or bytes(...).",
                expected="path or bytes",
                found=type(self.source),
            )

    def __repr__(self) -> str:
        what = f"{len(self.source)} bytes" if isinstance(self.source, bytes) else str(self.source)
        return f"Model({what})"


@dataclass(frozen=True, slots=True)
class OpResolver:
    """Stands where C++ graphs name the set of operations to run a model with.

    graphkit's importer knows all of them, so this only keeps such graphs connected.

    Attributes:
        use_gpu: whether the graph asked for operations on the GPU.
    """

    use_gpu: bool = False
