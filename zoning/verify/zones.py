"""Zones again: townships by their attributes, units by largest share, overlays and decisions."""

from __future__ import annotations

from typing import Any

import pandas as pd

from zoning.errors import Text, ZoningError
from zoning.plan import Plan
from zoning.schemes import scheme_of
from zoning.verify.compare import Findings, values

_NOWHERE = ("none", "overlap")


def audit(plan: Plan, atoms: pd.DataFrame, found: Findings) -> None:
    """Derive the zone of every township, unit and piece."""
    if plan.townships is None or "zone" not in plan.units:
        return
    _townships(plan, found)
    _agreement(plan, found)
    _largest(plan, atoms, found)
    zone, reason, beside = _units(plan, atoms)
    text = Text("townships, overlays and decisions", "乡镇、叠加与决定")
    for column, derived in (("zone", zone), ("zone_reason", reason), ("overlays", beside)):
        if column in plan.units:
            found.column("verify.zones", f"units.parquet, {column}", values(plan.units[column]),
                         derived, source=text)  # fmt: skip
    if plan.pieces is None:
        return
    townships = values(plan.townships["zone"])
    derived_unit = {str(p): zone.get(str(u)) for p, u in plan.pieces["unit"].items()}
    derived_town = {str(p): townships.get(str(t)) for p, t in plan.pieces["township"].items()}
    for column, derived in (("zone", derived_unit), ("township_zone", derived_town)):
        found.column("verify.zones", f"plan.gpkg: pieces, {column}", values(plan.pieces[column]),
                     derived, source=Text("units and townships", "单元与乡镇"))  # fmt: skip


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
    from zoning.pipeline.ready import load_method

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
    total: dict[tuple[str, str], int] = {}
    county: dict[str, str] = {}
    for unit, township, where, area in zip(
        atoms["unit"], atoms["township"], atoms["county"], atoms["area_m2"], strict=True
    ):
        if township not in _NOWHERE:
            total[unit, township] = total.get((unit, township), 0) + int(area)
            county[township] = where
    best: dict[str, tuple[int, str]] = {}
    for (unit, township), area in sorted(total.items()):
        if unit not in best or area > best[unit][0]:
            best[unit] = (area, township)
    source = Text("the ledger", "账目")
    units = [str(u) for u in plan.units.index]
    derived: dict[str, dict[str, Any]] = {
        "township": {u: best[u][1] if u in best else None for u in units},
        "county": {u: county[best[u][1]] if u in best else None for u in units},
    }
    names, zone = _of_towns(plan, "name"), _of_towns(plan, "zone")
    derived["township_name"] = {u: names.get(str(t)) for u, t in derived["township"].items()}
    derived["township_zone"] = {u: zone.get(str(t)) for u, t in derived["township"].items()}
    for column, right in derived.items():
        if column in plan.units:
            found.column("verify.largest_share", f"units.parquet, {column}",
                         values(plan.units[column]), right, source=source)  # fmt: skip


def _units(plan: Plan, atoms: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    """Give zone, reason and listed overlays of every unit."""
    scheme = scheme_of(plan.config.zones)
    area: dict[str, int] = {}
    over: dict[tuple[str, str], int] = {}
    for unit, under, m2 in zip(atoms["unit"], atoms["under"], atoms["area_m2"], strict=True):
        area[unit] = area.get(unit, 0) + int(m2)
        kinds = set(under.split("+")) if under else set()
        for overlay in scheme.overlays:
            if kinds & set(overlay.protections):
                over[unit, overlay.code] = over.get((unit, overlay.code), 0) + int(m2)
    red = plan.redlines is not None or bool(plan.config.redlines.none)
    townships, decided = _of_towns(plan, "zone"), _decided(plan, "unit")
    zone: dict[str, Any] = {}
    reason: dict[str, Any] = {}
    beside: dict[str, Any] = {}
    for unit, township in zip(map(str, plan.units.index), plan.units["township"], strict=True):
        base = townships.get(str(township)) if isinstance(township, str) else None
        m2 = area.get(unit, 0)
        known = {o.code: red or "redline" not in o.protections for o in scheme.overlays}
        rules = {
            o.code: known[o.code] and m2 > 0 and over.get((unit, o.code), 0) >= o.share * m2
            for o in scheme.overlays
        }
        zone[unit], reason[unit] = base, "unknown" if base is None else "township"
        for o in scheme.replacing:
            if rules[o.code]:
                zone[unit], reason[unit] = o.code, "overlay"
                break
            if not known[o.code] and m2 > 0:
                zone[unit], reason[unit] = None, "unknown"
                break
        listed = [o.code for o in scheme.listed if rules[o.code]]
        blind = m2 > 0 and any(not known[o.code] for o in scheme.listed)
        beside[unit] = None if blind else "+".join(listed)
        if unit in decided:
            zone[unit], reason[unit] = decided[unit], "override"
    return zone, reason, beside
