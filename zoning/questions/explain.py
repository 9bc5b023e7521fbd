"""Why this zone: from a plan folder to an answer in words, for a unit, a township or a place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from zoning import zones
from zoning.base import words
from zoning.base.areas import km2, percent
from zoning.capacity.titles import called
from zoning.errors import InputError, Text, meant, named, some, suggest
from zoning.grid.lattice import GridSpec
from zoning.pipeline.method import load_method
from zoning.plan import Plan
from zoning.questions import lost
from zoning.questions.titles import limit_title

#: Township columns that are told as numbers, in this order, where they are there.
_SUMS = ("area_m2", "built_m2", "redline_m2", "farmland_m2", "water_m2", "free_m2", "new_m2",
         "reduced_m2")  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What is known of one place.

    Parameters
    ----------
    kind : {"unit", "township"}
    code, name : str
    facts : dict
        Plain data for ``--json``.
    lines : tuple of str
        The answer in words.
    """

    kind: str
    code: str
    name: str
    facts: dict[str, Any]
    lines: tuple[str, ...]

    def __str__(self) -> str:
        """Give the answer in words."""
        return "\n".join(self.lines)

    def as_dict(self) -> dict[str, Any]:
        """Give the answer as plain data."""
        return {"kind": self.kind, "code": self.code, "name": self.name, **self.facts,
                "text": list(self.lines)}  # fmt: skip


def explain(plan: Plan, question: str, lang: str = "zh") -> Answer:
    """Answer why a place has its zone.

    Parameters
    ----------
    plan : Plan
        See :func:`zoning.store.load`.
    question : str
        A unit code, a township code or name, or ``LON,LAT`` in degrees.
    lang : {"zh", "en"}

    Returns
    -------
    Answer

    Raises
    ------
    InputError
        If nothing fits, or several townships do; they are listed.
    """
    point = point_of(question)
    if point:
        return _unit(plan, _unit_at(plan, *point), lang)
    if question in plan.units.index:
        return _unit(plan, question, lang)
    return _township(plan, _find_township(plan, question), lang)


def point_of(question: str) -> tuple[float, float] | None:
    """Read ``LON,LAT``; None where the question is no point.

    Examples
    --------
    >>> point_of("119.4, 32.2"), point_of("高桥镇")
    ((119.4, 32.2), None)
    """
    hit = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*[,,]\s*(-?\d+(?:\.\d+)?)\s*", question)
    return (float(hit[1]), float(hit[2])) if hit else None


def unit_code(grid: GridSpec, lon: float, lat: float) -> str | None:
    """Name the square of a lattice at a point; None where the projection has no such place."""
    import math

    from pyproj import Transformer

    to_plane = Transformer.from_crs("EPSG:4490", grid.crs, always_xy=True)
    x, y = to_plane.transform(lon, lat)
    if not (math.isfinite(x) and math.isfinite(y)):
        return None
    col = math.floor((x - grid.origin_m[0]) / grid.cell_m)
    return grid.code(col, math.floor((y - grid.origin_m[1]) / grid.cell_m))


def _unit_at(plan: Plan, lon: float, lat: float) -> str:
    """Find the unit at a point."""
    code = unit_code(plan.grid, lon, lat)
    if code is not None and code in plan.units.index:
        return code
    raise InputError.one(
        f"no unit of the plan at {lon}, {lat}", f"经纬度 {lon}, {lat} 处没有本方案的单元",
        code="no-unit",
        remedy=("give longitude first, latitude second, in degrees",
                "请先写经度、后写纬度，以度为单位"),
    )  # fmt: skip


