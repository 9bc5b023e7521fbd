"""Bounds of areas where a layer is gone: from the sums of the plan's pieces.

A site has an area ``a`` of a piece of area ``u``, of which ``x`` is what is asked. At least
``a - (u - x)`` and at most ``min(a, x)`` of it lies in the site.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from zoning.inputs.protections import load_kinds
from zoning.review.site.ground import Ground
from zoning.review.site.measured import Floats, Measured, part_rows, sum_of


def _bound(out: Measured, pieces: pd.DataFrame, column: str, asked: str) -> tuple[Floats, Floats]:
    """Bound what of a column of the plan's pieces can lie in the site's part of each piece."""
    mine = pieces.reindex(out.pieces["piece"])
    whole = mine["area_m2"].fillna(0).to_numpy(dtype=np.float64)
    there = mine[column].fillna(0).to_numpy(dtype=np.float64)
    area = out.pieces[asked].to_numpy(dtype=np.float64)
    low = np.maximum(0.0, area - (whole - there))
    return np.minimum(low, area), np.minimum(area, there)


def use_bounds(ground: Ground, out: Measured) -> None:
    """Bound land use by the sums of pieces, where the raster is gone."""
    pieces = ground.plan.pieces
    if pieces is None or "built_m2" not in pieces:
        return
    site = out.pieces["site"].to_numpy()
    for column in ("built_m2", "water_m2", "farmland_m2"):
        low, high = _bound(out, pieces, column, "area")
        out.put(column, sum_of(site, low, out.count), sum_of(site, high, out.count))
    # Free land lies outside protections, so only the open part can hold it.
    low, high = _bound(out, pieces, "free_m2", "open")
    out.pieces["free_low"], out.pieces["free_high"] = low, high
    out.put("free_m2", sum_of(site, low, out.count), sum_of(site, high, out.count))


def kind_bounds(ground: Ground, out: Measured, rows: list[pd.DataFrame]) -> None:
    """Bound kinds of protection that are known by sums alone."""
    kinds, pieces = load_kinds(), ground.plan.pieces
    if pieces is None or not ground.bounded:
        return
    site = out.pieces["site"].to_numpy()
    wanted = {str(kinds.at[k, "column"]): k for k in ground.bounded}
    if "redline" in ground.bounded and "redline_level1_m2" in pieces:
        wanted["redline_level1_m2"] = ""
    for column, kind in wanted.items():
        if column not in pieces:
            continue
        low, high = _bound(out, pieces, column, "area")
        sums = sum_of(site, low, out.count), sum_of(site, high, out.count)
        out.put(column, *sums)
        touched = np.flatnonzero(sums[1] > 0)
        if kind and len(touched):
            which = (touched, np.zeros(len(touched), dtype=int))
            one = pd.DataFrame({"code": [kind]})
            part = part_rows(len(touched), kind, one, which, sums[0][touched])
            part["high"] = sums[1][touched]
            rows.append(part)
    if "redline_level1_m2" in out.low and "redline_m2" in out.low:
        low = np.maximum(out.low["redline_m2"] - out.high["redline_level1_m2"], 0.0)
        high = np.maximum(out.high["redline_m2"] - out.low["redline_level1_m2"], 0.0)
        out.put("redline_level2_m2", low, high)
