"""Double evaluation: every cell of the factor tables and matrices, corrections in order, strips."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning.errors import InputError
from zoning.evaluation import classes as k
from zoning.evaluation import (
    ecology,
    farming_a,
    farming_b,
    patch_areas,
    reock,
    retention_cuts,
    soil_class,
    stream,
    town_a,
    town_b,
)
from zoning.evaluation import processes as pr
from zoning.evaluation.patches import correct_by_area, correct_by_shape
from zoning.resources import load_toml


def a(*x: float) -> np.ndarray:
    return np.array(x, dtype=float)


#: Factor, value:class pairs from the tables of the drafts: inside every band, and on its edges.
FACTORS = {
    "farm_slope": "1:1 2:1 4:2 6:2 10:3 15:3 20:4 25:4 25.1:5",
    "precipitation": "1300:1 1200:1 1000:2 800:2 500:3 400:3 300:4 200:4 199:5",
    "aridity": "0.4:1 0.5:1 0.8:2 1:2 2:3 3:3 5:4 7:4 7.1:5",
    "water_modulus": "30:1 25:1 20:2 13:2 10:3 8:3 5:4 3:4 2.9:5",
    "water_modulus_province": "60:1 50:1 30:2 20:2 15:3 10:3 7:4 5:4 4:5",
    "temperature_sum": "8000:1 7600:1 6000:2 5800:2 5000:3 4000:3 2000:4 1500:4 1:5",
    "hazard_index": "1:1 1.8:1 2:2 2.6:2 3:3 3.4:3 4:4 4.2:4 4.3:5",
    "town_slope": "2:1 3:1 5:2 8:2 10:3 15:3 20:4 25:4 26:5",
    "location": "10:1 20:1 30:2 40:2 50:3 60:3 80:4 90:4 91:5",
    "location_province": "60:1 61:2 120:2 121:3 210:3 211:4 300:4 301:5",
    "calm_days": "5:1 7:2 10:2 15:3 20:3 25:4 30:4 31:5",
    "wind": "5.1:1 5:2 4:2 3:2 2.5:3 2:3 1.5:4 1:4 0.9:5",
    "water_environment": "5000:1 4000:2 3000:2 250:3 200:3 100:4 20:4 19:5",
    "subsidence": "99:1 100:2 199:2 200:3 799:3 800:4 1600:4 1601:5",
    "subsidence_rate": "4.9:1 5:2 9.9:2 10:3 29:3 30:4 50:4 51:5",
}  # fmt: skip


@pytest.mark.parametrize("name", FACTORS)
def test_every_band_of_every_factor(name: str) -> None:
    pairs = [pair.split(":") for pair in FACTORS[name].split()]
    values, expected = [float(v) for v, _ in pairs], [int(c) for _, c in pairs]
    assert k.factor(name, a(*values)).tolist() == expected
    assert set(expected) == {1, 2, 3, 4, 5}
    assert k.factor(name, a(np.nan)).tolist() == [0]


def test_all_factors_are_tested() -> None:
    assert set(FACTORS) == set(k.book()["factors"])


#: The matrices, typed again from the source table: {(row, column): class}.
FARM = "11125 11235 22345 34455 55555"
LIGHT = "11125 12235 22345 34455 55555"
TOWN = "11123 11223 22334 34455 55555"


@pytest.mark.parametrize(
    ("name", "text"), [("farm_base", FARM), ("farm_light", LIGHT), ("town_base", TOWN)]
)
@pytest.mark.parametrize("row", range(1, 6))
@pytest.mark.parametrize("column", range(1, 6))
def test_every_cell_of_every_matrix(name: str, text: str, row: int, column: int) -> None:
    expected = int(text.split()[row - 1][column - 1])
    assert k.matrix(name, np.array([row]), np.array([column])).tolist() == [expected]
    assert k.matrix(name, np.array([0]), np.array([column])).tolist() == [0]
    assert k.matrix(name, np.array([row]), np.array([0])).tolist() == [0]


@pytest.mark.parametrize(
    ("name", "layer", "start", "expected"),
    [
        ("geological_hazard", [1, 2, 3, 4, 5], 2, [2, 2, 3, 4, 5]),
        ("soil", [1, 3, 5], 2, [2, 3, 5]),
        ("salinity", [1, 4, 5], 2, [2, 2, 3]),
        ("farm_hazard", [1, 4, 5], 2, [2, 2, 3]),
        ("storm_surge", [1, 4, 5], 5, [5, 5, 5]),
        ("comfort", [1, 2, 7], 3, [4, 3, 3]),
    ],
)
def test_every_correction(name: str, layer: list[int], start: int, expected: list[int]) -> None:
    c = np.full(len(layer), start, dtype=np.int8)
    assert k.correct(c, name, np.array(layer)).tolist() == expected
    assert k.correct(c, name, np.zeros(len(layer))).tolist() == [0] * len(layer)


def flat(n: int, **more: object) -> dict[str, np.ndarray]:
    base = {"slope": np.full(n, 2.0), "water_modulus": np.full(n, 30.0)}
    return base | {name: np.array(x) for name, x in more.items()}


def test_town_corrections_one_by_one() -> None:
    assert town_b(flat(3, altitude=[3499.0, 3500.0, 5001.0])).tolist() == [5, 5, 1]
    # Land of class 1 and 2 with plenty of water is base 1; steeper land shows the step.
    steep = {"slope": np.full(4, 10.0), "water_modulus": np.full(4, 30.0)}
    assert town_b(steep | {"relief": a(99, 100, 200, 201)}).tolist() == [4, 3, 3, 1]
    media = flat(4, calm_days=[31.0, 31.0, 1.0, 1.0], water_environment=[1.0, 9e3, 1.0, 9e3])
    assert town_b(media).tolist() == [3, 4, 4, 5]
    # The worse of calm days and wind is the air: wind 0.5 is 5.
    assert town_b(flat(1, calm_days=[1.0], wind=[0.5])).tolist() == [4]
    mid = {"slope": np.full(5, 20.0), "water_modulus": np.full(5, 30.0)}  # class 3
    assert town_b(mid | {"location": a(10, 30, 50, 70, 100)}).tolist() == [4, 3, 3, 2, 1]
    # Best location lifts neither class 1 nor class 5.
    ends = {"slope": a(1, 30), "water_modulus": a(30, 30), "location": a(5, 5)}
    assert town_b(ends).tolist() == [5, 1]


def test_corrections_chain_in_order_and_clip_each_time() -> None:
    # Class 1: hazard 4 -> 3; comfort lowest -> 4; location best -> 3: grade 3.
    assert town_b(flat(1, geological_hazard=[4], comfort=[1], location=[10.0])).tolist() == [3]
    # Hazard puts it to 5, where the best location no longer lifts it.
    assert town_b(flat(1, geological_hazard=[5], location=[10.0])).tolist() == [1]
    # Farming: soil 3 and salinity and hazard each add one to what came before: 1 -> 4.
    farm = {"slope": a(1), "precipitation": a(1300), "temperature_sum": a(8000),
            "soil": np.array([3]), "salinity": np.array([5]),
            "farm_hazard": np.array([5])}  # fmt: skip
    assert farming_b(farm).tolist() == [2]


def test_farming_by_hand() -> None:
    # slope 10 (3), rain 900 (2) -> base 2; light 5000 (3) -> 2; grade 4.
    # Silt 0.7: land 4 -> base 4; light -> 4; grade 2.
    layers = {
        "slope": a(10, 10, 10),
        "precipitation": a(900, 900, 900),
        "temperature_sum": a(5000, 5000, 5000),
    }
    assert farming_b(layers).tolist() == [4, 4, 4]
    assert farming_b(layers | {"silt": a(0.59, 0.7, 0.8)}).tolist() == [4, 2, 1]
    assert farming_b(layers | {"silt": a(0.6, np.nan, 0.1)}).tolist() == [2, 0, 4]


def test_layers_are_checked() -> None:
    with pytest.raises(InputError) as caught:
        farming_b({"slpe": a(1), "precipitation": a(1), "aridity": a(1)})
    assert len(caught.value.problems) == 4
    with pytest.raises(InputError):
        town_b({"slope": a(1)})
    with pytest.raises(InputError):
        ecology()
    with pytest.raises(InputError):
        ecology(slope=a(1))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_worse_never_raises_and_unknown_is_never_guessed(seed: int) -> None:
    rng = np.random.default_rng(seed)
    layers = {
        "slope": rng.uniform(0, 30, 30), "water_modulus": rng.uniform(0, 40, 30),
        "relief": rng.uniform(0, 300, 30), "geological_hazard": rng.integers(1, 6, 30),
        "calm_days": rng.uniform(0, 40, 30), "water_environment": rng.uniform(0, 6000, 30),
        "comfort": rng.integers(1, 8, 30), "location": rng.uniform(0, 120, 30),
    }  # fmt: skip
    base = town_b(layers)
    assert ((base >= 1) & (base <= 5)).all()
    for name, worse in (("slope", 7.0), ("relief", 90.0), ("calm_days", 9.0)):
        assert (town_b(layers | {name: layers[name] + worse}) <= base).all()
    for name in layers:
        gone = layers[name].astype(float).copy()
        gone[3] = 0 if layers[name].dtype.kind == "i" else np.nan
        assert town_b(layers | {name: gone})[3] == 0


def test_soil_limits_every_band() -> None:
    limits = k.book()["soil_limits"]
    for band, ph in enumerate((5.5, 6.5, 7.5, 7.6)):
        for metal, screening in limits["screening"].items():
            s, c = screening[band], limits["control"][metal][band]
            x = a(s * 0.99, s, c, c * 1.01)
            assert soil_class({metal: x}, np.full(4, ph)).tolist() == [1, 3, 3, 5]
    assert soil_class({"Cd": a(0.1), "Pb": a(9999)}, a(6)).tolist() == [5]
    assert soil_class({"Cd": a(np.nan), "Pb": a(1)}, a(6)).tolist() == [0]
    with pytest.raises(InputError):
        soil_class({"Au": a(1)}, a(6))


def test_preset_a_by_hand() -> None:
    wooded = np.array([True, True, False, True])
    out = ecology(slope=a(25, 15, 40, 24), cover=a(0.8, 0.6, 0.9, 0.59), wooded=wooded)
    assert out.tolist() == [5, 3, 1, 1]
    erosion = np.array([1, 2, 3, 4, 5, 6, 0])
    assert ecology(erosion=erosion).tolist() == [1, 1, 3, 3, 5, 5, 0]
    # Extreme stays extreme when another item is unknown; less does not.
    assert ecology(erosion=np.array([5, 3]), biodiversity=np.array([0, 0])).tolist() == [5, 0]
    assert ecology(retention=a(90, 50, 1, np.nan), cuts=(80.0, 40.0)).tolist() == [5, 3, 1, 0]
    imp = np.array([5, 3, 1, 1, 1], dtype=np.uint8)
    rain, wet = a(900, 900, 900, 100, 100), np.array([0, 0, 0, 0, 1], bool)
    got = farming_a(imp, a(1, 25, 25.1, 1, 1), precipitation=rain, irrigated=wet)
    assert got.tolist() == [1, 5, 1, 1, 5]
    assert farming_a(imp[1:4], a(1, 1, np.nan), soil=np.array([5, 1, 1])).tolist() == [1, 5, 0]
    assert town_a(imp[1:], a(1, 1, 1, 1), altitude=a(5001, 1, 1, np.nan),
                  water_short=np.array([0, 1, 0, 0], bool)).tolist() == [1, 1, 5, 0]  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5))
def test_retention_cuts_against_sorting(seed: int, parts: int) -> None:
    x = np.random.default_rng(seed).gamma(1.5, 100, 400)
    blocks = np.array_split(x, parts)
    extreme, important = retention_cuts(blocks, 0.0, float(x.max()))
    step = x.max() / 65_536
    for cut, share in ((extreme, 0.5), (important, 0.8)):
        assert x[x >= cut].sum() >= share * x.sum() * (1 - 1e-9)
        # One bin higher it is no longer enough.
        assert x[x >= cut + 2 * step].sum() < share * x.sum() or (np.abs(x - cut) <= 2 * step).any()
    assert extreme >= important


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 7))
def test_patches_in_strips_are_patches_at_once(seed: int, rows: int) -> None:
    from scipy.ndimage import label

    rng = np.random.default_rng(seed)
    mask = rng.random((rng.integers(1, 20), rng.integers(1, 15))) < 0.45
    found, _ = label(mask, structure=np.ones((3, 3)))
    expected = np.where(mask, np.bincount(found.ravel())[found], 0)
    cut = [mask[i : i + rows] for i in range(0, len(mask), rows)]
    assert (np.vstack(list(patch_areas(lambda: iter(cut)))) == expected).all()


def test_patch_corrections() -> None:
    c = np.full(8, 2, dtype=np.int8)
    area = a(0, 0.1, 0.25, 0.4, 0.5, 1, 2, 9)
    assert correct_by_area(c, area).tolist() == [2, 4, 3, 3, 2, 2, 2, 2]
    assert [correct_by_shape(4, r) for r in (0.19, 0.2, 0.39, 0.4, 0.6, 0.8)] == [5, 5, 5, 4, 3, 1]
    from shapely import Point, box

    assert reock(Point(0, 0).buffer(1, quad_segs=64)) == pytest.approx(1, abs=1e-3)
    assert reock(box(0, 0, 100, 1)) < 0.02


def test_processes_by_hand() -> None:
    assert pr.water_retention(a(1000), a(700), a(0.1)).tolist() == [200]
    assert pr.cover_factor(a(0.1, 0.3, 0.5, 0.7, 0.9), "shrub").tolist() == [
        0.22,
        0.14,
        0.085,
        0.04,
        0.011,
    ]
    assert pr.rainfall_erosivity(a(11.9), warm=False).item() == 0
    assert pr.rainfall_erosivity(a(12.0), warm=False).item() == pytest.approx(0.3101 * 12**1.7265)
    fahrenheit = a(31, 32, 40, 45, 50, 56, 60, 65, 70, 75, 80, 85, 90)
    scores = [1, 2, 3, 4, 5, 6, 7, 6, 5, 4, 3, 2, 1]
    assert pr.comfort(fahrenheit, np.ones(13)).tolist() == scores
    # 68 °F at 50 %: 68 - 0.55 * 0.5 * 10 = 65.25 -> 6
    assert pr.comfort(a(68), a(0.5)).tolist() == [6]
    assert pr.yearly_comfort(np.array([[1, 0], [1, 7], [5, 7]])).tolist() == [1, 0]
    one = a(1)
    assert pr.erosion_sensitivity(a(50), a(40), one, a(0.7)).tolist() == [1]
    # (3 * 3 * 3 * 3) ** 0.25 = 3 -> sensitive
    assert pr.erosion_sensitivity(a(300), a(100), a(3), a(0.4)).tolist() == [3]


def test_streams_in_strips(tmp_path) -> None:
    import rasterio
    from rasterio.transform import from_origin

    rng = np.random.default_rng(2)
    meta = {"driver": "GTiff", "width": 33, "height": 41, "count": 1, "dtype": "float32",
            "crs": "EPSG:4549", "transform": from_origin(0, 4100, 100, 100),
            "nodata": -1}  # fmt: skip
    layers, arrays = {}, {}
    for name, high in (("slope", 30), ("water_modulus", 40)):
        z = rng.uniform(0, high, (41, 33)).astype("float32")
        z[5, 5] = -1
        layers[name] = tmp_path / f"{name} 图.tif"
        with rasterio.open(layers[name], "w", **meta) as f:
            f.write(z, 1)
        arrays[name] = np.where(z == -1, np.nan, z).astype(float)
    out = stream(layers, tmp_path / "out.tif", town_b, pixels=100)
    with rasterio.open(out) as f:
        got = f.read(1)
        assert f.nodata == 0 and f.crs.to_epsg() == 4549
    assert (got == town_b(arrays)).all() and got[5, 5] == 0

    def broken(_: dict[str, np.ndarray]) -> np.ndarray:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        stream(layers, tmp_path / "bad.tif", broken)
    assert sorted(p.name for p in tmp_path.glob("*bad*")) == []
    with rasterio.open(tmp_path / "other.tif", "w", **(meta | {"width": 30})) as f:
        f.write(np.zeros((41, 30), "float32"), 1)
    with pytest.raises(InputError) as caught:
        stream(layers | {"relief": tmp_path / "other.tif"}, tmp_path / "x.tif", town_b)
    assert "relief" in caught.value.tell("en")
    with pytest.raises(InputError):
        stream({"slope": tmp_path / "none.tif"}, tmp_path / "x.tif", town_b)


def test_every_preset_has_source_and_evidence() -> None:
    allowed = {"S", "C", "M-high", "M-med", "M-low", "I", "own"}
    for name in ("preset-a", "preset-b", "processes"):
        data = load_toml("evaluation", f"{name}.toml")
        assert data["source"] and data["evidence"] in allowed
        for table in data.values():
            if isinstance(table, dict) and "evidence" in table:
                assert table["evidence"] in allowed and table["source"]
    weights = k.book()["hazard_weights"]
    assert weights == {"rain": 0.20, "heat": 0.10, "cold": 0.25, "wind": 0.15, "drought": 0.30}
