"""What hangs on each protected area, tried again: every area is taken out, unit by unit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from zoning.errors import Text
from zoning.plan import Plan
from zoning.verify.areas import classes
from zoning.verify.compare import Findings, made_here, missing

_FROM = Text("the ledger", "账目")
_COLUMNS = ("units_touched", "units_changed", "kept_m2")
Area = tuple[str, str]
#: Areas over a part of a unit, its m2, and those of them that are open land.
Part = tuple[frozenset[Area], int, int]


def audit(plan: Plan, atoms: pd.DataFrame, found: Findings) -> None:
    """Hold what the tables of areas say of each area's withdrawal.

    Parameters
    ----------
    plan : Plan
    atoms : DataFrame
        Of `zoning.verify.areas.parts`, in the order of the ledger.
    found : Findings
    """
    held = [(t.name, t.frame, ["kind", "code"]) for c in plan.contributions
            for t in c.tables if t.name == "protection_areas"]  # fmt: skip
    if "redline_areas" in plan.tables:
        held.insert(0, ("redline_areas", plan.tables["redline_areas"], ["area_code"]))
    if not held:
        return
    right = _right(plan, atoms)
    for name, table, keys in held:
        areas = _areas(table, keys)
        for column in _COLUMNS:
            place = f"plan.gpkg: {name}, {column}"
            if column not in table:
                # Another version did not write it.
                lacks = made_here(plan) and any(column in right.get(a, ()) for a in areas if a)
                if lacks:
                    found.add("verify.withdrawn", False,
                              Text(f"{place} is lacking", f"{place} 缺失"), place)  # fmt: skip
                continue
            had = {a: v for a, v in zip(areas, table[column], strict=True) if a}
            found.column(
                "verify.withdrawn", place,
                {"/".join(a): None if missing(v) else int(v) for a, v in had.items()},
                {"/".join(a): right.get(a, {}).get(column, 0) for a in had}, source=_FROM,
            )  # fmt: skip


def _areas(table: pd.DataFrame, keys: list[str]) -> list[Area | None]:
    """Name the area of each row; None for the row that closes the table of red lines."""
    if len(keys) == 1:
        return [None if c == "overlap" else ("redline", str(c)) for c in table[keys[0]]]
    return [(str(k), str(c)) for k, c in zip(table["kind"], table["code"], strict=True)]


def _right(plan: Plan, atoms: pd.DataFrame) -> dict[Area, dict[str, int]]:
    """Take every area out of every unit in which it lies."""
    units = plan.units
    size = dict(zip(units.index.astype(str), units["area_m2"], strict=True))
    ruled: set[str] = set()
    zoned = "zone_reason" in units
    if zoned:
        here = units["zone_reason"].eq("overlay").fillna(value=False).to_numpy(bool)
        ruled = set(units.index.astype(str)[here])
    used = "built_m2" in atoms
    out: dict[Area, dict[str, int]] = {}
    for unit, parts in _parts(plan, atoms).items():
        now = _first(plan, parts, int(size[unit]), None) if unit in ruled else None
        for area in {a for over, _, _ in parts for a in over}:
            row = out.setdefault(area, {"units_touched": 0})
            row["units_touched"] += 1
            if zoned:
                changed = unit in ruled and _first(plan, parts, int(size[unit]), area) != now
                row["units_changed"] = row.get("units_changed", 0) + changed
            if used:
                alone = sum(bare for over, _, bare in parts if over == {area})
                row["kept_m2"] = row.get("kept_m2", 0) + alone
    return out


def _first(plan: Plan, parts: list[Part], size: int, without: Area | None) -> str:
    """Name the overlay that rules a unit, one area left out of account."""
    for o in plan.scheme.replacing:
        under = sum(
            m2 for over, m2, _ in parts
            if any(kind in o.protections for kind, code in over if (kind, code) != without)
        )  # fmt: skip
        if size > 0 and under >= o.share * size:
            return o.code
    return ""


def _parts(plan: Plan, atoms: pd.DataFrame) -> dict[str, list[Part]]:
    """List the protected parts of every unit, and which areas lie over each."""
    red: dict[int, set[Area]] = {}
    for number, code in zip(plan.red_sets["red_set"], plan.red_sets["area_code"], strict=True):
        red.setdefault(int(number), set()).add(("redline", str(code)))
    other: dict[int, set[Area]] = {}
    table = plan.tables.get("protection_sets")
    if table is not None:
        rows = zip(table["protection_set"], table["kind"], table["code"], strict=True)
        for number, kind, code in rows:
            other.setdefault(int(number), set()).add((str(kind), str(code)))
    sets = {c: plan.ledger[c].to_numpy(np.int64) if c in plan.ledger else np.zeros(len(atoms), int)
            for c in ("red_set", "protection_set")}  # fmt: skip
    here = np.flatnonzero((sets["red_set"] > 0) | (sets["protection_set"] > 0))
    area: Any = atoms["area_m2"].to_numpy(np.int64)
    open_ = np.zeros(len(atoms), bool)
    if "built_m2" in atoms:
        open_ = _open(plan, atoms)
    out: dict[str, list[Part]] = {}
    unit = atoms["unit"].astype(str).to_numpy()
    for i in here:
        over = frozenset(red.get(int(sets["red_set"][i]), set())
                         | other.get(int(sets["protection_set"][i]), set()))  # fmt: skip
        m2 = int(area[i])
        out.setdefault(str(unit[i]), []).append((over, m2, m2 if open_[i] else 0))
    return out


def _open(plan: Plan, atoms: pd.DataFrame) -> Any:
    """Say which atoms are neither built nor water, and of known use."""
    known = classes(plan)
    number, uses = pd.factorize(atoms["landuse"])
    used = np.array([known.get(int(v), {}).get("group") is not None for v in uses], bool)[number]
    return used & (atoms["built_m2"].to_numpy() == 0) & (atoms["water_m2"].to_numpy() == 0)
