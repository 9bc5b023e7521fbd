"""A made-up wing for the tests of writers: a layer, two tables, two themes, a card, a chapter."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from zoning.contribution.parts import Card, Chapter, Class, Contribution, Field, Layer, Table, Theme
from zoning.errors import Text

UNIT = Field("unit", Text("unit", "单元"), Text("code of the unit", "单元编号"))
KIND = Field(
    "kind",
    Text("kind of fish", "鱼种"),
    Text("what swims here", "此处的鱼"),
    words={"carp": Text("carp & co", "鲤鱼"), "eel": Text("eel", "鳗鱼")},
)
CLASSES = (
    Class(Text("carp & co", "鲤鱼"), "#1b9e77", code="carp"),
    Class(Text("eel", "鳗鱼"), "#d95f02", code="eel"),
)


def contribution(plan) -> Contribution:
    """Give a pond over the middle of the city, fish by unit, and a ledger of catches."""
    x0, y0, x1, y1 = plan.city.total_bounds
    pond = shapely.box(*(np.array([x0, y0, x0, y0]) + np.array([x1 - x0, y1 - y0] * 2) *
                         np.array([0.3, 0.3, 0.6, 0.6])))  # fmt: skip
    islet = shapely.box(x0, y0, x0 + 400, y0 + 400)
    ponds = gpd.GeoDataFrame(
        {"kind": ["carp", "eel"], "pond_m2": [round(pond.area), round(islet.area)],
         "owner": ["老王 <b>&\"", None]},
        geometry=[pond, islet], crs=plan.units.crs,
    )  # fmt: skip
    codes = plan.units.index[: len(plan.units) - 1]
    fish = pd.DataFrame(
        {
            "unit": codes,
            "kind": ["carp" if i % 3 else "eel" for i in range(len(codes))],
            "fish": np.arange(len(codes), dtype=np.int64) * 10,
            "wet_share": np.linspace(0, 1, len(codes)),
        }
    )
    catches = pd.DataFrame({"year": [2023, 2024], "catch_kg": [1234.5, float("nan")]})
    return Contribution(
        "fishery",
        Text("Fishery (made up)", "渔业（虚构）"),
        layers=(
            Layer(
                "ponds",
                Text("ponds", "鱼塘"),
                ponds,
                (
                    KIND,
                    Field("pond_m2", Text("water", "水面"), Text("its area", "水面面积"), "m2"),
                    Field("owner", Text("owner", "所有人"), Text("who owns it", "归谁所有")),
                ),
                colour="#08519c",
                by="kind",
                classes=CLASSES,
            ),
        ),
        tables=(
            Table(
                "fish",
                Text("fish by unit", "各单元鱼类"),
                fish,
                (
                    UNIT,
                    KIND,
                    Field("fish", Text("fish", "鱼数"), Text("how many", "数量"), "count"),
                    Field("wet_share", Text("wet part", "水面占比"), Text("share", "占比"), "1"),
                ),
            ),
            Table(
                "catches",
                Text("catches", "捕获量"),
                catches,
                (
                    Field("year", Text("year", "年份"), Text("of the catch", "捕获年份"), "year"),
                    Field("catch_kg", Text("catch", "产量"), Text("landed", "上岸量"), "kg"),
                ),
            ),
        ),
        themes=(
            Theme(
                "fish_kind",
                Text("Fish", "鱼类分布"),
                Text("kind of fish that swims here", "此处的鱼种"),
                "fish",
                "kind",
                CLASSES,
            ),
            Theme(
                "fish_wet",
                Text("Wet land", "水面占比图"),
                Text("share under water", "水面占比"),
                "fish",
                "wet_share",
                (
                    Class(Text("up to half", "不足一半"), "#deebf7", lower=0.0, upper=0.5),
                    Class(Text("more", "一半以上"), "#3182bd", lower=0.5, upper=1.0),
                ),
            ),
        ),
        cards=(Card(Text("Fish here", "此处鱼类"), "fish", ("kind", "fish", "wet_share")),),
        chapters=(
            Chapter(
                Text("Fishery", "渔业"),
                (Text("Nobody counted the fish.", "没有人数过鱼。"),),
                maps=("fish_kind",),
                tables=("catches",),
            ),
        ),
    )
