"""What lies under a plan, from the files that the plan was made of: water, roads, relief.

The map shows it so that people find their way. It is no part of the plan: nothing is counted from
it. A file is used only if it is the one that the plan was made of (its sha256 stands in
``run.json``). What is not at hand is told, never an error.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from zoning.base.shipped import load_toml
from zoning.errors import Text
from zoning.inputs.crs import to_degrees
from zoning.inputs.roads import road_classes
from zoning.inputs.source import is_data, sha256_of
from zoning.measure.windows import patches
from zoning.planfile.layers import RoadLayer

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.plan import Plan

log = logging.getLogger(__name__)
T = TypeVar("T")

#: Our choices for the screen: pixels of water along the longer side, the smallest water kept (m2),
#: how far lines may be simplified (parts of a unit's side), most points of the roads, shades.
WATER_PIXELS, SMALLEST_WATER_M2, SIMPLER = 1200, 400_000, 0.06
MOST_ROAD_POINTS, MOST_SHADES = 14_000, 130_000
#: Roads at least as fast as this are main ones where the file names no class (our choice, km/h).
MAIN_KMH = 50
#: How far around the city neighbours are shown, as a part of its longer side (our choice).
AROUND = 0.35
#: Light from the north-west, halfway up, as maps have it; heights are drawn six times too high.
_AZIMUTH_DEG, _HEIGHT_DEG, _EXAGGERATED = 315.0, 45.0, 6.0
#: The middle of the shades: flat land.
FLAT = 8


@dataclass(frozen=True)
class Relief:
    """Shades of a raster whose cells are whole parts of the units, row by row from the south.

    Parameters
    ----------
    parts : int
        Cells along the side of a unit.
    shade : array of uint8, rows x columns
        0 (dark) to 15 (bright); :data:`FLAT` where nothing is known or the land is flat.
    """

    parts: int
    shade: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Geography:
    """Shapes in the CRS of the plan; what could not be had stands in ``absent`` with the reason.

    Parameters
    ----------
    water : list of polygons
    roads : list of (line, rank)
        Rank 0 is the highest.
    neighbours : list of (name, polygon)
    relief : Relief or None
    absent : dict of str to Text
    """

    water: list[Any] = field(default_factory=list)
    roads: list[tuple[Any, int]] = field(default_factory=list)
    neighbours: list[tuple[str, Any]] = field(default_factory=list)
    relief: Relief | None = None
    absent: Mapping[str, Text] = field(default_factory=dict)


_NAMES = {
    "water": Text("water", "水系"), "roads": Text("main roads", "主要道路"),
    "relief": Text("relief", "地形"), "neighbours": Text("neighbours", "相邻区域"),
}  # fmt: skip


def geography(plan: Plan, folders: Sequence[Path]) -> Geography:
    """Gather what lies under a plan.

    Parameters
    ----------
    plan : Plan
    folders : sequence of Path
        Where relative paths of the inputs may start; the first that has the very file is taken.

    Returns
    -------
    Geography
    """
    found: dict[str, Any] = {}
    absent: dict[str, Text] = {}
    steps: dict[str, tuple[str, Callable[[Plan, Path, Mapping[str, Any]], Any]]] = {
        "water": ("landuse", _water), "roads": ("roads", _roads), "relief": ("dem", _relief),
    }  # fmt: skip
    for name, (role, read) in steps.items():
        entry = next((e for e in plan.run.get("inputs", ()) if e["role"] == role), None)
        if entry is None:
            absent[name] = _why(name, Text("the plan has no such input", "方案没有这项输入"))
            continue
        path = next((p for f in folders if (p := _same(f, entry)) is not None), None)
        if path is None:
            gone = Text(f"{entry['path']} is not at hand", f"{entry['path']} 不在手边")
            absent[name] = _why(name, gone)
            continue
        found[name] = _tried(name, partial(read, plan, path, entry), absent)
    found["neighbours"] = _tried("neighbours", lambda: _neighbours(plan), absent)
    kept = {k: v for k, v in found.items() if v is not None}
    for name in kept:
        if name != "relief" and not kept[name]:
            absent[name] = _why(name, Text("none is known here", "此处没有"))
    return Geography(**kept, absent=absent)


def _why(name: str, why: Text) -> Text:
    return Text(f"{_NAMES[name].en}: {why.en}", f"{_NAMES[name].zh}：{why.zh}")


def _tried(name: str, read: Callable[[], T], absent: dict[str, Text]) -> T | None:
    """Read one part; whatever goes wrong leaves that part out of the picture, and is told."""
    try:
        return read()
    except Exception as error:  # the map must not fail for its background
        log.info("geography: %s: %s", name, error)
        told = getattr(error, "problems", None)
        what = told[0].what if told else Text("could not be read", "无法读取")
        absent[name] = _why(name, what)
        return None


def _same(folder: Path, entry: Mapping[str, Any]) -> Path | None:
    """Give the file of an input under a folder if it is the very one."""
    path = folder / str(entry["path"])
    try:
        return path if is_data(path) and sha256_of(path) == entry["sha256"] else None
    except OSError:
        return None


def _water(plan: Plan, path: Path, _: Mapping[str, Any]) -> list[Any]:
    """Turn the water of the land use into polygons, without what a screen cannot show."""
    import rasterio
    import shapely
    from pyproj import CRS
    from rasterio import features
    from rasterio.enums import Resampling

    wet = [c["value"] for c in plan.run.get("landuse_classes", ()) if c.get("water")]
    if not wet:
        return []
    part = plan.config.inputs.landuse
    band = 1 if part is None else part.band
    with rasterio.open(path) as file:
        scale = max(1.0, max(file.width, file.height) / WATER_PIXELS)
        rows, columns = round(file.height / scale), round(file.width / scale)
        picture = file.read(band, out_shape=(rows, columns), resampling=Resampling.nearest,
                            masked=True).filled(0)  # fmt: skip
        place = file.transform * file.transform.scale(file.width / columns, file.height / rows)
        stated = None if part is None else part.crs
        crs: Any = file.crs if stated is None else CRS.from_user_input(stated)
    wet_here = _large(np.isin(picture, wet), place, crs)
    parts = features.shapes(wet_here.astype(np.uint8), mask=wet_here, transform=place)
    # Most ponds are smaller than their box allows: they need not become shapes first.
    least = SMALLEST_WATER_M2 if crs.is_projected else 0
    rings = [s["coordinates"] for s, _ in parts if _box_of(s["coordinates"][0]) >= least]
    shapes = _in_crs(_polygons(rings), crs, plan)
    large = [s for s in shapes if s.area >= SMALLEST_WATER_M2]
    simple = shapely.simplify(np.array(large, dtype=object), plan.grid.cell_m * SIMPLER)
    return [s for s in simple if not s.is_empty]


def _polygons(rings: Sequence[Sequence[Any]]) -> Any:
    """Make polygons of their rings, the outer one first."""
    import shapely

    every = [np.asarray(ring, dtype=float) for polygon in rings for ring in polygon]
    if not every:
        return []
    starts = [np.cumsum([0, *map(len, parts)]) for parts in (every, rings)]
    kind = shapely.GeometryType.POLYGON
    return shapely.from_ragged_array(kind, np.concatenate(every), tuple(starts))


def _large(wet: Any, place: Any, crs: Any) -> Any:
    """Leave out water of fewer pixels than a screen can show, before it becomes shapes."""
    if not crs.is_projected:
        return wet
    label, _ = patches(wet, corners=False)  # as shapes are
    size = np.bincount(label.ravel())
    # A tenth of room, for another CRS measures another area.
    size[0] = 0
    return (size * abs(place.determinant) >= 0.9 * SMALLEST_WATER_M2)[label]


def _box_of(ring: Sequence[tuple[float, float]]) -> float:
    """Give the area of the box around a ring, in the units of its coordinates."""
    x, y = [p[0] for p in ring], [p[1] for p in ring]
    return (max(x) - min(x)) * (max(y) - min(y))


def _roads(plan: Plan, path: Path, entry: Mapping[str, Any]) -> list[tuple[Any, int]]:
    """Take the main roads, merged and simplified until they are few enough points."""
    import shapely

    from zoning.inputs.ground import read_layer

    part = plan.config.inputs.roads or RoadLayer(path=str(path), layer=entry.get("layer"))
    frame, _ = read_layer(path, part, "roads", plan.units.crs)
    frame["rank"] = _ranks(frame, plan)
    frame = frame[frame["rank"].notna() & frame.geometry.intersects(plan.city.union_all())]
    tolerance = plan.grid.cell_m * SIMPLER / 2
    while True:
        found: list[tuple[Any, int]] = []
        for rank, rows in frame.groupby("rank"):
            merged = shapely.line_merge(shapely.union_all(rows.geometry.array))
            for line in shapely.get_parts(shapely.simplify(merged, tolerance)):
                found.append((line, int(rank)))
        points = sum(int(shapely.get_num_coordinates(line)) for line, _ in found)
        if points <= MOST_ROAD_POINTS or tolerance > plan.grid.cell_m:
            return found
        tolerance *= 2


def _ranks(frame: Any, plan: Plan) -> Any:
    """Say how high each road stands: by its class, else by its speed; minor ones have no rank."""
    import pandas as pd

    part = plan.config.inputs.roads
    known: Mapping[str, float] = load_toml("indicators", "speeds.toml")["kmh"]
    name = part.head("class") if part is not None else None
    speed = part.head("speed_kmh") if part is not None else None
    if name in frame:
        kmh = road_classes(frame[name]).map(known)
    elif speed in frame:
        kmh = pd.to_numeric(frame[speed], errors="coerce")
    else:
        kmh = pd.Series(float(MAIN_KMH), index=frame.index)
    ranks = pd.Series(np.select([kmh >= 80, kmh >= 60], [0.0, 1.0], 2.0), index=frame.index)
    return ranks.where(kmh >= MAIN_KMH)


def _relief(plan: Plan, path: Path, _: Mapping[str, Any]) -> Relief:
    """Shade the heights on cells that are whole parts of the units."""
    import rasterio
    from rasterio.enums import Resampling
    from rasterio.transform import from_origin
    from rasterio.vrt import WarpedVRT

    x0, y0, x1, y1 = plan.units.total_bounds
    cell = plan.grid.cell_m
    columns, rows = round((x1 - x0) / cell), round((y1 - y0) / cell)
    parts = max(1, min(6, int(np.sqrt(MOST_SHADES / (columns * rows)))))
    size = cell / parts
    with rasterio.open(path) as file:
        place = from_origin(x0, y1, size, size)
        how = {"crs": plan.units.crs.to_wkt(), "transform": place, "width": columns * parts,
               "height": rows * parts, "resampling": Resampling.average}  # fmt: skip
        with WarpedVRT(file, **how) as view:
            heights = view.read(1, masked=True).astype(float).filled(np.nan)
    return Relief(parts, shades(heights, size)[::-1])


def shades(heights: npt.NDArray[np.float64], cell_m: float) -> npt.NDArray[np.uint8]:
    """Shade a raster of heights, north up: 0 to 15, :data:`FLAT` for flat and unknown land.

    Examples
    --------
    >>> slope = np.tile(np.arange(4.0) * 30, (3, 1))  # rises to the east: it looks to the light
    >>> bool((shades(slope, 100.0) > FLAT).all()), int(shades(slope * 0, 100.0)[0, 0]) == FLAT
    (True, True)
    """
    down, right = np.gradient(np.nan_to_num(heights, nan=float(np.nanmean(heights))), cell_m)
    slope = np.hypot(down, right) * _EXAGGERATED
    up = np.arctan(slope)
    # Where the land falls to: east of north.
    aspect = np.arctan2(-right, down)
    light = np.radians(_HEIGHT_DEG)
    turned = np.radians(_AZIMUTH_DEG) - aspect
    bright = np.sin(light) * np.cos(up) + np.cos(light) * np.sin(up) * np.cos(turned)
    found = np.clip(np.rint(FLAT + (bright - np.sin(light)) * 14), 0, 15)
    found[~np.isfinite(heights)] = FLAT
    shaded: npt.NDArray[np.uint8] = found.astype(np.uint8)
    return shaded


def _neighbours(plan: Plan) -> list[tuple[str, Any]]:
    """Name what lies around: the places of the plan's own layer, else the cities of China.

    The boundaries of China are taken where they are installed.
    """
    import shapely

    from zoning.inputs.around import outlines_near

    city = plan.city.geometry.union_all()
    x0, y0, x1, y1 = city.bounds
    far = AROUND * max(x1 - x0, y1 - y0)
    window = shapely.box(x0 - far, y0 - far, x1 + far, y1 + far)
    own = _own_neighbours(plan)
    if own is not None:
        inside = own[own.intersects(window)]
        shapes = shapely.simplify(
            shapely.intersection(inside.geometry.array, window), plan.grid.cell_m * 0.2
        )
        return list(zip(inside["name"].astype(str), shapes, strict=True))
    corners = shapely.get_coordinates(plan.city.geometry.to_numpy())
    lon, lat = to_degrees(plan.city.crs).transform(*corners.T)
    box = (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
    near = outlines_near(box, pad_deg=far / 90_000)
    found = []
    back = partial(to_degrees(plan.city.crs).transform, direction="INVERSE")
    for name, degrees in near:
        shape = shapely.transform(degrees, back, interleaved=False)
        outside = shape.buffer(0).intersection(window)
        if outside.is_empty or shape.intersection(city).area > 0.5 * min(shape.area, city.area):
            continue
        found.append((name, shapely.simplify(outside, plan.grid.cell_m * 0.2)))
    return found


def _own_neighbours(plan: Plan) -> gpd.GeoDataFrame | None:
    """Give the places across the line as the plan keeps them, where it has them."""
    for given in plan.contributions:
        for layer in given.layers:
            if (given.wing, layer.name) == ("neighbours", "neighbours"):
                return layer.frame
    return None


def _in_crs(shapes: Any, crs: Any, plan: Plan) -> Any:
    import geopandas as gpd

    if len(shapes) == 0:
        return np.array([], dtype=object)
    return gpd.GeoSeries(shapes, crs=crs).to_crs(plan.units.crs).array
