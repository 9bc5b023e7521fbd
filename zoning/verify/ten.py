"""The ten provincial indicators again, township by township, from the columns of the plan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from zoning.base.shipped import load_toml
from zoning.errors import Text
from zoning.pipeline.ten_told import WING
from zoning.plan import Plan
from zoning.verify.compare import Findings

_SOURCE = Text("columns of the townships", "乡镇字段")
_NINE = (
    "population", "economy", "transport", "available_land", "available_water", "fragility",
    "importance", "hazard", "overload",
)  # fmt: skip


def audit(plan: Plan, found: Findings) -> None:
    """Derive what follows from columns of the townships; natural classes are only put in order."""
    given = next((c for c in plan.contributions if c.wing == WING), None)
    part = plan.config.indicators.provincial
    if given is None or part is None or plan.townships is None:
        return
    book = load_toml("indicators", "provincial.toml")
    towns = pd.DataFrame(plan.townships.drop(columns="geometry"))
    rows = {str(code): _Row(row) for code, row in towns.iterrows()}
    right = {code: _derived(row, book, part.gamma) for code, row in rows.items()}
    for column in ("available_land_mu", "available_water_m3", "population_agglomeration",
                   "economic_level", "strategic_factor", "grade_available_land",
                   "grade_available_water"):  # fmt: skip
        derived = {
            c: r[column] for c, r in right.items()
            if column in r and f"given_{column}" not in towns and r[column] is not None
        }  # fmt: skip
        stored = {c: rows[c](column) for c in derived}
        found.column("verify.provincial", f"plan.gpkg: townships, {column}", stored, derived,
                     tolerance=1e-6, source=_SOURCE)  # fmt: skip
    index = {c: _index(r, part.compose, book) for c, r in rows.items()}
    if part.compose != "weighted":
        found.column(
            "verify.provincial", "plan.gpkg: townships, provincial_index",
            {c: r("provincial_index") for c, r in rows.items()}, index, tolerance=1e-9,
            source=_SOURCE,
        )  # fmt: skip
    for item, column in (("population", "population_agglomeration"), ("economy", "economic_level"),
                         ("transport", "transport_superiority")):  # fmt: skip
        _in_order(rows, f"grade_{item}", column, found)
    _shown(given.table("provincial_indicators").frame, rows, found)


class _Row:
    """A township: its numbers by column, the planner's own first."""

    def __init__(self, row: pd.Series):
        self.row = row

    def __call__(self, name: str) -> float | None:
        for column in (f"given_{name}", name):
            if column in self.row.index:
                number = pd.to_numeric(self.row[column], errors="coerce")
                return None if pd.isna(number) else float(number)
        return None


def _derived(row: _Row, book: Any, gamma: float) -> dict[str, float | None]:
    """Work out one township with plain numbers."""
    people, area = row("population"), row("area_m2")
    out: dict[str, float | None] = {}
    fit, built, arable = (row(f"suitable_{x}m2") for x in ("", "built_", "farmland_"))
    if people and fit is not None and built is not None and arable is not None:
        kept = row("basic_farmland_m2")
        if kept is None:
            kept = float(book["available_land_rule"]["beta"]) * arable
        out["available_land_mu"] = (fit - built - kept) / 10_000 * 15 / people
    local, used, inflow = row("local_water_m3"), row("used_water_m3"), row("inflow_water_m3")
    if local is not None and used is not None and people and (inflow is not None or not gamma):
        out["available_water_m3"] = (local - used + gamma * (inflow or 0.0)) / people
    temporary = row("temporary_population")
    if temporary is not None and people and area:
        d = _grade(book["population_flow"], temporary / people * 100)
        out["population_agglomeration"] = people / (area / 1e6) * d
    now, then = row("gdp_10k_yuan"), row("gdp_5_years_ago_10k_yuan")
    if now is not None and then and people:
        growth = round((math.pow(now / then, 0.2) - 1) * 100, 9)
        out["economic_level"] = now / people * _grade(book["gdp_growth"], growth)
    if (score := row("strategic")) is not None:
        out["strategic_factor"] = float(book["strategic"]["factor"][int(score) - 1])
    for item, column in (("available_land", "available_land_mu"),
                         ("available_water", "available_water_m3")):  # fmt: skip
        value = row(column)
        if value is not None:
            out[f"grade_{item}"] = _grade(book[item], value)
    return out


def _grade(table: Any, value: float) -> float:
    """Look a value up edge by edge."""
    step = 0
    for edge, equal in zip(table["edges"], table["equal"], strict=True):
        step += value >= edge if equal == "above" else value > edge
    return float(table["grades"][step])


def _index(row: _Row, compose: str, book: Any) -> float | None:
    """Join the nine grades."""
    g = {k: row(f"grade_{k}") for k in _NINE}
    if any(v is None for v in g.values()):
        return None
    n = {k: float(v) for k, v in g.items() if v is not None}
    one = math.sqrt(sum(n[k] ** 2 for k in ("population", "economy", "transport")) / 3)
    two = max(n["fragility"], n["importance"])
    three = min(n["available_land"], n["available_water"]) / max(n["hazard"], n["overload"])
    if compose == "ratio":
        k = row("strategic_factor")
        return (1.0 if k is None else k) * one * three / two
    w: Sequence[float] = book["composition"]["additive_weights"]
    return w[0] * one + w[2] * three - w[1] * two


def _in_order(rows: dict[str, _Row], grade: str, column: str, found: Findings) -> None:
    """Hold natural classes against the order of the values: no larger value has a lower grade."""
    pairs = sorted(
        (value, graded) for r in rows.values()
        if (value := r(column)) is not None and (graded := r(grade)) is not None
    )  # fmt: skip
    off = sum(b[1] < a[1] for a, b in pairwise(pairs))
    text = Text(f"{grade} follows {column} ({off} out of order)",
                f"{grade} 与 {column} 次序一致（{off} 处不符）")  # fmt: skip
    found.add("verify.provincial", off == 0, text, f"plan.gpkg: townships, {grade}", measured=off,
              limit=0)  # fmt: skip


def _shown(frame: pd.DataFrame, rows: dict[str, _Row], found: Findings) -> None:
    """Hold the table that is shown against the townships."""
    table = frame.set_index("township")
    stored = {
        f"{t} {c}": None if pd.isna(v) else float(v)
        for c in table.columns for t, v in table[c].items()
    }  # fmt: skip
    derived = {f"{t} {c}": rows[t].row.get(c) for c in table.columns for t in rows}
    plain = {k: None if v is None or pd.isna(v) else float(v) for k, v in derived.items()}
    found.column("verify.provincial", "plan.gpkg: provincial_indicators", stored, plain,
                 tolerance=1e-6, source=_SOURCE)  # fmt: skip
