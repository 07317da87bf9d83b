"""BypassCalculator: stands where a feature is switched off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Options, calculator, option, options
from graphkit.errors import ContractError
from graphkit.framework import ANY, key_label

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract
    from graphkit.framework import Key, TagMap


@options("mediapipe.BypassCalculatorOptions", extension=481259677)
class BypassCalculatorOptions:
    """Options of BypassCalculator.

    Attributes:
        pass_input_stream: TAG or TAG:index of each input that is passed on.
        pass_output_stream: of the output that it goes to, in the same order.
    """

    pass_input_stream: list[str] = option(1)
    pass_output_stream: list[str] = option(2)


@calculator
class BypassCalculator(Calculator):
    """Takes any streams and side packets and drops what comes; outputs get bounds only.

    The streams named in the options are passed on. Meant as a contained node of SwitchContainer, in place
    of a subgraph that is not wanted.

    Example::

        node {
          calculator: "BypassCalculator"
          input_stream: "IMAGE:image"
          input_stream: "LANDMARKS:landmarks"
          output_stream: "LANDMARKS:smoothed_landmarks"
          options {
            [mediapipe.BypassCalculatorOptions.ext] {
              pass_input_stream: "LANDMARKS"
              pass_output_stream: "LANDMARKS"
            }
          }
        }
    """

    options = Options(BypassCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Accept everything; raises ContractError for options that name streams the node lacks."""
        settings = cls.options(cc)
        if len(settings.pass_input_stream) != len(settings.pass_output_stream):
            raise ContractError(
                f'node "{cc.node_name}": pass_input_stream has {len(settings.pass_input_stream)} entries, '
                f"pass_output_stream {len(settings.pass_output_stream)}; they go in pairs"
            )
        for side in (cc.inputs, cc.outputs, cc.input_side_packets, cc.output_side_packets):
            for spec in side.specs():
                spec.type = ANY
        inputs, outputs = cc.inputs.tag_map, cc.outputs.tag_map
        for source, target in _pairs(settings, inputs, outputs, cc.node_name):
            cc.outputs.specs()[target].set_same_as(*inputs.keys[source])

    def open(self, cc: CalculatorContext) -> None:
        """Look up the streams that pass."""
        inputs, outputs = cc.inputs.tag_map, cc.outputs.tag_map
        self._pairs = _pairs(self.options(cc), inputs, outputs, cc.node_name)

    def process(self, cc: CalculatorContext) -> None:
        """Pass what passes."""
        for source, target in self._pairs:
            packet = cc.inputs.packets[source]
            if packet:
                cc.outputs.shards[target].add(packet)


def _pairs(settings: BypassCalculatorOptions, inputs: TagMap, outputs: TagMap, node: str) -> list[tuple[int, int]]:
    names = zip(settings.pass_input_stream, settings.pass_output_stream, strict=True)
    return [(_id(inputs, source, node), _id(outputs, target, node)) for source, target in names]


def _id(tag_map: TagMap, name: str, node: str) -> int:
    tag, _, index = name.partition(":")
    key: Key = (tag, int(index or 0))
    found = tag_map.id_of(*key)
    if found is None:
        have = ", ".join(key_label(k) for k in tag_map) or "none"
        raise ContractError(f'node "{node}": the options name stream {name}, but the streams are {have}')
    return found
