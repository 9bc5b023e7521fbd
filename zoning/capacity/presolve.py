"""Before solving: contradictions and rules without effect, in the planner's words."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from zoning.capacity.rules import Limit, Lock, told
from zoning.errors import Check, Level, Text


def _finding(
    name: str, level: Level, where: str, measured: int, limit: int, text: Text, unit: str = "m2"
) -> Check:
    return Check(name, level, level != "error", measured, limit, unit, where, text)


def presolve(
    pieces: pd.DataFrame, limits: Sequence[Limit], locks: Sequence[Lock] = ()
) -> list[Check]:
    """Tell every contradiction that shows without solving, and every cap that cannot bind.

    Parameters
    ----------
    pieces : DataFrame, index ``piece``
        ``unit, free_m2`` and the columns that limits name.
    limits, locks : sequences
        What was decided.

    Returns
    -------
    list of Check
        ``level`` "error": cannot hold; "note": has no effect.

    Examples
    --------
    >>> pieces = pd.DataFrame({"unit": ["a"], "county": ["x"], "free_m2": [9_400_000]}, index=["a"])
    >>> rule = Limit("county", "x", floor_m2=12_000_000, name=Text("Dantu", "丹徒"))
    >>> print(presolve(pieces, [rule])[0].text.en)
    county Dantu: floor 12.00 km², but only 9.40 km² are free
    """
    found = _lock_conflicts(locks)
    out = {u for lock in locks if lock.kind == "out" for u in lock.units}
    inn = {u for lock in locks if lock.kind == "in" for u in lock.units}
    able = pieces["free_m2"].where(~pieces["unit"].isin(out), 0)
    must = pieces["free_m2"].where(pieces["unit"].isin(inn - out), 0)
    gone = pieces.get("reducible_m2", able * 0).where(~pieces["unit"].isin(out | inn), 0)
    for limit in limits:
        going = limit.kind == "reduction"
        free = limit.used(pieces, gone if going else able, up=False)
        locked = 0 if going else limit.used(pieces, must - gone if limit.net else must)
        found += _limit_findings(limit, free, locked)
    return found + _crowded(limits)


def _lock_conflicts(locks: Sequence[Lock]) -> list[Check]:
    found = []
    for a in (x for x in locks if x.kind == "in"):
        for b in (x for x in locks if x.kind == "out"):
            both = sorted(set(a.units) & set(b.units))
            if both:
                text = Text(
                    f"{a.label.en} and {b.label.en} both hold unit {both[0]}"
                    f" ({len(both)} units in all)",
                    f"{a.label.zh}与{b.label.zh}同时包含单元 {both[0]}（共 {len(both)} 个）",
                )
                found.append(
                    Check("presolve.locks", "error", False, len(both), 0, "units", both[0], text)
                )
    return found


def _limit_findings(limit: Limit, free: int, locked: int) -> list[Check]:
    en, zh = limit.label
    where, floor, cap = limit.code, limit.floor_m2, limit.cap_m2
    told, unit = limit.told, limit.unit
    found = []
    if floor > free:
        text = Text(
            f"{en}: floor {told(floor)}, but only {told(free)} are free",
            f"{zh}：下限 {told(floor)}，但可用土地仅 {told(free)}",
        )
        found.append(_finding("presolve.floor_free", "error", where, floor, free, text, unit))
    if cap is None:
        return found
    if floor > cap:
        text = Text(
            f"{en}: floor {told(floor)} is above the cap {told(cap)}",
            f"{zh}：下限 {told(floor)} 高于上限 {told(cap)}",
        )
        found.append(_finding("presolve.floor_cap", "error", where, floor, cap, text, unit))
    if locked > cap:
        text = Text(
            f"{en}: locks need {told(locked)}, above the cap {told(cap)}",
            f"{zh}：锁定需要 {told(locked)}，超过上限 {told(cap)}",
        )
        found.append(_finding("presolve.lock_cap", "error", where, locked, cap, text, unit))
    if cap >= free:
        text = Text(
            f"{en}: the cap {told(cap)} does not bind, only {told(free)} are free",
            f"{zh}：上限 {told(cap)} 不起作用，可用土地仅 {told(free)}",
        )
        found.append(_finding("presolve.slack", "note", where, free, cap, text, unit))
    return found


def _crowded(limits: Sequence[Limit]) -> list[Check]:
    """Floors of one kind that add up to more than the city's cap."""
    caps = [x.cap_m2 for x in limits if x.kind == "city" and x.cap_m2 is not None]
    if not caps:
        return []
    cap, found = min(caps), []
    for kind in ("county", "township", "unit"):
        by_code: dict[str, int] = {}
        for x in limits:
            if x.kind == kind:
                by_code[x.code] = max(x.floor_m2, by_code.get(x.code, 0))
        need = sum(by_code.values())
        if need > cap:
            text = Text(
                f"the floors of the {kind} level add up to {told(need)}, above the city's"
                f" {told(cap)}",
                f"{kind} 级下限合计 {told(need)}，超过全市 {told(cap)}",
            )
            found.append(_finding("presolve.floors_city", "error", "city", need, cap, text))
    return found
