"""The audit of plans: every conflict found, exactly, and nothing else."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.ops
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st
from test_plans import PLANS

from zoning import api
from zoning.contribution.rules import check
from zoning.errors import InputError
from zoning.grid.lattice import GridSpec
from zoning.inputs.plans import load_roles
from zoning.planfile.models import AuditPart
from zoning.review.audit import partition as cutting
from zoning.review.audit import patches as judging
from zoning.review.audit.claims import _layer, gather
from zoning.review.audit.offset import find_shifts
from zoning.review.audit.partition import measure
from zoning.review.audit.patches import judge, widths
from zoning.review.audit.resolve import precedences, propose
from zoning.review.audit.rules import LEVELS, load_rules
from zoning.review.audit.settings import load_order, load_settings, load_tolerance

GRID = GridSpec(worlds.CRS)
X, Y = 440_000.0, 3_540_000.0
RULES, TOLERANCE = load_rules(), load_tolerance()
POOL = [
    ("land_use_plan", "allowed"), ("land_use_plan", "forbidden"), ("urban_plan", "industrial"),
    ("urban_plan", "non_construction"), ("redline", "level1"), ("redline", "level2"),
    ("basic_farmland", "basic_farmland"), ("forest", "protected"),
]  # fmt: skip


def blob(rng, radius, at, n=40):
    """A curved outline; no side is parallel to an axis."""
    t = np.linspace(0, 2 * np.pi, n, endpoint=False) + rng.random()
    r = radius * (1 + 0.25 * np.sin(3 * t + 6 * rng.random()) + 0.08 * rng.random(n))
    return shapely.polygons(np.column_stack([at[0] + r * np.cos(t), at[1] + r * np.sin(t)]))


def city(rng, side=6000.0):
    return shapely.transform(
        shapely.box(0, 0, side, side),
        lambda xy: (xy - side / 2) @ np.array([[0.98, 0.19], [-0.19, 0.98]]) + [X, Y] + side / 2,
    )


def audited(where, rows, outside=None, block=64, tolerance=TOLERANCE):
    """Audit bare claims; give the partition and what the rules say of it."""
    claims = gather(rows, [_layer("urban_plan", "[[inputs.plans]]", len(rows))], outside or {})
    found = measure(where, None, claims, RULES, GRID, block=block)
    return found, judge(found, claims.claims, RULES, tolerance, where, GRID)


def second(where, rows, outside=None):
    """The same by shapely alone: ground of each set of claims."""
    union = {}
    for claim, shape, _ in rows:
        union[claim] = shape.union(union[claim]) if claim in union else shape
    for role, rest in (outside or {}).items():
        inside = shapely.union_all([s for c, s in union.items() if c[0] == role])
        union[role, rest] = where.difference(inside)
    ground = {}
    for n in range(len(union) + 1):
        for some in itertools.combinations(sorted(union), n):
            here = where
            for claim, shape in union.items():
                here = here.intersection(shape) if claim in some else here.difference(shape)
                if here.is_empty:
                    break
            if here.area > 1e-6:
                ground[some] = here
    return ground


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 7), st.sampled_from([2, 3, 64]))
def test_random_layers_are_what_shapely_says(seed, n, block):
    rng = np.random.default_rng(seed)
    where = city(rng)
    rows = [
        (POOL[rng.integers(len(POOL))], blob(rng, 300 + 1500 * rng.random(),
                                             (X + 6000 * rng.random(), Y + 6000 * rng.random())), 0)
        for _ in range(n)
    ]  # fmt: skip
    rest = {"land_use_plan": "elsewhere"} if rng.random() < 0.5 else {}
    found, told = audited(where, rows, rest, block)
    ground = second(where, rows, rest)
    sets = {tuple(told.claims_of(k)): k for k in range(len(told.signs))}
    assert set(sets) >= set(ground)
    atoms = told.atoms.groupby("sign")["area_m2"].sum()
    for claims, shape in ground.items():
        k = sets[claims]
        assert abs(found.area_m2[found.sign == k].sum() - shape.area) < 1e-3
        assert abs(atoms.get(k, 0) - shape.area) < 1
        parts = [p for p in shapely.get_parts(shape) if p.area > 1]
        mine = told.patches[(told.patches["sign"] == k) & (told.patches["exact_m2"] > 1)]
        if (found.shape_sign == k).any():
            assert sorted(mine["exact_m2"]) == pytest.approx(
                sorted(p.area for p in parts), abs=0.01
            )
    assert told.atoms["area_m2"].sum() == round(where.area)


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**9))
def test_planted_conflicts_are_found_and_nothing_else(seed):
    """Copies of one outline, moved, turned and clipped; edges that are shared are no conflict."""
    rng = np.random.default_rng(seed)
    where = city(rng, 9000.0)
    town = blob(rng, 900, (X + 3000, Y + 3000), n=80)
    # A neighbour shares the town's edge: its ring is cut out of it, vertex for vertex.
    ring = shapely.difference(blob(rng, 1500, (X + 3000, Y + 3000), n=60), town)
    farm = shapely.affinity.rotate(shapely.affinity.translate(town, 700, 250), 25)
    red = shapely.intersection(shapely.affinity.translate(town, -500, 600), where)
    far = blob(rng, 500, (X + 7000, Y + 6500))
    twin = shapely.affinity.rotate(shapely.affinity.scale(far, 0.6, 0.7), 40)
    rows = [
        (("urban_plan", "industrial"), town, 0), (("land_use_plan", "forbidden"), ring, 0),
        (("basic_farmland", "basic_farmland"), farm, 0), (("redline", "level1"), red, 0),
        (("land_use_plan", "allowed"), far, 0), (("urban_plan", "non_construction"), twin, 0),
    ]  # fmt: skip
    _, told = audited(where, rows)
    expected = []
    for claims, shape in second(where, rows).items():
        level = RULES.matches(claims)[0].level if len(claims) > 1 else "pass"
        for part in shapely.get_parts(shape) if level != "pass" else ():
            wide = shapely.intersection(part.buffer(-2.5).buffer(2.5), part).area
            if part.area > 1 and abs(wide - 400) > 2:
                kind = RULES.matches(claims)[0].kind if wide > 400 else "G"
                expected.append((round(part.area, 2), kind))
    told = told.patches[(told.patches["exact_m2"] > 1) & (abs(told.patches["real_m2"] - 400) > 2)]
    got = list(zip(told["exact_m2"].round(2), told["kind"], strict=True))
    assert [k for _, k in sorted(got)] == [k for _, k in sorted(expected)]
    assert [a for a, _ in sorted(got)] == pytest.approx([a for a, _ in sorted(expected)], abs=0.02)
    assert {"A", "D", "P", "F"} & {k for _, k in got}
    assert (abs(told["area_m2"] - told["exact_m2"]) < 1).all()


def test_three_plans_on_one_spot_count_once():
    rng = np.random.default_rng(3)
    where = city(rng)
    spot = blob(rng, 800, (X + 3000, Y + 3000))
    rows = [
        (("urban_plan", "industrial"), spot, 0), (("redline", "level1"), spot, 0),
        (("basic_farmland", "basic_farmland"), spot, 0),
    ]  # fmt: skip
    _, told = audited(where, rows)
    assert len(told.patches) == 1
    assert abs(told.patches["area_m2"][0] - spot.area) < 1
    assert told.patches["kind"][0] == "D" and len(told.matches[told.patches["sign"][0]]) == 3


@pytest.mark.slow
def test_the_order_of_inputs_changes_nothing():
    rng = np.random.default_rng(8)
    where = city(rng)
    rows = [
        (POOL[k % len(POOL)], blob(rng, 900, (X + 6000 * rng.random(), Y + 6000 * rng.random())), 0)
        for k in range(12)
    ]  # fmt: skip
    frames = []
    for order in (range(12), reversed(range(12)), rng.permutation(12).tolist()):
        _, told = audited(where, [rows[k] for k in order], block=3)
        frames.append((told.signs, told.atoms, told.patches.drop(columns=["x", "y"])))
    for signs, atoms, patches in frames[1:]:
        assert signs == frames[0][0]
        pd.testing.assert_frame_equal(atoms, frames[0][1])
        pd.testing.assert_frame_equal(patches, frames[0][2], atol=1e-6)


@pytest.mark.slow
def test_a_wider_tolerance_only_makes_slivers_of_conflicts():
    from dataclasses import replace

    rng = np.random.default_rng(5)
    where = city(rng)
    rows = []
    for k, step in enumerate((1.0, 3.0, 9.0, 40.0)):
        # A farm around a town, cut out along the town's edge and then moved: thin moons overlap.
        town = blob(rng, 700, (X + 1700 + 2600 * (k % 2), Y + 1700 + 2600 * (k // 2)), n=90)
        ring = shapely.difference(town.buffer(300), town)
        rows.append((("urban_plan", "industrial"), town, 0))
        moved = shapely.affinity.translate(ring, step, -step / 3)
        rows.append((("basic_farmland", "basic_farmland"), moved, 0))
    before = -1
    for width, area in ((0.1, 0), (2, 100), (5, 400), (12, 400), (40, 2000), (400, 10**6)):
        some = replace(TOLERANCE, width_m=width, area_m2=area)
        _, told = audited(where, rows, tolerance=some)
        slivers = int(told.atoms.loc[told.atoms["kind"] == "G", "area_m2"].sum())
        assert slivers >= before and told.atoms["area_m2"].sum() == round(where.area)
        before = slivers
    assert before > 0 and not (told.patches["kind"] != "G").any()


@pytest.mark.parametrize(
    ("shape", "width", "sliver"),
    [
        (shapely.box(0, 0, 1000, 3), 3.0, True),
        (shapely.box(0, 0, 30, 30), 30.0, False),
        (shapely.box(0, 0, 200, 6), 6.0, False),
        (shapely.box(0, 0, 300, 5.1), 5.1, False),
        (shapely.box(0, 0, 300, 4.95), 4.95, True),
        (shapely.box(0, 0, 100, 20), 20.0, False),
        (shapely.box(0, 0, 15, 15), 15.0, True),  # wide, and below what surveys map
        # A thread with a yard at its end: what is wider than the tolerance is land.
        (shapely.union_all([shapely.box(0, 0, 900, 2), shapely.box(900, 0, 940, 40)]), 40.0, False),
        (shapely.union_all([shapely.box(0, 0, 900, 2), shapely.box(900, 0, 910, 10)]), 10.0, True),
    ],
)
def test_two_measures_tell_slivers(shape, width, sliver):
    turned = shapely.affinity.rotate(shape, 31)
    found = widths(np.array([turned]), TOLERANCE)
    assert found.width_m[0] == pytest.approx(width, rel=0.02)
    assert bool(found.sliver[0]) is sliver


def test_slivers_say_what_they_are():
    rng = np.random.default_rng(2)
    where = city(rng)
    town = blob(rng, 900, (X + 3000, Y + 3000), n=90)
    farm = shapely.affinity.translate(shapely.difference(town.buffer(500), town), 1.5, -1.0)
    t = np.linspace(-2500, 2500, 60)
    road = shapely.linestrings(
        np.column_stack([X + 3000 + t, Y + 3000 + 0.4 * t + 90 * np.sin(t / 400)])
    )
    yard = shapely.affinity.rotate(shapely.box(X + 3100, Y + 2700, X + 3115, Y + 2715), 20)
    rows = [
        (("urban_plan", "industrial"), town, 0), (("basic_farmland", "basic_farmland"), farm, 1),
        (("forest", "protected"), road.buffer(1.5), 2), (("forest", "protected"), yard, 2),
    ]  # fmt: skip
    layers = [_layer(r, "[[inputs.plans]]", 1) for r in ("urban_plan", "basic_farmland", "forest")]
    claims = gather(rows, layers, {})
    found = measure(where, None, claims, RULES, GRID)
    lines = (shapely.boundary(claims.shapes), claims.layer)
    told = judge(found, claims.claims, RULES, TOLERANCE, where, GRID, lines)
    forms = {}
    for row in told.patches.itertuples():
        forms.setdefault("+".join(sorted(r for r, _ in told.claims_of(row.sign))), set()).add(
            row.form
        )
    assert "edge" in forms["basic_farmland+urban_plan"]
    # The road and the yard lie inside the town and the farm: both long sides are their own.
    assert {"thin", "speck"} <= forms["forest+urban_plan"]
    assert "thin" in forms["basic_farmland+forest"]
    real = told.patches["kind"] != "G"
    assert set(told.patches.loc[real, "form"]) <= {""}


def test_lines_are_cut_into_runs_that_are_all_of_them():
    rng = np.random.default_rng(4)
    blobs = [blob(rng, 200, (X + 900 * k, Y), n) for k, n in enumerate((3, 8, 9, 40))]
    ring = shapely.Point(X, Y + 5000).buffer(90).difference(shapely.Point(X, Y + 5000).buffer(40))
    lines = shapely.boundary([*blobs, ring, shapely.Polygon()])
    pieces, owner = judging._pieces(lines)
    assert sorted(set(owner.tolist())) == [0, 1, 2, 3, 4]
    assert (shapely.get_num_coordinates(pieces) <= judging._RUN + 1).all()
    for k in range(5):
        mine = shapely.union_all(pieces[owner == k])
        assert shapely.equals(mine, lines[k])
        assert shapely.length(pieces[owner == k]).sum() == pytest.approx(shapely.length(lines[k]))


def test_equal_edges_stand_together_also_where_their_numbers_meet(monkeypatch):
    rng = np.random.default_rng(6)
    ends = rng.integers(0, 3, (400, 4)).astype(float)
    ends[ends == 0] *= rng.choice([-1, 1], (ends == 0).sum())
    sign = rng.integers(0, 2, 400)
    want = pd.DataFrame(ends + 0.0).assign(s=sign).groupby([0, 1, 2, 3, "s"]).ngroup().to_numpy()
    for mix in (cutting._MIX, np.uint64(0)):  # with 0 all rows have one number
        monkeypatch.setattr(cutting, "_MIX", mix)
        order, alike = cutting._side_by_side(ends, sign)
        assert sorted(order) == list(range(400))
        assert (alike == (want[order[1:]] == want[order[:-1]])).all()
        assert (~alike).sum() + 1 == want.max() + 1


def test_a_pair_without_a_rule_is_never_passed():
    rng = np.random.default_rng(1)
    where, spot = city(rng), blob(rng, 700, (X + 2500, Y + 2500))
    rows = [(("water_plan", "canal"), spot, 0), (("urban_plan", "industrial"), spot, 0)]
    _, told = audited(where, rows)
    assert told.patches["level"].tolist() == ["unclassified"]
    # A wildcard fits every class but one that is not known.
    assert RULES.match(("urban_plan", "own"), ("existing_use", "cropland")).level == "pass"
    rows = [(("urban_plan", "unknown"), spot, 0), (("existing_use", "cropland"), spot, 0)]
    assert audited(where, rows)[1].patches["level"].tolist() == ["unclassified"]


def test_parcels_of_one_class_that_share_an_edge_are_one_patch():
    rng = np.random.default_rng(21)
    where, town = city(rng), blob(rng, 900, (X + 3000, Y + 3000))
    bend = shapely.LineString([(X, Y + 2500), (X + 3100, Y + 3050), (X + 7000, Y + 3300)])
    halves = shapely.get_parts(shapely.ops.split(town, bend))
    assert len(halves) == 2
    rows = [(("urban_plan", "industrial"), s, 0) for s in halves]
    rows += [(("redline", "level1"), blob(rng, 700, (X + 3000, Y + 3000)), 1)]
    for block in (3, 64):
        _, told = audited(where, rows, block=block)
        ground = shapely.intersection(town, rows[2][1])
        assert told.patches["exact_m2"].tolist() == [pytest.approx(ground.area, abs=0.1)]
        assert len(told.shapes) == 1 and told.shapes[0].geom_type == "Polygon"


def test_land_inside_a_boundary_is_not_outside_it_and_towns_may_overlap():
    rng = np.random.default_rng(13)
    where, spot = city(rng), blob(rng, 700, (X + 2500, Y + 2500))
    rows = [(("growth_boundary", "centralised"), spot, 0)]
    layers = [_layer("growth_boundary", "[[inputs.plans]]", 1)]
    claims = gather(rows, layers, {"growth_boundary": "outside"})
    towns = np.array([blob(rng, 900, (X + 2500, Y + 2500)), blob(rng, 900, (X + 3300, Y + 2500)),
                      blob(rng, 900, (X + 4000, Y + 2500))])  # fmt: skip
    found = measure(where, towns, claims, RULES, GRID)
    sets = {s: found.area_m2[found.sign == k].sum() for k, s in enumerate(found.signs)}
    inside = claims.claims.index(("growth_boundary", "centralised"))
    outside = claims.claims.index(("growth_boundary", "outside"))
    assert sets.keys() == {(inside,), (outside,)}
    assert sets[inside,] == pytest.approx(shapely.intersection(spot, where).area, abs=0.01)
    by = {t: found.area_m2[found.township == t].sum() for t in np.unique(found.township).tolist()}
    pairs = [shapely.intersection(a, b) for a, b in itertools.combinations(towns, 2)]
    several = shapely.intersection(shapely.union_all(pairs), where).area
    nowhere = shapely.difference(where, shapely.union_all(towns)).area
    assert several > 1000 and by[cutting.SEVERAL] == pytest.approx(several, abs=0.01)
    assert by[cutting.NOWHERE] == pytest.approx(nowhere, abs=0.01)


def test_a_layer_that_is_shifted_as_a_whole_is_found_before_its_slivers():
    rng = np.random.default_rng(11)
    shapes = [blob(rng, 500, (X + 1300 * i, Y + 1300 * j)) for i in range(4) for j in range(4)]
    moved = [shapely.affinity.translate(s, 7.5, -4.0) for s in shapes]
    other = [shapely.affinity.translate(s, 0.05, 0.02) for s in shapes]

    def layers(*given):
        rows = [(("urban_plan", "industrial"), s, k) for k, g in enumerate(given) for s in g]
        return gather(rows, [_layer("urban_plan", "[[inputs.plans]]", 16) for _ in given], {})

    found = find_shifts(layers(shapes, other, moved), TOLERANCE.offset)
    assert {f.layer for f in found} == {2}
    # Each pair is told once, whichever of the two is moved.
    assert [(f.layer, f.against) for f in found] == [(2, 0), (2, 1)]
    for f in found:
        assert (f.east_m, f.north_m) == pytest.approx((-7.5, 4.0), abs=0.2)
    assert find_shifts(layers(shapes, other), TOLERANCE.offset) == []
    # Conflicts that are no shift: half of the outlines are elsewhere, each by its own way.
    mixed = [
        shapely.affinity.translate(s, *(200 * rng.random(2) - 100)) if k % 2 else s
        for k, s in enumerate(shapes)
    ]  # fmt: skip
    assert find_shifts(layers(shapes, mixed), TOLERANCE.offset) == []
    loose = [shapely.affinity.translate(s, *(40 * rng.random(2) - 12)) for s in shapes]
    assert find_shifts(layers(shapes, loose), TOLERANCE.offset) == []


def test_every_pair_of_known_classes_has_a_rule():
    claims = [
        (r.code, c) for r in load_roles().values()
        for c in ([c.code for c in r.classes] or [r.code])
    ]  # fmt: skip
    for a, b in itertools.combinations(sorted(claims), 2):
        assert RULES.match(a, b).rule is not None, (a, b)
        assert RULES.match(b, a) is RULES.match(a, b)


def test_the_most_specific_row_wins_and_equals_are_refused(tmp_path):
    head = '[[class]]\ncode = "K"\n'
    row = ('[[rule]]\nid = "{}"\nclass = "K"\nlevel = "{}"\n'
           'a = {{ role = "urban_plan", class = {} }}\nb = {{ role = "redline" }}\n')  # fmt: skip
    text = (
        head + row.format("all", "notice", '"*"') + row.format("some", "warning", '["industrial"]')
    )
    text += row.format("group", "pass", '"group:construct"')
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    rules = load_rules(path)
    red = ("redline", "level1")
    ids = [rules.match(("urban_plan", c), red).id
           for c in ("industrial", "residential", "non_construction")]  # fmt: skip
    assert ids == ["some", "group", "all"]
    path.write_text(text + row.format("other", "conflict", '["industrial", "public"]'),
                    encoding="utf-8")  # fmt: skip
    with pytest.raises(InputError) as told:
        load_rules(path)
    assert {p.code for p in told.value.problems} == {"rules-ambiguous"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('level = "conflict"', 'level = "bad"', "none of"),
        ('class = "D"', 'class = "Z9"', "none of"),
        ('gives_way = "order"', 'gives_way = "them"', "none of"),
        ('priority = 10\n', 'priorty = 10\n', "did you mean"),
        ('evidence = "S"', 'evidence = "X"', "evidence"),
        ('"group:construct"', '"group:constrct"', "did you mean 'group:construct'"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_told_with_its_line(tmp_path, old, new, words):
    from zoning.base.shipped import data_path

    text = data_path("review", "rules.toml").read_text(encoding="utf-8").replace(old, new, 1)
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        load_rules(path)


def test_the_orders_of_the_lines_differ_where_they_should():
    pbf, red = ("basic_farmland", "basic_farmland"), ("redline", "level1")
    ugb, general = ("growth_boundary", "centralised"), ("redline", "level2")
    rest = {"growth_boundary": ("growth_boundary", "outside")}
    gone = {}
    for year in ("2019", "2022"):
        order = load_order(year)
        for claims in ((pbf, red), (pbf, general), (red, ugb), (pbf, ugb), (pbf, red, ugb)):
            found = propose(claims, RULES.matches(claims), order, {}, rest)
            gone[year, claims] = (set(found.leaves), len(found.open))
            assert len(set(found.leaves)) == len(found.leaves)
            assert set(found.after) <= {*claims, rest["growth_boundary"]}
    assert gone["2019", (pbf, red)] == ({pbf}, 0) and gone["2022", (pbf, red)] == ({red}, 0)
    assert gone["2019", (pbf, general)] == (set(), 1)
    assert gone["2022", (pbf, general)] == ({general}, 0)
    for year in ("2019", "2022"):
        assert gone[year, (red, ugb)] == gone[year, (pbf, ugb)] == ({ugb}, 0)
    cut = propose((red, ugb), RULES.matches((red, ugb)), load_order("2019"), {}, rest)
    assert set(cut.after) == {red, rest["growth_boundary"]}
    town, quota = ("urban_plan", "industrial"), ("land_use_plan", "forbidden")
    for claims, loser in (((town, red), town), ((town, pbf), town), ((quota, town), town)):
        ranks = {"land_use_plan": 1, "urban_plan": 2}
        found = propose(claims, RULES.matches(claims), load_order("2019"), ranks, {})
        assert found.leaves == (loser,)
    both = propose((quota, town), RULES.matches((quota, town)), load_order("2019"), {}, {})
    assert both.leaves == () and len(both.open) == 1  # no precedence: a person decides
    # Two layers of one role: an order counts where both have the same.
    same, other = _layer("urban_plan", "", 1, {"precedence": 2}), _layer("urban_plan", "", 1)
    for layers, want in (([same, same], {"urban_plan": 2}), ([same, other], {})):
        assert precedences(gather([], layers, {}).layers) == want
    # A role that keeps one of its two claims does not lie outside its boundary.
    inner = ("growth_boundary", "scattered")
    kept = propose((red, ugb, inner), (), load_order("2019"), {}, rest, decided=[ugb])
    assert set(kept.after) == {red, inner}
    assert gone["2019", (pbf, red, ugb)] == ({pbf, ugb}, 0)
    assert gone["2022", (pbf, red, ugb)] == ({red, ugb}, 0)


def test_farmland_is_replaced_in_its_county_first_and_what_is_missing_is_told():
    from zoning.review.audit.resolve import farmland_debt, level_balance

    pbf, red = ("basic_farmland", "basic_farmland"), ("redline", "level1")
    atoms = pd.DataFrame({"sign": [0, 0, 0, 1], "patch": [0, 1, 2, -1],
                          "level": ["conflict", "conflict", "notice", "pass"],
                          "area_m2": [100, 70, 5, 1000]})  # fmt: skip
    before = {(0, 0): (pbf, red), (0, 1): (pbf, red), (0, 2): (pbf, red), (1, -1): (pbf,)}
    after = {(0, 0): (red,), (0, 1): (red,), (0, 2): (pbf, red), (1, -1): (pbf,)}
    county = pd.Series(["a", "b", "b", "a"])
    pieces = pd.DataFrame({"county": ["a", "a", "b", "c"], "free_farmland_m2": [30, 10, 5, 85],
                           "new_m2": [0, 10, 0, 0]})  # fmt: skip
    table = farmland_debt(atoms, county, before, after, pieces).set_index("county")
    assert table["before_m2"].to_dict() == {"a": 1100, "b": 75}
    assert table["leaves_m2"].to_dict() == {"a": 100, "b": 70}
    # What one county takes of the rest of the city another cannot take again.
    assert table["in_county_m2"].tolist() == [30, 5]
    assert table["in_city_m2"].tolist() == [70, 15] and table["missing_m2"].tolist() == [0, 50]
    levels = level_balance(atoms, after, RULES, {2}, set()).set_index("level")
    assert levels["before_m2"].to_dict()["conflict"] == 170
    assert levels["after_m2"].to_dict() == {
        "conflict": 0, "unclassified": 0, "warning": 0, "notice": 5, "pass": 1170,
    }  # fmt: skip
    kept = level_balance(atoms, before, RULES, {2}, {0}).set_index("level")["after_m2"]
    assert kept["conflict"] == 70 and kept["pass"] == 1100


def test_a_named_role_goes_before_a_named_class(tmp_path):
    path = tmp_path / "rules.toml"
    row = '[[rule]]\nid = "{}"\nclass = "K"\nlevel = "{}"\na = {{ {} }}\nb = {{ role = "lock" }}\n'
    path.write_text(
        '[[class]]\ncode = "K"\n' + row.format("role", "notice", 'role = "urban_plan"')
        + row.format("class", "warning", 'class = "industrial"'), encoding="utf-8",
    )  # fmt: skip
    rules = load_rules(path)
    assert rules.match(("urban_plan", "industrial"), ("lock", "lock")).id == "role"
    assert rules.match(("existing_use", "industrial"), ("lock", "lock")).id == "class"


def test_an_order_of_ones_own_and_a_misspelt_one(tmp_path):
    (tmp_path / "own.toml").write_text(
        '[[order]]\ncode = "ugb"\nrank = ["growth_boundary", "redline"]\n', encoding="utf-8"
    )
    order = load_settings(AuditPart(order="own.toml"), tmp_path).order
    a, b = ("redline", "level1"), ("growth_boundary", "centralised")
    assert order.keeps(a, b) == b and order.keeps(a, ("basic_farmland", "x")) is None
    with pytest.raises(InputError, match="2019"):
        load_order("2091")


# --- whole plans


CONFLICTED = (
    PLANS
    + """
