"""Protected land of every kind: read, kept free, counted, and carried with the plan."""

from __future__ import annotations

import itertools
from dataclasses import replace

import geopandas as gpd
import keeping
import numpy as np
import pandas as pd
import pytest
import shapely
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning import pipeline, planfile, store
from zoning.contribution.rules import check
from zoning.errors import InputError
from zoning.grid.lattice import GridSpec
from zoning.inputs.landuse import load_classes
from zoning.inputs.layers import Layers
from zoning.inputs.protections import (
    dissolve,
    load_kinds,
    redline_frame,
    tidy,
    upgrade_ledger,
)
from zoning.ledger import sums, unknown
from zoning.ledger.atoms import KEYS, build
from zoning.ledger.protections import tables as accounts_of
from zoning.measure.zonal import Raster
from zoning.outputs.qgis import geopackage
from zoning.pipeline import protected
from zoning.planfile.layers import ProtectionLayer
from zoning.questions import answer
from zoning.questions.released import released

GRID = GridSpec(worlds.CRS)
KINDS = ("core", "basic_farmland", "heritage", "water", "lock")

PROTECTED = """
[[inputs.protections]]
kind = "basic_farmland"
path = "农田.gpkg"
name = "永久基本农田"
source = "划定成果"
year = 2022

[[inputs.protections]]
kind = "heritage"
path = "保护.gpkg"
[inputs.protections.columns]
code = "编号"
level = "级别"
published_m2 = "面积"
"""


def write(folder, extra=PROTECTED):
    path = worlds.write(folder, extra=extra)
    fields = [worlds.square(2, 0, 1.5, 1), worlds.square(3, 0, 1, 1), worlds.square(0, 0, 0.5, 1)]
    gpd.GeoDataFrame({"code": ["a", "b", "c"]}, geometry=fields, crs=worlds.CRS).to_file(
        folder / "农田.gpkg"
    )
    gpd.GeoDataFrame(
        {"编号": ["H1", "H2"], "级别": ["一级", "2"], "面积": [1_000_000, 400_000],
         "name": ["古城", None]},
        geometry=[worlds.square(3.5, 0), worlds.square(0, 2, 0.5, 1)], crs=worlds.CRS,
    ).to_file(folder / "保护.gpkg")  # fmt: skip
    return path


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("保 护")
    return pipeline.run(planfile.load(write(folder)), folder)


def test_the_whole_plan_is_as_it_is_kept(plan):
    keeping.hold(plan, "protections")


def test_nothing_new_and_nothing_free_lies_on_protected_land(plan):
    # Farmland covers (2..4, 0..1) of B and half a built square of A; H1 overlaps it by half.
    assert plan.units.loc["1kmN3500E502", "free_m2"] == 0
    assert plan.units.loc["1kmN3500E502", "new_m2"] == 0
    assert plan.units.loc["1kmN3500E504", ["heritage_m2", "free_m2"]].tolist() == [500_000] * 2
    assert plan.units["basic_farmland_m2"].sum() == 2_500_000
    assert plan.townships["basic_farmland_m2"].to_dict() == {
        "321000001": 500_000, "321000002": 2_000_000, "321000003": 0}  # fmt: skip
    assert plan.counties["basic_farmland_m2"].to_dict() == {"321001": 2_500_000, "321002": 0}
    # Land use is another thing: half a square of the protected farmland is built.
    assert plan.units.loc["1kmN3500E500", ["farmland_m2", "basic_farmland_m2"]].tolist() == [
        0, 500_000]  # fmt: skip
    county = plan.tables["account_county"].set_index("county")["basic_farmland_m2"]
    assert county["321001"] == 2_500_000
    assert plan.ok


def test_every_kind_is_held_against_shapely(plan):
    found = plan.tables["residuals"].set_index(["kind", "code"])
    assert found.loc["protection", "ledger_m2"].to_dict() == {
        "basic_farmland": 2_500_000, "heritage": 1_500_000}  # fmt: skip
    assert found["residual_m2"].abs().max() < 1e-3
    (check,) = [c for c in plan.checks if c.check == "residual.protection"]
    assert check.ok


