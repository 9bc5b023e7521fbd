"""The register of parks as a part of the plan: a layer, tables, lines on cards, a chapter."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from zoning.base import words
from zoning.contribution.parts import (
    Card,
    Chapter,
    Class,
    Contribution,
    Field,
    Layer,
    Table,
)
from zoning.errors import LEVELS, Check, Text
from zoning.inputs.protections import load_kinds
from zoning.review.parks.measure import Measures, measure_parks
from zoning.review.parks.musts import (
    KINDS,
    MUSTS,
    finding,
    industries_of,
    measured,
    missing_musts,
    stated,
    worst,
)
from zoning.review.site import access as lists
from zoning.review.site.answer import STATUS_NAMES
from zoning.review.site.ground import Ground
from zoning.review.site.measured import rule_columns

if TYPE_CHECKING:
    from zoning.plan import Plan

#: The word of this part; policies and sites find the parks under it.
WING = "parks"
_TITLE = Text("Parks", "园区")
_STATUS = {
    "sound": (Text("sound", "符合"), "#157a4a"),
    "look": (Text("to be looked at", "待核实"), "#e08214"),
    "contradicts": (Text("contradicts the plan", "与规划不符"), "#aa1325"),
}
_CHECKS = {
    "musts": Text("musts that are not stated", "未明确的事项"),
    "area": Text("planned against measured area", "规划面积与量算面积"),
    "protected": Text("protected land", "保护用地"),
    "growth_boundary": Text("outside the growth boundary", "城镇开发边界外"),
    "outside_plan": Text("outside the plan", "规划范围外"),
    "overlap": Text("parks over one another", "园区重叠"),
    "industry": Text("industry against access lists", "产业准入"),
    "industry_words": Text("industry without code", "行业未编码"),
    "kind": Text("kind of its own", "自定类型"),
}


#: What the numbers of findings count.
_MEASURES = {
    "m2": Text("m²", "m²"), "count": Text("musts", "项"), "1": Text("part of it", "比例"),
}  # fmt: skip


def _field(
    name: str, en: str, zh: str, unit: str = "", codes: Mapping[str, Text] | None = None,
    about: Text | None = None,
) -> Field:  # fmt: skip
    return Field(name, Text(en, zh), about or Text(en, zh), unit, dict(codes or {}))


_REGISTER = (
    _field("code", "code", "代码"), _field("name", "name", "名称"),
    _field("kind", "kind", "类型", codes=KINDS),
    _field("planned_area_ha", "planned area", "规划面积", "ha", about=Text("as stated", "申报值")),
    _field("leading_industries", "leading industries", "主导产业",
           about=Text("codes or words, as stated", "代码或文字（申报值）")),
    _field("four_sides", "four sides", "四至", about=Text("as stated", "申报值")),
    _field("goals", "goals", "发展目标", about=Text("as stated", "申报值")),
    _field("mechanism", "mechanism", "推进机制", about=Text("as stated", "申报值")),
    _field("organisation", "organisation", "管理机构"),
    _field("approved_no", "approval", "批准文号"),
    _field("year", "year", "年份", "year"), _field("source", "source", "来源"),
    _field("park_m2", "measured area", "量算面积", "m2", about=Text("of the polygon", "图形面积")),
    _field("inside_m2", "inside the plan", "规划范围内", "m2"),
    _field("protected_m2", "on protected land", "保护用地", "m2",
           about=Text("under any protection, overlaps once", "受任一保护，重叠只计一次")),
    _field("outside_growth_m2", "outside the growth boundary", "城镇开发边界外", "m2"),
    _field("musts", "musts stated", "已明确事项", "count", about=Text("of five", "共五项")),
    _field("missing", "musts missing", "未明确事项"),
    _field("status", "state", "状态", codes={k: t for k, (t, _) in _STATUS.items()}),
)  # fmt: skip


def contribute_parks(
    parks: gpd.GeoDataFrame, plan: Plan, ground: Ground, today: datetime.date
) -> tuple[Contribution, tuple[Check, ...]]:
    """Put the register of parks into a plan.

    Parameters
    ----------
    parks : GeoDataFrame
        See :func:`zoning.inputs.parks.read_parks`; in the CRS of the plan.
    plan : Plan
    ground : Ground
        What the plan can be asked; access lists among it.
    today : date
        Lists are read as of this day.

    Returns
    -------
    Contribution
        Layer ``parks``; tables ``park_register``, ``parks_by_unit``, ``park_zones``,
        ``park_protections``, ``park_overlaps``, ``park_findings``, ``park_account``; lines on the
        cards of units; a chapter.
    tuple of Check
        One of level "warning" for each sort of finding.
    """
    found = measure_parks(parks, ground)
    rows = [*stated(parks), *measured(parks, found), *_industries(parks, found, ground, today)]
    order = list(_CHECKS)
    rows.sort(key=lambda r: (r["park"], order.index(r["check"]), r["en"]))
    frame = _register(parks, found, rows)
    fields = tuple(replace(f, words=_said(parks)) if f.name == "missing" else f for f in _REGISTER)
    listed = pd.DataFrame(frame.drop(columns="geometry"))
    zones = {m.code: m.name for m in plan.scheme.members} | {"": words_of_none()}
    kinds = {str(k): Text(str(r["en"]), str(r["zh"])) for k, r in load_kinds().iterrows()}
    names = frame.set_index("code")["name"]
    said = {str(c): Text(str(n), str(n)) for c, n in names.items() if n}
    park = _field("park", "park", "园区", codes=said)
    tables = [
        Table("park_register", Text("register of parks", "园区登记表"), listed, fields),
        Table("parks_by_unit", Text("parks by unit", "分单元园区"),
              found.by_unit.assign(name=names.reindex(found.by_unit["park"]).to_numpy()),
              (_field("unit", "unit", "单元"), park,
               _field("inside_m2", "area inside", "单元内面积", "m2"),
               _field("name", "name", "名称"))),
        Table("park_zones", Text("parks by zone", "园区所在功能区"), found.by_zone,
              (_field("zone", "zone", "功能区", codes=zones), park,
               _field("area_m2", "area", "面积", "m2"))),
        Table("park_protections", Text("Parks on protected land", "园区内保护用地"),
              found.by_protection,
              (park, _field("kind", "kind", "保护类型", codes=kinds),
               _field("code", "code of the area", "保护区代码"),
               _field("area_name", "name of the area", "保护区名称"),
               _field("level", "level", "级别"), _field("area_m2", "area", "面积", "m2"))),
        Table("park_overlaps", Text("parks over one another", "园区重叠"), found.overlaps,
              (park, _field("other", "other park", "另一园区", codes=said),
               _field("area_m2", "area", "面积", "m2"))),
        Table("park_findings", Text("Findings on parks", "园区核查结果"), _findings(rows),
              (park, _field("check", "check", "核查项", codes=_CHECKS),
               _field("level", "level", "程度", codes={str(k): t for k, t in LEVELS.items()}),
               _field("measured", "measured", "实测"), _field("limit", "limit", "限值"),
               _field("measure", "unit", "单位", codes=_MEASURES),
               _field("en", "finding", "结果（英文）"), _field("zh", "finding (Chinese)", "结果"))),
        Table("park_account", Text("Parks by zone and kind", "分区分类园区"),
              account(listed, found.by_zone),
              (_field("zone", "zone", "功能区", codes=zones),
               _field("kind", "kind", "类型", codes=KINDS),
               _field("parks", "parks", "园区数", "count",
                      about=Text("with most of their land here", "主要位于此区的园区")),
               _field("area_m2", "area", "面积", "m2"))),
    ]  # fmt: skip
    # A wing hands over no empty table: nothing to draw.
    tables = [t for t in tables if len(t.frame)]
    chapter = Chapter(
        _TITLE, _paragraphs(frame),
        tables=tuple(t.name for t in tables if t.name in _SHOWN),
        columns=_no_code_beside_names(found.by_protection),
    )  # fmt: skip
    classes = tuple(Class(t, c, k) for k, (t, c) in _STATUS.items() if k in set(frame["status"]))
    layer = Layer("parks", _TITLE, frame, fields, colour="#7f3b08", by="status",
                  classes=classes, filled=False)  # fmt: skip
    cards = [
        Card(Text("why", "为何如此"), "park_findings", ("level", "en"), "park"),
        Card(Text("zones", "所在功能区"), "park_zones", ("zone", "area_m2"), "park"),
        Card(_TITLE, "parks_by_unit", ("name", "inside_m2")),
    ]
    cards = [c for c in cards if any(t.name == c.table for t in tables)]
    given = Contribution(WING, _TITLE, layers=(layer,), tables=tuple(tables), cards=tuple(cards),
                         chapters=(chapter,))  # fmt: skip
    return given, _checks(rows, names)


#: Tables of the chapter; the long ones stand in the workbook.
_SHOWN = ("park_account", "park_findings", "park_protections", "park_overlaps")


def _no_code_beside_names(areas: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Leave the codes of protected areas to the workbook where each has a name."""
    if areas.empty or (areas["area_name"].fillna("") == "").any():
        return {}
    return {"park_protections": tuple(c for c in areas.columns if c != "code")}


