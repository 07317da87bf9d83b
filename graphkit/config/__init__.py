"""Graph configs: read, expand subgraphs, validate, and give the plan that the runtime runs."""

from graphkit.config.reader import ConfigLike, parse
from graphkit.config.validation import validate

__all__ = ["ConfigLike", "load", "parse", "validate"]


def load(config, **kw):
    return validate(parse(config))
