"""Helpers for testing calculators and graphs."""

from graphkit.testing._calculator_runner import CalculatorRunner
from graphkit.testing._manual_clock import ManualClock

__all__ = ["CalculatorRunner", "ManualClock"]