def words_of_none() -> Text:
    """Give the word for land without a zone."""
    return Text(words.unzoned("en"), words.unzoned("zh"))


def _listed(musts: Iterable[str]) -> Text:
    """Name musts in both languages."""
    named = [MUSTS[m] for m in musts]
    return Text(", ".join(t.en for t in named), "、".join(t.zh for t in named))


def _said(parks: gpd.GeoDataFrame) -> dict[str, Text]:
    """Give the words for what is missing: the column holds the Chinese ones."""
    told = (_listed(missing_musts(row)) for _, row in parks.iterrows())
    return {t.zh: t for t in told if t.zh}


def _register(
    parks: gpd.GeoDataFrame, found: Measures, rows: list[dict[str, Any]]
) -> gpd.GeoDataFrame:
    """Give the register with what was measured."""
    frame = parks.copy()
    for f in _REGISTER[:12]:
        if f.name not in frame:
            frame[f.name] = None
    for name in ("code", "name", "kind", "leading_industries", "four_sides", "goals", "mechanism",
                 "organisation", "approved_no", "source"):  # fmt: skip
        frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    frame["planned_area_ha"] = frame["planned_area_ha"].astype("float64")
    frame["year"] = pd.to_numeric(frame["year"], errors="coerce").astype("Int64")
    frame["park_m2"], frame["inside_m2"] = found.park_m2, found.inside_m2
    frame["protected_m2"] = found.protected_m2
    growth = found.outside_growth_m2
    frame["outside_growth_m2"] = pd.array(
        [pd.NA] * len(frame) if growth is None else growth, dtype="Int64"
    )
    gone = [missing_musts(row) for _, row in parks.iterrows()]
    frame["musts"] = [len(MUSTS) - len(g) for g in gone]
    frame["missing"] = [_listed(g).zh or None for g in gone]
    frame["status"] = worst(rows, frame["code"].astype(str).tolist())
    return frame[[*(f.name for f in _REGISTER), "geometry"]]


