"""More hostile inputs, each of another cause: told at `check`, or read right.

``src`` names a public report of the same kind (project and number), "own" where none was found;
the world is that of `field_cases`. Whatever is told must name the file, say what to try, and be
there in both languages.
"""

from __future__ import annotations

import datetime
import re
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import field_cases as w
import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
import shapely
from pyproj import CRS

from zoning import api
from zoning.base.heard import hearing
from zoning.errors import Finding, InputError

pytestmark = pytest.mark.slow


@dataclass
class Case:
    """A hostile input: what makes it, and a pattern that what is told must hold."""

    name: str
    src: str
    told: str
    make: Callable[[Path], Any]


CASES: list[Case] = []
GRIDS: list[Case] = []


def case(name, src, told, into=CASES):
    return lambda make: into.append(Case(name, src, told, make)) or make


def boundary(frame):
    return lambda d: w.write(frame(), d / "boundary.gpkg")


def moved(function):
    shape = shapely.transform(w.CITY, function)
    return boundary(lambda: gpd.GeoDataFrame({"name": ["x"]}, geometry=[shape], crs=w.CRS))


def shapefile(shape, prj):
    def make(d):
        gpd.GeoDataFrame({"name": ["x"]}, geometry=[shape]).to_file(d / "b.shp")
        (d / "b.prj").write_text(prj)
        w.edit(d, ("boundary.gpkg", "b.shp"))

    return make


def table(change):
    def make(d):
        made = change(w.attrs().astype(object))
        made.to_csv(d / "towns.csv", index=False, encoding="utf-8")

    return make


def cells(**columns):
    return table(lambda t: t.assign(**columns))


def workbook(change):
    def make(d):
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.append(list(w.attrs().columns))
        for row in w.attrs().itertuples(index=False):
            sheet.append(list(row))
        change(sheet)
        book.save(d / "t.xlsx")
        w.edit(d, ("towns.csv", "t.xlsx"))

    return make


def raster(change, **profile):
    return lambda d: w.write_tif(d / "use.tif", change(w.use()), **profile)


def dem(values, **profile):
    def make(d):
        w.write_tif(d / "dem.tif", values, **profile)
        w.edit(d, ("[outputs]", '[inputs.dem]\npath = "dem.tif"\n[outputs]'))

    return make


def vrt(source):
    def make(d):
        (d / "u.vrt").write_text(
            f'<VRTDataset rasterXSize="60" rasterYSize="40"><SRS>EPSG:4549</SRS><GeoTransform>'
            f"{w.X},100,0,{w.Y + 4000},0,-100</GeoTransform>"
            f'<VRTRasterBand dataType="Byte" band="1"><SimpleSource>'
            f'<SourceFilename relativeToVRT="{int("/" not in source)}">{source}'
            "</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
        )
        w.edit(d, ("use.tif", "u.vrt"))

    return make


# --- coordinate systems and places --------------------------------------------------------------

in_degrees = gpd.GeoSeries([w.CITY], crs=w.CRS).to_crs(4490)[0]
MERCATOR = CRS(3857).to_wkt("WKT1_ESRI")
case("degrees under web Mercator", "frostline#31", "degrees")(shapefile(in_degrees, MERCATOR))
case("no zone number, declared with one", "csdn 107054700", 'EPSG:4549|no zone number')(
    shapefile(w.CITY, CRS(4528).to_wkt("WKT1_ESRI")))  # fmt: skip
case("boundary in a 6-degree zone that is not its own", "proj4php#121", "km away from counties")(
    shapefile(w.CITY, CRS(4508).to_wkt("WKT1_ESRI")))  # fmt: skip
case("red lines in the next 3-degree zone", "csdn 107054700", 'EPSG:4549" would fit')(
    lambda d: w.write(w.red().set_crs(4548, allow_override=True), d / "red.gpkg"))  # fmt: skip
