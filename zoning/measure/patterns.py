"""Patterns on a map and fairness in numbers: Moran's I, LISA, Gini, Theil, figure of merit.

NumPy in, NumPy out; neighbours are pairs of positions, each pair once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Moran(NamedTuple):
    """Moran's I with its permutation test: ``p`` is one-sided, as esda gives ``p_sim``."""

    value: float
    expected: float
    p: float


def morans_i(
    x: npt.ArrayLike, pairs: npt.ArrayLike, *, permutations: int = 0, seed: int = 0
) -> Moran:
    """Moran's I of values over neighbours, row-standardised.

    Parameters
    ----------
    x : float array, shape (n,)
    pairs : int array, shape (m, 2)
        Positions of neighbours, each pair once.
    permutations : int
        Draws of the permutation test; 0 for none (``p`` is NaN).
    seed : int

    Examples
    --------
    >>> morans_i([1, 1, 0, 0], [[0, 1], [1, 2], [2, 3]]).value
    0.5
    """
    values = np.asarray(x, dtype=np.float64)
    one, two, weight = _weights(values.size, pairs)
    z = values - values.mean()
    total = float(z @ z)
    if total == 0 or not one.size:
        return Moran(float("nan"), float("nan"), float("nan"))
    n, s0 = values.size, float(weight.sum())

    def index(z: Floats) -> float:
        return float(n / s0 * (weight * z[one] * z[two]).sum() / total)

    found, p = index(z), float("nan")
    if permutations:
        rng = np.random.default_rng(seed)
        drawn = np.array([index(rng.permutation(z)) for _ in range(permutations)])
        larger = int((drawn >= found).sum())
        p = (min(larger, permutations - larger) + 1) / (permutations + 1)
    return Moran(found, -1.0 / (n - 1), p)


def lisa(x: npt.ArrayLike, pairs: npt.ArrayLike) -> tuple[Floats, npt.NDArray[np.str_]]:
    """Local Moran's I of each place, and the quadrant it lies in.

    Returns
    -------
    local : float array
        ``z_i`` times the mean ``z`` of the neighbours, standardised (sum over n-1 as in esda).
    quadrant : array of {"HH", "LH", "LL", "HL", ""}
        High or low among high or low neighbours; ``""`` without neighbours.

    Examples
    --------
    >>> lisa([3, 3, 0, 0], [[0, 1], [1, 2], [2, 3]])[1].tolist()
    ['HH', 'HL', 'LL', 'LL']
    """
    values = np.asarray(x, dtype=np.float64)
    one, two, weight = _weights(values.size, pairs)
    z = values - values.mean()
    spread = float(np.sqrt((z @ z) / values.size))
    z = z / spread if spread > 0 else z
    lag = np.bincount(one, weight * z[two], values.size)
    alone = np.bincount(one, minlength=values.size) == 0
    local = (values.size - 1) * z * lag / float(z @ z) if spread > 0 else np.zeros(values.size)
    names = np.where(z > 0, np.where(lag > 0, "HH", "HL"), np.where(lag > 0, "LH", "LL"))
    return local, np.where(alone, "", names)


def gini(amount: npt.ArrayLike, people: npt.ArrayLike | None = None) -> float:
    """Gini coefficient of amounts per head: 0 all alike, towards 1 one has all.

    Parameters
    ----------
    amount : float array, none negative
        Of each place, such as new land in m2.
    people : float array, optional
        By default every place counts alike.

    Examples
    --------
    >>> gini([1, 1, 1]), gini([0, 0, 3]), gini([10, 30], [1, 3])
    (0.0, 0.666..., 0.0)
    """
    x = np.asarray(amount, dtype=np.float64)
    w = np.ones_like(x) if people is None else np.asarray(people, dtype=np.float64)
    x, w = x[w > 0], w[w > 0]
    if not x.size or x.sum() <= 0:
        return float("nan")
    order = np.argsort(x / w, kind="stable")
    share = np.concatenate([[0.0], np.cumsum(x[order]) / x.sum()])
    heads = np.concatenate([[0.0], np.cumsum(w[order]) / w.sum()])
    area = ((share[1:] + share[:-1]) * np.diff(heads)).sum()
    return max(float(1.0 - area), 0.0)


