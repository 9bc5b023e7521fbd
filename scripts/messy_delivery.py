"""A messy delivery of an invented county; docs/messy-delivery.md walks through it.

    python scripts/messy_delivery.py DIR

Writes DIR/云溪县数据.zip. Everything in it is made up. What is wrong: the boundary is in GCJ-02 and
says CGCS2000; the townships have the zone number in front of the easting and say EPSG:4549, one row
stands twice; all texts are GBK without .cpg; the workbook has a cover sheet, units in its heads, a
row of sums and -9999 for "not known"; the land use has the legend of the third survey.
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from rasterio.transform import from_origin

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from zoning.inputs.inspect.datum import gcj02

CRS = "EPSG:4549"
X, Y = 467_000, 3_556_000
NAMES = ("城关镇", "东山镇", "西河镇", "南塘乡", "北岭乡", "柳林镇")


def townships() -> gpd.GeoDataFrame:
    """Make six townships by a winding partition of 15 x 12 km."""
    middles = [(7, 6), (12, 9), (3, 9), (11, 2), (4, 2.5), (8, 10.5)]
    points = shapely.MultiPoint([(X + 1000 * x, Y + 1000 * y) for x, y in middles])
    county = outline()
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=county))
    order = [next(i for i, c in enumerate(cells) if c.covers(p)) for p in shapely.get_parts(points)]
    shapes = [shapely.intersection(cells[i], county) for i in order]
    codes = [f"3291{21:02d}{i:03d}" for i in range(100, 106)]
    return gpd.GeoDataFrame({"XZQDM": codes, "XZQMC": NAMES, "XJDM": "329121"},
                            geometry=shapes, crs=CRS)  # fmt: skip


def outline() -> shapely.Polygon:
    """Make the county: a rounded block with a bay."""
    block = shapely.box(X, Y, X + 15_000, Y + 12_000).buffer(-1500).buffer(1500, quad_segs=6)
    return shapely.segmentize(
        block.difference(shapely.Point(X + 15_000, Y + 5000).buffer(2200)), 400
    )


def main() -> None:
    """Write the zip."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("folder", type=Path)
    folder = ask.parse_args().folder
    work = folder / "云溪县数据"
    work.mkdir(parents=True, exist_ok=True)
    towns = townships()
    county = gpd.GeoDataFrame({"name": ["云溪县"]}, geometry=[shapely.union_all(towns.geometry)],
                              crs=CRS).to_crs("EPSG:4490")  # fmt: skip
    county["geometry"] = [shapely.transform(g, gcj02) for g in county.geometry]
    _shp(county, work / "县界.shp")
    twice = pd.concat([towns, towns.iloc[[3]]], ignore_index=True)
    moved = gpd.GeoDataFrame(twice, crs=CRS)
    moved["geometry"] = moved.translate(40_000_000, 0)
    _shp(moved, work / "乡镇.shp")
    red = gpd.GeoDataFrame(
        {"area_code": ["R1", "R2"], "name": ["北岭", "西河湿地"], "type": ["森林公园", "湿地公园"],
         "level": ["一级", "二级"]},
        geometry=[shapely.Point(X + 4500, Y + 3500).buffer(1400).intersection(towns.geometry[4]),
                  shapely.Point(X + 2500, Y + 9500).buffer(1100).intersection(towns.geometry[2])],
        crs=CRS,
    )  # fmt: skip
    _shp(red, work / "红线.shp")
    _workbook(towns, work / "乡镇统计.xlsx")
    _landuse(towns, work / "用地.tif")
    with zipfile.ZipFile(folder / "云溪县数据.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(work.iterdir()):
            packed.write(file, f"云溪县数据/{file.name}")
    print(folder / "云溪县数据.zip")


def _shp(frame: gpd.GeoDataFrame, path: Path) -> None:
    frame.to_file(path, encoding="GBK", engine="pyogrio")
    path.with_suffix(".cpg").unlink(missing_ok=True)


def _workbook(towns: gpd.GeoDataFrame, path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "封面"
    book.active.append(["云溪县统计资料汇编"])
    sheet = book.create_sheet("表1")
    sheet.append(
        ["行政区代码", "乡镇名称", "常住人口(万人)", "GDP(亿元)", "平均坡度(度)", "车程(分钟)"]
    )
    people, gdp = [9.2, 3.1, 2.4, 1.2, 0.9, 2.8], [88.0, 18.5, 9.6, 3.1, -9999, 16.0]
    slope, minutes = [1.2, 3.4, 2.0, 4.5, 11.8, 2.2], [5, 20, 25, 40, 55, 18]
    for row in zip(towns["XZQDM"], towns["XZQMC"], people, gdp, slope, minutes, strict=True):
        sheet.append(list(row))
    sheet.append(["合计", None, sum(people), None, None, None])
    book.save(path)


def _landuse(towns: gpd.GeoDataFrame, path: Path) -> None:
    """Make fields, forest on the hills, water in the bay and towns around the middles."""
    rows, cols = np.mgrid[0:420, 0:520]
    x, y = X - 300 + 30 * (cols + 0.5), Y + 12_300 - 30 * (rows + 0.5)
    use = np.full(x.shape, 101, "uint16")
    use[(x - X - 4500) ** 2 + (y - Y - 3000) ** 2 < 2600**2] = 301
    use[np.abs(y - Y - 8000 - 600 * np.sin((x - X) / 1800)) < 120] = 1101
    for middle, size in zip(towns.geometry.representative_point(), (1900, 900, 700, 500, 400, 800),
                            strict=True):  # fmt: skip
        near = (x - middle.x) ** 2 + (y - middle.y) ** 2
        use[near < size**2] = 702
        use[near < (size * 0.6) ** 2] = 701
        use[near < (size * 0.25) ** 2] = 601
    with rasterio.open(path, "w", driver="GTiff", width=520, height=420, count=1, dtype="uint16",
                       crs=CRS, transform=from_origin(X - 300, Y + 12_300, 30, 30), nodata=0,
                       compress="deflate") as file:  # fmt: skip
        file.write(use, 1)


if __name__ == "__main__":
    main()
