"""The chapters on zones and on the account of construction land."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from zoning.base import words
from zoning.base.areas import percent
from zoning.base.names import called
from zoning.outputs.office.document import Align, Block, Table, Text
from zoning.outputs.office.figures import DASH, area
from zoning.outputs.office.wording import why_unzoned, with_unzoned
from zoning.outputs.report.front import read_method
from zoning.outputs.report.latin import both
from zoning.outputs.report.pieces import Writer
from zoning.zones import tell_state

if TYPE_CHECKING:
    import pandas as pd


def zones(w: Writer) -> Iterator[Block]:
    """Tell which land is in which zone, and why."""
    plan = w.plan
    if not w.known["zone"] or "zone" not in plan.units.columns:
        return
    yield w.chapter("Main functional zones", "主体功能区")
    yield from w.picture("zones")
    frame = with_unzoned(plan)
    total = max(int(plan.units["area_m2"].sum()), 1)
    frame["share"] = frame["area_m2"] / total
    yield w.frame(w.say("Zones", "各主体功能区"), frame,
                  ["zone", "units", "area_m2", "share", "redline_m2", "built_m2"],
                  table="zones", widths={"zone": 1.7}, note=_base(w))  # fmt: skip
    if "zone_reason" in plan.units:
        yield _reasons(w)
    beside = plan.tables.get("account_overlay")
    if beside is not None:
        yield w.frame(w.say("Overlays beside the zones", "与分区并存的叠加区"), beside,
                      ["overlay", "zone", "area_m2", "built_m2", "new_m2", "share"],
                      table="account_overlay", widths={"overlay": 2, "zone": 1.7})  # fmt: skip
    cross = plan.tables.get("account_zone_county")
    if cross is not None and "county" in cross:
        yield _pivot(w, cross, w.say("Zones by county (km²)", "分县各区面积（km²）"))
    if plan.townships is not None:
        yield w.section("Townships", "乡镇分区")
        yield from _townships(w, plan.townships.reset_index())


def _base(w: Writer) -> str:
    """Say of what the shares are, and why land has no zone."""
    base = w.say("Shares are of all land of the city.", "占比均以全市面积为基数。")
    why = why_unzoned(w.plan, w.lang)
    return base + (w.say(f" Unzoned: {why}.", f"未分区：{why}。") if why else "")


def _reasons(w: Writer) -> Table:
    """Count units by the step that gave the zone."""
    units = w.plan.units
    counts = units.groupby("zone_reason", dropna=False, observed=True)["area_m2"].agg(
        ["size", "sum"]
    )
    frame = counts.reset_index().rename(columns={"size": "units", "sum": "area_m2"})
    caption = w.say("Units by the reason of their zone", "单元的分区依据")
    return w.frame(caption, frame, ["zone_reason", "units", "area_m2"], widths={"zone_reason": 3})


def _pivot(w: Writer, cross: pd.DataFrame, caption: str) -> Table:
    """Write zones across and counties down, with sums."""
    wide = cross.assign(zone=cross["zone"].astype(object).where(cross["zone"].notna(), ""))
    wide = wide.pivot_table(index="county", columns="zone", values="area_m2", aggfunc="sum")
    codes = [c for c in (*w.known["zone"], "") if c in wide.columns]
    wide = wide[codes].fillna(0)
    rows = [
        [w.place(code), *(area(v) for v in row), area(sum(row))]
        for code, row in zip(wide.index, wide.itertuples(index=False, name=None), strict=True)
    ]
    sums = wide.sum()
    rows.append([w.say("total", "合计"), *(area(v) for v in sums), area(sums.sum())])
    heads = [w.head("county_name"), *(w.short.get(c, c) if c else words.unzoned(w.lang)
             for c in codes), w.say("total", "合计")]  # fmt: skip
    aligns: list[Align] = ["right"] * len(heads)
    aligns[0] = "left"
    widths = [1.6, *[1.0] * (len(heads) - 1)]
    return Table(caption, heads, rows, aligns, widths, total=True)


def _townships(w: Writer, frame: pd.DataFrame) -> Iterator[Block]:
    if "zone" not in frame:
        return
    unknown = int(frame["zone"].isna().sum())
    yield w.text(
        f"{len(frame)} townships are classed; {unknown} are unzoned because data are missing."
        " The margin says how far a township is from the next zone, as a share of the "
        "scale; a dash means that no single change would move it.",
        f"共 {len(frame)} 个乡镇、街道，其中因数据缺失未分区 {unknown} 个。"
        "“余量”表示距离改变分区还有多远（占标度的比例）；“–”表示任何单项变化都不会改变分区。",
    )
    yield from _flagged(w, frame)
    yield from _by_hand(w, frame)
    yield from _decisions(w)
    frame = frame.copy()
    if "margin" in frame:
        frame["margin"] = [DASH if m != m else f"{m:.3f}" for m in _floats(frame["margin"])]
    by = [c for c in ("county", "township") if c in frame]
    yield w.frame(w.say("Townships", "乡镇、街道"), frame.sort_values(by), _TOWN_COLUMNS,
                  table="townships", widths=_TOWN_WIDTHS, heads=_short_heads(w),
                  short=True)  # fmt: skip


def _flagged(w: Writer, frame: pd.DataFrame) -> Iterator[Block]:
    """Name the townships that are decided and still wait for a person to look at them."""
    found = read_method(w.plan)
    flags = () if found is None else tuple(f for m in found.matrices for f in m.flags)
    for flag in flags:
        if "flag" in frame:
            names = [str(n) for n in frame.loc[frame["flag"].eq(flag.code).fillna(False), "name"]]
            if names:
                told = w.say(flag.en, flag.zh)
                yield w.text(f"To be reviewed ({told}): {', '.join(names)}.",
                             f"待复核（{told}）：{'、'.join(names)}。")  # fmt: skip


def _by_hand(w: Writer, frame: pd.DataFrame) -> Iterator[Block]:
    """Name the townships whose zone was not given by the method."""
    if "zone_reason" not in frame:
        return
    for reason, rows in frame[frame["zone_reason"] != "township"].groupby("zone_reason"):
        told = w.cell("zone_reason", reason)
        names = [str(n) for n in rows["name"]]
        yield w.text(f"Zone by {told}: {', '.join(names)}.", f"{told}：{'、'.join(names)}。")


def _decisions(w: Writer) -> Iterator[Block]:
    """List the decisions on record: why, by whom, when, and what became of each."""
    table = w.plan.tables.get("decisions")
    if table is None or not len(table):
        return
    rows = [
        [w.place(r["code"]), w.cell("zone", r["zone"]), str(r["reason"]),
         w.say(f"{r['who']}, {r['date']}", f"{r['who']}，{r['date']}"),
         tell_state(r, w.plan.scheme, w.lang)]
        for r in table.to_dict("records")
    ]  # fmt: skip
    heads = [w.say("place", "地点"), w.say("zone", "分区"), w.say("reason", "理由"),
             w.say("by, date", "决定人、日期"), w.say("state", "状态")]  # fmt: skip
    yield Table(w.say("Decisions on record", "已登记的人工决定"), heads, rows, ["left"] * 5,
                [1.4, 1.3, 2.4, 1.5, 2.6])  # fmt: skip


_TOWN_COLUMNS = (
    "name", "county_name", "built_share", "redline_share", "constraint_grade", "guidance_grade",
    "intensity_grade", "zone", "runner_up", "margin",
)  # fmt: skip
_TOWN_WIDTHS = {
    "name": 1.7, "county_name": 1.1, "built_share": 1.25, "redline_share": 1.25,
    "constraint_grade": 0.85, "guidance_grade": 0.85, "intensity_grade": 0.85, "zone": 1.5,
    "runner_up": 1.5, "margin": 0.95,
}  # fmt: skip


def _floats(values: pd.Series) -> list[float]:
    floats: list[float] = values.astype("Float64").to_numpy(dtype=float, na_value=float("nan"))
    return list(floats)


def _short_heads(w: Writer) -> dict[str, str]:
    return {
        "name": w.say("township", "乡镇、街道"), "county_name": w.say("county", "县区"),
        "built_share": w.say("built", "建设占比"), "redline_share": w.say("red line", "红线占比"),
        "constraint_grade": w.say("constr.", "约束"), "guidance_grade": w.say("guid.", "引导"),
        "intensity_grade": w.say("intens.", "强度"), "runner_up": w.say("runner-up", "次选"),
        "zone": w.say("zone", "分区"),
    }  # fmt: skip


def register(w: Writer) -> Iterator[Block]:
    """List every township with its function and the land of it that an overlay takes."""
    towns = w.plan.townships
    if towns is None or "zone" not in towns:
        return
    yield w.chapter("List of townships", "乡镇主体功能区名录")
    frame = towns.reset_index()
    if "name" in frame:
        frame["name"] = list(map(both, called(frame, "zh"), called(frame, w.lang)))
    for overlay in w.plan.scheme.replacing:
        units = w.plan.units
        share = _overlay_shares(w, overlay.code)
        if "township" in units and share is not None:
            name = w.say(f"share of {overlay.en}", f"{overlay.zh}占比")
            frame[name] = [percent(share.get(code, 0.0)) for code in frame["township"]]
    own = [c for c in frame.columns if c not in towns.columns and c != "township"]
    by = [c for c in ("county", "township") if c in frame]
    heads = {"township": w.say("code", "代码"), "name": w.say("township", "乡镇、街道"),
             "county_name": w.say("county", "县区"), "area_m2": w.say("area (km²)", "面积（km²）"),
             "zone": w.say("function", "主体功能"), **{c: c for c in own}}  # fmt: skip
    frame = frame.sort_values(by).rename(columns={"township": "code"})
    heads["code"] = heads.pop("township")
    yield w.frame(w.say("List of townships", "乡镇主体功能区名录"), frame,
                  ["code", "name", "county_name", "area_m2", "zone", *own],
                  table="townships", heads=heads,
                  widths={"code": 1.6, "name": 1.5, "zone": 1.6})  # fmt: skip


def _overlay_shares(w: Writer, code: str) -> dict[str, float] | None:
    """Give the share of each township's land in units of an overlay."""
    pieces = w.plan.pieces
    if pieces is None or "zone" not in pieces:
        return None
    area = pieces.groupby("township", observed=True)["area_m2"].sum()
    here = (
        pieces[pieces["zone"].eq(code).fillna(value=False)]
        .groupby("township", observed=True)["area_m2"]
        .sum()
    )
    return {str(k): float(here.get(k, 0)) / float(v) for k, v in area.items() if v}


