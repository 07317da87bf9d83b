"""Drawings of graphs: what is drawn, its layout, and the formats it is written in."""