def _findings(rows: list[dict[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["park", "check", "level", "measured", "limit", "measure",
                                        "en", "zh"])  # fmt: skip
    return table.astype({"measured": "float64", "limit": "float64"})


def account(register: pd.DataFrame, by_zone: pd.DataFrame) -> pd.DataFrame:
    """Add up parks by zone and kind; a park counts where most of its land lies.

    Examples
    --------
    >>> register = pd.DataFrame({"code": ["a", "b"], "kind": ["x", None]})
    >>> zones = pd.DataFrame({"zone": ["key", "key", "balance"], "park": ["a", "b", "a"],
    ...                       "area_m2": [9, 5, 2]})
    >>> account(register, zones).to_numpy().tolist()
    [['balance', 'x', 0, 2], ['key', '', 1, 5], ['key', 'x', 1, 9]]
    """
    kind = register.set_index("code")["kind"].fillna("")
    table = by_zone.assign(kind=kind.reindex(by_zone["park"]).to_numpy())
    most = table.sort_values(["area_m2", "zone"], ascending=[False, True]).drop_duplicates("park")
    table["parks"] = table.index.isin(most.index).astype("int64")
    sums = table.groupby(["zone", "kind"], sort=True)[["parks", "area_m2"]].sum()
    return sums.astype("int64").reset_index().astype({"zone": object, "kind": object})


def _industries(
    parks: gpd.GeoDataFrame, found: Measures, ground: Ground, today: datetime.date
) -> list[dict[str, Any]]:
    """Hold the leading industries against the access lists of the zones of each park."""
    if ground.access is None:
        return []
    entries = lists.entries(ground.access.fillna(""), rule_columns())
    rows = []
    zones = found.by_zone[found.by_zone["zone"] != ""].groupby("park")["zone"].agg(list).to_dict()
    for _, park in parks.iterrows():
        code = str(park["code"])
        for industry in industries_of(park.get("leading_industries"))[0]:
            places = {"zone": zones.get(code, []), "park": [code]}
            said = lists.resolve(entries, places, industry, "", _about_projects, today)
            if said.status in ("allowed", "encouraged"):
                continue
            level = "error" if said.status == "forbidden" else "warning"
            why = said.said[0].entry if said.said else None
            name = STATUS_NAMES[said.status]
            en = f"{industry}: {name.en}" + (f" ({why.list}: {why.en})" if why else "")
            zh = f"{industry}：{name.zh}" + (f"（{why.list}：{why.zh}）" if why else "")
            rows.append(finding(code, "industry", level, Text(en, zh)))
    return rows


def _about_projects(_rule: object) -> bool:
    """Let rows with a rule step back: they are about what a project declares, not about a park."""
    return False


def _checks(rows: list[dict[str, Any]], names: pd.Series) -> tuple[Check, ...]:
    """Tell each sort of finding once, as a check that warns."""
    count = len(names)
    out = []
    for name, title in _CHECKS.items():
        parks = sorted({r["park"] for r in rows if r["check"] == name and r["level"] != "note"})
        if name in ("industry_words", "kind"):
            continue
        first = names.get(parks[0]) or parks[0] if parks else ""
        en = f"{title.en}: {len(parks)} of {count} parks" + (f", first {first}" if parks else "")
        zh = f"{title.zh}：{len(parks)} / {count} 个园区" + (f"，首个{first}" if parks else "")
        out.append(Check(f"{WING}.{name}", "warning", not parks, len(parks), 0, "parks", "city",
                         Text(en, zh)))  # fmt: skip
    return tuple(out)


def _paragraphs(frame: gpd.GeoDataFrame) -> tuple[Text, ...]:
    total = float(frame["park_m2"].sum()) / 1e6
    planned = float(frame["planned_area_ha"].sum()) / 100
    full = int((frame["musts"] == len(MUSTS)).sum())
    kinds = [f"{t.zh} {int((frame['kind'] == k).sum())}" for k, t in KINDS.items()
             if (frame["kind"] == k).any()]  # fmt: skip
    kinds_en = [f"{t.en} {int((frame['kind'] == k).sum())}" for k, t in KINDS.items()
                if (frame["kind"] == k).any()]  # fmt: skip
    protected = float(frame["protected_m2"].sum()) / 1e6
    bad = int((frame["status"] == "contradicts").sum())
    of = f" ({', '.join(kinds_en)})" if kinds_en else ""
    of_zh = f"（{'、'.join(kinds)}）" if kinds else ""
    return (
        Text(f"{len(frame)} parks{of} measure {total:,.2f} km² together; "
             f"{planned:,.2f} km² are stated.",
             f"共 {len(frame)} 个园区{of_zh}，量算面积合计 {total:,.2f} km²，"
             f"申报规划面积 {planned:,.2f} km²。"),
        Text(f"Of the five musts (planned area, four sides and boundary, leading industry, goals, "
             f"mechanism) {full} parks state all. {protected:,.2f} km² of parks lie on protected "
             f"land; {bad} parks contradict the plan. Four sides are text: that all four are named "
             "is checked, not where they run.",
             f"“五个明确”（规划面积、四至边界、主导产业、发展目标、推进机制）齐全的园区 {full} 个。"
             f"园区内保护用地 {protected:,.2f} km²；与规划不符的园区 {bad} 个。"
             "四至为文字，只核查是否四向俱全，不核查其位置。"),
    )  # fmt: skip
