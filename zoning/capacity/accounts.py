"""The account: what is built, what each cap allows, what is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from zoning.base.areas import km2
from zoning.capacity.green import eco_check, eco_limit
from zoning.capacity.own import own_limits
from zoning.capacity.phases import phase_limits
from zoning.capacity.reductions import left_under, reducible, reduction_limits
from zoning.capacity.rules import AreaRule, CapRules, Limit, share_of
from zoning.errors import Check, InputError, Problem, Text, raise_all

_AREAS = ["area_m2", "built_m2", "free_m2"]

#: Why a zone without a rule of the plan's own takes no new land.
CLOSED = "the zone takes no new construction land"


@dataclass(frozen=True)
class Account:
    """The account of construction land before anything new is placed.

    Parameters
    ----------
    base_m2, existing_m2 : int
        Base of the cap and existing construction in square metres.
    cap_m2, headroom_m2 : int or None
        The cap (rounded down) and what is left under it (never negative); ``None`` without a cap.
    zone_column : str
        Column of the pieces table on which zone caps and quotas bind.
    zones, zones_other : DataFrame, index ``zone``
        ``area_m2, built_m2, free_m2, cap_m2, headroom_m2, quota_m2`` on the binding basis and on
        the other one (``<NA>``: no such limit).
    counties, townships, zone_county, zone_township : DataFrame
        Sums of area, existing construction and free land.
    limits : tuple of Limit
        Everything that binds new land.
    checks : tuple of Check
        Each cap with measured, limit and margin.
    """

    base_m2: int
    cap_m2: int | None
    existing_m2: int
    headroom_m2: int | None
    zone_column: str
    zones: pd.DataFrame
    zones_other: pd.DataFrame
    counties: pd.DataFrame
    townships: pd.DataFrame
    zone_county: pd.DataFrame
    zone_township: pd.DataFrame
    limits: tuple[Limit, ...]
    checks: tuple[Check, ...]
    rules: CapRules

    @property
    def cap_share(self) -> float | None:
        """The cap as a share of the base, in the survey of the account."""
        share = self.rules.share
        return None if share is None else share / self.rules.survey_factor

    def as_dict(self) -> dict[str, Any]:
        """Give the account as plain data."""
        zones = self.zones.astype(object).where(self.zones.notna(), None)
        return {
            "base_m2": self.base_m2,
            "cap_share": self.cap_share,
            "cap_m2": self.cap_m2,
            "existing_m2": self.existing_m2,
            "headroom_m2": self.headroom_m2,
            "zone_basis": self.rules.zone_basis,
            "zones": zones.to_dict(orient="index"),
            "limits": [limit.as_dict() for limit in self.limits],
        }


def closed_zones(rules: CapRules) -> dict[str, Text]:
    """Give code and name of the zones that take no new land by what they are."""
    return {z.code: z.name for z in rules.scheme.members if not z.new_land}


def _sums(pieces: pd.DataFrame, by: str | list[str]) -> pd.DataFrame:
    """Add up areas by one or two columns; rows without a code are left out."""
    return pieces.groupby(by, observed=True)[_AREAS].sum().astype("int64")


def _zone_table(
    pieces: pd.DataFrame, column: str, rules: CapRules, headroom_m2: int | None
) -> pd.DataFrame:
    """Area, existing land, cap, headroom and quota of every zone on one basis."""
    names = list(rules.scheme.codes)
    table = _sums(pieces, column).reindex(names, fill_value=0)
    table.index.name = "zone"
    caps: list[int | None] = []
    for zone in names:
        rule = rules.zone_caps.get(zone)
        built = int(table.at[zone, "built_m2"])
        if rule is None:
            caps.append(None)
        elif rule == "existing":
            caps.append(built)
        else:
            caps.append(rules.converted(float(rule), int(table.at[zone, "area_m2"])))
    table["cap_m2"] = pd.array(caps, dtype="Int64")
    table["headroom_m2"] = (table["cap_m2"] - table["built_m2"]).clip(lower=0)
    quota = [rules.quotas.get(z) for z in names]
    table["quota_m2"] = pd.array(
        [None if q is None or headroom_m2 is None else share_of(q, headroom_m2) for q in quota],
        dtype="Int64",
    )
    return table


def _zone_limits(
    pieces: pd.DataFrame, zones: pd.DataFrame, by_unit: pd.DataFrame, column: str, rules: CapRules
) -> list[Limit]:
    """Give the limits of zones; a zone that no township has binds on units on either basis."""
    names, found = rules.scheme.names, []
    for code in zones.index.astype(str):
        here = column
        if zones.at[code, "area_m2"] == 0 and len(by_unit):
            here = "zone"
        row = (by_unit if here == "zone" else zones).loc[code]
        if pd.notna(row["cap_m2"]):
            may_go = reducible(pieces, here, code)
            found.append(
                Limit(
                    "zone",
                    code,
                    cap_m2=left_under(int(row["cap_m2"]), int(row["built_m2"]), may_go),
                    # "existing" takes nothing new, whatever is given up.
                    net=rules.zone_caps.get(code) != "existing",
                    source=rules.sources.get(f"zone_caps.{code}", ""),
                    name=names[code],
                    column=here,
                    existing_m2=int(row["built_m2"]),
                    base_m2=int(row["area_m2"]),
                )
            )
        if pd.notna(row["quota_m2"]):
            found.append(
                Limit(
                    "quota",
                    code,
                    cap_m2=int(row["quota_m2"]),
                    source=rules.sources.get(f"quotas.{code}", ""),
                    name=names[code],
                    column=here,
                )
            )
    return found


def _closed_limits(pieces: pd.DataFrame, rules: CapRules) -> list[Limit]:
    """Keep new land out of zones that take none, unless the plan states a rule of its own there."""
    found = []
    for code, name in closed_zones(rules).items():
        if code in rules.zone_caps:
            continue
        here = pieces[pieces["zone"].eq(code).fillna(False)]
        found.append(
            Limit("zone", code, cap_m2=0, source=CLOSED, name=name, column="zone",
                  existing_m2=int(here["built_m2"].sum()), base_m2=int(here["area_m2"].sum()))
        )  # fmt: skip
    return found


def _area_cap(
    rules: CapRules, rule: AreaRule, row: Mapping[str, int]
) -> tuple[int | None, int | None]:
    """Give (cap on new land, cap on all construction) of a place; ``None`` where none is set."""
    totals = []
    if rule.cap_total_m2 is not None:
        totals.append(rules.converted(1.0, rule.cap_total_m2))
    if rule.cap_share is not None:
        totals.append(rules.converted(rule.cap_share, row["area_m2"]))
    total = min(totals) if totals else None
    new = [] if rule.cap_new_m2 is None else [rule.cap_new_m2]
    if total is not None:
        new.append(max(0, total - row["built_m2"]))
    return (min(new) if new else None), total


def _area_limits(
    rules: CapRules, tables: Mapping[str, pd.DataFrame], pieces: pd.DataFrame
) -> tuple[list[Limit], list[Check]]:
    limits, checks, problems = [], [], []
    for rule in rules.areas:
        table = tables[rule.kind]
        if rule.code not in table.index:
            problems.append(
                Problem(
                    Text(
                        f"a rule names {rule.kind} '{rule.code}', which the plan does not have",
                        f"规则中的 {rule.kind} '{rule.code}' 在本方案中不存在",
                    ),
                    "[cap]",
                    code="unknown-area",
                )
            )
            continue
        row = {k: int(table.at[rule.code, k]) for k in _AREAS}
        new, total = _area_cap(rules, rule, row)
        may_go = reducible(pieces, rule.kind, rule.code)
        if may_go and total is not None:
            # What is given up counts under the cap on all construction, not under that on new land.
            limits.append(
                Limit(rule.kind, rule.code, cap_m2=left_under(total, row["built_m2"], may_go),
                      source=rule.source, name=rule.name, existing_m2=row["built_m2"],
                      base_m2=row["area_m2"], net=True)
            )  # fmt: skip
            new = rule.cap_new_m2
        limits.append(
            Limit(
                rule.kind,
                rule.code,
                floor_m2=rule.floor_new_m2,
                cap_m2=new,
                source=rule.source,
                name=rule.name,
                existing_m2=row["built_m2"],
                base_m2=row["area_m2"],
            )
        )
        if total is not None:
            checks.append(_cap_check(f"cap.{rule.kind}", rule.code, row["built_m2"], total))
    raise_all(problems)
    return limits, checks


def _cap_check(name: str, where: str, measured: int, limit: int, level: Any = "error") -> Check:
    ok = measured <= limit
    relation, relation_zh = ("within", "未超过") if ok else ("above", "超过")
    return Check(
        name,
        level,
        ok,
        measured,
        limit,
        "m2",
        where,
        Text(
            f"construction {km2(measured)} is {relation} the cap {km2(limit)}",
            f"建设用地 {km2(measured)} {relation_zh}上限 {km2(limit)}",
        ),
    )


def _zone_checks(zones: pd.DataFrame, level: Any, basis: str) -> list[Check]:
    name = "cap.zone" if level == "error" else f"cap.zone_by_{basis}"
    return [
        _cap_check(name, str(zone), int(row["built_m2"]), int(row["cap_m2"]), level)
        for zone, row in zones.iterrows()
        if pd.notna(row["cap_m2"])
    ]


def _has(pieces: pd.DataFrame, column: str) -> bool:
    return column in pieces and bool(pieces[column].notna().any())


def account(
    pieces: pd.DataFrame,
    rules: CapRules,
    city_area_m2: int,
    *,
    eco_agri_m2: int | None = None,
) -> Account:
    """Draw up the account of existing construction under all caps.

    Existing land above a cap is a failed check with headroom 0 there, not an error: the plan is
    written all the same.

    Parameters
    ----------
    pieces : DataFrame, index ``piece``
        ``unit, township, county, zone, township_zone, area_m2, built_m2, free_m2`` (int64, m2).
        Without zones the table may lack the zone columns or hold ``<NA>``.
    rules : CapRules
        The caps, quotas and floors.
    city_area_m2 : int
        Planar area of the city in square metres: the base unless ``rules`` names another.
    eco_agri_m2 : int, optional
        Ecological and agricultural space today; without it that check is left out.

    Returns
    -------
    Account

    Raises
    ------
    InputError
        If a rule names a place the plan does not have, or existing land exceeds the area.

    Examples
    --------
    >>> pieces = pd.DataFrame(
    ...     {"unit": ["u1", "u2"], "township": ["t", "t"], "county": ["c", "c"],
    ...      "zone": ["key", "balance"], "township_zone": ["key", "key"],
    ...      "area_m2": [1000, 1000], "built_m2": [200, 50], "free_m2": [500, 500]},
    ...     index=pd.Index(["u1|t", "u2|t"], name="piece"))
    >>> rules = CapRules(share=0.28, zone_caps={"key": 0.30}, quotas={"key": 0.55})
    >>> acc = account(pieces, rules, 2000)
    >>> acc.cap_m2, acc.headroom_m2, acc.zones.at["key", "headroom_m2"]
    (560, 310, np.int64(100))
    >>> [(x.kind, x.code, x.cap_m2) for x in acc.limits]
    [('city', 'city', 310), ('zone', 'key', 100), ('quota', 'key', 170), ('zone', 'balance', 0)]
    """
    above = pieces.index[pieces["built_m2"] > pieces["area_m2"]]
    if len(above):
        raise InputError.one(
            f"existing construction exceeds the area of piece {above[0]}",
            f"地块 {above[0]} 的现状建设用地超过其面积",
            where="pieces",
            code="built-above-area",
        )
    base = city_area_m2 if rules.base_area_m2 is None else rules.base_area_m2
    existing = int(pieces["built_m2"].sum())
    cap = None if rules.share is None else rules.converted(rules.share, base)
    headroom = None if cap is None else max(0, cap - existing)
    column, other = ("zone", "township_zone")
    if rules.zone_basis == "township":
        column, other = other, column
    limits, checks = [], []
    if cap is not None:
        source = rules.sources.get("share", "")
        left = left_under(cap, existing, reducible(pieces))
        limits.append(
            Limit("city", "city", cap_m2=left, source=source, existing_m2=existing, base_m2=base,
                  net=True)
        )  # fmt: skip
        checks.append(_cap_check("cap.city", "city", existing, cap))
    counties, townships = _sums(pieces, "county"), _sums(pieces, "township")
    found = {c: _has(pieces, c) for c in (column, other)}
    tables = {
        c: _zone_table(pieces, c, rules, headroom) if found[c] else pd.DataFrame()
        for c in (column, other)
    }
    if found[column]:
        limits += _zone_limits(pieces, tables[column], tables["zone"], column, rules)
        checks += _zone_checks(tables[column], "error", rules.zone_basis)
    if found["zone"]:
        limits += _closed_limits(pieces, rules)
    if found[other]:
        checks += _zone_checks(tables[other], "note", "township" if other != "zone" else "unit")
    limits += eco_limit(rules, eco_agri_m2, base, reducible(pieces))
    limits += own_limits(pieces, rules.own)
    limits += phase_limits(rules, headroom, column)
    titles = {rule.name: rule.title for rule in rules.phases}
    limits = [replace(x, phase_name=titles.get(x.phase, x.phase_name)) for x in limits]
    limits += reduction_limits(pieces, rules.reductions)
    more, more_checks = _area_limits(rules, {"county": counties, "township": townships}, pieces)
    cross = {
        by: _sums(pieces, ["zone", by]) if found["zone"] else pd.DataFrame()
        for by in ("county", "township")
    }
    return Account(
        base_m2=base,
        cap_m2=cap,
        existing_m2=existing,
        headroom_m2=headroom,
        zone_column=column,
        zones=tables[column],
        zones_other=tables[other],
        counties=counties,
        townships=townships,
        zone_county=cross["county"],
        zone_township=cross["township"],
        limits=tuple(limits + more),
        checks=tuple(checks + more_checks + eco_check(rules, eco_agri_m2, base)),
        rules=rules,
    )
