"""The layers and fields of the municipal planning database, and how far a plan conforms.

The schema is data (``data/official/municipal-planning-db.toml``) with the evidence for each name.
What could not be read in the document stays empty and is listed; nothing is made up. Areas (MJ)
are those on the CGCS2000 ellipsoid, as official accounts want them; the report sets them beside
the planar ones by which the plan was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoning.base.shipped import load_toml
from zoning.base.staged import staged
from zoning.base.stamp import stamped
from zoning.outputs.exchange import official_report
from zoning.outputs.office import csv_file
from zoning.outputs.office.whole import notice
from zoning.outputs.prints import themes
from zoning.outputs.qgis import geopackage, styles

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from zoning.plan import Plan

#: Longest edge, in metres, that is taken as straight both on the plane and on the ellipsoid.
_EDGE_M = 200.0
#: CGCS2000 geographic.
_GEOGRAPHIC = "EPSG:4490"


def write(plan: Plan, folder: str | Path, lang: str = "zh") -> list[Path]:
    """Write ``official.gpkg``, ``official.gdb``, ``areas.csv`` and ``conformance.md``.

    Parameters
    ----------
    plan : Plan
    folder : str or Path
    lang : {"zh", "en"}
        Language of the report.

    Returns
    -------
    list of Path

    References
    ----------
    市级国土空间总体规划数据库规范（试行）, 自然资源部, 2021-03; read in part only.
    """
    from zoning.outputs.exchange import gdb

    folder, made, areas = Path(folder), layers(plan), county_areas(plan)
    target = folder / "official.gdb"
    gdb.check_place(target)
    with staged(folder, last=("conformance.md",)) as stage:
        _write_file(made, stage / "official.gpkg", "GPKG")
        csv_file.write(areas, stage / "areas.csv")
        text = official_report.conformance(schema(), made, areas, lang)
        (stage / "conformance.md").write_text(text, encoding="utf-8", newline="\n")
        _write_file(made, stage / target.name, "OpenFileGDB")
        names = [p.name for p in stage.iterdir()]
    return sorted(folder / name for name in names)


def schema() -> dict[str, Any]:
    """Give the schema as data."""
    return load_toml("official", "municipal-planning-db.toml")


def layers(plan: Plan) -> dict[str, gpd.GeoDataFrame]:
    """Bring a plan into the official layers.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    dict of str to GeoDataFrame
        By official name, with the fields of the schema in their order; a layer that the plan has
        no data for is empty.
    """
    sources = geopackage.layers(plan)
    return {
        layer["name"]: _layer(plan, layer, sources.get(layer.get("from", "")), number)
        for number, layer in enumerate(schema()["layer"], start=1)
    }


def _layer(plan: Plan, layer: dict[str, Any], source: Any, number: int) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd

    count = 0 if source is None else len(source)
    columns = {f["name"]: _fill(plan, layer, f, source, number) for f in layer["fields"]}
    shapes = [] if source is None else source.geometry.to_numpy()
    frame = pd.DataFrame(columns, index=pd.RangeIndex(count))
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, crs=plan.grid.crs))


def _fill(
    plan: Plan, layer: dict[str, Any], field: dict[str, Any], source: Any, number: int
) -> pd.Series:
    """Make one column; what is unknown is missing."""
    import pandas as pd

    count = 0 if source is None else len(source)
    empty = pd.Series([None] * count, dtype="float64" if field["kind"] == "F" else "string")
    kind, _, name = str(field.get("fill", "")).partition(":")
    if not kind or source is None:
        return empty
    if kind == "ellipsoidal_m2":
        return pd.Series(np.round(ellipsoidal_areas(source), 1))
    if kind == "bsm":
        return pd.Series(serials(source[layer["key"]].astype(str).tolist(), number), dtype="string")
    if kind == "ysdm":
        return pd.Series([layer["ysdm"]] * count, dtype="string")
    if kind == "notice":
        return pd.Series([notice(plan, "zh") or None] * count, dtype="string")
    if name not in source.columns:
        return empty
    values = source[name].reset_index(drop=True)
    if kind == "words":
        known = _words(plan, name)
        values = values.map(lambda v: known.get(str(v)))
    return values.astype("string")


def _words(plan: Plan, column: str) -> dict[str, str]:
    if column == "zone":
        return {code: name for code, (name, _) in themes.zone_words(plan, "zh").items()}
    return styles.value_maps(plan, [column], "zh").get(column, {})


def serials(codes: list[str], number: int) -> list[str]:
    """Give each feature 18 digits: 6 of the district in its code, 2 of the layer, 10 of the row.

    How the document composes BSM could not be read; this is our own numbering.

    Examples
    --------
    >>> serials(["321102001", "321102002"], 2)
    ['321102020000000001', '321102020000000002']
    """
    districts = [c[:6] if c[:6].isdigit() and len(c) >= 6 else "000000" for c in codes]
    return [f"{d}{number:02d}{i:010d}" for i, d in enumerate(districts, start=1)]


def ellipsoidal_areas(frame: gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    """Give the areas of polygons on the CGCS2000 ellipsoid.

    Parameters
    ----------
    frame : GeoDataFrame, n rows
        Polygons in a projected CRS.

    Returns
    -------
    float64 array, shape (n,)
        Square metres. Edges are split to at most 200 m, then taken as geodesics.

    References
    ----------
    C. F. F. Karney, Algorithms for geodesics, Journal of Geodesy 87, 2013 (through PROJ); good
    to about 0.1 m2.
    """
    import geopandas as gpd
    import shapely
    from pyproj import CRS

    geod = CRS.from_user_input(_GEOGRAPHIC).get_geod()
    fine = shapely.segmentize(frame.geometry.to_numpy(), _EDGE_M)
    turned = shapely.orient_polygons(fine) if hasattr(shapely, "orient_polygons") else fine
    degrees = gpd.GeoSeries(turned, crs=frame.crs).to_crs(_GEOGRAPHIC)
    areas = [0.0 if g is None or g.is_empty else abs(_signed(geod, g)) for g in degrees]
    return np.array(areas, dtype=np.float64)


def _signed(geod: Any, shape: Any) -> float:
    """Sum the areas of the parts, holes taken away, whatever way their rings run."""
    import shapely

    total = 0.0
    for part in shapely.get_parts(shape):
        shell, *holes = (
            abs(geod.polygon_area_perimeter(*shapely.get_coordinates(ring).T)[0])
            for ring in [part.exterior, *part.interiors]
        )
        total += shell - sum(holes)
    return total


def county_areas(plan: Plan) -> pd.DataFrame:
    """Set the planar and the ellipsoidal area of every county side by side.

    Returns
    -------
    DataFrame
        ``county``, ``name``, ``ledger_m2`` (as the plan counts), ``planar_m2``,
        ``ellipsoidal_m2``, ``difference_m2`` (planar less ellipsoidal), ``difference_share``; the
        last row is the city.
    """
    import pandas as pd

    rows = []
    if plan.counties is not None:
        counties = plan.counties
        rows = _area_rows(
            counties, counties.index.astype(str).tolist(), counties["name"], counties["area_m2"]
        )
    total = int(plan.units["area_m2"].sum())
    name = plan.city["name"] if "name" in plan.city.columns else pd.Series([plan.name])
    rows += _area_rows(plan.city.iloc[:1], ["city"], name, pd.Series([total]))
    return pd.DataFrame(rows)


def _area_rows(frame: Any, codes: list[str], names: Any, ledger: Any) -> list[dict[str, Any]]:
    round_earth = ellipsoidal_areas(frame)
    plane = frame.geometry.area.to_numpy()
    return [
        {"county": code, "name": str(name), "ledger_m2": int(counted),
         "planar_m2": round(float(flat), 2), "ellipsoidal_m2": round(float(true), 1),
         "difference_m2": round(float(flat - true), 2),
         "difference_share": float(flat / true - 1) if true else float("nan")}
        for code, name, counted, flat, true in zip(
            codes, names, ledger, plane, round_earth, strict=True)
    ]  # fmt: skip


def _write_file(made: dict[str, Any], path: Path, driver: str) -> None:
    """Write all official layers into one file; Chinese names stand in identifier or alias."""
    write_named(made, path, driver, {layer["name"]: layer["zh"] for layer in schema()["layer"]})


def write_named(
    made: Mapping[str, Any], path: Path, driver: str, called: Mapping[str, str]
) -> None:
    """Write layers into one file, with their names for people; the same layers, the same bytes.

    Parameters
    ----------
    made : mapping of str to GeoDataFrame
    path : Path
    driver : {"GPKG", "OpenFileGDB"}
    called : mapping of str to str
        Name for people of every layer.
    """
    import pyogrio

    option = "IDENTIFIER" if driver == "GPKG" else "LAYER_ALIAS"
    with stamped():
        for i, (name, frame) in enumerate(made.items()):
            first = {"dataset_options": {"VERSION": "1.2"}} if i == 0 and driver == "GPKG" else {}
            pyogrio.write_dataframe(
                frame, path, layer=name, driver=driver, append=i > 0, geometry_type="MultiPolygon",
                layer_options={option: called[name]}, **first,
            )  # fmt: skip