def tables_of(plan):
    return {t.name: t.frame for t in plan.contributions[0].tables}


def test_the_accounts_of_protected_land_close(plan):
    found = tables_of(plan)
    kinds = found["protection_kinds"].set_index("kind")
    assert kinds["area_m2"].to_dict() == {
        "redline": 2_000_000, "basic_farmland": 2_500_000, "heritage": 1_500_000,
        "overlap": -500_000 - 500_000,
    }  # fmt: skip
    assert kinds["areas"].fillna(0).tolist() == [2, 1, 2, 0]
    # Farmland alone keeps 1.5 km2 of B free: half of (3, 0) is heritage too, A's part is built.
    assert kinds.loc[["basic_farmland", "heritage"], "kept_m2"].tolist() == [1_500_000, 500_000]
    assert kinds.loc["redline", "kept_m2"] == 1_500_000
    areas = found["protection_areas"].set_index(["kind", "code"])
    assert areas.loc[("basic_farmland", "basic_farmland"), ["name", "source", "year"]].tolist() == [
        "永久基本农田", "划定成果", 2022]  # fmt: skip
    assert areas.loc[("heritage", "H1"), ["name", "area_m2", "difference_m2"]].tolist() == [
        "古城", 1_000_000, 0]  # fmt: skip
    assert areas.loc[("heritage", "H2"), ["name", "area_m2", "difference_m2"]].tolist() == [
        "H2", 500_000, 100_000]  # fmt: skip
    assert areas.loc[("basic_farmland", "basic_farmland"), "built_m2"] == 500_000
    levels = found["protection_levels"]
    assert levels[levels["kind"] == "heritage"][["level", "area_m2"]].to_numpy().tolist() == [
        [1, 1_000_000], [2, 500_000]]  # fmt: skip
    for name in ("county", "township", "zone"):
        total = found[f"protection_by_{name}"].groupby("kind")["area_m2"].sum()
        assert total.to_dict() == kinds["area_m2"].drop("overlap").to_dict()
    units = found["protection_units"].set_index("unit")
    assert units.loc["1kmN3500E503", ["kind", "protected_share"]].tolist() == ["basic_farmland", 1]
    assert units.loc["1kmN3500E504", ["kind", "protected_share"]].tolist() == ["heritage", 0.5]
    # Nothing protects the last square: that is known, so it is no gap in the table.
    assert units.loc["1kmN3501E505", ["kind", "protected_share"]].tolist() == ["none", 0]
    assert units.index.tolist() == plan.units.index.tolist()
    # Without H1 two units fall below a half; half of it is farmland too, and stays closed. Without
    # H2 its unit is red line still; without R1 the half under H2 still rules it.
    columns = ["units_touched", "units_changed", "kept_m2"]
    assert areas[columns].to_numpy().tolist() == [
        [3, 0, 1_500_000], [2, 2, 500_000], [1, 0, 0]]  # fmt: skip
    red = plan.tables["redline_areas"].set_index("area_code")[columns]
    assert red.loc[["R1", "R2"]].to_numpy().tolist() == [[1, 0, 500_000], [2, 2, 1_000_000]]
    assert red.loc["overlap"].isna().all()
    # A column that says nothing of any area is left out.
    assert "type" not in areas


def test_zones_of_protected_land_bear_their_names(plan):
    fields = {f.name: f.words for f in plan.contributions[0].table("protection_by_zone").fields}
    assert fields["zone"]["key"].en == "key development"
    assert set(fields["kind"]) > {"redline", "none"}
    assert not any(words for name, words in fields.items() if name not in ("zone", "kind"))


def test_protected_land_of_all_is_not_known_where_that_of_one_unit_is_not(plan):
    bare = replace(plan, contributions=())
    assert protected.protected_of(bare) == bare.units["protected_m2"].sum() > 0
    units = bare.units.astype({"protected_m2": "Int64"})
    units.loc[units.index[0], "protected_m2"] = pd.NA
    assert protected.protected_of(replace(bare, units=units)) is None


