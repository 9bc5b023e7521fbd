"""What a plan says of an earlier version: sums, states, counts and agreement, derived again.

The earlier plan is not in the folder. What is said of it is held against itself, everything else
against the plan that carries it; nothing of the wing that wrote it is called.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pandas as pd

from zoning.contribution.parts import Contribution
from zoning.digest import digest
from zoning.errors import Text
from zoning.plan import Plan
from zoning.verify.compare import Findings, values

_WING, _CHECK = "diff", "verify.diff"
_UNITS, _SAME, _OPEN, _CHANGED = "diff_units", "same", "open", "changed"
_NOWHERE = ("unzoned", "outside")
_SOURCE = Text("the table of units", "单元表")


def audit(plan: Plan, found: Findings) -> None:
    """Audit what a plan says of the version before it; nothing where it says nothing."""
    given = next((c for c in plan.contributions if c.wing == _WING), None)
    record = plan.run.get("diff")
    if given is None and record is None:
        return
    if given is None or record is None:
        found.add(_CHECK, False, Text("the tables of changes or their record are missing",
                                      "变化的表或其记录缺失"), "run.json, diff")  # fmt: skip
        return
    frames = {t.name: t.frame for t in given.tables}
    listed = record["basis"] == "township"
    mine = record["before" if listed else "after"]
    is_ = digest(
        replace(plan, contributions=tuple(c for c in plan.contributions if c is not given))
    )
    found.add(_CHECK, is_ == mine["digest"],
              Text(f"the plan that was compared has the digest {is_[:16]}",
                   f"所比较方案的摘要为 {is_[:16]}"), "run.json, diff", measured=is_,
              limit=mine["digest"])  # fmt: skip
    units = frames[_UNITS].set_index("unit")
    former = frames.get("diff_former")
    every = frames[_UNITS] if former is None else pd.concat(
        [frames[_UNITS], former.rename(columns={"former_unit": "unit"})]
    )  # fmt: skip
    every = every.set_index("unit")
    _against_plan(plan, units, listed, found)
    _states(every, record, found)
    _sums(plan, every, frames, listed, found)
    _counts(every, frames, record, found)
    _agreement(every, frames["diff_agreement"], record, found)
    _accounts(plan, frames, found)
    _wings(plan, frames, "before" if listed else "after", found)
    _places(plan, frames, given, listed, found)


def _held(
    found: Findings, place: str, stored: Any, derived: Any, source: Text = _SOURCE,
    tolerance: float = 0.0,
) -> None:  # fmt: skip
    found.column(_CHECK, f"plan.gpkg: {place}", stored, derived, source=source,
                 tolerance=tolerance)  # fmt: skip


def _against_plan(plan: Plan, units: pd.DataFrame, listed: bool, found: Findings) -> None:
    """Hold what the table says of the plan that carries it against that plan."""
    side = "before" if listed else "after"
    source = Text("units.parquet", "units.parquet")
    zone = plan.units["township_zone" if listed else "zone"]
    said = {str(u): "unzoned" if z is None else z for u, z in values(zone).items()}
    _held(found, f"{_UNITS}, zone_{side}", values(units[f"zone_{side}"]), said, source)
    _held(found, f"{_UNITS}, area_{side}_m2", values(units[f"area_{side}_m2"]),
          values(plan.units["area_m2"]), source)  # fmt: skip
    if f"new_{side}_m2" in units:
        _held(found, f"{_UNITS}, new_{side}_m2", values(units[f"new_{side}_m2"]),
              values(plan.units["new_m2"]), source)  # fmt: skip


def _states(every: pd.DataFrame, record: Any, found: Findings) -> None:
    """Say again whether a zone changed, and how that is called."""
    walk = record["crosswalk"]
    state, change = {}, {}
    for unit, one, two in zip(
        map(str, every.index), every["zone_before"], every["zone_after"], strict=True
    ):
        choices = [one] if walk is None or one in _NOWHERE else walk.get(one, [])
        several = len(choices) != 1 and (two in choices or not choices or two == "unzoned")
        unknown = several and not (not choices and two == "outside")
        state[unit] = _OPEN if unknown else _SAME if choices == [two] else _CHANGED
        change[unit] = _SAME if state[unit] == _SAME else f"{one}>{two}"
    _held(found, f"{_UNITS}, state", values(every["state"]), state)
    _held(found, f"{_UNITS}, change", values(every["change"]), change)
    if "new_difference_m2" in every:
        less = every["new_after_m2"].astype("int64") - every["new_before_m2"].astype("int64")
        _held(found, f"{_UNITS}, new_difference_m2", values(every["new_difference_m2"]),
              values(less))  # fmt: skip
    least = every[["area_before_m2", "area_after_m2"]].min(axis=1)
    within = every["common_m2"].between(0, least)
    bad = [str(u) for u in every.index[~within]]
    found.add(_CHECK, not bad, Text("land of both plans lies in both", "共同面积不超过任一方案"),
              f"plan.gpkg: {_UNITS}, common_m2" + (f": {bad[0]}" if bad else ""))  # fmt: skip


def _sums(
    plan: Plan, every: pd.DataFrame, frames: dict[str, pd.DataFrame], listed: bool, found: Findings
) -> None:
    """Add the matrix up again; its columns are the zones of the plan."""
    land: Counter[tuple[str, str]] = Counter()
    count: Counter[tuple[str, str]] = Counter()
    columns = ("zone_before", "zone_after", "area_before_m2", "area_after_m2", "common_m2")
    for one, two, was, now, both in every[list(columns)].itertuples(index=False, name=None):
        land[one, two] += int(both)
        land[one, "outside"] += int(was) - int(both)
        land["outside", two] += int(now) - int(both)
        count[one, two] += 1
    stored = frames["diff_transitions"].set_index(["zone_before", "zone_after"])
    _held(found, "diff_transitions, area_m2", values(stored["area_m2"]),
          {k: v for k, v in land.items() if v or count[k]})  # fmt: skip
    _held(found, "diff_transitions, units", values(stored["units"]),
          {k: count[k] for k in land if land[k] or count[k]})  # fmt: skip
    wide, total = frames["diff_matrix"].set_index("zone"), land.copy()
    for (one, two), m2 in land.items():
        total[one, "total"] += m2
        total["total", two] += m2
        total["total", "total"] += m2
    cells = {(str(z), str(c).removesuffix("_m2")): int(v)
             for z, row in wide.iterrows() for c, v in row.items()}  # fmt: skip
    _held(found, "diff_matrix", {k: v for k, v in cells.items() if v},
          {k: v for k, v in total.items() if v})  # fmt: skip
    if not listed and "zone" in plan.units:
        sums: Counter[str] = Counter()
        for (_, two), m2 in land.items():
            sums[two] += m2
        areas = {str(z): int(v) for z, v in plan.zones["area_m2"].items() if v}
        _held(found, "diff_transitions, margin", {z: v for z, v in sums.items()
                                                  if v and z not in _NOWHERE}, areas,
              Text("the zones", "功能区"))  # fmt: skip


def _counts(
    every: pd.DataFrame, frames: dict[str, pd.DataFrame], record: Any, found: Findings
) -> None:
    """Count again what each cause changed; changed units are those of the whole table."""
    moved = every[every["state"] != _SAME]
    grown = every[:0]
    if "new_cause" in every:  # empty where no cause was looked for
        grown = every[every["new_cause"].fillna("") != _SAME]
    towns = frames.get("diff_townships")
    known = {*record["groups"], "joint", "unrecorded", _SAME}
    seen = {*moved["cause"].dropna(), *grown.get("new_cause", pd.Series(dtype=object)).dropna()}
    strange = sorted(seen - known)
    found.add(_CHECK, not strange, Text("every cause is a group that differs",
                                        "每个原因都是有差异的因素"),
              "run.json, diff" + (f": {strange[0]}" if strange else ""))  # fmt: skip
    stored = frames.get("diff_causes")
    if stored is not None:
        table = stored.set_index("cause")
        by = table.index
        derived = {
            "units": {c: int((moved["cause"] == c).sum()) for c in by},
            "area_m2": {c: int(moved.loc[moved["cause"] == c, "common_m2"].sum()) for c in by},
            "townships": {c: 0 if towns is None else int((towns["cause"] == c).sum()) for c in by},
            "new_units": {c: int((grown["new_cause"] == c).sum()) if len(grown) else 0 for c in by},
        }
        for column, right in derived.items():
            _held(found, f"diff_causes, {column}", values(table[column]), right)
    changed = frames.get("diff_changed")
    here = {str(u) for u in frames[_UNITS]["unit"]}
    wanted = {str(u): u for u in [*moved.index, *grown.index] if str(u) in here}
    told = {} if changed is None else {str(u): u for u in changed["unit"]}
    _held(found, "diff_changed, unit", told, wanted)
    if changed is not None:
        for column in ("zone_before", "zone_after", "cause"):
            _held(found, f"diff_changed, {column}", values(changed.set_index("unit")[column]),
                  values(every.loc[changed["unit"], column]))  # fmt: skip


def _agreement(every: pd.DataFrame, stored: pd.DataFrame, record: Any, found: Findings) -> None:
    """Measure agreement again, from pairs of zones and land counted one by one."""
    walk = record["crosswalk"]
    for basis in ("area_m2", "units"):
        one: Counter[str] = Counter()
        two: Counter[str] = Counter()
        both: Counter[str] = Counter()
        for was, now, state, land in zip(every["zone_before"], every["zone_after"], every["state"],
                                         every["common_m2"], strict=True):  # fmt: skip
            choices = [was] if walk is None else walk.get(was, [])
            if len(choices) != 1 or state == _OPEN or {was, now} & set(_NOWHERE):
                continue
            weight = int(land) if basis == "area_m2" else 1
            one[choices[0]] += weight
            two[now] += weight
            both[now] += weight if choices[0] == now else 0
        total, codes = sum(one.values()), {*one, *two}
        if not total:
            continue
        seen = sum(both.values()) / total
        chance = sum(one[c] * two[c] for c in codes) / total**2
        derived = {
            "overall": seen,
            "kappa": 1.0 if chance >= 1 else (seen - chance) / (1 - chance),
            "quantity": sum(abs(one[c] - two[c]) for c in codes) / 2 / total,
            "allocation": sum(min(one[c], two[c]) - both[c] for c in codes) / total,
        }  # fmt: skip
        mine = stored[(stored["basis"] == basis) & (stored["measure"] != "merit")]
        _held(found, f"diff_agreement, {basis}", values(mine.set_index("measure")["value"]),
              derived, tolerance=1e-9)  # fmt: skip
    if "new_before_m2" in every:
        pairs = list(zip(every["new_before_m2"], every["new_after_m2"], strict=True))
        most = sum(max(p) for p in pairs)
        merit = stored[(stored["basis"] == "new_m2")]["value"].tolist()
        right = sum(min(p) for p in pairs) / most if most else 0.0
        _held(found, "diff_agreement, new_m2", {"merit": merit[0] if most and merit else 0.0},
              {"merit": right}, tolerance=1e-9)  # fmt: skip


def _accounts(plan: Plan, frames: dict[str, pd.DataFrame], found: Findings) -> None:
    """Hold what the plan itself has in accounts and limits against the plan."""
    table = frames.get("diff_accounts")
    places = {"zone": plan.zones, "county": plan.counties, "township": plan.townships}
    if table is not None:
        stored, derived = {}, {}
        less = {}
        for row in table.to_dict("records"):
            key = (str(row["level"]), str(row["code"]), str(row["item"]))
            stored[key] = _number(row["after_m2"])
            frame = places.get(key[0])
            if key[0] == "city":
                derived[key] = _number((plan.run.get("construction") or {}).get(key[2]))
            elif frame is not None and key[1] in frame.index and key[2] in frame:
                derived[key] = _number(frame.at[key[1], key[2]])
            else:
                derived[key] = None
            both = _number(row["before_m2"]), _number(row["after_m2"])
            less[key] = None if None in both else both[1] - both[0]  # type: ignore[operator]
        _held(found, "diff_accounts, after_m2", stored, derived, Text("the plan", "方案"))
        told = {(str(r["level"]), str(r["code"]), str(r["item"])): _number(r["difference_m2"])
                for r in table.to_dict("records")}  # fmt: skip
        _held(found, "diff_accounts, difference_m2", told, less, Text("its row", "本行"))
    table = frames.get("diff_zone_sums")
    if table is not None:
        keyed = table.set_index("zone")
        for item in ("area", "built", "new", "cap"):
            if f"{item}_after_m2" in keyed:
                _held(found, f"diff_zone_sums, {item}_after_m2",
                      values(keyed[f"{item}_after_m2"]), values(plan.zones[f"{item}_m2"]),
                      Text("the zones", "功能区"))  # fmt: skip
    table, own = frames.get("diff_limits"), plan.tables.get("limits")
    if table is not None and own is not None:
        mine = own.astype({"kind": object, "code": object}).set_index(["kind", "code"])
        keyed = table.set_index(["kind", "code"])
        for column, name in (("cap_after_m2", "cap_m2"), ("used_after_m2", "used_m2"),
                             ("price_after", "price")):  # fmt: skip
            right = mine[name].reindex(keyed.index)
            _held(found, f"diff_limits, {column}", values(keyed[column]), values(right),
                  Text("limits", "约束"))  # fmt: skip


def _wings(plan: Plan, frames: dict[str, pd.DataFrame], side: str, found: Findings) -> None:
    """Hold what policies and other wings come to against their tables in the plan."""
    table = frames.get("diff_wings")
    if table is None:
        return
    own = {t.name: t for c in plan.contributions if c.wing != "diff" for t in c.tables if t.keys}
    rows = {
        name: {" | ".join(map(_word, key)): n for n, key in enumerate(zip(
            *(t.frame[k] for k in t.keys), strict=True))}
        for name, t in own.items()
    }  # fmt: skip
    stored, derived, less, told = {}, {}, {}, {}
    for row in table.to_dict("records"):
        key, at = f"{row['table']}: {row['row']}, {row['column']}", None
        if row["table"] in own:
            at = rows[row["table"]].get(str(row["row"]))
        frame = own[row["table"]].frame if at is not None else pd.DataFrame()
        value = frame[row["column"]].iloc[at] if row["column"] in frame else None
        stored[key], derived[key] = _word(row[side]), _word(value)
        if not pd.isna(row["difference"]):
            told[key] = float(row["difference"])
            less[key] = float(row["after"]) - float(row["before"])
    _held(found, f"diff_wings, {side}", stored, derived, Text("the wings' tables", "各专题表"))
    _held(found, "diff_wings, difference", told, less, Text("its row", "本行"), tolerance=1e-6)


def _word(value: Any) -> str:
    """Write a cell as the table of differences does; unknown is empty."""
    if value is None or value is pd.NA or value != value:
        return ""
    if isinstance(value, str):
        return value
    plain = value.item() if hasattr(value, "item") else value
    return str(plain).lower() if isinstance(plain, bool) else f"{float(plain):.12g}"


def _number(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)


def _places(
    plan: Plan, frames: dict[str, pd.DataFrame], given: Contribution, listed: bool,
    found: Findings,
) -> None:  # fmt: skip
    """Hold townships, protected areas and the drawn land against the plan and the tables."""
    side = "before" if listed else "after"
    towns = frames.get("diff_townships")
    if towns is not None and plan.townships is not None:
        mine = towns[towns[f"code_{side}"].notna()].drop_duplicates(f"code_{side}")
        keyed = mine.set_index(f"code_{side}")
        source = Text("townships", "乡镇")
        for column, own in (("zone", "zone"), ("name", "name"), ("area", "area_m2")):
            told = f"{column}_{side}" + ("_m2" if column == "area" else "")
            right = values(plan.townships[own].reindex(keyed.index))
            if column == "zone":
                right = {k: "unzoned" if v is None else v for k, v in right.items()}
            _held(found, f"diff_townships, {told}", values(keyed[told]), right, source)
    moved = frames.get("diff_protections")
    if moved is not None:
        closes = moved["area_before_m2"] + moved["in_m2"] - moved["out_m2"]
        keyed = moved.set_index(["kind", "code"])
        _held(found, "diff_protections, area_after_m2", values(keyed["area_after_m2"]),
              values(closes.set_axis(keyed.index)), Text("its row", "本行"))  # fmt: skip
        lines = plan.redlines
        if lines is not None:
            red = moved[(moved["kind"] == "redline") & (moved["state"] != "gone")]
            known = {c: round(part.geometry.union_all().area)
                     for c, part in lines.groupby("area_code")}  # fmt: skip
            _held(found, "diff_protections, redline",
                  values(red.set_index("code")["area_after_m2"]),
                  {str(c): known.get(c) for c in red["code"]}, Text("red lines", "红线"),
                  tolerance=1.0)  # fmt: skip
    drawn = next((x.frame for x in given.layers if x.name == "diff_areas"), None)
    units = frames[_UNITS]
    # Beside a list no cause is looked for: the cell is empty.
    changed = units[units["state"] != _SAME].fillna({"cause": ""})
    right = changed.groupby(["change", "cause"])["common_m2"].sum()
    if drawn is not None:
        stored = drawn.fillna({"cause": ""}).set_index(["change", "cause"])["area_m2"]
        _held(found, "diff_areas, area_m2", values(stored), values(right))
