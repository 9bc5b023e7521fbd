"""Write the data of an invented county with hills, a river, roads and twelve townships.

    python scripts/terrain_county.py DIR [--pictures DIR]

For docs/terrain-to-zones.md: heights, land use, plant cover, roads, centres, townships with a
table, red lines, neighbours, an accuracy assessment of the land use, and a plan.toml. All of it is
made up by formulas and a seed. ``--pictures`` draws what the commands of the page have left.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from rasterio.transform import from_origin
from shapely import LineString, MultiPoint, Point, Polygon

CRS = "EPSG:4549"
X, Y, WIDE, HIGH = 480_000, 3_500_000, 32_000, 24_000
CELL = 100
SEEDS = [
    (3, 4), (10, 3), (18, 4), (28, 5), (4, 11), (11, 10), (17, 11), (25, 11), (5, 19), (12, 18),
    (20, 19), (28, 18),
]  # fmt: skip
NAMES = (
    "青石镇", "双溪镇", "柳河镇", "东岭乡", "云台镇", "城关街道", "新城街道", "平桥镇", "石门乡",
    "大王镇", "沙洲镇", "港口镇",
)  # fmt: skip
PEOPLE = [9, 14, 21, 8, 16, 88, 64, 31, 7, 26, 24, 42]
PLAN = """# An invented county; everything in it is made up. Commands: docs/terrain-to-zones.md

[plan]
name = "云台县（虚构）"
notice = "Invented county."
notice_zh = "虚构县域，仅供演示。"

[grid]
crs = "EPSG:4549"
cell_m = 1000

[inputs.boundary]
path = "boundary.gpkg"

[inputs.townships]
path = "townships.gpkg"
table = "townships.csv"

[[inputs.protections]]
kind = "redline"
path = "redlines.gpkg"

[inputs.landuse]
path = "landuse.tif"

[inputs.dem]
path = "dem.tif"
[inputs.roads]
path = "roads.gpkg"
[inputs.centres]
path = "centres.gpkg"

[inputs.evaluations.ecology]
layers = { vegetation_cover = "cover.tif", natural_vegetation = "natural.tif" }
[inputs.evaluations.town]
preset = "B"

[inputs.neighbours]
path = "neighbours.gpkg"
[inputs.neighbours.zones]
"重点开发区" = "key"

[indicators.provincial]

[errors.landuse]
confusion = "confusion.csv"
source = "made up for the example: 900 samples"
evidence = "own"
[errors.columns.population]
years = 4
growth = [-0.02, 0.03]
source = "made up for the example: a census four years old"
evidence = "own"

[zones]
scheme = "zhenjiang-2013"
[zones.method]
base = "two-matrices"
name = "terrain"
source = "own choice for the example: equal weights, natural breaks"
evidence = "own"
[zones.method.dimension.constraint]
cuts = "breaks"
term = [
  { indicator = "redline_share", scale = "minmax" },
  { indicator = "slope_deg", scale = "minmax" },
  { indicator = "ecology_important_share", scale = "minmax" },
  { indicator = "town_suited_share", scale = "minmax", reverse = true },
]
[zones.method.dimension.guidance]
cuts = "breaks"
term = [
  { indicator = "population_density", scale = "log", low = 50, high = 4000 },
  { indicator = "min_to_centre", scale = "linear", low = 45, high = 0 },
  { indicator = "available_land_mu", scale = "minmax", missing = "skip" },
]
[[zones.method.suitability.term]]
indicator = "town_suited_share"
weight = 1
scale = "linear"
low = 0
high = 1
missing = "skip"

[cap]
share = 0.17
[cap.zone_caps]
balance = "existing"

[allocation]
boundary_weight = 0.02
min_patch_m2 = 300_000
"""


def heights() -> np.ndarray:
    """Hills in the south-west, a ridge in the east, a plain between, a river across it."""
    y, x = np.mgrid[HIGH / CELL : 0 : -1, 0 : WIDE / CELL] * CELL / 1000.0
    z = 12 + 0.3 * x
    hills = (
        (3, 3, 420, 4.0), (9, 1, 260, 3.0), (2, 12, 240, 3.0), (31, 3, 300, 3.0), (4, 20, 180, 2.5),
    )  # fmt: skip
    for cx, cy, top, wide in hills:
        z += top * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * wide**2))
    z += np.clip(z - 45, 0, None) * 0.35 * np.sin(x * 9.1) * np.cos(y * 8.3)
    return np.round(z, 1).astype("float32")


def river(x: Any) -> Any:
    """Give the river's northing (km) at an easting."""
    return 14.5 + 2.0 * np.sin(x / 5.0)


