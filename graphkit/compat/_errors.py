from contextlib import contextmanager

from graphkit.errors import GraphkitError


@contextmanager
def as_peer_raises():
    try:
        yield
    except GraphkitError as exc:
        raise RuntimeError(str(exc)) from exc
