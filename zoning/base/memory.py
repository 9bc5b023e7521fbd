"""Freed memory goes back to the system, where the C library is glibc."""

from __future__ import annotations

import sys
from typing import Any

#: ``M_MMAP_THRESHOLD`` and ``M_TRIM_THRESHOLD`` of glibc's ``mallopt``, and the size from which a
#: column is given back; of what lies free at the end, from eight times as much.
_THRESHOLD, _TRIM, _COLUMN = -3, -1, 8 << 20


def give_back_columns() -> bool:
    """Let large columns go back to the system when they are freed.

    The library raises the size from which it does so to what was freed last, up to 32 MB: columns
    of a million units then stay between others, and a run needs a tenth more memory. Who sets that
    size must also set how much free memory may lie at the end, as the library itself does: with
    the 128 kB of its start each small array would be given back and asked for anew.

    Returns
    -------
    bool
        Whether it was set; False on another system.
    """
    return _called("mallopt", _THRESHOLD, _COLUMN) and _called("mallopt", _TRIM, 8 * _COLUMN)


def give_back() -> bool:
    """Give back what lies free between what is used: after a step, before another needs more.

    The library does so by itself only at the end of its heap. What reading leaves behind there is
    a quarter of a plan of a million units, and 20 MB of a city. It takes some thousandths of a
    second.

    Returns
    -------
    bool
        Whether anything was given back.
    """
    if "pyarrow" in sys.modules:
        sys.modules["pyarrow"].default_memory_pool().release_unused()
    return _called("malloc_trim", 0)


def _called(name: str, *numbers: int) -> bool:
    """Call a function of the C library that gives 1 where it did something."""
    import ctypes

    try:
        function: Any = getattr(ctypes.CDLL(None), name)
        return bool(function(*numbers))
    except (OSError, TypeError, AttributeError):  # another system, another C library
        return False
