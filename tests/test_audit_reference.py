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


#: What the register calls the kinds, and how many there are of each, as reported.
KINDS = {"现代农业园区": "modern_agriculture", "先进制造业园区": "advanced_manufacturing",
         "现代服务业集聚区": "modern_service"}  # fmt: skip
COUNTS = {"modern_agriculture": 30, "advanced_manufacturing": 20, "modern_service": 30}


def register():
    return gpd.read_file(DATA / "parks" / "zhenjiang.gpkg", layer="parks")


@pytest.fixture(scope="module")
def plan():
    config = planfile.load(DATA / "zhenjiang-plans.toml")
    still = config.allocation.model_copy(update={"enabled": False})
    return api.run(config.model_copy(update={"allocation": still}), folder=DATA)


@pytest.fixture(scope="module")
def frames(plan):
    wings = [c for c in plan.contributions if c.wing in ("audit", "parks")]
    layers = {layer.name: layer.frame for c in wings for layer in c.layers}
    return {t.name: t.frame for c in wings for t in c.tables} | layers


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
    for kind, some in register().groupby("kind"):
        found["park", KINDS[kind]] = shapely.union_all(some.geometry.to_numpy())
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
    # Of a park that lies where it should there is nothing, so these are the planted ones.
    faults = pd.read_csv(DATA / "parks" / "planted.csv", encoding="utf-8")
    parks = real["claims"].str.contains("park=")
    wrong = faults[faults["check"].isin(("protected", "growth_boundary", "overlap"))]
    mine = register().set_index("code").geometry[wrong["park"]].union_all()
    assert parks.sum() >= 6 and shapely.within(real.geometry[parks], mine.buffer(1)).all()
    assert set(real["rule"][parks]) == {"park-redline", "park-pbf", "park-outside", "two-parks"}
    real = real[~parks]
    near = np.array([shapely.distance(g, spots).min() < 400 for g in real.geometry])
    rest = real[~near]
    assert set(rest["rule"]) <= {"pbf-redline"}
    farm = gpd.read_file(DATA / "farmland" / "zhenjiang.gpkg").union_all()
    red = gpd.read_file(DATA / "redlines" / "zhenjiang.gpkg").union_all()
    assert abs(rest["area_m2"].sum() - farm.intersection(red).area) < 5000


def test_parks_are_thirty_twenty_thirty_and_every_fault_is_found(plan, frames):
    """Whatever is found of parks follows from the files by shapely and a dozen lines."""
    parks, layer = register(), frames["parks"].set_index("code")
    assert layer["kind"].value_counts().to_dict() == COUNTS
    found = {(r.park, r.check): r.level for r in frames["park_findings"].itertuples()}
    planted = pd.read_csv(DATA / "parks" / "planted.csv", encoding="utf-8")
    assert {(r.park, r.check): r.level for r in planted.itertuples()}.items() <= found.items()
    city = plan.city.geometry.iloc[0]
    red = gpd.read_file(DATA / "redlines" / "zhenjiang.gpkg").union_all()
    farm = gpd.read_file(DATA / "farmland" / "zhenjiang.gpkg").union_all()
    growth = gpd.read_file(DATA / "plans/zhenjiang.gpkg", layer="growth_boundary").union_all()
    both = shapely.union(red, farm)
    wanted = {}
    for row in parks.itertuples():
        fields, here = row.kind == "现代农业园区", row.geometry & city
        got = layer.loc[row.code]
        for m2, shape in (
            (got["park_m2"], row.geometry), (got["inside_m2"], here),
            (got["protected_m2"], here & both), (got["outside_growth_m2"], here - growth),
        ):  # fmt: skip
            assert abs(m2 - shape.area) <= 0.51, row.code
        musts = [row.planned_area_ha, row.leading_industries, row.goals, row.mechanism]
        if any(pd.isna(m) for m in musts) or row.four_sides.count("至") < 4:
            wanted[row.code, "musts"] = "warning"
        off = abs(row.planned_area_ha * 1e4 / row.geometry.area - 1)
        if off > 0.01:
            wanted[row.code, "area"] = "error" if off > 0.05 else "warning"
        if (here & both).area > 0.5:
            note = fields and (here & red).area < 0.5
            wanted[row.code, "protected"] = "note" if note else "error"
        if (here - growth).area > 0.5:
            wanted[row.code, "growth_boundary"] = "note" if fields else "warning"
        if row.geometry.area - here.area > 1.5:
            wanted[row.code, "outside_plan"] = "warning"
    for one, other in itertools.permutations(parks.itertuples(), 2):
        if shapely.intersection(one.geometry, other.geometry).area > 0.5:
            wanted[one.code, "overlap"] = "warning"
    lists = {k: v for k, v in found.items() if k[1].startswith("industry")}
    assert wanted == {k: v for k, v in found.items() if k not in lists}
    # What is neither planted nor a note follows from where the planted ones were put.
    rest = {k for k, v in wanted.items() if v != "note"} - set(
        zip(planted["park"], planted["check"], strict=True)
    )
    wrong = planted[planted["check"] == "protected"]["park"]
    assert {check for _, check in rest} == {"growth_boundary"} and {p for p, _ in rest} <= set(
        wrong
    )


