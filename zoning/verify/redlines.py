"""Tables of red-line areas, types and overlaps, added up again from atoms and their sets."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pandas as pd

from zoning.errors import Text
from zoning.plan import Plan
from zoning.verify.compare import Findings, missing

FROM = Text("the ledger", "账目")
#: The row that brings a sum of areas to their union.
_REST = "overlap"
_NUMBERS = ("level1_m2", "level2_m2", "area_m2", "built_m2")
Sums = dict[str, dict[str, int]]


def audit(plan: Plan, atoms: pd.DataFrame, found: Findings) -> None:
    """Hold areas, types and overlaps against atoms, each atom counted for every area over it."""
    layer = plan.redlines
    if layer is None or not len(plan.red_sets):
        return
    kinds = {str(c): _word(t) for c, t in zip(layer["area_code"], layer["type"], strict=True)}
    by_area, by_type, union, pairs = _add(plan, atoms, kinds)
    source = FROM
    levels = {
        str(f): by_area.get(str(c), {}).get(f"level{int(n)}_m2", 0)
        for f, c, n in zip(layer.index, layer["area_code"], layer["level"], strict=True)
    }
    found.column("verify.redlines", "plan.gpkg: redlines, area_m2",
                 _column(layer.index, layer["area_m2"]), levels, source=source)  # fmt: skip
    for name, key, sums in (
        ("redline_areas", "area_code", by_area),
        ("redline_types", "type", by_type),
    ):
        table = plan.tables.get(name)
        if table is None:
            continue
        for column in [c for c in _NUMBERS if c in table]:
            want = {k: row.get(column, 0) for k, row in sums.items()}
            want[_REST] = union.get(column, 0) - sum(want.values())
            found.column("verify.redlines", f"plan.gpkg: {name}, {column}",
                         _column(table[key], table[column]), want, source=source)  # fmt: skip
        if "areas" in table:
            count = {t: sum(k == t for k in kinds.values()) for t in sums}
            had = {k: v for k, v in _column(table[key], table["areas"]).items() if k != _REST}
            found.column("verify.redlines", f"plan.gpkg: {name}, areas", had, count,
                         source=Text("the layer redlines", "红线图层"))  # fmt: skip
    table = plan.tables.get("redline_overlaps")
    if table is not None:
        rows = zip(table["area_code_a"], table["area_code_b"], table["overlap_m2"], strict=True)
        had = {f"{a}, {b}": int(m2) for a, b, m2 in rows}
        found.column("verify.redlines", "plan.gpkg: redline_overlaps, overlap_m2", had, pairs,
                     source=source)  # fmt: skip


def _add(
    plan: Plan, atoms: pd.DataFrame, kinds: dict[str, str]
) -> tuple[Sums, Sums, dict[str, int], dict[str, int]]:
    """Add up areas, types, their union and what pairs of areas share, atom by atom."""
    members: dict[int, dict[str, int]] = {}
    sets = plan.red_sets
    rows = zip(sets["red_set"], sets["area_code"], sets["level"], strict=True)
    for red_set, code, level in rows:
        mine = members.setdefault(int(red_set), {})
        mine[str(code)] = min(int(level), mine.get(str(code), 9))
    by_area: Sums = {code: {} for code in kinds}
    by_type: Sums = {}
    union: dict[str, int] = {}
    pairs: dict[str, int] = {}
    built = atoms["built_m2"] if "built_m2" in atoms else pd.Series(0, atoms.index)
    # Atoms of one set count for the same areas: their sums stand for them.
    lines = pd.DataFrame({
        **{k: plan.ledger[k].to_numpy() for k in ("red_set", "red_level")},
        "m2": atoms["area_m2"].to_numpy(), "built": built.to_numpy(),
    })  # fmt: skip
    sums = lines.groupby(["red_set", "red_level"], as_index=False).sum()
    for red_set, red_level, m2, of_it in sums.itertuples(index=False, name=None):
        over = members.get(int(red_set))
        if not over:
            continue
        stricter: dict[str, int] = {}
        for code, level in over.items():
            _put(by_area.setdefault(code, {}), level, int(m2), int(of_it))
            kind = kinds.get(code, "unknown")
            stricter[kind] = min(level, stricter.get(kind, 9))
        for kind, level in stricter.items():
            _put(by_type.setdefault(kind, {}), level, int(m2), int(of_it))
        _put(union, int(red_level), int(m2), int(of_it))
        for a, b in combinations(sorted(over), 2):
            pairs[f"{a}, {b}"] = pairs.get(f"{a}, {b}", 0) + int(m2)
    return by_area, by_type, union, {k: v for k, v in pairs.items() if v}


def _put(row: dict[str, int], level: int, m2: int, built: int) -> None:
    for column, value in ((f"level{level}_m2", m2), ("area_m2", m2), ("built_m2", built)):
        row[column] = row.get(column, 0) + value


def _column(keys: Any, values: Any) -> dict[str, float | None]:
    return {_word(k): None if missing(v) else float(v) for k, v in zip(keys, values, strict=True)}


def _word(value: Any) -> str:
    return "unknown" if missing(value) else str(value)
