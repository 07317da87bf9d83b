"""The private descriptor pool: built on first use, added to later, safe to use from any thread.

Files that come later are tried in a second pool first. When protobuf's C code refuses a file, it frees what it has
built of it, but the pool's table of extensions keeps pointing there: once another extension gets that memory,
``ListFields`` of a message that has it set ends the process. So a pool that refused a file is thrown away, and the
one that messages live in never refuses any.
"""

from __future__ import annotations

import threading
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphkit.errors import SchemaError, StatusCode, did_you_mean

if TYPE_CHECKING:
    from google.protobuf.descriptor import FieldDescriptor
    from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto
    from google.protobuf.descriptor_pool import DescriptorPool
    from google.protobuf.message import Message

DESCRIPTOR_SET = Path(__file__).with_name("schema.binpb")

# Re-entrant: add_file() holds it while pool() may still have to build.
_lock = threading.RLock()
_message_names: set[str] = set()
# The pool in use before a file was removed; what programs hold was made from it.
_first: list[DescriptorPool] = []
_PAYLOADS: Final = ("mediapipe/framework/formats/", "mediapipe/util/", "mediapipe/modules/face_geometry/protos/")
_late_files: dict[str, FileDescriptorProto] = {}


def pool() -> DescriptorPool:
    """Return the pool that holds graphkit's messages, ``google.protobuf.Any`` and all later additions.

    Give it to ``text_format`` as ``descriptor_pool`` so that extensions and ``Any`` are found.
    """
    with _lock:
        return _build()


def add_file(file: FileDescriptorProto) -> None:
    """Register the messages, enums and extensions of one more file.

    A file that is already registered with the same contents is accepted.

    Raises:
        SchemaError: the file imports one that is not registered, or defines a name or an extension
            number that another file has taken.
    """
    with _lock:
        _try_out(file)
        _add(pool(), file)
        _late_files[file.name] = deepcopy(file)
        _note_names(file)


def forget_file(name: str) -> None:
    """Remove a file that was added later, with those that import it, so that it may be added again.

    protobuf cannot do that: a new pool replaces the old one. Messages that were made keep their classes,
    and the classes of payloads stay the same.
    """
    with _lock:
        _first.append(pool())
        gone = {name}
        for file in _late_files.values():  # in the order they came: none imports a later one
            if gone.intersection(file.dependency):
                gone.add(file.name)
        for each in gone:
            _late_files.pop(each, None)
        for known in (_build, _trial, message_class):
            known.cache_clear()
        for file in _late_files.values():
            _add(pool(), file)


@cache
def message_class(full_name: str) -> type[Message]:
    """Return the class of the message *full_name*, such as ``mediapipe.CalculatorGraphConfig``.

    Raises:
        SchemaError: no registered file defines it.
    """
    from google.protobuf.message_factory import GetMessageClass

    try:
        found = pool().FindMessageTypeByName(full_name)
        if _first and found.file.name.startswith(_PAYLOADS):
            found = _first[0].FindMessageTypeByName(full_name)
        return GetMessageClass(found)
    except KeyError:
        close = did_you_mean(full_name, _message_names)
        raise SchemaError(f'no message type "{full_name}" is registered.{close}', name=full_name) from None


def extension(full_name: str) -> FieldDescriptor:
    """Return the key of an extension, such as ``mediapipe.ThreadPoolExecutorOptions.ext``.

    It indexes the ``Extensions`` of a message of this pool.

    Raises:
        SchemaError: no registered file defines it.
    """
    try:
        return pool().FindExtensionByName(full_name)
    except KeyError:
        raise SchemaError(f'no extension "{full_name}" is registered.', name=full_name) from None


@cache
def _build() -> DescriptorPool:
    built = _new_pool()
    for file in _own_files():
        _note_names(file)
    return built


def _new_pool() -> DescriptorPool:
    """Return a pool with the files that graphkit comes with."""
    from google.protobuf import descriptor_pool

    made = descriptor_pool.DescriptorPool()
    for file in _own_files():
        _add(made, file)
    return made


@cache
def _own_files() -> tuple[FileDescriptorProto, ...]:
    from google.protobuf import any_pb2, descriptor_pb2

    google = [
        descriptor_pb2.FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)
        for module in (descriptor_pb2, any_pb2)
    ]
    return (*google, *descriptor_pb2.FileDescriptorSet.FromString(DESCRIPTOR_SET.read_bytes()).file)


@cache
def _trial() -> DescriptorPool:
    """Return a pool with the same files as the one in use; no message is ever made from it."""
    made = _new_pool()
    for file in _late_files.values():
        _add(made, file)
    return made


def _try_out(file: FileDescriptorProto) -> None:
    """Raise SchemaError for a file that the pool would refuse, without asking the pool."""
    try:
        _add(_trial(), file)
    except SchemaError:
        _trial.cache_clear()
        raise


def _add(target: DescriptorPool, file: FileDescriptorProto) -> None:
    try:
        target.AddSerializedFile(file.SerializeToString())
    except TypeError as exc:
        message = f'cannot register "{file.name}": {exc}'
        raise SchemaError(message, name=file.name, status=StatusCode.INVALID_ARGUMENT) from exc


def _note_names(file: FileDescriptorProto) -> None:
    for message in file.message_type:
        _collect_names(message, file.package)


def _collect_names(message: DescriptorProto, scope: str) -> None:
    full_name = f"{scope}.{message.name}" if scope else message.name
    _message_names.add(full_name)
    for nested in message.nested_type:
        _collect_names(nested, full_name)
