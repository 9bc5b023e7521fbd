"""The composite index A of the provincial procedure, in its three variants, and how they differ.

How P1, P2 and P3 are joined is M-low: provinces published ratios, sums and weighted sums. None is
presented as the national formula; the rank correlation shows how much the choice matters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd

from zoning.base.shipped import load_toml
from zoning.errors import InputError

Compose = Literal["ratio", "additive", "weighted"]

#: The nine graded items (1 to 5, more is more of it), and whether more speaks for development.
ITEMS: dict[str, bool] = {
    "population": True,
    "economy": True,
    "transport": True,
    "available_land": True,
    "available_water": True,
    "fragility": False,
    "importance": False,
    "hazard": False,
    "overload": False,
}


def parts(grades: pd.DataFrame) -> pd.DataFrame:
    """P1 (development), P2 (ecology) and P3 (support of resources) from grades 1 to 5.

    ``P1 = sqrt((population² + economy² + transport²) / 3)``, ``P2 = max(fragility, importance)``,
    ``P3 = min(land, water) / max(hazard, overload)``.

    Raises
    ------
    InputError
        If an item is missing.

    Examples
    --------
    >>> g = pd.DataFrame({k: [3.0] for k in ITEMS}).assign(population=5.0, importance=4.0)
    >>> parts(g).round(3).to_dict("list")
    {'P1': [3.786], 'P2': [4.0], 'P3': [1.0]}
    """
    absent = [k for k in ITEMS if k not in grades]
    if absent:
        raise InputError.one(
            f"items are missing: {', '.join(absent)}", f"缺少指标项：{', '.join(absent)}",
            where="composition", code="missing-column",
        )  # fmt: skip
    g = grades[list(ITEMS)].astype("Float64")
    p1 = ((g["population"] ** 2 + g["economy"] ** 2 + g["transport"] ** 2) / 3.0) ** 0.5
    p2 = g[["fragility", "importance"]].max(axis=1, skipna=False)
    support = g[["available_land", "available_water"]].min(axis=1, skipna=False)
    p3 = support / g[["hazard", "overload"]].max(axis=1, skipna=False)
    return pd.DataFrame({"P1": p1, "P2": p2, "P3": p3}, index=grades.index)


def composite(
    grades: pd.DataFrame,
    compose: Compose = "ratio",
    *,
    factor: pd.Series | None = None,
    weights: Mapping[str, float] | None = None,
) -> pd.Series:
    """Composite index A; higher speaks for development.

    Parameters
    ----------
    grades : DataFrame
        The columns of `ITEMS`, grades 1 to 5.
    compose : {"ratio", "additive", "weighted"}
        ``k P1 P3 / P2``; ``w1 P1 + w3 P3 - w2 P2``; weights on the nine min-max values (items that
        speak against development count as 1 - value).
    factor : Series, optional
        Strategic factor k of the ratio (1 by default).
    weights : mapping, optional
        For "weighted": of the nine items, such as from AHP or entropy; equal by default. For
        "additive": of P1, P2, P3.

    Returns
    -------
    Series of Float64; ``<NA>`` where an item is missing.

    Examples
    --------
    >>> g = pd.DataFrame({k: [3.0, 3.0] for k in ITEMS}).assign(population=[3.0, 5.0])
    >>> composite(g).round(3).tolist(), composite(g, "additive").round(3).tolist()
    ([1.0, 1.262], [0.6, 0.914])
    """
    if compose == "weighted":
        return _weighted(grades, weights)
    p = parts(grades)
    if compose == "ratio":
        k: Any = 1.0 if factor is None else factor.astype("Float64")
        return (k * p["P1"] * p["P3"] / p["P2"]).rename("A")
    default = load_toml("indicators", "provincial.toml")["composition"]["additive_weights"]
    w = dict(zip(("P1", "P2", "P3"), default, strict=True)) if weights is None else dict(weights)
    return (w["P1"] * p["P1"] + w["P3"] * p["P3"] - w["P2"] * p["P2"]).rename("A")


def _weighted(grades: pd.DataFrame, weights: Mapping[str, float] | None) -> pd.Series:
    parts(grades)  # the same complaint about missing items
    g = grades[list(ITEMS)].astype("Float64")
    reach = g.max() - g.min()
    total: Any = 0.0
    w = {k: 1.0 for k in ITEMS} if weights is None else dict(weights)
    for name, more in ITEMS.items():
        # An item that is the same everywhere tells nothing apart and adds nothing.
        apart = pd.notna(reach[name]) and reach[name] > 0
        y = (g[name] - g[name].min()) / reach[name] if apart else g[name] * 0.0
        total = total + w[name] * (y if more else 1.0 - y)
    out: pd.Series = (total / sum(w.values())).rename("A")
    return out


def compare_compositions(
    grades: pd.DataFrame, *, factor: pd.Series | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All three variants and their rank correlation (Spearman).

    Returns
    -------
    values : DataFrame
        One column per variant.
    correlation : DataFrame, 3 by 3

    Examples
    --------
    >>> g = pd.DataFrame({k: [3.0, 3.0, 2.0] for k in ITEMS})
    >>> g = g.assign(population=[1.0, 3.0, 5.0], importance=[5.0, 3.0, 1.0])
    >>> values, r = compare_compositions(g)
    >>> r.loc["ratio", "additive"].item()
    1.0
    """
    values = pd.DataFrame(
        {
            "ratio": composite(grades, "ratio", factor=factor),
            "additive": composite(grades, "additive"),
            "weighted": composite(grades, "weighted"),
        }
    )
    return values, values.rank().astype("Float64").corr()
