"""Details that mutants slipped through: a limit passed on, a place named, a missing value."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import worlds
from worlds_allocation import edges_of, limits_of, pieces_of

from zoning import pipeline, planfile
from zoning.allocation import allocate
from zoning.allocation.proof.bounded import Boundary
from zoning.capacity import Limit, Lock, presolve
from zoning.errors import InputError, Text
from zoning.pipeline.contradictions import CONTRADICTION, contradicted
from zoning.questions import answer
from zoning.questions.alternatives import alternatives
from zoning.questions.places import units_of
from zoning.questions.stability import screening
from zoning.weights.scaling import Scale
from zoning.zones import load_method
from zoning.zones.contiguity import adjacency
from zoning.zones.method import Evidence, Term
from zoning.zones.scoring import fit
from zoning.zones.tell import tell_unit
from zoning.zones.units import _scored


@pytest.fixture(scope="module")
def plan():
    return worlds.plan()


def test_an_indicator_without_spread_is_named_by_the_method_that_scales_it():
    from dataclasses import replace

    method = load_method("two-matrices")
    first, *others = method.dimensions
    term = replace(first.terms[0], scale=Scale("minmax"))
    changed = replace(method, dimensions=(replace(first, terms=(term, *first.terms[1:])), *others))
    values = {t.indicator: np.array([1.0, 2.0]) for d in method.dimensions for t in d.terms}
    values[term.indicator] = np.array([3.0, 3.0])
    with pytest.raises(InputError) as told:
        fit(changed, values)
    (problem,) = told.value.problems
    assert problem.code == "no-spread" and problem.where == term.indicator
    assert term.indicator in problem.tell("en") and term.indicator in problem.tell("zh")


@pytest.mark.parametrize("near", [True, False])
def test_a_missing_indicator_of_units_has_a_remedy_in_both_languages(near):
    units = pd.DataFrame({"slope_deg" if near else "x": [1.0]})
    with pytest.raises(InputError) as told:
        _scored(units, Term("slope_dg", 1.0, Scale("minmax"), "unknown", Evidence("", "own")))
    (problem,) = told.value.problems
    for lang, way in (("en", "[inputs.rasters.NAME]"), ("zh", "[inputs.rasters.NAME]")):
        said = problem.remedy.get(lang)
        assert ("slope_deg" in said) is near and (way in said) is not near


def test_polygons_without_a_unit_are_told_with_their_code(plan, tmp_path):
    far = gpd.GeoDataFrame(geometry=[worlds.square(0, 0, 0.2, 0.2)], crs=worlds.CRS)
    far.to_file(tmp_path / "小.gpkg")
    with pytest.raises(InputError) as told:
        units_of(plan, [str(tmp_path / "小.gpkg")])
    (problem,) = told.value.problems
    assert problem.code == "no-unit" and problem.where.endswith("小.gpkg")


def test_seconds_of_a_question_reach_the_further_plans(plan, monkeypatch):
    heard = {}

    def listen(*_given, **named):
        heard.update(named)
        return []

    monkeypatch.setattr(answer, "alternatives", listen)
    answer.several(plan, answer.Question(seconds=7.5), 2, 0.05)
    assert heard["seconds"] == 7.5


def shares(*values):
    return pd.array(list(values), dtype="Float64")


def test_shares_are_contradicted_beyond_the_limit_and_not_where_one_is_missing():
    towns = gpd.GeoDataFrame(
        {
            "name": ["甲", "乙", "丙", "丁"],
            "built_share": shares(0.5, 0.5, 0.5, None),
            "given_built_share": shares(0.5 + CONTRADICTION / 2, 0.75, None, 0.9),
            "given_name": ["a", "b", "c", "d"],
            "given_road_share": [0.0, 0.0, 0.0, 0.0],  # nothing measured beside it
        },
        index=["1", "2", "3", "4"], geometry=[None] * 4,
    )  # fmt: skip
    (found,) = contradicted(towns)
    assert (found.code, found.where) == ("contradicted-share", "townships")
    assert found.measured == pytest.approx(0.25) and found.limit == CONTRADICTION
    assert "2 乙 (75.0%, measured 50.0%)" in found.what.en and "甲" not in found.what.en
    assert contradicted(towns.iloc[[0, 2, 3]]) == []


def test_a_run_tells_what_check_told_of_contradicted_shares(tmp_path):
    path = worlds.write(tmp_path, extra="[outputs]\nqgis = false\nmap = false\n")
    file = tmp_path / "乡镇.csv"
    table = pd.read_csv(file, dtype=str)
    table.assign(built_share=[0.9] * len(table)).to_csv(file, index=False)
    told = [f for f in pipeline.run(planfile.load(path), tmp_path).findings
            if f.code == "contradicted-share"]  # fmt: skip
    assert len(told) == 1 and "built_share" in told[0].what.en
    asked = pipeline.rehearse(planfile.load(path), tmp_path).intake.findings
    assert [f for f in asked if f.code == "contradicted-share"] == told


def test_a_border_is_as_long_as_what_is_shared():
    shapes = [shapely.box(0, 0, 100, 100), shapely.box(100, 40, 200, 140)]
    places = gpd.GeoDataFrame(index=["a", "b"], geometry=shapes, crs=4549)
    assert list(adjacency(places).edges(data="border_m")) == [("a", "b", 60.0)]


def test_further_plans_of_whole_units_are_whole_and_apart():
    pieces = pieces_of(3, side=4)
    pieces[["area_m2", "built_m2", "free_m2"]] *= 1000
    limits = [
        Limit(x.kind, x.code, x.floor_m2 * 1000, None if x.cap_m2 is None else x.cap_m2 * 1000,
              column=x.column)
        for x in limits_of(pieces_of(3, side=4), 3, floors=False)
    ]  # fmt: skip
    edges = edges_of(pieces)
    best = allocate(pieces, limits, edges=edges, boundary_weight=0.01, whole_units=True)
    found = alternatives(pieces, limits, best, 2, 0.2, how=Boundary(edges, 0.01, True))
    assert found
    for other in found:
        new = other.allocation.new_m2.groupby(pieces["unit"], observed=True).sum()
        room = pieces["free_m2"].groupby(pieces["unit"], observed=True).sum()
        assert new.sum() > 0 and all(v in (0, room[u]) for u, v in new.items())


def test_nothing_is_free_where_every_unit_is_locked_out():
    pieces = pd.DataFrame({"unit": ["a"], "county": ["x"], "free_m2": [9_400_000]}, index=["a"])
    one = Limit("county", "x", floor_m2=1, name=Text("Dantu", "丹徒"))
    assert presolve(pieces, [one]) == []
    (found,) = presolve(pieces, [one], [Lock("l", "out", ("a",))])
    assert not found.ok and found.level == "error" and "only 0 m² are free" in found.text.en


def test_a_factor_runs_from_one_end_of_its_range_to_the_other(plan, monkeypatch):
    seen, real = [], screening._zone

    def listen(method, values, numbers, factors, move):
        seen.append((factors, move))
        return real(method, values, numbers, factors, move)

    monkeypatch.setattr(screening, "_zone", listen)
    screening.screen(plan, trajectories=8, weights=0.2, cuts=0.05, inputs=0.1)
    reach = {"weight": 0.2, "cut": 0.05, "input": 0.1}
    moves = np.array([move for _, move in seen])
    for k, factor in enumerate(seen[0][0]):
        ends = moves[:, k].min(), moves[:, k].max()
        assert ends == pytest.approx((-reach[factor.kind], reach[factor.kind])), factor.name


def test_an_overlay_that_would_rule_as_well_is_named_behind_the_one_that_won():
    from dataclasses import replace

    method = load_method("two-matrices")
    first = method.scheme.replacing[0]
    second = replace(first, code="late", zh="后", en="late", share=0.2)
    method = replace(method, scheme=replace(method.scheme, overlays=(first, second)))
    unit = {"zone": first.code, "zone_reason": "overlay", "area_m2": 1_000_000, "overlays": pd.NA,
            first.column: 700_000, second.column: 300_000}  # fmt: skip
    both = {lang: tell_unit(unit, None, method, lang) for lang in ("en", "zh")}
    assert both["en"].endswith(" late would rule here too; the first of the scheme wins.")
    assert both["zh"].endswith("后亦达到阈值，按方案中的次序以前者为准。")
    alone = tell_unit({**unit, second.column: 100_000}, None, method, "en")
    assert "would rule" not in alone and both["en"].startswith(alone)
