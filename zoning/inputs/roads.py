"""Roads as files give them: the columns of class, speed and direction, and the words of classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zoning.base.shipped import load_toml
from zoning.errors import InputError, ZoningError, raise_all
from zoning.inputs.columns import not_there

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from zoning.planfile.layers import RoadLayer

#: Share of a column's rows that must read as road classes before the column is offered.
MOST = 0.5


def road_classes(values: pd.Series) -> pd.Series:
    """Read the words of road classes as those of ``data/indicators/speeds.toml``.

    Capitals, blanks and the ``_link`` of ramps do not count; words of other systems
    (``unclassified`` of OpenStreetMap, 国道, 主干路) are listed in the same file.

    Parameters
    ----------
    values : Series
        As the file has them.

    Returns
    -------
    Series of str
        Ours where a word is known, else the word itself.

    Examples
    --------
    >>> import pandas as pd
    >>> road_classes(pd.Series(["Primary_link", "国道", "ferry"])).tolist()
    ['primary', 'national', 'ferry']
    """
    words = load_toml("indicators", "speeds.toml")["words"]
    plain = values.astype("string").str.strip().str.lower().str.removesuffix("_link")
    return plain.map(lambda word: words.get(word, word), na_action="ignore")


def named_roads(roads: gpd.GeoDataFrame, part: RoadLayer) -> gpd.GeoDataFrame:
    """Give the columns of roads the names that a graph is made from.

    Parameters
    ----------
    roads : GeoDataFrame
    part : RoadLayer

    Returns
    -------
    GeoDataFrame
        ``geometry`` and, where the file has them, ``speed_kmh``, ``class``, ``oneway``.

    Raises
    ------
    InputError
        If the file says neither speed nor class; a column that reads like classes is named.
    """
    raise_all(not_there(part, roads.columns, part.path))
    keep = {name: part.head(name) for name in ("speed_kmh", "class", "oneway")}
    found: dict[str, Any] = {k: roads[c] for k, c in keep.items() if c is not None and c in roads}
    if "class" in found:
        found["class"] = road_classes(found["class"])
    if part.factor("speed_kmh") != 1.0 and "speed_kmh" in found:
        import pandas as pd

        found["speed_kmh"] = pd.to_numeric(found["speed_kmh"]) * part.factor("speed_kmh")
    out = roads[["geometry"]].assign(**found)
    if "speed_kmh" in out and out["speed_kmh"].isna().all():
        out = out.drop(columns="speed_kmh")
    if "speed_kmh" not in out and "class" not in out:
        raise _lacking(roads, part)
    return out


def _lacking(roads: gpd.GeoDataFrame, part: RoadLayer) -> ZoningError:
    known = load_toml("indicators", "speeds.toml")["kmh"]
    heads = [str(c) for c in roads.columns if c != roads.geometry.name]
    like = {c: float(road_classes(roads[c]).isin(list(known)).mean()) for c in heads}
    best = max(like, key=lambda c: like[c], default="")
    if best and like[best] >= MOST:
        line = f'columns.class = "{best}"'
        remedy = (f"write {line} in [inputs.roads]: it reads like classes of roads",
                  f"请在 [inputs.roads] 写 {line}：该列像是道路等级")  # fmt: skip
    else:
        remedy = (f"name one in [inputs.roads] (columns: {', '.join(heads) or 'none'}); "
                  f"classes: {', '.join(known)}",
                  f"请在 [inputs.roads] 指明字段（现有：{'、'.join(heads) or '无'}）；"
                  f"已知等级：{'、'.join(known)}")  # fmt: skip
    level, speed = part.head("class"), part.head("speed_kmh")
    return InputError.one(
        f"roads need a class ('{level}') or a speed ('{speed}')",
        f"道路需要等级字段（{level}）或速度字段（{speed}）",
        where=part.path, code="missing-column", remedy=remedy,
    )  # fmt: skip