def test_protections_travel_with_the_plan(plan, tmp_path):
    given = plan.contributions[0]
    assert check([given], plan.units.index, plan.tables) == []
    geopackage.write(plan, tmp_path / "plan.gpkg")
    store.write_tables(plan, tmp_path)
    read = store.load(tmp_path)
    again = protected.of_plan(read)
    assert again["code"].tolist() == ["basic_farmland", "H1", "H2"]
    assert shapely.area(again.geometry.to_numpy()).tolist() == [2.5e6, 1e6, 5e5]
    pd.testing.assert_frame_equal(
        read.tables["protection_sets"].astype(str), plan.tables["protection_sets"].astype(str)
    )
    # Other lattices can be tried from the folder alone, and the same one says the same.
    same = answer.zones_on(read, plan.grid)
    assert same["zone"].astype(object).tolist() == plan.units["zone"].astype(object).tolist()
    released = answer.released(read)
    kept = released[released["kind"] == "basic_farmland"]
    assert kept["released_m2"].sum() == 1_500_000
    # H2 lies on a red line, so that neither alone keeps it.
    assert "H2" not in set(released["rule_code"])
    assert protected.names_of(read)["H1"] == "古城"


@pytest.mark.slow
def test_old_names_are_told_and_mean_what_they_meant(tmp_path):
    old = """
[inputs.cores]
path = "核.gpkg"
[[inputs.locks]]
code = "flood"
name = "行洪区"
path = "锁.gpkg"
"""
    path = worlds.write(tmp_path, extra=old)
    gpd.GeoDataFrame({"code": ["K"], "name": ["核"]}, geometry=[worlds.square(2, 0)],
                     crs=worlds.CRS).to_file(tmp_path / "核.gpkg")  # fmt: skip
    gpd.GeoDataFrame(geometry=[worlds.square(3, 0)], crs=worlds.CRS).to_file(tmp_path / "锁.gpkg")
    plan = pipeline.run(planfile.load(path), tmp_path)
    notes = [n for n in plan.run["notes"] if n["code"] == "old-name"]
    assert [n["where"] for n in notes] == ["plan.toml"] * 3
    for kind, note in zip(("redline", "core", "lock"), notes, strict=True):
        assert f'kind = "{kind}"' in note["try_en"]
    assert plan.units["core_m2"].sum() == plan.units["lock_m2"].sum() == 1_000_000
    # A core makes balance and a lock does not; neither is free.
    assert plan.units.loc[["1kmN3500E502", "1kmN3500E503"], "zone"].tolist() == ["balance", "key"]
    assert plan.units.loc[["1kmN3500E502", "1kmN3500E503"], "free_m2"].tolist() == [0, 0]


@pytest.mark.slow
def test_a_run_under_new_names_is_that_of_the_old(tmp_path):
    new = worlds.PLAN.replace("[inputs.redlines]", '[[inputs.protections]]\nkind = "redline"')
    path = worlds.write(tmp_path)
    old = pipeline.run(planfile.load(path), tmp_path)
    path.write_text(new, encoding="utf-8")
    plan = pipeline.run(planfile.load(path), tmp_path)
    pd.testing.assert_frame_equal(plan.ledger, old.ledger)
    pd.testing.assert_frame_equal(
        pd.DataFrame(plan.redlines.drop(columns="geometry")),
        pd.DataFrame(old.redlines.drop(columns="geometry")), check_like=True,
    )  # fmt: skip
    assert not [n for n in plan.run["notes"] if n["code"] == "old-name"]