[[inputs.protections]]
kind = "redline"
path = "红线.gpkg"

[[inputs.protections]]
kind = "basic_farmland"
path = "农田.gpkg"

[[inputs.plans]]
path = "边界线.gpkg"
role = "growth_boundary"
class_of_all = "centralised"
year = 2020
survey = "三调"
"""
)


def write(folder, extra=CONFLICTED):
    """The county of worlds.py, its plans turned so that no edge is parallel to the grid."""
    path = worlds.write(folder)
    text = path.read_text(encoding="utf-8")
    start = text.index("[inputs.redlines]")
    end = text.index("[", start + 1)
    path.write_text(text[:start] + text[end:] + extra, encoding="utf-8")

    def save(name, columns, *shapes):
        turned = [shapely.affinity.rotate(s, 7) for s in shapes]
        gpd.GeoDataFrame(columns, geometry=turned, crs=worlds.CRS).to_file(folder / name)

    save("土规.gpkg", {"管制区": ["允许建设区", "禁止建设区"]}, worlds.square(0.2, 0.3, 1.5, 1),
         worlds.square(2.2, 1.1))  # fmt: skip
    save("城规.gpkg", {"用地": ["R", "老厂"]}, worlds.square(0.4, 0.5, 1.2, 2.0),
         worlds.square(2.5, 1.2, 1.4, 0.7))  # fmt: skip
    save("农田.gpkg", {"name": ["田"]}, worlds.square(0.3, 1.5, 2.4, 1.1))
    save("边界线.gpkg", {"name": ["线"]}, worlds.square(0.1, 0.2, 3, 2))
    return path


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audit")
    made = api.audit(write(folder))
    made.save(folder / "out")
    return folder, made


def wing(plan):
    return next(c for c in plan.contributions if c.wing == "audit")


def frames(plan):
    return {t.name: t.frame for t in wing(plan).tables}


def test_a_plan_with_conflicts_is_not_ok_and_says_which(plan):
    _, made = plan
    assert not made.ok
    failed = {c.check: c for c in made.checks if not c.ok}
    assert set(failed) == {"audit.conflict"}
    rows = frames(made)["conflict_list"]
    assert failed["audit.conflict"].measured == (rows["level"] == "conflict").sum() > 3
    assert check(made.contributions, made.units.index) == []
    assert {"plan-years", "plan-surveys"} <= {f.code for f in made.findings}


def test_all_tables_close(plan):
    _, made = plan
    f = frames(made)
    total = made.run["area_m2"]["city"]
    assert f["audit_atoms"]["area_m2"].sum() == f["audit_classes"]["area_m2"].sum() == total
    assert f["audit_sets"]["area_m2"].sum() == total
    assert f["audit_levels"]["before_m2"].sum() == f["audit_levels"]["after_m2"].sum() == total
    atoms = f["audit_atoms"]
    units = atoms.groupby("unit")["area_m2"].sum()
    assert (abs(units - made.units["area_m2"]) <= 1).all()
    listed = f["conflict_list"].set_index("conflict")["area_m2"]
    held = atoms[atoms["conflict"] != ""].groupby("conflict")["area_m2"].sum()
    assert held.to_dict() == listed.to_dict()
    parts = atoms[atoms["conflict"] != ""].groupby(["conflict", "township"])["area_m2"].sum()
    for row in f["conflict_list"].itertuples():
        assert parts[row.conflict][row.township] == parts[row.conflict].max()
        assert set(row.townships.split("+")) == set(parts[row.conflict].index)
    claims = f["audit_claims"]
    red = claims[claims["role"] == "redline"].set_index("class")["before_m2"]
    assert red.to_dict() == pytest.approx({"level1": 1_000_000, "level2": 1_000_000}, abs=5)
    assert (claims["before_m2"] - claims["given_up_m2"] + claims["gained_m2"]
            == claims["after_m2"]).all()  # fmt: skip
    debt = f["audit_farmland"]
    assert (
        debt["leaves_m2"] == debt["in_county_m2"] + debt["in_city_m2"] + debt["missing_m2"]
    ).all()
    gone = claims.loc[claims["role"] == "basic_farmland", "given_up_m2"].sum()
    assert debt["leaves_m2"].sum() == gone > 0
    built = atoms["built_m2"].sum()
    assert abs(built - made.run["construction"]["existing_m2"]) <= len(made.units)
    cap = f["audit_cap"].iloc[0]
    assert (
        cap["slack_after_m2"] - cap["slack_before_m2"] == cap["new_before_m2"] - cap["new_after_m2"]
    )
    assert cap["headroom_m2"] == made.run["construction"]["headroom_m2"]


def test_areas_of_conflicts_equal_a_second_computation(plan):
    folder, made = plan
    read = {
        n: gpd.read_file(folder / f"{n}.gpkg") for n in ("土规", "城规", "农田", "边界线", "红线")
    }
    farm = read["农田"].union_all()
    built = read["城规"].union_all()
    pairs = frames(made)["audit_pairs"]
    both = pairs[(pairs["rule"] == "urban-pbf")]["area_m2"].sum()
    here = farm.intersection(built).intersection(made.city.union_all())
    assert abs(both - here.area) <= 2
    layer = wing(made).layers[0].frame
    assert (abs(layer.area - layer["area_m2"]) < 1.01).all()
    for a, b in itertools.combinations(layer.geometry, 2):
        assert a.intersection(b).area < 1e-6


def test_areas_of_web_mercator_would_be_far_off(plan):
    _, made = plan
    layer = wing(made).layers[0].frame
    wrong = layer.to_crs("EPSG:3857").area.sum() / layer["area_m2"].sum()
    assert wrong > 1.3
    assert abs(layer.to_crs("EPSG:4490").geometry.iloc[0].area) < 1


def test_the_account_of_planned_land_names_its_places(plan):
    _, made = plan
    table = next(
        t for c in made.contributions for t in c.tables if t.name == "audit_cap"
    )  # fmt: skip
    words = next(f.words for f in table.fields if f.name == "place")
    assert set(table.frame["place"]) <= set(words) and words["city"].zh == "全市"
    assert {t.zh for k, t in words.items() if k != "city"} == set(made.counties["name"])


@pytest.mark.slow
def test_a_stored_plan_says_the_same(plan):
    folder, made = plan
    again = api.load(folder / "out")
    for name, frame in frames(made).items():
        pd.testing.assert_frame_equal(
            frames(again)[name], frame, check_dtype=False, check_like=True
        )  # fmt: skip
    assert again.run["audit"] == json.loads(json.dumps(made.run["audit"]))
    assert again.digest == made.digest
    assert [c for c in api.verify(folder / "out") if not c.ok and c.level == "error"] == []


def test_the_levels_go_from_worst_to_mildest():
    assert list(LEVELS) == ["conflict", "unclassified", "warning", "notice", "pass"]


def decide(path, rows):
    """Fill in the layer of decisions, as an SQL client or QGIS would."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(path)) as db, db:
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            db.execute(f'DROP TRIGGER "{name}"')
        for conflict, state, gives_way in rows:
            db.execute(
                "UPDATE decisions_conflicts SET decided_state = ?, gives_way = ?, reason = '会审', "
                "who = '规划处', date = '2026-03-01' WHERE conflict = ?",
                (state, gives_way, conflict),
            )  # fmt: skip


