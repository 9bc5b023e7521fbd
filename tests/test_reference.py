"""The committed reference case: real where it says so, whole, and within the published numbers."""

from __future__ import annotations

import hashlib
import re
import sys
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import rasterio.features
import shapely

from zoning.measure.coverage import polygon_shares

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
COUNTIES = ["321102", "321111", "321112", "321181", "321182", "321183"]


@pytest.fixture(scope="module")
def city():
    return gpd.read_file(DATA / "boundaries" / "zhenjiang.gpkg", layer="city").geometry.iloc[0]


@pytest.fixture(scope="module")
def counties():
    return gpd.read_file(DATA / "boundaries" / "zhenjiang.gpkg", layer="counties")


@pytest.fixture(scope="module")
def townships():
    return gpd.read_file(DATA / "townships" / "zhenjiang.gpkg")


@pytest.fixture(scope="module")
def redlines():
    return gpd.read_file(DATA / "redlines" / "zhenjiang.gpkg")


@pytest.fixture(scope="module")
def attributes():
    path = DATA / "townships" / "zhenjiang_attributes.csv"
    return pd.read_csv(path, dtype={"code": str}, encoding="utf-8").set_index("code")


def toml(*parts: str) -> dict:
    with DATA.joinpath(*parts).open("rb") as f:
        return tomllib.load(f)


def test_files_are_those_that_the_readme_lists():
    text = (DATA / "README.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `([^`]+)` \| \d+ \| `([0-9a-f]{64})` \|$", text, re.M))
    assert len(listed) > 15
    for name, wanted in listed.items():
        assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == wanted, name
    made = {p.relative_to(DATA).as_posix() for p in DATA.rglob("zhenjiang*") if p.parent != DATA}
    other = ("schemes/", "policies/")  # names and examples, not the case
    made = {name for name in made if not name.startswith(other)}
    made |= {p.relative_to(DATA).as_posix() for p in (DATA / "facts").glob("*.csv")}
    assert made <= set(listed)


def test_files_are_small():
    files = [p for p in DATA.rglob("*") if p.is_file()]
    fonts = [p.stat().st_size for p in files if p.parent.name == "fonts"]
    sizes = [p.stat().st_size for p in files if p.parent.name != "fonts"]
    assert max(sizes) < 2_000_000 and sum(fonts) < 3_000_000
    assert sum(sizes) < 6_000_000


@pytest.mark.parametrize(
    "folder", ["boundaries", "townships", "redlines", "farmland", "roads"]
)  # fmt: skip
def test_notice_stands_in_every_layer(folder):
    import sqlite3

    connection = sqlite3.connect(DATA / folder / "zhenjiang.gpkg")
    try:
        rows = connection.execute("select table_name, description from gpkg_contents").fetchall()
    finally:
        connection.close()
    assert rows
    for _, description in rows:
        assert "示意性重构" in description
        assert "Reconstruction for illustration" in description


def test_boundaries_are_one_city_of_six_counties(city, counties):
    assert counties["code"].tolist() == COUNTIES
    assert counties.crs.to_epsg() == 4549
    assert counties.geometry.is_valid.all()
    assert abs(city.area - counties.area.sum()) < 1e-3
    # official: 丹阳 1,047, 句容 1,378, 扬中 327 km2
    km2 = counties.set_index("code").area / 1e6
    for code, official in {"321181": 1047, "321183": 1378, "321182": 327}.items():
        assert km2[code] == pytest.approx(official, rel=0.02)


def test_origin_gives_the_published_count(city):
    grid = toml("grids", "zhenjiang.toml")
    assert grid["crs"] == "EPSG:4549"
    shares = polygon_shares([city], origin=tuple(grid["origin_m"]), cell=grid["cell_m"])
    assert len(shares) == grid["units"] == 4121
    assert (grid["searched"], grid["found"]) == (1600, 2)
    assert {"source", "evidence"} <= set(grid)


