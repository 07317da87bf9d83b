"""Calculators for reading and writing video files."""
