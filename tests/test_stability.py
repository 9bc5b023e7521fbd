"""Draws against a slow loop, leave-one-out, other lattices, clusters."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning.errors import InputError
from zoning.grid.lattice import GridSpec
from zoning.planfile.models import Config
from zoning.questions.stability import (
    Draws,
    Shift,
    cross_check,
    grid_stability,
    perturbed_zones,
    run,
)
from zoning.questions.stability.draws import codes_of, factors, leave_one_out
from zoning.schemes import load_scheme
from zoning.zones import assign_units, classify_townships, cohen_kappa, load_method, method_names
from zoning.zones.classify import method_values
from zoning.zones.decide import decide
from zoning.zones.scoring import fit

KM2 = 1_000_000
SCHEME = load_scheme("zhenjiang-2013")
CODES = codes_of(SCHEME)
NAMES = {v: k for k, v in CODES.items() if k != "review"}


def towns(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    part = rng.dirichlet([2, 1, 3, 2], n)
    table = pd.DataFrame(
        {
            "area_m2": rng.integers(20, 120, n) * KM2,
            "built_share": part[:, 0],
            "redline_share": part[:, 1],
            "farmland_share": part[:, 2],
            "slope_deg": rng.uniform(0, 12, n),
            "population_density": np.exp(rng.uniform(5, 9, n)),
            "gdp_density": np.exp(rng.uniform(6, 11.5, n)),
            "min_to_centre": rng.uniform(1, 100, n),
        },
        index=[f"t{i:02d}" for i in range(n)],
    )
    table.loc["t00", "slope_deg"] = np.nan
    return table


@pytest.mark.parametrize("name", ["two-matrices", "cube", "composite"])
def test_draws_are_the_method_with_other_numbers(name: str) -> None:
    """Every draw against `decide` with a method rewritten by hand."""
    table = towns(12, 5)
    method = load_method(name)
    values = method_values(table, method)
    fitted = fit(method, values)
    draws = Draws(count=25, seed=3)
    fast = np.concatenate([c for _, _, c in perturbed_zones(fitted, values, draws)])
    for k in range(draws.count):
        dimensions = []
        for d in fitted.dimensions:
            w = factors(draws, f"weights {d.name}", len(d.terms), draws.weights)[k]
            c = factors(draws, f"cuts {d.name}", len(d.cuts), draws.cuts)[k]
            terms = tuple(replace(t, weight=t.weight * f) for t, f in zip(d.terms, w, strict=True))
            cuts = tuple(sorted(x + (f - 1) * d.span for x, f in zip(d.cuts, c, strict=True)))
            dimensions.append(replace(d, terms=terms, cuts=cuts))
        zone = decide(replace(fitted, dimensions=tuple(dimensions)), values).zone
        slow = ["" if z == "review" else z for z in zone]
        assert [NAMES[int(x)] for x in fast[k]] == slow


def test_draws_of_rules_move_their_numbers() -> None:
    table = towns(12, 6)
    method = load_method("dominant")
    values = method_values(table, method)
    draws = Draws(count=20, seed=4, weights=0.0)
    fast = np.concatenate([c for _, _, c in perturbed_zones(method, values, draws)])
    share = table["redline_share"].to_numpy()
    red = 0.5 + (factors(draws, "rule 0", 1, draws.cuts)[:, 0] - 1) * 1.0  # shares: of the whole
    # The first rule alone decides these: red lines above the drawn number are moderate.
    for k in range(draws.count):
        assert (fast[k][share >= red[k]] == CODES["moderate"]).all()
    still = Draws(count=3, seed=4, weights=0.0, cuts=0.0)
    base = decide(method, values).zone
    for _, _, codes in perturbed_zones(method, values, still):
        assert [[NAMES[int(x)] for x in row] for row in codes] == [list(base)] * len(codes)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 500), st.sampled_from(method_names()))
def test_no_draw_no_change(seed: int, name: str) -> None:
    table = towns(9, seed)
    method = load_method(name)
    values = method_values(table, method)
    fitted = fit(method, values)
    base = [CODES[z] for z in decide(fitted, values).zone]
    for _, _, codes in perturbed_zones(fitted, values, Draws(count=4, weights=0, cuts=0)):
        assert (codes == base).all()


def test_parts_have_streams_of_their_own_and_blocks_do_not_matter(monkeypatch) -> None:
    table = towns(10, 7)
    method = load_method("two-matrices")
    values = method_values(table, method)
    draws = Draws(count=200, seed=1)
    whole = np.concatenate([c for _, _, c in perturbed_zones(method, values, draws)])
    monkeypatch.setattr("zoning.questions.stability.draws._BLOCK", 300)
    blocks = list(perturbed_zones(method, values, draws))
    assert len(blocks) > 10
    assert (np.concatenate([c for _, _, c in blocks]) == whole).all()
    assert not (factors(draws, "a", 3, 0.2) == factors(draws, "b", 3, 0.2)).any()
    f = factors(draws, "a", 3, 0.2)
    assert f.min() >= 0.8 and f.max() <= 1.2


def plan_of(table: pd.DataFrame, seed: int = 0, method: str = "two-matrices") -> SimpleNamespace:
    """What `run` reads of a plan: towns with zones, units with protected shares."""
    config = Config.model_validate({"zones": {"method": method}})
    method = load_method(method)
    rng = np.random.default_rng(seed)
    classed = pd.concat([table, classify_townships(table, method)], axis=1)
    n = 6 * len(table)
    units = pd.DataFrame(
        {
            "area_m2": np.full(n, KM2),
            "overlay_balance_m2": rng.integers(0, KM2, n),
            "township": rng.choice([*table.index, None], n),
        },
        index=[f"u{i:03d}" for i in range(n)],
    )
    zoned = assign_units(units, classed, scheme=SCHEME)
    units = pd.concat([units, zoned], axis=1)
    return SimpleNamespace(name="p", townships=classed, units=units, config=config)


def test_units_against_a_slow_count() -> None:
    plan = plan_of(towns(8, 11))
    out = run(plan, draws=60, seed=9)
    method = load_method("two-matrices")
    values = method_values(plan.townships, method)
    draws = Draws(count=60, seed=9)
    codes = np.concatenate([c for _, _, c in perturbed_zones(method, values, draws)])
    limits = 0.5 + factors(draws, "overlays", 1, 0.1)[:, 0] - 1
    for code, unit in plan.units.iterrows():
        if pd.isna(unit["zone"]):
            assert pd.isna(out.units.loc[code, "stability"])
            continue
        kept = 0
        for k in range(60):
            if unit["overlay_balance_m2"] / unit["area_m2"] >= limits[k]:
                zone = "balance"
            elif pd.isna(unit["township"]):
                zone = ""
            else:
                at = plan.townships.index.get_loc(unit["township"])
                zone = NAMES[int(codes[k, at])]
            kept += zone == unit["zone"]
        assert out.units.loc[code, "stability"] == pytest.approx(kept / 60)
    for i, (code, town) in enumerate(plan.townships.iterrows()):
        if pd.isna(town["zone"]):
            assert pd.isna(out.townships.loc[code, "stability"])
            continue
        kept = (codes[:, i] == CODES[town["zone"]]).mean()
        assert out.townships.loc[code, "stability"] == pytest.approx(kept)
    firm = (out.units["stability"] >= 0.9).fillna(value=False)
    assert out.firm_share == pytest.approx(firm.mean())
    assert "%" in out.tell("en") and "种子 9" in out.tell("zh")
    json.dumps(out.as_dict())


def test_weights_and_cuts_by_themselves_are_drawn_without_the_other() -> None:
    plan = plan_of(towns(30, 4))
    for part, other in (("weights", "cuts"), ("cuts", "weights")):
        found = run(plan, draws=30, **{part: 0.3, other: 0.0}).townships
        assert found["stability"].min() < 1
        assert found[f"stability_{part}"].tolist() == found["stability"].tolist()
        assert (found[f"stability_{other}"].dropna() == 1).all()


def test_what_each_indicator_left_out_changes_is_told_by_township() -> None:
    table = towns(30, 4)
    plan = plan_of(table)
    found = run(plan, draws=2)
    alone = classify_townships(table, load_method("two-matrices"))["zone"]
    assert 0 < alone.isna().sum() < 30
    for code, row in found.townships.iterrows():
        if pd.isna(alone[code]):
            assert pd.isna(row["stability_left_out"])
            continue
        same = found.left_out.loc[code].fillna("") == alone[code]
        assert row["stability_left_out"] == pytest.approx(same.mean())
        assert row["sensitive_to"] == ", ".join(same.index[~same])
    assert 0 < found.townships["stability_left_out"].min() < 1


def test_same_seed_same_result_and_more_noise_less_firm() -> None:
    plan = plan_of(towns(10, 3))
    one, two = run(plan, draws=300), run(plan, draws=300)
    pd.testing.assert_frame_equal(one.units, two.units)
    other = run(plan, draws=300, seed=1)
    assert not other.units["stability"].equals(one.units["stability"])
    calm = run(plan, draws=300, weights=0, cuts=0, overlays=0)
    assert (calm.units["stability"].dropna() == 1).all()
    assert calm.townships["second"].isna().all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 500))
def test_counting_a_scale_from_the_other_end_changes_nothing(seed: int) -> None:
    """Capacity is 100 - constraint: the same method, so the same draws."""
    table = towns(14, seed).dropna()
    plain = load_method("two-matrices")
    d = plain.dimension("constraint")
    turned = replace(
        d,
        terms=tuple(
            replace(t, scale=replace(t.scale, low=t.scale.high, high=t.scale.low)) for t in d.terms
        ),
        cuts=tuple(100 - c for c in reversed(d.cuts)),
        equal=tuple("below" if e == "above" else "above" for e in reversed(d.equal)),
        grades=tuple(reversed(d.grades)),
    )
    mirror = replace(plain, dimensions=(turned, *plain.dimensions[1:]))
    values = method_values(table, plain)
    draws = Draws(count=4000, weights=0.0, cuts=0.08, seed=seed)
    kept = []
    for method in (plain, mirror):
        base = [CODES[z] for z in decide(method, values).zone]
        codes = np.concatenate([c for _, _, c in perturbed_zones(method, values, draws)])
        kept.append((codes == base).mean(axis=0))
    assert np.abs(kept[0] - kept[1]).max() < 0.05


def _strip(table: pd.DataFrame) -> pd.DataFrame:
    """Townships side by side, each neighbour of the next."""
    import geopandas as gpd
    from shapely import box

    shapes = [box(i * 1000, 0, i * 1000 + 1000, 1000) for i in range(len(table))]
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4549")


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 4))]
)
def test_contiguity_and_decisions_are_part_of_every_draw(seed: int) -> None:
    """Each draw against the method written out, then contiguity, then decisions."""
    from zoning.questions.stability.settled import Settled
    from zoning.zones import adjacency, classify_townships, join_enclaves

    table = towns(12, seed).dropna()
    plan = plan_of(table)
    part = {"contiguity": True, "contiguity_margin": 0.4}
    zones = plan.config.zones.model_copy(update=part)
    plan.config = plan.config.model_copy(update={"zones": zones})
    towns_ = _strip(plan.townships)
    towns_.iloc[2, towns_.columns.get_loc("zone")] = "key"
    towns_.iloc[2, towns_.columns.get_loc("zone_reason")] = "override"
    plan.townships = towns_
    method = load_method("two-matrices")
    values = method_values(table, method)
    decided = towns_["zone_reason"].eq("override").to_numpy(dtype=bool)
    draws = Draws(count=15, seed=seed, cuts=0.1)
    settle = Settled(plan, method, decided)
    fast = np.concatenate([c for _, _, c in perturbed_zones(method, values, draws, settle)])
    graph, switched = adjacency(towns_), 0
    for k in range(draws.count):
        dimensions = []
        for d in method.dimensions:
            w = factors(draws, f"weights {d.name}", len(d.terms), draws.weights)[k]
            c = factors(draws, f"cuts {d.name}", len(d.cuts), draws.cuts)[k]
            terms = tuple(replace(t, weight=t.weight * f) for t, f in zip(d.terms, w, strict=True))
            cuts = tuple(sorted(x + (f - 1) * d.span for x, f in zip(d.cuts, c, strict=True)))
            dimensions.append(replace(d, terms=terms, cuts=cuts))
        said = classify_townships(table, replace(method, dimensions=tuple(dimensions)))
        said.loc[decided, "zone_reason"] = "override"  # it does not switch itself
        joined, log = join_enclaves(said, graph, max_margin=0.4)
        switched += len(log)
        zone = joined["zone"].fillna("").to_numpy(dtype=object)
        zone[decided] = "key"
        assert [NAMES[int(x)] for x in fast[k]] == list(zone), k
    assert seed or switched


def test_units_of_a_decided_township_are_as_firm_as_it_is() -> None:
    plan = plan_of(towns(8, 11))
    plan.townships.loc["t03", ["zone", "zone_reason"]] = ["key", "override"]
    few = plan.units["overlay_balance_m2"] < 100_000  # no threshold of 0.4 to 0.6 is near
    mine = ((plan.units["township"] == "t03") & few).fillna(value=False)
    plan.units.loc[mine, "zone"] = "key"
    out = run(plan, draws=200)
    assert mine.any() and (out.units.loc[mine, "stability"] == 1.0).all()
    assert 0 <= out.firm_outside <= 1 and "span" in out.tell("en") and "量程" in out.tell("zh")


def test_decisions_on_record_are_firm() -> None:
    plan = plan_of(towns(8, 11))
    plan.units.loc["u001", ["zone", "zone_reason"]] = ["key", "override"]
    plan.townships.loc["t03", ["zone", "zone_reason"]] = ["key", "override"]
    out = run(plan, draws=50)
    assert out.units.loc["u001", "stability"] == 1.0
    assert out.townships.loc["t03", "stability"] == 1.0


def test_bad_numbers_are_refused() -> None:
    plan = plan_of(towns(4, 1))
    for wrong in ({"draws": 0}, {"weights": 1.0}, {"cuts": -0.1}, {"overlays": 2}):
        with pytest.raises(InputError):
            run(plan, **wrong)
    plan.townships = None
    with pytest.raises(InputError):
        run(plan)


def test_leave_one_out_by_hand() -> None:
    method = load_method("two-matrices")
    table = towns(6, 2)
    values = method_values(table, method)
    found = leave_one_out(method, values)
    assert len(found) == 6  # three of constraint, three of guidance; intensity has one only
    d = method.dimension("constraint")
    less = replace(d, terms=d.terms[:2])
    by_hand = decide(replace(method, dimensions=(less, *method.dimensions[1:])), values).zone
    assert found["constraint: slope_deg"].tolist() == by_hand.tolist()
    # The township without a slope is known once slope is left out.
    assert decide(method, values).zone[0] == "" and by_hand[0] != ""


def lattice(spec: GridSpec, city: shapely.Polygon, divide: float) -> gpd.GeoDataFrame:
    """Units of a city; zone by whether the square's centre is left of a line."""
    x0, y0, x1, y1 = city.bounds
    cell, (ox, oy) = spec.cell_m, spec.origin_m
    cols = np.arange(np.floor((x0 - ox) / cell), np.ceil((x1 - ox) / cell))
    rows = np.arange(np.floor((y0 - oy) / cell), np.ceil((y1 - oy) / cell))
    c, r = (a.ravel().astype(np.int64) for a in np.meshgrid(cols, rows))
    squares = shapely.box(ox + c * cell, oy + r * cell, ox + (c + 1) * cell, oy + (r + 1) * cell)
    inside = shapely.area(shapely.intersection(squares, city))
    use = inside > 0
    centre = ox + (c[use] + 0.5) * cell
    return gpd.GeoDataFrame(
        {"zone": np.where(centre < divide, "key", "moderate"), "area_m2": inside[use].astype(int)},
        index=spec.codes(c[use].tolist(), r[use].tolist()),
        geometry=squares[use],
        crs=spec.crs,
    )


