"""The page of each county and township: zone, land, money, targets and tasks in one table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from zoning.base.areas import km2, percent
from zoning.base.words import label, measured
from zoning.contribution.parts import Chapter, Field, Pages, zone_words
from zoning.contribution.parts import Table as Shown
from zoning.errors import Text
from zoning.policy.explain import unit_text
from zoning.policy.run import Result

if TYPE_CHECKING:
    from zoning.plan import Plan

#: Kinds of place that a row of a policy can be.
PLACES = ("unit", "township", "county", "zone")
#: Table of the pages.
NAME = "policy_places"
#: What a page says of the land, before any policy.
_LAND = ("area_m2", "built_m2", "redline_m2", "free_m2", "new_m2")
_LEVELS = {"county": Text("county", "县（市、区）"), "township": Text("township", "乡镇（街道）")}
_HEADS = {
    "level": Text("level of place", "层级"), "code": Text("code", "代码"),
    "name": Text("name", "名称"), "policy": Text("belongs to", "所属"),
    "item_en": Text("item", "项目（英文）"), "item_zh": Text("item in Chinese", "项目"),
    "value_en": Text("value", "数值（英文）"), "value_zh": Text("value in Chinese", "数值"),
}  # fmt: skip
_Line = tuple[str, Text, Text]


def key_place(result: Result) -> str | None:
    """Name the kind of place that a row of the main table is, if it is one."""
    keys = result.policy.tables[result.policy.main].keys
    return keys[0] if len(keys) == 1 and keys[0] in PLACES else None


def page_chapter() -> Chapter:
    """Give the part of the report that has a page for each place."""
    return Chapter(
        Text("Counties and townships, page by page", "各县各乡镇分页"),
        (Text("Each page gathers what this plan says of one place: its zone and cap, its land, and "
              "its line of every policy with tasks and projects that lie in it.",
              "每页汇集本方案对一地的全部内容：所在功能区及其上限、用地，各项政策的结果，以及位于该地的任务和项目。"),),
        pages=Pages(NAME, ("level", "code"), "name", "policy", Text("item_en", "item_zh"),
                    Text("value_en", "value_zh")),
    )  # fmt: skip


def place_pages(results: Sequence[Result], plan: Plan) -> Shown | None:
    """Gather what each county and township has: zone, cap, areas, and its line of every policy."""
    rows: list[tuple[str, ...]] = []
    for level, frame in (("county", plan.counties), ("township", plan.townships)):
        if frame is None:
            continue
        keyed, lying = _tables(results, level)
        for code, place in frame.iterrows():
            lines = [*_land(plan, level, str(code), place)]
            for result, name, table in keyed:
                if code in table.index:
                    lines += _lines(result, name, table.loc[code])
            for result, name, table in lying:
                lines += _inside(result, name, table[table[level] == code], level)
            head = (level, str(code), str(place["name"]))
            rows += [
                (*head, group, item.en, item.zh, value.en, value.zh)
                for group, item, value in lines
            ]  # fmt: skip
    if not rows:
        return None
    words: dict[str, dict[str, Text]] = {
        "level": _LEVELS,
        "policy": {"plan": Text("plan", "方案")} | {r.policy.name: r.policy.title for r in results},
    }  # fmt: skip
    fields = tuple(Field(n, w, w, words=words.get(n, {})) for n, w in _HEADS.items())
    title = Text("What each county and township has", "各县各乡镇一览")
    return Shown(NAME, title, pd.DataFrame(rows, columns=list(_HEADS)), fields)


def _tables(
    results: Sequence[Result], level: str
) -> tuple[list[tuple[Result, str, pd.DataFrame]], list[tuple[Result, str, pd.DataFrame]]]:
    """Find the tables whose rows are such places, and those whose rows lie in one."""
    keyed: list[tuple[Result, str, pd.DataFrame]] = []
    lying: list[tuple[Result, str, pd.DataFrame]] = []
    for r in results:
        policy = r.policy
        for name in (policy.main, *policy.show.tables):
            if policy.tables[name].keys == (level,):
                keyed.append((r, name, r.frame(name, every=True).set_index(level)))
            if policy.tables[name].place:
                frame = r.frame(name, every=True)
                if level in frame:
                    lying.append((r, name, frame))
    return keyed, lying


def _land(plan: Plan, level: str, code: str, place: pd.Series) -> Iterator[_Line]:
    """Say zone and cap (of a county: land by zone of its townships), then areas."""
    for column in ("zone",) if level == "township" else ():
        if column in place and not pd.isna(place[column]):
            yield "plan", _label(column), _zone(plan, str(place[column]))
            yield from _cap(plan, str(place[column]))
    townships = plan.townships
    if level == "county" and townships is not None and {"county", "zone"} <= set(townships):
        mine = townships[(townships["county"] == code) & townships["zone"].notna()]
        sums = mine.groupby(mine["zone"].astype(str), sort=False)["area_m2"].sum()
        for zone in [z for z in map(str, _zones(plan)) if z in sums.index]:
            told, value = _zone(plan, zone), km2(int(sums[zone]))
            item = Text(f"townships: {told.en}", f"乡镇：{told.zh}")
            yield "plan", item, Text(value, value)
    for column in _LAND:
        if column in place and not pd.isna(place[column]):
            value = km2(int(place[column]))
            yield "plan", _label(column), Text(value, value)


def _label(column: str) -> Text:
    return Text(label(column, "en"), label(column, "zh"))


def _zones(plan: Plan) -> list[Any]:
    return [] if plan.zones is None else list(plan.zones.index)


def _zone(plan: Plan, code: str) -> Text:
    return zone_words(plan.zones).get(code) or Text(code, code)


def _cap(plan: Plan, zone: str) -> Iterator[_Line]:
    """Give the share that built land may reach in the zone."""
    if zone not in _zones(plan) or "cap_m2" not in plan.zones:
        return
    row = plan.zones.loc[zone]
    if not pd.isna(row["cap_m2"]) and row["area_m2"] > 0:
        told = percent(float(row["cap_m2"]) / float(row["area_m2"]))
        item = Text("cap of built land in this zone", "该功能区建设用地上限占比")
        yield "plan", item, Text(told, told)


def _lines(result: Result, name: str, row: pd.Series) -> list[_Line]:
    policy, table = result.policy, result.policy.tables[name]
    shown = policy.show.columns if name == policy.main else tuple(table.kinds)
    return [
        (policy.name, c.label, _value(result, name, c.name, row[c.name]))
        for c in table.computed
        if c.name in shown and c.name in row.index and not pd.isna(row[c.name])
    ]


def _inside(result: Result, name: str, rows: pd.DataFrame, level: str) -> list[_Line]:
    """Give a line for each row that lies in the place: its name, and what it comes to.

    Rows of the main table show what the map shows of them; rows of another table (pilots beside
    tasks) their first formula, and a county, which may hold dozens of these, their number.
    """
    policy, table = result.policy, result.policy.tables[name]
    if name == policy.main:
        shown = policy.show.theme
    elif level == "county":
        return (
            [(policy.name, table.label, Text(str(len(rows)), str(len(rows))))] if len(rows) else []
        )
    else:
        shown = table.computed[0].name if table.computed else ""
    if not shown or shown not in rows:
        return []
    out = []
    for _, row in rows[rows[shown].notna()].iterrows():
        own = row["name"] if "name" in row and not pd.isna(row["name"]) else row[table.keys[0]]
        item = Text(str(own), str(own))
        if name != policy.main:
            what = table.computed[0].label
            item = Text(f"{own}: {what.en}", f"{own}：{what.zh}")
        out.append((policy.name, item, _value(result, name, shown, row[shown])))
    return out


def _value(result: Result, table: str, column: str, value: object) -> Text:
    """Write a value in words of the policy, with its unit; areas in km2."""
    unit = unit_text(result.policy.tables[table].kinds[column])
    if unit == "m2":
        told = km2(float(value))  # type: ignore[arg-type]
        return Text(told, told)
    cell = _cell(value)
    words = result.policy.show.words.get(column, {}).get(cell, Text(cell, cell))
    return Text(measured(words.en, unit, "en"), measured(words.zh, unit, "zh"))


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    return f"{number:,.0f}" if number == round(number) else f"{number:,.2f}"
