"""The options messages: those of the schema and those that options classes declare.

A class is put into the descriptor pool when a config first names it. A name that is not known yet makes the
registry import the module that declares it, or else all installed calculators.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from graphkit import schema
from graphkit.config._options.descriptors import ensure_registered
from graphkit.config._text.layout import extends
from graphkit.errors import ContractError, SchemaError, did_you_mean
from graphkit.framework import _registry as registry
from graphkit.framework._options import declared_options, options_named

if TYPE_CHECKING:
    from google.protobuf.descriptor import FieldDescriptor
    from google.protobuf.message import Message

_LOG: Final = logging.getLogger(__name__)


def any_message_class(full_name: str) -> type[Message] | None:
    """Return the message class called *full_name*, None if neither schema nor calculators have it."""
    _declare(full_name)
    return schema.message_class(full_name) if _in_schema(full_name) else None


def options_message(full_name: str) -> type[Message]:
    """Return the class of the options message *full_name*, added to its pool if it is missing.

    Raises:
        SchemaError: neither the schema nor an installed calculator has it.
    """
    found = any_message_class(full_name)
    if found is None:
        close = close_messages(full_name)
        raise SchemaError(f'no calculator has the options "{full_name}".{close}', name=full_name)
    return found


def node_extension(name: str, extendee: Any) -> FieldDescriptor | None:
    """Return the extension called *name* (``mediapipe.X.ext``) of the message *extendee*, None for none."""
    _declare(name.removesuffix(".ext"))
    try:
        extension = schema.extension(name)
    except SchemaError:
        return None
    return extension if extends(extension, extendee) else None


def lacks_extension(full_name: str, extendee: Any) -> bool:
    """Return whether an author declared the options *full_name*, which are no extension of *extendee*."""
    return bool(options_classes(full_name)) and node_extension(f"{full_name}.ext", extendee) is None


def known_messages() -> list[str]:
    """Return the names of all options messages that calculators declare."""
    return sorted(declared_options())


def close_messages(full_name: str) -> str:
    """Return `` Did you mean ...?`` for close names of options messages, within the same package if it has any."""
    package, _, name = full_name.rpartition(".")
    prefix = f"{package}."
    beside = [known.removeprefix(prefix) for known in known_messages() if known.startswith(prefix)]
    if beside:
        return did_you_mean(name, beside, ignoring="CalculatorOptions").replace(" '", f" '{prefix}")
    return did_you_mean(full_name, known_messages())


def options_classes(full_name: str) -> list[type[Any]]:
    """Return the classes declared for the message *full_name*, all in the pool."""
    classes = options_named(full_name)
    for cls in classes:
        ensure_registered(cls)
    return classes


def register_all() -> None:
    """Put every declared options class into the pool; a binary config names extensions by number only.

    A class that cannot be added is reported as a warning, as the config may not use it.
    """
    registry.import_all()
    for full_name in known_messages():
        try:
            options_classes(full_name)
        except ContractError as exc:
            _LOG.warning("%s", exc)


def _declare(full_name: str) -> None:
    for find_more in (registry.import_options, _import_all):
        if options_classes(full_name) or _in_schema(full_name):
            return
        find_more(full_name)
    options_classes(full_name)


def _import_all(_: str) -> None:
    registry.import_all()


def _in_schema(full_name: str) -> bool:
    try:
        schema.pool().FindMessageTypeByName(full_name)
    except KeyError:
        return False
    return True