def test_other_lattices_by_hand() -> None:
    city = shapely.box(0, 0, 4000, 2000)
    spec = GridSpec("EPSG:4549", 1000, (0, 0))
    base = lattice(spec, city, 2000)
    plan = SimpleNamespace(
        units=base, grid=spec, city=gpd.GeoDataFrame(geometry=[city], crs=spec.crs)
    )

    def classify(s: GridSpec) -> gpd.GeoDataFrame:
        return lattice(s, city, 2000)

    same = grid_stability(plan, classify, [Shift(0, 0), Shift(1000, -3000)])
    assert (same.units["grid_stability"] == 1).all()
    # Moved by 500: the square from 1500 to 2500 has its centre on the line, so it is moderate;
    # the key unit from 1000 to 2000 loses its right half.
    half = grid_stability(plan, classify, [Shift(500, 0)])
    got = half.units["grid_stability"].to_numpy(dtype=float)
    left = shapely.bounds(base.geometry.array)[:, 0]
    assert got[left == 1000] == pytest.approx(0.5)
    assert got[left != 1000] == pytest.approx(1.0)
    assert half.shifts["kept_share"].tolist() == pytest.approx([7 / 8])
    small = grid_stability(plan, classify, [Shift(0, 0, 500), Shift(500, 0)])
    assert small.units["grid_stability"].to_numpy(dtype=float)[left == 1000] == pytest.approx(0.75)
    assert "7" in small.tell("en") and small.as_dict()["shifts"][0]["units"] == 32
    with pytest.raises(InputError):
        grid_stability(plan, classify, [])


