"""Findings as a layer of points or a table: one row for each place, to be worked off in a GIS."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.errors import LEVELS, Finding, Spot, Text

if TYPE_CHECKING:
    import pandas as pd

#: Forms by their ending.
FORMS = (".csv", ".gpkg", ".geojson")
#: Columns in order, with their heads.
COLUMNS = {
    "number": Text("number", "序号"), "level": Text("level", "级别"), "code": Text("code", "类型"),
    "file": Text("file", "文件"), "layer": Text("layer", "图层"), "row": Text("row", "记录"),
    "value": Text("value", "值"), "lon": Text("lon", "经度"), "lat": Text("lat", "纬度"),
    "what": Text("finding", "问题"), "measured": Text("measured", "实测"),
    "limit": Text("limit", "限值"), "try": Text("try", "可尝试"),
}  # fmt: skip


def table(findings: Sequence[Finding], lang: str = "zh") -> pd.DataFrame:
    """Write findings as rows, one for each place; those without any have one row.

    Parameters
    ----------
    findings : sequence of Finding
    lang : {"zh", "en"}
        Of the words; heads of columns stay as they are in `COLUMNS`.

    Returns
    -------
    DataFrame
        The keys of `COLUMNS`; ``number`` is that of the finding, ``lon`` and ``lat`` are degrees.

    Examples
    --------
    >>> found = Finding(Text("2 codes are odd", "2 个代码异常"), "a.gpkg:towns", code="odd-codes",
    ...                 spots=(Spot("feature 1", "12", 119.5, 32.2), Spot("feature 4", "x")))
    >>> table([found], "en")[["file", "layer", "row", "value", "lon"]].to_dict("records")[0]
    {'file': 'a.gpkg', 'layer': 'towns', 'row': 'feature 1', 'value': '12', 'lon': 119.5}
    """
    import pandas as pd

    rows = []
    for number, f in enumerate(findings, 1):
        file, layer = split(f.where)
        lon, lat = f.place or (None, None)
        for spot in f.spots or (Spot(lon=lon, lat=lat),):
            rows.append({
                "number": number, "level": LEVELS[f.level].get(lang), "code": f.code, "file": file,
                "layer": layer, "row": spot.row, "value": spot.value, "lon": spot.lon,
                "lat": spot.lat, "what": f.what.get(lang), "measured": _plain(f.measured),
                "limit": _plain(f.limit), "try": f.remedy.get(lang) if f.remedy else "",
            })  # fmt: skip
    out = pd.DataFrame(rows, columns=list(COLUMNS))
    return out.astype({"number": "int64", "lon": "float64", "lat": "float64"})


def split(where: str) -> tuple[str, str]:
    """Split where a finding is into file and layer.

    Examples
    --------
    >>> split("data/a.gpkg:乡镇"), split("[grid] crs")
    (('data/a.gpkg', '乡镇'), ('[grid] crs', ''))
    """
    from zoning.inputs.source import split_layer

    file, layer = split_layer(where)
    return (where, "") if layer is None else (file.as_posix(), layer)


def write(path: Path, findings: Sequence[Finding], lang: str = "zh") -> Path:
    """Write a CSV (UTF-8 with a mark, for Excel), a GeoPackage or a GeoJSON file.

    Rows without coordinates stand in the layer without a geometry.
    """
    found = table(findings, lang)
    if path.suffix.lower() == ".csv":
        heads = {name: text.get(lang) for name, text in COLUMNS.items()}
        found.rename(columns=heads).to_csv(path, index=False, encoding="utf-8-sig")
        return path
    import geopandas as gpd
    import shapely

    there = found["lon"].notna()
    points = [
        shapely.Point(x, y) if known else None
        for x, y, known in zip(found["lon"], found["lat"], there, strict=True)
    ]
    frame = gpd.GeoDataFrame(found, geometry=points, crs="EPSG:4326")
    more: dict[str, Any] = {"layer": "findings", "geometry_type": "Point"}
    from zoning.base.stamp import stamped

    with stamped():
        frame.to_file(path, engine="pyogrio", **(more if path.suffix.lower() == ".gpkg" else {}))
    return path


def _plain(value: Any) -> str:
    """Write a number as it is read, whatever stands there."""
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)
