"""Caps, quotas, floors and own limits drawn again, and the new land held against them.

A second way with fractions of whole numbers; nothing of `zoning.capacity` is called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from zoning.errors import Text
from zoning.plan import Plan
from zoning.schemes import scheme_of
from zoning.verify import counted, stages
from zoning.verify.compare import Findings, missing
from zoning.verify.stages import may_go, share

_MILLION = counted.MILLION


@dataclass(frozen=True)
class Rule:
    """One limit on new land: which pieces, at least and at most how much.

    ``counts``: what 1 m2 of each piece counts, in millionths of ``unit``; without it every m2
    counts as one. ``column``: the class on which the rule binds, where it must be known.
    """

    kind: str
    code: str
    pieces: frozenset[int]
    floor_m2: int
    cap_m2: int | None
    phase: str = ""
    net: bool = False
    counts: Mapping[int, int] | None = None
    unit: str = "m2"
    column: str = ""

    def count(self, i: int) -> int:
        """Give what 1 m2 of a piece counts, in millionths."""
        return _MILLION if self.counts is None else self.counts[i]

    @property
    def uneven(self) -> bool:
        """Whether pieces count differently."""
        return self.counts is not None and any(c != _MILLION for c in self.counts.values())

    def millionths(self, land: Land) -> int:
        """Add up what counts: new land, that of a phase, less land that goes; or what goes."""
        built = land.by[self.phase] if self.phase else land.new
        if self.kind == "reduction":
            built = land.gone
        elif self.net:
            return _MILLION * sum(built[i] - land.gone[i] for i in self.pieces)
        return sum(built[i] * self.count(i) for i in self.pieces)

    def used(self, land: Land) -> int:
        """Give what counts in whole units, rounded against the plan."""
        counted = self.millionths(land)
        return counted // _MILLION if self.cap_m2 is None else -(-counted // _MILLION)

    def least(self, land: Land) -> int:
        """Give what counts for a floor: whole units that are full."""
        return self.millionths(land) // _MILLION

    def holds(self, land: Land) -> bool:
        """Whether the new land keeps the limit; where there is no floor, land may go."""
        least = self.floor_m2 <= 0 or self.least(land) >= self.floor_m2
        return least and (self.cap_m2 is None or self.used(land) <= self.cap_m2)


@dataclass(frozen=True)
class Land:
    """The pieces as plain lists, in the order of the plan."""

    piece: list[str]
    unit: list[str]
    county: list[str]
    township: list[str]
    zone: list[str | None]
    township_zone: list[str | None]
    area: list[int]
    built: list[int]
    free: list[int]
    worth: list[Fraction]
    new: list[int]
    by: dict[str, list[int]] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)
    may_go: list[int] = field(default_factory=list)
    reduction: list[str | None] = field(default_factory=list)
    keep: list[Fraction] = field(default_factory=list)


def land_of(plan: Plan) -> Land:
    """Read the pieces of a plan with an account."""
    p = plan.units.iloc[:0] if plan.pieces is None else plan.pieces

    def text(column: str) -> list[Any]:
        return [v if isinstance(v, str) else None for v in p[column].astype(object)]

    def whole(column: str) -> list[int]:
        return [int(v) for v in p[column]] if column in p else [0] * len(p)

    worth: list[Any] = (
        p["suitability"].astype(object).tolist() if "suitability" in p else [None] * len(p)
    )
    return Land(
        [str(i) for i in p.index], text("unit"), text("county"), text("township"), text("zone"),
        text("township_zone"), whole("area_m2"), whole("built_m2"), whole("free_m2"),
        [Fraction(0) if missing(v) else Fraction(round(float(v) * 10**9), 10**9)
         for v in worth],
        whole("new_m2"),
        {c.name: whole(f"by_{c.name}_m2") for c in plan.config.cap.phase[:-1]},
        whole("reduced_m2"), *may_go(plan, p),
    )  # fmt: skip


def rules_of(plan: Plan, land: Land) -> tuple[list[Rule], dict[str, Any]]:
    """Draw every limit from the configuration.

    Returns
    -------
    rules : list of Rule
    account : dict
        Figures that ``run.json`` says under ``construction``.
    """
    cap, scheme = plan.config.cap, scheme_of(plan.config.zones)
    city = int(plan.run["area_m2"]["city"])
    base = city if cap.base_area_m2 is None else int(cap.base_area_m2)
    existing, every = sum(land.built), frozenset(range(len(land.piece)))
    account: dict[str, Any] = {"existing_m2": existing, "base_m2": base, "cap_m2": None,
                               "headroom_m2": None}  # fmt: skip
    rules: list[Rule] = []
    headroom = None
    if cap.share is not None:
        most = share(cap.share, base, cap.survey_factor)
        headroom = max(0, most - existing)
        account |= {"cap_m2": most, "headroom_m2": headroom}
        left = max(most - existing, -sum(land.may_go))
        rules.append(Rule("city", "city", every, 0, left, net=True))
    basis = "zone" if cap.zone_basis == "unit" else "township_zone"
    own = land.zone if cap.zone_basis == "unit" else land.township_zone
    if any(own):
        for zone in scheme.codes:
            here, on = _where(own, zone), basis
            if not sum(land.area[i] for i in here) and any(land.zone):
                here, on = _where(land.zone, zone), "zone"
            rules += _zone_rules(plan, land, zone, here, headroom, on)
    if any(land.zone):
        rules += [
            Rule("zone", z.code, _where(land.zone, z.code), 0, 0, column="zone")
            for z in scheme.members if not z.new_land and z.code not in cap.zone_caps
        ]  # fmt: skip
    rules += _green(plan, land, every, base)
    rules += _own(plan)
    for phase, until, caps, quotas in stages.phases(plan, headroom):
        rules.append(Rule("phase", phase.name, every, int(phase.lower_m2), caps, until))
        rules += [Rule("phase_quota", z, _where(own, z), 0, most, until, column=basis)
                  for z, most in quotas]  # fmt: skip
    rules += [
        Rule("reduction", r.name, frozenset(i for i in every if land.reduction[i] == r.name),
             r.lower_m2, r.upper_m2)
        for r in cap.reduction
    ]  # fmt: skip
    for kind, places, column in (("county", cap.counties, land.county),
                                 ("township", cap.townships, land.township)):  # fmt: skip
        for rule in places:
            rules += _place_rule(plan, land, kind, rule, column)
    return rules, account


def _closed(plan: Plan, land: Land, found: Findings) -> None:
    """Tell new land in zones that may take none, whatever caps the plan states."""
    for zone in scheme_of(plan.config.zones).members:
        if zone.new_land:
            continue
        used = sum(land.new[i] for i in _where(land.zone, zone.code))
        found.add(
            "new.closed_zone", used == 0,
            Text(f"{zone.en}: the zone takes no new construction land; new land {used} m²",
                 f"{zone.zh}：该分区不得新增建设用地，新增 {used} m²"),
            zone.code, measured=used, limit=0, unit="m2",
        )  # fmt: skip


def _green(plan: Plan, land: Land, every: frozenset[int], base: int) -> list[Rule]:
    """Keep the least share of ecological and agricultural space: new land is taken from it."""
    rule, pieces = plan.config.cap.eco_agri_share, plan.pieces
    # Until 0.2.0 this share was checked afterwards and was no limit of the allocation.
    if rule is None or base == 0 or pieces is None or _before_it_was_a_limit(plan):
        return []
    green = sum(int(v) for v in pieces["eco_agri_m2"])
    exact = Fraction(str(rule.share)) * base
    least = -(-exact.numerator // exact.denominator)
    return [Rule("eco_agri", "city", every, 0, max(green - least, -sum(land.may_go)), net=True)]


def _before_it_was_a_limit(plan: Plan) -> bool:
    table = plan.tables.get("limits")
    told = table is not None and table["kind"].eq("eco_agri").any()
    return str(plan.run.get("software", {}).get("zoning", "")).startswith("0.1.") and not told


def _where(column: list[Any], code: str) -> frozenset[int]:
    return frozenset(i for i, v in enumerate(column) if v == code)


def _own(plan: Plan) -> list[Rule]:
    """Draw the limits of the plan's own; what each piece counts is held by `zoning.verify.own`."""
    return [
        Rule("limit", r.rule.name, frozenset(r.counts), r.floor, r.cap, r.phase, counts=r.counts,
             unit=r.rule.unit)
        for r in counted.own_limits(plan)
    ]  # fmt: skip


