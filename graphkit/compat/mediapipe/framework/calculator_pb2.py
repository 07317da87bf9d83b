"""``mediapipe.framework.calculator_pb2``."""

from typing import Final

from graphkit.compat._messages import tell_text_format
from graphkit.schema import message_class

__all__ = ["CalculatorGraphConfig"]

CalculatorGraphConfig: Final = message_class("mediapipe.CalculatorGraphConfig")

tell_text_format()