def uses(z: np.ndarray, towns: list[tuple[float, float, float]]) -> np.ndarray:
    """Water, forest on hills, towns and villages, fields elsewhere."""
    y, x = np.mgrid[HIGH / CELL : 0 : -1, 0 : WIDE / CELL] * CELL / 1000.0
    use = np.full(z.shape, 1, dtype=np.uint8)
    use[z > 90] = 3
    rng = np.random.default_rng(7)
    villages = rng.random(z.shape) < 0.035
    use[villages & (z < 90)] = 73
    for cx, cy, size in towns:
        use[np.hypot(x - cx, y - cy) + 0.25 * np.sin(5 * x) < size] = 7
    use[np.abs(y - river(x)) < 0.35] = 17
    return use


def write(path: Path, values: np.ndarray, nodata: float) -> None:
    """Write one raster on the county's pixels."""
    meta = {"driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1,
            "dtype": values.dtype, "crs": CRS, "nodata": nodata, "compress": "deflate",
            "transform": from_origin(X, Y + HIGH, CELL, CELL)}  # fmt: skip
    with rasterio.open(path, "w", **meta) as file:
        file.write(values, 1)


def county() -> Polygon:
    """Give the outline: a rounded block, half a kilometre inside the rasters."""
    block = shapely.box(X + 2500, Y + 2500, X + WIDE - 2500, Y + HIGH - 2500)
    return block.buffer(1900, quad_segs=6)


def make(folder: Path) -> None:
    """Write every file of the county."""
    folder.mkdir(parents=True, exist_ok=True)
    outline = county()
    z = heights()
    sizes = [0.45 + 0.21 * p**0.5 for p in PEOPLE]
    use = uses(z, [(sx, sy, r) for (sx, sy), r in zip(SEEDS, sizes, strict=True)])
    write(folder / "dem.tif", z, -9999)
    write(folder / "landuse.tif", use, 0)
    cover = np.clip(0.55 + z / 900, 0.05, 0.95) * np.where(use == 3, 1.0, 0.5)
    write(folder / "cover.tif", cover.astype("float32"), -1)
    write(folder / "natural.tif", (use == 3).astype(np.uint8), 255)

    def save(frame: gpd.GeoDataFrame, name: str) -> None:
        frame.to_file(folder / f"{name}.gpkg", layer=name)

    save(gpd.GeoDataFrame({"name": ["云台县"]}, geometry=[outline], crs=CRS), "boundary")
    points = [Point(X + sx * 1000, Y + sy * 1000) for sx, sy in SEEDS]
    cells = shapely.voronoi_polygons(MultiPoint(points), extend_to=outline.envelope)
    near = [next(c for c in cells.geoms if c.contains(p)) for p in points]
    codes = [f"3299010{k:02d}" for k in range(1, 13)]
    save(
        gpd.GeoDataFrame(
            {"code": codes, "name": NAMES, "county": "329901"},
            geometry=[c.intersection(outline) for c in near], crs=CRS,
        ),
        "townships",
    )  # fmt: skip
    people = np.array(PEOPLE) * 1000
    pd.DataFrame(
        {
            "code": codes, "population": people,
            "gdp_10k_yuan": (people * (3.0 + people / 40_000)).round().astype(int),
            "temporary_population": (people * np.linspace(0.03, 0.22, 12)).round().astype(int),
        }
    ).to_csv(folder / "townships.csv", index=False, encoding="utf-8-sig")  # fmt: skip
    seat, port = points[5], points[11]
    roads = [("motorway", [(0, 8), (12, 8.5), (22, 9), (32, 8)])]
    roads += [("county", [SEEDS[5], s]) for k, s in enumerate(SEEDS) if k not in (0, 5, 8)]
    roads += [("township", [SEEDS[1], SEEDS[0]]), ("township", [SEEDS[4], SEEDS[8]])]
    lines = [LineString([(X + a * 1000, Y + b * 1000) for a, b in way]) for _, way in roads]
    save(gpd.GeoDataFrame({"class": [c for c, _ in roads]}, geometry=lines, crs=CRS), "roads")
    save(gpd.GeoDataFrame({"name": ["县城", "港口"]}, geometry=[seat, port], crs=CRS), "centres")
    hills = [Point(X + 4000, Y + 4000).buffer(3800), Point(X + 29_500, Y + 4000).buffer(2200)]
    save(
        gpd.GeoDataFrame(
            {"area_code": ["H1", "H2"], "name": ["云台山", "东岭"], "type": "forest-park",
             "level": [1, 2]},
            geometry=[h.intersection(outline) for h in hills], crs=CRS,
        ),
        "redlines",
    )  # fmt: skip
    west, east = (X - 9000, X + 9000), (X + 20_000, X + 40_000)
    beyond = [shapely.box(a, Y, b, Y + HIGH) for a, b in (west, east)]
    save(
        gpd.GeoDataFrame(
            {"name": ["西邻县", "东邻市"], "zone": ["生态县", "重点开发区"],
             "population": [120_000, 640_000]},
            geometry=[b.difference(outline) for b in beyond], crs=CRS,
        ),
        "neighbours",
    )  # fmt: skip
    rows = ["class,1,3,7,17,73", "1,276,6,3,3,12", "3,9,186,0,1,4", "7,4,1,180,1,14",
            "17,2,1,1,96,0", "73,16,3,11,0,70"]  # fmt: skip
    (folder / "confusion.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")


