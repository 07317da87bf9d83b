"""ResourceProviderCalculator: files of the resource path as side packets."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from graphkit import Calculator, Options, SideInput, SideOutput, Status, calculator, option, options
from graphkit.errors import ContractError
from graphkit.framework import Resource

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.ResourceProviderCalculatorOptions")
class ResourceProviderCalculatorOptions:
    """Options of ResourceProviderCalculator.

    Attributes:
        resource_id: which resources, where no RESOURCE_ID side packets name them.
        read_mode: accepted; the bytes of a file are the same in all modes.
    """

    class ReadMode(enum.IntEnum):
        """How a file is read; undefined means binary."""

        READ_MODE_UNDEFINED = 0
        READ_MODE_BINARY = 1
        READ_MODE_TEXT = 2

    resource_id: list[str] = option(1)
    read_mode: ReadMode = option(2, default=ReadMode.READ_MODE_UNDEFINED)


@calculator
class ResourceProviderCalculator(Calculator):
    """Finds resources when the run starts and gives them to others, which read them.

    RESOURCE_ID:n, or the n-th `resource_id` of the options, is a name such as
    ``mediapipe/modules/hand_landmark/hand_landmark_full.tflite``; RESOURCE:n is that file, a
    `graphkit.framework.Resource` with a path and ``read()``. Use one of
    the two ways. A name that is nowhere on the resource path is an error that lists the paths tried.

    Example::

        node {
          calculator: "ResourceProviderCalculator"
          input_side_packet: "RESOURCE_ID:model_path"
          output_side_packet: "RESOURCE:model_resource"
        }
    """

    ids = SideInput(str, "RESOURCE_ID", repeated=True, optional=True)
    resources = SideOutput(Resource, "RESOURCE", repeated=True)
    options = Options(ResourceProviderCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that each output has its name; raises ContractError."""
        by_side_packet, by_option = cls.ids.count(cc), len(cls.options(cc).resource_id)
        outputs = cls.resources.count(cc)
        if by_side_packet and by_option:
            raise ContractError(
                f'node "{cc.node_name}" names resources by RESOURCE_ID side packets and by option resource_id; '
                "use one of them"
            )
        if by_side_packet + by_option != outputs:
            raise ContractError(
                f'node "{cc.node_name}" has {outputs} RESOURCE outputs for {by_side_packet + by_option} resource '
                "names; each output needs one"
            )

    def open(self, cc: CalculatorContext) -> None:
        """Find the files; raises ResourceNotFoundError."""
        names = self.options(cc).resource_id or [self.ids(cc, i) for i in range(self.ids.count(cc))]
        for index, name in enumerate(names):
            self.resources.set(cc, cc.resources.find(name), index=index)

    def process(self, cc: CalculatorContext) -> Status:
        """There are no streams."""
        return Status.STOP
