"""Branch and bound, with the solver's own messages kept off the standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np


def _flush_c() -> None:
    """Empty the C library's buffers, so that nothing is printed late."""
    import ctypes

    with suppress(OSError, TypeError, AttributeError):
        ctypes.CDLL(None).fflush(None)


@contextmanager
def quiet() -> Iterator[None]:
    """Send what C code prints on standard output to nowhere while the block runs.

    HiGHS (as shipped with SciPy) prints a line from inside branch and bound even when told not to.
    Where there is no real standard output, nothing is done.

    Examples
    --------
    >>> with quiet():
    ...     pass
    """
    try:
        saved = os.dup(1)
    except OSError:
        yield
        return
    if sys.stdout is not None:
        sys.stdout.flush()
    _flush_c()
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            _flush_c()
            os.dup2(saved, 1)
            os.close(saved)


def branch_and_bound(cost: Any, **question: Any) -> Any:
    """Call :func:`scipy.optimize.milp` in silence; same arguments and result.

    Examples
    --------
    >>> from scipy.optimize import Bounds
    >>> branch_and_bound([-1.0], bounds=Bounds(0, 2.5), integrality=[1]).x.tolist()
    [2.0]
    """
    from scipy.optimize import milp

    rows = question.get("constraints")
    if rows is not None:
        question["constraints"] = type(rows)(short_index(rows.A), rows.lb, rows.ub)
    with quiet():
        return milp(cost, **question)


def short_index(matrix: Any) -> Any:
    """Give a matrix as sparse columns with 32-bit positions, which older SciPy insists on.

    Examples
    --------
    >>> from scipy import sparse
    >>> short_index(sparse.eye_array(2)).indices.dtype.name
    'int32'
    """
    from scipy import sparse

    found = sparse.csc_array(matrix)
    found.indices = found.indices.astype(np.int32)
    found.indptr = found.indptr.astype(np.int32)
    return found
