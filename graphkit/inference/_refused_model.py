"""What ONNX Runtime's refusal of an ``.onnx`` file means: it is damaged, too new, or a wrong model."""

from __future__ import annotations

import re
from typing import Final

from graphkit.errors import ModelFormatError
from graphkit.errors._base import shortened
from graphkit.inference._model_file import describe_bytes

_IR_VERSION: Final = re.compile(r"Unsupported model IR version: (\d+), max supported IR version: (\d+)")
_OPSET: Final = re.compile(
    r"Opset (\d+) is under development.*official support for domain (\S+) is till opset (\d+)", re.DOTALL
)
_PLACE: Final = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : (?:/\S+:\d+ .*?\) (?=[A-Z]))?", re.DOTALL)


def refused_model(path: str, data: bytes, error: Exception, runtime: str) -> ModelFormatError:
    """Return what is wrong with an ``.onnx`` file that ONNX Runtime of version *runtime* refused with *error*."""
    said = str(error)
    if match := _IR_VERSION.search(said):
        found, most = match.groups()
        return ModelFormatError(
            path,
            f"an ONNX model of IR version {found}",
            f"IR version {most} or older, which the installed ONNX Runtime {runtime} reads",
            f"Write the model with ir_version={most} or less: onnx.helper.make_model(..., ir_version={most}), or "
            f"of a finished file onnx.load, model.ir_version = {most}, onnx.save. Or install a newer onnxruntime.",
        )
    if match := _OPSET.search(said):
        found, domain, most = match.groups()
        return ModelFormatError(
            path,
            f"an ONNX model for opset {found} of {domain}",
            f"opset {most} or older, which the installed ONNX Runtime {runtime} runs",
            f"Export the model for opset {most} or less (opset_version={most} in torch.onnx.export, opset_imports "
            "in onnx.helper.make_model), or install a newer onnxruntime.",
        )
    if "INVALID_PROTOBUF" in said or not data:
        return ModelFormatError(
            path, f"{describe_bytes(data)}, which ONNX Runtime cannot read ({shortened(said)})"
        )
    return ModelFormatError(
        path,
        f"a model that ONNX Runtime {runtime} refuses: {' '.join(_PLACE.sub('', said).split())}",
        "a model that it runs",
        "The file itself can be read: export the model again; onnx.checker.check_model tells more.",
    )
