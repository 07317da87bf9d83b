"""Subgraphs: where they are, and the graph with all of them put in."""
