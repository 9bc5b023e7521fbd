"""Fairness per head again: Gini from all pairs of heads, Theil from entropies."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from zoning.errors import Text
from zoning.pipeline.fairness import MEASURES, WING
from zoning.plan import Plan
from zoning.verify.compare import Findings

_SOURCE = Text("townships and pieces", "乡镇与地块")
#: Numbers are written to six digits.
_DIGITS = 6


def audit(plan: Plan, found: Findings) -> None:
    """Derive the tables of fairness from people and pieces; plans without them have none."""
    given = next((c for c in plan.contributions if c.wing == WING), None)
    land = _land(plan)
    if given is None:
        return
    stored = {t.name: t.frame for t in given.tables}
    if land is None:
        found.add("verify.equity", False, Text("fairness without people or new land",
                  "没有人口或新增却有公平性表"), "plan.gpkg: equity")  # fmt: skip
        return
    people = {code: row["population"] for code, row in land.items()}
    counties: dict[str, list[str]] = {}
    for code, row in land.items():
        counties.setdefault(row["county"], []).append(code)
    right = {m: _measures({c: r[m] for c, r in land.items()}, people, counties) for m in MEASURES}
    frame = stored["equity"].set_index("measure")
    for column in ("per_head_m2", "gini", "theil", "theil_between", "least_m2", "most_m2"):
        found.column(
            "verify.equity", f"plan.gpkg: equity, {column}", _numbers(frame[column]),
            {m: r[column] for m, r in right.items()}, tolerance=2e-6, source=_SOURCE,
        )  # fmt: skip
    groups = {
        "equity_townships": ("township", {code: [code] for code in land}),
        "equity_counties": ("county", counties),
    }
    for name, (level, members) in groups.items():
        frame = stored[name].set_index(level)
        heads = {str(k): sum(people[c] for c in codes) for k, codes in members.items()}
        found.column("verify.equity", f"plan.gpkg: {name}, population",
                     _numbers(frame["population"]), heads, source=_SOURCE)  # fmt: skip
        for measure in MEASURES:
            column = f"{measure}_per_head_m2"
            each = {
                str(k): _ratio([land[c][measure] for c in codes], [people[c] for c in codes])
                for k, codes in members.items()
            }
            found.column("verify.equity", f"plan.gpkg: {name}, {column}", _numbers(frame[column]),
                         each, tolerance=1.1e-3, source=_SOURCE)  # fmt: skip


def _land(plan: Plan) -> dict[str, dict[str, Any]] | None:
    """Add up the pieces of every township that states its people."""
    towns, pieces = plan.townships, plan.pieces
    if towns is None or pieces is None or "new_m2" not in pieces or "population" not in towns:
        return None
    out: dict[str, dict[str, Any]] = {}
    for code, row in towns.iterrows():
        number = pd.to_numeric(row["population"], errors="coerce")
        if pd.notna(number) and float(number) > 0:
            out[str(code)] = {"population": float(number), "county": str(row["county"]),
                              "built": 0, "after": 0, "new": 0, "protected": 0}  # fmt: skip
    known = "protected_m2" in pieces and not pieces["protected_m2"].isna().any()
    nothing = [0] * len(pieces)
    gone = pieces.get("reduced_m2", nothing)
    kept = pieces["protected_m2"] if known else nothing
    rows = zip(pieces["township"], pieces["built_m2"], pieces["new_m2"], gone, kept, strict=True)
    for township, built, new, less, under in rows:
        mine = out.get(str(township))
        if mine is None:
            continue
        mine["built"] += int(built)
        mine["new"] += int(new)
        mine["after"] += int(built) + int(new) - int(less)
        mine["protected"] += int(under)
    for mine in out.values():
        mine["protected"] = mine["protected"] if known else None
    return out if len(out) > 1 else None


def _measures(
    amount: dict[str, Any], people: dict[str, float], counties: dict[str, list[str]]
) -> dict[str, float | None]:
    """Give every number of a row by sums over pairs and logarithms, without sorting."""
    if any(v is None for v in amount.values()):
        return dict.fromkeys(
            ("per_head_m2", "gini", "theil", "theil_between", "least_m2", "most_m2")
        )
    heads, whole = sum(people.values()), sum(amount.values())
    each = {c: amount[c] / people[c] for c in amount}
    out: dict[str, float | None] = {
        "per_head_m2": whole / heads, "least_m2": min(each.values()),
        "most_m2": max(each.values()),
    }  # fmt: skip
    if whole <= 0:
        return {**out, "gini": None, "theil": None, "theil_between": None}
    mean = whole / heads
    w, x = np.array([people[c] for c in each]), np.array(list(each.values()))
    apart = sum(float(w[k] * (w * np.abs(x - x[k])).sum()) for k in range(len(x)))
    out["gini"] = apart / (2.0 * heads * heads * mean)
    out["theil"] = sum(
        people[c] / heads * each[c] / mean * math.log(each[c] / mean) for c in each if each[c] > 0
    )
    between = 0.0
    for codes in counties.values():
        mine = sum(amount[c] for c in codes) / sum(people[c] for c in codes)
        part = sum(people[c] for c in codes) / heads
        between += part * mine / mean * math.log(mine / mean) if mine > 0 else 0.0
    out["theil_between"] = between
    return {k: None if v is None else round(v, _DIGITS) for k, v in out.items()}


def _ratio(amounts: list[Any], people: list[float]) -> float | None:
    if any(a is None for a in amounts):
        return None
    return float(sum(amounts)) / sum(people)


def _numbers(column: pd.Series) -> dict[str, float | None]:
    return {str(k): None if pd.isna(v) else float(v) for k, v in column.items()}
