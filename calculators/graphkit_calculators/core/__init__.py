"""Calculators for flow control, loops, splitting and side packets."""
