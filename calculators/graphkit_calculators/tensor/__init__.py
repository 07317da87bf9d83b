"""Calculators for between images, tensors and what models mean."""
