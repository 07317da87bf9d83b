"""Drawings of graphs: what is drawn, where it lies, and the formats it is written in."""
