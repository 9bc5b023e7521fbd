"""No false alarm: deliveries without a fault, of cities over all zones, coasts and islands.

    python scripts/check_clean_cities.py [--cities 40] [--seed 11]

Each city comes from the installed boundaries: its outline, its counties, townships made of the
counties, red lines strewn over them, a raster of land use; in its own 3-degree zone. Nothing may be
told beyond a note. Writes what was told, and a count.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from rasterio.transform import from_origin

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from zoning.grid.distortion import choose_crs
from zoning.inputs import china
from zoning.inputs.gather import gather
from zoning.planfile import parse

#: Coasts, islands and the far ends of the country, beside the seeded sample.
ALWAYS = ("330900", "460100", "350200", "230900", "654200", "653200", "542500", "310000")


def main() -> None:
    """Print what is told of clean cities."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--cities", type=int, default=40)
    ask.add_argument("--seed", type=int, default=11)
    asked = ask.parse_args()
    loud = 0
    places = sample(asked.cities, asked.seed)
    for place in places:
        with tempfile.TemporaryDirectory() as folder:
            found = told(place, Path(folder))
        loud += bool(found)
        print(place.name, found or "clean")
    print(f"{len(places)} cities, {loud} with a warning or error")
    raise SystemExit(1 if loud else 0)


def sample(number: int, seed: int) -> list[china.Place]:
    """Give a seeded sample of cities, the far ends of the country first."""
    every = {p.adcode: p for p in china.list_areas() if p.level in ("city", "province")}
    chosen = [code for code in ALWAYS if code in every][:number]
    rest = sorted(c for c, p in every.items() if p.level == "city" and c not in chosen)
    more = np.random.default_rng(seed).choice(rest, max(0, number - len(chosen)), replace=False)
    return [every[code] for code in [*chosen, *sorted(more.tolist())]]


def told(place: china.Place, folder: Path) -> list[str]:
    """Write a delivery without a fault; give every warning and error about it."""
    area = china.find_area(place.adcode)
    write(area, folder)
    config = parse({
        "inputs": {
            "boundary": {"path": "city.gpkg"},
            "counties": {"path": "counties.gpkg"},
            "townships": {"path": "towns.gpkg", "table": "towns.csv"},
            "protections": [{"kind": "redline", "path": "red.gpkg"}],
            "landuse": {"path": "use.tif"},
        },
        "grid": {"cell_m": 5000, "max_area_error": 0.01},
    })  # fmt: skip
    from zoning.errors import InputError

    try:
        found = list(gather(config, folder).findings)
    except InputError as error:
        return [p.tell() for p in error.problems]
    return [f.tell() for f in found if f.level != "note"]


def write(area: china.Area, folder: Path) -> None:
    """Write the files in the 3-degree zone of the city."""
    crs, _ = choose_crs(gpd.GeoSeries([area.geometry], crs="EPSG:4326"), 0.01)
    counties = china.counties(area).to_crs(crs)
    shapes = [shapely.make_valid(g) for g in counties.geometry]
    codes = list(counties.index)
    townships = gpd.GeoDataFrame(
        {"code": [f"{c}001" for c in codes], "name": counties["name"].tolist(), "county": codes},
        geometry=shapes, crs=crs,
    )  # fmt: skip
    whole = shapely.union_all(shapes)
    gpd.GeoDataFrame({"name": [area.name]}, geometry=[whole], crs=crs).to_file(folder / "city.gpkg")
    counties.reset_index(names="code").to_file(folder / "counties.gpkg")
    townships.to_file(folder / "towns.gpkg")
    red = [shapely.intersection(g, g.representative_point().buffer(3000)) for g in shapes]
    gpd.GeoDataFrame({"area_code": [f"R{i}" for i in range(len(red))], "level": 1},
                     geometry=red, crs=crs).to_file(folder / "red.gpkg")  # fmt: skip
    rng = np.random.default_rng(int(area.adcode))
    people = rng.integers(3_000, 900_000, len(codes))
    pd.DataFrame({"code": townships["code"], "population": people,
                  "gdp_10k_yuan": (people * rng.uniform(2, 20, len(codes))).round(1),
                  "slope_deg": rng.uniform(0, 30, len(codes)).round(2),
                  "min_to_centre": rng.uniform(0, 300, len(codes)).round(1)}).to_csv(
        folder / "towns.csv", index=False)  # fmt: skip
    west, south, east, north = whole.bounds
    pixel = max(200.0, max(east - west, north - south) / 1500)
    size = int((north - south) / pixel) + 3, int((east - west) / pixel) + 3
    use = rng.choice([1, 3, 7, 8, 10, 12, 17], size).astype("uint8")
    with rasterio.open(
        folder / "use.tif",
        "w",
        driver="GTiff",
        width=size[1],
        height=size[0],
        count=1,
        dtype="uint8",
        crs=crs,
        nodata=0,
        transform=from_origin(west - pixel, north + pixel, pixel, pixel),
    ) as file:
        file.write(use, 1)


if __name__ == "__main__":
    main()