def construction(w: Writer) -> Iterator[Block]:
    """Tell the account of construction land: the cap, zones, counties."""
    plan = w.plan
    c = plan.run.get("construction")
    if not c:
        return
    yield w.chapter("Account of construction land", "建设用地总量")
    yield _construction_text(w, c)
    if c.get("base_source"):
        yield Text(
            w.say(f"Base: {c['base_source']}.", f"核算基数：{words.source(c['base_source'])}。"),
            "note",
        )
    if w.known["zone"] and "built_m2" in plan.zones:
        yield _zone_account(w)
        yield from w.account_chart()
    yield from w.picture("built_share")
    table = plan.tables.get("account_county")
    if table is not None and "county" in table:
        yield w.frame(w.say("Account by county", "分县建设用地账"), table,
                      ["county", "area_m2", "built_m2", "new_m2", "share"],
                      heads=_account_heads(w))  # fmt: skip


def _construction_text(w: Writer, c: Any) -> Text:
    if c["cap_m2"] is None:
        share = percent(c["existing_m2"] / c["base_m2"])
        return w.text(
            f"Existing construction land is {area(c['existing_m2'])} km², {share} of the base of "
            f"{area(c['base_m2'])} km². The plan states no cap, so there is no headroom, and no "
            "new land is allocated.",
            f"现状建设用地 {area(c['existing_m2'])} km²，占核算基数 {area(c['base_m2'])} km² 的 "
            f"{share}。方案未规定建设用地上限，因此不计剩余空间，也不分配新增建设用地。",
        )
    return w.text(
        f"Existing construction land is {area(c['existing_m2'])} km², "
        f"{percent(c['existing_m2'] / c['base_m2'])} of the base of {area(c['base_m2'])} km². The "
        f"cap is {percent(c['cap_share'])}, {area(c['cap_m2'])} km², so {area(c['headroom_m2'])} "
        f"km² are left. With {area(c['new_m2'])} km² of new land the share becomes "
        f"{percent(c['share'])}.",
        f"现状建设用地 {area(c['existing_m2'])} km²，占核算基数 {area(c['base_m2'])} km² 的 "
        f"{percent(c['existing_m2'] / c['base_m2'])}；上限 {percent(c['cap_share'])}，即 "
        f"{area(c['cap_m2'])} km²，剩余 {area(c['headroom_m2'])} km²。新增 "
        f"{area(c['new_m2'])} km² 后占比 {percent(c['share'])}。",
    )