WRONG = {
    "missing-column": 'kind = "core"\npath = "保护.gpkg"\n[inputs.protections.columns]\ncode = "x"',
    "protection-level": 'kind = "core"\npath = "保护.gpkg"\n[inputs.protections.columns]\n'
                        'level = "编号"',
    "stated-twice": 'kind = "core"\npath = "保护.gpkg"\nlevel = 1\n[inputs.protections.columns]\n'
                    'level = "级别"',
    "missing-code": 'kind = "core"\npath = "保护.gpkg"\n[inputs.protections.columns]\n'
                    'code = "name"',
    "missing-file": 'kind = "water"\npath = "没有.gpkg"',
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("code", WRONG)
def test_what_a_layer_of_protections_lacks_is_told(code, tmp_path):
    path = write(tmp_path, extra="[[inputs.protections]]\n" + WRONG[code])
    with pytest.raises(InputError) as error:
        pipeline.run(planfile.load(path), tmp_path)
    found = [p for p in error.value.problems if p.code == code]
    assert found
    assert all(p.what.zh and p.what.en for p in found)


@pytest.mark.slow
def test_red_lines_without_codes_are_refused_and_levels_may_stand_in_words(tmp_path):
    red = worlds.PLAN.replace("[inputs.redlines]", '[[inputs.protections]]\nkind = "redline"')
    path = worlds.write(tmp_path)
    path.write_text(red, encoding="utf-8")
    lines = worlds.redlines().assign(level=["一级管控区", "二级"])
    lines.to_file(tmp_path / "红线.gpkg")
    plan = pipeline.run(planfile.load(path), tmp_path)
    assert plan.redlines["level"].tolist() == [1, 2]
    lines.drop(columns="area_code").to_file(tmp_path / "红线.gpkg")
    with pytest.raises(InputError, match="area_code"):
        pipeline.run(planfile.load(path), tmp_path)


def test_parcels_are_one_area_and_a_published_total_on_each_counts_once():
    parcels = gpd.GeoDataFrame(
        {"published_m2": [7, 7], "code": ["a", "b"]},
        geometry=[worlds.square(0, 0), worlds.square(1, 0)], crs=worlds.CRS,
    )  # fmt: skip
    part = ProtectionLayer(kind="basic_farmland", path="a.gpkg")
    frame, problems = tidy(parcels, part)
    assert problems == []
    (row,) = dissolve([frame]).itertuples()
    assert (row.code, row.published_m2, row.geometry.area) == ("basic_farmland", 7, 2e6)
    (row,) = dissolve([frame.assign(published_m2=[7, 8])]).itertuples()
    assert row.published_m2 == 15


def test_parcels_of_several_names_are_not_called_by_the_first():
    shapes = [shapely.box(0, 0, 1, 1), shapely.box(5, 0, 6, 1)]
    given = gpd.GeoDataFrame({"code": ["a", "b"], "name": ["西片", "东片"]}, geometry=shapes,
                             crs=worlds.CRS)  # fmt: skip
    part = ProtectionLayer(path="p.gpkg", kind="basic_farmland")
    (row,) = dissolve([tidy(given, part)[0]]).itertuples()
    assert (row.code, row.name) == ("basic_farmland", "永久基本农田")
    (row,) = dissolve([tidy(given.assign(name="西片"), part)[0]]).itertuples()
    assert row.name == "西片"
    coded = part.model_copy(update={"columns": part.columns.model_copy(update={"code": "code"})})
    rows = dissolve([tidy(given, coded)[0]])
    assert rows["name"].tolist() == ["西片", "东片"]


def test_red_lines_without_a_level_are_level_2():
    lines = worlds.redlines().drop(columns="level")
    frame, problems = tidy(lines, ProtectionLayer(kind="redline", path="a.gpkg"))
    assert problems == []
    assert redline_frame([frame])["level"].tolist() == [2, 2]


def test_land_of_two_levels_of_a_kind_counts_at_the_stricter_one():
    layer = gpd.GeoDataFrame(
        {"kind": ["core"] * 2, "code": ["A", "B"], "name": ["甲", "乙"],
         "level": pd.array([2, 1], "Int64"), "published_m2": pd.array([None] * 2, "Int64"),
         "type": pd.NA, "source": pd.NA, "year": pd.NA},
        geometry=[worlds.square(0, 0, 2, 1), worlds.square(0, 0)], crs=worlds.CRS,
    )  # fmt: skip
    ledger = build(Layers(worlds.square(0, 0, 3, 1), protections=layer), GRID)
    found = accounts_of(layer, ledger, sums.split(ledger.atoms, None))
    assert found["protection_levels"][["level", "area_m2"]].to_numpy().tolist() == [
        [1, 1_000_000], [2, 1_000_000]]  # fmt: skip
    assert found["protection_areas"]["area_m2"].tolist() == [2_000_000, 1_000_000]


def blobs(rng):
    """Make a few overlapping blobs over a city of 4 x 4 km."""
    made = []
    for _ in range(rng.integers(1, 4)):
        x, y = rng.uniform(0, 4000, 2)
        angle = np.sort(rng.uniform(0, 2 * np.pi, 9))
        radius = rng.uniform(200, 1500, 9)
        ring = np.c_[worlds.X + x + radius * np.cos(angle), worlds.Y + y + radius * np.sin(angle)]
        shape = shapely.make_valid(shapely.Polygon(ring))
        made += [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
    return made


def layers_of(seed):
    rng = np.random.default_rng(seed)
    city = worlds.square(0, 0, 4, 4)
    red = [(f"R{i}", 1 + i % 2, g) for i, g in enumerate(blobs(rng))]
    rows = [(kind, f"{kind}{i}", g) for kind in KINDS for i, g in enumerate(blobs(rng))]
    lines = gpd.GeoDataFrame(
        {"area_code": [r[0] for r in red], "level": [r[1] for r in red]},
        geometry=[r[2] for r in red], crs=worlds.CRS,
    )  # fmt: skip
    layer = gpd.GeoDataFrame(
        {"kind": [r[0] for r in rows], "code": [r[1] for r in rows],
         "level": pd.array([None] * len(rows), "Int64")},
        geometry=[r[2] for r in rows], crs=worlds.CRS,
    )  # fmt: skip
    use = rng.choice([0, 1, 3, 7, 17], (40, 40))
    raster = Raster(use, worlds.X, worlds.Y + 4000, 100.0, 100.0)
    return Layers(city, redlines=lines, protections=layer, landuse=raster)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6))
