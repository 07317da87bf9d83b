"""``mediapipe.framework.calculator_pb2``."""

from typing import Final

from graphkit.schema import message_class

__all__ = ["CalculatorGraphConfig"]

CalculatorGraphConfig: Final = message_class("mediapipe.CalculatorGraphConfig")