def test_parks_industries_against_the_list_by_a_second_reading(plan, frames):
    """The longest prefix in each zone that a park touches, the worst of all zones."""
    rows = pd.read_csv(DATA / "access" / "made-up.csv", dtype=str, keep_default_na=False)
    rows = rows[(rows["rule"] == "") & rows["valid_to"].eq("")]
    order = ["encouraged", "allowed", "condition", "restricted", "forbidden"]
    zone, wanted = plan.units["zone"], {}
    for park in register().itertuples():
        touched = zone[plan.units.intersects(park.geometry)]
        cut = plan.units.geometry[touched.index].intersection(park.geometry).area
        zones = set(touched[cut.groupby(level=0).sum().reindex(touched.index) >= 0.5].dropna())
        leading = park.leading_industries
        for code in [] if pd.isna(leading) else leading.split("、"):
            if not code.isascii():
                continue
            said = []
            for z in zones:
                mine = rows[(rows.scope == "zone") & (rows.scope_id == z)]
                mine = mine[[code.startswith(p) for p in mine.code_prefix]]
                for _, some in mine.groupby("dimension"):
                    said.append(max(some.itertuples(), key=lambda r: len(r.code_prefix)).status)
            general = rows[(rows.scope == "all") & (rows.code_prefix != "*")]
            said += [r.status for r in general.itertuples() if code.startswith(r.code_prefix)]
            worst = max(said or ["allowed"], key=order.index)
            if worst not in ("allowed", "encouraged"):
                level = "error" if worst == "forbidden" else "warning"
                wanted.setdefault((park.code, level), 0)
                wanted[park.code, level] += 1
    found = frames["park_findings"]
    found = found[found["check"] == "industry"]
    assert found.groupby(["park", "level"]).size().to_dict() == wanted
    assert ("ZZ02", "error") in wanted


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

    for name in ("boundaries", "redlines", "farmland", "facts", "landuse", "townships"):
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
    again = gpd.read_file(tmp_path / "parks/zhenjiang.gpkg")
    assert again.drop(columns="geometry").equals(register().drop(columns="geometry"))
    assert abs(again.area - register().area).max() < 1
    for name in ("plans/planted.csv", "parks/planted.csv", "zhenjiang-plans.toml"):
        assert (DATA / name).read_bytes() == (tmp_path / name).read_bytes()


def test_the_pages_say_what_is_found(plan, frames):
    levels = frames["audit_levels"].set_index("level")
    open_ = frames["conflicts"].query("level == 'conflict'")
    ha = open_["area_m2"].sum() / 1e4
    both = levels.loc[["conflict", "warning"]].sum() / 1e4
    faults = len(pd.read_csv(DATA / "parks" / "planted.csv", encoding="utf-8"))
    said = {
        "review.md": (
            f"{len(open_)} patches of level conflict with {ha:.1f} ha are undecided",
            f"go from {both['before_m2']:.1f} ha to\n{both['after_m2']:.1f} ha",
        ),
        "review.zh-CN.md": (
            f"{len(open_)} 个级别为冲突的图斑（{ha:.1f} 公顷）尚未决定",
            f"由 {both['before_m2']:.1f} 公顷减为\n{both['after_m2']:.1f} 公顷",
        ),
        "review-sites.md": (f"in {faults} places",), "review-sites.zh-CN.md": (f"{faults} 处",),
    }  # fmt: skip
    for name, texts in said.items():
        page = (ROOT / "docs" / name).read_text(encoding="utf-8")
        for text in texts:
            assert text in page, (name, text)