case("Gauss-Krueger numbers declared UTM", "own", "km away")(
    lambda d: w.write(w.towns().set_crs(32650, allow_override=True), d / "towns.gpkg")
)
case("boundary in BD-09", "coordtransform#10", "BD-09")(
    boundary(lambda: w.shifted(w.bound(), w.bd09))
)
case("counties in GCJ-02", "DataV_GeoJSON#1", r"counties.*GCJ-02")(
    lambda d: w.write(w.shifted(w.counties(), w.gcj), d / "counties.gpkg")
)
case("a .prj with nothing in it", "mapshaper#371", "coordinate system")(shapefile(w.CITY, ""))
case("a .prj cut off", "own", "coordinate system|read")(
    shapefile(w.CITY, "PROJCS[Gauss Kruger 3 degree CM 120E")
)


@case("GeoPackage with undefined Cartesian coordinates", "gdal#9580", "coordinate system")
def _srs(d):
    w.write(w.bound(), d / "boundary.gpkg")
    with sqlite3.connect(d / "boundary.gpkg") as base:
        base.execute("update gpkg_geometry_columns set srs_id = -1")
        base.execute("update gpkg_contents set srs_id = -1")
    base.close()


case("townships in Beijing 1954 degrees", "PROJ#4713", "beijing")(
    lambda d: w.write(w.towns().to_crs(4490).set_crs(4214, allow_override=True), d / "towns.gpkg")
)
case("boundary in Xian 1980 degrees", "pyproj#352", "xian")(
    boundary(lambda: w.bound().to_crs(4490).set_crs(4610, allow_override=True))
)
case("map coordinates declared geocentric", "pyproj#148", "centre of the Earth")(
    boundary(lambda: w.bound().set_crs(4479, allow_override=True))
)
case("web Mercator metres declared degrees", "MapStore2#1307", "are metres")(
    lambda d: w.write(w.towns().to_crs(3857).set_crs(4490, allow_override=True), d / "towns.gpkg")
)
case("leading digits cut, as in CAD", "gdal#10153", "outside China")(
    moved(lambda c: c - [4e5, 35e5])
)
case("kilometres for metres", "own", "outside China")(moved(lambda c: c / 1000))
case("millimetres for metres", "own", "coordinates reach")(moved(lambda c: c * 1000))
case("y counted downwards, as in CAD", "own", "outside China")(moved(lambda c: c * [1, -1]))

# --- tables --------------------------------------------------------------------------------------

case("per cent in cells", "readr#179", "built_share.*甲镇.*'10%'.*plain numbers")(
    cells(built_share=["10%", "80%", "33%"])
)
case("per cent as numbers", "own", "built_share.*not percent")(cells(built_share=[50.0, 6.0, 0.0]))
case("codes with commas between thousands", "readxl#389", "no code is on both sides")(
    cells(code=["321,191,001", "321,191,002", "321,192,001"])
)
case("a unit in some cells only", "explorer#781", "population.*'6万'")(
    cells(population=["6万", 20000, 3000])
)
case("a row of units under the heads", "readr#179", "row 2 has no code")(
    table(
        lambda t: pd.concat(
            [pd.DataFrame([["", "人", "万元", "分钟", "度"]], columns=t.columns), t]
        )
    )
)
case("#DIV/0! in a CSV", "own", "gdp_10k_yuan.*DIV")(cells(gdp_10k_yuan=["#DIV/0!", 90000, 6000]))
case("negative population", "geowrangler#163", "population.*cannot be below 0.*甲镇")(
    cells(population=[-5, 20000, 3000])
)
case("one township a hundred times too large", "own", "population.*甲镇")(
    cells(population=[6_000_000, 20000, 3000])
)
case("a letter l in a code", "own", "32119100l")(
    cells(code=["32119100l", "321191002", "321192001"])
)


@case("Chinese commas between cells", "own", "column 'code' is missing")
def _commas(d):
    text = w.attrs().to_csv(index=False).replace(",", "，")
    (d / "towns.csv").write_text(text, "utf-8")


