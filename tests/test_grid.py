"""The lattice: codes, CRS choice, distortion, origins."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from zoning.errors import InputError
from zoning.grid.crs import check_projected, equal_area, gauss_krueger, normal_crs
from zoning.grid.distortion import choose_crs, measure_distortion
from zoning.grid.lattice import MAX_UNITS, GridSpec, check_size
from zoning.grid.units import count_units, make_units, search_origins
from zoning.inputs.china import find_area

LATTICES = [
    GridSpec("EPSG:4549"),
    GridSpec("EPSG:4549", 1000, (404_550, 3_563_050)),
    GridSpec("EPSG:4549", 500, (250, 0)),
    GridSpec("EPSG:4549", 1000, (-3000, 7000)),
    GridSpec(equal_area(73, 35, 80, 40), 2000),
]


@pytest.mark.parametrize("grid", LATTICES, ids=lambda g: f"{g.cell_m}@{g.origin_m}")
@given(col=st.integers(-9000, 9000), row=st.integers(-9000, 9000))
def test_a_code_finds_its_square(grid, col, row):
    assert grid.locate(grid.code(col, row)) == (col, row)


def test_codes_say_where_and_do_not_depend_on_the_corner_that_names_the_lattice():
    near, far = GridSpec("EPSG:4549", 1000, (0, 0)), GridSpec("EPSG:4549", 1000, (404_000, 0))
    assert near.same_lattice == far.same_lattice
    assert near.code(404, 3563) == far.code(0, 3563) == "1kmN3563E404"
    moved = GridSpec("EPSG:4549", 1000, (550, 50))
    assert moved.same_lattice != near.same_lattice
    assert moved.code(404, 3563) == "CRS4549RES1000mN3563050E404550"
    # Half-kilometre squares are not of the national kilometre lattice.
    assert GridSpec("EPSG:4549", 500).code(0, 0).startswith("CRS4549RES500m")
    assert GridSpec("EPSG:3857").code(1, 1) == "CRS3857RES1000mN1000E1000"


@pytest.mark.parametrize("code", ["1kmN3563E404x", "kmN1E1", "", "CRS4549RES1000mN1E1"])
def test_a_foreign_code_is_refused(code):
    with pytest.raises(InputError, match="not a unit code"):
        GridSpec("EPSG:4549").locate(code)


def test_cell_size_must_be_positive():
    with pytest.raises(InputError, match="cell size is 0 m"):
        GridSpec("EPSG:4549", 0)


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:2249"])
def test_degrees_and_feet_are_refused(crs):
    with pytest.raises(InputError, match="not a projected CRS in metres"):
        check_projected(crs)


def test_an_unknown_crs_is_an_error_with_a_remedy():
    with pytest.raises(InputError, match=r"unknown coordinate reference system.*EPSG:4549"):
        check_projected("EPSG:0")


@pytest.mark.parametrize(
    ("lon", "code"), [(75, 4534), (76.49, 4534), (76.51, 4535), (119.4, 4549), (135, 4554)]
)
def test_zone_by_longitude(lon, code):
    assert gauss_krueger(lon) == f"EPSG:{code}"


def test_the_zone_of_every_meridian_has_that_meridian():
    from pyproj import CRS

    for k in range(21):
        crs = CRS(gauss_krueger(75 + 3 * k))
        got = {p.name: p.value for p in crs.coordinate_operation.params}
        assert got["Longitude of natural origin"] == 75 + 3 * k
        assert got["False easting"] == 500_000


def test_a_wide_area_gets_an_equal_area_projection():
    wide = gpd.GeoSeries([box(73.5, 35.5, 79.9, 40.3)], crs="EPSG:4490")
    crs, distortion = choose_crs(wide)
    assert "Albers" in crs
    assert distortion.worst < 1e-9
    zone = measure_distortion(wide, gauss_krueger(76.7))
    assert zone.worst > 0.001


def test_distortion_grows_with_the_distance_from_the_meridian():
    for west, east in ((119.9, 120.1), (118.5, 118.7)):
        area = gpd.GeoSeries([box(west, 32, east, 32.2)], crs="EPSG:4490")
        found = measure_distortion(area, "EPSG:4549")
        # Area scale of the transverse Mercator: 1 + (dl cos(lat))^2 to first order.
        expected = (math.radians(120 - west) * math.cos(math.radians(32))) ** 2
        assert found.worst == pytest.approx(expected, rel=0.01)
        assert 0 < found.total < expected * 1.01 or west > 119


def test_standard_parallels_lie_a_sixth_inside():
    from pyproj import CRS

    crs = CRS(equal_area(73, 30, 80, 42))
    got = {p.name: p.value for p in crs.coordinate_operation.params}
    assert got["Latitude of 1st standard parallel"] == 32
    assert got["Latitude of 2nd standard parallel"] == 40
    assert got["Longitude of false origin"] == 76


def test_holes_are_holes_on_the_ellipsoid_too():
    ring = shapely.Polygon(
        [(119, 32), (120, 32), (120, 33), (119, 33)],
        [[(119.3, 32.3), (119.3, 32.6), (119.6, 32.6), (119.6, 32.3)]],
    )
    same = shapely.Polygon(ring.exterior.coords, [ring.interiors[0].coords[::-1]])
    for shape in (ring, shapely.reverse(ring), same):
        d = measure_distortion(gpd.GeoSeries([shape], crs="EPSG:4490"), "EPSG:4549")
        assert abs(d.total) < 5e-4


@pytest.mark.parametrize(
    "name", ["句容市", "舟山市", pytest.param("三沙市", marks=pytest.mark.slow)]
)
def test_units_of_real_places(name):
    area = gpd.GeoSeries([find_area(name).geometry], crs="EPSG:4326")
    crs, _ = choose_crs(area)
    shape = area.to_crs(crs).iloc[0]
    units = make_units(shape, GridSpec(crs))
    assert units.index.is_unique
    assert units.index.is_monotonic_increasing
    assert abs(units["area_m2"].sum() - shape.area) <= 1
    shapely.prepare(shape)
    assert shapely.intersects(units.geometry.to_numpy(), shape).all()
    inside = shapely.area(shapely.intersection(units.geometry.to_numpy(), shape))
    assert abs(inside - units["area_m2"]).max() <= 1
    assert inside.sum() == pytest.approx(shape.area, abs=0.1)


def test_touching_is_not_overlapping():
    units = make_units(box(500_000, 3_500_000, 501_000, 3_501_000), GridSpec("EPSG:4549"))
    assert units.index.tolist() == ["1kmN3500E500"]


def test_lon_lat_are_those_of_the_centre():
    units = make_units(box(500_000, 3_500_000, 501_000, 3_501_000), GridSpec("EPSG:4549"))
    back = gpd.GeoSeries.from_xy(units["lon"], units["lat"], crs="EPSG:4490").to_crs("EPSG:4549")
    assert back.iloc[0].distance(shapely.Point(500_500, 3_500_500)) < 0.02


def test_an_origin_search_counts_every_origin_and_claims_nothing():
    city = box(100, 0, 2100, 1000)
    found = search_origins(city, "EPSG:4549", 1000, 2, step_m=100)
    assert found.tried == 100
    # Two columns where a grid line meets the left edge; one row where one meets the bottom.
    assert found.matches == ((100, 0),)
    assert (found.low, found.high) == (2, 6)
    for x, y in found.matches:
        assert count_units(city, GridSpec("EPSG:4549", 1000, (x, y))) == 2


def test_every_spelling_of_a_crs_is_one_lattice():
    from pyproj import CRS

    spellings = ["4549", "epsg:4549", CRS(4549).to_wkt(), CRS(4549).to_wkt("WKT1_ESRI")]
    grids = {GridSpec(text, 1000) for text in spellings}
    assert grids == {GridSpec("EPSG:4549")}
    assert {g.same_lattice for g in grids} == {GridSpec("EPSG:4549").same_lattice}
    assert {g.code(404, 3563) for g in grids} == {"1kmN3563E404"}


def test_a_crs_that_epsg_does_not_list_stays_as_it_is():
    albers = equal_area(73, 35, 80, 40)
    assert GridSpec(albers).crs == albers
    # Like EPSG:4549 but for the false easting: near is not the same.
    moved = (
        "+proj=tmerc +lat_0=0 +lon_0=120 +k=1 +x_0=500001 +y_0=0 +ellps=GRS80 +units=m +type=crs"
    )
    assert GridSpec(moved).crs == moved


def test_an_unknown_crs_says_where_it_was_given():
    with pytest.raises(InputError, match=r"\[grid\] crs: unknown"):
        GridSpec("nonsense")
    with pytest.raises(InputError, match="--crs: unknown"):
        normal_crs("nonsense", "--crs")


def test_too_many_units_are_refused_with_the_number_and_the_limit():
    check_size(MAX_UNITS * 100.0, 10)
    with pytest.raises(InputError, match="20,000,001 units, more than 20,000,000") as caught:
        check_size((MAX_UNITS + 1) * 100.0, 10)
    assert caught.value.problems[0].measured == MAX_UNITS + 1
    assert "20,000,001" in caught.value.tell("zh")


def test_millions_of_units_are_written_from_numbers(tmp_path, monkeypatch):
    """The same file as by way of a table, and the same areas; boxes cover the squares."""
    import pyarrow.parquet as pq

    from zoning import api
    from zoning.api import units as room
    from zoning.outputs.exchange import units_stream

    shape = shapely.Point(500_000, 3_500_000).buffer(9_000)
    place = tmp_path / "area.gpkg"
    gpd.GeoDataFrame(geometry=[shape], crs="EPSG:4549").to_file(place)
    for cell in (1000, 700):
        table = api.grid(boundary=place, cell_m=cell, out=tmp_path / "table.parquet")
        with monkeypatch.context() as m:
            m.setattr(room, "_MANY", 0)
            m.setattr(units_stream, "GROUP", 50)
            stream = api.grid(boundary=place, cell_m=cell, out=tmp_path / "stream.parquet")
        assert stream.units is None
        assert stream.as_dict() == table.as_dict()
        a = gpd.read_parquet(tmp_path / "table.parquet").reset_index()
        b = gpd.read_parquet(tmp_path / "stream.parquet")
        assert b.crs == a.crs
        for column in ("unit", "area_m2", "lon", "lat"):
            assert a[column].tolist() == b[column].tolist()
        assert (shapely.to_wkb(a.geometry.values) == shapely.to_wkb(b.geometry.values)).all()
        file = pq.ParquetFile(tmp_path / "stream.parquet")
        assert file.num_row_groups == -(-len(b) // 50)
        # GeoParquet 1.1: a window reads only what its box lets through.
        part = gpd.read_parquet(
            tmp_path / "stream.parquet", bbox=(500_000, 3_500_000, 500_001, 3_500_001)
        )
        assert 1 <= len(part) <= 4


def test_a_country_is_all_its_provinces():
    from zoning.inputs import china

    whole = china.country()
    assert whole.adcode == "100000" and whole.geometry.is_valid
    south, north = whole.geometry.bounds[1::2]
    assert south < 10 and north > 53


def test_a_point_is_in_the_unit_that_holds_it_on_any_lattice() -> None:
    from pyproj import Transformer

    from zoning.questions.explain import unit_code

    for origin in ((0, 0), (404_550, 3_563_050)):
        grid = GridSpec("EPSG:4549", 1000, origin)
        back = Transformer.from_crs(grid.crs, "EPSG:4490", always_xy=True)
        for x, y in ((450_100.0, 3_560_900.0), (449_500.0, 3_561_099.0)):
            col, row = grid.locate(str(unit_code(grid, *back.transform(x, y))))
            west, south = origin[0] + col * 1000, origin[1] + row * 1000
            assert west <= x < west + 1000 and south <= y < south + 1000


def test_squares_stand_in_the_order_of_their_codes():
    rng = np.random.default_rng(1)
    for grid in (GridSpec("EPSG:4549"), GridSpec("EPSG:4549", 500, (250, 0))):
        cols, rows = (k.ravel() for k in np.meshgrid(np.arange(95, 106), np.arange(8, 13)))
        mixed = rng.permutation(len(cols))
        cols, rows = cols[mixed], rows[mixed]
        codes = np.array(grid.codes(cols.tolist(), rows.tolist()))
        assert codes[grid.order(cols, rows)].tolist() == sorted(codes.tolist())
    assert len(GridSpec("EPSG:4549").order(np.empty(0, int), np.empty(0, int))) == 0


def test_counties_of_units_are_those_of_a_ledger(tmp_path):
    """From numbers alone: each unit adds up, each county is its polygon to a square metre."""
    import pyarrow.parquet as pq

    from zoning import api
    from zoning.inputs.layers import Layers
    from zoning.ledger.atoms import build
    from zoning.ledger.country import NOWHERE, SEVERAL, count

    found = api.grid("镇江市", counties=True, out=tmp_path / "units.gpkg")
    shares = pq.read_table(tmp_path / "units-counties.parquet").to_pandas()
    assert shares.groupby("unit")["area_m2"].sum().equals(found.units["area_m2"])
    told = found.counties.set_index("county")
    assert set(told.index) == {*map(str, range(321111, 321113)), "321102", "321181", "321182",
                               "321183"} | (set(told.index) & {"none", "overlap"})  # fmt: skip
    off = told["area_m2"] + told["several_m2"] - told["polygon_m2"]
    assert off.dropna().abs().max() < 1 and told["area_m2"].sum() == found.area_m2
    assert found.as_dict()["counties"][0]["county"] == "321102"

    grid = GridSpec("EPSG:4549", 1000, (300, 700))
    city = shapely.Point(500_000, 3_500_000).buffer(7_000)
    # One lies in another, two share a strip, one reaches out of the city; a gap stays.
    west = shapely.box(490_000, 3_490_000, 499_777.7, 3_510_000)
    island = shapely.Point(495_100, 3_500_300).buffer(1_300)
    east = shapely.box(499_500.5, 3_490_000, 510_000, 3_501_000)
    places = np.array([west, island, east], dtype=object)
    counted = count(city, grid, places)
    frame = gpd.GeoDataFrame(
        {"name": ["w", "i", "e"], "county": ["w", "i", "e"]}, geometry=places, crs=grid.crs,
        index=["0", "1", "2"],
    ).rename_axis("township")  # fmt: skip
    atoms = build(Layers(city, frame), grid).atoms
    name = {NOWHERE: "none", SEVERAL: "overlap", 0: "0", 1: "1", 2: "2"}
    codes = grid.codes(counted.col.tolist(), counted.row.tolist())
    assert codes == sorted(codes)
    rows = zip(counted.unit, counted.place, counted.share_m2, strict=True)
    mine = {(codes[u], name[int(p)]): int(m) for u, p, m in rows}
    theirs = atoms.groupby(["unit", "township"], observed=True)["area_m2"].sum().to_dict()
    assert mine.keys() == theirs.keys() and sum(mine.values()) == sum(theirs.values())
    assert max(abs(mine[k] - theirs[k]) for k in mine) <= 1
    for k, shape in enumerate(places):
        whole = counted.share_m2[counted.place == k].sum() + counted.several_m2[k]
        assert abs(whole - shape.intersection(city).area) < 1
    assert counted.area_m2.tolist() == np.bincount(counted.unit, counted.share_m2).tolist()
    with pytest.raises(InputError, match="looked up by its name"):
        api.grid(boundary=tmp_path / "units.gpkg", counties=True)