def test_other_lattices_against_overlay() -> None:
    """A crooked city and odd shifts, against geopandas.overlay."""
    city = shapely.Polygon([(130, 90), (5230, 410), (4480, 3860), (2600, 2500), (700, 3300)])
    spec = GridSpec("EPSG:4549", 1000, (0, 0))
    base = lattice(spec, city, 2300)
    base.loc[base.index[3], "zone"] = pd.NA
    plan = SimpleNamespace(
        units=base, grid=spec, city=gpd.GeoDataFrame(geometry=[city], crs=spec.crs)
    )
    shift = Shift(370, 1050, 700)
    other = lattice(shift.of(spec), city, 2300)
    out = grid_stability(plan, lambda s: lattice(s, city, 2300), [shift])
    mine = gpd.clip(base.rename_axis("unit").reset_index(), city)
    pieces = gpd.overlay(mine, other[["zone", "geometry"]], keep_geom_type=True)
    kept = pieces[pieces["zone_1"] == pieces["zone_2"]].dissolve("unit").area
    area = mine.set_index("unit").area
    expected = (kept.reindex(base.index).fillna(0) / area).where(base["zone"].notna())
    assert out.units["grid_stability"].to_numpy(dtype=float, na_value=np.nan) == pytest.approx(
        expected.to_numpy(dtype=float), abs=1e-9, nan_ok=True
    )
    # Parts that are cut out of themselves are no larger for the last digits.
    same = grid_stability(plan, lambda s: base, [Shift(0, 0)])
    assert same.units["grid_stability"].max() == 1


