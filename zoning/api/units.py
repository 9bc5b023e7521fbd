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

    from zoning.grid.distortion import Distortion
    from zoning.grid.lattice import GridSpec
    from zoning.grid.units import OriginSearch


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
    """

    units: gpd.GeoDataFrame | None
    grid: GridSpec
    distortion: Distortion
    dropped_m2: int
    place: Text | None = None
    match: OriginSearch | None = None
    count: int = 0
    area_m2: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Give everything but the units as plain data for ``--json``."""
        match = {} if self.match is None else {"match": self.match.as_dict()}
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
    from zoning.grid.crs import check_projected, normal_crs
    from zoning.grid.lattice import GridSpec, check_size
    from zoning.grid.units import search_origins
    from zoning.inputs.frame import choose_grid, no_way_to_grid, outside_china
    from zoning.inputs.layers import Layers
    from zoning.ledger.atoms import build, settle_slivers
    from zoning.planfile import parse

    file = None if out is None else _check_place(Path(out))
    if crs is not None:
        crs = normal_crs(crs, "--crs")
        check_projected(crs, "--crs")
    _refuse_idle_share(min_share, slivers)
    part = {"crs": crs, "cell_m": cell_m, "origin_m": origin_m, "min_share": min_share,
            "slivers": slivers, "max_area_error": max_area_error}  # fmt: skip
    config = parse({"grid": part}, "zoning grid")
    area, place = _area("中国" if country else city, boundary, source, country)
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
        return _streamed(shape, spec, file, distortion, place, match, _inputs(boundary))
    ledger = settle_slivers(build(Layers(shape), spec), spec, config.grid.min_share, slivers)
    made = Units(
        ledger.units, spec, distortion, ledger.dropped_m2, place, match, len(ledger.units),
        int(ledger.units["area_m2"].sum()),
    )  # fmt: skip
    if file is not None:
        from zoning.outputs.exchange.units_file import write

        write(ledger.units, file, _inputs(boundary))
    return made


#: Above so many units a .parquet is written from numbers, without one geometry object (our choice).
_MANY = 1_000_000


def _streamed(
    shape: Any, spec: GridSpec, file: Path, distortion: Distortion, place: Text | None,
    match: OriginSearch | None, inputs: list[str | Path],
) -> Units:  # fmt: skip
    """Measure and write millions of units without holding them as a table."""
    from zoning.base.staged import beside
    from zoning.ledger.atoms import count
    from zoning.outputs.exchange import units_stream

    col, row, area = count(shape, spec)
    with beside(file, inputs) as part:
        units_stream.write(col, row, area, spec, part)
    return Units(None, spec, distortion, 0, place, match, int((area > 0).sum()), int(area.sum()))


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
    city: str | None, boundary: str | Path | None, source: str, country: bool
) -> tuple[gpd.GeoSeries, Text | None]:
    """Read the study area as one polygon."""
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
        return gpd.GeoSeries([found.geometry], crs="EPSG:4326"), place
    from zoning.inputs.vector import read_polygons

    frame, _ = read_polygons(str(boundary), role="boundary", metres=False)
    return gpd.GeoSeries([shapely.union_all(frame.geometry.to_numpy())], crs=frame.crs), None


def _check_place(out: Path) -> Path:
    """Refuse a place that cannot take the file; a geodatabase is a folder, and may be replaced."""
    from zoning.outputs.exchange.units_file import driver_of

    if driver_of(out) == "OpenFileGDB" and out.is_dir():
        from zoning.outputs.exchange.gdb import check_place

        check_place(out)
        return out
    return new_file(out)
