"""Work that makes millions of shapes, and no circles of references between them."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Keep Python from looking for circles of references, as it does every few hundred objects.

    A shape is an object that Python watches. Where they are made by the million that takes a tenth
    of all processor time, and finds nothing: they go when the last name of them goes.

    Examples
    --------
    >>> with uncollected():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
