"""Travel times against networkx and by hand; slope and relief against planes and whole rasters."""

from __future__ import annotations

import itertools

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box

from zoning.errors import InputError
from zoning.indicators.access import (
    RoadGraph,
    distance_to,
    minutes_from_points,
    minutes_to_centres,
    road_graph,
    travel_minutes,
)
from zoning.indicators.terrain import relief, slope, terrain

CRS = "EPSG:4549"


def lines(*parts: list[tuple[float, float]], **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=[LineString(x) for x in parts], crs=CRS)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 25), st.integers(1, 60), st.integers(1, 3))
def test_times_are_those_of_networkx(seed: int, n: int, m: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    graph = RoadGraph(
        rng.uniform(0, 1e4, (n, 2)), rng.integers(0, n, m), rng.integers(0, n, m),
        rng.uniform(0.1, 9, m), rng.uniform(1, 9, m), rng.random(m) < 0.3,
    )  # fmt: skip
    sources = rng.integers(0, n, k)
    mine = travel_minutes(graph, sources)
    other = nx.multi_source_dijkstra_path_length(
        graph.to_networkx().reverse(), set(sources.tolist()), weight="minutes"
    )
    for node in range(n):
        assert mine[node] == pytest.approx(other.get(node, np.inf))


def test_lines_join_at_shared_vertices_only() -> None:
    # a along y = 0 with a vertex at x = 500; b starts there; c crosses at (700, 0) with no vertex.
    roads = lines(
        [(0, 0), (500, 0), (1000, 0)], [(500, 0.1), (500, 600)], [(700, -300), (700, 300)],
        speed_kmh=[60, 30, 60],
    )  # fmt: skip
    g = road_graph(roads)
    assert len(g.xy) == 6
    assert nx.number_weakly_connected_components(g.to_networkx()) == 2
    at = {tuple(np.round(p)): i for i, p in enumerate(g.xy)}
    times = travel_minutes(g, [at[(0, 0)]])
    assert times[at[(1000, 0)]] == pytest.approx(1.0)
    assert times[at[(500, 600)]] == pytest.approx(0.5 + 1.2, abs=1e-3)
    assert np.isinf(times[at[(700, 300)]])


def test_oneway_points_to_the_centre() -> None:
    roads = lines([(0, 0), (1000, 0)], speed_kmh=[60], oneway=[True])
    g = road_graph(roads)
    places = gpd.GeoDataFrame(index=["a", "b"], geometry=[Point(0, 0), Point(1000, 0)], crs=CRS)
    to_east = gpd.GeoDataFrame(geometry=[Point(1000, 0)], crs=CRS)
    to_west = gpd.GeoDataFrame(geometry=[Point(0, 0)], crs=CRS)
    assert minutes_to_centres(places, to_east, g).tolist() == pytest.approx([1.0, 0.0])
    west = minutes_to_centres(places, to_west, g)
    # Against the traffic nothing drives; 1 km is walked, 10 km are not.
    assert west["a"] == pytest.approx(0.0) and west["b"] == pytest.approx(4.0)
    far = road_graph(lines([(0, 0), (10_000, 0)], speed_kmh=[60], oneway=[True]))
    b = gpd.GeoDataFrame(index=["b"], geometry=[Point(10_000, 0)], crs=CRS)
    assert minutes_to_centres(b, to_west, far).isna()["b"]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 10), st.integers(2, 12))
