"""The models that graphkit's graphs use: which there are, where they are, who needs them, and how to get them.

`catalogue` names them, `locate` finds and checks them, `needs` reads from the graphs which model each one uses,
and `fetch` gets those that do not come with graphkit. A run never fetches anything.
"""

from graphkit.models._catalogue import CATALOGUE, Model, NpmPackage, find_model, model_called, replaced_by

__all__ = ["CATALOGUE", "Model", "NpmPackage", "find_model", "model_called", "replaced_by"]
