"""Other caps, other weights: ladders and curves for a meeting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from zoning.allocation.allocate import allocate
from zoning.allocation.proof.certificate import read
from zoning.allocation.result import Allocation
from zoning.base.areas import M2_PER_HA
from zoning.capacity.accounts import account
from zoning.capacity.rules import CapRules, Limit, Lock

#: Caps of the ladder and weights of the curve (our choice).
CAP_SHARES = tuple(round(0.20 + 0.01 * k, 2) for k in range(17))
LAMBDAS = (0.0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


def cap_ladder(
    pieces: pd.DataFrame,
    rules: CapRules,
    city_area_m2: int,
    *,
    shares: Sequence[float] = CAP_SHARES,
    eco_agri_m2: int | None = None,
    **how: Any,
) -> pd.DataFrame:
    """Make the plan under one cap after the other.

    Parameters
    ----------
    pieces : DataFrame, index ``piece``
        As for :func:`zoning.capacity.account`.
    rules : CapRules
        All rules; only ``share`` is changed (quotas are shares of the headroom and follow).
    city_area_m2 : int
        Planar area of the city, m2.
    shares : sequence of float
        The caps.
    eco_agri_m2 : int, optional
        Ecological and agricultural space today, for its least share.
    **how
        As for :func:`zoning.allocation.allocate`.

    Returns
    -------
    DataFrame, index ``cap_share``
        ``cap_m2, headroom_m2, new_m2, unspent_m2, suitability_m2, objective, bound, gap, method,
        per_m2`` (suitability gained per m2 of cap since the step before).

    Examples
    --------
    >>> pieces = pd.DataFrame(
    ...     {"unit": ["a"], "township": ["t"], "county": ["c"], "area_m2": [1000],
    ...      "built_m2": [200], "free_m2": [90], "suitability": [0.5]}, index=["a|t"])
    >>> found = cap_ladder(pieces, CapRules(), 1000, shares=[0.20, 0.28, 0.30])
    >>> found[["headroom_m2", "new_m2", "unspent_m2"]].values.tolist()
    [[0, 0, 0], [80, 80, 0], [100, 90, 10]]
    """
    rows = []
    for share in shares:
        acc = account(pieces, replace(rules, share=share), city_area_m2, eco_agri_m2=eco_agri_m2)
        plan = allocate(pieces, acc.limits, **how)
        new, headroom = int(plan.new_m2.sum()), acc.headroom_m2 or 0
        rows.append(
            {
                "cap_share": share,
                "cap_m2": acc.cap_m2,
                "headroom_m2": headroom,
                "new_m2": new,
                "unspent_m2": headroom - new,
                "suitability_m2": plan.suitability_m2,
                "objective": plan.objective,
                "bound": plan.bound,
                "gap": plan.gap,
                "method": plan.method,
            }
        )
    table = pd.DataFrame(rows).set_index("cap_share")
    step = table["cap_m2"].diff()
    table["per_m2"] = (table["objective"].diff() / step).where(step > 0)
    return table


def trade_off(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    edges: pd.DataFrame,
    *,
    lambdas: Sequence[float] = LAMBDAS,
    **how: Any,
) -> pd.DataFrame:
    """Weigh suitability against compactness.

    Parameters
    ----------
    pieces, limits, edges
        As for :func:`zoning.allocation.allocate`.
    lambdas : sequence of float
        Weights, rising.
    **how
        As for ``allocate``.

    Returns
    -------
    DataFrame, index ``lambda``
        ``suitability_m2, boundary_m, objective, bound, gap, method, knee``: the knee is the point
        farthest from the straight line between the ends of the curve, both axes scaled to 0..1.

    References
    ----------
    V. Satopaa et al., Finding a "Kneedle" in a Haystack, ICDCS Workshops, 2011.
    """
    rows = []
    for value in lambdas:
        plan = allocate(pieces, limits, edges=edges, boundary_weight=value, **how)
        rows.append(
            {
                "lambda": value,
                "suitability_m2": plan.suitability_m2,
                "boundary_m": plan.boundary_m,
                "objective": plan.objective,
                "bound": plan.bound,
                "gap": plan.gap,
                "method": plan.method,
            }
        )
    table = pd.DataFrame(rows).set_index("lambda")
    table["knee"] = knee_of(
        table["boundary_m"].to_numpy(float), table["suitability_m2"].to_numpy(float)
    )
    return table


def knee_of(cost: np.ndarray[Any, Any], gain: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Mark the point of a curve that lies farthest from the line between its ends.

    Examples
    --------
    >>> cost, gain = np.array([10.0, 5.0, 4.5, 2.0, 0.0]), np.array([1.0, 0.98, 0.6, 0.4, 0.0])
    >>> knee_of(cost, gain).tolist()
    [False, True, False, False, False]
    """
    knee = np.zeros(len(cost), bool)
    span_cost, span_gain = cost.max() - cost.min(), gain.max() - gain.min()
    if len(cost) < 3 or span_cost <= 0 or span_gain <= 0:
        return knee
    x, y = (cost - cost.min()) / span_cost, (gain - gain.min()) / span_gain
    dx, dy = x[-1] - x[0], y[-1] - y[0]
    knee[int(np.argmax(np.abs((x - x[0]) * dy - (y - y[0]) * dx)))] = True
    return knee