def test_clusters_find_what_is_plain() -> None:
    rng = np.random.default_rng(0)
    centre = np.repeat([0.1, 0.5, 0.9], 8)
    table = pd.DataFrame(
        {
            name: centre * scale + rng.normal(0, 0.02 * scale, 24)
            for name, scale in {
                "built_share": 1, "redline_share": 1, "farmland_share": 1, "slope_deg": 20,
                "population_density": 5000, "gdp_density": 60000, "min_to_centre": 90,
            }.items()
        },
        index=[f"t{i:02d}" for i in range(24)],
    )  # fmt: skip
    table["zone"] = np.repeat(["moderate", "key", "optimised"], 8)
    for how in ("ward", "kmeans"):
        out = cross_check(table, load_method("two-matrices"), how)
        assert out.kappa == 1.0 and out.moved.empty
    table.loc["t00", "zone"] = "optimised"
    table.loc["t05", "slope_deg"] = np.nan
    out = cross_check(table, load_method("two-matrices"))
    assert out.moved.index.tolist() == ["t00"]
    assert pd.isna(out.table.loc["t05", "cluster_zone"])


def test_kappa_by_hand() -> None:
    # 50 rows: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: p_o = 0.7, p_e = 0.5, kappa = 0.4.
    one = pd.Series(["y"] * 25 + ["n"] * 25)
    two = pd.Series(["y"] * 20 + ["n"] * 5 + ["y"] * 10 + ["n"] * 15)
    assert cohen_kappa(one, two) == pytest.approx(0.4)
    assert cohen_kappa(one, one) == 1.0
    assert cohen_kappa(pd.Series(["y", "y"]), pd.Series(["y", "y"])) == 1.0