@pytest.mark.slow
def test_decisions_are_exported_filled_in_and_read_back(plan, tmp_path):
    folder, made = plan
    (file,) = api.export(made, "decisions", tmp_path)
    layer = gpd.read_file(file, layer="decisions_conflicts")
    rows = frames(made)["conflict_list"]
    assert sorted(layer["conflict"]) == sorted(rows["conflict"])
    some = rows[rows["level"] == "conflict"]
    one, two, three = some["conflict"].tolist()[:3]
    loser = some["claims"].iloc[0].split("=")[0]
    decide(file, [(one, "decided", loser), (two, "closed", "nobody"), (three, "decided", "")])
    again = api.audit(folder / "plan.toml", decisions=file)
    now = frames(again)["conflict_list"].set_index("conflict")
    assert now.loc[[one, two, three], "state"].tolist() == ["decided", "closed", "decided"]
    assert now.loc[one, "proposal"].startswith(f"{loser}=") and now.loc[one, "who"] == "规划处"
    assert now.loc[three, "proposal"] == rows.set_index("conflict").loc[three, "proposal"]
    assert again.run["audit"]["undecided"] == made.run["audit"]["undecided"] - 3
    before, after = (frames(p)["audit_levels"].set_index("level") for p in (made, again))
    assert before["before_m2"].equals(after["before_m2"])
    decided = frames(again)["audit_decisions"]
    assert set(decided["standing"]) == {"applied"}
    # What is decided stands in the next layer to decide in.
    (next_,) = api.export(again, "decisions", tmp_path / "next")
    filled = gpd.read_file(next_, layer="decisions_conflicts").set_index("conflict")
    assert filled.loc[one, "gives_way"] == loser and filled.loc[two, "decided_state"] == "closed"