def test_free_protected_built_water_and_unknown_fill_the_city(seed):
    layers = layers_of(seed)
    ledger = build(layers, GRID)
    parts = sums.split(ledger.atoms, load_classes())
    kept = sums.covered(parts, load_kinds().index)
    dim = ~unknown.known_use(parts, load_classes())
    taken = kept | (parts["built_m2"] > 0) | (parts["water_m2"] > 0) | dim
    assert parts.loc[taken, "free_m2"].sum() == 0
    assert parts["free_m2"].sum() + parts.loc[taken, "area_m2"].sum() == ledger.city_m2
    # Each kind, and all together, against shapely alone.
    everything = {"redline": layers.redlines.geometry.to_numpy()}
    everything |= {k: g.to_numpy() for k, g in layers.protections.geometry.groupby(
        layers.protections["kind"])}  # fmt: skip
    for kinds in [*[[k] for k in everything], list(everything)]:
        shapes = np.concatenate([everything[k] for k in kinds])
        exact = shapely.intersection(shapely.union_all(shapes), layers.city).area
        m2 = int(parts.loc[sums.covered(parts, kinds), "area_m2"].sum())
        assert abs(m2 - exact) < 40


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6))
def test_the_order_of_protections_changes_nothing(seed):
    layers = layers_of(seed)
    ledger = build(layers, GRID)
    turned = Layers(
        layers.city, redlines=layers.redlines.iloc[::-1], landuse=layers.landuse,
        protections=layers.protections.sample(frac=1, random_state=seed % 1000),
    )  # fmt: skip
    other = build(turned, GRID)
    pd.testing.assert_frame_equal(ledger.atoms, other.atoms)
    pd.testing.assert_frame_equal(ledger.protection_sets, other.protection_sets)


#: One as an area, one as a rule of the plan; the others go the way of the first.
QUICK = ("core", "lock")


@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=() if k in QUICK else pytest.mark.slow) for k in KINDS]
)
def test_no_new_land_on_any_kind(kind, tmp_path):
    """One layer over the best of the land: allocation goes elsewhere, up to the last square."""
    path = worlds.write(
        tmp_path, extra=f'[[inputs.protections]]\nkind = "{kind}"\npath = "保.gpkg"\n'
    )
    gpd.GeoDataFrame(geometry=[worlds.square(0, 0, 5, 2.5)], crs=worlds.CRS).to_file(
        tmp_path / "保.gpkg"
    )
    plan = pipeline.run(planfile.load(path), tmp_path)
    column = load_kinds().loc[kind, "column"]
    whole = plan.units[column] == plan.units["area_m2"]
    assert whole.sum() == 10
    assert plan.units.loc[whole, "new_m2"].sum() == plan.units.loc[whole, "free_m2"].sum() == 0
    left = plan.units["area_m2"] - plan.units[column]
    assert (plan.units["new_m2"] <= left).all()