def _zone_rules(
    plan: Plan, land: Land, zone: str, here: frozenset[int], headroom: int | None, column: str
) -> list[Rule]:
    cap, found = plan.config.cap, []
    rule, quota = cap.zone_caps.get(zone), cap.quotas.get(zone)
    built, area = sum(land.built[i] for i in here), sum(land.area[i] for i in here)
    if rule is not None:
        most = built if rule.share is None else share(rule.share, area, cap.survey_factor)
        may_go = 0 if rule.share is None else sum(land.may_go[i] for i in here)
        found.append(Rule("zone", zone, here, 0, max(most - built, -may_go),
                          net=rule.share is not None, column=column))  # fmt: skip
    if quota is not None and headroom is not None:
        most = share(quota.share, headroom, None)
        found.append(Rule("quota", zone, here, 0, most, column=column))
    return found


def _place_rule(plan: Plan, land: Land, kind: str, rule: Any, column: list[str]) -> list[Rule]:
    here = _where(column, rule.place)
    built, area = sum(land.built[i] for i in here), sum(land.area[i] for i in here)
    factor = plan.config.cap.survey_factor
    totals = []
    if rule.cap_total_m2 is not None:
        totals.append(share(1, int(rule.cap_total_m2), factor))
    if rule.cap_share is not None:
        totals.append(share(rule.cap_share, area, factor))
    may_go = sum(land.may_go[i] for i in here)
    found, caps = [], []
    if totals and may_go:  # land that goes counts under the cap on all construction alone
        most = max(min(totals) - built, -may_go)
        found.append(Rule(kind, rule.place, here, 0, most, net=True))
    elif totals:
        caps.append(max(0, min(totals) - built))
    caps += [] if rule.cap_m2 is None else [int(rule.cap_m2)]
    least = int(rule.floor_m2 or 0)
    return [*found, Rule(kind, rule.place, here, least, min(caps) if caps else None)]