def test_factors_reach_their_bounds_and_unknown_rules_stop() -> None:
    f = factors(Draws(count=4000), "x", 1, 0.2)
    assert f.min() < 0.801 and f.max() > 1.199 and abs(f.mean() - 1) < 0.01
    table = towns(6, 3)
    table.loc["t02", "redline_share"] = np.nan
    method = load_method("dominant")
    values = method_values(table, method)
    for _, _, codes in perturbed_zones(method, values, Draws(count=10)):
        assert (codes[:, 2] == 0).all() and (codes[:, [0, 1, 3]] > 0).all()


def test_drawn_cuts_stay_in_order_so_that_each_edge_keeps_its_side():
    """A value on the lower of two drawn cuts is judged by the side of the lower one."""
    from dataclasses import replace

    from zoning.questions.stability.draws import Draws, _DrawnDimension
    from zoning.zones import load_method

    method = load_method("two-matrices")
    plain = method.dimension("intensity")
    odd = replace(plain, cuts=(0.20, 0.21), equal=("below", "above"))
    values = {name: np.array([0.2]) for name in method.indicators}
    drawn = _DrawnDimension(odd, values, Draws(count=200, cuts=0.3, seed=1))
    step = factors(Draws(count=200, cuts=0.3, seed=1), "cuts intensity", 2, 0.3) - 1
    moved = np.array(odd.cuts) + step * odd.span
    crossed = moved[:, 0] > moved[:, 1]
    assert 20 < crossed.sum() < 180
    low = moved.min(axis=1)[:, None]
    assert (drawn.grades(slice(None), low) == 0).all()
    assert (drawn.grades(slice(None), moved.max(axis=1)[:, None]) == 2).all()