@pytest.mark.slow
def test_all_decided_is_ok_and_stale_decisions_are_not_applied(plan, tmp_path):
    folder, made = plan
    rows = frames(made)["conflict_list"]
    table = rows.loc[rows["level"] == "conflict", ["conflict", "claims", "area_m2"]].assign(
        state="decided", gives_way="", reason="x", who="y", date="2026-01-01"
    )
    table.to_csv(tmp_path / "d.csv", index=False, encoding="utf-8-sig")
    done = api.audit(folder / "plan.toml", decisions=tmp_path / "d.csv")
    assert done.ok and done.run["audit"]["undecided"] == 0
    table.loc[table.index[0], "area_m2"] *= 2
    table.loc[table.index[1], "claims"] = "redline=level1"
    table.loc[table.index[2], "conflict"] = "C1-1"
    table.to_csv(tmp_path / "d.csv", index=False, encoding="utf-8")
    other = api.audit(folder / "plan.toml", decisions=tmp_path / "d.csv")
    assert other.run["audit"]["undecided"] == 3
    told = [c for c in other.checks if c.check == "audit.decision"]
    assert len(told) == 3 and not any(c.ok for c in told)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": "done"}, "unknown state"), ({"gives_way": "redlin"}, "did you mean"),
        ({"who": ""}, "has no who"), ({"date": "2026-13-01"}, "YYYY-MM-DD"),
    ],
)  # fmt: skip
def test_wrong_decisions_are_told_row_by_row(tmp_path, change, words):
    from zoning.review.audit.decisions import read

    row = {"conflict": "C1-1", "state": "decided", "gives_way": "redline", "reason": "x",
           "who": "y", "date": "2026-01-01"} | change  # fmt: skip
    pd.DataFrame([row]).to_csv(tmp_path / "d.csv", index=False)
    with pytest.raises(InputError, match=words):
        read(tmp_path / "d.csv", {"redline"})


