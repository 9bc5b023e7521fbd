"""Tables of phases, of land that goes and of prices, added up again from pieces and rules."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from zoning.base import words
from zoning.errors import Text
from zoning.plan import Plan
from zoning.schemes import scheme_of
from zoning.verify.compare import Findings, missing
from zoning.verify.limits import Land, Rule, offered

_FROM = Text("pieces and limits", "地块与约束")
#: Names of the contributions that hold these tables.
_PHASES, _PRICES, _LOSSES = "phases", "prices", "losses"
_NONE = "none"
Rows = list[dict[str, Any]]


def audit(plan: Plan, land: Land, rules: Sequence[Rule], found: Findings) -> None:
    """Hold every cell of those tables against what the pieces say.

    Parameters
    ----------
    plan : Plan
    land, rules
        Of :mod:`zoning.verify.limits`.
    found : Findings
    """
    if plan.pieces is None or "allocation" not in plan.run:
        return
    right = {_PHASES: _phases(plan, land), _PRICES: _prices(plan, land, rules)}
    stored = {c.wing: c for c in plan.contributions}
    for wing, tables in right.items():
        if not tables:
            text = Text(f"the plan has no {wing}", f"本方案没有 {wing}")
            found.add("verify.told", wing not in stored, text, "plan.gpkg")
        there = {t.name: t.frame for t in stored[wing].tables} if wing in stored else {}
        for name, rows in tables.items():
            for column in rows[0] if rows else ():
                had: dict[str, Any] = {}
                if name in there and column in there[name]:
                    cells = there[name][column].astype(object)
                    had = {str(n): None if missing(v) else v for n, v in enumerate(cells)}
                want = {str(n): row[column] for n, row in enumerate(rows)}
                found.column("verify.told", f"plan.gpkg: {name}, {column}", had, want,
                             tolerance=1e-8, source=_FROM)  # fmt: skip
    if _LOSSES in stored:
        found.not_looked_at(Text("losses of units: each end is the bound of a plan of its own",
                                 "分单元损失：每一端为另一方案的界"))  # fmt: skip


def _sums(keys: Sequence[Any], values: Sequence[int]) -> dict[Any, int]:
    total: dict[Any, int] = {}
    for key, value in zip(keys, values, strict=True):
        total[key] = total.get(key, 0) + value
    return total


def _phases(plan: Plan, land: Land) -> dict[str, Rows]:
    """Add up what is built in each phase, and what goes, by zone and by unit."""
    units = [str(u) for u in plan.units.index]
    zones = [z or _NONE for z in land.zone]
    order = [z for z in (*scheme_of(plan.config.zones).codes, _NONE) if z in set(zones)]
    out: dict[str, Rows] = {}
    phases = [p.name for p in plan.config.cap.phase]
    if len(phases) > 1:
        ends = [land.by[p] for p in phases[:-1]] + [land.new]
        built = {
            f"phase_{p}_m2": [e - (ends[t - 1][i] if t else 0) for i, e in enumerate(ends[t])]
            for t, p in enumerate(phases)
        }
        by_unit = {c: _sums(land.unit, v) for c, v in built.items()}
        out["phase_zones"] = _by_zone(order, zones, built)
        out["phase_units"] = []
        for unit in units:
            mine = [by_unit[c].get(unit, 0) for c in built]
            phase = phases[mine.index(max(mine))] if max(mine) > 0 else _NONE
            out["phase_units"].append(
                {"unit": unit, "phase": phase, **dict(zip(built, mine, strict=True))}
            )
    if plan.pieces is not None and "reduced_m2" in plan.pieces:
        gone = {"reducible_m2": land.may_go, "reduced_m2": land.gone}
        by_unit = {c: _sums(land.unit, v) for c, v in gone.items()}
        out["reduced_zones"] = _by_zone(order, zones, gone)
        out["reduced_units"] = [
            {"unit": u, "gone": "some" if by_unit["reduced_m2"].get(u, 0) > 0 else _NONE,
             **{c: by_unit[c].get(u, 0) for c in gone}}
            for u in units
        ]  # fmt: skip
    return out


def _by_zone(order: Sequence[str], zones: Sequence[str], columns: dict[str, list[int]]) -> Rows:
    sums = {c: _sums(zones, v) for c, v in columns.items()}
    return [{"zone": z, **{c: s.get(z, 0) for c, s in sums.items()}} for z in order]


def _prices(plan: Plan, land: Land, rules: Sequence[Rule]) -> dict[str, Rows]:
    """Set prices of limits side by side, and add up what they ask of 1 m2 in each unit."""
    table = plan.tables.get("limits")
    own = any(r.kind == "limit" for r in rules)
    if table is None or not own or len(table) != len(rules):
        return {}
    if any(missing(p) for p in table["price"].astype(object)):
        return {}
    price = [float(p) for p in table["price"]]
    limits = []
    for rule, each in zip(rules, price, strict=True):
        name = _name(plan, rule)
        limits.append({"limit_en": name.en, "limit_zh": name.zh, "counted": rule.unit,
                       "used": rule.used(land), "most": rule.cap_m2, "price": each})  # fmt: skip
    return {"limit_prices": limits, "unit_prices": _asked(plan, land, rules, price)}


def _asked(plan: Plan, land: Land, rules: Sequence[Rule], price: Sequence[float]) -> Rows:
    room = offered(land)
    whole = _sums(land.unit, room)
    sums: dict[str, list[Fraction]] = {}
    for rule, each in zip(rules, price, strict=True):
        if not each or rule.kind == "reduction" or rule.phase:
            continue
        exact = Fraction(each) / 10**6
        for i in rule.pieces:
            mine = sums.setdefault(land.unit[i], [Fraction(0), Fraction(0)])
            mine[rule.kind == "limit"] += exact * rule.count(i) * room[i]
    rows = []
    for unit in map(str, plan.units.index):
        free, mine = whole.get(unit, 0), sums.get(unit, [Fraction(0), Fraction(0)])
        cells = [round(float(m / free), 9) if free else None for m in mine]
        rows.append({"unit": unit, "cap_price": cells[0], "own_price": cells[1]})
    return rows


def _name(plan: Plan, rule: Rule) -> Text:
    """Name a rule as the table of prices does."""
    phases = {p.name: p for p in plan.config.cap.phase}
    if rule.kind == "city":
        return Text("cap of the city", "全市总量")
    if rule.kind == "eco_agri":
        return Text("ecological and agricultural space", "生态与农业空间")
    name = _title(plan, rule)
    if rule.phase and rule.kind != "phase":
        by = phases[rule.phase]
        en, zh = by.title or by.name, by.title_zh or by.title or by.name
        name = _kinded(rule, name)
        return Text(f"{name.en} by the end of {en}", f"{name.zh}（{zh}末）")
    return _kinded(rule, name)


def _kinded(rule: Rule, name: Text) -> Text:
    """Put the kind of a rule before its name, in Chinese behind it; places name themselves."""
    if rule.kind == "limit":
        return name
    kind = [words.value("kind", rule.kind, lang) for lang in ("en", "zh")]
    after = "" if rule.kind in ("county", "township") else kind[1]
    if name.zh[-1:] == "区" and after[:2] == "分区":  # told once
        after = after[2:]
    return Text(f"{kind[0]}: {name.en}", f"{name.zh}{after}")


def _title(plan: Plan, rule: Rule) -> Text:
    """Give the title of a rule, or the name of its zone or place, or its code."""
    cap = plan.config.cap
    titled: dict[str, Sequence[Any]] = {
        "limit": cap.limit, "phase": cap.phase, "reduction": cap.reduction,
    }  # fmt: skip
    for one in titled.get(rule.kind, ()):
        if one.name == rule.code:
            return Text(one.title or one.name, one.title_zh or one.title or one.name)
    if rule.kind in ("zone", "quota", "phase_quota"):
        return scheme_of(plan.config.zones).name_of(rule.code)
    places = {"county": plan.counties, "township": plan.townships}.get(rule.kind)
    if places is not None and "name" in places and rule.code in places.index:
        return Text(*[str(places["name"][rule.code])] * 2)
    return Text(rule.code, rule.code)
