"""Inputs that the options of a handler name, as ``TAG``, ``TAG:index`` or ``:index``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from graphkit.errors import ConfigError
from graphkit.errors._base import shortened
from graphkit.framework import key_label

if TYPE_CHECKING:
    from graphkit.framework import InputQueue, InputStreamHandler

_TAG_INDEX: Final = re.compile(r"([A-Z_][A-Z0-9_]*)?(?::(0|[1-9][0-9]{0,17}))?")


def named_stream(handler: InputStreamHandler, option: str, text: str) -> InputQueue:
    """Return the input of *handler*'s node that *option* names with *text*; "" is the first untagged one.

    Raises:
        ConfigError: the node has no such input.
    """
    match = _TAG_INDEX.fullmatch(text)
    position = None if match is None else handler.tag_map.id_of(match[1] or "", int(match[2] or 0))
    if position is None:
        have = ", ".join(key_label(key) for key in handler.tag_map)
        raise ConfigError(
            f'{option} names "{shortened(text, 100)}", which is not an input of the node; inputs: {have}'
        )
    return handler.streams[position]