def test_a_decision_may_use_the_words_that_the_layer_shows(tmp_path):
    from zoning.review.audit.decisions import checks, read, review

    said = [("已销号", "urban_plan=industrial"), ("Decided", "城市（镇）总体规划"),
            ("decided", "forest"), ("decided", "nobody"), ("open", "forest")]  # fmt: skip
    rows = [{"conflict": f"C{k}", "decided_state": state, "gives_way": way, "reason": "x",
             "who": "y", "date": "2026-01-01"} for k, (state, way) in enumerate(said)]  # fmt: skip
    pd.DataFrame(rows).to_excel(tmp_path / "d.xlsx", index=False)
    found = read(tmp_path / "d.xlsx", {"urban_plan", "forest", "redline"})
    assert found["state"].tolist() == ["closed", *["decided"] * 3, "open"]
    ways = ["urban_plan", "urban_plan", "forest", "nobody", "forest"]
    assert found["gives_way"].tolist() == ways
    claims = "redline=level1 + urban_plan=industrial"
    there = pd.DataFrame({"conflict": found["conflict"], "claims": claims, "area_m2": 900})
    # A hundredth more is the same patch, more is not.
    for m2, standing in ((908, "applied"), (910, "stale"), (860, "stale")):
        grown = found.assign(area_m2=900, claims=claims).head(1)
        assert review(grown, there.assign(area_m2=m2))["standing"].item() == standing
    held = review(found, there)
    # Forest claims nothing there: it cannot give way.
    assert held["standing"].tolist() == ["applied", "applied", "no-claim", "applied", "idle"]
    assert [c.where for c in checks(held)] == ["C2"]
    assert "'forest' is to give way" in checks(held)[0].what.en


