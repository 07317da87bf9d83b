"""Calculators for working on whole images."""
