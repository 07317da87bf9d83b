"""TfLiteModelCalculator: the contents of a model file as a Model."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from graphkit import Calculator, OneOf, SideInput, SideOutput, Status, calculator
from graphkit.errors import ContractError
from graphkit.formats import Model
from graphkit.framework import Resource

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@calculator
class TfLiteModelCalculator(Calculator):
    """Gives InferenceCalculator its model, from a file or from bytes that another node or the program has.

    Sets the side packet MODEL when the run starts. Its one input is MODEL_BLOB, MODEL_RESOURCE or MODEL_SPAN,
    the bytes of the file (what LocalFileContentsCalculator makes) or, for MODEL_RESOURCE, the file itself (what
    ResourceProviderCalculator makes), or MODEL_FD or MODEL_SPEC, a tuple (file descriptor, offset, size). The
    model may as well be an ``.onnx``.

    Example::

        node {
          calculator: "TfLiteModelCalculator"
          input_side_packet: "MODEL_RESOURCE:model_resource"
          output_side_packet: "MODEL:model"
        }
    """

    blob = SideInput(bytes, "MODEL_BLOB", optional=True)
    resource = SideInput[Resource | bytes](OneOf(Resource, bytes), "MODEL_RESOURCE", optional=True)
    span = SideInput(bytes, "MODEL_SPAN", optional=True)
    descriptor = SideInput(tuple, "MODEL_FD", optional=True)
    spec = SideInput(tuple, "MODEL_SPEC", optional=True)
    model = SideOutput(Model, "MODEL")

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is one input."""
        ports = (cls.blob, cls.resource, cls.span, cls.descriptor, cls.spec)
        given = [port.tag for port in ports if port.is_connected(cc)]
        if len(given) != 1:
            raise ContractError(
                f"exactly one of {', '.join(port.tag for port in ports)} is needed; connected: "
                f"{', '.join(given) or 'none'}."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Set the side packet."""
        given = self.blob.get(cc) or self.resource.get(cc) or self.span.get(cc)
        if given is None:
            given = read_part(*(self.descriptor.get(cc) or self.spec.expect(cc)))
        self.model.set(cc, Model(given.path if isinstance(given, Resource) else given))

    def process(self, cc: CalculatorContext) -> Status:
        """There are no streams."""
        return Status.STOP


def read_part(descriptor: int, offset: int, size: int) -> bytes:
    """Return *size* bytes from *offset* of an open file, whose position is left alone."""
    with os.fdopen(os.dup(descriptor), "rb", closefd=True) as file:
        position = os.lseek(descriptor, 0, os.SEEK_CUR)
        try:
            file.seek(offset)
            return file.read(size)
        finally:
            os.lseek(descriptor, position, os.SEEK_SET)
