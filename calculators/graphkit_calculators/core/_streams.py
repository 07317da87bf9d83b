"""Small helpers of calculators that address streams by id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.errors import ContractError

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract
    from graphkit.framework import TagMap


def stream_id(tag_map: TagMap, tag: str, index: int = 0) -> int:
    """Return the id of a stream that the contract requires.

    Raises:
        ContractError: the node does not have it.
    """
    found = tag_map.id_of(tag, index)
    if found is None:
        raise ContractError(f'there is no stream with tag "{tag}" and index {index}')
    return found


def pair_streams(cc: CalculatorContract, tag: str = "", output_tag: str | None = None) -> None:
    """Declare that each output carries what the input of the same index carries.

    Args:
        cc: the contract.
        tag: of the inputs.
        output_tag: of the outputs; the same where it is not given.

    Raises:
        ContractError: there are more inputs than outputs, or fewer.
    """
    output_tag = tag if output_tag is None else output_tag
    inputs, outputs = cc.inputs.count(tag), cc.outputs.count(output_tag)
    if inputs != outputs:
        raise ContractError(
            f'node "{cc.node_name}" has {inputs} {tag or "untagged"} input streams but {outputs} '
            f"{output_tag or 'untagged'} output streams; each input needs the output of the same index"
        )
    for index in range(inputs):
        cc.outputs[output_tag, index].set_same_as(tag, index)


def copy_headers(cc: CalculatorContext, tag: str = "") -> None:
    """In ``open``: give each output of *tag* the header of the input of the same index."""
    for source, target in zip(cc.inputs.tag_map.ids_of(tag), cc.outputs.tag_map.ids_of(tag), strict=False):
        if not cc.inputs.headers[source].is_empty:
            cc.outputs.shards[target].set_header(cc.inputs.headers[source])
