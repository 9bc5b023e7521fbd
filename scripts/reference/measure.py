"""Measures of the reference case: how far it looks like the place. Reads the committed files."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from scipy import ndimage

from zoning.measure.zonal import Raster, piece_classes

from .facts import natural_earth, table, true_boxes

ISLANDS = {
    "扬中": (482_000, 3_566_000),
    "世业洲": (433_500, 3_566_300),
    "江心洲": (468_000, 3_567_300),
}


@dataclass(frozen=True)
class Files:
    """The committed files, opened."""

    city: shapely.Geometry
    counties: gpd.GeoDataFrame
    townships: gpd.GeoDataFrame
    attributes: pd.DataFrame
    redlines: gpd.GeoDataFrame
    landuse: Raster
    construction: list[int]
    origin: tuple[int, int]

    @classmethod
    def open(cls, data: Path) -> Files:
        """Open the files of a data folder."""
        with (data / "grids" / "zhenjiang.toml").open("rb") as f:
            grid = tomllib.load(f)
        with (data / "landuse" / "classes.toml").open("rb") as f:
            classes = tomllib.load(f)["class"]
        with rasterio.open(data / "landuse" / "zhenjiang_30m.tif") as f:
            t = f.transform
            raster = Raster(f.read(1), x0=t.c, y0=t.f, dx=t.a, dy=-t.e)
        boundaries = data / "boundaries" / "zhenjiang.gpkg"
        return cls(
            city=gpd.read_file(boundaries, layer="city").geometry.iloc[0],
            counties=gpd.read_file(boundaries, layer="counties"),
            townships=gpd.read_file(data / "townships" / "zhenjiang.gpkg"),
            attributes=pd.read_csv(
                data / "townships" / "zhenjiang_attributes.csv", dtype={"code": str}
            ),
            redlines=gpd.read_file(data / "redlines" / "zhenjiang.gpkg"),
            landuse=raster,
            construction=[c["value"] for c in classes if c["group"] == "construction"],
            origin=(grid["origin_m"][0], grid["origin_m"][1]),
        )


@dataclass(frozen=True)
class Measure:
    """One line of the table."""

    what: str
    value: float
    wanted: str
    ok: bool


def units(files: Files) -> pd.DataFrame:
    """Give city area and built area of every unit (index row, col), exactly."""
    pieces = piece_classes([files.city], files.landuse, origin=files.origin, cell=1000)
    frame = pd.DataFrame(
        {"row": pieces.row, "col": pieces.col, "value": pieces.value, "area_m2": pieces.area_m2}
    )
    frame["built_m2"] = frame["area_m2"].where(frame["value"].isin(files.construction), 0.0)
    return frame.groupby(["row", "col"])[["area_m2", "built_m2"]].sum()


def morans_i(values: pd.Series) -> float:
    """Moran's I over rook neighbours, equal weights; index (row, col)."""
    z = values - values.mean()
    total, pairs = 0.0, 0
    for dr, dc in ((0, 1), (1, 0)):
        index = pd.MultiIndex.from_arrays(
            [z.index.get_level_values(0) + dr, z.index.get_level_values(1) + dc]
        )
        other = z.reindex(index).to_numpy()
        both = ~np.isnan(other)
        total += float((z.to_numpy()[both] * other[both]).sum())
        pairs += int(both.sum())
    return len(z) / pairs * total / float((z**2).sum())


def box_overlaps(townships: gpd.GeoDataFrame) -> pd.Series:
    """Give intersection over union of the true box and ours, by township code."""
    true = true_boxes()
    ours = townships.set_index("code").geometry.loc[true.index].bounds
    first = shapely.box(*true[["x0", "y0", "x1", "y1"]].to_numpy().T)
    second = shapely.box(*ours.to_numpy().T)
    both = shapely.area(shapely.intersection(first, second))
    return pd.Series(both / (shapely.area(first) + shapely.area(second) - both), true.index)


def _mask(files: Files, shape: shapely.Geometry) -> np.ndarray:
    from rasterio.features import rasterize
    from rasterio.transform import from_origin

    r = files.landuse
    transform = from_origin(r.x0, r.y0, r.dx, r.dy)
    return np.asarray(rasterize([shape], r.classes.shape, transform=transform).astype(bool))


def inside_of(files: Files) -> np.ndarray:
    """Mark the pixels inside the city."""
    return _mask(files, files.city)


def main_water(files: Files) -> np.ndarray:
    """Mark the Yangzi: the largest connected body of water, over corners too."""
    pieces, _ = ndimage.label(files.landuse.classes == 17, np.ones((3, 3)))
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return np.asarray(pieces == sizes.argmax())


