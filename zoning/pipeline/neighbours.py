"""Across the line: what borders the city, as indicators of townships and as contrast of zones."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from zoning.base import words
from zoning.base.areas import M2_PER_KM2
from zoning.contribution.parts import Chapter, Contribution, Field, Layer, Table
from zoning.errors import Text
from zoning.schemes import scheme_of
from zoning.zones.contiguity import adjacency

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.inputs.gather import Intake
    from zoning.planfile.models import Config
    from zoning.planfile.neighbours import NeighbourLayer
    from zoning.schemes import Scheme

#: Name of the contribution.
WING = "neighbours"
#: Indicators of townships that follow.
COLUMNS = ("edge_share", "around_population_density", "around_gdp_density")
#: How far beyond the line neighbours are kept and drawn, m (our choice).
BAND_M = 10_000.0
#: Line that two places reach is dealt out in stretches of this length (our choice), m.
_CUT_M = 1.0
#: Shorter borders are corners (our choice), m.
_LEAST_M = 10.0
_SAME = {
    "same": Text("same zone", "同类"), "other": Text("other zone", "不同类"),
    "unknown": Text("not known", "未知"),
}  # fmt: skip


def pairs(
    townships: gpd.GeoDataFrame, city: Any, beyond: gpd.GeoDataFrame, tolerance_m: float
) -> pd.DataFrame:
    """Measure where townships meet places across the line.

    Parameters
    ----------
    townships : GeoDataFrame, index ``township``
        In the CRS of the grid.
    city : polygon
    beyond : GeoDataFrame
        Neighbours, ``name``.
    tolerance_m : float
        How far the two lines may lie apart.

    Returns
    -------
    DataFrame
        ``township``, ``neighbour`` (name), ``border_m`` along the township's own outline; what
        two neighbours reach counts for the nearer.
    """
    line = shapely.boundary(city)
    shapes = np.asarray(townships.geometry.array)
    # On the city's line, within the width that rounding and gaps of townships leave.
    edge = shapely.intersection(shapely.boundary(shapes), shapely.buffer(line, 1.0))
    reach = shapely.buffer(np.asarray(beyond.geometry.array), tolerance_m)
    tree = shapely.STRtree(reach)
    one, two = tree.query(edge)
    length = shapely.length(shapely.intersection(edge[one], reach[two]))
    places = np.asarray(beyond.geometry.array)
    for town in np.unique(one):
        at = np.flatnonzero(one == town)
        length[at] -= _shared(edge[town], reach[two[at]], places[two[at]])
    found = pd.DataFrame(
        {
            "township": townships.index.to_numpy()[one].astype(str),
            "neighbour": beyond["name"].to_numpy()[two].astype(str),
            "border_m": np.round(length, 1),
        }
    )
    found = found[found["border_m"] >= _LEAST_M]
    return found.sort_values(["township", "neighbour"], ignore_index=True)


def _shared(edge: Any, reach: Any, places: Any) -> Any:
    """Give how much of the line that several places reach belongs to another of them, m each."""
    both = [
        shapely.intersection(shapely.intersection(edge, a), b) for a, b in combinations(reach, 2)
    ]
    line = shapely.segmentize(shapely.line_merge(shapely.union_all(both)), _CUT_M)
    parts = shapely.get_parts(line)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    ends, of = shapely.get_coordinates(parts, return_index=True)
    inside = of[1:] == of[:-1]
    long = np.hypot(*(ends[1:] - ends[:-1]).T)[inside]
    middle = shapely.points(((ends[1:] + ends[:-1]) / 2)[inside])
    far = shapely.distance(middle[:, None], places[None, :])
    held = shapely.intersects(middle[:, None], reach[None, :])
    nearest = np.argmin(np.where(held, far, np.inf), axis=1)
    return (held & (nearest[:, None] != np.arange(len(reach)))).T @ long


def around(
    given: gpd.GeoDataFrame, townships: gpd.GeoDataFrame, across: pd.DataFrame,
    beyond: gpd.GeoDataFrame,
) -> pd.DataFrame:  # fmt: skip
    """Give townships the densities of all that borders them, on both sides of the line.

    A mean over borders, weighted by their lengths; missing where nothing is known of any neighbour.

    Returns
    -------
    DataFrame, index ``township``
        `COLUMNS`.
    """
    outline = townships.geometry.length
    edge = across.groupby("township")["border_m"].sum().reindex(townships.index).fillna(0.0)
    out = pd.DataFrame({COLUMNS[0]: (edge / outline).clip(upper=1.0).astype("Float64")})
    graph = adjacency(townships)
    there = beyond.set_index("name")
    for part, column in (("population", COLUMNS[1]), ("gdp_10k_yuan", COLUMNS[2])):
        table = given if part in given else townships
        mine = _density(table.get(part), townships.geometry.area)
        other = _density(there[part], there["area_m2"])
        top = pd.Series(0.0, index=townships.index)
        base = pd.Series(0.0, index=townships.index)
        met = [(a, mine.get(b), d["border_m"]) for a, b, d in graph.edges(data=True)]
        met += [(b, mine.get(a), d["border_m"]) for a, b, d in graph.edges(data=True)]
        met += [(r.township, other.get(r.neighbour), r.border_m) for r in across.itertuples()]
        for code, value, border in met:
            if value is not None and pd.notna(value):
                top[code] += float(value) * border
                base[code] += border
        out[column] = (top / base).astype("Float64").round(6)
    return out


def _density(amount: pd.Series | None, area_m2: pd.Series) -> pd.Series:
    if amount is None:
        return pd.Series(pd.NA, area_m2.index, "Float64")
    number = pd.to_numeric(amount, errors="coerce").astype("Float64").reindex(area_m2.index)
    return number / area_m2.astype("Float64") * M2_PER_KM2


def contribution(
    townships: gpd.GeoDataFrame | None, intake: Intake, config: Config
) -> tuple[Contribution, ...]:
    """Tell where the zones of the city meet those across the line; none without neighbours."""
    city, beyond, part = intake.layers.city, intake.ground.neighbours, config.inputs.neighbours
    scheme = scheme_of(config.zones)
    if townships is None or beyond is None or part is None or "zone" not in townships:
        return ()
    band = beyond.copy()
    band["geometry"] = shapely.intersection(
        np.asarray(band.geometry.array), shapely.buffer(city, BAND_M)
    )
    band = band[~band.geometry.is_empty].sort_values("name", ignore_index=True)
    table = edge_table(pairs(townships, city, beyond, part.tolerance_m), townships, beyond)
    title = Text("Across the city's line", "市界内外")
    layer = band[["name", "zone", "population", "gdp_10k_yuan", "built_m2", "area_m2", "geometry"]]
    layer = layer.assign(area_m2=layer["area_m2"].round().astype("int64"),
                         built_m2=layer["built_m2"].round().astype("Int64"))  # fmt: skip
    return (
        Contribution(
            WING, title,
            layers=(Layer("neighbours", Text("Places across the line", "界外相邻地区"), layer,
                          _layer_fields(scheme), colour="#7a7a7a", filled=False),),
            tables=(Table("city_edge", Text("Zones along the city's line", "市界两侧分区"), table,
                          _fields(scheme), keys=("township", "neighbour")),),
            chapters=(Chapter(title, _paragraphs(table, city, part), tables=("city_edge",)),),
        ),
    )  # fmt: skip


def edge_table(
    across: pd.DataFrame, townships: gpd.GeoDataFrame, beyond: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Put zones and densities of both sides beside each stretch of the line."""
    there = beyond.set_index("name")
    out = across.copy()
    out["zone"] = out["township"].map(townships["zone"]).astype("string")
    out["neighbour_zone"] = out["neighbour"].map(there["zone"]).astype("string")
    same = (out["zone"] == out["neighbour_zone"]).map({True: "same", False: "other"})
    out["contrast"] = same.fillna("unknown").astype("string")
    here = _density(townships.get("population"), townships["area_m2"])
    out["density"] = out["township"].map(here).astype("Float64").round(3)
    other = _density(there["population"], there["area_m2"])
    out["neighbour_density"] = out["neighbour"].map(other).astype("Float64").round(3)
    return out.astype({"township": "string", "neighbour": "string"})