def offered(land: Land) -> list[int]:
    """Give the free land on which new land may come: one township and a zone are known."""
    return [
        f if t not in stages.NOWHERE and z is not None else 0
        for f, t, z in zip(land.free, land.township, land.zone, strict=True)
    ]


def audit(plan: Plan, land: Land, rules: list[Rule], account: dict[str, Any], found: Findings
          ) -> None:  # fmt: skip
    """Hold the new land and what is written of limits against the rules."""
    stored = plan.run.get("construction", {})
    new, gone = sum(land.new), sum(land.gone)
    account = {**account, "new_m2": new, "share": (account["existing_m2"] + new - gone)
               / account["base_m2"]}  # fmt: skip
    if plan.config.cap.reduction and "allocation" in plan.run:
        account["reduced_m2"] = gone
    found.column("verify.construction", "run.json, construction",
                 {k: stored.get(k) for k in account}, account,
                 source=Text("pieces and [cap]", "地块与 [cap]"))  # fmt: skip
    if "allocation" not in plan.run:
        bad = new
        found.add("verify.new_land", bad == 0, Text("no new land without an allocation",
                  "无分配方案则无新增"), measured=bad, limit=0, unit="m2")  # fmt: skip
        return
    room = offered(land)
    for i in range(len(room)):
        if not 0 <= land.new[i] <= room[i]:
            found.add(
                "verify.free", False,
                Text(f"piece {land.piece[i]}: new land {land.new[i]} m², free {room[i]} m²",
                     f"地块 {land.piece[i]}：新增 {land.new[i]} m²，可用 {room[i]} m²"),
                land.piece[i], measured=land.new[i], limit=room[i], unit="m2",
            )  # fmt: skip
            break
    else:
        found.add("verify.free", True, Text("new land lies on free land of one township and zone",
                  "新增均在可用土地上"))  # fmt: skip
    _closed(plan, land, found)
    stages.audit(plan, land, found)
    for rule in rules:
        used = rule.used(land)
        unit = "m²" if rule.unit == "m2" else rule.unit
        found.add(
            "verify.limit", rule.holds(land),
            Text(f"{rule.kind} {rule.code}: new land {used} {unit}, allowed "
                 f"{rule.floor_m2} to {rule.cap_m2} {unit}",
                 f"{rule.kind} {rule.code}：新增 {used} {unit}，"
                 f"允许 {rule.floor_m2} 至 {rule.cap_m2} {unit}"),
            rule.code, measured=used, limit=rule.cap_m2, unit=rule.unit,
        )  # fmt: skip
    _table(plan, land, rules, found)


