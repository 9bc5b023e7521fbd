"""Targets of a city handed down to its counties so that they close exactly on the city's."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from zoning.base.areas import Ints, round_to_total

Floats = npt.NDArray[np.float64]


def close_rates(
    wished: npt.ArrayLike, weights: npt.ArrayLike, rate: float, low: float, high: float
) -> Floats:
    """Shift and clip rates until their weighted mean is the city's rate.

    Finds the shift ``s`` with ``sum w clip(wished + s, low, high) = rate * sum w``: the sum is a
    rising line between its corners, so the answer is found exactly, not by trial.

    Parameters
    ----------
    wished : array, shape (n,)
    weights : array, shape (n,)
        Positive; for a target of intensity, intensity before times output after.
    rate : float
        Between ``low`` and ``high``.
    low, high : float
        What no county may pass.

    Returns
    -------
    array, shape (n,)

    Raises
    ------
    ValueError
        If the rate lies outside the limits, or weights are not positive.

    Examples
    --------
    >>> close_rates([0.10, 0.20, 0.30], [1, 1, 2], 0.20, 0.0, 1.0).round(6).tolist()
    [0.075, 0.175, 0.275]
    """
    r = np.asarray(wished, dtype=np.float64)
    w = np.asarray(weights, dtype=np.float64)
    if r.shape != w.shape or not r.size or (w <= 0).any() or not np.isfinite([r, w]).all():
        raise ValueError("rates and weights must be finite, of one shape, weights positive")
    if not low <= rate <= high:
        raise ValueError(f"a rate of {rate} cannot be reached between {low} and {high}")
    goal = rate * math.fsum(w)
    corners = np.unique(np.concatenate([low - r, high - r]))
    sums = np.array([math.fsum(w * np.clip(r + s, low, high)) for s in corners])
    k = int(np.clip(np.searchsorted(sums, goal, side="left"), 1, max(len(corners) - 1, 1)))
    if len(corners) == 1:
        return np.full_like(r, rate)
    rise = sums[k] - sums[k - 1]
    part = 0.0 if rise <= 0 else (goal - sums[k - 1]) / rise
    shift = corners[k - 1] + min(max(part, 0.0), 1.0) * (corners[k] - corners[k - 1])
    closed: Floats = np.clip(r + shift, low, high)
    return closed


def split_rates(
    factors: npt.ArrayLike, shares: npt.ArrayLike, emission: npt.ArrayLike,
    output: npt.ArrayLike, output_then: npt.ArrayLike, *, rate: float,
    spread: float, low: float, high: float,
) -> Floats:  # fmt: skip
    """Split a city's cut of intensity over counties by responsibility, ability and potential.

    ``r_i = R + spread * z_i`` with ``z_i`` the weighted mean of standardised factors (emission per
    head: responsibility; output per head: ability; share of industry: potential), clipped, then
    shifted until the counties' targets add up to the city's exactly.

    Parameters
    ----------
    factors : array, shape (counties, factors)
        A higher value asks for a higher rate.
    shares : array, shape (factors,)
        Weights of the factors, adding up to 1.
    emission, output, output_then : array, shape (counties,)
        Emission and output of the base year; projected output of the target year.
    rate : float
        The city's cut of emission per output, such as 0.18.
    spread : float
        What one standard deviation adds.
    low, high : float
        Limits of a county's rate.

    Returns
    -------
    array, shape (counties,)

    Notes
    -----
    A county's weight is intensity before times output *after*: with unequal growth, rates weighted
    by the emissions of the base year do not reproduce the city's target. The three principles are
    published (Zhejiang, four tiers; 国发〔2016〕61号); this formula is our own.

    Examples
    --------
    >>> f = [[8, 12, 0.5], [8, 12, 0.5]]
    >>> split_rates(f, [0.4, 0.3, 0.3], [10, 20], [5, 10], [7, 14], rate=0.18, spread=0.02,
    ...             low=0.1, high=0.25).round(9).tolist()
    [0.18, 0.18]
    """
    x = np.asarray(factors, dtype=np.float64)
    p = np.asarray(shares, dtype=np.float64)
    if abs(math.fsum(p) - 1) > 1e-9:
        raise ValueError(f"weights of the factors add up to {math.fsum(p)}, not to 1")
    z = np.zeros_like(x)
    for j in range(x.shape[1]):
        spread_j = float(x[:, j].std())
        if spread_j > 1e-12 * max(1.0, float(np.abs(x[:, j]).max())):
            z[:, j] = (x[:, j] - x[:, j].mean()) / spread_j
    wished = np.clip(rate + spread * (z @ p), low, high)
    e, g, then = (np.asarray(v, dtype=np.float64) for v in (emission, output, output_then))
    weights = e / g * then
    # the city's target is 1 - R on its own intensity, so unequal growth moves the mean to be met
    allowed = (1 - rate) * math.fsum(e) / math.fsum(g) * math.fsum(then)
    mean = 1 - allowed / math.fsum(weights)
    if not low <= mean <= high:
        raise ValueError(
            f"with the growth stated the counties would need {mean:.4f} on average, "
            f"outside {low} to {high}"
        )
    return close_rates(wished, weights, mean, low, high)


def split_total(total: int, parts: npt.ArrayLike) -> Ints:
    """Share a whole total out in proportion; the parts add up to it exactly.

    Parameters
    ----------
    total : int
        In the smallest unit that counts, such as tonnes.
    parts : array, shape (n,)
        Not negative, not all 0.

    Returns
    -------
    int64 array, shape (n,)

    Examples
    --------
    >>> split_total(100, [1, 1, 1]).tolist()
    [34, 33, 33]
    """
    p = np.asarray(parts, dtype=np.float64)
    whole = math.fsum(p)
    if (p < 0).any() or not whole > 0:
        raise ValueError("parts must be not negative, and not all 0")
    return round_to_total(p / whole * total, total)