case("one head twice", "Laravel-Excel#2526", "twice")(
    table(lambda t: pd.concat([t, t[["population"]]], axis=1))
)
case("villages for townships", "china_area_mysql#20", "first 9 digits|no code is on both")(
    table(lambda t: t.assign(code=[f"{c}001" for c in t["code"]]))
)
case("a line break inside a head", "Sylvan.Data.Excel#71", "population")(
    table(lambda t: t.rename(columns={"population": "常住人口\n（万人）"}))
)


@case("a workbook under the name .csv", "DSA-WSI-DeID#90", "read|text is not")
def _not_csv(d):
    w.attrs().to_excel(d / "x.xlsx", index=False)
    (d / "x.xlsx").replace(d / "towns.csv")


@case("a web page under the name .xlsx", "xlrd#350", "cannot be read")
def _page(d):
    (d / "t.xlsx").write_text("<html><table><tr><td>code</td></tr></table></html>")
    w.edit(d, ("towns.csv", "t.xlsx"))


case("gross product in yuan", "own", "gdp_10k_yuan")(
    cells(gdp_10k_yuan=[9_000_000_000, 900_000_000, 60_000_000])
)
case("decimal commas", "ResInsight#9611", "slope_deg.*'1,5'")(
    cells(slope_deg=["1,5", "2,5", "9,0"])
)
case("an error cell in a workbook", "readxl#383", r"C2 \(#DIV/0!\)")(
    workbook(lambda s: (s.__setitem__("C2", "#DIV/0!"), setattr(s["C2"], "data_type", "e")))
)
case("a date where minutes stand", "own", "min_to_centre.*2020")(
    workbook(lambda s: s.__setitem__("D2", datetime.date(2020, 10, 1)))
)
case("two rows of heads, merged", "readxl#486", "code")(
    workbook(lambda s: (s.insert_rows(1), s.__setitem__("B1", "社会经济"),
                        s.merge_cells("B1:C1"))))  # fmt: skip
case("true for a number", "own", "population.*True")(cells(population=[True, 20000, 3000]))

# --- rasters -------------------------------------------------------------------------------------


@case("-9999 that nobody declared", "xvec#121", r"-9999: 1\.000")
def _undeclared(d):
    values = w.use().astype(np.int16)
    values[:10, :10] = -9999
    w.write_tif(d / "use.tif", values, nodata=...)


@case("a mask inside the file hides a third", "rasterstats#207", r"8\.000 km².*no data")
def _mask(d):
    w.write_tif(d / "use.tif", nodata=...)
    mask = np.full((40, 60), 255, np.uint8)
    mask[:, :20] = 0
    with rasterio.open(d / "use.tif", "r+") as file:
        file.write_mask(mask)


def block(rows, cols, value):
    def change(values):
        values[slice(*rows), slice(*cols)] = value
        return values

    return change


