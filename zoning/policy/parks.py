"""Parks in a plan: their layer, what each measures, and the zones that it lies in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from zoning.contribution.parts import Chapter, Contribution, Field, Layer, Table
from zoning.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.plan import Plan

#: The word of this part; other wings find the parks under it.
WING = "parks"
_FIELDS = (
    Field("code", Text("code", "代码"), Text("code of the park", "园区代码")),
    Field("name", Text("name", "名称"), Text("its name", "园区名称")),
    Field("kind", Text("kind", "类型"), Text("what it is for", "园区类型")),
    Field("planned_area_ha", Text("planned area", "规划面积"), Text("as stated", "申报值"), "ha"),
    Field("leading_industries", Text("leading industries", "主导产业"),
          Text("codes or words", "代码或文字")),
    Field("park_m2", Text("measured area", "量算面积"), Text("of the polygon", "图形面积"), "m2"),
)  # fmt: skip


def contribute_parks(parks: gpd.GeoDataFrame, plan: Plan) -> Contribution:
    """Put the register of parks into a plan.

    Parameters
    ----------
    parks : GeoDataFrame
        See :func:`zoning.inputs.parks.read_parks`; in the CRS of the plan.
    plan : Plan

    Returns
    -------
    Contribution
        The layer ``parks``; the table ``parks_by_unit`` with what lies in each unit; a chapter.
    """
    frame = parks.copy()
    for name in ("code", "name", "kind", "leading_industries"):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    frame["planned_area_ha"] = frame["planned_area_ha"].astype("float64")
    frame["park_m2"] = np.rint(frame.geometry.area).astype("int64")
    inside = _by_unit(frame, plan)
    listed = pd.DataFrame(frame.drop(columns="geometry"))
    title = Text("Parks", "园区")
    return Contribution(
        WING, title,
        layers=(Layer("parks", title, frame, _FIELDS, colour="#7f3b08", filled=False),),
        tables=(
            Table("park_register", Text("register of parks", "园区登记表"), listed, _FIELDS),
            Table(
                "parks_by_unit", Text("parks by unit", "分单元园区"), inside,
                (Field("unit", Text("unit", "单元"), Text("code of the unit", "单元编号")),
                 Field("park", Text("park", "园区"), Text("code of the park", "园区代码")),
                 Field("inside_m2", Text("area inside", "单元内面积"),
                       Text("of the park in the unit", "园区在单元内的面积"), "m2")),
            ),
        ),
        chapters=(Chapter(title, (_sentence(frame),), tables=("park_register",)),),
    )  # fmt: skip


def _sentence(frame: gpd.GeoDataFrame) -> Text:
    total = float(frame["park_m2"].sum()) / 1e6
    planned = float(frame["planned_area_ha"].sum()) / 100
    return Text(
        f"{len(frame)} parks measure {total:,.2f} km² together; {planned:,.2f} km² are stated.",
        f"共 {len(frame)} 个园区，量算面积合计 {total:,.2f} km²，申报规划面积 {planned:,.2f} km²。",
    )


def _by_unit(frame: gpd.GeoDataFrame, plan: Plan) -> pd.DataFrame:
    """Measure what of each park lies in each unit."""
    import shapely

    squares = plan.units.geometry.to_numpy()
    shapes = frame.geometry.to_numpy()
    park, unit = shapely.STRtree(squares).query(shapes, predicate="intersects")
    areas = np.rint(shapely.area(shapely.intersection(shapes[park], squares[unit])))
    found = pd.DataFrame({
        "unit": plan.units.index.to_numpy()[unit], "park": frame["code"].to_numpy()[park],
        "inside_m2": areas.astype("int64"),
    })  # fmt: skip
    found = found[found["inside_m2"] > 0]
    return found.sort_values(["unit", "park"], ignore_index=True)
