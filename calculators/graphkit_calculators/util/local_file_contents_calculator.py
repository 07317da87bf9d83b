"""LocalFileContentsCalculator: the contents of files whose paths are side packets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import Calculator, OneOf, Options, SideInput, SideOutput, Status, calculator, option, options
from graphkit.errors import ContractError
from graphkit.framework import PacketType

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.LocalFileContentsCalculatorOptions", extension=346849340)
class LocalFileContentsCalculatorOptions:
    """Options of LocalFileContentsCalculator.

    Attributes:
        text_mode: CONTENTS is a str, read as UTF-8, instead of bytes.
    """

    text_mode: bool = option(1, default=False)


@calculator
class LocalFileContentsCalculator(Calculator):
    """Reads the file that FILE_PATH:n names when the run starts; CONTENTS:n is what it holds.

    Paths are looked up on the resource path, so both names in the package and paths on the disk work.

    Example::

        node {
          calculator: "LocalFileContentsCalculator"
          input_side_packet: "FILE_PATH:model_path"
          output_side_packet: "CONTENTS:model_blob"
        }
    """

    paths = SideInput(str, "FILE_PATH", repeated=True)
    contents = SideOutput[Any](OneOf(bytes, str), "CONTENTS", repeated=True)
    options = Options(LocalFileContentsCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Type the outputs; raises ContractError where there are more paths than outputs, or fewer."""
        paths, outputs = cls.paths.count(cc), cls.contents.count(cc)
        if paths != outputs:
            raise ContractError(
                f'node "{cc.node_name}" has {paths} FILE_PATH side packets and {outputs} CONTENTS outputs; '
                "each path needs its output"
            )
        packet_type = PacketType.of(str if cls.options(cc).text_mode else bytes)
        for index in range(outputs):
            cc.output_side_packets["CONTENTS", index].type = packet_type

    def open(self, cc: CalculatorContext) -> None:
        """Read the files; raises ResourceNotFoundError."""
        text = self.options(cc).text_mode
        for index in range(self.paths.count(cc)):
            data: bytes = cc.resources.read(self.paths(cc, index))
            self.contents.set(cc, data.decode("utf-8") if text else data, index=index)

    def process(self, cc: CalculatorContext) -> Status:
        """There are no streams."""
        return Status.STOP
