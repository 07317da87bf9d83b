"""Messages as the ``_pb2`` modules of mediapipe have them: classes that say which module they are of.

``pickle`` looks there for the class of a result; programs send results to other processes, and keep them in files.
"""

from __future__ import annotations

import copyreg
from typing import TYPE_CHECKING

from graphkit.schema import message_class

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message


def message(name: str, module: str) -> type[Message]:
    """Return the class of the message ``mediapipe.`` *name*, which is of *module* from now on."""
    cls = message_class(f"mediapipe.{name}")
    cls.__module__ = module
    for nested in cls.DESCRIPTOR.nested_types:
        _put_inside(getattr(cls, nested.name), module, f"{name}.{nested.name}")
    return cls


def _put_inside(cls: type[Message], module: str, path: str) -> None:
    """Give a message inside of another one its place; protobuf would look for it in its default pool."""
    cls.__module__, cls.__qualname__ = module, path
    copyreg.pickle(cls, _taken_apart)
    for nested in cls.DESCRIPTOR.nested_types:
        _put_inside(getattr(cls, nested.name), module, f"{path}.{nested.name}")


def _taken_apart(value: Message) -> tuple[Callable[[bytes], Message], tuple[bytes]]:
    return type(value).FromString, (value.SerializeToString(),)
