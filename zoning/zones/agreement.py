"""How well two zonings agree: kappa, quantity and allocation disagreement, figure of merit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Agreement:
    """Agreement of two classings of the same land; shares of ``total``, 0..1.

    Attributes
    ----------
    total : float
        What was compared, in the unit of the table (m2, or places).
    overall : float
        Share that has the same class in both.
    kappa : float
        Agreement beyond chance; 1 where both know a single class only.
    quantity : float
        Disagreement because the two have different amounts of the classes.
    allocation : float
        Disagreement because the same amounts lie elsewhere; ``overall + quantity + allocation``
        is 1.
    merit : Series, index class
        Figure of merit of each class: what both give it, of what either gives it. ``<NA>`` for a
        class that neither has.
    """

    total: float
    overall: float
    kappa: float
    quantity: float
    allocation: float
    merit: pd.Series


def agreement(matrix: pd.DataFrame) -> Agreement:
    """Measure how well two classings agree from their transition matrix.

    Parameters
    ----------
    matrix : DataFrame
        Rows: classes of the first; columns: those of the second, in the same words; values: areas
        or counts, none negative.

    Returns
    -------
    Agreement
        All NaN where nothing was compared.

    References
    ----------
    J. Cohen, A coefficient of agreement for nominal scales, 1960. R. G. Pontius Jr, M. Millones,
    Death to Kappa: birth of quantity disagreement and allocation disagreement for accuracy
    assessment, International Journal of Remote Sensing 32, 2011.

    Examples
    --------
    >>> found = agreement(pd.DataFrame([[40, 10], [20, 30]], index=["a", "b"], columns=["a", "b"]))
    >>> found.overall, round(found.kappa, 9), round(found.quantity, 9), round(found.allocation, 9)
    (0.7, 0.4, 0.1, 0.2)
    >>> found.merit.round(3).tolist()
    [0.571, 0.5]
    """
    names = [*matrix.index, *(c for c in matrix.columns if c not in matrix.index)]
    counts = matrix.reindex(index=names, columns=names, fill_value=0).to_numpy(np.float64)
    total = float(counts.sum())
    with np.errstate(invalid="ignore"):  # 0 of 0, where nothing was compared or no one has a class
        p = counts / total
        one, two, both = p.sum(axis=1), p.sum(axis=0), np.diag(p)
        merit = both / (one + two - both)
    chance, seen = float(one @ two), float(both.sum())
    return Agreement(
        total=total,
        overall=seen,
        kappa=1.0 if chance >= 1.0 else (seen - chance) / (1.0 - chance),
        quantity=float(np.abs(one - two).sum()) / 2,
        allocation=float(np.minimum(one - both, two - both).sum()),
        merit=pd.Series(merit, index=names),
    )


def figure_of_merit(one: pd.Series, two: pd.Series) -> float:
    """Give what two plans change alike, as a share of what either changes.

    ``sum(min) / sum(max)`` over places on the same index; NaN where neither changes anything. For
    new land both start from the same existing land, so this is hits over hits, misses and false
    alarms.

    References
    ----------
    R. G. Pontius Jr et al., Comparing the input, output, and validation maps for several models of
    land change, Annals of Regional Science 42, 2008.

    Examples
    --------
    >>> figure_of_merit(pd.Series([4, 0, 2]), pd.Series([1, 3, 2]))
    0.3333333333333333
    """
    most = float(np.maximum(one.to_numpy(), two.to_numpy()).sum())
    least = float(np.minimum(one.to_numpy(), two.to_numpy()).sum())
    return least / most if most > 0 else float("nan")