case("255 declared, and found inside", "exactextract#100", r"1\.000 km².*no data")(
    raster(block((30, 40), (0, 10), 255), nodata=255)
)
case("0 for unclassified, inside", "rasterstats#98", r"2\.000 km².*no data")(
    raster(block((20, 40), (20, 30), 0), nodata=...)
)
case("the mark of no data is the class of water", "invest#907", "declares 17 as no data")(
    raster(lambda a: a, nodata=17)
)
case("nothing but no data", "exactextractr#108", "100.0%")(raster(lambda a: a * 0))
case("a coloured picture", "terracotta#237", "class table")(
    raster(lambda a: np.stack([a * 9, a * 7, a * 5, a * 0 + 255]), nodata=..., photometric="RGB")
)
case("a band for each year", "georaster-layer#115", "3 bands.*band = 1")(
    raster(lambda a: np.stack([a, a, a]))
)
case("-3.4e38 that nobody declared", "geowrangler#119", "class table")(
    raster(lambda a: block((0, 10), (0, 10), -3.4e38)(a.astype(np.float32)), nodata=np.nan)
)
case("pixels larger than units", "own", "2,000 m wide")(
    raster(lambda a: np.array([[1, 1, 17], [7, 10, 17]], np.uint8), px=2000)
)
case("heights for classes", "invest#1123", "class table|fractions")(
    raster(lambda a: (np.arange(a.size).reshape(a.shape) % 900).astype(np.int16), nodata=-32768)
)
case("a virtual raster without its source", "own", "cannot be read")(vrt("gone.tif"))
case("half a raster", "own", "cannot be read|read")(
    lambda d: (d / "use.tif").write_bytes((d / "use.tif").read_bytes()[:1300])
)
case("an empty raster", "own", "cannot be read")(lambda d: (d / "use.tif").write_bytes(b""))
case("zone number in the raster only", "rasterio#1710", "zone number|4528")(
    raster(lambda a: a, transform=w.from_origin(40_000_000 + w.X, w.Y + 4000, 100, 100))
)
case("complex numbers", "rasterio#2230", "complex")(
    raster(lambda a: a.astype(np.complex64), nodata=...)
)
case("heights of -32768", "joerd#125", "-32768 m stands in 25.0%.*nodata")(
    dem(block((0, 10), (0, 60), -32768)(np.full((40, 60), 30, np.int16)), nodata=...)
)
case("heights of another place", "own", "does not cover 100.0%")(
    dem(np.full((40, 60), 30.0, np.float32), nodata=...,
        transform=w.from_origin(w.X + 90_000, w.Y + 4000, 100, 100)))  # fmt: skip
case("heights of a half", "raster-functions#14", "does not cover 45.5%")(
    dem(np.full((40, 30), 30.0, np.float32), nodata=...)
)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world") / "w"
    w.world(folder)
    return folder


@pytest.mark.parametrize("one", CASES, ids=[c.name for c in CASES])
def test_a_hostile_input_is_told(one, world, tmp_path):
    folder = tmp_path / "w"
    shutil.copytree(world, folder)
    one.make(folder)
    try:
        found = list(api.check(folder / "plan.toml").intake.findings)
    except InputError as error:
        found = error.findings
    loud = [f for f in found if f.level != "note"]
    hit = [f for f in loud if re.search(one.told, f"{f.where}: {f.tell()}", re.I | re.S)]
    assert hit, "\n".join(f.line() for f in found)
    _well_told(hit)


def _well_told(found: list[Finding]) -> None:
    for f in found:
        assert f.what.en and f.what.zh and f.what.en != f.what.zh and f.code != "problem"
        assert f.remedy is not None and f.remedy.en and f.remedy.zh, f
        assert f.where or f.spots, f


def square(x, y, d=4000):
    return shapely.Polygon([(x, y), (x + d, y + d), (x + d, y), (x, y + d)])


def shape(geometry, crs=w.CRS):
    shapes = [shapely.Polygon(g) if isinstance(g, list) else g for g in geometry]
    return lambda d: gpd.GeoDataFrame(geometry=shapes, crs=crs)


ring = list(w.CITY.exterior.coords)[:-1]
for name, src, told, frame in (
    ("a line", "gdal#10153", "closed line", shape([shapely.LineString([*ring, ring[0]])])),
    ("a point", "geoBoundaries#2149", "Point, not a polygon", shape([w.CITY.centroid])),
    ("nothing", "geoBoundaries#2763", "no features", shape([])),
    ("Xian 1980", "PROJ#4713", "xian", shape([w.CITY], 2384)),
    ("no CRS", "mapshaper#371", "does not say", shape([w.CITY], None)),
    ("a bow-tie", "shapely#462", "invalid", shape([square(w.X, w.Y)])),
    ("a vertex at 0, 0", "own", "stray", shape([[*ring[:3], (0, 0), *ring[3:]]])),
    ("no area", "shapely#1069", "invalid", shape([[(w.X, w.Y), (w.X + 9, w.Y), (w.X + 5, w.Y)]])),
    ("another continent", "own", "outside China",
     shape([shapely.box(2, 48, 2.1, 48.1)], 4326)),
    ("infinite", "Delineate-Anything#18", "finite",
     shape([[(w.X, w.Y), (np.inf, w.Y), (w.X, w.Y + 9)]])),
):  # fmt: skip
    case(name, src, told, GRIDS)(frame)


