"""Which squares of the lattice belong to a city, and which origin gives a published count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.base.areas import Floats, Ints, Small, round_to_total
from zoning.grid.lattice import GridSpec
from zoning.measure.coverage import polygon_shares

if TYPE_CHECKING:
    import geopandas as gpd


def make_units(city: Any, grid: GridSpec) -> gpd.GeoDataFrame:
    """Make the units of a city: every whole square that overlaps it.

    Parameters
    ----------
    city : polygon
        In the CRS of the grid.
    grid : GridSpec
        The lattice.

    Returns
    -------
    GeoDataFrame, index ``unit`` (code), sorted
        ``area_m2`` (int64, inside the city; adds up to the rounded area of the polygon), ``lon``,
        ``lat`` (centre, degrees on CGCS2000), geometry (whole squares).

    Examples
    --------
    >>> from shapely import box
    >>> units = make_units(box(500_500, 3_500_000, 502_000, 3_501_000), GridSpec("EPSG:4549"))
    >>> units["area_m2"].to_dict()
    {'1kmN3500E500': 500000, '1kmN3500E501': 1000000}
    """
    shares = polygon_shares([city], origin=grid.origin_m, cell=grid.cell_m)
    area = round_to_total(shares.share * float(grid.cell_m) ** 2)
    return unit_frame(shares.col, shares.row, area, grid)


def unit_frame(
    cols: Ints | Small, rows: Ints | Small, area_m2: Ints, grid: GridSpec
) -> gpd.GeoDataFrame:
    """Build the frame of units from lattice numbers and areas, sorted by code."""
    cols, rows = np.asarray(cols, np.int64), np.asarray(rows, np.int64)
    order = grid.order(cols, rows)
    cols, rows = cols[order], rows[order]
    area = pd.Series(area_m2[order], unit_codes(cols, rows, grid), name="area_m2")
    return framed(cols, rows, area, grid)


def unit_codes(cols: Ints, rows: Ints, grid: GridSpec) -> pd.Index:
    """Give the codes of squares as the index of a table of units."""
    return pd.Index(grid.codes(cols.tolist(), rows.tolist()), name="unit")


def framed(cols: Ints, rows: Ints, area_m2: pd.Series, grid: GridSpec) -> gpd.GeoDataFrame:
    """Put centres and squares beside the areas of units, all in one order."""
    import geopandas as gpd

    units = pd.DataFrame({"area_m2": area_m2})
    units["lon"], units["lat"] = centres(cols, rows, grid)
    return gpd.GeoDataFrame(units, geometry=grid.squares(cols, rows), crs=grid.crs)


def centres(cols: Ints, rows: Ints, grid: GridSpec) -> tuple[Floats, Floats]:
    """Give longitude and latitude of the centres of squares, in degrees on CGCS2000."""
    x, y = grid.corner(cols, rows)
    half = grid.cell_m / 2
    lon, lat = _to_lonlat(grid.crs).transform(x + half, y + half)
    return np.round(lon, 7), np.round(lat, 7)


@lru_cache(maxsize=8)  # asked for every row group of a country
def _to_lonlat(crs: str) -> Any:
    from pyproj import Transformer

    return Transformer.from_crs(crs, "EPSG:4490", always_xy=True)


def crossed(squares: npt.NDArray[Any], city: Any) -> Ints:
    """Give the positions of squares that the boundary of a city meets; it need only be followed.

    Examples
    --------
    >>> import shapely
    >>> squares = shapely.box([0, 1, 2], 0, [1, 2, 3], 1)
    >>> crossed(squares, shapely.box(-1, -1, 2.5, 2)).tolist()
    [2]
    """
    import shapely

    lines = shapely.get_parts(shapely.boundary(city))
    found = shapely.STRtree(squares).query(lines, predicate="intersects")[1]
    return np.unique(found).astype(np.int64)


def count_units(city: Any, grid: GridSpec) -> int:
    """Count the squares of a lattice that overlap a polygon (given in the lattice's CRS)."""
    shares = polygon_shares([city], origin=grid.origin_m, cell=grid.cell_m)
    return len(shares.share)


@dataclass(frozen=True, slots=True)
class OriginSearch:
    """What a search for origins found; a match is a coincidence, not a proof.

    Parameters
    ----------
    wanted : int
        The published count.
    step_m : int
        Step of the search.
    tried : int
        Number of origins.
    matches : tuple of (x, y)
        Origins that give the count, sorted.
    low, high : int
        Smallest and largest count over all origins.
    """

    wanted: int
    step_m: int
    tried: int
    matches: tuple[tuple[int, int], ...]
    low: int
    high: int

    def as_dict(self) -> dict[str, Any]:
        """Give the search as plain data."""
        return {
            "wanted": self.wanted, "step_m": self.step_m, "tried": self.tried,
            "matches": [list(m) for m in self.matches], "low": self.low, "high": self.high,
        }  # fmt: skip


def search_origins(
    city: Any, crs: str, cell_m: int, wanted: int, *, step_m: int = 25,
    progress: Callable[[int, int], None] | None = None,
) -> OriginSearch:  # fmt: skip
    """Try every origin on a step over one cell and count the units each gives.

    Parameters
    ----------
    city : polygon
        In ``crs``.
    wanted : int
        The count to look for.
    step_m : int
        Step in metres; 25 m makes 1,600 origins at 1 km.
    progress : callable, optional
        Called with (done, all).

    Examples
    --------
    >>> from shapely import box
    >>> found = search_origins(box(0, 0, 2000, 1000), "EPSG:4549", 1000, 2, step_m=500)
    >>> found.matches, found.tried, (found.low, found.high)
    (((0, 0),), 4, (2, 6))
    """
    offsets = range(0, cell_m, step_m)
    everything = [(x, y) for x in offsets for y in offsets]
    counts = []
    for done, origin in enumerate(everything, 1):
        counts.append(count_units(city, GridSpec(crs, cell_m, origin)))
        if progress:
            progress(done, len(everything))
    matches = tuple(o for o, n in zip(everything, counts, strict=True) if n == wanted)
    return OriginSearch(wanted, step_m, len(everything), matches, min(counts), max(counts))
