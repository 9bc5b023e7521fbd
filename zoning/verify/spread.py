"""Totals of townships that were shared out to units, shared out again with exact fractions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from zoning.errors import Text
from zoning.plan import Plan
from zoning.verify.compare import Findings, missing
from zoning.verify.stages import NOWHERE

_FROM = Text("totals of townships and pieces", "乡镇总量与地块")


def audit(plan: Plan, found: Findings) -> None:
    """Hold the shares of units, and the table that shows that nothing is lost.

    Parameters
    ----------
    plan : Plan
    found : Findings
    """
    towns, table = plan.townships, plan.tables.get("reconciliation")
    if towns is None or table is None or plan.pieces is None:
        return
    rows = table.set_index("column")
    for column in [c for c in rows.index if c in towns and c in plan.units]:
        total = {str(t): _number(v) for t, v in towns[column].items()}
        had = {str(u): _number(v) for u, v in plan.units[column].items()}
        exact, parts = _shared(plan, total, str(rows.at[column, "weight"]))
        # Whole people are rounded within a township: each piece by less than one.
        whole = all(v is None or float(v).is_integer() for v in had.values())
        want = {
            u: v if v is not None and x is not None and whole and abs(v - x) <= parts[u] else x
            for u, v in had.items() for x in [exact.get(u, 0.0)]
        }  # fmt: skip
        place = f"units.parquet, {column}"
        found.column("verify.spread", place, had, want, source=_FROM)
        told = {k: _number(v) for k, v in rows.loc[column].items() if k != "weight"}
        found.column("verify.spread", f"plan.gpkg: reconciliation, {column}", told,
                     _told(total, had), tolerance=1e-6, source=_FROM)  # fmt: skip


def _shared(
    plan: Plan, total: Mapping[str, float | None], weight: str
) -> tuple[dict[str, float | None], dict[str, int]]:
    """Give each unit its part of every township's total, and how many pieces it has."""
    p: Any = plan.pieces
    rows = [
        (str(u), str(t), int(a), int(w))
        for u, t, a, w in zip(p["unit"], p["township"], p["area_m2"], p[weight], strict=True)
        if t not in NOWHERE and str(t) in total
    ]
    area, heavy = dict.fromkeys(total, 0), dict.fromkeys(total, 0)
    for _, town, m2, w in rows:
        area[town] += m2
        heavy[town] += w
    out: dict[str, Fraction | None] = {}
    parts: dict[str, int] = {str(u): 0 for u in plan.units.index}
    for unit, town, m2, w in rows:
        share = Fraction(w, heavy[town]) if heavy[town] else Fraction(m2, max(area[town], 1))
        given, so_far = total[town], out.get(unit, Fraction(0))
        parts[unit] += 1
        if given is None:
            out[unit] = None if share else so_far
        elif so_far is not None:
            out[unit] = so_far + share * Fraction(given)
    return {u: None if v is None else float(v) for u, v in out.items()}, parts


def _told(
    total: Mapping[str, float | None], shared: Mapping[str, float | None]
) -> dict[str, float | None]:
    """Add up both sides."""
    before = sum(v for v in total.values() if v is not None)
    after = sum(v for v in shared.values() if v is not None)
    gap = after - before
    return {
        "before": before, "after": after, "difference": gap,
        "relative": gap / before if before else (0.0 if gap == 0 else float("inf")),
        "missing_before": sum(v is None for v in total.values()),
        "missing_after": sum(v is None for v in shared.values()),
    }  # fmt: skip


def _number(value: Any) -> float | None:
    return None if missing(value) else float(value)
