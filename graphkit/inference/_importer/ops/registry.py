"""The type of a converter."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.inference._importer.lowering import Lowering
    from graphkit.inference._importer.reader import TfliteOperator

Converter: TypeAlias = "Callable[[Lowering, TfliteOperator], str | None]"