def test_reference_grid_is_that_lattice(city):
    grid = toml("grids", "zhenjiang.toml")
    units = gpd.read_parquet(DATA / "grids" / "zhenjiang_units.parquet")
    assert len(units) == 4121
    assert units["unit"].is_unique
    corners = units.bounds[["minx", "miny"]].to_numpy() - grid["origin_m"]
    assert (corners % 1000 == 0).all()
    assert (units.area == 1e6).all()
    assert abs(units["area_m2"].sum() - city.area) < len(units)
    shapely.prepare(city)
    assert shapely.intersects(city, units.geometry.values).all()


def test_townships_are_the_listed_ones(townships):
    facts = pd.read_csv(DATA / "facts" / "townships.csv", dtype=str, encoding="utf-8")
    assert len(townships) == 56
    got = townships[["code", "name", "county", "status"]].to_numpy().tolist()
    assert got == facts[["code", "name", "county", "status"]].to_numpy().tolist()
    assert townships["code"].is_unique
    assert townships["code"].str.fullmatch(r"\d{9}").all()
    assert (townships["code"].str[:6] == townships["county"]).all()
    assert townships.loc[townships["status"] != "listed", "name"].tolist() == ["吕城镇"]


def test_townships_are_a_partition(townships, counties, city):
    shapes = townships.geometry.values
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    assert abs(shapely.area(shapes).sum() - city.area) < 1e-3
    assert shapely.union_all(shapes).symmetric_difference(city).area < 1e-3
    for code, county in counties.set_index("code").geometry.items():
        own = shapely.union_all(shapes[townships["county"] == code])
        assert own.symmetric_difference(county).area < 1e-3


def test_population_is_the_census(townships, attributes):
    census = pd.read_csv(DATA / "facts" / "population_2020.csv", dtype={"counted_with": str})
    wanted = census.groupby("counted_with")["persons"].sum()
    assert wanted["321102"] == 355_757 + 263_813
    county = townships.set_index("code")["county"]
    assert attributes.index.tolist() == county.index.tolist()
    assert attributes["population"].groupby(county).sum().to_dict() == wanted.to_dict()
    assert (attributes["population"] > 0).all()


def test_attributes_are_plausible(attributes):
    assert attributes[["hazard", "strategic"]].isin([1, 2, 3, 4, 5]).all().all()
    # Slope, relief, roads and travel times are measured by the run, from heights and roads.
    assert not {"slope_deg", "min_to_centre", "road_km"} & set(attributes.columns)
    assert (attributes[["gdp_10k_yuan", "revenue_10k_yuan"]] > 0).all().all()
    assert (attributes["revenue_10k_yuan"] < attributes["gdp_10k_yuan"]).all()
    assert attributes["notes"].str.contains("made up").all()


def test_published_towns_have_their_people(attributes):
    towns = pd.read_csv(DATA / "facts" / "population_towns.csv", dtype={"code": str})
    ours = attributes["population"]
    danyang = [c for c in ours.index if c.startswith("3211811")]
    assert ours[danyang].idxmax() == "321181122"  # 丹北 is the largest town of 丹阳
    factor = {"321181": 988_900 / 794_200, "321182": 315_462 / 279_641}
    for row in towns.itertuples():
        assert ours[row.code] == round(row.registered * factor[row.code[:6]])


def test_land_use_has_the_published_totals(city, counties):
    from zoning.measure.zonal import Raster, piece_classes

    totals = pd.read_csv(DATA / "facts" / "landuse_totals.csv")
    with rasterio.open(DATA / "landuse" / "zhenjiang_30m.tif") as file:
        t = file.transform
        raster = Raster(file.read(1), x0=t.c, y0=t.f, dx=t.a, dy=-t.e)
    yangzhong = counties.set_index("code").geometry["321182"]
    for place, shape in (("city", city), ("321182", yangzhong)):
        found = piece_classes([shape], raster, origin=(0, 0), cell=10_000)
        for row in totals[(totals["place"] == place) & totals["value"].notna()].itertuples():
            area = found.area_m2[found.value == int(row.value)].sum()
            # The city of the figures is 3,840 km², that of the boundary 3,844.
            assert area == pytest.approx(row.area_m2, rel=0.02), (place, row.what)