@pytest.mark.parametrize("one", GRIDS, ids=[c.name for c in GRIDS])
def test_grid_tells(one, tmp_path):
    frame = one.make(tmp_path)
    frame.to_file(tmp_path / "g.gpkg")
    with hearing() as heard:
        try:
            api.grid(boundary=tmp_path / "g.gpkg", cell_m=1000)
        except InputError as error:
            heard += error.findings
    hit = [f for f in heard if re.search(one.told, f.tell(), re.I)]
    assert hit, heard
    _well_told(hit)


def test_grid_reads_what_is_right(tmp_path):
    whole = gpd.GeoDataFrame(geometry=[w.CITY, w.sq(0, 0, 2, 2)], crs=w.CRS)  # two that overlap
    whole.to_file(tmp_path / "two.gpkg")
    whole.iloc[:1].to_crs(4490).to_file(tmp_path / "degrees.geojson")
    for file in ("two.gpkg", "degrees.geojson"):
        with hearing() as heard:
            made = api.grid(boundary=tmp_path / file)
        assert (len(made.units), heard) == (33, []) and abs(made.area_m2 - 22_000_000) < 60


RIGHT = {
    "compound CRS": shapefile(w.CITY, CRS("EPSG:4549+5737").to_wkt("WKT1_GDAL")),
    "sums among rows": table(lambda t: pd.concat([
        t, pd.DataFrame([["小计", 83000, 996000, "", ""]], columns=t.columns)])),
    "UTF-16 with tabs": lambda d: (d / "towns.csv").write_bytes(
        w.attrs().to_csv(index=False, sep="\t").encode("utf-16")),
    "scale and offset of a raster of classes": lambda d: _scaled(d / "use.tif"),
    "feet": shapefile(
        gpd.GeoSeries([w.CITY], crs=w.CRS).to_crs(
            "+proj=tmerc +lon_0=120 +x_0=500000 +ellps=GRS80 +units=us-ft")[0],
        CRS("+proj=tmerc +lon_0=120 +x_0=500000 +ellps=GRS80 +units=us-ft").to_wkt("WKT1_ESRI")),
}  # fmt: skip


def _scaled(path):
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.1,), (5.0,)


@pytest.mark.parametrize("name", RIGHT)
def test_an_odd_input_is_read_right(name, world, tmp_path):
    folder = tmp_path / "w"
    shutil.copytree(world, folder)
    RIGHT[name](folder)
    plan = api.run(folder / "plan.toml")
    assert len(plan.units) == 33 and plan.townships["zone"].to_dict() == w.TRUE["zones"]
    assert int(plan.units["area_m2"].sum()) == pytest.approx(22_000_000, abs=60)
    assert int(plan.units["built_m2"].sum()) == pytest.approx(4_500_000, abs=60)


def test_no_request_is_made_for_a_raster_on_the_network(world, tmp_path):
    import socket

    folder = tmp_path / "w"
    shutil.copytree(world, folder)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(0.2)
        vrt(f"/vsicurl/http://127.0.0.1:{server.getsockname()[1]}/x.tif")(folder)
        with pytest.raises(InputError) as told:
            api.check(folder / "plan.toml")
        assert "network-source" in {p.code for p in told.value.problems}
        with pytest.raises(TimeoutError):
            server.accept()


def test_every_cause_is_another():
    assert len(CASES) + len(GRIDS) >= 60
    assert len({c.name for c in CASES + GRIDS}) == len(CASES + GRIDS)
    assert all(re.search(r"\w", c.src) for c in CASES + GRIDS)