def _paragraphs(table: pd.DataFrame, city: Any, part: NeighbourLayer) -> tuple[Text, ...]:
    line = float(shapely.length(shapely.boundary(city)))
    met = float(table["border_m"].sum())
    by = table.groupby("contrast")["border_m"].sum()
    known = float(by.get("same", 0.0) + by.get("other", 0.0))
    other = float(by.get("other", 0.0))
    told = [Text(
        f"{met / 1000:,.1f} km of the city's line ({line / 1000:,.1f} km) meet the places that "
        f"were given (source: {part.source}). The plan decides nothing there.",
        f"市界 {line / 1000:,.1f} km，其中 {met / 1000:,.1f} km 与所给界外地区相接"
        f"（来源：{words.source(part.source)}）。本方案不涉及界外。")]  # fmt: skip
    if known:
        share = f"{other / known:.0%}"
        told.append(Text(
            f"Where zones are known on both sides, {share} of the line lies between different "
            "ones: there the plan and its neighbour should be talked about.",
            f"两侧分区均已知的界段中，{share}的长度两侧分区不同，宜与相邻地区衔接。"))  # fmt: skip
    else:
        told.append(Text("No zone is known across the line.", "界外分区未知。"))
    return tuple(told)


def _names(scheme: Scheme) -> dict[str, Text]:
    return {code: scheme.name_of(code) for code in scheme.codes}


def _fields(scheme: Scheme) -> tuple[Field, ...]:
    def said(name: str) -> Text:
        return Text(words.label(name, "en"), words.label(name, "zh"))

    per = "persons/km²"
    return (
        Field("township", said("township"), said("township")),
        Field("neighbour", Text("across the line", "界外地区"), Text("its name", "名称")),
        Field("border_m", Text("border", "界长"),
              Text("along the township's outline", "沿乡镇边界"), "m"),
        Field("zone", said("zone"), said("zone"), words=_names(scheme)),
        Field("neighbour_zone", Text("zone across the line", "界外分区"),
              Text("as given", "按所给资料"), words=_names(scheme)),
        Field("contrast", Text("zones", "分区对比"),
              Text("whether both sides are alike", "两侧是否同类"), words=_SAME),
        Field("density", Text("people per km²", "人口密度（人/km²）"),
              Text(f"of the township, {per}", "乡镇人口密度")),
        Field("neighbour_density", Text("people per km² across", "界外人口密度（人/km²）"),
              Text(f"of the place across the line, {per}", "界外地区人口密度")),
    )  # fmt: skip


def _layer_fields(scheme: Scheme) -> tuple[Field, ...]:
    def plain(name: str, en: str, zh: str, unit: str = "") -> Field:
        return Field(name, Text(en, zh), Text("as given", "按所给资料"), unit)

    return (
        plain("name", "name", "名称"),
        Field("zone", Text("zone", "分区"), Text("as given", "按所给资料"), words=_names(scheme)),
        plain("population", "population", "人口"),
        plain("gdp_10k_yuan", "GDP (10⁴ yuan)", "地区生产总值（万元）"),
        plain("built_m2", "construction land", "建设用地", "m2"),
        Field("area_m2", Text("area", "面积"),
              Text("of the whole place, also where it is not drawn", "整个地区的面积"), "m2"),
    )  # fmt: skip