def _zone_like(frame: pd.DataFrame) -> list[str]:
    return [c for c in frame.columns if "zone" in c or "share" in c or "grade" in c]


@pytest.mark.slow
def test_no_step_reads_a_zone(monkeypatch, townships, attributes):
    """Permute every zone-like column of every table of facts: the same land use and attributes."""
    import sys

    monkeypatch.syspath_prepend(str(DATA.parent / "scripts"))
    from reference import attributes as made
    from reference import boundary, facts, landuse, redlines, roads, terrain, waters

    read, rng, moved = facts.table, np.random.default_rng(1), []

    def permuted(name: str) -> pd.DataFrame:
        frame = read(name)
        # Level-1 and urban shares are facts of red lines and of the census, not of zones.
        for column in _zone_like(frame):
            if column in ("level1_share", "urban_share"):
                continue
            moved.append(column)
            frame[column] = rng.permutation(frame[column].to_numpy())
        return frame

    for module in [m for n, m in sys.modules.items() if n.startswith("reference")]:
        if hasattr(module, "table"):
            monkeypatch.setattr(module, "table", permuted)
    source = Path(landuse.__file__).read_text(encoding="utf-8")
    source += Path(made.__file__).read_text(encoding="utf-8")
    assert "zones_0_1_0" not in source and "zone" not in source.replace("zones", "")
    counties = boundary.read("district", "tianditu", 321100)
    red = redlines.build(counties, waters.yangzi(counties))
    graph = roads.build(townships)
    height = terrain.build(counties.total_bounds)
    water = (waters.yangzi(counties), waters.lakes(), waters.canals())
    ground = landuse.layers(counties, townships, red, water, graph, height)
    use = landuse.build(ground, roads.centres(townships))
    with rasterio.open(DATA / "landuse" / "zhenjiang_30m.tif") as file:
        assert (file.read(1) == use).all()
    rows = made.build(townships, use, ground).set_index("code")
    assert rows["population"].tolist() == attributes["population"].tolist()
    assert rows["strategic"].tolist() == attributes["strategic"].tolist()


def test_red_lines_are_71_areas_of_types_that_can_occur(redlines):
    types = pd.DataFrame(toml("redlines", "types.toml")["type"]).set_index("code")
    assert len(types) == 15
    assert set(types.index[~types["occurs"]]) == {"marine-reserve", "taihu"}
    assert sorted(redlines["area_code"].unique()) == [f"ZJ-{k:02d}" for k in range(1, 72)]
    assert not redlines.duplicated(["area_code", "level"]).any()
    assert set(redlines["level"]) == {1, 2}
    assert types.loc[redlines["type"], "occurs"].all()
    names = redlines.groupby("area_code")[["name", "type", "status"]].nunique()
    assert (names == 1).all().all()
    level1 = redlines[redlines["level"] == 1]
    assert "flood-storage" not in set(level1["type"])


def test_red_lines_say_what_is_documented(redlines):
    areas = redlines.drop_duplicates("area_code")
    documented = set(areas.loc[areas["status"] == "documented", "name"])
    assert documented == {
        "句容北部山地水源涵养区", "巢皇山生态公益林", "香山生态公益林", "北山水库饮用水源保护区",
        "二圣水库饮用水源保护区", "茅山水库饮用水源保护区", "句容东南部山地水源涵养区",
        "长江及湿地洲岛廊道", "京杭运河镇江段廊道",
    }  # fmt: skip
    assert set(areas["status"]) == {"documented", "named", "made-up"}
    assert redlines["published_m2"].isna().all()
    assert redlines["source"].str.len().gt(0).all()