def _table(plan: Plan, land: Land, rules: list[Rule], found: Findings) -> None:
    """Hold the table of limits, and caps and quotas of the zones, against the rules."""
    table = plan.tables.get("limits")
    if table is None:
        found.add("verify.limits", False, Text("plan.gpkg lacks the table limits",
                  "plan.gpkg 缺少表 limits"), "plan.gpkg: limits")  # fmt: skip
        return
    derived, stored = {}, {}
    for n, rule in enumerate(rules):
        used = rule.used(land)
        derived[n] = (rule.kind, rule.code, rule.floor_m2, rule.cap_m2, used,
                      None if rule.cap_m2 is None else rule.cap_m2 - used)  # fmt: skip
    columns = ["kind", "code", "floor_m2", "cap_m2", "used_m2", "left_m2"]
    for n, row in enumerate(table[columns].itertuples(index=False)):
        stored[n] = tuple(
            str(v) if isinstance(v, str) else None if missing(v) else int(v) for v in row
        )
    for k, column in enumerate(columns):
        found.column(
            "verify.limits", f"plan.gpkg: limits, {column}",
            {n: r[k] for n, r in stored.items()}, {n: r[k] for n, r in derived.items()},
            source=Text("[cap] and the pieces", "[cap] 与地块"),
        )  # fmt: skip
    _zones(plan, land, found)


def _zones(plan: Plan, land: Land, found: Findings) -> None:
    """Hold cap and quota of each zone, stored whole, against the rules."""
    cap, stored = plan.config.cap, plan.run.get("construction", {})
    own = land.zone if cap.zone_basis == "unit" else land.township_zone
    headroom = stored.get("headroom_m2")
    want: dict[str, dict[str, Any]] = {"cap_m2": {}, "quota_m2": {}}
    for zone in map(str, plan.zones.index):
        rule, quota, here = cap.zone_caps.get(zone), cap.quotas.get(zone), _where(own, zone)
        built, area = sum(land.built[i] for i in here), sum(land.area[i] for i in here)
        want["cap_m2"][zone] = (
            None if rule is None else built if rule.share is None
            else share(rule.share, area, cap.survey_factor)
        )  # fmt: skip
        want["quota_m2"][zone] = (
            None if quota is None or headroom is None else share(quota.share, headroom, None)
        )
    for column, right in want.items():
        if column not in plan.zones:
            continue
        had = {
            str(z): None if missing(v) else int(v)
            for z, v in plan.zones[column].astype(object).items()
        }
        found.column("verify.zones_table", f"plan.gpkg: zones, {column}", had, right,
                     source=Text("[cap] and the pieces", "[cap] 与地块"))  # fmt: skip