def worth_of_a_hectare(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    plan: Allocation,
    *,
    locks: Sequence[Lock] = (),
    by: str = "county",
    area_m2: int = M2_PER_HA,
) -> pd.DataFrame:
    """Say what one hectare more or less is worth in each county.

    More: the best free land there that the plan leaves, if that hectare were granted on top of all
    limits. Less: the worst land there that the plan builds. Both without a boundary term; zones
    that take nothing new stay closed.

    Parameters
    ----------
    pieces, limits, locks
        As for :func:`zoning.allocation.allocate`.
    plan : Allocation
        The plan.
    by : str
        Column of the pieces: ``county`` or ``township``.
    area_m2 : int
        How much, m2.

    Returns
    -------
    DataFrame, index ``by``
        ``new_m2, left_m2`` (free land not built), ``gain`` and ``loss`` in suitability-m2
        (``<NA>`` where less than ``area_m2`` is left or built).

    Examples
    --------
    >>> pieces = pd.DataFrame(
    ...     {"unit": ["a", "b"], "county": ["x", "x"], "free_m2": [50_000, 50_000],
    ...      "suitability": [0.9, 0.4]}, index=["a|1", "b|1"])
    >>> plan = allocate(pieces, [Limit("city", "", cap_m2=50_000)])
    >>> worth_of_a_hectare(pieces, [], plan)[["gain", "loss"]].values.tolist()
    [[4000.0, 9000.0]]
    """
    tables = read(pieces, limits, locks)
    new = plan.new_m2.reindex(pieces.index)
    table = pd.DataFrame(
        {
            by: pieces[by],
            "value": pieces["suitability"].astype("Float64").fillna(0).astype(float),
            "new_m2": new,
            "left_m2": (tables.most - new).clip(lower=0),
            "spare": (new - tables.least).clip(lower=0),
        }
    )
    rows = {}
    for code, part in table.groupby(by, observed=True):
        rows[code] = {
            "new_m2": int(part["new_m2"].sum()),
            "left_m2": int(part["left_m2"].sum()),
            "gain": _best(part["value"], part["left_m2"], area_m2, best_first=True),
            "loss": _best(part["value"], part["spare"], area_m2, best_first=False),
        }
    found = pd.DataFrame.from_dict(rows, orient="index")
    found.index.name = by
    return found.astype({"gain": "Float64", "loss": "Float64"}) if len(found) else found


def _best(value: pd.Series, room: pd.Series, amount: int, *, best_first: bool) -> float | None:
    """Worth of the best (or worst) land that adds up to an amount."""
    order = value[room > 0].sort_values(ascending=not best_first).index
    land = room.loc[order]
    if int(land.sum()) < amount:
        return None
    taken = np.minimum((amount - (land.cumsum() - land)).clip(lower=0), land)
    return float((taken * value.loc[order]).sum())