def test_red_lines_measure_as_published(redlines, city):
    shapes = redlines.geometry.values
    assert shapely.is_valid(shapes).all()
    union = shapely.union_all(shapes)
    assert 855e6 <= union.area <= 860e6
    assert union.difference(city).area < 1
    levels = redlines.set_index(["area_code", "level"]).geometry
    for code in redlines.loc[redlines["level"] == 1, "area_code"]:
        if (code, 2) in levels.index:
            assert levels[code, 1].intersection(levels[code, 2]).area < 1


def test_three_pairs_of_areas_overlap_on_purpose(redlines):
    areas = redlines.dissolve("area_code").geometry
    tree = shapely.STRtree(areas.values)
    a, b = tree.query(areas.values, predicate="intersects")
    both = shapely.area(shapely.intersection(areas.values[a], areas.values[b]))
    hits = np.column_stack([a, b])[(both > 10) & (a < b)]
    pairs = {tuple(areas.index[hit]) for hit in hits}
    assert pairs == {("ZJ-09", "ZJ-56"), ("ZJ-10", "ZJ-11"), ("ZJ-15", "ZJ-16")}


def test_raster_covers_the_city_with_known_classes(city):
    classes = pd.DataFrame(toml("landuse", "classes.toml")["class"]).set_index("value")
    with rasterio.open(DATA / "landuse" / "zhenjiang_30m.tif") as file:
        assert file.crs.to_epsg() == 4549
        assert (file.res, file.nodata, file.dtypes) == ((30.0, 30.0), 0, ("uint8",))
        assert "示意性重构" in file.tags()["TIFFTAG_IMAGEDESCRIPTION"]
        values = file.read(1)
        touched = rasterio.features.rasterize(
            [city], values.shape, transform=file.transform, all_touched=True
        )
        assert shapely.box(*file.bounds).contains(city)
    assert set(np.unique(values)) - {0} <= set(classes.index)
    assert (values[touched == 1] > 0).all()
    assert (classes["group"] == "construction").sum() == 11
    assert classes.index[classes["water"]].tolist() == [17]
    assert classes.index[classes["farmland"]].tolist() == [1]


def test_existing_construction_is_the_surveyed_share(city):
    from zoning.measure.zonal import Raster, piece_classes

    classes = pd.DataFrame(toml("landuse", "classes.toml")["class"]).set_index("value")
    built = classes.index[classes["group"] == "construction"]
    with rasterio.open(DATA / "landuse" / "zhenjiang_30m.tif") as file:
        t = file.transform
        raster = Raster(file.read(1), x0=t.c, y0=t.f, dx=t.a, dy=-t.e)
    pieces = piece_classes([city], raster, origin=(0, 0), cell=10_000)
    assert pieces.area_m2.sum() == pytest.approx(city.area, abs=1)
    share = pieces.area_m2[np.isin(pieces.value, built)].sum() / city.area
    assert 0.2589 <= share <= 0.2599
    # a second way: pixels whose centre lies inside
    with rasterio.open(DATA / "landuse" / "zhenjiang_30m.tif") as file:
        inside = rasterio.features.rasterize([city], raster.classes.shape, transform=file.transform)
    counted = np.isin(raster.classes[inside == 1], built).mean()
    assert counted == pytest.approx(share, abs=2e-4)


def test_terrain_has_the_hills():
    with rasterio.open(DATA / "terrain" / "zhenjiang_dem_100m.tif") as file:
        height = file.read(1)
        assert file.crs.to_epsg() == 4549
        hills = pd.read_csv(DATA / "facts" / "hills.csv", encoding="utf-8").set_index("name")
        for name in ("宝华山", "茅山"):
            x, y = hills.loc[name, ["x_km", "y_km"]] * 1000
            row, col = map(int, file.index(x, y))
            assert (
                height[row - 20 : row + 20, col - 20 : col + 20].max() == hills.loc[name, "top_m"]
            )
    assert height.max() == 437


