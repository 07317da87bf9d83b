"""Helpers for testing calculators and graphs."""

from graphkit.testing.calculator_runner import CalculatorRunner
from graphkit.testing.manual_clock import ManualClock

__all__ = ["CalculatorRunner", "ManualClock"]
