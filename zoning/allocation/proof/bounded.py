"""The certificate with a boundary term: a bound re-derived by arithmetic alone.

For any flow f on the edges with abs(f) <= lambda x length, the boundary costs at least
``sum f_e (v_a - v_b)``; for any prices y >= 0 of the caps (<= 0 of the floors) a plan that keeps
them is worth at most its worth less ``y (used - limit)``. What is left falls apart into pieces (or
whole units), each of which is bounded by itself. No solver is needed to add this up again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.allocation.landscape import Patches, faulty
from zoning.allocation.lookup import find
from zoning.allocation.proof.certificate import Certificate, Reading, broken, read
from zoning.capacity.rules import Limit, Lock
from zoning.errors import Text

_M_PER_KM = 1000.0
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Boundary:
    """How the boundary is counted.

    Parameters
    ----------
    edges : DataFrame
        ``a, b`` (unit codes), ``length_m`` and, for the bound, ``flow`` (suitability-m2 per full
        step of share from ``b`` to ``a``).
    lambda_km : float
        Weight: km2 of suitability per km of boundary.
    whole : bool
        Whether units count as chosen or not, or by their built share.
    core_share : float
        With whole units: a unit built above this share counts as chosen whatever happens.
    wish : Patches
        With whole units: what patches must be like.
    """

    edges: pd.DataFrame
    lambda_km: float
    whole: bool = False
    core_share: float = 0.5
    wish: Patches = field(default_factory=Patches)


@dataclass(frozen=True)
class _Units:
    """The tables once more, by position."""

    unit: npt.NDArray[np.intp]
    area: _Floats
    built: _Floats
    a: npt.NDArray[np.intp]
    b: npt.NDArray[np.intp]
    weight: _Floats
    length: _Floats
    flow: _Floats


def _sum(at: npt.NDArray[np.intp], numbers: Any, n: int) -> _Floats:
    weights = np.asarray(numbers, dtype=np.float64)
    return np.bincount(at, weights=weights, minlength=n).astype(np.float64)


def _units(pieces: pd.DataFrame, how: Boundary) -> _Units:
    unit, codes = pd.factorize(pieces["unit"])
    n = len(codes)
    # Without edges nothing hangs on the shares, and the tables may lack areas.
    area = _sum(unit, pieces["area_m2"] if "area_m2" in pieces else pieces["free_m2"], n)
    built = _sum(unit, pieces["built_m2"], n) if "built_m2" in pieces else np.zeros(n)
    index = pd.Index(codes)
    a, b = (find(how.edges[c], index) for c in ("a", "b"))
    real = (a >= 0) & (b >= 0)
    real[real] = (area[a[real]] > 0) & (area[b[real]] > 0)
    length = how.edges["length_m"].to_numpy(np.float64)[real]
    flow = (
        how.edges["flow"].to_numpy(np.float64)[real]
        if "flow" in how.edges
        else np.zeros(len(length))
    )
    weight = length * (how.lambda_km * _M_PER_KM)
    return _Units(unit, area, built, a[real], b[real], weight, length, flow)


def _values(at: _Units, how: Boundary, new: _Floats) -> _Floats:
    """Give what the boundary is taken of: built share per unit, or 1 for a chosen one, else 0."""
    n = len(at.area)
    added = _sum(at.unit, new, n)
    if how.whole:
        return np.where((at.built > how.core_share * at.area) | (added > 0), 1.0, 0.0)
    return np.divide(at.built + added, at.area, out=np.zeros(n), where=at.area > 0)


def _length(at: _Units, how: Boundary, new: _Floats) -> float:
    v = _values(at, how, new)
    return math.fsum((at.length * np.abs(v[at.a] - v[at.b])).tolist())


def boundary_m(pieces: pd.DataFrame, how: Boundary, new: pd.Series) -> float:
    """Measure the boundary of a plan in metres."""
    return _length(_units(pieces, how), how, new.reindex(pieces.index).to_numpy(np.float64))


def bound_of(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    locks: Sequence[Lock],
    how: Boundary,
    prices: Mapping[int, float],
) -> float:
    """Give a number no plan can exceed, from prices and flows.

    Parameters
    ----------
    pieces : DataFrame, index ``piece``
        ``unit, area_m2, built_m2, free_m2, suitability`` and the columns that limits name.
    limits, locks : sequences
        What was decided.
    how : Boundary
        With flows in its edges; flows beyond lambda x length are cut to it.
    prices : mapping of position in ``limits`` to float
        Positive on caps, negative on floors; suitability per m2.

    Returns
    -------
    float
        In suitability-m2.
    """
    return _bound(read(pieces, limits, locks), _units(pieces, how), limits, how, prices)


def _bound(
    tables: Reading,
    at: _Units,
    limits: Sequence[Limit],
    how: Boundary,
    prices: Mapping[int, float],
) -> float:
    n = len(at.area)
    flow = np.clip(at.flow, -at.weight, at.weight)
    net = _sum(at.a, flow, n) - _sum(at.b, flow, n)
    low, high = tables.least.astype(np.float64), tables.most.astype(np.float64)
    rest = tables.worth / 1e9
    terms: list[float] = []
    for k, price in sorted(prices.items()):
        if price == 0 or (price > 0 and limits[k].cap_m2 is None):
            continue
        rest -= price * tables.counts(k)
        terms.append(price * (int(limits[k].cap_m2 or 0) if price > 0 else limits[k].floor_m2))
    if how.whole:
        terms += _whole_terms(at, net, rest, low, high, how.core_share).tolist()
    else:
        inverse = np.divide(1.0, at.area, out=np.zeros(n), where=at.area > 0)
        rest = rest - (net * inverse)[at.unit]
        terms += tables.best(rest).tolist()
        terms += (-net * inverse * at.built).tolist()
    return math.fsum(terms)


def _whole_terms(
    at: _Units, net: _Floats, rest: _Floats, low: _Floats, high: _Floats, core_share: float
) -> _Floats:
    """Bound each whole unit by itself: all of its land, or none."""
    n = len(at.area)
    gain = _sum(at.unit, rest * high, n)
    core = at.built > core_share * at.area
    must = _sum(at.unit, low, n) > 0
    can = _sum(at.unit, high, n) > 0
    # A core counts as chosen anyway; any other unit pays its net flow only when it is built.
    built = np.where(core, gain, gain - net)
    best = np.where(must, built, np.where(can, np.maximum(built, 0.0), 0.0))
    return best - np.where(core, net, 0.0)


def bounded(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    locks: Sequence[Lock],
    new: pd.Series,
    how: Boundary,
    prices: Mapping[int, float],
    stated_gap: float,
) -> Certificate:
    """Check every limit and re-derive the gap of a plan with a boundary term.

    Parameters
    ----------
    pieces, limits, locks, how, prices
        As for :func:`bound_of`.
    new : Series of int64
        The plan, m2.
    stated_gap : float
        The gap that was claimed; the certificate holds if the re-derived one is not larger.

    Returns
    -------
    Certificate

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"unit": ["a", "b"], "area_m2": [100, 100], "built_m2": [0, 0], "free_m2": [100, 100],
    ...      "suitability": [0.9, 0.8]}, index=["a", "b"])
    >>> edges = pd.DataFrame({"a": ["a"], "b": ["b"], "length_m": [10.0], "flow": [5.0]})
    >>> how = Boundary(edges, lambda_km=0.001)
    >>> cap = (Limit("city", "city", cap_m2=100),)
    >>> plan = pd.Series([50, 50], index=["a", "b"])
    >>> bounded(table, cap, (), plan, how, {0: 0.85}, 1e-12).ok
    True
    >>> bounded(table, cap, (), pd.Series([100, 0], index=["a", "b"]), how, {0: 0.85}, 0.01).ok
    False
    """
    tables, at = read(pieces, limits, locks), _units(pieces, how)
    plan = new.reindex(pieces.index).to_numpy(np.int64)
    bad = broken(tables, pieces.index, limits, plan)
    if how.whole:
        bad += _not_whole(pieces.index, at, tables, plan)
        bad += _patches(at, how, plan.astype(np.float64))
    worth = math.fsum((tables.worth / 1e9 * plan).tolist())
    objective = worth - how.lambda_km * _M_PER_KM * _length(at, how, plan.astype(np.float64))
    bound = _bound(tables, at, limits, how, prices)
    gap = (bound - objective) / abs(bound) if bound else abs(objective)
    # A plan above its bound shows that the bound was not derived as it must be.
    sound = objective <= bound + 1e-9 * abs(bound) + 1e-3
    ok = not bad and sound and gap <= stated_gap + 1e-12
    most, worth_ = (f"{x:,.0f}" if abs(x) >= 1e4 else f"{x:.6g}" for x in (bound, objective))
    text = Text(
        f"bound {most}, plan {worth_}: at most {max(gap, 0):.2g} of the bound is lost",
        f"上界 {most}，方案 {worth_}：损失不超过 {max(gap, 0):.2g}",
    )
    if bad:
        text = Text("; ".join(t.en for t in bad), "；".join(t.zh for t in bad))
    elif not sound:
        text = Text("the plan is worth more than its bound", "方案价值高于其上界")
    elif not ok:
        text = Text(
            f"the gap is {gap:.2g}, more than the stated {stated_gap:.2g}",
            f"差距为 {gap:.2g}，大于所称的 {stated_gap:.2g}",
        )
    return Certificate("bounded", ok, text, objective, max(bound, objective), bad)


def _not_whole(
    codes: pd.Index, at: _Units, tables: Reading, plan: npt.NDArray[np.int64]
) -> tuple[Text, ...]:
    """Name a unit that is built in part although only whole ones may be."""
    n = len(at.area)
    used, most = _sum(at.unit, plan, n), _sum(at.unit, tables.most, n)
    bad = ((used != 0) & (used != most))[at.unit]
    if not bad.any():
        return ()
    code = codes[bad][0]
    text = Text(f"the unit of piece {code} is built in part", f"地块 {code} 所在单元仅部分建设")
    return (text,)


def _patches(at: _Units, how: Boundary, plan: _Floats) -> tuple[Text, ...]:
    """Count the units in patches that are too small or hold no core."""
    if not how.wish.any:
        return ()
    core = at.built > how.core_share * at.area
    bad = faulty(_values(at, how, plan) > 0, core, at.a, at.b, how.wish)
    # Units that hold no new land were not placed by this plan.
    count = int((bad & (_sum(at.unit, plan, len(at.area)) > 0)).sum())
    if not count:
        return ()
    return (
        Text(f"{count} units lie in patches that must not be", f"{count} 个单元不符合斑块要求"),
    )
