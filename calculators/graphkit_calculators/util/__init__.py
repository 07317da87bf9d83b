"""Calculators for detections, rects, landmarks and drawing."""