def river_share(files: Files, river: np.ndarray) -> float:
    """Share of points (each 100 m) of the true centre line inside the city within 1 km of water."""
    line = shapely.intersection(natural_earth()[0], files.city)
    far = ndimage.distance_transform_edt(~river) * files.landuse.dx
    hits = []
    for part in shapely.get_parts(line):
        steps = np.arange(0, part.length, 100)
        x, y = shapely.get_coordinates(shapely.line_interpolate_point(part, steps)).T
        r = files.landuse
        hits.append(far[((r.y0 - y) // r.dy).astype(int), ((x - r.x0) // r.dx).astype(int)] <= 1000)
    return float(np.concatenate(hits).mean())


def islands(files: Files, river: np.ndarray) -> dict[str, float]:
    """Give the area (km2) of each island; 0 if it is not land ringed by Yangzi water.

    An island is a connected piece of land (over edges) that the river separates from the largest
    piece; where it meets the city's line there must be water, not land, on its rim.
    """
    inside = _mask(files, files.city)
    land, _ = ndimage.label(inside & ~river)
    sizes = np.bincount(land.ravel())
    sizes[0] = 0
    rim = inside & ~ndimage.binary_erosion(inside, iterations=2)
    found = {}
    for name, (x, y) in ISLANDS.items():
        r = files.landuse
        piece = land[int((r.y0 - y) // r.dy), int((x - r.x0) // r.dx)]
        dry = piece == 0 or piece == sizes.argmax() or bool((rim & (land == piece)).any())
        found[name] = 0.0 if dry else float(sizes[piece] * r.dx * r.dy / 1e6)
    return found


def urban_share(files: Files, river: np.ndarray) -> tuple[float, float]:
    """Give the built share (pixels) of Natural Earth's urban area: of its land, and of all."""
    urban = _mask(files, shapely.intersection(natural_earth()[1], files.city))
    built = np.isin(files.landuse.classes, files.construction) & urban
    return float(built.sum() / (urban & ~river).sum()), float(built.sum() / urban.sum())


def population_gaps(files: Files) -> pd.Series:
    """Give our population less the census, by county (321171 counts with 321102)."""
    census = table("population_2020.csv").groupby("counted_with")["persons"].sum()
    county = files.townships.set_index("code")["county"]
    ours = files.attributes.groupby(files.attributes["code"].map(county))["population"].sum()
    return ours - census


def _line(what: str, value: float, low: float, high: float) -> Measure:
    """Make a line of the table: the value shall lie between low and high."""
    bounds = [f"{v:,.10g}" for v in (low, high)]
    wanted = bounds[0] if low == high else f"{bounds[0]} to {bounds[1]}"
    wanted = f"≥ {bounds[0]}" if high == float("inf") else wanted
    return Measure(what, value, wanted, low <= value <= high)


def measure(files: Files) -> list[Measure]:
    """Take all measures."""
    cells = units(files)
    share = (cells["built_m2"] / cells["area_m2"]).where(cells["area_m2"] > 0)
    river = main_water(files)
    ring = islands(files, river)
    listed = files.townships.set_index("code")["status"] == "listed"
    overlap = box_overlaps(files.townships)
    boxes = float(overlap[listed.loc[overlap.index]].mean())
    on_land, in_all = urban_share(files, river)
    near = river_share(files, river)
    moran = morans_i(share.dropna())
    union = float(shapely.union_all(files.redlines.geometry.values).area / 1e6)
    existing = float(cells["built_m2"].sum() / cells["area_m2"].sum())
    low, high = float((share < 0.05).mean()), float((share > 0.60).mean())
    gaps = int(population_gaps(files).abs().max())
    inf = float("inf")
    rows = [
        _line("units by the calibrated origin", len(cells), 4121, 4121),
        _line("townships", len(files.townships), 56, 56),
        _line("red-line areas", files.redlines["area_code"].nunique(), 71, 71),
        _line("union of the red lines, km²", union, 855, 860),
        _line("existing construction / city", existing, 0.2589, 0.2599),
        _line("mean IoU with the 38 true boxes", boxes, 0.6, inf),
        _line("share of the true centre line within 1 km of the Yangzi", near, 1, 1),
        _line("Natural Earth's urban land (river left out): share built", on_land, 0.7, inf),
        _line("the same with the river counted as not built", in_all, 0, inf),
        _line("Moran's I of the built share (rook)", moran, 0.5, inf),
        _line("units under 5 % built", low, 0.1, inf),
        _line("units over 60 % built", high, 0.03, inf),
        _line("largest difference of a county's population to the census", gaps, 0, 0),
    ]
    for name, km2 in ring.items():
        rows.append(_line(f"island {name}: land ringed by water, km²", km2, 0.1, inf))
    return rows