def test_walks_meet_the_road_where_it_is_best(seed: int, n: int, m: int) -> None:
    """Against networkx on roads cut into many pieces, each of which can be walked to."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 900, (n, 2))
    start, end = rng.integers(0, n, m), rng.integers(0, n, m)
    start, end = start[start != end], end[start != end]
    metres = np.hypot(*(xy[end] - xy[start]).T)
    graph = RoadGraph(xy, start, end, metres / rng.uniform(300, 1500, metres.size), metres,
                      rng.random(metres.size) < 0.3)  # fmt: skip
    slow, cuts = 15_000 / 60, 80
    places, centres = rng.uniform(0, 900, (4, 2)), rng.uniform(0, 900, (2, 2))
    net: nx.DiGraph = nx.DiGraph()
    spots = {}
    for e, (a, b) in enumerate(zip(start, end, strict=True)):
        stops = [int(a), *((e, k) for k in range(1, cuts)), int(b)]
        for k, stop in enumerate(stops):
            spots[stop] = xy[a] + (xy[b] - xy[a]) * k / cuts
        for u, v in itertools.pairwise(stops):
            for x, y in ((u, v),) if graph.oneway[e] else ((u, v), (v, u)):
                cost = float(graph.minutes[e]) / cuts
                if cost < net.get_edge_data(x, y, {"weight": np.inf})["weight"]:
                    net.add_edge(x, y, weight=cost)
    walk = {s: np.hypot(*(centres - p).T).min() / slow for s, p in spots.items()}
    for stop, cost in walk.items():
        net.add_edge(stop, "centre", weight=float(cost))
    net.add_node("centre")
    onward = nx.single_source_dijkstra_path_length(net.reverse(), "centre", weight="weight")
    got = minutes_from_points(places, centres, graph)
    for i, p in enumerate(places):
        best = np.hypot(*(centres - p).T).min() / slow
        for stop, at in spots.items():
            best = min(best, float(np.hypot(*(at - p))) / slow + onward[stop])
        assert got[i] <= best + 1e-9 and got[i] == pytest.approx(best, abs=0.02)


def test_travel_to_the_road_and_not_to_its_vertex() -> None:
    centre = np.zeros((1, 2))
    long = road_graph(lines([(0, 0), (20_000, 0)], speed_kmh=[60]))
    got = minutes_from_points(np.array([[10_000.0, 100.0]]), centre, long)
    assert got == pytest.approx(10 + 100 * (1 / 250**2 - 1 / 1000**2) ** 0.5)
    # Vertices on the road change nothing.
    parts = [(float(x), 0.0) for x in range(0, 20_001, 500)]
    fine = road_graph(lines(parts, speed_kmh=[60]))
    points = np.random.default_rng(1).uniform((0, -3000), (20_000, 3000), (40, 2))
    assert minutes_from_points(points, centre, fine) == pytest.approx(
        minutes_from_points(points, centre, long), abs=1e-6
    )
    # 500 m from the centre with the road 4 km away: it is walked.
    away = road_graph(lines([(0, 4000), (9000, 4000)], speed_kmh=[60]))
    assert minutes_from_points(np.array([[500.0, 0.0]]), centre, away) == pytest.approx(2.0)
    # A stub that leads nowhere, nearer than the road that does.
    stub = road_graph(lines([(0, 0), (20_000, 0)], [(10_000, 900), (10_400, 900)],
                            speed_kmh=[60, 60]))  # fmt: skip
    assert minutes_from_points(np.array([[10_000.0, 800.0]]), centre, stub) == pytest.approx(
        10 + 800 * (1 / 250**2 - 1 / 1000**2) ** 0.5
    )


def test_classes_speeds_and_walks() -> None:
    roads = lines([(0, 0), (60_000, 0)], **{"class": ["national"]})
    places = gpd.GeoDataFrame(index=["p"], geometry=[box(59_000, 500, 61_000, 1500)], crs=CRS)
    centre = gpd.GeoDataFrame(geometry=[Point(0, 250)], crs=CRS)
    # 60 km at 60 km/h, and 1 km and 250 m beside it at 15: the walks slant along the road.
    expected = 60.0 + (1000 + 250) * (1 / 250**2 - 1 / 1000**2) ** 0.5
    assert minutes_to_centres(places, centre, road_graph(roads))["p"] == pytest.approx(expected)


@pytest.mark.parametrize(
    "roads",
    [
        gpd.GeoDataFrame({"speed_kmh": [50.0]}, geometry=[Point(0, 0)], crs=CRS),
        gpd.GeoDataFrame({"speed_kmh": []}, geometry=[], crs=CRS),
        gpd.GeoDataFrame({"speed_kmh": [50.0]}, geometry=[LineString([(0, 0), (1, 1)])], crs=4490),
        lines([(0, 0), (1, 1)]),
        lines([(0, 0), (1, 1)], speed_kmh=[0]),
        lines([(0, 0), (1, 1)], speed_kmh=["fast"]),
        lines([(0, 0), (1, 1)], **{"class": ["towpath"]}),
    ],
)
def test_bad_roads_are_refused(roads: gpd.GeoDataFrame) -> None:
    with pytest.raises(InputError):
        road_graph(roads)


def test_no_centre_is_an_error_and_no_target_is_missing() -> None:
    g = road_graph(lines([(0, 0), (1, 1)], speed_kmh=[30]))
    places = gpd.GeoDataFrame(index=["p"], geometry=[Point(0, 0)], crs=CRS)
    empty = gpd.GeoDataFrame(geometry=[], crs=CRS)
    with pytest.raises(InputError):
        minutes_to_centres(places, empty, g)
    assert distance_to(places, empty).isna().all()


@settings(max_examples=20, deadline=None)
@given(st.floats(-2, 2), st.floats(-2, 2))
def test_slope_of_a_plane(a: float, b: float) -> None:
    y, x = np.mgrid[0:6, 0:7]
    out = slope(a * x * 30.0 + b * y * 20.0, 30.0, 20.0)
    assert out[1:-1, 1:-1] == pytest.approx(np.degrees(np.arctan(np.hypot(a, b))))
    assert np.isnan(out[0]).all() and np.isnan(out[:, -1]).all()


def test_missing_height_is_missing_slope() -> None:
    z = np.zeros((5, 5))
    z[2, 2] = np.nan
    assert np.isnan(slope(z, 1, 1)[1:4, 1:4]).all()


def test_relief_against_a_slow_window() -> None:
    z = np.random.default_rng(0).normal(size=(9, 8))
    z[3, 3] = np.nan
    out = relief(z, 3)
    for i in range(9):
        for j in range(8):
            part = z[max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2]
            expected = np.nan if np.isnan(z[i, j]) else np.nanmax(part) - np.nanmin(part)
            assert out[i, j] == pytest.approx(expected, nan_ok=True)


def test_terrain_in_blocks_is_terrain_at_once(tmp_path, monkeypatch) -> None:
    import rasterio
    from rasterio.transform import from_origin

    rng = np.random.default_rng(1)
    z = rng.normal(100, 20, (57, 40)).astype("float32")
    z[10:14, 5:9] = -9999
    path = tmp_path / "高程 数据.tif"
    meta = {"driver": "GTiff", "width": 40, "height": 57, "count": 1, "dtype": "float32",
            "crs": CRS, "transform": from_origin(0, 5700, 100, 100), "nodata": -9999}  # fmt: skip
    with rasterio.open(path, "w", **meta) as f:
        f.write(z, 1)
    places = gpd.GeoDataFrame(
        index=["a", "b", "far"],
        geometry=[box(200, 200, 2500, 3900), box(2600, 2000, 4000, 5700), box(9e4, 0, 9.1e4, 1e3)],
        crs=CRS,
    )
    whole = terrain(path, places)
    monkeypatch.setattr("zoning.indicators.terrain._ROWS", 7)
    blocks = terrain(path, places)
    assert blocks.to_numpy(dtype=float, na_value=-1) == pytest.approx(
        whole.to_numpy(dtype=float, na_value=-1)
    )
    assert whole.loc["far"].isna().all()
    height = np.where(z == -9999, np.nan, z)
    steep = slope(height.astype(float), 100, 100)
    y, x = 5700 - (np.arange(57) + 0.5) * 100, (np.arange(40) + 0.5) * 100
    inside = ((y > 200) & (y < 3900))[:, None] & ((x > 200) & (x < 2500))[None, :]
    assert whole.loc["a", "slope_deg"] == pytest.approx(np.nanmean(steep[inside]))
    assert whole.loc["a", "elevation_m"] == pytest.approx(np.nanmean(height[inside]), rel=1e-6)
    with pytest.raises(InputError):
        terrain(tmp_path / "none.tif", places)


def test_slope_against_gdaldem(tmp_path) -> None:
    """The judge is GDAL's own slope by Horn; the rim is unknown to both."""
    import shutil
    import subprocess

    import rasterio
    from rasterio.transform import from_origin

    tool = shutil.which("gdaldem")
    if tool is None:
        pytest.skip("gdaldem is not installed")
    rng = np.random.default_rng(8)
    z = np.cumsum(np.cumsum(rng.normal(size=(50, 70)), axis=0), axis=1).astype("float32")
    meta = {"driver": "GTiff", "height": 50, "width": 70, "count": 1, "dtype": "float32",
            "crs": "EPSG:4549", "transform": from_origin(5e5, 3.5e6, 30, 30)}  # fmt: skip
    with rasterio.open(tmp_path / "z.tif", "w", **meta) as file:
        file.write(z, 1)
    subprocess.run([tool, "slope", "-q", str(tmp_path / "z.tif"), str(tmp_path / "s.tif")],
                   check=True)  # fmt: skip
    with rasterio.open(tmp_path / "s.tif") as file:
        judge = np.ma.filled(file.read(1, masked=True).astype(float), np.nan)
    mine = slope(z.astype(np.float64), 30, 30)
    assert (np.isnan(mine) == np.isnan(judge)).all() and np.nanmax(judge) > 5
    assert np.nanmax(np.abs(mine - judge)) < 1e-4