def test_roads_join_every_township(townships):
    import networkx as nx

    roads = gpd.read_file(DATA / "roads" / "zhenjiang.gpkg")
    graph = nx.Graph(roads[["from", "to"]].to_numpy().tolist())
    assert set(graph) == set(townships["code"])
    assert nx.is_connected(graph)
    assert set(roads["class"]) == {"motorway", "national", "provincial", "county"}


def test_basic_farmland_lies_off_the_red_lines(redlines, city):
    farmland = gpd.read_file(DATA / "farmland" / "zhenjiang.gpkg")
    assert farmland["code"].is_unique
    assert farmland.geometry.is_valid.all()
    union = shapely.union_all(farmland.geometry.values)
    assert union.area == pytest.approx(farmland.area.sum(), rel=1e-9)
    assert union.area > 300e6
    assert union.difference(city).area == 0
    red = shapely.union_all(redlines.geometry.values)
    assert union.intersection(red).area < 0.01 * union.area


def test_thresholds_and_classes_say_where_they_are_from():
    for parts in (
        ("redlines", "types.toml"),
        ("landuse", "classes.toml"),
        ("grids", "zhenjiang.toml"),
    ):
        table = toml(*parts)
        assert table["source"], parts
        assert table["evidence"], parts
    assert all(t["source"] and t["evidence"] for t in toml("redlines", "types.toml")["type"])


@pytest.mark.slow
def test_it_looks_like_the_place():
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        from reference.measure import Files, measure
    finally:
        sys.path.remove(str(ROOT / "scripts"))
    rows = measure(Files.open(DATA))
    assert [row.what for row in rows if not row.ok] == []
    assert len(rows) == 16


@pytest.mark.slow
def test_heights_roads_and_evaluation_each_change_a_zone(tmp_path):
    """Another file in the place of one of the plan's own, and some township gets another zone."""
    import zoning as zn
    from zoning.planfile import load

    config = load(DATA / "zhenjiang.toml")
    off = config.allocation.model_copy(update={"enabled": False})
    zones = config.zones.model_copy(update={"compare": ()})
    config = config.model_copy(update={"allocation": off, "zones": zones})
    with rasterio.open(DATA / "terrain" / "zhenjiang_dem_100m.tif") as file:
        meta, z = file.profile, file.read(1)
    ramp = np.arange(z.shape[1], dtype=z.dtype)[None, :] % 20
    with rasterio.open(tmp_path / "dem.tif", "w", **meta) as file:
        east = np.arange(z.shape[1])[None, :] > z.shape[1] // 2
        file.write(np.where(east, z + 30 * ramp, z).astype(z.dtype), 1)
    roads = gpd.read_file(DATA / "roads" / "zhenjiang.gpkg", layer="roads")
    west = roads.geometry.centroid.x < roads.geometry.centroid.x.median()
    roads.assign(speed_kmh=np.where(west, 3.0, 60.0)).to_file(tmp_path / "roads.gpkg")
    suited = np.where(np.arange(z.shape[0])[:, None] % 400 < 200, 1, 5) * np.ones_like(z)
    meta = {**meta, "dtype": "uint8", "nodata": 255}
    with rasterio.open(tmp_path / "town.tif", "w", **meta) as file:
        file.write(suited.astype("uint8"), 1)

    def classed(**inputs: object) -> list[str]:
        parts = config.inputs.model_copy(update=inputs)
        plan = zn.run(config.model_copy(update={"inputs": parts}), folder=DATA)
        return plan.townships["zone"].tolist()

    own = config.inputs
    base = classed()
    dem = own.dem.model_copy(update={"path": str(tmp_path / "dem.tif")})
    way = own.roads.model_copy(update={"path": str(tmp_path / "roads.gpkg"), "layer": None})
    town = own.evaluations["town"].model_copy(update={"raster": str(tmp_path / "town.tif")})
    changed = {"dem": dem, "roads": way, "evaluations": {"town": town}}
    for name, part in changed.items():
        other = classed(**{name: part})
        assert sum(a != b for a, b in zip(base, other, strict=True)) > 0, name
