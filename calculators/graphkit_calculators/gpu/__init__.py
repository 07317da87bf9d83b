"""Calculators that draw with OpenGL or move pictures between memory and GPU."""
