"""The ten provincial indicators as a plan shows them: tables, what is missing, a chapter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from zoning.base import words
from zoning.contribution.parts import Chapter, Contribution, Field, Table
from zoning.errors import Text
from zoning.indicators.composition import ITEMS, compare_compositions
from zoning.indicators.tell_names import PROVINCIAL
from zoning.pipeline.provincial import COLUMNS, GRADES, ITEMS_OF

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.planfile.models import Config

#: Name of the contribution.
WING = "provincial"
_COMPOSE = {
    "ratio": Text("ratio", "比值"), "additive": Text("sum", "加和"),
    "weighted": Text("weighted sum", "加权"),
}  # fmt: skip


def contribution(townships: gpd.GeoDataFrame | None, config: Config) -> tuple[Contribution, ...]:
    """Give the tables of the ten indicators; none where they were not asked for."""
    part = config.indicators.provincial
    if townships is None or part is None or "provincial_index" not in townships:
        return ()
    frame = pd.DataFrame(townships.drop(columns="geometry"))
    shown = [c for c in COLUMNS if not frame[c].isna().all()]
    table = frame[shown].astype("Float64").round(6)
    table.insert(0, "township", frame.index.astype(str))
    table = table.reset_index(drop=True).astype({"township": "string"})
    there = pd.DataFrame(
        {
            "item": [i.code for i in ITEMS_OF],
            "townships": [int(frame[i.column].notna().sum()) for i in ITEMS_OF],
            "lacking": [int(frame[i.column].isna().sum()) for i in ITEMS_OF],
            "needs_en": [i.needs.en for i in ITEMS_OF],
            "needs_zh": [i.needs.zh for i in ITEMS_OF],
        }
    ).astype({"item": "string", "needs_en": "string", "needs_zh": "string"})
    tables = [
        Table("provincial_items", Text("The ten indicators", "十项指标"), there, _items(),
              keys=("item",)),
        Table("provincial_indicators", Text("Indicators by township", "分乡镇指标"), table,
              _columns(shown), keys=("township",)),
    ]  # fmt: skip
    told = [_about(part.compose)]
    ranks = _ranks(frame)
    if ranks is not None:
        tables.append(Table(
            "provincial_compositions",
            Text("Rank correlation of three ways to join the parts", "三种合成方式的秩相关"),
            ranks, _ranked(), keys=("compose",)))  # fmt: skip
    title = Text("The ten provincial indicators", "省级规程十项指标")
    names = tuple(t.name for t in tables)
    return (Contribution(WING, title, tables=tuple(tables),
                         chapters=(Chapter(title, tuple(told), tables=names),)),)  # fmt: skip


def _about(compose: str) -> Text:
    how = _COMPOSE[compose]
    return Text(
        "Indicators of the provincial procedure of 2008, from memory of the published text "
        "(M-med), so none of them is official. People, economy and transport are graded in "
        "natural classes, for which no table is known (our choice). The index is joined as "
        f"{how.en} (M-low); none of the three ways is the national formula. What is missing is "
        "missing, never 0.",
        "指标据《省级主体功能区划分技术规程》（2008）记忆整理（M-med），均非官方文本。"
        "人口、经济、交通三项无公开分级表，按自然断点分级（本软件自定）。"
        f"综合指数采用{how.zh}合成（M-low），三种方式均非国家公式。缺失即缺失，不作 0 处理。",
    )


def _ranks(frame: pd.DataFrame) -> pd.DataFrame | None:
    """Correlate the three indices by rank, where all nine grades are known of enough townships."""
    grades = frame[list(GRADES)].astype("Float64").dropna()
    if len(grades) < 3:
        return None
    grades.columns = pd.Index(list(ITEMS))
    factor = frame["strategic_factor"].astype("Float64").reindex(grades.index).fillna(1.0)
    _, found = compare_compositions(grades, factor=factor)
    out = found.round(6).rename_axis("compose").reset_index()
    return out.astype({"compose": "string"})


def _items() -> tuple[Field, ...]:
    names = {i.code: i.name for i in ITEMS_OF}
    return (
        Field("item", Text("indicator", "指标"), Text("one of the ten", "十项之一"), words=names),
        Field("townships", Text("known in", "已知"), Text("townships", "乡镇数"), "count"),
        Field("lacking", Text("missing in", "缺失"), Text("townships", "乡镇数"), "count"),
        Field("needs_en", Text("made from", "所需资料（英文）"),
              Text("columns and files", "所需资料")),
        Field("needs_zh", Text("made from (Chinese)", "所需资料"),
              Text("columns and files", "字段与文件")),
    )  # fmt: skip


def _columns(shown: list[str]) -> tuple[Field, ...]:
    name = Text(words.label("township", "en"), words.label("township", "zh"))
    return (
        Field("township", name, name),
        *(Field(c, PROVINCIAL[c][0], PROVINCIAL[c][0], PROVINCIAL[c][1]) for c in shown),
    )


def _ranked() -> tuple[Field, ...]:
    about = Text("rank correlation (Spearman)", "秩相关（Spearman）")
    return (
        Field("compose", Text("joined as", "合成方式"), about, words=_COMPOSE),
        *(Field(k, t, about) for k, t in _COMPOSE.items()),
    )