def test_the_ledger_of_an_old_plan_becomes_sets():
    old = pd.DataFrame({
        "unit": ["a"] * 4, "township": "t", "county": "c", "red_set": 0, "red_level": 0,
        "core": [False, True, False, True], "lock": ["", "", "x+y", "x"], "landuse": 1,
        "area_m2": [1, 2, 3, 4],
    })  # fmt: skip
    atoms, sets = upgrade_ledger(old)
    assert list(atoms.columns) == [*KEYS, "area_m2"]
    assert atoms["protected_by"].tolist() == ["", "core", "lock", "core+lock"]
    assert atoms["protection_set"].tolist() == [0, 1, 3, 2]
    members = sets.groupby("protection_set")["code"].agg(list).to_dict()
    assert members == {1: ["core"], 2: ["core", "x"], 3: ["x", "y"]}


def test_kinds_have_words_colours_and_columns_of_their_own():
    kinds = load_kinds()
    assert kinds["column"].is_unique
    assert kinds["colour"].is_unique
    assert set(kinds["column"].drop("redline")) == set(sums.KIND_SUMS)
    assert not set(sums.KIND_SUMS) & set(sums.USE_SUMS)
    for a, b in itertools.combinations(kinds["zh"], 2):
        assert a != b


@pytest.mark.slow
def test_sets_of_protections_stand_in_plans_that_have_some(tmp_path):
    gpd.GeoDataFrame(
        {"code": ["F"], "name": ["田"]}, geometry=[worlds.square(3, 0)], crs=worlds.CRS
    ).to_file(tmp_path / "田.gpkg")
    layer = '[[inputs.protections]]\nkind = "basic_farmland"\npath = "田.gpkg"\n'
    for extra, rows in (("", None), (layer, 1)):
        path = worlds.write(tmp_path, extra=extra)
        plan = pipeline.run(planfile.load(path), tmp_path)
        assert plan.ledger["protection_set"].max() == (rows or 0)
        assert len(plan.tables.get("protection_sets", ())) == (rows or 0)
        assert ("protection_sets" in plan.tables) is (rows is not None)


def test_prices_and_the_account_of_areas_say_the_same_of_each_area(plan):
    """Two ways to one thing: what an area alone keeps, and the units that hang on it."""
    found = released(plan)
    areas = tables_of(plan)["protection_areas"]
    red = plan.tables["redline_areas"].iloc[:-1].rename(columns={"area_code": "code"})
    for row in pd.concat([areas, red.assign(kind="redline")]).itertuples():
        mine = found[(found["kind"] == row.kind) & (found["rule_code"] == row.code)]
        turned = mine.loc[mine["township_zone"].notna(), "piece"].str.split("|").str[0]
        assert mine["released_m2"].sum() == row.kept_m2, row.code
        # Of H1 half lies on farmland, which the overlay does not count: both its units hang on it.
        assert turned.nunique() == row.units_changed, row.code


@pytest.mark.parametrize("areas", [0, 1, 2])
def test_units_that_an_area_touches_however_many_there_are(areas):
    """One area over two of three units, or two areas over all; without any nothing hangs."""
    from types import SimpleNamespace

    from zoning.pipeline.withdrawn import areas_over

    red = {0: [0, 0, 0], 1: [0, 1, 1], 2: [2, 1, 1]}[areas]
    atoms = pd.DataFrame({"unit": ["a", "b", "c"], "red_set": red, "protection_set": 0,
                          "area_m2": [5, 7, 9]})  # fmt: skip
    sets = pd.DataFrame({"red_set": [1, 2], "area_code": ["R1", "R2"]}).iloc[:areas]
    none = pd.DataFrame({"protection_set": [], "kind": [], "code": []})
    over = areas_over(atoms, sets, none)
    units = pd.DataFrame(index=["a", "b", "c"])
    found = over.hanging(atoms.iloc[over.atoms], units, SimpleNamespace(replacing=()))
    pairs = [
        (units.index[u], over.areas[a][1]) for u, a in zip(found.unit, found.area, strict=True)
    ]
    every = [("a", "R2"), ("b", "R1"), ("c", "R1")]
    assert pairs == {0: [], 1: every[1:], 2: every}[areas]
    assert over.sole().tolist() == {0: [], 1: [0, 0], 2: [1, 0, 0]}[areas]
    assert not found.changed.any() and (found.then < 0).all()


