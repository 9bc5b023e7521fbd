"""Limits of the plan's own, derived again from the ledger, piece by piece, in exact fractions.

Nothing here is shared with `zoning.capacity.own`, which the run counts with: free farmland is
added up from the atoms, coefficients follow from the words of ``[[cap.limit]]`` themselves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import shapely

from zoning.errors import Check, Text
from zoning.plan import Plan
from zoning.planfile.models import OwnLimitRule, ReductionPart
from zoning.verify.areas import add_up, classes, parts

#: Coefficients are counted in millionths.
_MILLION = 1_000_000
Sums = Mapping[tuple[str, str], tuple[int, int]]


def _places(plan: Plan) -> list[Check]:
    """Hold which units lie inside polygons of rules against the polygons that the plan carries."""
    cap, pieces = plan.config.cap, plan.pieces
    part = next((c for c in plan.contributions if c.wing == "limit_places"), None)
    found = []
    rules: list[OwnLimitRule | ReductionPart] = [*cap.limit, *cap.reduction]
    for rule in rules:
        if not rule.area or pieces is None:
            continue
        off, name = len(pieces), f"area_{rule.name}"
        if part is not None and name in pieces:
            frame = part.layers[0].frame
            shape = shapely.union_all(frame.geometry[frame["name"] == rule.name].to_numpy())
            inside = _inside(plan, shape)
            off = sum(
                str(word) != ("in" if str(unit) in inside else "out")
                for unit, word in zip(pieces["unit"], pieces[name].astype(object), strict=True)
            )
        text = Text(f"rule {rule.name}: which units lie in its polygons ({off} pieces differ)",
                    f"规则 {rule.name}：位于范围内的单元（{off} 个地块不符）")  # fmt: skip
        found.append(Check("verify.place", "error", off == 0, off, 0, "pieces", rule.name, text))
    return found


def _inside(plan: Plan, shape: Any) -> set[str]:
    """Give the units of which at least half lies inside a shape."""
    squares = plan.units.geometry.to_numpy()
    shapely.prepare(shape)
    near = shapely.intersects(shape, squares).nonzero()[0]
    return {
        str(plan.units.index[k]) for k in near
        if 2 * shapely.intersection(squares[k], shape).area >= squares[k].area
    }  # fmt: skip


def own(plan: Plan, atoms: pd.DataFrame | None = None) -> list[Check]:
    """Hold what pieces count under each own limit against the ledger and plan.toml's rules.

    Parameters
    ----------
    plan : Plan
    atoms : DataFrame, optional
        Of :func:`zoning.verify.areas.parts`, where they are at hand.

    Returns
    -------
    list of Check
        ``verify.free_farmland`` and one ``verify.coefficient`` per limit; of a coefficient that
        came from a file only its places can be held.
    """
    pieces, rules = plan.pieces, plan.config.cap.limit
    if pieces is None or not (rules or plan.config.cap.reduction or "free_farmland_m2" in pieces):
        return []
    found = _places(plan)
    if "free_farmland_m2" in pieces and classes(plan):  # without classes `areas` has told it
        off = _farmland_off(pieces, parts(plan) if atoms is None else atoms)
        text = Text("free farmland of the pieces is that of the ledger", "地块的可用耕地与台账一致")
        found.append(Check("verify.free_farmland", "error", off == 0, off, 0, "m2", "city", text))
    if not rules:
        return found
    free, rows = _free(plan), pieces.to_dict("records")
    units = plan.units.drop(columns="geometry").to_dict("index")
    for rule in rules:
        column = f"limit_{rule.name}"
        if column not in pieces:
            text = Text(f"limit {rule.name}: its coefficients are missing",
                        f"约束 {rule.name}：缺少系数")  # fmt: skip
            found.append(
                Check("verify.coefficient", "error", False, 1, 0, "columns", rule.name, text)
            )
            continue
        off = sum(_off(rule, row, units, free) for row in rows)
        text = Text(f"limit {rule.name}: what each piece counts", f"约束 {rule.name}：各地块系数")
        found.append(
            Check("verify.coefficient", "error", off == 0, off, 0, "pieces", rule.name, text)
        )
    return found


def _farmland_off(pieces: pd.DataFrame, atoms: pd.DataFrame) -> int:
    """Add up how far the free farmland of the pieces is from that of their atoms."""
    free = pd.DataFrame({k: atoms[k] for k in ("unit", "township")})
    here = atoms["farmland_m2"] > 0 if "farmland_m2" in atoms else pd.Series(False, atoms.index)
    free["m2"] = atoms["free_m2"].where(here, 0) if here.any() else 0
    sums = add_up(free, ["unit", "township"], ["m2"])["m2"]
    keys = pd.MultiIndex.from_frame(pieces[["unit", "township"]].astype("str"))
    stored = pieces["free_farmland_m2"].astype("int64").to_numpy()
    right = sums if sums.index.equals(keys) else sums.reindex(keys, fill_value=0)
    return int(np.abs(stored - right.to_numpy()).sum())


def _free(plan: Plan) -> Sums:
    """Add up free land and free farmland of each piece, atom by atom."""
    known = classes(plan)
    if not known:
        return {}
    ledger, out = plan.ledger, dict[tuple[str, str], tuple[int, int]]()
    guarded = ledger["protected_by"] if "protected_by" in ledger else [""] * len(ledger)
    for unit, township, use, red, other, area in zip(
        ledger["unit"], ledger["township"], ledger["landuse"], ledger["red_level"], guarded,
        ledger["area_m2"], strict=True,
    ):  # fmt: skip
        about = known.get(int(use))
        if about is None or about["group"] == "construction" or about["water"] or red or other:
            continue
        land, farms = out.get((unit, township), (0, 0))
        out[unit, township] = (land + int(area), farms + int(area) * bool(about["farmland"]))
    return out


def _off(
    rule: OwnLimitRule, row: Mapping[str, Any], units: Mapping[str, Mapping[str, Any]], free: Sums
) -> bool:
    """Whether the stored coefficient of a piece is another than the rule gives."""
    stored = int(row[f"limit_{rule.name}"])
    if not within(rule, row):
        return stored != 0
    right = _per_m2(rule, row, units, free)
    # A half may go up or down with binary fractions; what no file of the folder says is not held.
    return right is not None and abs(stored - right * _MILLION) > Fraction(501, 1000)


def begins(codes: Sequence[str], here: str) -> bool:
    """Whether a code begins as one of those that end in ``*`` do."""
    return any(c.endswith("*") and here.startswith(c[:-1]) for c in codes)


def within(rule: OwnLimitRule, row: Mapping[str, Any]) -> bool:
    """Whether a piece lies in all places that a rule names."""
    for column in ("county", "township", "zone"):
        codes, here = getattr(rule, column), str(row.get(column))
        if codes and not (here in codes or (column != "zone" and begins(codes, here))):
            return False
    over = str(row.get("overlays") or "").split("+")
    if rule.overlay and not set(rule.overlay) & set(over):
        return False
    return not rule.area or row.get(f"area_{rule.name}") == "in"


def _per_m2(
    rule: OwnLimitRule, row: Mapping[str, Any], units: Mapping[str, Mapping[str, Any]], free: Sums
) -> Fraction | None:
    """Give what one m2 of new land counts, as an exact fraction."""
    if not isinstance(rule.of, str):
        return None
    if rule.of == "area":
        return Fraction(1)
    if rule.of == "farmland":
        land, farms = free.get((str(row["unit"]), str(row["township"])), (0, 0))
        return Fraction(farms, land) if land else Fraction(0)
    value = row[rule.of] if rule.of in row else units[str(row["unit"])].get(rule.of)
    if value is None or value != value or not math.isfinite(float(value)):
        return Fraction(0)
    return Fraction(repr(float(value)))
