"""Double evaluation: every cell of every table, corrections in order, blocks, patches, formulas.

The source tables are typed out here again, apart from the data files.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning import evaluation as ev
from zoning.base import strict
from zoning.base.shipped import data_path, load_toml
from zoning.base.strict import EVIDENCE, Document
from zoning.errors import InputError
from zoning.evaluation import carrying, hazards, patches, processes, terrain
from zoning.evaluation import ecological as eco
from zoning.evaluation.layers import DERIVED, Stack, read_layers, sort_roles
from zoning.evaluation.loading import build
from zoning.evaluation.presets import PURPOSES
from zoning.evaluation.suited import measure
from zoning.evaluation.tables import BEST, NODATA, WORST, Bands
from zoning.indicators.terrain import relief_window

A, B = ev.load_preset("A"), ev.load_preset("B")
N = NODATA


def f(*x: float) -> np.ndarray:
    return np.array(x, dtype=np.float64)


def u(*x: int) -> np.ndarray:
    return np.array(x, dtype=np.uint8)


# --- tables: value:class, inside every band and on every edge ---

TABLES = {
    # <=2, 2-6, 6-15, 15-25, >25
    "agriculture_slope": "0:1 2:1 2.01:2 6:2 6.01:3 15:3 15.01:4 25:4 25.01:5",
    # <0.6 none, 0.6-0.8 +1, >=0.8 worst
    "silt": "0.59:1 0.6:2 0.79:2 0.8:3 0.9:3",
    # >=1200, 800-1200, 400-800, 200-400, <200
    "precipitation": "1300:1 1200:1 1199:2 800:2 799:3 400:3 399:4 200:4 199:5",
    # <=0.5, 0.5-1, 1-3, 3-7, >7
    "aridity": "0.4:1 0.5:1 0.51:2 1:2 1.01:3 3:3 3.01:4 7:4 7.01:5",
    # >=25, 13-25, 8-13, 3-8, <3
    "water_modulus_agriculture": "26:1 25:1 24:2 13:2 12:3 8:3 7:4 3:4 2.9:5",
    # >=7600, 5800-7600, 4000-5800, 1500-4000, <1500
    "accumulated_temperature": "8000:1 7600:1 7599:2 5800:2 5799:3 4000:3 3999:4 1500:4 1499:5",
    "soil_pollution": "1:1 3:3 5:5",
    "salinisation": "1:1 2:2 3:3 4:4 5:5",
    # cuts 1.8/2.6/3.4/4.2
    "meteorological_hazard": "1:1 1.8:1 1.81:2 2.6:2 2.61:3 3.4:3 3.41:4 4.2:4 4.21:5",
    # <=3, 3-8, 8-15, 15-25, >25
    "town_slope": "0:1 3:1 3.01:2 8:2 8.01:3 15:3 15.01:4 25:4 25.01:5",
    # <3500, 3500-5000, >5000
    "altitude": "0:1 3499:1 3500:2 5000:2 5001:3",
    # <100, 100-200, >200
    "relief": "0:1 99:1 100:2 200:2 201:3",
    "water_modulus_city": "26:1 25:1 24:2 13:2 12:3 8:3 7:4 3:4 2.9:5",
    # >=50, 20-50, 10-20, 5-10, <5
    "water_modulus_province": "51:1 50:1 49:2 20:2 19:3 10:3 9:4 5:4 4.9:5",
    # <=20, 20-40, 40-60, 60-90, >90
    "location_city": "0:1 20:1 21:2 40:2 41:3 60:3 61:4 90:4 91:5",
    # <=60, 60-120, 120-210, 210-300, >300
    "location_province": "0:1 60:1 61:2 120:2 121:3 210:3 211:4 300:4 301:5",
    # <=5, 5-10, 10-20, 20-30, >30
    "calm_days": "0:1 5:1 6:2 10:2 11:3 20:3 21:4 30:4 31:5",
    # >5, 3-5, 2-3, 1-2, <1
    "wind_speed": "5.1:1 5:2 3:2 2.9:3 2:3 1.9:4 1:4 0.9:5",
    # >=5000, 3000-5000, 200-3000, 20-200, <20
    "water_environment": "6000:1 5000:1 4999:2 3000:2 2999:3 200:3 199:4 20:4 19:5",
    # <100, 100-200, 200-800, 800-1600, >1600
    "subsidence": "99:1 100:2 199:2 200:3 799:3 800:4 1600:4 1601:5",
    # <5, 5-10, 10-30, 30-50, >50
    "subsidence_rate": "4.9:1 5:2 9.9:2 10:3 29:3 30:4 50:4 51:5",
    "geological_hazard": "1:1 2:2 3:3 4:4 5:5",
    "fault": "1:1 2:2 3:3 4:4 5:5",
    "earthquake": "1:1 2:2 3:3 4:4 5:5",
    "landslide": "1:1 2:2 3:3 4:4 5:5",
    "collapse": "1:1 2:2 3:3 4:4 5:5",
    "storm_surge": "1:1 2:2 3:3 4:4 5:5",
    # 13 scores of 1..7: only the lowest counts
    "climate_comfort": "1:5 2:1 3:1 4:1 5:1 6:1 7:1",
}
CASES = [(n, float(p.split(":")[0]), int(p.split(":")[1])) for n, t in TABLES.items() for p in t.split()]  # fmt: skip  # noqa: E501


@pytest.mark.parametrize(("name", "value", "expected"), CASES)
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_every_band_of_every_table(name: str, value: float, expected: int, kind: type) -> None:
    got = ev.classify(np.array([value, np.nan], dtype=kind), B.tables[name])
    assert got.tolist() == [expected, N] and got.dtype == np.uint8


def test_no_table_is_forgotten() -> None:
    assert set(TABLES) == set(B.tables)
    assert not A.tables  # preset A screens


def test_classes_that_are_none() -> None:
    with pytest.raises(InputError, match="7"):
        ev.classify(f(1, 7), B.tables["geological_hazard"])
    with pytest.raises(InputError, match="4"):
        ev.classify(f(1, 4), B.tables["soil_pollution"])
    with pytest.raises(InputError):
        ev.classify(f(1, 2.5), B.tables["salinisation"])


# --- matrices, typed from the source ---

MATRICES = {
    "agriculture_base": ["11125", "11235", "22345", "34455", "55555"],
    "agriculture_light_heat": ["11125", "12235", "22345", "34455", "55555"],
    "town_base": ["11123", "11223", "22334", "34455", "55555"],
}


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("row", range(1, 6))
@pytest.mark.parametrize("column", range(1, 6))
def test_every_cell_of_every_matrix(name: str, row: int, column: int) -> None:
    expected = int(MATRICES[name][row - 1][column - 1])
    assert ev.combine(B.matrices[name], u(row), u(column)).tolist() == [expected]
    # The same through the whole evaluation: slope and water chosen to give that row and column.
    if name == "town_base":
        layers = {"slope": f([1, 5, 10, 20, 30][row - 1]),
                  "water_modulus": f([30, 20, 10, 5, 1][column - 1])}  # fmt: skip
        assert ev.suitability(B, "town", layers).tolist() == [expected]
    if name == "agriculture_base":
        layers = {"slope": f([1, 5, 10, 20, 30][row - 1]),
                  "precipitation": f([1300, 900, 500, 300, 100][column - 1])}  # fmt: skip
        assert ev.suitability(B, "agriculture", layers).tolist() == [expected]


def test_unknown_in_a_matrix_is_unknown() -> None:
    assert set(B.matrices) == set(MATRICES)
    for cells in B.matrices.values():
        assert ev.combine(cells, u(N, 1, N), u(1, N, N)).tolist() == [N] * 3


# --- corrections ---

#: For every correction: class of the layer, class before, class after.
CORRECTIONS = {
    "silt": "1:3:3 2:3:4 3:1:5",
    "altitude": "1:3:3 2:3:4 3:1:5",
    "relief": "1:3:3 2:3:4 3:3:5 3:1:3 3:4:5",
    "soil_pollution": "1:2:2 3:2:3 3:5:5 5:1:5",
    "salinisation": "1:2:2 2:2:2 3:2:2 4:2:2 5:2:3 5:5:5",
    "meteorological_hazard": "1:2:2 2:2:2 3:2:2 4:2:2 5:2:3",
    "geology": "1:2:2 2:2:2 3:2:3 4:2:4 4:4:5 5:1:5",
    "storm_surge": "1:2:2 4:2:2 5:2:3 5:5:5",
    "environment": "1:2:2 2:2:3 3:2:4 3:4:5",
    "climate_comfort": "1:2:2 5:2:3",
    "location": "1:1:1 1:2:1 1:3:2 1:4:3 1:5:5 2:3:3 3:3:3 4:3:4 5:3:5 5:4:5 5:1:3",
}


@pytest.mark.parametrize("name", CORRECTIONS)
def test_every_correction(name: str) -> None:
    fix = B.corrections[name]
    for case in CORRECTIONS[name].split():
        by, before, after = map(int, case.split(":"))
        got = ev.correct(u(before, N, before), u(by, by, N), fix.change, fix.lift_only)
        assert got.tolist() == [after, N, N], case
    assert set(CORRECTIONS) == set(B.corrections)


def test_order_of_corrections() -> None:
    assert B.flows["town"].land_corrections == ("altitude", "relief")
    assert B.flows["town"].corrections == (
        "geology", "storm_surge", "environment", "climate_comfort", "location")  # fmt: skip
    assert B.flows["agriculture"].corrections == (
        "soil_pollution", "salinisation", "meteorological_hazard")  # fmt: skip


def town(**more: float) -> int:
    layers = {"slope": 1.0, "water_modulus": 30.0} | more
    return int(ev.suitability(B, "town", {k: f(v) for k, v in layers.items()})[0])


def farm(**more: float) -> int:
    layers = {"slope": 1.0, "precipitation": 1300.0, "accumulated_temperature": 8000.0} | more
    return int(ev.suitability(B, "agriculture", {k: f(v) for k, v in layers.items()})[0])


def test_clipping_after_each_correction() -> None:
    # slope 20 is land 4, water 30 is 1: base 3. Hazard +2 is 5; then nothing lifts a 5.
    assert town(slope=20) == 3
    assert town(slope=20, geological_hazard=4) == 5
    assert town(slope=20, geological_hazard=4, travel_time=10) == 5
    # 4 + 2 clips to 5, and not to 6 that the best location would bring back to 5 - it is not 2..4.
    # Best location last: 1 +1 (comfort) = 2, -1 = 1; were it first, 1 stays 1 and ends at 2.
    assert town(climate_comfort=1) == 2
    assert town(climate_comfort=1, travel_time=10) == 1
    # Environment +2 on 4 clips to 5, comfort keeps 5.
    assert town(slope=20, geological_hazard=3, calm_days=40, water_environment=1) == 5
    # Land is clipped before the matrix: land 4 + 2 = 5, base 5.
    assert town(slope=20, relief=201) == 5
    # Corrections of farming chain: 1 +1 +1 +1 = 4, none overwrites another.
    assert farm(soil_pollution=3, salinisation=5, meteorological_hazard=4.5) == 4
    assert farm(soil_pollution=3) == 2 and farm(salinisation=5) == 2


def test_air_and_water_count_once_or_twice() -> None:
    assert town(calm_days=40) == 2 and town(water_environment=1) == 2
    assert town(calm_days=40, water_environment=1) == 3
    assert town(calm_days=1, wind_speed=0.5) == 2  # the worse of both is the air
    assert town(calm_days=40, wind_speed=0.5) == 2  # and counts once
    assert town(calm_days=1, water_environment=1e4) == 1
    assert town(calm_days=30, water_environment=20) == 1  # class 4 is not 5
    assert town(calm_days=np.nan, water_environment=1e4) == N


def test_geology_is_the_worst() -> None:
    assert town(fault=1, earthquake=3, subsidence=50) == 2
    assert town(fault=1, earthquake=3, subsidence=900) == 3
    assert town(fault=1, subsidence_rate=51) == 5


def test_scale_chooses_the_table() -> None:
    wide = B.at_scale("province")
    layers = {"slope": f(1), "water_modulus": f(9), "travel_time": f(100)}
    assert measure(B, "town_water", layers).tolist() == [3]
    assert measure(wide, "town_water", layers).tolist() == [4]
    assert measure(B, "location", layers).tolist() == [5]
    assert measure(wide, "location", layers).tolist() == [2]
    with pytest.raises(InputError):
        B.at_scale("county")


def test_three_by_three_by_hand() -> None:
    """Nine cells worked by hand.

    Land: 1 1 2 / 2 3 3 / 4 4 5; water: 1 5 1 / 4 3 5 / 1 2 1.
    Base (town): 1 3 1 / 2 3 4 / 3 4 5. Geology 1 3 4 / 1 5 3 / 4 1 1: 1 4 3 / 2 5 5 / 5 4 5.
    Location 1 1 5 / 4 1 1 / 1 4 1: 1 3 5 / 3 5 5 / 5 5 5.
    """
    layers = {
        "slope": f(1, 3, 5, 8, 10, 15, 20, 25, 30).reshape(3, 3),
        "water_modulus": f(30, 1, 25, 3, 8, 2, 99, 13, 25).reshape(3, 3),
        "geological_hazard": f(1, 3, 4, 1, 5, 3, 4, 1, 1).reshape(3, 3),
        "travel_time": f(5, 20, 95, 70, 1, 2, 3, 90, 4).reshape(3, 3),
    }
    assert ev.suitability(B, "town", layers).tolist() == [[1, 3, 5], [3, 5, 5], [5, 5, 5]]


def test_absent_layers_are_passed_over() -> None:
    assert ev.suitability(B, "town", {"slope": f(10)}).tolist() == [3]  # land alone stands
    with pytest.raises(InputError, match="slope"):
        ev.suitability(B, "town", {"water_modulus": f(10)})
    with pytest.raises(InputError, match="aridity"):
        ev.suitability(B, "agriculture", {"slope": f(1), "aridity": f(1), "precipitation": f(1)})


TOWN_LAYERS = {
    "slope": (0, 30), "elevation": (0, 6000), "relief": (0, 300), "water_modulus": (0, 40),
    "subsidence": (0, 2000), "calm_days": (0, 40), "wind_speed": (0, 6),
    "water_environment": (0, 6000), "climate_comfort": (1, 7), "travel_time": (0, 120),
}  # fmt: skip


def clip(c: int) -> int:
    return min(max(c, 1), 5)


def above(x: float, *edges: float) -> int:
    """Class by rising edges; a value on an edge belongs below."""
    return 1 + sum(x > e for e in edges)


def base_by_hand(v: dict[str, float]) -> int:
    land = above(v["slope"], 3, 8, 15, 25)
    if v["elevation"] > 5000:
        land = 5
    elif v["elevation"] >= 3500:
        land = clip(land + 1)
    if v["relief"] >= 100:
        land = clip(land + (2 if v["relief"] > 200 else 1))
    water = 1 + sum(v["water_modulus"] < e for e in (25, 13, 8, 3))
    return int(MATRICES["town_base"][land - 1][water - 1])


def town_by_hand(v: dict[str, float]) -> int:
    """Town suitability of one cell, written down from the source in plain steps."""
    c = base_by_hand(v)
    if v["subsidence"] > 1600:
        c = 5
    elif v["subsidence"] >= 200:
        c = clip(c + (2 if v["subsidence"] >= 800 else 1))
    bad_air = v["calm_days"] > 30 or v["wind_speed"] < 1
    c = clip(c + int(bad_air) + int(v["water_environment"] < 20))
    if v["climate_comfort"] == 1:
        c = clip(c + 1)
    place = above(v["travel_time"], 20, 40, 60, 90)
    if place == 1:
        return c - 1 if c in (2, 3, 4) else c
    return clip(c + {4: 1, 5: 2}.get(place, 0))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_town_in_two_ways(seed: int) -> None:
    rng = np.random.default_rng(seed)
    # Low powers of a uniform draw keep some cells good, so that every correction shows.
    power = {"slope": 3, "elevation": 4, "relief": 3, "subsidence": 4, "calm_days": 2}
    layers = {
        k: np.round(a + (b - a) * rng.random(60) ** power.get(k, 1))
        for k, (a, b) in TOWN_LAYERS.items()
    }
    got = ev.suitability(B, "town", layers)
    for i in range(60):
        assert got[i] == town_by_hand({k: float(x[i]) for k, x in layers.items()})


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_worse_is_never_better_and_unknown_never_guessed(seed: int) -> None:
    rng = np.random.default_rng(seed)
    layers = {k: rng.uniform(a, b, 40).round() for k, (a, b) in TOWN_LAYERS.items()}
    first = ev.suitability(B, "town", layers)
    assert set(first.tolist()) <= {1, 2, 3, 4, 5}
    for name in ("slope", "elevation", "relief", "subsidence", "calm_days"):
        assert (ev.suitability(B, "town", layers | {name: layers[name] * 1.4}) >= first).all()
    for name in ("water_modulus", "wind_speed", "water_environment"):
        assert (ev.suitability(B, "town", layers | {name: layers[name] * 1.4}) <= first).all()
    for name in layers:
        gone = layers[name].copy()
        gone[3] = np.nan
        got = ev.suitability(B, "town", layers | {name: gone})
        assert got[3] == N and (np.delete(got, 3) == np.delete(first, 3)).all()


# --- preset A ---


def test_screens_of_the_guide() -> None:
    def one(purpose: str, **layers: float) -> int:
        return int(ev.suitability(A, purpose, {k: f(v) for k, v in layers.items()})[0])

    assert [one("town", slope=s) for s in (0, 25, 25.1)] == [1, 1, 5]
    assert [one("town", ecology=e) for e in (1, 3, 5)] == [1, 1, 5]
    assert [one("town", elevation=e) for e in (0, 5000, 5001)] == [1, 1, 5]
    assert [one("town", water_shortage=w) for w in (0, 1)] == [1, 5]
    assert [one("town", geological_hazard=h) for h in (1, 4, 5)] == [1, 1, 5]
    assert [one("town", marine_hazard=h) for h in (1, 4, 5)] == [1, 1, 5]
    assert [one("agriculture", slope=s) for s in (25, 25.1)] == [1, 5]
    assert [one("agriculture", ecology=e) for e in (1, 3, 5)] == [1, 1, 5]
    assert [one("agriculture", soil_pollution=s) for s in (1, 3, 5)] == [1, 1, 5]
    assert [one("agriculture", precipitation=p) for p in (199, 200)] == [5, 1]
    assert one("agriculture", precipitation=100, irrigated=1) == 1
    assert one("agriculture", precipitation=100, irrigated=0) == 5
    # Unknown stays unknown, unless what is known is enough.
    assert one("town", slope=np.nan) == N and one("town", slope=np.nan, ecology=5) == 5
    assert one("town", slope=1, ecology=np.nan) == N
    assert one("agriculture", precipitation=100, irrigated=np.nan) == N
    assert one("agriculture", precipitation=300, irrigated=np.nan) == 1
    assert one("agriculture", precipitation=np.nan, irrigated=1) == 1
    assert one("agriculture", precipitation=np.nan, irrigated=0) == N
    with pytest.raises(InputError):
        ev.suitability(A, "town", {})


def test_importance_of_the_guide() -> None:
    def one(**layers: float) -> int:
        cuts = {"water_retention": (80.0, 40.0)}
        return int(ev.importance(A, {k: f(v) for k, v in layers.items()}, cuts)[0])

    assert [one(water_retention=w) for w in (90, 80, 79, 40, 39)] == [5, 5, 3, 3, 1]
    soil = [(25, 0.8), (24.9, 0.8), (25, 0.79), (15, 0.6), (14.9, 0.9), (40, 0.59)]
    got = [one(slope=s, vegetation_cover=c, natural_vegetation=1) for s, c in soil]
    assert got == [5, 3, 3, 3, 1, 1]
    assert one(slope=40, vegetation_cover=0.9, natural_vegetation=0) == 1
    assert [one(biodiversity=b) for b in (1, 3, 5)] == [1, 3, 5]
    assert [one(erosion_intensity=e) for e in range(1, 7)] == [1, 1, 3, 3, 5, 5]
    assert [one(sand_desertification=e) for e in range(1, 7)] == [1, 1, 3, 3, 5, 5]
    assert [one(rocky_desertification=e) for e in range(1, 6)] == [1, 1, 3, 5, 5]
    # The highest counts; extreme is extreme whatever is unknown, less is not.
    assert one(biodiversity=3, erosion_intensity=5) == 5
    assert one(biodiversity=np.nan, erosion_intensity=5) == 5
    assert one(biodiversity=np.nan, erosion_intensity=3) == N
    with pytest.raises(InputError):
        ev.importance(A, {"water_retention": f(1)})
    with pytest.raises(InputError):
        ev.importance(A, {"slope": f(1)})


def test_importance_of_the_drafts() -> None:
    got = ev.importance(B, {"water_erosion_index": f(2.32, 2.33, 3.66, 3.67, np.nan)})
    assert got.tolist() == [1, 3, 3, 5, N]
    got = ev.importance(B, {"rocky_desertification_index": f(2.32, 2.33, 3.66, 3.67)})
    assert got.tolist() == [1, 3, 3, 5]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5), st.booleans(), st.sampled_from([1, 4, 65_536]))
def test_cumulative_cut_against_sorting(seed: int, parts: int, ties: bool, bins: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.gamma(0.3, 100, 300) - 5
    x = x.round() if ties else x
    x[0] = np.nan
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(eco, "_BINS", bins)
        patch.setattr(eco, "_HELD", 40 if bins > 1 else 999)
        cuts = [eco.cumulative_cut(lambda: np.array_split(x, parts), s) for s in (0.5, 0.8)]
    for cut, share in zip(cuts, (0.5, 0.8), strict=True):
        held = np.where(x > 0, x, 0)
        assert held[x >= cut].sum() >= share * held.sum() * (1 - 1e-9)
        assert held[x > cut].sum() < share * held.sum()


def test_cumulative_cut_zooms_into_crowded_bins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eco, "_HELD", 3)
    x = np.append(np.arange(1, 2001) / 1e6, 1e6)  # all but one in the lowest bin
    x[-1] = x[:-1].sum()
    # The largest holds one half; with 80 % the cut lies among the small ones.
    order = np.sort(x)[::-1]
    expected = order[np.searchsorted(np.cumsum(order), 0.8 * x.sum())]
    assert eco.cumulative_cut(lambda: [x], 0.8) == pytest.approx(expected, rel=1e-12)
    assert eco.cumulative_cut(lambda: [f(7, 7, 7, 7)], 0.5) == 7
    assert eco.cumulative_cut(lambda: [f(np.nan, -3, 0)], 0.5) == math.inf


# --- the data ---


def test_every_number_has_source_and_evidence() -> None:
    # Reading a preset refuses a table without; here for the tables that are read elsewhere too.
    for name in ("preset-a", "preset-b", "processes"):
        data = load_toml("evaluation", f"{name}.toml")
        for key, table in data.items():
            if isinstance(table, dict) and key != "sources" and not _nested(table):
                assert table["source"] in data["sources"] and table["evidence"] in EVIDENCE, key
    assert B.patches["town"].evidence["patches.town.area"] == "C"
    assert A.data["ecology"]["specks_below_m2"] == 0  # no number was found


def _nested(table: dict) -> bool:
    return "source" not in table and all(isinstance(v, (dict, list, str)) for v in table.values())


def test_every_role_is_explained() -> None:
    page = Path(__file__).parent.parent / "docs" / "evaluation.md"
    text = page.read_text(encoding="utf-8")
    roles = {r for p in (A, B) for purpose in PURPOSES for r in p.roles(purpose)}
    assert len(roles) > 30
    assert [r for r in sorted(roles | set(sum(DERIVED.values(), ()))) if f"`{r}`" not in text] == []


def test_a_broken_preset_is_refused_with_all_problems() -> None:
    import copy

    data = copy.deepcopy(dict(load_toml("evaluation", "preset-b.toml")))
    data["tables"]["town_slope"]["edges"] = [3, 8, 8, 25]
    data["tables"]["silt"]["classes"] = [1, 2]
    del data["tables"]["relief"]["evidence"]
    data["matrices"]["town_base"]["cells"][0] = [1, 1, 1, 2]
    data["town"]["corrections"][0] = "geolgy"
    data["tables"]["aridity"]["edgein"] = "lower"
    data["patchs"] = {}
    with pytest.raises(InputError) as caught:
        build(Document(data, "mine.toml"))
    text = caught.value.tell("en")
    assert len(caught.value.problems) >= 7
    for word in (
        "'edgein'",
        "did you mean 'edge_in'",
        "'patchs'",
        "town_slope",
        "silt",
        "relief",
        "town_base",
        "geolgy",
        "geology",
    ):
        assert word in text
    assert "mine.toml" in caught.value.tell("zh")


def test_own_preset_from_a_file(tmp_path: Path) -> None:
    text = data_path("evaluation", "preset-b.toml").read_text(encoding="utf-8")
    mine = tmp_path / "我的 预设.toml"
    mine.write_text(text.replace("edges = [3, 8, 15, 25]", "edges = [2, 8, 15, 25]"), "utf-8")
    layers = {"slope": f(2.5)}
    assert ev.suitability(ev.load_preset(mine), "town", layers).tolist() == [2]
    with pytest.raises(InputError):
        ev.load_preset(tmp_path / "none.toml")
    for bad in ("= 1", "tables = 3", "[tables.x]\nedges = ['a']"):
        (tmp_path / "bad.toml").write_text(bad, "utf-8")
        with pytest.raises(InputError):
            ev.load_preset(tmp_path / "bad.toml")
    (tmp_path / "little.toml").write_text("name = 'little'", "utf-8")
    with pytest.raises(InputError, match="town"):
        ev.suitability(ev.load_preset(tmp_path / "little.toml"), "town", layers)


# --- terrain ---


@pytest.mark.parametrize(("gx", "gy"), [(0.1, 0), (0, 0.3), (0.2, -0.4), (-1, 1)])
def test_slope_of_planes(gx: float, gy: float) -> None:
    y, x = np.mgrid[0:6, 0:7]
    z = gx * x * 30.0 + gy * y * 20.0
    expected = math.degrees(math.atan(math.hypot(gx, gy)))
    assert terrain.slope_deg(z, 30, 20) == pytest.approx(np.full((6, 7), expected))
    z[2, 3] = np.nan  # a hole in a plane changes nothing around it
    got = terrain.slope_deg(z, 30, 20)
    assert np.isnan(got[2, 3]) and np.isnan(got).sum() == 1
    assert np.nanmax(np.abs(got - expected)) < 1e-9


def test_slope_by_hand() -> None:
    z = np.array([[1, 2, 4], [2, 3, 7], [1, 5, 8]], dtype=float)
    # right: (4+2*7+8) - (1+2*2+1) = 20; down: (1+2*5+8) - (1+2*2+4) = 10; both over 8*10
    expected = math.degrees(math.atan(math.hypot(20 / 80, 10 / 80)))
    assert terrain.slope_deg(z, 10, 10)[1, 1] == pytest.approx(expected)
    assert np.isnan(terrain.slope_deg(np.full((1, 1), np.nan), 1, 1)).all()
    assert terrain.slope_deg(np.ones((1, 1)), 1, 1).tolist() == [[0]]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([3, 9, 12, 15]))
def test_relief_against_a_loop(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    z = rng.uniform(0, 100, (11, 13))
    z[rng.random(z.shape) < 0.2] = np.nan
    got = terrain.relief_m(z, k)
    for i in range(11):
        for j in range(13):
            a, b = max(i - k // 2, 0), max(j - k // 2, 0)
            part = z[a : i - k // 2 + k, b : j - k // 2 + k]
            expected = np.nan if np.isnan(z[i, j]) else np.nanmax(part) - np.nanmin(part)
            assert got[i, j] == pytest.approx(expected, nan_ok=True)


def test_relief_windows() -> None:
    assert [relief_window(m, B.relief_m2) for m in (30, 50)] == [15, 9]  # as the guide is quoted
    for cell in np.linspace(5, 100, 96):
        cells = relief_window(float(cell))
        assert cells % 2 == 1 and abs(cells * cell - 200_000**0.5) <= cell
    assert relief_window(1000) == 3


def test_relief_does_not_hang_on_the_cell() -> None:
    """The same terrain at 10, 20, 30, 50 m: nearly the same share is steep country."""
    from scipy.ndimage import gaussian_filter, zoom

    rng = np.random.default_rng(3)
    rough = sum(gaussian_filter(rng.normal(size=(600, 600)), s) * s * 60 for s in (8, 16, 32))
    shares = []
    for step in (1, 2, 3, 5):
        z = zoom(rough, 1 / step, order=1)
        relief = terrain.relief_m(z, relief_window(10.0 * step))
        shares.append(float((relief >= 100).mean()))
    assert 0.15 < shares[0] < 0.8 and max(shares) - min(shares) < 0.07, shares


# --- patches ---


def test_patches_touch_or_lie_near() -> None:
    mask = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]], dtype=bool)
    labels, n = patches.label_patches(mask)
    assert n == 2 and patches.patch_cells(labels, n).tolist() == [9, 2, 1]
    row = np.array([[1, 0, 0, 1, 0, 0, 0, 1]], dtype=bool)
    # Cells of 10 m with gaps of 20 and 30 m; half the distance counts in whole cells.
    for gap, expected in ((0, 3), (19, 3), (20, 2), (39, 2), (40, 1)):
        labels, n = patches.label_patches(row, (10, 10), gap)
        assert n == expected and ((labels > 0) == row).all()
    # Over rows of 20 m a distance of 20 m bridges nothing.
    assert patches.label_patches(row.T, (10, 20), 20)[1] == 3


def test_steps_by_area_and_shape() -> None:
    rule = B.patches["town"]
    area = replace(rule, rule="area")
    # Bands <0.25, 0.25-0.5, 0.5-1, 1-2, >=2 km² in cells of 0.05 km² (a strip each).
    side = math.sqrt(50_000.0)
    for cells, step in ((4, 2), (5, 1), (9, 1), (10, 0), (19, 0), (20, 0), (40, 0)):
        labels, n = patches.label_patches(np.ones((1, cells), dtype=bool))
        assert patches.patch_steps(area, labels, n, (side, side)).tolist() == [0, step]
    shape = replace(rule, rule="shape", shape=Bands((0.2, 0.4, 0.6, 0.8), ("upper",) * 4),
                    shape_change=(WORST, 1, 0, -1, BEST))  # fmt: skip
    bars = {1: -1, 2: 0, 4: 1, 8: WORST}  # Reock of a bar 1 x k: 4k / (pi (k² + 1))
    for k, step in bars.items():
        labels, n = patches.label_patches(np.ones((1, k), dtype=bool))
        assert patches.patch_steps(shape, labels, n, (10, 10)).tolist() == [0, step]
    assert shape.shape.of(f(0.19, 0.2, 0.39, 0.4, 0.59, 0.6, 0.79, 0.8)).tolist() == [
        0, 1, 1, 2, 2, 3, 3, 4]  # fmt: skip
    assert shape.shape_change == (WORST, 1, 0, -1, BEST)
    assert rule.shape.of(f(0.19, 0.2, 0.59, 0.6, 1)).tolist() == [0, 1, 1, 2, 2]
    assert rule.shape_change == (WORST, 1, 0)  # in towns the shape only lowers


def test_area_first_then_shape() -> None:
    rule = replace(B.patches["town"], rule="area-first", shape_below_km2=2.0)
    long = np.ones((1, 100), dtype=np.uint8)  # a bar, Reock 0.013
    # 0.4 km² and 1 km²: the shape counts; 4 km²: big enough.
    assert set(patches.concentrate(long, rule, (63.2, 63.2))[0]) == {5}
    assert set(patches.concentrate(long, rule, (100.0, 100.0))[0]) == {5}
    assert set(patches.concentrate(long, rule, (200.0, 200.0))[0]) == {1}
    same = patches.concentrate(long, replace(rule, rule="none"), (10.0, 10.0))
    assert (same == 1).all()
    # Unknown and unsuited cells stay as they are and make no patch.
    got = patches.concentrate(u(1, 5, N, 4).reshape(1, 4), B.patches["town"], (10.0, 10.0))
    assert got.tolist() == [[3, 5, N, 5]]


@pytest.mark.parametrize("name", ["town", "agriculture", "agriculture_hills"])
@pytest.mark.parametrize("wide", [1, 7])
def test_a_larger_patch_never_fares_worse(name: str, wide: int) -> None:
    """Strips and blocks that grow: the class of a patch may only better."""
    for first in (1, 2, 3, 4):
        seen = []
        for length in (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 90):
            part = np.full((wide, length), first, dtype=np.uint8)
            got = patches.concentrate(part, B.patches[name], (210.0, 210.0))
            seen.append(int(got[0, 0]))
        assert seen == sorted(seen, reverse=True), (first, seen)


#: 集中度 of the trial evaluation of Guangdong, as published: capacity high to low by concentration
#: high to low. S suited, G fairly suited, N not; E extremely important, I important, O the rest.
TRIAL = {"agriculture": ("SSSGN", "SSGGN", "GGGGN", "GGGGN", "NNNNN"),
         "ecology": ("EEEIO", "EEEIO", "IIIIO", "IIIOO", "OOOOO")}  # fmt: skip
EDGES = {"agriculture": (150, 400, 600, 900), "agriculture_hills": (80, 150, 250, 400)}


def test_published_tables_of_concentration_cell_by_cell() -> None:
    word = {1: "S", 2: "S", 3: "G", 4: "G", 5: "N"}
    for name in ("agriculture", "agriculture_hills"):
        for row, cells in enumerate(B.patches[name].cells):
            assert "".join(word[c] for c in reversed(cells)) == TRIAL["agriculture"][row]
        mu = [e * 1e6 / (10_000 / 15) for e in B.patches[name].area.edges]
        assert mu == pytest.approx(EDGES[name], rel=1e-5)
    word = {5: "E", 3: "I", 1: "O"}
    for row, cells in enumerate(reversed(B.patches["ecology"].cells)):
        assert "".join(word[c] for c in reversed(cells)) == TRIAL["ecology"][row]
    for name in ("town", "ecology"):
        assert B.patches[name].area.edges == (0.25, 0.5, 1.0, 2.0)


@pytest.mark.parametrize(
    "change",
    [
        'rule = "area-first"\nshape_below_km2 = 2',  # compact small patches would gain by the shape
        'rule = "area"',
    ],
)
def test_a_rule_that_is_not_monotone_is_refused(change: str) -> None:
    text = data_path("evaluation", "preset-b.toml").read_text(encoding="utf-8")
    head = text.index("[patches.town]")
    mine = text[head:].replace('rule = "area"', change, 1)
    steps = "[0, 1, 0, 0, 0]" if change == 'rule = "area"' else "[2, 1, 0, 0, 0]"
    mine = mine.replace("change = [2, 1, 0, 0, 0]", f"change = {steps}", 1)
    mine = mine.replace('change = ["worst", 1, 0]', 'change = ["worst", 1, "best"]', 1)
    with pytest.raises(InputError, match="larger patch"):
        build(strict.parse(text[:head] + mine, "mine.toml"))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_reock_of_cells_against_their_union(seed: int) -> None:
    import shapely

    rng = np.random.default_rng(seed)
    mask = rng.random((9, 8)) < 0.4
    labels, n = patches.label_patches(mask)
    cells = patches.patch_cells(labels, n)
    wanted = rng.random(n + 1) < 0.7
    wanted[0] = False
    got = patches.patch_reock(labels, cells, wanted, (3.0, 2.0))
    assert np.isnan(got[~wanted]).all()
    for k in np.flatnonzero(wanted):
        rows, columns = np.nonzero(labels == k)
        squares = shapely.box(columns * 3, rows * 2, columns * 3 + 3, rows * 2 + 2)
        assert got[k] == pytest.approx(patches.reock(shapely.union_all(squares)), rel=1e-9)


def test_patches_in_strips_and_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    classes = rng.choice(u(1, 3, 5, 5, N), (40, 37))
    rule = replace(B.patches["town"], rule="shape")
    expected = patches.concentrate(classes, rule, (30.0, 30.0))
    monkeypatch.setattr(patches, "_STRIP_CELLS", 40)
    monkeypatch.setattr(patches, "_BATCH_POINTS", 20)
    assert (patches.concentrate(classes, rule, (30.0, 30.0)) == expected).all()


# --- formulas ---


def test_erodibility_by_hand() -> None:
    # Sand 30, silt 45, clay 25, carbon 1.2 %, each factor worked out with a table of logarithms:
    # 0.2 + 0.3 * exp(-0.4224) = 0.396642; (45 / 70) ** 0.3 = 0.875859;
    # 1 - 0.3 / (1.2 + exp(0.18)) = 0.874855; 1 - 0.49 / (0.7 + exp(10.52)) = 0.999987.
    expected = 0.396642 * 0.875859 * 0.874855 * 0.999987
    soil = f(30), f(45), f(25), f(1.2)
    assert processes.epic_erodibility(*soil)[0] == pytest.approx(expected, rel=5e-6)
    k = (-0.01383 + 0.51575 * expected) * 0.1317
    assert processes.erodibility(*soil)[0] == pytest.approx(k, rel=5e-6)


COVER = {
    "forest": (0.10, 0.08, 0.06, 0.02, 0.004, 0.001),
    "shrub": (0.40, 0.22, 0.14, 0.085, 0.04, 0.011),
    "grass": (0.45, 0.24, 0.15, 0.09, 0.043, 0.011),
    "orchard": (0.42, 0.23, 0.14, 0.089, 0.042, 0.011),
}
RUNOFF = {
    "evergreen_broadleaf": 0.0267, "evergreen_needle": 0.0302, "mixed": 0.0229,
    "deciduous_broadleaf": 0.0133, "deciduous_needle": 0.0088, "sparse_forest_shrub": 0.1920,
    "evergreen_shrub": 0.0426, "deciduous_needle_shrub": 0.0417, "meadow": 0.0820,
    "steppe": 0.0478, "tussock": 0.0937, "sparse_grass": 0.1827,
}  # fmt: skip


def test_every_cover_factor_and_runoff_share() -> None:
    inside, edges = f(0.05, 0.2, 0.4, 0.6, 0.8, 0.95), f(0.1, 0.3, 0.5, 0.7, 0.9)
    for kind, values in COVER.items():
        assert processes.cover_factor(inside, kind).tolist() == list(values)
        assert processes.cover_factor(edges, kind).tolist() == list(values[1:])
    data = load_toml("evaluation", "processes.toml")
    assert set(data["cover_factor"]["values"]) == set(COVER)
    assert {k: processes.runoff_share(k) for k in data["runoff"]["share"]} == RUNOFF
    with pytest.raises(InputError, match="meadow"):
        processes.runoff_share("medow")
    with pytest.raises(InputError):
        processes.cover_factor(inside, "source")


def test_processes_by_hand() -> None:
    assert processes.water_retention(f(1000), f(700), f(0.1)).tolist() == [200]
    warm = processes.rainfall_erosivity(f(11.9, 12.0), warm=True)
    assert warm == pytest.approx(0.3937 * 12**1.7265)
    cold = processes.rainfall_erosivity(f(11.9, 12.0), warm=False, threshold_mm=5)
    assert cold == pytest.approx(0.3101 * (12**1.7265 + 11.9**1.7265))
    assert np.isnan(processes.rainfall_erosivity(f(np.nan, 50), warm=True))
    assert processes.soil_conservation(f(200), f(0.03), f(4), f(0.1))[0] == pytest.approx(21.6)
    assert processes.soil_loss(f(200), f(0.03), f(4), f(0.1))[0] == pytest.approx(2.4)
    assert processes.dry_farmland_factor(f(0.5))[0] == pytest.approx(0.221 + 0.595 * math.log10(2))
    with pytest.raises(InputError):
        processes.vegetation_cover(f(0.5), 0.7, 0.7)
    # Scores on and beside every edge.
    for name, values, scores in (
        ("erosivity", (99, 100, 600, 601), (1, 3, 3, 5)),
        ("relief", (49, 50, 300, 301), (1, 3, 3, 5)),
        ("bareness", (0.2, 0.21, 0.59, 0.6), (5, 3, 3, 1)),
        ("carbonate", (0.29, 0.3, 0.7, 0.71), (1, 3, 3, 5)),
        ("slope", (7, 8, 25, 26), (1, 3, 3, 5)),
    ):
        assert processes.sensitivity_score(f(*values), name).tolist() == list(scores)
    index = processes.sensitivity_index(f(5), f(5), f(3), f(1))
    assert index[0] == pytest.approx(75**0.25)  # 2.943: sensitive
    assert processes.sensitivity_class(index, Bands((2.33, 3.66), ("upper", "lower"))) == 3


def test_comfort() -> None:
    cuts = f(31.9, 32, 40, 45, 50, 56, 60, 65, 70, 75, 80, 85, 90)
    scores = [1, 2, 3, 4, 5, 6, 7, 6, 5, 4, 3, 2, 1]
    assert hazards.comfort_score(B, cuts).tolist() == scores
    assert hazards.thi_fahrenheit(f(90), f(1)).tolist() == [90]
    months = np.array([[1, 1], [1, 7], [5, 7]], dtype=np.uint8)
    assert hazards.yearly_comfort(months).tolist() == [1, 7]


SCREENING = {"Cd": (0.3, 0.4, 0.6, 0.8), "Hg": (0.5, 0.5, 0.6, 1.0), "As": (30, 30, 25, 20),
             "Pb": (80, 100, 140, 240), "Cr": (250, 250, 300, 350)}  # fmt: skip
CONTROL = {"Cd": (1.5, 2, 3, 4), "Hg": (2, 2.5, 4, 6), "As": (200, 150, 120, 100),
           "Pb": (400, 500, 700, 1000), "Cr": (800, 850, 1000, 1300)}  # fmt: skip


@pytest.mark.parametrize("metal", SCREENING)
def test_every_soil_limit(metal: str) -> None:
    for acids, band in (((4, 5.5), 0), ((5.6, 6.5), 1), ((6.6, 7.5), 2), ((7.6, 9), 3)):
        s, c = SCREENING[metal][band], CONTROL[metal][band]
        x = f(s * 0.999, s, c, c * 1.001)
        for ph in acids:
            got = hazards.soil_pollution(B, {metal: x}, np.full(4, float(ph)))
            assert got.tolist() == [1, 1, 3, 5]  # equal to the screening value: low risk
    assert hazards.soil_pollution(B, {metal: f(np.nan, 1)}, f(6, np.nan)).tolist() == [N, N]


OTHER = {"Cd": (0.3, 0.3, 0.3, 0.6), "Hg": (1.3, 1.8, 2.4, 3.4), "As": (40, 40, 30, 25),
         "Pb": (70, 90, 120, 170), "Cr": (150, 150, 200, 250), "Cu": (50, 50, 100, 100),
         "Ni": (60, 70, 100, 190), "Zn": (200, 200, 250, 300)}  # fmt: skip


@pytest.mark.parametrize("metal", OTHER)
def test_every_soil_limit_of_other_land(metal: str) -> None:
    for ph, band in ((5.5, 0), (6.5, 1), (7.5, 2), (9.0, 3)):
        s = OTHER[metal][band]
        x = f(s, s * 1.001, 1e6)
        top = 5 if metal in CONTROL else 3  # Cu, Ni, Zn have no control value
        got = hazards.soil_pollution(B, {metal: x}, np.full(3, ph), "other")
        assert got.tolist() == [1, 3, top]
    for land, limit in (("paddy", 50), ("orchard", 150), ("other", 50)):
        got = hazards.soil_pollution(B, {"Cu": f(limit, limit + 1)}, f(5, 5), land)
        assert got.tolist() == [1, 3]
    with pytest.raises(InputError, match="paddy, orchard or other"):
        hazards.soil_pollution(B, {"Cu": f(1)}, f(5), "lawn")


def test_soil_and_weather() -> None:
    assert hazards.soil_pollution(B, {"Cd": f(0.1), "Pb": f(9999)}, f(6)).tolist() == [5]
    for metals in ({"Au": f(1)}, {}):
        with pytest.raises(InputError):
            hazards.soil_pollution(B, metals, f(6))
    names = ("rain", "heat", "cold", "wind", "drought")
    weights = []
    for name in names:
        levels = {n: f(2.0 if n == name else 1.0) for n in names}
        weights.append(float(hazards.meteorological_hazard(B, levels)[0]) - 1)
    assert weights == pytest.approx([0.20, 0.10, 0.25, 0.15, 0.30])
    with pytest.raises(InputError):
        hazards.meteorological_hazard(B, {"rain": f(1)})


def test_carrying_scale() -> None:
    # 3e8 m³, 34 % for towns, 200 m³ a person, 90 m² a person: 510,000 people, 45.9 km².
    assert carrying.water_limited_town_m2(3e8, 0.34, 200, 90) == 45_900_000
    assert carrying.land_limited_m2({1: 1, 2: 2, 3: 4, 4: 8, 5: 16}) == 15
    scale = carrying.carrying_scale({"land": 5, "water": 5, "environment": 9})
    assert scale == (5, "land")
    for call in (
        lambda: carrying.water_limited_town_m2(1, 0.5, 0, 90),
        lambda: carrying.water_limited_town_m2(-1, 0.5, 1, 90),
        lambda: carrying.water_limited_farmland_m2(1, 1.5, 1),
        lambda: carrying.carrying_scale({}),
    ):
        with pytest.raises(InputError):
            call()


# --- rasters ---


def write(path: Path, z: np.ndarray, *, cell: float = 30.0, nodata: float = -9999, **more) -> Path:
    import rasterio
    from rasterio.transform import from_origin

    meta = {"driver": "GTiff", "height": z.shape[0], "width": z.shape[1], "count": 1,
            "dtype": z.dtype, "crs": "EPSG:4549", "nodata": nodata,
            "transform": from_origin(500_000, 3_560_000, cell, cell)} | more  # fmt: skip
    with rasterio.open(path, "w", **meta) as file:
        file.write(z, 1)
    return path


def read(path: Path) -> np.ndarray:
    import rasterio

    with rasterio.open(path) as file:
        assert file.nodata == N and file.dtypes == ("uint8",) and file.crs.to_epsg() == 4549
        return file.read(1)


def world(folder: Path, seed: int, shape: tuple[int, int]) -> tuple[dict, dict]:
    """Rasters with holes, and the same as arrays."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(seed)
    paths, arrays = {}, {}
    for name, low, high in (("elevation", 0, 400), ("water_modulus", 0, 40), ("wind_speed", 0, 6)):
        z = rng.uniform(low, high, shape).astype("float32")
        if name == "elevation":  # slopes of 0 to 25 degrees, relief of 0 to 200 m
            z = gaussian_filter(z, 1.8).astype("float32")
        hole = rng.random(shape) < 0.05
        paths[name] = write(folder / f"{name} 图.tif", np.where(hole, np.float32(-9999), z))
        arrays[name] = np.where(hole, np.float32(np.nan), z)
    z = rng.integers(1, 6, shape).astype("uint8")
    paths["geological_hazard"] = write(folder / "hazard.tif", z, nodata=0)
    arrays["geological_hazard"] = z.astype(float)
    return paths, arrays


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(1, 30))
def test_blocks_change_nothing(tmp_path_factory, seed: int, rows: int, columns: int) -> None:
    folder = tmp_path_factory.mktemp("双 评价")
    paths, arrays = world(folder, seed, (rows, columns))
    steps: list[tuple[int, int]] = []
    # Patches of some cells, so that their correction differs from patch to patch.
    area = Bands((0.002, 0.02), ("upper", "upper"))
    rule = replace(B.patches["town"], rule="area", area=area, area_change=(2, 1, 0))
    book = replace(B, patches=B.patches | {"town": rule})
    small = ev.town(paths, folder / "small.tif", book, 7, lambda i, n: steps.append((i, n)))
    whole = ev.town(paths, folder / "whole.tif", book, 1024)
    assert (read(small.path) == read(whole.path)).all()
    assert replace(small, path=whole.path) == whole
    blocks = -(-rows // 7) * -(-columns // 7)
    assert steps == [(i, blocks) for i in range(1, blocks + 1)]
    # And the arrays say the same.
    arrays["slope"] = terrain.slope_deg(arrays["elevation"], 30, 30)
    arrays["relief"] = terrain.relief_m(arrays["elevation"], 15)
    expected = ev.suitability(B, "town", arrays)
    expected = patches.concentrate(expected, rule, (30.0, 30.0))
    assert (read(whole.path) == expected).all()
    missing = np.isnan(arrays["elevation"]) | np.isnan(arrays["water_modulus"])
    assert (read(whole.path)[missing] == N).all()
    assert whole.cells == {c: int((expected == c).sum()) for c in range(1, 6)}
    assert whole.area_m2 == {c: n * 900 for c, n in whole.cells.items()}
    assert whole.unknown_cells == int((expected == N).sum())
    assert whole.derived == ("relief", "slope")


def test_water_and_the_outside_take_no_part(tmp_path: Path) -> None:
    """Level water beside a town is no land to build on, and cutting the raster changes nothing."""
    from shapely import box

    z = np.zeros((20, 30), dtype="float32")
    use = np.full((20, 30), 1, dtype="uint8")
    use[:, 10:14] = 17  # a river through the city
    layers = {"elevation": write(tmp_path / "dem.tif", z),
              "landuse": write(tmp_path / "use.tif", use, nodata=0)}  # fmt: skip
    city = box(500_000, 3_560_000 - 600, 500_000 + 600, 3_560_000)  # the left 20 columns
    found = ev.town(layers, tmp_path / "t.tif", "B", 7, boundary=city)
    got = read(found.path)
    assert (got[:, 20:] == N).all() and (got[:, 10:14] == N).all()
    assert (got[:, :10] != N).all()
    assert (found.outside_cells, found.water_cells, found.unknown_cells) == (200, 80, 0)
    assert sum(found.cells.values()) == 320
    # Patches do not join across the river: 0.18 and 0.108 km², both under 0.25.
    assert set(np.unique(got[:, :10])) == {3} and set(np.unique(got[:, 14:20])) == {3}
    # A 0/1 raster says the same.
    dry = write(tmp_path / "land.tif", (use != 17).astype("uint8"), nodata=9)
    same = ev.town({"elevation": layers["elevation"], "land": dry}, tmp_path / "s.tif", "B",
                   boundary=city)  # fmt: skip
    assert (read(same.path) == got).all()
    # The box of the file outside the boundary does not count: cut it, and all stays.
    cut = {"elevation": write(tmp_path / "dem2.tif", z[:, :23]),
           "landuse": write(tmp_path / "use2.tif", use[:, :23], nodata=0)}  # fmt: skip
    less = ev.town(cut, tmp_path / "c.tif", "B", boundary=city)
    assert (read(less.path) == got[:, :23]).all() and less.area_m2 == found.area_m2
    notes = [n.en for n in ev.town({"elevation": layers["elevation"]}, tmp_path / "n.tif").notes]
    assert any("no boundary" in n for n in notes) and any("water is rated" in n for n in notes)
    with pytest.raises(InputError, match="not both"):
        ev.town({**layers, "land": dry}, tmp_path / "x.tif")


def test_cumulative_cuts_do_not_feel_how_the_raster_is_cut(tmp_path: Path) -> None:
    from shapely import box

    rng = np.random.default_rng(8)
    w = rng.uniform(0, 100, (20, 40)).astype("float32")
    w[:, 20:] *= 50  # wet hills outside the city
    city = box(500_000, 3_560_000 - 600, 500_000 + 600, 3_560_000)
    found = []
    for columns in (40, 24):
        path = write(tmp_path / f"w{columns}.tif", w[:, :columns])
        result = ev.ecology({"water_retention": path}, tmp_path / "e.tif", "A", 9, boundary=city)
        found.append((result.cuts, result.area_m2, read(result.path)[:, :20].tolist()))
    assert found[0] == found[1] and found[0][1][5] > 0


def test_a_boundary_comes_from_a_file_in_any_crs(tmp_path: Path) -> None:
    import geopandas as gpd
    from shapely import box

    layers = {"elevation": write(tmp_path / "dem.tif", np.zeros((20, 30), dtype="float32"))}
    city = box(500_000, 3_560_000 - 600, 500_000 + 600, 3_560_000)
    frame = gpd.GeoDataFrame(geometry=[city], crs="EPSG:4549").to_crs("EPSG:4490")
    frame.to_file(tmp_path / "边界.gpkg")
    one = ev.town(layers, tmp_path / "a.tif", boundary=tmp_path / "边界.gpkg")
    two = ev.town(layers, tmp_path / "b.tif", boundary=city)
    assert (read(one.path) == read(two.path)).all() and one.outside_cells == 200


@pytest.mark.parametrize("cell", [10.0, 30.0, 60.0, 100.0])
def test_windows_see_the_cells_around_them(tmp_path: Path, cell: float) -> None:
    z = np.random.default_rng(4).uniform(0, 90, (33, 29)).astype("float32")
    path = write(tmp_path / "dem.tif", z, cell=cell)
    cells = {10.0: 45, 30.0: 15, 60.0: 7, 100.0: 5}[cell]
    expected = {
        "slope": terrain.slope_deg(z, cell, cell),
        "relief": terrain.relief_m(z, cells),
    }
    with Stack({"elevation": path}) as stack:
        for window in stack.windows(7):
            got = read_layers(stack, B, [], ["relief", "slope"], window)
            for name in expected:
                assert (got[name] == expected[name][window.toslices()]).all()


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    paths, _ = world(tmp_path, 1, (5, 6))
    result = ev.town(paths, tmp_path / "t.tif", "B")
    assert result.left_out == (
        "calm_days", "climate_comfort", "collapse", "earthquake", "fault", "landslide",
        "storm_surge", "subsidence", "subsidence_rate", "travel_time", "water_environment",
    )  # fmt: skip
    assert result.evidence["tables.town_slope"] == "C"
    assert result.evidence["matrices.town_base"] == "C"
    assert "tables.location_city" not in result.evidence
    assert "corrections.location" not in result.evidence
    plain = json.loads(json.dumps(result.as_dict("zh"), ensure_ascii=False))
    assert any("patches.town 为默认值，非官方规定（I）" in n for n in plain["notes"])
    assert any("travel_time" in n for n in plain["notes"])
    assert plain["used"]["elevation"].endswith("elevation 图.tif")
    with pytest.raises(InputError, match="1 cell"):
        ev.town(paths, tmp_path / "t.tif", "B", 0)
    # Elevation beside slope is not needed for farming, and said so.
    both = {"slope": paths["elevation"], "elevation": paths["elevation"]}
    spare = ev.agriculture(both, tmp_path / "t.tif", "B")
    assert any("'elevation' was not needed" in n.en for n in spare.notes)
    # One of several: the others of the choice are not missing.
    z = np.full((5, 6), 900, "float32")
    layers = {"slope": paths["elevation"], "precipitation": write(tmp_path / "p.tif", z)}
    farmland = ev.agriculture(layers, tmp_path / "a.tif", "B")
    assert not {"aridity", "water_modulus"} & set(farmland.left_out)
    assert "accumulated_temperature" in farmland.left_out


def test_ecology_then_town_by_the_guide(tmp_path: Path) -> None:
    rain = np.array([[1000, 1000, 1000, 1000]], "float32")
    loss = np.array([[100, 500, 700, -9999]], "float32")
    none = np.zeros((1, 4), "float32")
    layers = {
        "precipitation": write(tmp_path / "p.tif", rain),
        "evapotranspiration": write(tmp_path / "et.tif", loss),
        "runoff_share": write(tmp_path / "a.tif", none),
        "elevation": write(tmp_path / "z.tif", none),
    }
    # Retention 900, 500, 300, unknown: the first holds 900 of 1,700, with the second 82 %.
    result = ev.ecology(layers, tmp_path / "eco.tif", "A", 2)
    assert read(result.path).tolist() == [[5, 3, 1, N]]
    assert result.cuts == {"water_retention": (900.0, 500.0)}
    assert result.derived == ("slope", "water_retention")
    assert not any("soil_conservation" in k for k in result.evidence)
    layers = {"ecology": result.path, "elevation": layers["elevation"]}
    suited = ev.town(layers, tmp_path / "town.tif", "A")
    assert read(suited.path).tolist() == [[5, 1, 1, N]]
    assert suited.left_out == ("geological_hazard", "marine_hazard", "water_shortage")
    # Given layers that are not enough for their item are named.
    z = write(tmp_path / "c.tif", none)
    lone = ev.ecology({"biodiversity": write(tmp_path / "b.tif", none + 3), "vegetation_cover": z},
                      tmp_path / "e2.tif", "A")  # fmt: skip
    assert any("soil_conservation" in n.en and "natural_vegetation" in n.en for n in lone.notes)


def test_specks_of_ecology(tmp_path: Path) -> None:
    z = np.array([[5, 5, 1, 5, 1, 1]], "float32")
    layers = {"biodiversity": write(tmp_path / "b.tif", z)}
    plain = ev.ecology(layers, tmp_path / "e.tif", A)
    assert read(plain.path).tolist() == [[5, 5, 1, 5, 1, 1]]
    tidy = ev.ecology(layers, tmp_path / "e.tif", replace(A, specks_below_m2=1000.0))
    assert read(tidy.path).tolist() == [[5, 5, 1, 3, 1, 1]]
    assert tidy.cells == {1: 3, 3: 1, 5: 2}
    # Nothing retained, nothing important; and the cut is no number in JSON.
    none = {"water_retention": write(tmp_path / "w.tif", z * 0)}
    dry = ev.ecology(none, tmp_path / "d.tif", A)
    assert dry.cells == {1: 6, 3: 0, 5: 0}
    assert json.loads(json.dumps(dry.as_dict(), allow_nan=False))["cuts"] == {
        "water_retention": [None, None]}  # fmt: skip


def test_files_appear_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "out.tif"
    out.write_bytes(b"the last good one")
    z = np.ones((9, 9), "float32")
    paths = {
        "slope": write(tmp_path / "s.tif", z),
        "geological_hazard": write(tmp_path / "h.tif", z * 8),
    }
    with pytest.raises(InputError, match="geological_hazard"):
        ev.town(paths, out, B)
    assert out.read_bytes() == b"the last good one"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["h.tif", "out.tif", "s.tif"]
    with pytest.raises(InputError):
        ev.town({"slope": paths["slope"]}, tmp_path / "nowhere" / "out.tif", B)
    # An input is never an output.
    before = paths["slope"].read_bytes()
    with pytest.raises(InputError, match=r"s\.tif"):
        ev.town({"slope": paths["slope"]}, paths["slope"], B)
    assert paths["slope"].read_bytes() == before
    ev.town({"slope": paths["slope"]}, tmp_path / "new.tif", B)
    assert set(read(tmp_path / "new.tif").ravel()) == {3}  # 8,100 m² is a small patch


def test_rasters_are_checked_all_at_once(tmp_path: Path) -> None:
    z = np.ones((4, 5), "float32")
    good = write(tmp_path / "s.tif", z)
    with pytest.raises(InputError) as caught:
        Stack({"slope": good, "relief": write(tmp_path / "r.tif", z[:3]),
               "elevation": write(tmp_path / "e.tif", z, crs="EPSG:4548"),
               "wind_speed": write(tmp_path / "w.tif", z, cell=31.0)})  # fmt: skip
    assert len(caught.value.problems) == 3
    with pytest.raises(InputError, match="projected"):
        Stack({"slope": write(tmp_path / "g.tif", z, crs="EPSG:4490")})
    with pytest.raises(InputError) as caught:
        Stack({"slope": tmp_path / "none.tif", "relief": tmp_path / "nor.tif"})
    assert len(caught.value.problems) == 2
    with pytest.raises(InputError):
        Stack({})
    with pytest.raises(InputError, match="slope"):
        sort_roles(B, "town", {"slpe": good})


def test_values_as_they_are_meant(tmp_path: Path) -> None:
    import rasterio

    z = np.array([[6000, 8000, -1]], "int16")
    path = write(tmp_path / "scaled.tif", z, nodata=-1)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.0001,), (0.1,)
    with Stack({"silt": path}) as stack:
        window = next(stack.windows(10))
        assert stack.read("silt", window)[0] == pytest.approx([0.7, 0.9, np.nan], nan_ok=True)
        halo = stack.read("silt", window, 1)
        assert halo.shape == (3, 5) and np.isnan(halo[0]).all() and np.isnan(halo[1, 0])
    odd = np.array([[np.inf, np.nan, 1]], "float32")
    with Stack({"slope": write(tmp_path / "odd.tif", odd)}) as stack:
        assert np.isnan(stack.read("slope", next(stack.windows(3)))).tolist() == [
            [True, True, False]
        ]


def test_memory_does_not_grow_with_the_raster(tmp_path: Path) -> None:
    """Windows of a raster need no more memory than those of a raster six times as long."""
    import tracemalloc

    plain = replace(B, flows=B.flows | {"town": replace(B.flows["town"], patches=None)})
    peaks = []
    for rows in (64, 128, 768):
        path = write(tmp_path / f"{rows}.tif", np.zeros((rows, 400), "float32"))
        if rows > 64:  # the first run imports what is needed
            tracemalloc.start()
        ev.town({"elevation": path}, tmp_path / "out.tif", plain, block=64)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # The elevation alone would be 1.2 MB as float32, its slope 2.4 MB.
    assert peaks[2] < 1.2 * peaks[1] + 2**17 < 2_000_000, peaks
