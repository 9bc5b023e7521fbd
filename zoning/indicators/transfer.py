"""Move attributes between townships and units: totals of extensive ones stay what they were."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from zoning.base.areas import round_to_total
from zoning.errors import InputError, Problem, Text, raise_all


def transfer(
    values: pd.DataFrame,
    overlap: pd.DataFrame,
    *,
    source: str,
    target: str,
    kind: Literal["extensive", "intensive"] = "extensive",
    weight: str = "area_m2",
    whole: bool = False,
) -> pd.DataFrame:
    """Move columns from one set of places to another through their overlaps.

    Extensive (population, GDP): each source is shared out by its weights, so totals stay; a source
    whose weights are all 0 (people but no building land) is shared by area. Intensive (slope,
    density): the mean over the target's overlaps weighted by them; a missing source is left out of
    the mean; with nothing known the target is ``<NA>``.

    Parameters
    ----------
    values : DataFrame, index source code
    overlap : DataFrame
        Columns ``source``, ``target``, ``area_m2`` and the weight: one row per overlap.
    source, target : str
        Names of these columns, such as ``"township"`` and ``"unit"``.
    kind : {"extensive", "intensive"}
    weight : str
        ``"area_m2"`` for plain area weighting; ``"built_m2"`` for the dasymetric way (people and
        GDP where building land is).
    whole : bool
        Round to whole numbers that add up to the source exactly (largest remainder).

    Returns
    -------
    DataFrame, index target code (sorted)
        Float64 (Int64 with ``whole``). A target that meets a missing extensive value is ``<NA>``.

    Raises
    ------
    InputError
        If a source with a value has no overlap at all: its total could only be lost.

    Examples
    --------
    >>> people = pd.DataFrame({"population": [900]}, index=["t1"])
    >>> o = pd.DataFrame({"township": ["t1"] * 2, "unit": ["u1", "u2"], "area_m2": [1, 2],
    ...     "built_m2": [2, 1]})
    >>> transfer(people, o, source="township", target="unit")["population"].tolist()
    [300.0, 600.0]
    >>> by_built = transfer(people, o, source="township", target="unit", weight="built_m2")
    >>> by_built["population"].tolist()
    [600.0, 300.0]
    """
    o = overlap.sort_values([source, target], kind="stable").reset_index(drop=True)
    raise_all(_lost(values, o, source))
    targets = pd.Index(sorted(o[target].unique()), name=target)
    if kind == "intensive":
        made = {c: _mean(values[c], o, source, target, weight, targets) for c in values}
    else:
        share = _shares(o, source, weight)
        made = {c: _sums(values[c], o, source, target, share, targets, whole) for c in values}
    return pd.DataFrame(made, index=targets)


def _lost(values: pd.DataFrame, o: pd.DataFrame, source: str) -> list[Problem]:
    met = set(o[source].unique())
    return [
        Problem(
            Text("meets no target, so its total would be lost", "与目标无重叠，总量将丢失"),
            f"{source} {code}",
            code="no-overlap",
        )
        for code in values.index
        if code not in met and values.loc[code].notna().any()
    ]


def _shares(o: pd.DataFrame, source: str, weight: str) -> pd.Series:
    w, area = o[weight].astype("float64"), o["area_m2"].astype("float64")
    total, all_area = (
        w.groupby(o[source]).transform("sum"),
        area.groupby(o[source]).transform("sum"),
    )
    by_area = area / all_area.where(all_area > 0, 1.0)
    return (w / total.where(total > 0, 1.0)).where(total > 0, by_area)


def _sums(
    column: pd.Series, o: pd.DataFrame, source: str, target: str, share: pd.Series,
    targets: pd.Index, whole: bool,
) -> pd.Series:  # fmt: skip
    amount = o[source].map(column.astype("Float64")).astype("Float64")
    part = amount * share
    if whole:
        shares = part.to_numpy(dtype=float, na_value=np.nan).copy()
        place, codes = pd.factorize(o[source])  # sorted: the rows of a source follow one another
        ends = np.bincount(place[place >= 0], minlength=len(codes)).cumsum().tolist()
        for code, (first, end) in zip(codes.tolist(), pairwise([0, *ends]), strict=True):
            if code in column.index and pd.notna(column[code]):
                shares[first:end] = round_to_total(shares[first:end], int(column[code]))
        part = pd.Series(shares, index=part.index).astype("Float64")
    empty = part.isna() & (share > 0)
    sums = part.fillna(0.0).groupby(o[target]).sum()
    unknown = empty.groupby(o[target]).any()
    out = sums.mask(unknown, pd.NA).reindex(targets)
    return out.astype("Int64") if whole else out


def _mean(
    column: pd.Series, o: pd.DataFrame, source: str, target: str, weight: str, targets: pd.Index
) -> pd.Series:
    value = o[source].map(column.astype("Float64")).astype("Float64")
    w = o[weight].astype("Float64").mask(value.isna(), 0.0)
    top = (value.fillna(0.0) * w).groupby(o[target]).sum()
    low = w.groupby(o[target]).sum()
    return (top / low.where(low > 0, pd.NA)).reindex(targets)


def reconcile(
    before: pd.DataFrame, after: pd.DataFrame, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Totals before and after a move, column by column.

    Returns
    -------
    DataFrame, index column
        ``before``, ``after``, ``difference``, ``relative``, ``missing_before``, ``missing_after``.

    Examples
    --------
    >>> a, b = pd.DataFrame({"gdp": [1.0, 2.0]}), pd.DataFrame({"gdp": [3.0]})
    >>> reconcile(a, b).loc["gdp", "difference"].item()
    0.0
    """
    names = list(columns) if columns is not None else [c for c in before if c in after]
    rows = []
    for name in names:
        if name not in before or name not in after:
            raise InputError.one(
                f"no column {name!r} on both sides",
                f"两侧没有共同的字段 {name!r}",
                where="reconcile",
            )
        one, two = before[name].astype("Float64"), after[name].astype("Float64")
        a, b = float(one.sum()), float(two.sum())
        gap = b - a
        relative = gap / a if a else (0.0 if gap == 0 else np.inf)
        rows.append((a, b, gap, relative, int(one.isna().sum()), int(two.isna().sum())))
    names_out = ["before", "after", "difference", "relative", "missing_before", "missing_after"]
    return pd.DataFrame(rows, index=pd.Index(names, name="column"), columns=names_out)
