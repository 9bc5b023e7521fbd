"""Protected land as a plan carries it: polygons, tables, a map theme, card lines and a chapter."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

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
    Theme,
)
from zoning.errors import Text
from zoning.inputs.protections import load_kinds
from zoning.ledger.protections import NOTHING, OVERLAP_ROW
from zoning.pipeline.withdrawn import COLUMNS as HANGING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from zoning.plan import Plan

_LAND = ("built_m2", "farmland_m2", "water_m2")
#: Name of the contribution, and of its layer of polygons.
WING = LAYER = "protections"
_TITLES = {
    "protection_kinds": Text("Protected land by kind", "各类保护用地"),
    "protection_areas": Text("Protected areas", "保护区一览"),
    "protection_levels": Text("Protected land by kind and level", "分类分级保护用地"),
    "protection_by_county": Text("Protected land by county", "分县保护用地"),
    "protection_by_township": Text("Protected land by township", "分乡镇保护用地"),
    "protection_by_zone": Text("Protected land by zone", "分区保护用地"),
    "protection_units": Text("Protected land by unit", "分单元保护用地"),
}
_OVERLAP = Text("counted more than once", "重复计算")
_NOTHING = Text("not protected", "未划入保护")
_LABELS = {
    "type": (Text("type", "类型"), Text("type of the area", "保护区类型"), ""),
    "year": (Text("year", "年份"), Text("year of the source", "来源年份"), "year"),
    "areas": (Text("areas", "区域数"), Text("number of areas", "区域数量"), "count"),
    "protected_share": (
        Text("protected share", "保护占比"),
        Text("share of the unit's area", "占单元市内面积"), "1",
    ),
}  # fmt: skip


def contribution(
    layer: gpd.GeoDataFrame, found: dict[str, pd.DataFrame], names: dict[str, str],
    zones: dict[str, Text] | None = None,
) -> Contribution:  # fmt: skip
    """Give layer, tables, theme, card lines and chapter of protected land to the plan.

    Parameters
    ----------
    layer : GeoDataFrame
        Protections of all kinds but red lines.
    found : dict of DataFrame
        Of :func:`zoning.ledger.protections.tables`.
    names : dict of str
        Names of counties and townships by code.
    zones : dict of Text
        Names of zones by code.
    """
    given = {name: _shown(table, names) for name, table in found.items()}

    def fields(frame: pd.DataFrame, table: str) -> tuple[Field, ...]:
        found = tuple(_field(str(c), table, zones or {}) for c in frame.columns)
        kinds = {str(c.code): c.label for c in _classes()}
        # Of a layer without codes of its own the code is the kind.
        bare = "code" in frame and not set(kinds).isdisjoint(frame["code"])
        return tuple(replace(f, words=kinds) if bare and f.name == "code" else f for f in found)

    if "level" not in given["protection_levels"]:
        del given["protection_levels"]
    used = {*layer["kind"].unique(), *given["protection_units"]["kind"].unique()}
    classes = tuple(c for c in _classes() if c.code in used)
    bare = Class(_NOTHING, "#eceae4", code=NOTHING)
    drawn = layer[[c for c in layer.columns if c != "geometry"]]
    polygons = layer[[*drawn.columns, "geometry"]].reset_index(drop=True)
    theme = Theme(
        "protection_map", Text("Protected land", "保护用地"),
        Text("the kind that protects most of a unit", "覆盖单元面积最大的保护类型"),
        "protection_units", "kind", (*classes, bare),
    )  # fmt: skip
    in_report = [
        n for n in ("protection_kinds", "protection_areas", "protection_levels",
                    "protection_by_county", "protection_by_township", "protection_by_zone")
        if n in given and len(given[n]) <= _IN_REPORT
    ]  # fmt: skip
    return Contribution(
        WING, Text("Protections", "保护用地"),
        layers=(Layer(LAYER, Text("protected areas", "保护区"), polygons, fields(drawn, LAYER),
                      colour="#4d4d4d", by="kind",
                      classes=tuple(c for c in classes if c.code in set(layer["kind"]))),),
        tables=tuple(Table(n, _TITLES[n], t, fields(t, n)) for n, t in given.items()),
        themes=(theme,),
        cards=(
            Card(Text("Protections", "保护"), "protection_units", ("kind", "protected_share")),
            *(Card(title, "protection_areas", shown, "protection", by=("kind", "code"))
              for title, columns in _CARDS if (shown := _in(given["protection_areas"], columns))),
        ),
        chapters=(Chapter(Text("Protected land", "保护用地"), _paragraphs(found),
                          ("protection_map",), tuple(in_report),
                          columns={"protection_areas": _in(given["protection_areas"], _LISTED)}),),
    )  # fmt: skip


#: What the card of an area says: on what ground, how much, what would be otherwise without it.
_CARDS = (
    (Text("on what ground", "依据"), ("kind", "type", "source", "year")),
    (Text("account", "账目"), ("area_m2", "published_m2", "difference_m2", *_LAND)),
    (Text("what would change first", "最先会变的"), HANGING),
)


#: What the report lists of an area; the workbook has all.
_LISTED = ("name", "kind", "area_m2", "published_m2", "built_m2", *HANGING)


def _in(table: pd.DataFrame, columns: Iterable[str]) -> tuple[str, ...]:
    return tuple(c for c in columns if c in table)


#: A longer table stands in the spreadsheets only.
_IN_REPORT = 200


def _shown(table: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """Leave out columns that say nothing, and put names beside codes of places."""
    table = table.dropna(axis=1, how="all")
    for key in ("county", "township"):
        if key in table:
            table = table.copy()
            table.insert(1, "name", table[key].map(names).astype("string"))
    return table


def _classes() -> Iterable[Class]:
    for code, row in load_kinds().iterrows():
        yield Class(Text(row["en"], row["zh"]), row["colour"], code=str(code))


def _field(name: str, table: str, zones: dict[str, Text]) -> Field:
    """Say what a column is, in the words of the dictionary."""
    if name in _LABELS:
        label, about, unit = _LABELS[name]
        return Field(name, label, about, unit)
    label = Text(*(words.label(name, lang, table) for lang in ("en", "zh")))
    about = Text(*(words.description(name, lang, table) or label.get(lang)
                   for lang in ("en", "zh")))  # fmt: skip
    known: dict[str, Text] = {}
    if name == "kind":
        label, about = Text("kind of protection", "保护类型"), Text("what protects it", "何种保护")
        known = {str(c.code): c.label for c in _classes()} | {
            OVERLAP_ROW: _OVERLAP,
            NOTHING: _NOTHING,
        }
    elif name == "zone":
        known = zones
    return Field(name, label, about, words.unit(name, table), known)


def _paragraphs(found: dict[str, pd.DataFrame]) -> tuple[Text, ...]:
    """Say what counts, and how much is protected together."""
    total = int(found["protection_kinds"]["area_m2"].sum())
    km2 = f"{total / 1e6:,.2f}"
    return (
        Text(f"Nothing new is built on protected land of any kind: {km2} km² of the city together.",
             f"各类保护用地均不安排新增建设，合计 {km2} km²（市内，重叠部分只计一次）。"),
        Text("Land under several kinds counts in each of them; the row of what is counted more "
             "than once brings the sum to the whole. Red lines have their own chapter as well.",
             "同一土地受多类保护时分别计入各类，“重复计算”一行使合计等于总量。"
             "生态红线另有专章。"),
    )  # fmt: skip


def of_plan(plan: Plan) -> gpd.GeoDataFrame | None:
    """Give the polygons of protections (but red lines) that a plan carries.

    Returns
    -------
    GeoDataFrame or None
        None where the plan has none, or was made before plans kept them.
    """
    for given in plan.contributions:
        if given.wing == WING:
            return next(x.frame for x in given.layers if x.name == LAYER)
    return None


def protected_of(plan: Plan) -> int | None:
    """Give the land under protections of every kind, counted once, in m2; None if not known."""
    given = next((c for c in plan.contributions if c.wing == WING), None)
    if given is not None:
        return int(given.table("protection_kinds").frame["area_m2"].sum())
    # A plan with red lines alone has no account of kinds.
    known = "protected_m2" in plan.units and not plan.units["protected_m2"].isna().any()
    return int(plan.units["protected_m2"].sum()) if known else None


def names_of(plan: Plan) -> dict[str, str]:
    """Give the names of red lines and other protections by code."""
    names: dict[str, str] = {}
    layer: Any = of_plan(plan)
    if layer is not None:
        names = dict(zip(layer["code"].astype(str), layer["name"].astype(str), strict=True))
    if plan.redlines is not None:
        first = plan.redlines.drop_duplicates("area_code")
        names |= dict(zip(first["area_code"], first["name"], strict=True))
    return names
