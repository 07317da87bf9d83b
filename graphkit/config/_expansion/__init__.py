"""Subgraphs: where they are found, and the graph with all of them expanded."""