def _find_township(plan: Plan, question: str) -> str:
    """Find the one township of a code or name."""
    townships = plan.townships
    if townships is None:
        raise InputError.one(
            f"'{question}' is no unit, and the plan has no townships",
            f"“{question}”不是单元，且本方案没有乡镇", code="not-found",
        )  # fmt: skip
    if question in townships.index:
        return question
    names = townships["name"].astype(str)
    hits = townships.index[names == question]
    if not len(hits):
        hits = townships.index[names.str.contains(question, regex=False)]
    if len(hits) == 1:
        return str(hits[0])
    if len(hits) > 1:
        listed = some([named(names[c], c) for c in hits], 20)
        raise InputError.one(
            f"'{question}' fits several townships: {listed.en}",
            f"“{question}”对应多个乡镇：{listed.zh}", code="ambiguous",
            remedy=("give the code", "请给出代码"),
        )  # fmt: skip
    near = suggest(question, [*names, *plan.units.index])
    raise InputError.one(
        f"'{question}' is neither a unit nor a township of this plan",
        f"“{question}”既不是本方案的单元，也不是乡镇", code="not-found",
        remedy=_elsewhere(plan, question) or meant(near, Text(
            f"units look like {plan.units.index[0]}", f"单元编码形如 {plan.units.index[0]}")),
    )  # fmt: skip


def _elsewhere(plan: Plan, question: str) -> Text | None:
    """Say whom to ask about a county, a red line, a park or whatever else has that name or code."""
    if plan.counties is not None and plan.townships is not None:
        row = plan.counties.index[(plan.counties.index == question)
                                  | (plan.counties["name"] == question)]  # fmt: skip
        if len(row):
            inside = plan.townships[plan.townships["county"] == row[0]]
            listed = some(list(inside["name"].astype(str)))
            return Text(f"it is a county; ask for one of its townships: {listed.en}",
                        f"它是县（市、区），请查询其乡镇：{listed.zh}")  # fmt: skip
    layers = [x.frame for given in plan.contributions for x in given.layers]
    layers += [] if plan.redlines is None else [plan.redlines]
    for frame in layers:
        called = [c for c in ("code", "area_code", "name") if c in frame]
        rows = frame[frame[called].astype("string").eq(question).any(axis=1)] if called else frame
        if called and len(rows):
            shape = rows.geometry.union_all()
            near = plan.units.iloc[plan.units.sindex.query(shape)]
            listed = some(sorted(near.index[near.intersection(shape).area > 0].astype(str)))
            return Text(f"it is an area on these units, ask for one of them: {listed.en}",
                        f"它是一块区域，请查询其所在单元：{listed.zh}")  # fmt: skip
    return None


def _plain(row: pd.Series) -> dict[str, Any]:
    """Turn a row into plain data; missing values become None."""
    out = {}
    for key, value in row.items():
        if key == "geometry":
            continue
        missing = value is None or value is pd.NA or value != value
        out[str(key)] = None if missing else getattr(value, "item", lambda v=value: v)()
    return out


def _areas(row: pd.Series, lang: str) -> list[str]:
    """Tell the sums of a row, one per line, with their share of the area."""
    lines = []
    for column in _SUMS:
        if column not in row or pd.isna(row[column]):
            continue
        colon = "：" if lang == "zh" else ": "
        text = f"{words.label(column, lang)}{colon}{km2(int(row[column]), 3)}"
        if column != "area_m2" and row["area_m2"] > 0:
            text = named(text, percent(int(row[column]) / int(row["area_m2"]))).get(lang)
        lines.append(text)
    return lines


def _township(plan: Plan, code: str, lang: str) -> Answer:
    """Tell the values, grades, rule, runner-up and flip of a township."""
    row = plan.townships.loc[code]  # type: ignore[union-attr]
    zh = lang == "zh"
    head = named(row["name"], code).get(lang)
    if pd.notna(row.get("county_name")):
        head += f"{'，' if zh else ', '}{row['county_name']}"
    method = load_method(plan.config)
    decision = zones.decision_on(plan.tables.get("decisions"), "township", code)
    lines = [head, zones.tell_township(row, method, lang, decision), *_areas(row, lang)]
    inside = plan.units[plan.units["township"] == code]
    if len(inside) and "zone" in inside:
        counts = inside["zone"].value_counts(dropna=False)
        counts = counts[counts > 0]
        listed = ("、" if zh else ", ").join(
            f"{zones.zone_name(z, lang, plan.scheme)} {n}" for z, n in counts.sort_index().items()
        )
        lines.append(f"单元：{listed}" if zh else f"Units: {listed}")
    facts = _plain(row) | _decision(decision)
    return Answer("township", code, str(row["name"]), facts, tuple(lines))


