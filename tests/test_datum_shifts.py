"""GCJ-02 and BD-09: the formulas, and who of a delivery is told to be shifted."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from zoning.inputs.china import counties, find_area
from zoning.inputs.inspect import inspect_datums
from zoning.inputs.inspect.datum import bd09, find_shift, from_bd09, from_gcj02, gcj02

lons, lats = st.floats(74, 134), st.floats(18, 53)
METRES = 111_320


@given(lons, lats)
def test_the_shifts_are_turned_back_everywhere(lon, lat):
    there = np.array([[lon, lat]])
    assert np.abs(from_gcj02(gcj02(there)) - there).max() * METRES < 0.01
    assert np.abs(from_bd09(bd09(there)) - there).max() * METRES < 0.5


def test_baidu_lies_beyond_amap_by_the_step_that_its_name_is_known_for():
    # About 0.0065 and 0.006 degrees; the polar part moves it by some metres.
    places = np.array([[116.4, 39.9], [87.6, 43.8]])
    step = bd09(places) - gcj02(places)
    assert step == pytest.approx(np.array([[0.0065, 0.006]] * 2), abs=1e-3)


@pytest.fixture(scope="module")
def kashi():
    """Give a county of the far west, where the shift is smallest."""
    return find_area("喀什市").geometry


@pytest.mark.parametrize(("move", "name"), [(gcj02, "gcj02"), (bd09, "bd09")])
def test_the_shift_of_the_far_west_is_found_both_ways(kashi, move, name):
    moved = shapely.transform(kashi, move)
    found = find_shift([moved], [kashi])
    assert (found.datum, found.of, found.confidence) == (name, "layer", "high")
    if name == "gcj02":
        assert 80 < found.metres < 260
    assert find_shift([kashi], [moved]).of == "reference"


def test_other_moves_are_not_called_a_web_map(kashi):
    """A survey that is off by as much in another direction is another trouble."""
    degrees = 300 / METRES
    for dx, dy in [(degrees, 0), (-degrees, 0), (0, degrees), (degrees, -degrees)]:
        moved = shapely.transform(kashi, lambda c, d=(dx, dy): c + d)
        assert find_shift([moved], [kashi]) is None


def test_a_lattice_that_any_move_of_that_length_would_fit_proves_nothing():
    """Fields in a raster of twice the shift lie as well after the shift as after its reverse."""
    middle = np.array([[119.45, 32.2]])
    dx, dy = np.abs(gcj02(middle) - middle)[0]
    x, y = middle[0]
    cells = [
        shapely.box(x + 2 * dx * i, y + 2 * dy * k, x + 2 * dx * (i + 1), y + 2 * dy * (k + 1))
        for i in range(-3, 3) for k in range(-3, 3)
    ]  # fmt: skip
    inner = shapely.box(x - 2 * dx, y - 2 * dy, x + 2 * dx, y + 2 * dy)
    assert find_shift([shapely.transform(inner, gcj02)], cells) is None


def few(rng):
    """Give townships that are a few rectangles, and red lines that share no line with them."""
    west, south = 119.5 + rng.uniform(-20, 10), 32 + rng.uniform(-8, 8)
    ends = np.sort(rng.uniform(0, 0.06, rng.integers(2, 5)))
    towns = [shapely.box(west + a, south, west + b, south + 0.03)
             for a, b in zip([0, *ends], [*ends, 0.06], strict=True)]  # fmt: skip
    red = []
    for _ in range(int(rng.integers(1, 6))):
        x, y = rng.uniform((west, south), (west + 0.05, south + 0.025))
        wide, high = rng.uniform(0.001, 0.015, 2)
        red.append(shapely.box(x, y, x + wide, y + high))
    return red, towns


@pytest.mark.slow
def test_a_few_rectangles_lie_as_well_anywhere_and_are_no_shift():
    found = {s: find_shift(*few(np.random.default_rng([7, s]))) for s in range(120)}
    assert {s: f for s, f in found.items() if f is not None} == {}


@pytest.mark.parametrize("move", [gcj02, bd09])
def test_the_same_rectangles_are_named_where_their_lines_are_those_of_the_townships(move):
    """Copies of one drawing need not be many; what they are asked for does not blind."""
    for seed in range(3):
        _, towns = few(np.random.default_rng([7, seed]))
        found = find_shift([shapely.transform(t, move) for t in towns], towns)
        assert (found.datum, found.of, found.confidence) == (move.__name__, "layer", "high")


@pytest.mark.parametrize("move", [gcj02, bd09])
def test_two_areas_traced_from_the_townships_are_enough(move):
    """Lines that meet to within a metre in two directions are no chance, however few."""
    west, south = 119.4, 32.1
    towns = [shapely.box(west + 0.02 * i, south, west + 0.02 * (i + 1), south + 0.04)
             for i in range(3)]  # fmt: skip
    red = [shapely.box(west, south + 0.03, west + 0.01, south + 0.04),
           shapely.box(west + 0.025, south + 0.032, west + 0.04, south + 0.04)]  # fmt: skip
    assert find_shift(red, towns) is None
    moved = [shapely.transform(r, move) for r in red]
    found = find_shift(moved, towns)
    assert (found.datum, found.of) == (move.__name__, "layer")
    # The same a few metres off is drawn by somebody else, and might be chance.
    off = [shapely.transform(r, lambda c: c + 4e-5) for r in moved]
    assert find_shift(off, towns) is None


def test_many_fields_along_one_road_count_as_that_road():
    """Thirty fields end where they would lie on one long line, and on nothing else."""
    dx, dy = (gcj02(np.array([[119.45, 32.2]])) - [[119.45, 32.2]])[0]
    road = shapely.box(119.3, 32.2, 119.6, 32.35)
    rng = np.random.default_rng(5)
    fields = []
    for x in np.linspace(119.32, 119.58, 30):
        deep = rng.uniform(0.004, 0.012)
        fields.append(shapely.box(x + dx, 32.2 + dy - deep, x + dx + 0.006, 32.2 + dy))
    assert find_shift(fields, [road]) is None


def outline(rng, count=900, radius=9000.0):
    """Give the ring of a rough outline around the origin, in metres."""
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    waves = sum(rng.normal() / k * np.cos(k * angle + rng.uniform(0, 6.28)) for k in range(2, 120))
    return (radius * (1 + 0.25 * waves))[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])


def drawn_again(ring, rng, off, same, run=15):
    """Draw an outline again, off by some hundred metres but for a part of its runs."""
    runs, at = len(ring) // run, np.arange(len(ring))
    away = np.where(rng.random(runs) < same, 0, 1)[:, None] * rng.normal(0, off, (runs, 2))
    middle = (np.arange(runs) + 0.5) * run
    return ring + np.column_stack(
        [np.interp(at, middle, away[:, d], period=len(ring)) for d in (0, 1)]
    )


def on_earth(ring, lon=100.6, lat=36.0):
    """Bring a ring to degrees, in the far west, where GCJ-02 moves by 150 m."""
    scale = METRES * np.array([np.cos(np.radians(lat)), 1.0])
    return shapely.make_valid(shapely.Polygon(ring / scale + (lon, lat)))


@pytest.mark.slow
def test_a_shift_that_brings_little_is_found_where_it_does_so_all_along():
    """Two outlines differ by twice the shift along five sixths of their lines."""
    rng = np.random.default_rng(0)
    ring = outline(rng)
    layer, known = on_earth(ring), on_earth(drawn_again(ring, rng, 300, 0.15))
    assert find_shift([layer], [known]) is None
    found = find_shift([shapely.transform(layer, gcj02)], [known])
    assert (found.datum, found.of, found.confidence) == ("gcj02", "layer", "low")
    assert found.after - found.before < 0.05 and found.metres < 180
    # As far in other directions is no web map; nor is another outline, however long.
    dx, dy = (gcj02(np.array([[100.6, 36.0]])) - [[100.6, 36.0]])[0]
    for move in ((-dx, -dy), (-dy, dx), (dx + dy, dy - dx)):
        assert find_shift([shapely.transform(layer, lambda c, m=move: c + m)], [known]) is None
    for seed in (1, 2):
        other = on_earth(outline(np.random.default_rng(seed)))
        assert find_shift([shapely.transform(layer, gcj02)], [other]) is None


def layers(**moves):
    """Give a city, its counties and two areas in them, each moved as it is asked for."""
    city = find_area("镇江市")
    towns = counties(city)
    parts = towns.geometry.to_numpy()[[0, 3]]
    red = [shapely.intersection(p, p.representative_point().buffer(0.08)) for p in parts]
    shapes = {"boundary": [city.geometry], "townships": list(towns.geometry), "redlines": red}
    out = {}
    for role, given_ in shapes.items():
        move = moves.get(role, lambda c: c)
        moved = [shapely.transform(s, move) for s in given_]
        out[role] = (gpd.GeoSeries(moved, crs="EPSG:4490"), f"{role}.shp")
    return out


@pytest.mark.parametrize("move", [gcj02, bd09])
@pytest.mark.parametrize("role", ["boundary", "townships", "redlines"])
def test_the_layer_that_is_shifted_is_named_and_no_other(role, move):
    found = inspect_datums(layers(**{role: move}))
    assert [(f.where, f.code) for f in found.findings] == [(f"{role}.shp", move.__name__)]
    assert found.findings[0].level == "error" and found.shifted == {role}


def test_a_sound_delivery_is_left_alone():
    assert inspect_datums(layers()).findings == []


def test_a_whole_delivery_from_a_web_map_needs_the_installed_outlines():
    given_ = layers(boundary=gcj02, townships=gcj02, redlines=gcj02)
    assert inspect_datums(given_).findings == []
    known = gpd.GeoSeries(list(counties(find_area("镇江市")).geometry), crs="EPSG:4326")
    found = inspect_datums({"outlines": (known, "installed"), **given_})
    assert {"boundary", "townships"} <= found.shifted


def test_what_the_planner_has_stated_is_not_doubted():
    assert inspect_datums(layers(boundary=gcj02), {"boundary"}).findings == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["whole city", "red lines"])
def test_two_sets_that_hardly_meet_are_no_shift(kind, monkeypatch):
    """Of 昆玉 two sets of outlines share a seventh of their lines: some agree with any shift."""
    import sys
    from pathlib import Path

    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent / "scripts"))
    import measure_datum

    sys.modules.pop("measure_datum")
    found = measure_datum.trials(find_area("昆玉市"), 20.0, 7, "another set")
    outcome = {key[2]: (result, shift) for key, result, shift in found if key[0] == kind}
    assert outcome["as it is"] == ("right", None), outcome
    if kind == "whole city":  # the evidence that is asked for does not blind
        assert outcome["BD-09"][0] == outcome["GCJ-02"][0] == "right", outcome
