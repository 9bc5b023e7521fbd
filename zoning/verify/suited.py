"""Suitability of units, weighed again part by part, all units at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.errors import Text, ZoningError
from zoning.plan import Plan
from zoning.verify.compare import Findings

Reals = npt.NDArray[np.float64]


def audit(plan: Plan, found: Findings) -> None:
    """Weigh what is known of each unit again with the weights of the method."""
    from zoning.pipeline.method import load_method
    from zoning.weights.scaling import scale_values

    try:
        method = load_method(plan.config)
    except ZoningError:
        return
    w, units, towns = method.suitability, plan.units, plan.townships
    if w is None or towns is None or "township" not in units:
        return
    if any(term.indicator not in units for term in w.terms):
        return
    guidance = np.full(len(units), np.nan)
    if w.dimension in towns:
        at = towns.index.astype(str).get_indexer(units["township"].astype(object))
        guidance[at >= 0] = _reals(towns[w.dimension])[at[at >= 0]] / 100.0
    parts: list[tuple[float, Reals]] = [
        (w.guidance, guidance),
        (w.built, np.minimum(_share(plan, "built_m2") / w.built_full_share, 1.0)),
        (w.not_farmland, 1.0 - _share(plan, "farmland_m2")),
        (w.not_protected, 1.0 - _share(plan, "protected_m2")),
    ]
    for term in w.terms:
        read = _reals(units[term.indicator])
        if not isinstance(term.missing, str):
            read = np.where(np.isnan(read), float(term.missing), read)
        parts.append((term.weight, np.asarray(scale_values(term.scale, read)) / 100.0))
    value, whole = np.zeros(len(units)), np.zeros(len(units))
    for weight, part in parts:
        known = ~np.isnan(part)
        value[known] += float(weight) * part[known]
        whole[known] += float(weight)
    weighed = np.clip(np.divide(value, whole, out=np.zeros(len(units)), where=whole > 0), 0.0, 1.0)
    found.column("verify.suitability", "units.parquet, suitability", units["suitability"],
                 pd.Series(weighed, index=units.index), tolerance=1e-9,
                 source=Text("shares and the method", "比例与方法"))  # fmt: skip


def _reals(column: Any) -> Reals:
    """Give numbers, what is missing as not a number."""
    return np.asarray(
        pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    )


def _share(plan: Plan, column: str) -> Reals:
    """Give the share of each unit; of none without area, and where it is missing, nothing."""
    area = _reals(plan.units["area_m2"])
    if column not in plan.units:
        return np.full(len(area), np.nan)
    share: Reals = np.full(len(area), np.nan)
    return np.divide(_reals(plan.units[column]), area, out=share, where=area > 0)