def _decision(row: pd.Series | None) -> dict[str, Any]:
    """Give a decision on record as plain data, where there is one."""
    return {} if row is None else {"decision": _plain(row)}


def _unit(plan: Plan, code: str, lang: str) -> Answer:
    """Tell from input to allocation why a unit is as it is."""
    row = plan.units.loc[code]
    zh = lang == "zh"
    lines = [code]
    facts = _plain(row)
    if "zone" in row:
        township = None
        if plan.townships is not None and pd.notna(row["township"]):
            township = plan.townships.loc[row["township"]]
        decisions = plan.tables.get("decisions")
        lines.append(zones.tell_unit(row, township, load_method(plan.config), lang, decisions))
        mine = zones.decision_on(decisions, "unit", code)
        if mine is None and township is not None:
            mine = zones.decision_on(decisions, "township", str(row["township"]))
        facts |= _decision(mine)
    shares = plan.tables["unit_townships"]
    mine = shares[shares["unit"] == code]
    facts["townships"] = {
        str(r.township): None if pd.isna(r.share) else float(r.share) for r in mine.itertuples()
    }
    if plan.townships is not None and len(mine):
        names = plan.townships["name"]
        listed = ("、" if zh else ", ").join(
            f"{names.get(r.township, r.township)} {percent(r.share)}" for r in mine.itertuples()
        )
        lines.append(f"乡镇占比：{listed}" if zh else f"Shares of townships: {listed}")
    lines += _areas(row, lang)
    new = _why_new(plan, row, lang)
    if new:
        lines.append(new)
    lines += _phase(plan, row, lang) + _lost(plan, code, lang)
    red = _red_areas(plan, code)
    if red:
        facts["redline_areas"] = red
        listed = ("；" if zh else "; ").join(
            f"{r['name']}（{r['area_code']}，{r['level']} 级）{km2(r['area_m2'], 3)}" if zh
            else f"{r['name']} ({r['area_code']}, level {r['level']}) {km2(r['area_m2'], 3)}"
            for r in red
        )  # fmt: skip
        lines.append(f"生态红线：{listed}" if zh else f"Red lines: {listed}")
    return Answer("unit", code, code, facts, tuple(lines))


def _own(plan: Plan, limits: pd.DataFrame, unit: str) -> pd.Series:
    """Say which limits of the plan's own count land of a unit."""
    pieces = plan.pieces
    if pieces is None:
        return pd.Series(False, index=limits.index)
    here = pieces[pieces["unit"] == unit]
    counted = {
        code for code in limits["code"] if (here.get(f"limit_{code}", pd.Series([0])) != 0).any()
    }
    return (limits["kind"] == "limit") & limits["code"].isin(counted)