def theil(amount: npt.ArrayLike, people: npt.ArrayLike) -> float:
    """Theil's T of amounts per head: 0 all alike, ln of the number of heads where one has all.

    ``T = sum(s ln(s / w))``, s the share of the amount and w that of the people; it adds up over
    groups: that of the places is that of the counties plus what lies within them.

    Parameters
    ----------
    amount, people : float arrays, none negative

    Examples
    --------
    >>> theil([1, 1], [1, 1]), round(theil([3, 0], [1, 1]), 6)
    (0.0, 0.693147)
    """
    x, w = np.asarray(amount, dtype=np.float64), np.asarray(people, dtype=np.float64)
    x, w = x[w > 0], w[w > 0]
    if not x.size or x.sum() <= 0:
        return float("nan")
    s, p = x / x.sum(), w / w.sum()
    some = s > 0
    return max(float((s[some] * np.log(s[some] / p[some])).sum()), 0.0)


def lisa_p(
    x: npt.ArrayLike, pairs: npt.ArrayLike, *, permutations: int = 99, seed: int = 0
) -> Floats:
    """Pseudo p-values of local Moran's I by conditional permutation, one-sided as in esda.

    The value of a place stays; its neighbours are drawn from all others, without replacement.
    NaN for places without neighbours.

    Examples
    --------
    >>> p = lisa_p([9, 9, 9, 0, 0, 0], [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]], seed=1)
    >>> bool((p > 0).all() and (p <= 0.5).all())
    True
    """
    values = np.asarray(x, dtype=np.float64)
    one, two, weight = _weights(values.size, pairs)
    z = values - values.mean()
    count = np.bincount(one, minlength=values.size)
    lag = np.bincount(one, weight * z[two], values.size)
    rng = np.random.default_rng(seed)
    out = np.full(values.size, np.nan)
    for k in np.unique(count[count > 0]):
        rows = np.flatnonzero(count == k)
        for part in np.array_split(rows, max(1, rows.size * permutations * int(k) // 2_000_000)):
            drawn = _others(rng, values.size, part, permutations, int(k))
            local = z[part] * lag[part]
            made = z[part][:, None] * z[drawn].mean(axis=2)
            larger = (made >= local[:, None]).sum(axis=1)
            out[part] = (np.minimum(larger, permutations - larger) + 1) / (permutations + 1)
    return out


def _others(rng: np.random.Generator, n: int, rows: Ints, draws: int, k: int) -> Ints:
    """Draw k different places out of all but the row's own, shape (rows, draws, k)."""
    k = min(k, n - 1)
    if 4 * k > n:  # few places: shuffle them whole
        keys = rng.random((rows.size, draws, n))
        np.put_along_axis(keys, np.broadcast_to(rows[:, None, None], (rows.size, draws, 1)), 2.0, 2)
        return np.argpartition(keys, k - 1, axis=2)[:, :, :k].astype(np.int64)
    found = rng.integers(0, n - 1, (rows.size, draws, k))
    while True:
        ordered = np.sort(found, axis=2)
        twice = (np.diff(ordered, axis=2) == 0).any(axis=2)
        if not twice.any():
            break
        found[twice] = rng.integers(0, n - 1, (int(twice.sum()), k))
    return found + (found >= rows[:, None, None])


def figure_of_merit(
    before: npt.ArrayLike, after: npt.ArrayLike, simulated: npt.ArrayLike,
    area: npt.ArrayLike | None = None,
) -> float:  # fmt: skip
    """Figure of merit of a simulated change: ``B / (A + B + C + D)`` (R. G. Pontius and others).

    A: changed but simulated as staying; B: changed and simulated so; C: changed into something
    else than simulated; D: stayed but simulated as changing. NaN where nothing changes in either.

    Examples
    --------
    >>> figure_of_merit(list("aaaa"), list("abba"), list("abcb"))
    0.3333333333333333
    """
    b, a, s = (np.asarray(v) for v in (before, after, simulated))
    w = np.ones(b.shape) if area is None else np.asarray(area, dtype=np.float64)
    real, said = a != b, s != b
    hit = float(w[real & said & (a == s)].sum())
    total = float(w[real | said].sum())
    return hit / total if total else float("nan")


def _weights(n: int, pairs: npt.ArrayLike) -> tuple[Ints, Ints, Floats]:
    """Both directions of every pair, each row summing to 1."""
    at = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    one, two = np.concatenate([at[:, 0], at[:, 1]]), np.concatenate([at[:, 1], at[:, 0]])
    return one, two, 1.0 / np.bincount(one, minlength=n)[one]
