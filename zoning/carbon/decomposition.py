"""Why emissions changed: the logarithmic mean Divisia index, additive and multiplicative."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Decomposition(NamedTuple):
    """The change of a total by its factors.

    Attributes
    ----------
    additive : array, shape (factors,)
        Contributions, in the unit of the total; they add up to its change.
    multiplicative : array, shape (factors,)
        Ratios, whose product is the ratio of the totals; nan where a total is 0.
    rows : array, shape (sectors, factors)
        The contributions sector by sector.
    """

    additive: Floats
    multiplicative: Floats
    rows: Floats


def log_mean(a: float, b: float) -> float:
    """Give the logarithmic mean of two numbers, ``(a - b) / ln(a / b)``; ``a`` if both are equal.

    Examples
    --------
    >>> round(log_mean(2, 1), 6), log_mean(3, 3), log_mean(0, 5)
    (1.442695, 3.0, 0.0)
    """
    if a < 0 or b < 0:
        raise ValueError("the logarithmic mean is defined for numbers that are not negative")
    if a == 0 or b == 0:
        return 0.0
    if a == b:
        return float(a)
    # near equality the quotient of two small numbers is lost to rounding: ln by log1p
    near = 0.5 < a / b < 2
    return float((a - b) / (math.log1p((a - b) / b) if near else math.log(a) - math.log(b)))


def lmdi(before: npt.ArrayLike, after: npt.ArrayLike) -> Decomposition:
    """Decompose the change of ``V = sum over sectors of the product of factors``.

    ``dV_j = sum_i L(v_i', v_i) ln(x_ij' / x_ij)`` and ``D_j = exp(dV_j / L(V', V))`` with the
    logarithmic mean ``L``. A factor that goes from or to 0 takes the whole change of its
    sector; several of them share it equally (the limit of small values).

    Parameters
    ----------
    before, after : array, shape (sectors, factors)
        Not negative.

    Returns
    -------
    Decomposition

    Raises
    ------
    ValueError
        If shapes differ, or a value is negative or not finite.

    References
    ----------
    B. W. Ang, The LMDI approach to decomposition analysis, Energy Policy 33 (2005);
    R. Wood and M. Lenzen, Zero-value problems of the logarithmic mean divisia index
    decomposition method, Energy Policy 34 (2006).

    Examples
    --------
    >>> lmdi([[1, 10, 2], [4, 5, 3]], [[4, 5, 3], [5, 6, 4]]).additive.round(8).tolist()
    [69.79006598, -9.45512579, 39.66505981]
    """
    x0, x1 = (np.atleast_2d(np.asarray(x, dtype=np.float64)) for x in (before, after))
    if x0.shape != x1.shape or not all(np.isfinite(x).all() and x.min() >= 0 for x in (x0, x1)):
        raise ValueError(
            "both tables must have one shape, and values that are finite and not negative"
        )
    v0, v1 = x0.prod(axis=1), x1.prod(axis=1)
    rows = np.zeros_like(x0)
    for i in range(len(x0)):
        rows[i] = _sector(x0[i], x1[i], float(v0[i]), float(v1[i]))
    total0, total1 = math.fsum(v0), math.fsum(v1)
    additive = np.array([math.fsum(column) for column in rows.T])
    mean = log_mean(total1, total0)
    ratio = np.exp(additive / mean) if mean > 0 else np.full_like(additive, np.nan)
    return Decomposition(additive, ratio, rows)


def _sector(x0: Floats, x1: Floats, v0: float, v1: float) -> Floats:
    zero = (x0 == 0) != (x1 == 0)
    if v0 == v1 == 0:
        return np.zeros_like(x0)
    if zero.any():
        # the whole change goes to what appeared or vanished
        return np.asarray(zero * ((v1 - v0) / zero.sum()))
    with np.errstate(divide="ignore"):
        return np.asarray(log_mean(v1, v0) * np.log(x1 / x0))