def _why_new(plan: Plan, row: pd.Series, lang: str) -> str:
    """Say why a unit takes new land or none: its suitability against the price of its limits."""
    limits = plan.tables.get("limits")
    if limits is None or "new_m2" not in row or pd.isna(row["zone"]):
        return ""
    zh, worth = lang == "zh", float(row["suitability"])
    if int(row["free_m2"]) == 0:
        return "没有可用土地。" if zh else "Nothing is free here."
    kind, code = limits["kind"], limits["code"]
    if "phase" in limits:  # of phases only those count that hold all new land
        limits = limits[limits["phase"].isna() & (kind != "reduction")]
        kind, code = limits["kind"], limits["code"]
    everywhere = kind.isin(["city", "eco_agri", "phase"])
    mine = limits[everywhere | (code == row["zone"]) | _own(plan, limits, str(row.name))]
    for place in ("county", "township"):
        mine = pd.concat([mine, limits[(kind == place) & (code == row[place])]])
    closed = mine[(mine["kind"] == "zone") & (mine["cap_m2"] == 0)]
    if len(closed):
        return "该分区不再新增建设用地。" if zh else "Its zone takes nothing new."
    # With a boundary term a unit is also weighed against its neighbours.
    if plan.run["allocation"]["method"] not in ("nested", "lp") or mine["price"].isna().any():
        return ""
    price = float(mine["price"].sum()) + _goal_price(plan, row)
    hit = [limit_title(plan, r.kind, r.code) for r in mine[mine["price"] > 0].itertuples()]
    binding = some(hit, 20).get(lang)
    taken = int(row["new_m2"]) > 0
    if zh:
        verdict = "达到" if taken else "低于"
        return f"适宜性 {worth:.3f}，{verdict}限制条件（{binding or '无'}）的边际价格 {price:.3f}。"
    verdict = "reaches" if taken else "is below"
    by = binding or "no limit"
    return f"Its suitability {worth:.3f} {verdict} the price {price:.3f} of what binds here ({by})."


def _lost(plan: Plan, code: str, lang: str) -> list[str]:
    """Say what the plan loses without the unit, where that was worked out."""
    part = next((c for c in plan.contributions if c.wing == lost.WING), None)
    if part is None:
        return []
    table = part.table(lost.TABLE).frame
    row = table[table["unit"] == code]
    if row.empty or row[["barred_lower", "barred_upper"]].isna().any(axis=None):
        return []
    low, high = (float(row[c].iloc[0]) for c in ("barred_lower", "barred_upper"))
    span = f"{low:,.0f}" if round(low) == round(high) else f"{low:,.0f}–{high:,.0f}"
    if lang == "zh":
        return [f"禁止该单元新增时方案损失 {span}（适宜性×平方米）。"]
    return [f"Without new land here the plan loses {span} suitability-m²."]


def _goal_price(plan: Plan, row: pd.Series) -> float:
    """Add up what earlier goals ask of 1 m2 of new land in a unit."""
    stored = plan.run["allocation"].get("goals", ())
    if not stored or plan.pieces is None:
        return 0.0
    from zoning.allocation.goals import goals_of, with_counts
    from zoning.capacity.rules import STEP

    goals = goals_of([r["goal"] for r in stored])[:-1]
    here = with_counts(plan.pieces[plan.pieces["unit"] == row.name], goals)
    counts = [float(here[g.column].mean()) / STEP for g in goals]
    return sum(c * float(r["price"] or 0.0) for c, r in zip(counts, stored, strict=True))


def _phase(plan: Plan, row: pd.Series, lang: str) -> list[str]:
    """Say in which phase most of a unit's new land is built."""
    if "phase" not in row or pd.isna(row["phase"]):
        return []
    given = next((p for p in plan.config.cap.phase if p.name == row["phase"]), None)
    if given is None:
        return []
    if lang == "zh":
        until = "" if given.until is None else f"（至 {given.until} 年）"
        return [f"新增建设用地主要安排在{called(given).zh}{until}。"]
    until = "" if given.until is None else f" (to {given.until})"
    return [f"Most of its new land is built in phase {called(given).en}{until}."]


def _red_areas(plan: Plan, code: str) -> list[dict[str, Any]]:
    """List the red-line areas in a unit."""
    table = plan.tables.get("redline_by_unit")
    if table is None or plan.redlines is None:
        return []
    names = plan.redlines.drop_duplicates("area_code").set_index("area_code")["name"]
    return [
        {"area_code": r.area_code, "name": str(names.get(r.area_code, r.area_code)),
         "level": int(r.level), "area_m2": int(r.area_m2)}
        for r in table[table["unit"] == code].itertuples()
    ]  # fmt: skip