def proved(folder):
    from zoning.review.audit.again import verify

    try:
        return [c for c in verify(api.load(folder)) if not c.ok]
    except InputError as error:
        return list(error.problems)


@pytest.mark.slow
def test_an_honest_audit_is_proved_from_its_files(plan):
    folder, _ = plan
    told = [c for c in api.verify(folder / "out") if c.check == "verify.audit"]
    assert len(told) > 40 and proved(folder / "out") == []


LIST = (
    "UPDATE conflict_list SET {} WHERE conflict = "
    "(SELECT conflict FROM conflict_list WHERE {} LIMIT 1)"
)
FORGERIES = {
    "a conflict made a notice": (LIST.format("level = 'notice'", "level = 'conflict'"),),
    "a conflict made a sliver": (
        LIST.format("kind = 'G', level = 'notice'", "level = 'conflict'"),
        "UPDATE conflicts SET kind = 'G', level = 'notice' WHERE conflict = "
        "(SELECT conflict FROM conflict_list WHERE kind = 'G' LIMIT 1)",
        "UPDATE audit_atoms SET kind = 'G', level = 'notice' WHERE conflict = "
        "(SELECT conflict FROM conflict_list WHERE kind = 'G' LIMIT 1)",
    ),
    "a claim taken off": (LIST.format("claims = 'redline=level1'", "level = 'conflict'"),),
    "decided by nobody": (LIST.format("state = 'decided'", "level = 'conflict'"),),
    "another rule": (LIST.format("rule = 'lup-only'", "rule <> 'lup-only'"),),
    "land moved in the ledger": (
        "UPDATE audit_atoms SET area_m2 = area_m2 + 5 WHERE rowid = 1",
        "UPDATE audit_atoms SET area_m2 = area_m2 - 5 WHERE rowid = 4",
    ),
    "a class smaller": (
        "UPDATE audit_classes SET area_m2 = area_m2 - 10 WHERE level = 'conflict'",
    ),
    "less before": ("UPDATE audit_levels SET before_m2 = 0 WHERE level = 'conflict'",),
    "no farmland debt": ("UPDATE audit_farmland SET leaves_m2 = 0, in_county_m2 = 0",),
    "more slack": (
        "UPDATE audit_cap SET slack_after_m2 = slack_after_m2 + 1 WHERE place = 'city'",
    ),
    "a pair left out": ("DELETE FROM audit_pairs WHERE rowid = 1",),
    "a set of claims changed": (
        "UPDATE audit_sets SET claims = 'redline=level1' WHERE level = 'conflict'",
    ),
    "another proposal": (LIST.format("proposal = ''", "proposal <> ''"),),
    "a unit without conflict": ("UPDATE audit_units SET conflict_m2 = 0, level = 'pass'",),
    "a place without conflict": ("DELETE FROM audit_places WHERE rowid = 1",),
    "a patch narrower": (
        "UPDATE conflicts SET width_m = width_m * 0.9 WHERE width_m = "
        "(SELECT min(width_m) FROM conflicts WHERE width_m > 3)",
    ),
    "narrower in the list": ("UPDATE conflict_list SET width_m = width_m - 1 WHERE rowid = 1",),
    "less of it wide": (
        *(f"UPDATE {t} SET real_m2 = real_m2 - 90 WHERE conflict = "
          "(SELECT conflict FROM conflict_list WHERE level = 'conflict' LIMIT 1)"
          for t in ("conflicts", "conflict_list")),
    ),
    "a patch moved": (
        "UPDATE conflicts SET geom = (SELECT geom FROM conflicts ORDER BY area_m2 DESC LIMIT 1) "
        "WHERE area_m2 = (SELECT min(area_m2) FROM conflicts)",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", list(FORGERIES))
def test_a_forged_audit_is_named(plan, tmp_path, name):
    import shutil

    from test_forgeries import Forger

    folder, _ = plan
    shutil.copytree(folder / "out", tmp_path / "out")
    forger = Forger(tmp_path / "out")
    forger.sql(*FORGERIES[name])
    forger.repair()
    assert proved(tmp_path / "out"), name


@pytest.mark.slow
def test_rules_and_counts_of_run_json_cannot_be_forged(plan, tmp_path):
    import shutil

    from test_forgeries import Forger

    folder, _ = plan

    def soften(run):
        for rule in run["audit"]["settings"]["rules"]["rule"]:
            rule["level"] = "notice" if rule["level"] == "conflict" else rule["level"]

    def fewer(run):
        run["audit"]["undecided"] = 0

    def passed(run):
        for c in run["checks"]:
            if c["check"] == "audit.conflict":
                c |= {"ok": True, "measured": 0}

    for k, change in enumerate((soften, fewer, passed)):
        shutil.copytree(folder / "out", tmp_path / str(k))
        forger = Forger(tmp_path / str(k))
        forger.run(change)
        forger.repair()
        assert proved(tmp_path / str(k)), change.__name__


@pytest.mark.slow
def test_a_state_is_edited_in_a_real_qgis_and_read_back(plan, tmp_path):
    import subprocess
    from pathlib import Path

    from test_qgis_project import qgis_python

    python = qgis_python()
    if python is None:
        pytest.skip("no QGIS on this machine")
    folder, made = plan
    (file,) = api.export(made, "decisions", tmp_path)
    rows = frames(made)["conflict_list"]
    row = rows[rows["level"] == "conflict"].iloc[0]
    loser = row["claims"].split("=")[0]
    script = Path(__file__).with_name("qgis_edit.py")
    done = subprocess.run(
        [python, str(script), str(file), "decisions_conflicts", f"conflict={row['conflict']}",
         "decided_state=closed", f"gives_way={loser}", "reason=现场核实", "who=规划处",
         "date=2026-03-01"], capture_output=True, text=True, encoding="utf-8", timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-800:]
    # QGIS offers the states from a list.
    assert "ValueMap" in done.stdout and "已决定" in done.stdout
    again = frames(api.audit(folder / "plan.toml", decisions=file))["conflict_list"]
    now = again.set_index("conflict").loc[row["conflict"]]
    assert (now["state"], now["gives_way"], now["reason"]) == ("closed", loser, "现场核实")


@pytest.mark.slow
def test_the_command_says_what_waits_and_leaves_with_1(plan, capsys):
    from zoning.cli.app import build

    def ran(*words):
        with pytest.raises(SystemExit) as done:
            build()(list(words))
        return done.value.code, capsys.readouterr()

    folder, made = plan
    code, said = ran("audit", str(folder / "plan.toml"), "--lang", "zh")
    assert code == 1 and "尚未决定" in said.out + said.err and "总体规划" in said.out
    code, said = ran("audit", str(folder / "plan.toml"), "--json", "--order", "2022")
    told = json.loads(said.out)
    assert code == 1 and told["ok"] is False
    assert told["audit"]["settings"]["order"]["code"] == "2022"
    assert len(told["conflicts"]) == len(frames(made)["conflict_list"])
    code, said = ran("audit", str(folder / "plan.toml"), "--order", "1999")
    assert code == 2 and "2019" in said.err
    code, said = ran("audit", str(worlds.write(folder / "none")))
    assert code == 2 and "[[inputs.plans]]" in said.err


@pytest.mark.slow
def test_the_order_of_the_lines_changes_who_gives_way_and_nothing_else(plan):
    folder, made = plan
    other = api.audit(folder / "plan.toml", order="2022")
    one, two = frames(made), frames(other)
    same = ["conflict", "kind", "level", "claims", "area_m2", "width_m"]
    assert one["conflict_list"][same].equals(two["conflict_list"][same])
    red = [f["audit_claims"].query("role == 'redline'")["given_up_m2"].sum() for f in (one, two)]
    debt = [f["audit_farmland"]["leaves_m2"].sum() for f in (one, two)]
    assert red[0] == 0 < red[1] and debt[0] > 0 == debt[1]


@pytest.mark.slow
def test_another_cap_draws_up_the_account_of_plans_again(plan):
    _, made = plan
    other = made.allocate(cap=0.25)
    one, two = (frames(p)["audit_cap"].set_index("place").loc["city"] for p in (made, other))
    assert two["headroom_m2"] == other.run["construction"]["headroom_m2"] < one["headroom_m2"]
    assert two["new_before_m2"] == one["new_before_m2"]
    assert two["slack_after_m2"] == two["headroom_m2"] - two["new_after_m2"]
    assert [c for c in api.verify(other) if c.check == "verify.audit" and not c.ok] == []


@pytest.mark.slow
@pytest.mark.parametrize("change", ["slivers", "no townships, no land use"])
def test_plans_of_other_kinds_are_audited_too(tmp_path, change):
    path = write(tmp_path)
    text = path.read_text(encoding="utf-8")
    if change == "slivers":
        grid = 'crs = "EPSG:4549"\ncell_m = 700\nmin_share = 0.4\nslivers = "drop"'
        text = text.replace('crs = "EPSG:4549"', grid)
    else:
        for table in ("townships", "landuse"):
            start = text.index(f"[inputs.{table}]")
            text = text[:start] + text[text.index("[", start + 1) :]
    path.write_text(text, encoding="utf-8")
    made = api.audit(path)
    assert check(made.contributions, made.units.index) == []
    f = frames(made)
    assert f["audit_atoms"]["area_m2"].sum() == round(made.city.area.sum())
    assert (f["conflict_list"]["level"] == "conflict").any()
    if change != "slivers":
        assert f["audit_cap"]["new_before_m2"].isna().all()
        assert f["audit_farmland"]["candidates_m2"].isna().all()
    made.save(tmp_path / "out", map=False, qgis=False)
    assert proved(tmp_path / "out") == []


@pytest.mark.slow
def test_check_tells_a_shifted_layer_before_anything_is_measured(tmp_path):
    path = write(tmp_path)
    rng = np.random.default_rng(4)
    towns = [blob(rng, 200, (worlds.X + 600 * i + 500, worlds.Y + 600 * j + 500))
             for i in range(6) for j in range(3)]  # fmt: skip
    for name, step in (("土规", 0.0), ("城规", 6.0)):
        column = {"管制区": ["允许建设区"]} if name == "土规" else {"用地": ["R"]}
        shapes = [shapely.affinity.translate(t, step, -step) for t in towns]
        gpd.GeoDataFrame({k: v * 18 for k, v in column.items()}, geometry=shapes,
                         crs=worlds.CRS).to_file(tmp_path / f"{name}.gpkg")  # fmt: skip
    told = [f for f in api.check(path).intake.findings if f.code == "audit.offset"]
    assert len(told) == 1 and abs(told[0].measured - 6 * 2**0.5) < 0.3
    east, north = map(float, told[0].remedy.en.split("[")[1].rstrip("]").split(", "))
    text = path.read_text(encoding="utf-8")
    moved = "城规" if told[0].where == "urban_plan" else "土规"
    key = f'path = "{moved}.gpkg"\n'
    path.write_text(text.replace(key, f"{key}move_m = [{east}, {north}]\n"), encoding="utf-8")
    again = api.check(path).intake.findings
    assert "audit.offset" not in {f.code for f in again} and "moved-plan" in {f.code for f in again}


@pytest.mark.parametrize("page", ["review.md", "review.zh-CN.md"])
def test_the_files_of_the_page_are_sound_and_say_what_it_says(page, tmp_path):
    text = (Path(__file__).parent.parent / "docs" / page).read_text(encoding="utf-8")
    for name, body in re.findall(r"```toml\n# (\w+\.toml)\n(.*?)```", text, re.S):
        (tmp_path / name).write_text(body, encoding="utf-8")
    matrix = load_rules(tmp_path / "rules.toml")
    red, town = ("redline", "level1"), ("urban_plan", "industrial")
    told = matrix.matches([red, town])
    assert told[0].kind == "R" and told[0].level == "conflict"
    assert matrix.matches([red, ("land_use_plan", "forbidden")])[0].level == "pass"
    assert matrix.matches([town, ("forest", "protected")])[0].level == "unclassified"
    order = load_order("order.toml", tmp_path)
    assert order.keeps(("growth_boundary", "centralised"), red)[0] == "growth_boundary"
    assert order.keeps(("basic_farmland", "basic_farmland"), red) is None
    tolerance = load_tolerance(tmp_path / "tolerance.toml")
    assert (tolerance.width_m, tolerance.area_m2) == (8, 600)
    assert tolerance.offset == load_tolerance().offset
