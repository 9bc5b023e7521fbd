"""Zones again: townships by their attributes, units by largest share, overlays and decisions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from zoning.errors import Text, ZoningError
from zoning.plan import Plan
from zoning.schemes import scheme_of
from zoning.verify.areas import add_up
from zoning.verify.compare import Findings, values

_NOWHERE = ("none", "overlap")


def audit(plan: Plan, atoms: pd.DataFrame, found: Findings) -> None:
    """Derive the zone of every township, unit and piece."""
    if plan.townships is None or "zone" not in plan.units:
        return
    _townships(plan, found)
    _agreement(plan, found)
    unit_zones(plan, atoms, found)


def unit_zones(plan: Plan, atoms: pd.DataFrame, found: Findings) -> None:
    """Derive the township, the zone and the reason of units, and the zones of their pieces."""
    _largest(plan, atoms, found)
    zone, reason, beside = _units(plan, atoms)
    text = Text("townships, overlays and decisions", "乡镇、叠加与决定")
    for column, derived in (("zone", zone), ("zone_reason", reason), ("overlays", beside)):
        if column in plan.units:
            found.column("verify.zones", f"units.parquet, {column}", plan.units[column],
                         derived, source=text)  # fmt: skip
    if plan.pieces is None:
        return
    pieces, townships = plan.pieces, pd.Series(_of_towns(plan, "zone"), dtype="object")
    of_unit = zone.reindex(pieces["unit"]).set_axis(pieces.index)
    of_town = pieces["township"].astype("object").map(townships).astype("string")
    for column, derived in (("zone", of_unit), ("township_zone", of_town)):
        found.column("verify.zones", f"plan.gpkg: pieces, {column}", pieces[column], derived,
                     source=Text("units and townships", "单元与乡镇"))  # fmt: skip


def _agreement(plan: Plan, found: Findings) -> None:
    """Count how many methods say the same of a township."""
    table = plan.tables.get("methods")
    if table is None or not {"township", "agree", "zone", "status"} <= set(table.columns):
        return
    names = [c for c in table.columns if c not in ("township", "agree", "zone", "status")]
    rows = table.astype(object).where(table.notna(), None).set_index("township")
    derived: dict[str, dict[str, Any]] = {"agree": {}, "status": {}}
    for township, row in rows.iterrows():
        said = [row[n] for n in names if row[n] is not None]
        most = max((said.count(z) for z in said), default=0)
        derived["agree"][str(township)] = most
        half = 2 * most > len(names)
        word = "accept" if most == len(names) else "flag" if half else "review"
        derived["status"][str(township)] = word
    for column, right in derived.items():
        found.column("verify.methods", f"plan.gpkg: methods, {column}", values(rows[column]),
                     right, source=Text("what each method says", "各方法的结果"))  # fmt: skip


def _townships(plan: Plan, found: Findings) -> None:
    """Class the townships again from the attributes that the folder keeps."""
    from zoning import zones as room
    from zoning.pipeline.method import load_method

    part, townships = plan.config.zones, plan.townships
    if townships is None:
        return
    try:
        method = load_method(plan.config)
    except ZoningError:
        found.not_looked_at(Text(
            f"classes of townships: the method {part.method} is a file outside the folder",
            f"乡镇分类：方法 {part.method} 是文件夹外的文件"))  # fmt: skip
        return
    table = pd.DataFrame(townships.drop(columns="geometry"))
    classes = room.classify_townships(table, method)
    if part.contiguity:
        classes, _ = room.join_enclaves(
            classes, room.adjacency(townships), max_margin=part.contiguity_margin
        )
    derived = values(classes["zone"])
    decided = _decided(plan, "township")
    _said(plan, classes, decided.keys(), found)
    for code, zone in decided.items():
        if code in derived:
            derived[code] = zone
    found.column("verify.townships", "plan.gpkg: townships, zone", values(townships["zone"]),
                 derived, source=Text(f"attributes and the method {part.method}",
                             f"属性与方法 {part.method}"))  # fmt: skip


def _said(plan: Plan, classes: pd.DataFrame, decided: Any, found: Findings) -> None:
    """Hold scores, grades, margins and what would flip a township against the method."""
    townships = plan.townships
    if townships is None:
        return
    part = plan.config.zones
    source = Text(f"attributes and the method {part.method}", f"属性与方法 {part.method}")
    scores = ("constraint", "guidance", "intensity")
    columns = [*scores, *(f"{s}_grade" for s in scores), "suitability_grade"]
    if str(plan.run.get("software", {}).get("zoning", "")).startswith("0.1."):
        found.not_looked_at(Text(
            "margins and flips of townships: version 0.1.0 measured them by other spans",
            "乡镇的余量与翻转条件：0.1.0 版的算法不同"))  # fmt: skip
    elif not part.contiguity:  # joining a neighbour writes its own reasons
        columns += ["rule", "margin", *(c for c in classes.columns if str(c).startswith("flip"))]
    for column in columns:
        if column not in classes or column not in townships:
            continue
        had, want = values(townships[column]), values(classes[column])
        for code in decided:
            had.pop(code, None), want.pop(code, None)
        found.column("verify.townships", f"plan.gpkg: townships, {column}", had, want,
                     source=source)  # fmt: skip


def _of_towns(plan: Plan, column: str) -> dict[str, Any]:
    return {} if plan.townships is None else values(plan.townships[column])


def _decided(plan: Plan, level: str) -> dict[str, str]:
    table = plan.tables.get("decisions")
    if table is None or "level" not in table:
        return {}
    mine = table[table["level"] == level]
    return {str(c): str(z) for c, z in zip(mine["code"], mine["zone"], strict=True)}


def _largest(plan: Plan, atoms: pd.DataFrame, found: Findings) -> None:
    """Find the township with the largest share of each unit; of equal ones the smaller code."""
    known = atoms[~atoms["township"].isin(_NOWHERE)]
    both = known[["township", "county"]].astype("str").drop_duplicates("township", keep="last")
    county = both.set_index("township")["county"]
    shares = add_up(known, ["unit", "township"], ["area_m2"]).reset_index()
    # Rows stand by unit and township, so that of equal shares the first has the smaller code.
    first = shares.sort_values("area_m2", ascending=False, kind="stable")
    best = first.drop_duplicates("unit").set_index("unit")["township"].reindex(plan.units.index)
    names, zone = (pd.Series(_of_towns(plan, c), dtype="object") for c in ("name", "zone"))
    derived = {
        "township": best, "county": best.map(county),
        "township_name": best.map(names), "township_zone": best.map(zone),
    }  # fmt: skip
    for column, right in derived.items():
        if column in plan.units:
            found.column("verify.largest_share", f"units.parquet, {column}", plan.units[column],
                         right.astype("string"), source=Text("the ledger", "账目"))  # fmt: skip


def _units(plan: Plan, atoms: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Give zone, reason and listed overlays of every unit."""
    scheme, units = scheme_of(plan.config.zones), plan.units
    sums = pd.DataFrame({"unit": atoms["unit"], "area": atoms["area_m2"]})
    kinds = [set(str(u).split("+")) - {""} for u in atoms["under"].cat.categories]
    for o in scheme.overlays:
        counted = np.array([bool(k & set(o.protections)) for k in kinds], dtype=bool)
        sums[f"over {o.code}"] = sums["area"].where(counted[atoms["under"].cat.codes], 0)
    summed = [c for c in sums if c != "unit"]
    total = add_up(sums, ["unit"], summed).reindex(units.index, fill_value=0)
    m2 = total["area"].to_numpy()
    red = plan.redlines is not None or bool(plan.config.redlines.none)
    known = {o.code: red or "redline" not in o.protections for o in scheme.overlays}
    rules = {
        o.code: (m2 > 0) & (total[f"over {o.code}"].to_numpy() >= o.share * m2) & known[o.code]
        for o in scheme.overlays
    }
    towns = pd.Series(_of_towns(plan, "zone"), dtype="object")
    zone = units["township"].astype("object").map(towns).astype("string")
    reason = zone.isna().map({True: "unknown", False: "township"}).astype("string")
    settled = np.zeros(len(units), dtype=bool)
    for o in scheme.replacing:
        blind = np.full(len(units), not known[o.code]) & (m2 > 0)
        for here, code, why in ((rules[o.code], o.code, "overlay"), (blind, pd.NA, "unknown")):
            zone[here & ~settled], reason[here & ~settled] = code, why
        settled |= rules[o.code] | blind
    beside = pd.Series("", index=units.index, dtype="string")
    for o in scheme.listed:
        beside = beside.where(~rules[o.code], beside + f"+{o.code}")
    beside = beside.str.removeprefix("+")
    if any(not known[o.code] for o in scheme.listed):
        beside[m2 > 0] = pd.NA
    decided = _decided(plan, "unit")
    at = units.index[units.index.isin(decided)]
    zone[at], reason[at] = [decided[str(u)] for u in at], "override"
    return zone, reason, beside
