"""The chapter on the ecological red lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from zoning.base import words
from zoning.errors import named
from zoning.outputs.office.document import Block, Table
from zoning.outputs.office.figures import DASH, area
from zoning.outputs.report.pieces import Writer

if TYPE_CHECKING:
    import pandas as pd


def redlines(w: Writer) -> Iterator[Block]:
    """Tell the red lines: in all, by type, and the table of areas."""
    plan = w.plan
    if plan.redlines is None:
        return
    yield w.chapter("Ecological red lines", "生态红线")
    red = plan.run.get("redlines") or {}
    if red:
        yield w.text(
            f"{red['areas']} areas ({red['features']} features by level) add up to "
            f"{area(red['sum_m2'])} km²; their union is {area(red['union_m2'])} km², of which "
            f"{area(red['level1_m2'])} km² are level 1. They touch {red['units_touched']:,} units.",
            f"共 {red['areas']} 个区域（{red['features']} 个分级图斑），面积累加 "
            f"{area(red['sum_m2'])} km²，重叠只计一次为 {area(red['union_m2'])} km²，"
            f"其中一级管控区 "
            f"{area(red['level1_m2'])} km²；涉及单元 {red['units_touched']:,} 个。",
        )
    yield from _published(w, red)
    yield from w.picture("redline_hatch")
    overlap = w.say("areas may overlap; the row “overlap” brings the sum to the union",
                    "各区域可能重叠，“重叠”一行使合计等于并集面积")  # fmt: skip
    if "redline_types" in plan.tables:
        frame = plan.tables["redline_types"]
        yield w.frame(w.say("Red lines by type", "分类型红线面积"), frame,
                      ["type", "areas", "level1_m2", "level2_m2", "area_m2"],
                      widths={"type": 2.2}, note=overlap)  # fmt: skip
    yield from _by_place(w)
    if "redline_areas" in plan.tables:
        yield w.section("The areas", "红线区域一览")
        yield _area_table(w, plan.tables["redline_areas"], overlap)
    yield from _overlaps(w)


def _published(w: Writer, red: Any) -> Iterator[Block]:
    """Set the published total beside the computed one."""
    told = w.plan.config.redlines
    if told.expected_areas is None and told.published_union_m2 is None:
        return
    rows = []
    if told.expected_areas is not None:
        rows.append(
            [w.say("areas", "区域数"), str(told.expected_areas), str(red.get("areas", DASH))]
        )
    if told.published_union_m2 is not None:
        computed = area(red["union_m2"]) if red else DASH
        rows.append(
            [w.say("union (km²)", "并集面积（km²）"), area(told.published_union_m2), computed]
        )
    heads = [w.say("item", "项目"), w.say("published", "公布"), w.say("computed", "计算")]
    yield Table(w.say("Published and computed totals", "公布与计算总量"), heads, rows,
                ["left", "right", "right"], [2, 1, 1],
                words.source(told.source, w.lang))  # fmt: skip


_AREA_WIDTHS = {
    "number": 0.75, "name": 2.75, "type": 1.9, "level1_m2": 0.9, "level2_m2": 0.9, "area_m2": 0.9,
    "published_m2": 0.85, "difference_m2": 0.8, "status": 1.85,
}  # fmt: skip


def _area_table(w: Writer, table: pd.DataFrame, note: str) -> Table:
    frame = table.copy()
    last = frame["area_code"].astype(str) == "overlap"
    numbers = [str(i) if not o else "" for i, o in zip(range(1, len(frame) + 1), last, strict=True)]
    frame.insert(0, "number", numbers)
    if "name" in frame:
        frame["name"] = frame["name"].astype(object)
        frame.loc[last, "name"] = w.say("overlap", "重叠")
    if w.plan.redlines is not None and "status" not in frame and "status" in w.plan.redlines:
        status = w.plan.redlines.drop_duplicates("area_code").set_index("area_code")["status"]
        frame["status"] = frame["area_code"].map(status)
    columns = [
        "number",
        "name",
        "type",
        "level1_m2",
        "level2_m2",
        "area_m2",
        "published_m2",
        "difference_m2",
        "status",
    ]
    # What nobody published has no column of dashes.
    empty = [c for c in columns[-3:] if c in frame and not frame[c].notna().any()]
    columns = [c for c in columns if c not in empty]
    heads = {
        "number": w.say("no.", "序号"), "level1_m2": w.say("level 1", "一级"),
        "level2_m2": w.say("level 2", "二级"), "area_m2": w.say("computed", "计算"),
        "published_m2": w.say("published", "公布"), "difference_m2": w.say("diff.", "差值"),
        "status": w.say("standing of the name", "名称依据"),
    }  # fmt: skip
    caption = w.say("Red-line areas, published against computed (km²)",
                    "红线区域：公布面积与计算面积（km²）")  # fmt: skip
    if "published_m2" in empty:
        caption = w.say("Red-line areas (km²)", "红线区域面积（km²）")
    return w.frame(caption, frame, columns, table="redlines", heads=heads, note=note,
                   widths=_AREA_WIDTHS)  # fmt: skip


def _by_place(w: Writer) -> Iterator[Block]:
    """Write red lines by county and by zone, level by level."""
    for key, name, en, zh in (
        ("redline_by_county", "county", "Red lines by county", "分县红线面积"),
        ("redline_by_zone", "zone", "Red lines by zone", "分区红线面积"),
    ):
        table = w.plan.tables.get(key)
        if table is not None and len(table) and "red_level" in table:
            frame = _levels(table, name)
            if name == "zone":  # in the order of the plan, not of the alphabet
                order = {code: place for place, code in enumerate(w.known["zone"])}
                frame = frame.sort_values("zone", key=lambda codes: codes.map(order))
            columns = [name, "level1_m2", "level2_m2", "area_m2", "built_m2"]
            yield w.frame(w.say(en, zh), frame, columns, heads=_level_heads(w))
    built = w.plan.tables.get("redline_built")
    if built is not None and len(built) and "built_m2" in built:
        inside = int(built["built_m2"].sum())
        yield w.text(
            f"{area(inside)} km² of existing construction lie inside red lines. They may stay, "
            "and count under the cap; tables.xlsx lists them by township and level.",
            f"红线内现状建设用地 {area(inside)} km²，可保留并计入总量，"
            "分乡镇、分级明细见 tables.xlsx。",
        )


def _levels(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Put the levels of a table side by side, with their sum."""
    key = table[by].astype(object).where(table[by].notna(), None)
    wide = table.assign(key=key).pivot_table(
        index="key", columns="red_level", values="area_m2", aggfunc="sum", dropna=False
    ).reindex(columns=[1, 2]).fillna(0)  # fmt: skip
    out = wide.rename(columns={1: "level1_m2", 2: "level2_m2"})
    out["area_m2"] = out["level1_m2"] + out["level2_m2"]
    if "built_m2" in table:
        out["built_m2"] = table.groupby(key)["built_m2"].sum()
    return out.rename_axis(by).reset_index()


def _level_heads(w: Writer) -> dict[str, str]:
    return {
        "county": w.head("county_name"),
        "level1_m2": w.say("level 1 (km²)", "一级管控区（km²）"),
        "level2_m2": w.say("level 2 (km²)", "二级管控区（km²）"),
        "area_m2": w.say("both (km²)", "合计（km²）"),
        "built_m2": w.say("built inside (km²)", "其中建设用地（km²）"),
    }


def _overlaps(w: Writer) -> Iterator[Block]:
    table = w.plan.tables.get("redline_overlaps")
    if table is None:
        return
    yield w.section("Overlaps", "红线重叠")
    if not len(table):
        yield w.text("No two areas overlap.", "各区域互不重叠。")
        return
    frame = table.copy()
    if w.plan.redlines is not None:
        names = w.plan.redlines.drop_duplicates("area_code").set_index("area_code")["name"]
        for column in ("area_code_a", "area_code_b"):
            frame[column] = [named(names.get(c), c).get(w.lang) for c in frame[column]]
    yield w.frame(w.say("Areas that share ground", "相互重叠的区域"), frame,
                  ["area_code_a", "area_code_b", "overlap_m2"],
                  widths={"area_code_a": 2, "area_code_b": 2})  # fmt: skip