def drawn(plan, **changed):
    """Give the contribution of the plan's own layer and tables, some changed."""
    layer = changed.pop("layer", protected.of_plan(plan))
    places = ("county", "township")
    bare = {n: t.drop(columns="name") if set(places) & set(t) else t
            for n, t in tables_of(plan).items()}  # fmt: skip
    return protected.contribution(layer, {**bare, **changed}, {"321001": "某县"})


def test_tables_of_more_than_200_rows_stand_in_the_spreadsheets_only(plan):
    areas = tables_of(plan)["protection_areas"]
    for n, shown in ((200, True), (201, False)):
        long = areas.iloc[np.zeros(n, int)].reset_index(drop=True)
        given = drawn(plan, protection_areas=long)
        assert ("protection_areas" in given.chapters[0].tables) is shown
        assert len(given.table("protection_areas").frame) == n


def test_levels_of_protected_land_are_told_where_there_are_some(plan):
    given = drawn(plan)
    names = [t.name for t in given.tables]
    assert given.chapters[0].tables == (
        "protection_kinds", "protection_areas", "protection_levels", "protection_by_county",
        "protection_by_township", "protection_by_zone",
    )  # fmt: skip
    levels = tables_of(plan)["protection_levels"].assign(level=pd.NA)
    bare = drawn(plan, protection_levels=levels)
    assert [t.name for t in bare.tables] == [n for n in names if n != "protection_levels"]
    assert "protection_levels" not in bare.chapters[0].tables
    # Names stand beside the codes of places, missing where nobody knows them.
    county = given.table("protection_by_county").frame
    assert list(county)[:2] == ["county", "name"]
    assert dict(zip(county["county"], county["name"], strict=True)) == {
        "321001": "某县", "321002": pd.NA}  # fmt: skip


def test_a_code_that_is_a_kind_is_told_as_one(plan):
    given = drawn(plan)
    words = {f.name: f.words for f in given.layers[0].fields}
    kinds = {str(k): row["en"] for k, row in load_kinds().iterrows()}
    assert {k: t.en for k, t in words["code"].items()} == kinds
    own = protected.of_plan(plan).replace({"code": {"basic_farmland": "b1"}})
    fields = {f.name: f for f in drawn(plan, layer=own).layers[0].fields}
    assert not fields["code"].words and set(fields["kind"].words) > set(kinds)
    assert (fields["year"].label.en, fields["year"].unit) == ("year", "year")
    # Drawn and told are the kinds that are there, in their order, and land without protection.
    there = [k for k in kinds if k in {"redline", "basic_farmland", "heritage"}]
    assert [c.code for c in given.themes[0].classes] == [*there, "none"]
    assert [c.code for c in given.layers[0].classes] == [k for k in there if k != "redline"]


def test_names_and_sums_of_protected_land_are_found_with_and_without_a_layer(plan):
    assert protected.names_of(plan) == {"basic_farmland": "永久基本农田", "H1": "古城", "H2": "H2",
                                        "R1": "甲山", "R2": "乙湖"}  # fmt: skip
    assert protected.protected_of(plan) == 5_000_000
    bare = replace(plan, contributions=plan.contributions[1:])
    assert protected.of_plan(bare) is None
    assert protected.names_of(bare) == {"R1": "甲山", "R2": "乙湖"}
    assert protected.names_of(replace(bare, redlines=None)) == {}
    units = bare.units.drop(columns="protected_m2")
    assert protected.protected_of(replace(bare, units=units)) is None