def pictures(folder: Path, out: Path, lang: str) -> None:
    """Draw the heights with townships, the evaluated land, the zones and the sources of error."""
    import zoning as zn
    from zoning.outputs.prints.chart import draw_column
    from zoning.outputs.prints.draw import draw_map

    out.mkdir(parents=True, exist_ok=True)
    plan = zn.load(folder / "out")
    _ground(folder, plan, out / f"terrain-ground-{lang}.png", lang)
    drawn = draw_map(plan, "zones", lang=lang)
    (out / f"terrain-zones-{lang}.png").write_bytes(drawn.to_bytes("png", 110))
    told = plan.run["stability"]["doubts"]["doubts"]
    head = ("Firm area under each source of error (%)", "各误差来源下的稳定面积（%）")
    chart = draw_column(
        head[lang == "zh"], [str(r[lang]) for r in told],
        [float(r["firm_share"]) * 100 for r in told], head[lang == "zh"], lang,
    )  # fmt: skip
    (out / f"terrain-doubts-{lang}.png").write_bytes(chart.to_bytes("png", 110))


def _ground(folder: Path, plan: Any, path: Path, lang: str) -> None:
    """Draw heights and evaluated land side by side, with the townships."""
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure

    from zoning.outputs.prints.fonts import chinese_text

    heads = {"en": ("heights (m)", "suited to building: 1 best, 5 unsuited"),
             "zh": ("高程（m）", "城镇建设适宜性：1 最适宜，5 不适宜")}[lang]  # fmt: skip
    box = [X / 1000, (X + WIDE) / 1000, Y / 1000, (Y + HIGH) / 1000]
    with chinese_text():
        figure = Figure(figsize=(9.6, 4.0), layout="constrained")
        for axes, name, head, kind in zip(
            figure.subplots(1, 2), ("dem.tif", "town.tif"), heads, ("terrain", "class"), strict=True
        ):
            with rasterio.open(folder / name) as file:
                values = np.ma.filled(file.read(1, masked=True).astype(float), np.nan)
            five = ListedColormap(["#1a9641", "#a6d96a", "#ffffbf", "#fdae61", "#d7191c"])
            colours: Any = "gist_earth" if kind == "terrain" else five
            limits = (-60, 480) if kind == "terrain" else (0.5, 5.5)
            shown = axes.imshow(values, extent=box, cmap=colours, vmin=limits[0], vmax=limits[1])
            towns = plan.townships.geometry.boundary.affine_transform([1e-3, 0, 0, 1e-3, 0, 0])
            towns.plot(ax=axes, color="#222222", linewidth=0.7)
            figure.colorbar(shown, ax=axes, shrink=0.7)
            axes.set(xlabel="", ylabel="")
            axes.set_title(head, fontsize=10)
            axes.tick_params(labelsize=7)
        figure.savefig(path, dpi=110)


def main() -> None:
    """Write the county, and pictures where they are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=Path, help="FOLDER holds out/ and town.tif already")
    parser.add_argument("--lang", choices=("en", "zh"), default="en")
    args = parser.parse_args()
    if args.pictures is None:
        make(args.folder)
    else:
        pictures(args.folder, args.pictures, args.lang)


if __name__ == "__main__":
    main()
