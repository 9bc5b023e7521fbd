"""Planning units alone: the lattice over any city, county or polygon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.api.places import new_file
from zoning.base.heard import tell
from zoning.errors import InputError, Text, raise_all

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from zoning.grid.distortion import Distortion
    from zoning.grid.lattice import GridSpec
    from zoning.grid.units import OriginSearch
    from zoning.ledger.country import Counted


@dataclass(frozen=True)
class Units:
    """The planning units of a study area.

    Attributes
    ----------
    units : GeoDataFrame, index unit, or None
        Whole squares; ``area_m2`` is the part inside the study area. None above a million units
        that were written as .parquet: they stand in the file only.
    grid : GridSpec
    distortion : Distortion
        Of the CRS over the study area.
    dropped_m2 : int
        Area that was left out with slivers.
    place : Text or None
        Name and source of a boundary that was looked up.
    match : OriginSearch or None
        What a search for a published count of units found.
    count, area_m2 : int
        Number of units, and the study area in all of them.
    counties : DataFrame or None
        With ``counties=True``: one row for each county (``county``, ``name``, ``units``,
        ``area_m2``, ``several_m2`` that it shares with others, ``polygon_m2`` of its own outline in
        the study area), and for land of none or of several.
    """

    units: gpd.GeoDataFrame | None
    grid: GridSpec
    distortion: Distortion
    dropped_m2: int
    place: Text | None = None
    match: OriginSearch | None = None
    count: int = 0
    area_m2: int = 0
    counties: pd.DataFrame | None = None

    def as_dict(self) -> dict[str, Any]:
        """Give everything but the units as plain data for ``--json``."""
        match = {} if self.match is None else {"match": self.match.as_dict()}
        if self.counties is not None:
            plain = self.counties.astype(object)
            match["counties"] = plain.where(plain.notna(), None).to_dict("records")
        return {
            **match, "units": self.count, "area_m2": self.area_m2,
            "dropped_m2": self.dropped_m2, "grid": self.grid.as_dict(),
            "distortion": self.distortion.as_dict(),
        }  # fmt: skip


def grid(
    city: str | None = None,
    *,
    boundary: str | Path | None = None,
    country: bool = False,
    cell_m: int = 1000,
    crs: str | None = None,
    origin_m: tuple[int, int] = (0, 0),
    match_count: int | None = None,
    source: str = "tianditu",
    min_share: float = 0.0,
    slivers: str = "keep",
    max_area_error: float = 0.001,
    counties: bool = False,
    out: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Units:
    """Make the planning units of a city, a county or a polygon.

    Parameters
    ----------
    city : str, optional
        A name, an adcode or a path such as ``江苏省/南京市/鼓楼区``; needs ``zoning[china]``.
    boundary : str or Path, optional
        A polygon file, or ``FILE:layer``; instead of ``city``.
    country : bool
        All provinces of China together; instead of ``city``.
    cell_m : int
        Side of a unit in metres.
    crs : str, optional
        Projected, in metres; by default CGCS2000 in the 3-degree zone of the longitude.
    origin_m : tuple of int
        Any corner of the lattice (x, y).
    match_count : int, optional
        A published count of units; origins are searched for one that gives it.
    source : {"tianditu", "amap"}
        Set of boundaries that ``city`` is looked up in.
    min_share, slivers : float and {"keep", "drop", "merge"}
        What becomes of units with less than this share of their square inside.
    max_area_error : float
        Largest local area distortion of the CRS.
    counties : bool
        Also measure what each county has of each unit, of a place that is looked up by its name;
        with ``out`` it is written beside it, as ``NAME-counties.parquet``.
    out : str or Path, optional
        File to write: .gpkg, .parquet, .geojson, .fgb, .shp or .gdb.
    progress : callable, optional
        Called with (done, all) while origins are searched.

    Returns
    -------
    Units

    Raises
    ------
    InputError
        If there is no such place, or numbers, CRS or output do not fit.

    Examples
    --------
    >>> from zoning import api
    >>> from zoning.base.shipped import data_path
    >>> file = data_path("boundaries", "zhenjiang.gpkg")
    >>> api.grid(boundary=f"{file}:city", cell_m=5000).area_m2 // 1_000_000
    3844
    """
    from zoning.base.staged import beside
    from zoning.grid.crs import check_projected, normal_crs
    from zoning.grid.lattice import GridSpec, check_size
    from zoning.grid.units import search_origins, unit_frame
    from zoning.inputs.frame import choose_grid, no_way_to_grid, outside_china
    from zoning.inputs.layers import Layers
    from zoning.ledger.atoms import build, settle_slivers
    from zoning.outputs.exchange import units_stream
    from zoning.planfile import parse

    file = None if out is None else _check_place(Path(out))
    if crs is not None:
        crs = normal_crs(crs, "--crs")
        check_projected(crs, "--crs")
    _refuse_idle_share(min_share, slivers)
    if counties and slivers != "keep":
        raise InputError.one(
            "--counties tells of all land, slivers too", "--counties 须保留全部碎块",
            where="--slivers", code="usage", remedy=("leave --slivers out", "请勿设 --slivers"),
        )  # fmt: skip
    part = {"crs": crs, "cell_m": cell_m, "origin_m": origin_m, "min_share": min_share,
            "slivers": slivers, "max_area_error": max_area_error}  # fmt: skip
    config = parse({"grid": part}, "zoning grid")
    area, place, below = _area("中国" if country else city, boundary, source, country, counties)
    if boundary is not None:
        raise_all(no_way_to_grid(area.crs, crs, str(boundary)))
        for odd in outside_china(area, str(boundary)):
            tell(odd)
    spec, distortion = choose_grid(config, area)
    check_size(distortion.planar_m2, cell_m, "--cell")
    shape = area.to_crs(spec.crs).iloc[0]
    match = None
    if match_count is not None:
        match = search_origins(shape, spec.crs, cell_m, match_count, progress=progress)
        if match.matches:
            spec = GridSpec(spec.crs, cell_m, match.matches[0])
    many = distortion.planar_m2 > _MANY * cell_m**2 and slivers == "keep"
    if many and file is not None and file.suffix.lower() == ".parquet":
        found = _counted(shape, spec, below, file)
        with beside(file, _inputs(boundary)) as stage:
            units_stream.write(found.col, found.row, found.area_m2, spec, stage)
        return Units(None, spec, distortion, 0, place, match, len(found.area_m2),
                     int(found.area_m2.sum()), _sums(found, shape, spec, below))  # fmt: skip
    if below is None:
        ledger = settle_slivers(build(Layers(shape), spec), spec, config.grid.min_share, slivers)
        units, dropped, sums = ledger.units, ledger.dropped_m2, None
    else:
        found = _counted(shape, spec, below, file)
        units, dropped = unit_frame(found.col, found.row, found.area_m2, spec), 0
        sums = _sums(found, shape, spec, below)
    if file is not None:
        from zoning.outputs.exchange.units_file import write

        write(units, file, _inputs(boundary))
    area_m2 = int(units["area_m2"].sum())
    return Units(units, spec, distortion, dropped, place, match, len(units), area_m2, sums)


#: Above so many units a .parquet is written from numbers, without one geometry object (our choice).
_MANY = 1_000_000


def _counted(
    shape: Any, spec: GridSpec, below: gpd.GeoDataFrame | None, file: Path | None
) -> Counted:
    """Measure units, and counties in them, from numbers; write what the counties have."""
    from zoning.base.staged import beside
    from zoning.ledger.country import count
    from zoning.outputs.exchange import units_stream

    if below is None:
        return count(shape, spec)
    found = count(shape, spec, below.to_crs(spec.crs).geometry.to_numpy())
    if file is not None:
        with beside(file.with_name(f"{file.stem}-counties.parquet"), []) as part:
            units_stream.write_shares(found, below.index.tolist(), spec, part)
    return found


def _sums(
    found: Counted, shape: Any, spec: GridSpec, below: gpd.GeoDataFrame | None
) -> pd.DataFrame | None:
    """Add up what each county has, beside the area of its polygon."""
    import numpy as np
    import pandas as pd

    if below is None:
        return None
    n = len(below)
    place = np.where(found.place < 0, n - 1 - found.place, found.place)  # none, several: the last
    area = np.zeros(n + 2, dtype=np.int64)
    np.add.at(area, place, found.share_m2)
    polygon = _inside(below.to_crs(spec.crs).geometry.to_numpy(), shape)
    table = pd.DataFrame({
        "county": [*below.index, "none", "overlap"], "name": [*below["name"], "", ""],
        "units": np.bincount(place, minlength=n + 2), "area_m2": area,
        "several_m2": [*found.several_m2, np.nan, np.nan],
        "polygon_m2": [*polygon, np.nan, np.nan],
    })  # fmt: skip
    return table[(table.index < n) | (table["area_m2"] > 0)]


def _inside(polygons: Any, shape: Any) -> Any:
    """Give the area that polygons have in the study area; most lie inside and need no cut."""
    import shapely

    area = shapely.area(polygons)
    shapely.prepare(shape)
    out = ~shapely.covers(shape, polygons)
    area[out] = shapely.area(shapely.intersection(polygons[out], shape))
    return area


def _inputs(boundary: str | Path | None) -> list[str | Path]:
    """Give the file of the boundary, which is never written over."""
    file = str(boundary or "").rpartition(":")[0] or str(boundary or "")
    return [p for p in (boundary, file) if p]


def _refuse_idle_share(min_share: float, slivers: str) -> None:
    """Refuse a least share that would do nothing."""
    if min_share > 0 and slivers == "keep":
        raise InputError.one(
            "[grid] min_share is set but slivers is keep",
            "[grid] 设了 min_share 而 slivers 为 keep", where="zoning grid", code="idle-min-share",
            remedy=("set slivers to drop or merge", "请将 slivers 设为 drop 或 merge"),
        )  # fmt: skip


def _area(
    city: str | None, boundary: str | Path | None, source: str, country: bool, counties: bool
) -> tuple[gpd.GeoSeries, Text | None, gpd.GeoDataFrame | None]:
    """Read the study area as one polygon, and its counties where they are asked for."""
    import geopandas as gpd
    import shapely

    if (city is None) == (boundary is None):
        raise InputError.one(
            "give either --city or --boundary", "请在 --city 与 --boundary 中任选其一",
            where="zoning grid", code="usage",
        )  # fmt: skip
    if source not in ("tianditu", "amap"):
        raise InputError.one(
            f"unknown boundary set '{source}'", f"未知的边界来源“{source}”", where="--source",
            remedy=("tianditu or amap", "tianditu 或 amap"), code="usage",
        )  # fmt: skip
    if city is not None:
        from zoning.inputs import china

        which: china.BoundarySource = "amap" if source == "amap" else "tianditu"
        found = china.country(which) if country else china.find_area(city, which)
        path = "/".join(found.path)
        place = Text(f"{path} ({found.adcode}); boundary: {found.licence}",
                     f"{path}（{found.adcode}）；边界来源：{found.licence}")  # fmt: skip
        below = china.counties(found) if counties else None
        return gpd.GeoSeries([found.geometry], crs="EPSG:4326"), place, below
    if counties:
        raise InputError.one(
            "--counties needs a place that is looked up by its name",
            "--counties 须与按名称查找的区域同用", where="--counties", code="usage",
            remedy=("give --city or --province", "请给出 --city 或 --province"),
        )  # fmt: skip
    from zoning.inputs.vector import read_polygons

    frame, _ = read_polygons(str(boundary), role="boundary", metres=False)
    outline = shapely.union_all(frame.geometry.to_numpy())
    return gpd.GeoSeries([outline], crs=frame.crs), None, None


def _check_place(out: Path) -> Path:
    """Refuse a place that cannot take the file; a geodatabase is a folder, and may be replaced."""
    from zoning.outputs.exchange.units_file import driver_of

    if driver_of(out) == "OpenFileGDB" and out.is_dir():
        from zoning.outputs.exchange.gdb import check_place

        check_place(out)
        return out
    return new_file(out)
