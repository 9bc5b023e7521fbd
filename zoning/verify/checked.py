"""The checks that a run wrote down: measured, limit and verdict of each, from tables and rules.

Words of a check are not derived; its numbers, and whether it holds, are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pandas as pd

from zoning.errors import Text
from zoning.plan import Plan
from zoning.schemes import scheme_of
from zoning.verify.areas import classes
from zoning.verify.compare import Findings, made_here, missing
from zoning.verify.limits import Land, Rule, land_of, rules_of
from zoning.verify.stages import NOWHERE, share

_SOURCE = Text("tables and rules", "各表及规则")
#: How far a union of red lines may be from a published, rounded total.
_NEAR = 0.01


class Said(NamedTuple):
    """What a check must say."""

    check: str
    where: str
    measured: float | None
    limit: float | None
    ok: bool


def audit(plan: Plan, atoms: pd.DataFrame, found: Findings) -> None:
    """Derive every check that tables and rules of the folder can tell, and hold what is stored.

    Parameters
    ----------
    plan : Plan
    atoms : DataFrame
        Of :func:`zoning.verify.areas.audit`.
    found : Findings
    """
    derived: dict[tuple[str, str], list[Said]] = {}
    for one in (*_ledger(plan, atoms), *_published(plan), *_left(plan), *_decided(plan),
                *_account(plan)):  # fmt: skip
        derived.setdefault((one.check, one.where), []).append(one)
    stored: dict[tuple[str, str], list[Any]] = {}
    for c in plan.checks:
        where = "" if c.check == "zones.overlays" else c.where  # it lists the units
        stored.setdefault((c.check, where), []).append(c)
    if not made_here(plan):  # another version did not write all of them
        derived = {k: v for k, v in derived.items() if k in stored}
    for part, of in (("measured", _number), ("limit", _number), ("ok", bool)):
        take: Callable[[Any], Any] = of
        had, want = dict[str, Any](), dict[str, Any]()
        for key, right in derived.items():
            there = stored.get(key, [])
            name = f"{key[0]} of {key[1]}"
            whole = all(isinstance(getattr(s, part), int) for s in right)
            had[name] = _flat([take(getattr(c, part)) for c in there], whole=whole)
            want[name] = _flat([take(getattr(s, part)) for s in right], whole=whole)
        _hold(found, part, had, want)


def _hold(found: Findings, part: str, had: dict[str, Any], want: dict[str, Any]) -> None:
    found.column("verify.checks", f"run.json, checks, {part}", had, want, source=_SOURCE)


def _flat(values: list[Any], *, whole: bool) -> Any:
    """Give one value as it is; several, and whole numbers, as a text, which is held exactly."""
    single = len(values) == 1 and not whole
    return values[0] if single else " ".join(map(str, values)) or "absent"


def _number(value: Any) -> Any:
    """Round a number; words stay what they are."""
    return value if missing(value) or isinstance(value, str) else round(float(value), 9)


def _ledger(plan: Plan, atoms: pd.DataFrame) -> Iterator[Said]:
    """Add up what closes, and take the worst residual of each kind."""
    area = plan.run["area_m2"]
    inside = int(area["city"]) - int(area.get("dropped", 0))
    frames: dict[str, Any] = {"city": atoms, "units": plan.units, "pieces": plan.pieces}
    if "zone" in plan.units and plan.units["zone"].notna().all():
        frames["zones"] = plan.zones
    for name, frame in frames.items():
        if frame is None or "area_m2" not in frame:
            continue
        total = int(frame["area_m2"].sum())
        yield Said(f"ledger.{name}", "city", total, inside, total == inside)
    table = plan.tables.get("residuals")
    worst: dict[str, Any] = {}
    for row in [] if table is None else table.to_dict("records"):
        kind = str(row["kind"])
        if kind not in worst or abs(row["residual_m2"]) > abs(worst[kind]["residual_m2"]):
            worst[kind] = row
    for kind, row in worst.items():
        value, most = round(abs(float(row["residual_m2"])), 6), float(row["limit_m2"])
        yield Said(f"residual.{kind}", str(row["code"]), value, most, value <= most)
    bend = plan.run.get("grid", {}).get("distortion")
    if bend:
        most = float(plan.config.grid.max_area_error)
        value = float(bend["worst_local"])
        yield Said("crs.distortion", "city", value, most, value <= most)


def _published(plan: Plan) -> Iterator[Said]:
    """Hold counts and areas against those that a published plan states."""
    config, red = plan.config, plan.redlines
    part = config.redlines
    counts = [("published.units", len(plan.units), config.grid.expected_units)]
    if red is not None:
        counts.append(("published.areas", len(set(red["area_code"])), part.expected_areas))
    for name, n, told in counts:
        if told is not None:
            yield Said(name, "city", n, told, n == told)
    if red is not None and part.published_union_m2 is not None:
        union, told_m2 = int(plan.units["redline_m2"].sum()), part.published_union_m2
        near = abs(union - told_m2) <= _NEAR * told_m2
        yield Said("published.redlines", "city", union, told_m2, near)
    for code, rule in config.published.zone_caps.items():
        if "built_m2" not in plan.zones or code not in plan.zones.index:
            continue
        built, area = plan.zones.at[code, "built_m2"], int(plan.zones.at[code, "area_m2"])
        if not missing(built):
            value = int(built) / area if area else 0.0
            yield Said(f"published.zone_cap.{code}", code, value, rule.share, value <= rule.share)


def _left(plan: Plan) -> Iterator[Said]:
    """Land that could not be placed."""
    ledger = plan.ledger
    for name in NOWHERE:
        m2 = int(ledger.loc[ledger["township"] == name, "area_m2"].sum())
        yield Said(f"left_out.{name}", "city", m2, 0, m2 == 0)
    known, m2 = classes(plan), 0
    if known:
        # What no table of classes knows is told by the reader; 0 and -1 are no use at all.
        plain = {v for v, row in known.items()
                 if row["group"] in ("construction", "agriculture", "ecology")}  # fmt: skip
        use = ledger["landuse"].astype("int64")
        m2 = int(ledger.loc[(use <= 0) & ~use.isin(plain), "area_m2"].sum())
    yield Said("left_out.unknown_use", "city", m2, 0, m2 == 0)
    if "zone" in plan.units:
        n = int(plan.units["zone"].isna().sum())
        yield Said("left_out.zone", "city", n, 0, n == 0)
    rules = scheme_of(plan.config.zones).replacing
    if len(rules) > 1 and "zone" in plan.units:
        m2 = plan.units["area_m2"].astype("int64")
        over = [(plan.units[o.column] >= o.share * m2).fillna(value=False) & (m2 > 0)
                for o in rules]  # fmt: skip
        n = int((sum(o.astype("int64") for o in over) > 1).sum())
        yield Said("zones.overlays", "", n, 0, n == 0)
    if plan.redlines is None and not plan.config.redlines.none:
        yield Said("left_out.redlines", "city", None, None, False)


def _decided(plan: Plan) -> Iterator[Said]:
    """Decisions on record that no longer fit."""
    table = plan.tables.get("decisions")
    if table is None or "state" not in table:
        return
    for state in ("stale", "no-place", "moot"):
        codes = [str(c) for c, s in zip(table["code"], table["state"], strict=True) if s == state]
        yield Said(f"decisions.{state}", codes[0] if codes else "city", len(codes), 0, not codes)


def _account(plan: Plan) -> Iterator[Said]:
    """Caps on what exists, then limits on what is new."""
    if plan.pieces is None or "construction" not in plan.run or "zone" not in plan.pieces:
        return
    land = land_of(plan)
    rules, account = rules_of(plan, land)
    yield from _caps(plan, land, account)
    placed = "allocation" in plan.run
    if account["cap_m2"] is None:
        yield Said("cap.none", "city", None, None, False)
    elif placed:
        yield from _new(plan, land, rules)
        yield from _proof(plan, land, account)


def _caps(plan: Plan, land: Land, account: dict[str, Any]) -> Iterator[Said]:
    cap = plan.config.cap
    if account["cap_m2"] is not None:
        yield _within("cap.city", "city", account["existing_m2"], account["cap_m2"])
    other = "township" if cap.zone_basis == "unit" else "unit"
    for basis, name in ((cap.zone_basis, "cap.zone"), (other, f"cap.zone_by_{other}")):
        column = land.zone if basis == "unit" else land.township_zone
        if not any(column):
            continue
        for code in scheme_of(plan.config.zones).codes:
            rule = cap.zone_caps.get(code)
            if rule is None:
                continue
            here = [i for i, z in enumerate(column) if z == code]
            built, area = sum(land.built[i] for i in here), sum(land.area[i] for i in here)
            most = built if rule.share is None else share(rule.share, area, cap.survey_factor)
            yield _within(name, code, built, most)
    yield from _places(plan, land)
    green, base = cap.eco_agri_share, account["base_m2"]
    if green is not None and base and plan.pieces is not None:
        left = int(plan.pieces["eco_agri_m2"].sum())
        if "allocation" in plan.run:
            left += sum(land.gone) - sum(land.new)
        yield Said("cap.eco_agri", "city", left / base, green.share, left / base >= green.share)


def _places(plan: Plan, land: Land) -> Iterator[Said]:
    """Hold what counties and townships have built against caps on all construction."""
    cap = plan.config.cap
    for kind, places, column in (("county", cap.counties, land.county),
                                 ("township", cap.townships, land.township)):  # fmt: skip
        for one in places:
            here = [i for i, c in enumerate(column) if c == one.place]
            built, area = sum(land.built[i] for i in here), sum(land.area[i] for i in here)
            totals = []
            if one.cap_total_m2 is not None:
                totals.append(share(1, int(one.cap_total_m2), cap.survey_factor))
            if one.cap_share is not None:
                totals.append(share(one.cap_share, area, cap.survey_factor))
            if totals:
                yield _within(f"cap.{kind}", one.place, built, min(totals))


def _new(plan: Plan, land: Land, rules: list[Rule]) -> Iterator[Said]:
    """Every limit that the configuration draws, those of the plan's own among them."""
    free = land.free
    over = sum(not 0 <= n <= f for n, f in zip(land.new, free, strict=True))
    yield Said("new.free", "city", over, 0, over == 0)
    for rule in rules:
        if rule.cap_m2 is not None:
            yield _within(f"new.{rule.kind}", rule.code, rule.used(land), rule.cap_m2)
        if rule.floor_m2 > 0:
            least = rule.least(land)
            yield Said(f"floor.{rule.kind}", rule.code, least, rule.floor_m2,
                       least >= rule.floor_m2)  # fmt: skip
    names = [p.name for p in plan.config.cap.phase[:-1]]
    ends = [land.by[n] for n in names] + [land.new]
    for t, name in enumerate(names):
        off = sum(not 0 <= now <= after for now, after in zip(ends[t], ends[t + 1], strict=True))
        yield Said("new.phase_nested", name, off, 0, off == 0)
    if plan.config.cap.reduction:
        off = sum(not 0 <= g <= m for g, m in zip(land.gone, land.may_go, strict=True))
        yield Said("new.reducible", "city", off, 0, off == 0)
    for zone in scheme_of(plan.config.zones).members:
        if not zone.new_land:
            used = sum(n for n, z in zip(land.new, land.zone, strict=True) if z == zone.code)
            yield Said("new.closed_zone", zone.code, used, 0, used == 0)
    astray = sum(max(n - f, 0) + max(-n, 0) for n, f in zip(land.new, free, strict=True))
    astray += sum(n for n, t in zip(land.new, land.township, strict=True) if t in NOWHERE)
    yield Said("allocation.free", "city", astray, 0, astray == 0)


def _proof(plan: Plan, land: Land, account: dict[str, Any]) -> Iterator[Said]:
    existing, most = sum(land.built), account["cap_m2"]
    total = existing + sum(land.new) - sum(land.gone)
    yield Said("allocation.cap", "city", total, most, total <= max(most, existing))
    proof = plan.run["allocation"].get("certificate") or {}
    yield Said("allocation.certificate", "city", proof.get("objective"), proof.get("bound"),
               bool(proof.get("ok")))  # fmt: skip


def _within(check: str, where: str, measured: int, limit: int) -> Said:
    return Said(check, where, measured, limit, measured <= limit)
