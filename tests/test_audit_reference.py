"""The audit of the reference case: what was planted is found, to the m², and nothing else."""

from __future__ import annotations

import importlib.util
import itertools
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from zoning import api, planfile
from zoning.inputs.plans import load_roles
from zoning.review.audit.rules import load_rules

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def plan():
    config = planfile.load(DATA / "zhenjiang-plans.toml")
    still = config.allocation.model_copy(update={"enabled": False})
    return api.run(config.model_copy(update={"allocation": still}), folder=DATA)


@pytest.fixture(scope="module")
def frames(plan):
    wing = next(c for c in plan.contributions if c.wing == "audit")
    return {t.name: t.frame for t in wing.tables} | {"conflicts": wing.layers[0].frame}


@pytest.fixture(scope="module")
def ground(plan):
    """Dissolve the files themselves: what each role and class claims."""
    roles = load_roles()
    found = {}
    for part in plan.config.inputs.plans:
        layer = gpd.read_file(DATA / part.path, layer=part.layer)
        for name, some in layer.groupby("类别"):
            code = roles[part.role].words[name]
            found[part.role, code] = shapely.union_all(some.geometry.to_numpy())
    red = gpd.read_file(DATA / "redlines" / "zhenjiang.gpkg")
    for level, some in red.groupby("level"):
        found["redline", f"level{level}"] = shapely.union_all(some.geometry.to_numpy())
    farm = gpd.read_file(DATA / "farmland" / "zhenjiang.gpkg").geometry.to_numpy()
    found["basic_farmland", "basic_farmland"] = shapely.union_all(farm)
    city = plan.city.geometry.iloc[0]
    boundary = shapely.union_all([s for (r, _), s in found.items() if r == "growth_boundary"])
    found["growth_boundary", "outside"] = city.difference(boundary)
    return {claim: shapely.intersection(shape, city) for claim, shape in found.items()}


def test_every_pair_has_the_area_that_shapely_gives_and_no_other_pair_is_told(frames, ground):
    rules, told = load_rules(), {}
    for row in frames["audit_pairs"].itertuples():
        told[frozenset((row.claim_a, row.claim_b))] = (row.level, row.area_m2)
    seen = 0
    for (a, one), (b, other) in itertools.combinations(sorted(ground.items()), 2):
        m2 = shapely.intersection(one, other).area
        key = frozenset(("=".join(a), "=".join(b)))
        level, got = told.pop(key, ("pass", 0))
        assert abs(got - m2) <= 3, (key, got, m2)  # three patches' roundings
        assert level == (rules.match(a, b).level if got else level)
        seen += m2 > 1
    assert not told
    assert seen > 40


def test_what_was_planted_is_found_as_its_class(plan, frames):
    planted = pd.read_csv(DATA / "plans" / "planted.csv", encoding="utf-8")
    layer = frames["conflicts"]
    for row in planted.itertuples():
        here = layer[layer.contains(shapely.Point(row.x, row.y))]
        assert here["kind"].tolist() == [row[2]], row.name
        assert row.role in here["claims"].iloc[0]
    assert set(planted["class"]) == {"F", "P", "A", "B", "O", "W", "E", "U"}


def test_patches_are_the_parts_that_overlays_give(frames, ground):
    """Another way than faces: each patch again from its claims, less every other claim."""
    layer = frames["conflicts"]
    some = layer[layer["level"].isin(("conflict", "warning"))]
    assert len(some) > 20
    for row in some.itertuples():
        claims = {tuple(c.split("=")) for c in row.claims.split(" + ")}
        shape = row.geometry.envelope.buffer(50)
        for claim, ground_of in ground.items():
            near = shapely.intersection(ground_of, row.geometry.envelope.buffer(50))
            shape = shape.intersection(near) if claim in claims else shape.difference(near)
        part = [
            p for p in shapely.get_parts(shape) if p.intersects(row.geometry.representative_point())
        ]
        assert len(part) == 1
        assert abs(part[0].area - row.area_m2) <= 1
        assert abs(shapely.symmetric_difference(part[0], row.geometry).area) < 0.5


def test_nothing_else_than_what_was_planted_or_lies_in_the_shipped_layers(frames):
    planted = pd.read_csv(DATA / "plans" / "planted.csv", encoding="utf-8")
    spots = shapely.points(planted[["x", "y"]].to_numpy(float))
    layer = frames["conflicts"]
    real = layer[layer["level"].isin(("conflict", "unclassified", "warning"))]
    near = np.array([shapely.distance(g, spots).min() < 400 for g in real.geometry])
    rest = real[~near]
    assert set(rest["rule"]) <= {"pbf-redline"}
    farm = gpd.read_file(DATA / "farmland" / "zhenjiang.gpkg").union_all()
    red = gpd.read_file(DATA / "redlines" / "zhenjiang.gpkg").union_all()
    assert abs(rest["area_m2"].sum() - farm.intersection(red).area) < 5000


def test_the_classes_add_up_to_the_city(plan, frames):
    total = plan.run["area_m2"]["city"]
    for name in ("audit_classes", "audit_sets", "audit_atoms"):
        assert frames[name]["area_m2"].sum() == total
    assert frames["audit_levels"][["before_m2", "after_m2"]].sum().tolist() == [total, total]
    # Planned by one plan or both, less what gives way, is planned afterwards.
    cap = frames["audit_cap"].set_index("place")
    counties = cap.drop("city").sum()
    for name in ("planned_before_m2", "planned_after_m2", "new_before_m2", "new_after_m2"):
        assert counties[name] == cap.loc["city", name]
    assert cap.loc["city", "planned_after_m2"] < cap.loc["city", "planned_before_m2"]


def test_the_builder_gives_the_shipped_layers_again(tmp_path):
    import shutil

    for name in ("boundaries", "redlines", "farmland", "facts", "landuse"):
        shutil.copytree(DATA / name, tmp_path / name)
    shutil.copy(DATA / "zhenjiang.toml", tmp_path)
    spec = importlib.util.spec_from_file_location("build_plans", ROOT / "scripts/build_plans.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.main(tmp_path)
    for role in script.plans.ROLES:
        one = gpd.read_file(DATA / "plans/zhenjiang.gpkg", layer=role)
        two = gpd.read_file(tmp_path / "plans/zhenjiang.gpkg", layer=role)
        assert one["类别"].tolist() == two["类别"].tolist()
        assert abs(one.area - two.area).max() < 1
    for name in ("plans/planted.csv", "zhenjiang-plans.toml"):
        assert (DATA / name).read_bytes() == (tmp_path / name).read_bytes()
