"""``mediapipe.framework.calculator_pb2``."""

from typing import Final

from graphkit.compat._messages import tell_text_format
from graphkit.compat._pb2 import message

__all__ = [
    "CalculatorGraphConfig",
    "CalculatorOptions",
    "ExecutorConfig",
    "InputCollection",
    "InputCollectionSet",
    "InputStreamInfo",
    "ProfilerConfig",
]

CalculatorGraphConfig: Final = message("CalculatorGraphConfig", __name__)
CalculatorOptions: Final = message("CalculatorOptions", __name__)
ExecutorConfig: Final = message("ExecutorConfig", __name__)
InputCollection: Final = message("InputCollection", __name__)
InputCollectionSet: Final = message("InputCollectionSet", __name__)
InputStreamInfo: Final = message("InputStreamInfo", __name__)
ProfilerConfig: Final = message("ProfilerConfig", __name__)

tell_text_format()
