"""Has a series peaked? A condition on its maximum, and a test of the trend after it."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

State = Literal["peaked", "plateau", "not peaked", "too early"]


class Trend(NamedTuple):
    """The test of Mann and Kendall with the slope of Sen.

    Attributes
    ----------
    s, variance, z, p, slope : float
    trend : {"increasing", "decreasing", "none"}
        At the level that was asked for.
    """

    s: int
    variance: float
    z: float
    p: float
    slope: float
    trend: str


class Peak(NamedTuple):
    """What a series says about its peak.

    Attributes
    ----------
    state : {"peaked", "plateau", "not peaked", "too early"}
    year : int
        Of the maximum; of the last one when years tie.
    after : Trend or None
        The trend of the years after the maximum, ``None`` when there are fewer than three.
    """

    state: State
    year: int
    after: Trend | None


def mann_kendall(values: npt.ArrayLike, alpha: float = 0.05) -> Trend:
    """Test a series for a monotone trend.

    ``S`` counts rises less falls over all pairs, its variance is corrected for ties,
    ``Z = (S -+ 1) / sqrt(Var)``, two-sided; the slope is the median of all pairwise slopes.

    Parameters
    ----------
    values : array, shape (n,)
        Equally spaced, finite, at least three.
    alpha : float

    Returns
    -------
    Trend

    References
    ----------
    H. B. Mann, Econometrica 13 (1945); M. G. Kendall, Rank Correlation Methods (1948);
    P. K. Sen, Journal of the American Statistical Association 63 (1968).

    Examples
    --------
    >>> t = mann_kendall([1, 2.3, 3.1, 4.5, 5.2, 6.8, 7.1, 8.9, 9.5, 10.2])
    >>> t.s, t.variance, round(t.z, 5), t.slope, t.trend
    (45, 125.0, 3.93548, 1.05, 'increasing')
    """
    x = np.asarray(values, dtype=np.float64)
    n = len(x)
    if x.ndim != 1 or n < 3 or not np.isfinite(x).all():
        raise ValueError("a trend needs at least three finite values")
    i, j = np.triu_indices(n, 1)
    step = x[j] - x[i]
    s = int(np.sign(step).sum())
    ties = np.unique(x, return_counts=True)[1]
    variance = (n * (n - 1) * (2 * n + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    z = (s - np.sign(s)) / math.sqrt(variance) if variance > 0 else 0.0
    p = math.erfc(abs(z) / math.sqrt(2))
    slope = float(np.median(step / (j - i)))
    trend = "none" if p >= alpha or z == 0 else ("increasing" if z > 0 else "decreasing")
    return Trend(s, variance, float(z), p, slope, trend)


def peak_state(
    years: npt.ArrayLike, values: npt.ArrayLike, *, wait: int = 5, band: float = 0.05,
    alpha: float = 0.05,
) -> Peak:  # fmt: skip
    """Say whether emissions have peaked.

    A test of the trend alone calls a plateau "increasing". So first the condition: the maximum
    lies at least ``wait`` years back (else: too early, or not peaked when it is the last year).
    Then the trend of the years after it: falling significantly is *peaked*; no significant trend
    within ``band`` of the maximum is a *plateau*; anything else is *not peaked*.

    Parameters
    ----------
    years, values : array, shape (n,)
        Whole years in a row, and emissions in any one unit.
    wait : int
        Years after the maximum, 5.
    band : float
        Share of the maximum, 0.05.
    alpha : float
        Level of the test.

    Returns
    -------
    Peak

    Notes
    -----
    The combination of a condition with the Mann-Kendall test is that of 蒋含颖, ..., 蔡博峰,
    Climate Change Research 17(2), 2021; ``wait`` and ``band`` as numbers are our own choice.

    Examples
    --------
    >>> y = range(2010, 2020)
    >>> peak_state(y, [70, 74, 77, 79, 80.2, 80.1, 79.9, 80, 80.2, 79.8]).state
    'too early'
    >>> peak_state(y, [70, 80, 79, 77, 76, 74, 73, 71, 70, 68]).state
    'peaked'
    """
    when = np.asarray(years, dtype=np.int64)
    x = np.asarray(values, dtype=np.float64)
    if len(when) != len(x) or len(x) < 3 or (np.diff(when) != 1).any():
        raise ValueError("a series needs at least three whole years in a row")
    if not np.isfinite(x).all():
        raise ValueError("a year without a value: the series cannot tell its peak")
    top = int(len(x) - 1 - np.argmax(x[::-1]))
    year, rest = int(when[top]), x[top + 1 :]
    after = mann_kendall(rest, alpha) if len(rest) >= 3 else None
    if not len(rest):
        return Peak("not peaked", year, None)
    if len(rest) < wait or after is None:
        return Peak("too early", year, after)
    if after.trend == "decreasing":
        return Peak("peaked", year, after)
    flat = after.trend == "none" and bool((rest >= (1 - band) * x[top]).all())
    return Peak("plateau" if flat else "not peaked", year, after)
