"""Memory that is free, given back to the system."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

#: Rows of a table from which giving back is worth its few hundredths of a second (our choice).
_MANY = 200_000


def give_back(rows: int) -> bool:
    """Give what lies free between what is used back to the system, after a table of many rows.

    The C library does so by itself only at the end of its heap. What reading leaves behind there
    is a quarter of a plan of a million units.

    Parameters
    ----------
    rows : int
        Rows of the largest table; of a small one nothing is given back.

    Returns
    -------
    bool
        Whether something was; only glibc can.

    Examples
    --------
    >>> give_back(1000)
    False
    """
    trim = _trim() if rows >= _MANY else None
    return bool(trim and trim(0))


@lru_cache(maxsize=1)
def _trim() -> Any:
    import ctypes

    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, TypeError, AttributeError):  # another system, another C library
        return None
