"""A slow, plain interpreter of the rules in docs/explanation/scheduling.md, for tests to compare the engine with.

It imports nothing from the engine. A graph is plain data (`graphs`), what its nodes do is plain Python
(`behaviours`), and `Interpreter` says which calls, packets, bounds and errors the rules give. Where they allow
several outcomes, it follows what the engine did, step by step, and says where a step was not allowed.
"""

from reference_interpreter.behaviours import BoomError, behaviour_of
from reference_interpreter.graphs import Call, Graph, Node
from reference_interpreter.interpreter import Interpreter

__all__ = ["BoomError", "Call", "Graph", "Interpreter", "Node", "behaviour_of"]
