"""From township classes to units: largest share, overlays, decisions on record."""

from __future__ import annotations

import numpy as np
import pandas as pd

from zoning.base.areas import floats
from zoning.errors import InputError, suggest
from zoning.schemes import Scheme
from zoning.weights.scaling import scale_values
from zoning.zones.method import Method, Term
from zoning.zones.overlays import UNKNOWN, listed, nearest_change, ruling
from zoning.zones.scoring import stood_in


def assign_units(
    units: pd.DataFrame,
    townships: pd.DataFrame,
    *,
    scheme: Scheme,
    overrides: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Give each unit a zone and say why.

    A unit takes the class of its township; the first replacing overlay of the scheme that rules it
    takes the place of that; decisions on record come last.

    Parameters
    ----------
    units : DataFrame, index unit code
        ``area_m2``, ``township`` (code of the largest share, or missing) and the column of each
        overlay (``Overlay.column``, m2).
    townships : DataFrame, index township code
        ``zone`` as from `classify_townships`.
    scheme : Scheme
    overrides : DataFrame, optional
        Index unit code, column ``zone`` (see `zoning.zones.overrides`).

    Returns
    -------
    DataFrame on the same index
        ``zone``, ``zone_reason`` (``township|overlay|override|unknown``), ``township_zone`` and
        ``overlays`` (codes of the overlays that stand beside the zone, joined by ``+``).

    Examples
    --------
    >>> from zoning.schemes import load_scheme
    >>> units = pd.DataFrame({"area_m2": [100, 100], "overlay_balance_m2": [50, 49],
    ...     "township": ["t", "t"]}, index=["u1", "u2"])
    >>> towns = pd.DataFrame({"zone": ["key"]}, index=["t"])
    >>> assign_units(units, towns, scheme=load_scheme("zhenjiang-2013"))["zone"].tolist()
    ['balance', 'key']
    """
    township_zone = units["township"].map(townships["zone"]).astype("string")
    found = ruling(units, scheme.replacing)
    ruled, open_ = found.first >= 0, found.first == UNKNOWN
    codes = np.array([*(o.code for o in scheme.replacing), ""], object)
    over = pd.Series(codes[found.first], dtype="string", index=units.index)
    zone = township_zone.mask(open_, pd.NA).mask(ruled, over)
    known = township_zone.notna().to_numpy(bool) & ~open_
    reason = np.where(ruled, "overlay", np.where(known, "township", "unknown"))
    out = pd.DataFrame(
        {
            "zone": zone.astype("string"),
            "zone_reason": pd.Series(reason, index=units.index, dtype="string"),
            "township_zone": township_zone,
            "overlays": listed(units, scheme.listed),
        }
    )
    if overrides is not None and len(overrides):
        at = overrides.index.intersection(out.index)
        out.loc[at, "zone"] = overrides.loc[at, "zone"].astype("string")
        out.loc[at, "zone_reason"] = "override"
    return out


def unit_margins(units: pd.DataFrame, townships: pd.DataFrame, *, scheme: Scheme) -> pd.DataFrame:
    """Say which zone is next for each unit, and how far it is.

    Two things can change the zone of a unit: the share that an overlay's protections cover crosses
    its threshold, or its township changes class. The nearest counts, all measured as shares of
    their scale. A decision on record has no margin.

    Parameters
    ----------
    units : DataFrame
        ``area_m2``, ``township``, ``zone``, ``zone_reason``, ``township_zone`` and the column of
        each replacing overlay.
    townships : DataFrame
        ``runner_up`` and ``margin``.
    scheme : Scheme

    Returns
    -------
    DataFrame on the units' index
        ``runner_up``, ``margin`` (Float64), ``next_by`` (``protected`` or ``township``).

    Examples
    --------
    >>> from zoning.schemes import load_scheme
    >>> units = pd.DataFrame({"area_m2": [100, 100, 100], "overlay_balance_m2": [45, 0, 60],
    ...     "township": "t", "zone": ["key", "key", "balance"], "township_zone": "key",
    ...     "zone_reason": ["township", "township", "overlay"]}, index=["u1", "u2", "u3"])
    >>> towns = pd.DataFrame({"runner_up": ["moderate"], "margin": [0.2]}, index=["t"])
    >>> scheme = load_scheme("zhenjiang-2013")
    >>> unit_margins(units, towns, scheme=scheme).round(2).values.tolist()
    [['balance', 0.05, 'protected'], ['moderate', 0.2, 'township'], ['key', 0.1, 'protected']]
    """
    overlays = scheme.replacing
    change = nearest_change(ruling(units, overlays), overlays)
    by_share = pd.Series(change.distance, index=units.index).astype("Float64")
    ruled = units["zone_reason"].isin(["overlay"])
    by_township = units["township"].map(townships["margin"]).astype("Float64").mask(ruled, pd.NA)
    town_first = (by_township < by_share).fillna(value=by_share.isna()) & by_township.notna()
    town_first = town_first.astype(bool)
    codes = np.array([*(o.code for o in overlays), ""], object)
    over = pd.Series(codes[change.then], dtype="string", index=units.index)
    by_overlay = units["township_zone"].astype("string").mask(change.then >= 0, over)
    next_zone = units["township"].map(townships["runner_up"]).astype("string")
    open_ = ~units["zone_reason"].isin(["township", "overlay", "contiguity"])
    out = pd.DataFrame(
        {
            "runner_up": next_zone.where(town_first, by_overlay),
            "margin": by_township.where(town_first, by_share),
            "next_by": pd.Series("protected", index=units.index, dtype="string").mask(
                town_first, "township"
            ),
        }
    )
    nothing = open_ | out["margin"].isna() | out["runner_up"].isna()
    return out.mask(nothing, pd.NA)


def unit_suitability(units: pd.DataFrame, townships: pd.DataFrame, method: Method) -> pd.Series:
    """Suitability of units for new construction, 0 to 1 (our own formula; weights are data).

    ``s = sum(w_i x_i) / sum(w_i)`` over what is known of: the township's guidance score / 100 (or
    its score in another dimension that the method names); the built share of the unit over
    ``built_full_share``, at most 1; 1 - farmland share; 1 - protected share; and the score / 100
    of every indicator of the unit that the method adds. A part that is missing leaves the sum with
    its weight; a unit of which nothing is known gets 0, so that no land goes where nothing is
    known.

    Parameters
    ----------
    units : DataFrame
        ``area_m2``, ``township`` and any of ``built_m2``, ``farmland_m2``, ``protected_m2``.
    townships : DataFrame
        ``guidance`` (0..100), or the dimension that the method names.
    method : Method
        With ``[suitability]``.

    Returns
    -------
    Series of float64 in 0..1 on the units' index.

    Examples
    --------
    >>> from zoning.zones import load_method
    >>> units = pd.DataFrame({"area_m2": [100], "township": ["t"], "built_m2": [30],
    ...     "farmland_m2": [20], "protected_m2": [0]}, index=["u"])
    >>> towns = pd.DataFrame({"guidance": [50.0]}, index=["t"])
    >>> unit_suitability(units, towns, load_method("two-matrices")).round(6).tolist()
    [0.645]
    """
    w = method.suitability
    if w is None:
        raise InputError.one(
            f"method {method.name!r} has no [suitability]",
            f"方法 {method.name!r} 没有 [suitability]",
            where=method.name,
            code="no-suitability",
            remedy=("copy it from two-matrices.toml", "可从 two-matrices.toml 复制"),
        )
    area = units["area_m2"].to_numpy(np.float64)

    def part(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        if name not in units:
            return np.full(len(units), np.nan)
        x = floats(units[name])
        return x / np.where(area > 0, area, np.nan)

    guidance = np.full(len(units), np.nan)
    if w.dimension in townships:
        guidance = floats(units["township"].map(townships[w.dimension]))
    parts = np.array(
        [
            guidance / 100.0,
            np.minimum(part("built_m2") / w.built_full_share, 1.0),
            1.0 - part("farmland_m2"),
            1.0 - part("protected_m2"),
            *(_scored(units, term) for term in w.terms),
        ]
    )
    own = [w.guidance, w.built, w.not_farmland, w.not_protected]
    weights = np.array([*own, *(t.weight for t in w.terms)])[:, None]
    known = ~np.isnan(parts)
    total = (weights * known).sum(axis=0)
    value = (weights * np.where(known, parts, 0.0)).sum(axis=0)
    value = np.divide(value, total, out=np.zeros_like(value), where=total > 0)
    return pd.Series(np.clip(value, 0.0, 1.0), name="suitability", index=units.index)


def _scored(units: pd.DataFrame, term: Term) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Score an indicator of the units, 0 to 1; NaN where it is missing and nothing stands in."""
    if term.indicator not in units:
        raise InputError.one(
            f"[suitability] reads '{term.indicator}', which units do not have",
            f"[suitability] 用到“{term.indicator}”，而单元没有该指标",
            where="[zones] method", code="missing-column",
            remedy=(suggest(term.indicator, units.columns) or
                    "give it as [inputs.rasters.NAME], [inputs.dem] or [inputs.roads]",
                    suggest(term.indicator, units.columns) or
                    "请以 [inputs.rasters.NAME]、[inputs.dem] 或 [inputs.roads] 提供"),
        )  # fmt: skip
    return scale_values(term.scale, stood_in(term, floats(units[term.indicator]))) / 100.0
