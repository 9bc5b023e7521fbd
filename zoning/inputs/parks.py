"""The register of parks: polygons with what is stated of each: area, sides, industry, goals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.inputs.cells import no_numbers, numbers_of
from zoning.inputs.columns import cut_heads
from zoning.inputs.vector import read_polygons
from zoning.planfile.layers import ParkLayer

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.inputs.source import Source

#: Columns of the register, in order.
COLUMNS = (
    "code", "name", "kind", "planned_area_ha", "leading_industries", "four_sides", "goals",
    "mechanism", "organisation", "approved_no", "year", "source",
)  # fmt: skip
#: Columns that a file may lack, with the heads that are taken without being named.
_USUAL = {
    "kind": ("园区类型", "类型"), "planned_area_ha": ("规划面积（公顷）", "规划面积_公顷"),
    "leading_industries": ("主导产业",),
    "four_sides": ("four_sides", "四至", "四至边界", "四至范围"),
    "goals": ("goals", "发展目标", "目标"), "mechanism": ("mechanism", "推进机制"),
    "organisation": ("organisation", "管理机构", "管委会"),
    "approved_no": ("approved_no", "批准文号"),
    "year": ("year", "年份"), "source": ("source", "来源"),
}  # fmt: skip
#: What files call the kinds.
_KINDS = {
    "现代农业园区": "modern_agriculture", "现代农业": "modern_agriculture",
    "先进制造业园区": "advanced_manufacturing", "先进制造业": "advanced_manufacturing",
    "先进制造": "advanced_manufacturing", "现代服务业集聚区": "modern_service",
    "现代服务业": "modern_service", "现代服务业园区": "modern_service",
}  # fmt: skip


def read_parks(
    part: ParkLayer, folder: Path, crs: Any, *, metres: bool = True
) -> tuple[gpd.GeoDataFrame, Source]:
    """Read the register of parks.

    Parameters
    ----------
    part : ParkLayer
        ``[inputs.parks]``.
    folder : Path
        Where its path starts.
    crs : CRS or str
        CRS of the plan.
    metres : bool
        Whether it must be in metres; to look whether a file can be read, degrees will do.

    Returns
    -------
    GeoDataFrame
        :data:`COLUMNS` and ``geometry``, sorted by code; a column that is not mapped is ``<NA>``.
    Source

    Raises
    ------
    InputError
        With all problems of the file: missing columns, codes that occur twice, invalid polygons.
    """
    import pandas as pd

    stated = {"code", "name", *part.columns, *part.model_fields_set}
    mapped = {name: part.head(name) if name in stated else None for name in COLUMNS}
    frame, source = read_polygons(
        folder / part.path, layer=part.layer, crs=part.crs, encoding=part.encoding,
        columns=mapped, unique=("code",), role="parks", to_crs=crs, repair=part.repair,
        datum=part.datum, metres=metres,
    )  # fmt: skip
    lacking = {n: (n, *_USUAL.get(n, ())) for n in COLUMNS
               if not {n, *_USUAL.get(n, ())} & set(frame.columns)}  # fmt: skip
    told = cut_heads(frame.columns, lacking, part.path, "[inputs.parks.columns]")
    for name in COLUMNS:
        if name not in frame:
            usual = next((u for u in _USUAL.get(name, ()) if u in frame), None)
            frame[name] = pd.NA if usual is None else frame[usual]
    frame["kind"] = frame["kind"].astype(object).map(lambda k: _KINDS.get(k, k))
    hectares = numbers_of(frame["planned_area_ha"])
    told += no_numbers(frame["planned_area_ha"], part.path)
    source = replace(source, findings=(*source.findings, *told))
    frame["planned_area_ha"] = hectares * part.factor("planned_area_ha")
    kept = frame[[*COLUMNS, "geometry"]].sort_values("code", ignore_index=True)
    return kept, source
