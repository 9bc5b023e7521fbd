"""Parts that a run puts beside a plan: places of rules, phases, prices, fairness, overlays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import worlds

from zoning.capacity import Limit
from zoning.contribution.parts import Class
from zoning.errors import Check, Finding, InputError, Text
from zoning.pipeline import beside, fairness, phased, places, priced, steps, summary
from zoning.pipeline.ready import Ready
from zoning.pipeline.state import State
from zoning.planfile.models import CapPart, PhasePart
from zoning.schemes import load_scheme


@dataclass(frozen=True)
class Intake:
    """What was read, as far as a rehearsal looks at it."""

    findings: tuple


def squares(n):
    """Give n units of 1 km² in a row."""
    return gpd.GeoDataFrame(
        {"area_m2": 1_000_000}, index=pd.Index([f"u{k}" for k in range(n)], name="unit"),
        geometry=[worlds.square(k, 0) for k in range(n)], crs=worlds.CRS,
    )  # fmt: skip


def test_a_unit_lies_inside_polygons_from_one_half_on():
    units = squares(4)
    shape = worlds.square(0.5, 0, 1.75)  # half of u0, u1, a quarter of u2
    assert places.inside(units, shape).tolist() == [True, True, False, False]
    assert places.inside(units, worlds.square(9, 9)).tolist() == [False] * 4
    pieces = pd.DataFrame({"unit": ["u0", "u3", "u0", "x"]}, index=list("abcd"))
    found = places.column(pieces, units, places.inside(units, shape))
    assert found.index.tolist() == list("abcd") and found.dtype == "string"
    assert found.tolist() == ["in", "out", "in", pd.NA]


def test_rules_that_name_polygons_put_them_beside_the_pieces(tmp_path):
    units = squares(4)
    pieces = pd.DataFrame({"unit": ["u0", "u2", "u3"]}, index=list("abc"))
    frame = gpd.GeoDataFrame(geometry=[worlds.square(0, 0), worlds.square(1, 0, 2)], crs=worlds.CRS)
    frame.to_file(tmp_path / "in.gpkg")
    frame.set_geometry([worlds.square(8, 8)] * 2).to_file(tmp_path / "far.gpkg")

    def added(*areas):
        rules = [{"name": f"n{k}", "of": "new", "upper": 1, "area": a}
                 for k, a in enumerate(areas) if a]  # fmt: skip
        rules.append({"name": "plain", "of": "new", "upper": 1})
        state = SimpleNamespace(units=units, pieces=pieces.copy(), places=None)
        rule = {"name": "old", "share": 0.5, "township": "t"}
        cap = CapPart.model_validate({"limit": rules, "reduction": [rule]})
        places.add_places(state, cap, tmp_path)
        return state

    state = added("in.gpkg")
    assert list(state.pieces) == ["unit", "area_n0"]
    assert state.pieces["area_n0"].tolist() == ["in", "in", "out"]
    assert state.places["name"].tolist() == ["n0"] and state.places.crs == worlds.CRS
    (shape,) = state.places.geometry
    assert shape.geom_type == "MultiPolygon" and shape.area == pytest.approx(3e6)
    bare = added()
    assert bare.places is None and list(bare.pieces) == ["unit"]
    with pytest.raises(InputError) as caught:
        added("far.gpkg")
    (problem,) = caught.value.problems
    assert (problem.code, problem.where) == ("no-unit", "far.gpkg")
    assert places.contribution(None) == ()
    (given,) = places.contribution(state.places)
    (layer,) = given.layers
    assert (layer.name, layer.filled, layer.colour) == ("limit_places", False, "#7a4988")
    assert [f.name for f in layer.fields] == ["name"] and layer.frame is state.places


def test_lines_and_points_between_polygons_are_no_places():
    mixed = shapely.GeometryCollection([worlds.square(0, 0), worlds.square(0, 0).boundary])
    assert places._many(mixed).equals(shapely.MultiPolygon([worlds.square(0, 0)]))


PHASES = tuple(PhasePart(name=n) for n in ("near", "mid", "far"))
PIECES = pd.DataFrame(
    {"unit": ["u0", "u0", "u1", "u2", "u3"], "zone": ["key", None, "key", "moderate", None],
     "by_near_m2": [2, 1, 5, 0, 0], "by_mid_m2": [4, 2, 5, 0, 3], "new_m2": [8, 3, 10, 0, 3],
     "reducible_m2": pd.array([7, None, 0, 9, 1], "Int64"), "reduced_m2": [0, 0, 0, 9, 0]},
    index=list("abcde"),
)  # fmt: skip


def config(phases=PHASES):
    return SimpleNamespace(cap=SimpleNamespace(phase=phases))


def test_a_unit_belongs_to_the_phase_of_most_of_its_land_the_earlier_of_equals():
    found = phased.with_phase(squares(4), PIECES, config())
    # u0: 3, 3 and 5; u1: 5, 0 and 5; u2: nothing; u3: all in the second.
    assert found["phase"].tolist() == ["far", "near", pd.NA, "mid"]
    assert found["phase"].dtype == "string" and found.columns[-1] == "geometry"
    units = squares(4)
    for pieces, phases in ((None, PHASES), (PIECES, PHASES[:1]), (PIECES, ()),
                           (PIECES.drop(columns="by_mid_m2"), PHASES)):  # fmt: skip
        assert phased.with_phase(units, pieces, config(phases)) is units
    two = phased.with_phase(units, PIECES, config((PHASES[0], PHASES[2])))
    assert two["phase"].tolist() == ["far", "near", pd.NA, "far"]


def test_tables_of_phases_and_of_land_that_goes_add_up_by_zone_and_unit():
    scheme = load_scheme("zhenjiang-2013")
    units = phased.with_phase(squares(5), PIECES, config())
    (given,) = phased.contribution(units, PIECES, config(), scheme)
    frames = {t.name: t.frame for t in given.tables}
    assert list(frames) == ["phase_zones", "phase_units", "reduced_zones", "reduced_units"]
    columns = [f"phase_{p.name}_m2" for p in PHASES]
    zones = frames["phase_zones"].set_index("zone")
    assert zones[columns].to_numpy().tolist() == [[7, 2, 9], [0, 0, 0], [1, 4, 1]]
    assert zones.index.tolist() == ["key", "moderate", "none"]
    by_unit = frames["phase_units"]
    assert list(by_unit) == ["unit", "phase", *columns]
    assert by_unit["phase"].tolist() == ["far", "near", "none", "mid", "none"]
    assert by_unit[columns].to_numpy().tolist() == [
        [3, 3, 5], [5, 0, 5], [0, 0, 0], [0, 3, 0], [0, 0, 0]]  # fmt: skip
    gone = frames["reduced_units"]
    assert list(gone) == ["unit", "gone", "reducible_m2", "reduced_m2"]
    assert gone.drop(columns="unit").to_numpy().tolist() == [
        ["none", 7, 0], ["none", 0, 0], ["some", 9, 9], ["none", 1, 0], ["none", 0, 0]]  # fmt: skip
    zones = frames["reduced_zones"].set_index("zone")
    assert zones.to_numpy().tolist() == [[7, 0], [9, 9], [1, 0]]
    for t in given.tables:
        assert [f.name for f in t.fields] == list(t.frame)
    assert (by_unit[columns].dtypes == "int64").all() and gone["reduced_m2"].dtype == "int64"
    phases, reduced = given.themes
    assert {c.code: c.colour for c in phases.classes} == {
        "near": "#8c2d04", "mid": "#d95f0e", "far": "#fe9929", "none": "#eceae4"}  # fmt: skip
    assert [c.code for c in reduced.classes] == ["some", "none"]
    assert [c.columns for c in given.cards] == [tuple(columns), ("reducible_m2", "reduced_m2")]
    assert given.chapters[0].tables == ("phase_zones", "reduced_zones")
    assert given.chapters[0].maps == ("phase_map", "reduced_map")
    told = given.chapters[0].paragraphs
    assert "near 0.00 km²" in told[0].en and "Of 0.00 km²" in told[1].en


def test_more_phases_than_colours_share_the_last():
    many = tuple(PhasePart(name=f"p{k}", until=2030 + k) for k in range(8))
    theme = phased._phase_theme(many)
    colours = [c.colour for c in theme.classes]
    assert len(set(colours[:6])) == 6 and colours[5:8] == ["#ffffd4"] * 3
    assert theme.classes[1].label == Text("p1 (to 2031)", "p1（至 2031 年）")


def test_prices_are_told_where_a_plan_has_limits_of_its_own_and_prices():
    units = squares(2)
    pieces = pd.DataFrame({"unit": ["u0", "u1"], "free_m2": [1, 1], "limit_n": [10**6] * 2})
    own = Limit("limit", "n", cap_m2=5, coefficient="limit_n", name=Text("N", ""))
    city = Limit("city", "city", cap_m2=9)
    table = pd.DataFrame({"price": [0.5, 0.25], "used_m2": [1, None], "cap_m2": [9, 5]})
    (given,) = priced.contribution(units, pieces, [city, own], table)
    frame = given.table("limit_prices").frame
    assert frame["used"].tolist() == [1, pd.NA] and frame["most"].tolist() == [9, 5]
    assert frame["price"].tolist() == [0.5, 0.25] and frame["counted"].tolist()[0] == "m2"
    assert (frame[["used", "most"]].dtypes == "Int64").all()
    gaps = table.assign(price=[0.5, None])
    for some in ((None, [own], table), (pieces, [own], None), (pieces, [city], table),
                 (pieces, [city, own], gaps), (pieces, [], table)):  # fmt: skip
        assert priced.contribution(units, *some) == ()


@pytest.mark.parametrize(("prices", "below"), [([0.0, 0.7], False), ([-0.2, 0.1], True)])
def test_classes_of_prices_follow_one_another(prices, below):
    theme = priced._theme(pd.Series(prices, name="cap_price"), Text("t", "题"))
    assert (theme.name, theme.table, theme.column) == ("cap_price_map", "unit_prices", "cap_price")
    edges = [(c.lower, c.upper) for c in theme.classes]
    wanted = [(0.0, 1e-9), (1e-9, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 1e9)]
    assert edges == ([(-1e9, 0.0)] if below else []) + wanted
    labels = [c.label.en for c in theme.classes][below:]
    assert labels == ["none", "to 0.1", "to 0.3", "to 0.6", "above 0.6"]
    assert len({c.colour for c in theme.classes}) == len(edges)


def measures(built, after):
    names = ["built", "after", "new", "protected"]
    return pd.DataFrame({"measure": names, "gini": pd.array([built, after, 1, 1], "Float64")})


@pytest.mark.parametrize(("built", "after", "en", "zh"), [
    (0.3, 0.3004, "as before", "基本不变"), (0.3, 0.2996, "as before", "基本不变"),
    (0.3, 0.31, "less even", "更不均衡"), (0.3, 0.29, "more even", "更均衡"),
    (None, 0.3, None, None), (0.3, None, None, None),
])  # fmt: skip
def test_the_gini_of_construction_land_is_told_as_it_moves(built, after, en, zh):
    told = fairness._paragraphs(measures(built, after), 3, 3)[1:]
    if en is None:
        assert told == ()
    else:
        (one,) = told
        assert one.en.endswith(f"goes from {built:.3f} to {after:.3f} with the new land: {en}.")
        assert one.zh.endswith(f"（计入新增）：{zh}。")
    left_out = fairness._paragraphs(measures(None, 0.3), 2, 3)[-1]
    assert left_out.en == "1 of 3 townships state no people and are left out."
    assert left_out.zh == "3 个乡镇中有 1 个没有人口数据，未计入。"


def amounts(**changed):
    towns = pd.DataFrame(
        {"county": ["x", "x", "y", None], "population": ["10", None, "0", "40"]}, index=list("abcd")
    )
    pieces = pd.DataFrame(
        {"township": ["a", "a", "d", "none", "b"], "built_m2": [5, 6, 0, 9, 1],
         "new_m2": [1, 2, 0, 9, 1], "reduced_m2": [0, 4, 0, 9, 0],
         "protected_m2": pd.array([3, 0, 2, None, 1], "Int64")},
    )  # fmt: skip
    pieces = pieces.assign(**changed)
    return SimpleNamespace(townships=towns, pieces=pieces)


def test_people_and_land_are_those_of_townships_whose_people_are_known():
    found = fairness.amounts(amounts())
    assert found.index.tolist() == ["a", "d"]
    assert found.drop(columns="county").to_numpy().tolist() == [
        [10, 11, 10, 3, 3], [40, 0, 0, 0, 2]]  # fmt: skip
    assert found["county"].tolist() == ["x", pd.NA]
    # A township of which one piece is not known is not known, nor is any other then.
    gaps = pd.array([3, None, 2, None, 1], "Int64")
    assert fairness.amounts(amounts(protected_m2=gaps))["protected_m2"].isna().all()
    plan = amounts()
    plan.pieces = plan.pieces.drop(columns="reduced_m2")
    assert fairness.amounts(plan)["after_m2"].tolist() == [14, 0]
    alone = amounts()
    alone.townships["population"] = [1, 0, 0, None]
    assert fairness.amounts(alone) is None, "there is nothing to compare"
    for gone in ("townships", "pieces"):
        plan = amounts()
        setattr(plan, gone, None)
        assert fairness.amounts(plan) is None
    for part, column in (("townships", "population"), ("pieces", "new_m2")):
        plan = amounts()
        setattr(plan, part, getattr(plan, part).drop(columns=column))
        assert fairness.amounts(plan) is None


def test_land_per_head_by_township_and_county():
    table = fairness.amounts(amounts()).assign(county=["x", "x"])
    towns, county = (fairness.per_head(table, level) for level in ("township", "county"))
    assert towns["township"].tolist() == ["a", "d"] and county["county"].tolist() == ["x"]
    names = [f"{m}_per_head_m2" for m in ("built", "after", "new", "protected")]
    assert list(towns) == ["township", "population", *names]
    assert towns[names].to_numpy().tolist() == [[1.1, 1.0, 0.3, 0.3], [0.0, 0.0, 0.0, 0.05]]
    assert county[names].to_numpy().tolist() == [[0.22, 0.2, 0.06, 0.1]]
    assert towns.dtypes.tolist()[:2] == ["string", "Float64"]
    found = fairness.summary(table).set_index("measure")
    assert found.loc["built", ["per_head_m2", "least_m2", "most_m2"]].tolist() == [0.22, 0, 1.1]
    assert found.loc["built", "theil_between"] == 0
    gaps = fairness.per_head(table.assign(protected_m2=pd.array([None, None], "Int64")), "county")
    assert gaps["protected_per_head_m2"].isna().all()


def test_overlays_that_rule_no_unit_are_not_told_of():
    scheme = load_scheme("national")
    (first,) = scheme.listed
    second = replace(first, code="side", zh="旁列", en="side area", share=0.2)
    third = replace(second, code="idle")
    scheme = replace(scheme, overlays=(*scheme.overlays, second, third))
    codes = [o.code for o in scheme.listed]
    units = pd.DataFrame(
        {"overlays": [codes[0], "", pd.NA, "+".join(codes[:2])], "area_m2": [1_000_000, 2, 3, 500]},
        index=pd.Index(list("abcd"), name="unit"),
    )  # fmt: skip
    (given,) = beside.contribution(units, scheme)
    frame = given.table("overlays_by_unit").frame
    assert list(frame) == ["unit", *(f"overlay_{c}" for c in codes[:2])]
    assert frame[f"overlay_{codes[0]}"].tolist() == [codes[0], "none", pd.NA, codes[0]]
    assert frame[f"overlay_{codes[1]}"].tolist() == ["none", "none", pd.NA, codes[1]]
    assert [[c.code for c in t.classes] for t in given.themes] == [[c, "none"] for c in codes[:2]]
    assert given.themes[0].classes[0] == Class(first.name, first.colour, code=first.code)
    assert given.chapters[0].maps == tuple(f"overlay_{c}" for c in codes[:2])
    one, two = given.chapters[0].paragraphs
    assert one.en.startswith(f"{first.en}: 2 units with 1.00 km², ")
    assert two.zh.startswith(f"{second.zh}：共 1 个单元、0.00 km²")
    fields = {f.name: dict(f.words) for f in given.table("overlays_by_unit").fields}
    assert set(fields[f"overlay_{codes[0]}"]) == {codes[0], "none"}
    assert beside.contribution(units.assign(overlays=""), scheme) == ()
    assert beside.contribution(units.drop(columns="overlays"), scheme) == ()
    assert np.isin(frame["unit"], list("abcd")).all()


def spread(*columns, by="built", built=True):
    """Share out totals of two townships over three units; one piece lies in no township."""
    pieces = pd.DataFrame(
        {"unit": ["u0", "u0", "u1", "u2"], "township": ["a", "b", "b", "none"],
         "area_m2": [6, 2, 6, 9], "built_m2": [1, 3, 1, 9]}, index=list("wxyz"),
    )  # fmt: skip
    if not built:
        pieces = pieces.drop(columns="built_m2")
    towns = gpd.GeoDataFrame(
        {"people": [10, 9], "gdp": [10.0, 9.0]},
        index=["a", "b"],
        geometry=[worlds.square(0, 0)] * 2,
    )
    state = State(units=squares(3), pieces=pieces, shares=pd.DataFrame(), townships=towns)
    part = SimpleNamespace(spread=columns, by=by)
    steps._spread(SimpleNamespace(indicators=part), state)
    return state


@pytest.mark.parametrize(("by", "built", "weight", "people"), [
    ("built", True, "built_m2", [17, 2]), ("area", True, "area_m2", [12, 7]),
    ("built", False, "area_m2", [12, 7]),
])  # fmt: skip
def test_totals_of_townships_are_shared_out_by_what_is_built_or_by_area(by, built, weight, people):
    state = spread("people", by=by, built=built)
    # b's 9 people: 3 of 4 built m² lie in u0, or 2 of 8 m² of land; whole people add up.
    assert state.units["people"].tolist()[:2] == people and pd.isna(state.units["people"].iloc[2])
    table = state.tables["reconciliation"]
    assert table.to_dict("records") == [{
        "column": "people", "before": 19, "after": 19, "difference": 0, "relative": 0,
        "missing_before": 0, "missing_after": 1, "weight": weight,
    }]  # fmt: skip
    mixed = spread("people", "gdp", by=by, built=built)
    parts = [10 + 9 * 3 / 4, 9 / 4] if weight == "built_m2" else [10 + 9 / 4, 9 * 3 / 4]
    assert mixed.units["gdp"].tolist()[:2] == pytest.approx(parts)
    assert mixed.tables["reconciliation"]["column"].tolist() == ["people", "gdp"]
    assert spread().tables == {} and "people" not in spread().units


def test_units_are_measured_inside_the_city_alone():
    units = squares(4)
    city = shapely.union(worlds.square(0.25, -1, 2.25, 3), worlds.square(3, 0))
    found = steps._inside(units, city)
    assert found.index.equals(units.index) and found.crs == units.crs
    assert list(found) == ["geometry"]
    assert found.geometry.area.tolist() == pytest.approx([750_000, 1e6, 500_000, 1e6])
    assert units.geometry.area.tolist() == [1e6] * 4, "the units themselves stay whole"


def test_classes_stand_beside_the_planners_own_columns():
    towns = gpd.GeoDataFrame({"zone": ["mine"], "x": [1]}, index=["a"],
                             geometry=[worlds.square(0, 0)], crs=worlds.CRS)  # fmt: skip
    found = steps._beside(towns, pd.DataFrame({"zone": ["key"], "rule": ["r"]}, index=["a"]))
    assert list(found) == ["given_zone", "x", "zone", "rule", "geometry"]
    assert found.iloc[0, :4].tolist() == ["mine", 1, "key", "r"] and found.crs == worlds.CRS


def test_decisions_may_stand_on_townships_and_units():
    towns = pd.DataFrame({"name": ["甲镇", None]}, index=["a", "b"])
    state = SimpleNamespace(townships=towns, tables={"decisions": 1}, units=squares(1))
    assert {k: t.en for k, t in steps._places(state).items()} == {
        "u0": "u0", "a": "甲镇 (a)", "b": "b"}  # fmt: skip
    state.tables = {}
    assert list(steps._places(state)) == ["a", "b"]
    state.townships = None
    assert steps._places(state) == {}


def test_sums_that_only_protections_ask_for_again_are_let_go():
    parts = pd.DataFrame({c: [1] for c in ("area_m2", "protected_m2", "free_m2")})
    for layer, kept in ((None, ["area_m2"]), (1, list(parts))):
        intake = SimpleNamespace(layers=SimpleNamespace(protections=layer))
        assert list(steps._needed(parts, intake)) == kept


@pytest.mark.parametrize(("towns", "landuse", "red", "none", "share", "left"), [
    (1, 1, 1, False, 0.3, []), (None, 1, 1, False, 0.3, ["zones", "allocation"]),
    (1, None, 1, False, 0.3, ["construction", "allocation"]),
    (1, 1, None, False, 0.3, ["redlines"]), (1, 1, None, True, 0.3, []),
    (1, 1, 1, False, None, ["cap", "allocation"]),
    (1, None, 1, False, None, ["construction", "allocation"]),
])  # fmt: skip
def test_parts_that_a_plan_does_without_are_named(towns, landuse, red, none, share, left):
    config = SimpleNamespace(redlines=SimpleNamespace(none=none), cap=SimpleNamespace(share=share))
    layers = SimpleNamespace(townships=towns, landuse=landuse, redlines=red)
    assert summary.left_out(config, SimpleNamespace(layers=layers)) == left


def test_steps_are_told_as_they_begin_and_timed_to_a_tenth_of_a_millisecond(monkeypatch):
    from zoning.pipeline import clock

    ticks = iter([10.0, 12.123456, 20.0, 20.5])
    freed, told = [], []
    monkeypatch.setattr(clock, "time", SimpleNamespace(perf_counter=lambda: next(ticks)))
    monkeypatch.setattr(clock, "give_back", lambda: freed.append(len(told)))
    watch = clock.Clock(told.append)
    with watch.step("read"):
        assert told == [clock.STEPS["read"]] and not freed
    with watch.step("check"):
        pass
    assert watch.seconds == {"read": 2.1235, "check": 0.5}
    assert told == [clock.STEPS["read"], clock.STEPS["check"]] and freed == [1, 2]
    ticks = iter([1.0, 2.0])
    with (quiet := clock.Clock(None)).step("zone"):
        pass
    assert quiet.seconds == {"zone": 1.0}


def test_a_rehearsal_tells_what_inputs_zones_and_rules_say_and_what_a_check_would(monkeypatch):
    from zoning.ledger import unknown
    from zoning.pipeline import checks

    def told(code):
        return Finding(Text(code, code), "w", code=code)

    drawn, names = [], []
    state = SimpleNamespace(findings=(told("zone"), told("input")), units="units", unzoned="why",
                            tables={"decisions": "d"}, townships="towns")  # fmt: skip
    ready_ = Ready("config", Intake((told("input"),)), "method", None)
    monkeypatch.setattr(steps, "prepare", lambda config, folder: ready_)
    monkeypatch.setattr(steps, "_measure", lambda ready: ("ledger", "parts"))
    monkeypatch.setattr(steps, "_zone", lambda ready, ledger, parts: state)
    monkeypatch.setattr(steps, "_draw_account", lambda *given: drawn.append(given))
    monkeypatch.setattr(steps, "_places", lambda state: "places")
    monkeypatch.setattr(unknown, "count_missing", lambda parts: {"parts": parts})

    def checked(name, ok):
        return Check(name, "note", ok, 0, 0, "m2", "w", Text(name, name))

    fine, wrong, late = checked("fine", True), checked("wrong", False), checked("late", False)
    monkeypatch.setattr(checks, "left_out", lambda *given: [fine, wrong] if given == (
        {"parts": "parts"}, "units", "why") else [])  # fmt: skip
    monkeypatch.setattr(checks, "decisions", lambda *given: [late] if given == (
        "d", "places") else [])  # fmt: skip
    monkeypatch.setattr(steps, "contradicted", lambda towns: [told(f"share of {towns}")])
    found = steps.rehearse("config", "folder", progress=names.append)
    assert [f.check if isinstance(f, Check) else f.code for f in found.intake.findings] == [
        "input", "zone", "share of towns", "wrong", "late"]  # fmt: skip
    assert drawn == [("config", "ledger", "parts", state, "folder")]
    assert [n.en for n in names] == [
        "read the inputs", "measure areas", "class townships and units",
        "draw up the accounts",
    ]  # fmt: skip


def test_blocks_of_the_ledger_are_run_by_whom_the_caller_names(monkeypatch):
    from zoning.ledger import atoms

    seen = []
    ready_ = SimpleNamespace(
        config=SimpleNamespace(grid=SimpleNamespace(min_share=0.25, slivers="drop")),
        intake=SimpleNamespace(layers="layers", grid="grid", classes="classes"),
        scheme=SimpleNamespace(counted="counted"),
    )  # fmt: skip
    ledger = SimpleNamespace(atoms="atoms")
    monkeypatch.setattr(atoms, "build", lambda *given, **named: seen.append((given, named)))
    monkeypatch.setattr(atoms, "settle_slivers", lambda *given: seen.append(given) or ledger)
    monkeypatch.setattr(steps.sums, "split", lambda *given: given)
    assert steps._measure(ready_, "many") == (ledger, ("atoms", "classes", "counted"))
    assert seen == [(("layers", "grid"), {"map_blocks": "many"}), (None, "grid", 0.25, "drop")]