def _account_heads(w: Writer) -> dict[str, str]:
    return {
        "county": w.head("county_name"), "share": w.say("share with new land", "含新增占比"),
        "built_m2": w.say("existing (km²)", "现状（km²）"),
        "new_m2": w.say("new (km²)", "新增（km²）"),
        "quota_m2": w.say("quota (km²)", "指标（km²）"),
        "cap_m2": w.say("cap (km²)", "上限（km²）"), "area_m2": w.say("area (km²)", "面积（km²）"),
        "left": w.say("left under the cap (km²)", "上限余量（km²）"),
    }  # fmt: skip


def _zone_account(w: Writer) -> Table:
    """Set existing and new land of each zone against its cap and quota."""
    frame = with_unzoned(w.plan)
    new = frame.get("new_m2", 0)
    total = frame["built_m2"] + new
    frame["share"] = total / frame["area_m2"].where(frame["area_m2"] > 0)
    if "cap_m2" in frame:
        frame["left"] = [
            DASH if cap != cap else area(cap - used)
            for cap, used in zip(_floats(frame["cap_m2"]), total, strict=True)
        ]
    basis = w.plan.config.cap.zone_basis
    note = w.say(
        "Caps bind on units by zone." if basis == "unit" else "Caps bind on township classes.",
        "分区上限按单元分区执行。" if basis == "unit" else "分区上限按乡镇分区执行。",
    )
    columns = ["zone", "area_m2", "built_m2", "new_m2", "share", "cap_m2", "left", "quota_m2"]
    return w.frame(w.say("Account by zone", "分区建设用地账"), frame, columns,
                   heads=_account_heads(w), widths={"zone": 1.8}, note=note)  # fmt: skip
