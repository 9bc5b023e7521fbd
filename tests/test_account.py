"""Whole answers about construction land: every rule, limit, check and sentence, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_capacity import city

from zoning import planfile
from zoning.capacity import (
    Account,
    AreaRule,
    CapRules,
    Limit,
    Lock,
    account,
    cap_rules,
    presolve,
    settle,
)
from zoning.capacity.own import add_coefficients, own_limits
from zoning.capacity.reductions import add_reductions
from zoning.capacity.rules import OwnLimit, PhaseRule, ReductionRule
from zoning.capacity.titles import title
from zoning.errors import Check, InputError, Text
from zoning.schemes import load_scheme

#: Everything that [cap] can say.
CAP = {
    "share": 0.28, "source": "the city", "evidence": "S", "base_area_m2": 3840,
    "base_source": "a survey", "survey_factor": 0.5, "zone_basis": "township",
    "zone_caps": {"optimised": "none", "moderate": "existing",
                  "key": {"share": 0.3, "source": "a decree", "evidence": "S"}},
    "quotas": {"key": {"share": 0.55, "source": "a quota", "evidence": "S"}, "moderate": "none"},
    "eco_agri_share": {"share": 0.7, "source": "a ministry", "evidence": "S"},
    "counties": [{"place": "c1", "floor_m2": 5, "cap_m2": 9, "source": "one", "evidence": "S"}],
    "townships": [{"place": "t2", "cap_total_m2": 640, "cap_share": 0.15}],
    "limit": [
        {"name": "farm", "of": "farmland", "county": "c1", "zone": ["key", "moderate"],
         "upper": 3.5, "phase": "near", "title": "farmland taken", "title_zh": "占用耕地"},
        {"name": "cost", "of": {"table": "c.csv", "column": "yuan", "key": "county"},
         "township": "t1", "overlay": "balance", "lower": 2, "keep_share": 0.9, "unit": "yuan",
         "phase": "far", "area": "a.gpkg", "source": "a list", "evidence": "S"},
    ],
    "phase": [
        {"name": "near", "title": "near term", "until": 2025, "share": 0.4, "upper_m2": 70,
         "lower_m2": 3, "quotas": {"key": 0.2}, "source": "a plan", "evidence": "S"},
        {"name": "far", "title_zh": "远期"},
    ],
    "reduction": [
        {"name": "old", "zone": "key", "area": "b.gpkg", "share": 0.2, "upper_m2": 30,
         "lower_m2": 1, "price": 0.02, "source": "a list", "evidence": "S"},
        {"name": "rest"},
    ],
}  # fmt: skip


def test_every_rule_of_a_plan_reaches_the_account_as_it_is_stated():
    names = pd.DataFrame({"name": ["丹徒区"]}, index=["c1"])
    assert cap_rules(planfile.parse({"cap": CAP}), names, None) == CapRules(
        share=0.28, base_area_m2=3840, survey_factor=0.5,
        zone_caps={"optimised": None, "moderate": "existing", "key": 0.3}, quotas={"key": 0.55},
        zone_basis="township", eco_agri_share=0.7,
        areas=(
            AreaRule("county", "c1", 5, 9, None, None, "one", Text("丹徒区", "丹徒区")),
            AreaRule("township", "t2", 0, None, 640, 0.15, "choice of this plan", Text("", "")),
        ),
        own=(
            OwnLimit("farm", "farmland", (), {"county": ("c1",), "zone": ("key", "moderate")}, 3.5,
                     None, None, "m2", "choice of this plan", Text("farmland taken", "占用耕地"),
                     "near"),
            # By the end of the last phase stands all new land.
            OwnLimit("cost", "yuan", ("c.csv", "yuan", "county"),
                     {"township": ("t1",), "overlays": ("balance",), "area_cost": ("in",)}, None, 2,
                     0.9, "yuan", "a list", Text("cost", "cost"), ""),
        ),
        phases=(
            PhaseRule("near", 70, 3, 0.4, {"key": 0.2}, 2025, "a plan",
                      Text("near term", "near term")),
            PhaseRule("far", None, 0, None, {}, None, "choice of this plan", Text("far", "远期")),
        ),
        reductions=(
            ReductionRule("old", {"zone": ("key",), "area_old": ("in",)}, 0.2, 30, 1, 0.02,
                          "a list", Text("old", "old")),
            ReductionRule("rest", {}, 1.0, None, 0, 0.0, "choice of this plan",
                          Text("rest", "rest")),
        ),
        scheme=load_scheme("zhenjiang-2013"),
        sources={"base": "a survey", "share": "the city", "zone_caps.moderate":
                 "choice of this plan", "zone_caps.key": "a decree", "quotas.key": "a quota",
                 "eco_agri_share": "a ministry"},
    )  # fmt: skip


def test_a_plan_that_states_nothing_has_no_rule_and_one_survey():
    assert cap_rules(planfile.parse({})) == CapRules(sources={"base": "planar area of the city"})
    assert CapRules() == CapRules(None, None, 1.0, {}, {}, "unit", None, (), (), (), (),
                                  load_scheme("zhenjiang-2013"), {})  # fmt: skip


#: Rules of which all but one hold in `city`.
SOME = {
    "share": 0.28, "source": "the city", "evidence": "S",
    "zone_caps": {"moderate": "existing",
                  "key": {"share": 0.3, "source": "a decree", "evidence": "S"}},
    "quotas": {"key": {"share": 0.55, "source": "a quota", "evidence": "S"}},
    "eco_agri_share": {"share": 0.7, "source": "a ministry", "evidence": "S"},
    "counties": [{"place": "c1", "floor_m2": 5, "cap_m2": 9, "source": "one", "evidence": "S"}],
    "townships": [{"place": "t2", "cap_total_m2": 640, "cap_share": 0.14}],
}  # fmt: skip
KEY, MODERATE = Text("key development", "重点开发"), Text("moderate development", "适度开发")
BALANCE = Text("ecological balance", "生态平衡")
OWN = "choice of this plan"


def drawn_up(basis: str) -> Account:
    names = pd.DataFrame({"name": ["丹徒区"]}, index=["c1"])
    rules = cap_rules(planfile.parse({"cap": {**SOME, "zone_basis": basis}}), names)
    return account(city(), rules, 4000, eco_agri_m2=2850)


def zone_limits(basis: str) -> list[Limit]:
    """Of moderate there is nothing by township class, so it binds on units either way."""
    column, cap, built, area = {
        "unit": ("zone", 100, 200, 1000), "township": ("township_zone", 370, 350, 2400),
    }[basis]  # fmt: skip
    return [
        Limit("zone", "key", 0, cap, "a decree", KEY, column, built, area, net=True),
        Limit("quota", "key", 0, 93, "a quota", KEY, column),
        Limit("zone", "moderate", 0, 0, OWN, MODERATE, "zone", 200, 1000),
        Limit("zone", "balance", 0, 0, "the zone takes no new construction land", BALANCE, "zone",
              50, 1000),
    ]  # fmt: skip


@pytest.mark.parametrize("basis", ["unit", "township"])
def test_every_limit_of_an_account(basis):
    assert drawn_up(basis).limits == (
        Limit("city", "city", 0, 170, "the city", existing_m2=950, base_m2=4000, net=True),
        *zone_limits(basis),
        Limit("eco_agri", "city", 0, 50, "a ministry", net=True),
        Limit("county", "c1", 5, 9, "one", Text("丹徒区", "丹徒区"), None, 600, 1600),
        Limit("township", "t2", 0, 0, OWN, Text("", ""), None, 350, 2400),
    )


def capped(name, where, measured, limit, level="error"):
    """Both amounts are too small for two decimals of a square kilometre."""
    ok = measured <= limit
    en, zh = ("within", "未超过") if ok else ("above", "超过")
    return Check(name, level, ok, measured, limit, "m2", where,
                 Text(f"construction 0.00 km² is {en} the cap 0.00 km²",
                      f"建设用地 0.00 km² {zh}上限 0.00 km²"))  # fmt: skip


@pytest.mark.parametrize("basis", ["unit", "township"])
def test_every_check_of_an_account(basis):
    zones = {"unit": [("key", 200, 300), ("moderate", 200, 200)],
             "township": [("key", 350, 720), ("moderate", 0, 0)]}  # fmt: skip
    other = {"unit": "township", "township": "unit"}[basis]
    assert drawn_up(basis).checks == (
        capped("cap.city", "city", 950, 1120),
        *(capped("cap.zone", *row) for row in zones[basis]),
        *(capped(f"cap.zone_by_{other}", *row, "note") for row in zones[other]),
        capped("cap.township", "t2", 350, 336),
        Check("cap.eco_agri", "error", True, 0.7125, 0.7, "1", "city",
              Text("ecological and agricultural space 71.25%, at least 70.00%",
                   "生态与农业空间 71.25%，不得低于 70.00%")),
    )  # fmt: skip


def test_every_table_of_an_account():
    columns = ["area_m2", "built_m2", "free_m2", "cap_m2", "headroom_m2", "quota_m2"]
    by_unit = {
        "optimised": [1000, 500, 400, None, None, None], "key": [1000, 200, 600, 300, 100, 93],
        "moderate": [1000, 200, 700, 200, 0, None], "balance": [1000, 50, 300, None, None, None],
    }  # fmt: skip
    by_town = {
        "optimised": [1600, 600, 800, None, None, None], "key": [2400, 350, 1200, 720, 370, 93],
        "moderate": [0, 0, 0, 0, 0, None], "balance": [0, 0, 0, None, None, None],
    }  # fmt: skip
    for basis, own, other in (("unit", by_unit, by_town), ("township", by_town, by_unit)):
        acc = drawn_up(basis)
        assert (acc.base_m2, acc.cap_m2, acc.existing_m2, acc.headroom_m2) == (4000, 1120, 950, 170)
        assert acc.zone_column == {"unit": "zone", "township": "township_zone"}[basis]
        for table, rows in ((acc.zones, own), (acc.zones_other, other)):
            assert list(table.columns) == columns and table.index.name == "zone"
            found = table.astype(object).where(table.notna(), None)
            assert dict(zip(found.index, found.to_numpy().tolist(), strict=True)) == rows
            assert [str(t) for t in table.dtypes] == ["int64"] * 3 + ["Int64"] * 3
        assert acc.as_dict() == {
            "base_m2": 4000, "cap_share": 0.28, "cap_m2": 1120, "existing_m2": 950,
            "headroom_m2": 170, "zone_basis": basis,
            "zones": {z: dict(zip(columns, row, strict=True)) for z, row in own.items()},
            "limits": [x.as_dict() for x in acc.limits],
        }  # fmt: skip
    bare = account(city(), CapRules(), 4000).zones
    assert [str(t) for t in bare.dtypes] == ["int64"] * 3 + ["Int64"] * 3
    sums = [acc.counties, acc.townships, acc.zone_county, acc.zone_township]
    assert [t.reset_index().to_numpy().tolist() for t in sums] == [
        [["c1", 1600, 600, 800], ["c2", 2400, 350, 1200]],
        [["t1", 1600, 600, 800], ["t2", 2400, 350, 1200]],
        [["balance", "c2", 1000, 50, 300], ["key", "c1", 600, 100, 400],
         ["key", "c2", 400, 100, 200], ["moderate", "c2", 1000, 200, 700],
         ["optimised", "c1", 1000, 500, 400]],
        [["balance", "t2", 1000, 50, 300], ["key", "t1", 600, 100, 400],
         ["key", "t2", 400, 100, 200], ["moderate", "t2", 1000, 200, 700],
         ["optimised", "t1", 1000, 500, 400]],
    ]  # fmt: skip


def test_land_without_a_code_counts_in_no_zone_and_no_county_but_in_the_city():
    table = city().astype({"zone": "string", "county": "string"})
    table.loc["u1|t1", ["zone", "county"]] = pd.NA
    acc = account(table, CapRules(share=0.28, zone_caps={"balance": 0.5, "optimised": 0.1}), 4000)
    assert (acc.existing_m2, acc.headroom_m2) == (950, 170)
    assert acc.zones["built_m2"].tolist() == [0, 200, 200, 50]
    assert acc.counties["built_m2"].to_dict() == {"c1": 100, "c2": 350}
    closed = account(table, CapRules(), 4000).limits
    assert [(x.existing_m2, x.base_m2) for x in closed] == [(50, 1000)]


def test_tables_come_in_the_order_of_codes_whatever_the_order_of_pieces():
    acc = account(city().iloc[::-1], CapRules(), 4000)
    assert acc.counties.index.tolist() == ["c1", "c2"]
    assert acc.townships.index.tolist() == ["t1", "t2"]


def test_a_plan_whose_townships_have_no_class_binds_on_units():
    table = city().assign(township_zone=pd.NA)
    rules = CapRules(share=0.28, zone_caps={"key": 0.3}, zone_basis="unit")
    acc = account(table, rules, 4000)
    assert acc.zones_other.empty and acc.zones.at["key", "cap_m2"] == 300
    assert [(c.check, c.where) for c in acc.checks] == [("cap.city", "city"), ("cap.zone", "key")]
    # On the basis of townships there is nothing to bind on then.
    acc = account(table, replace(rules, zone_basis="township"), 4000)
    assert acc.zones.empty
    assert [(x.kind, x.code) for x in acc.limits] == [("city", "city"), ("zone", "balance")]
    # Some townships are enough.
    table.loc["u3|t2", "township_zone"] = "key"
    acc = account(table, replace(rules, zone_basis="township"), 4000)
    assert acc.zones.at["key", "cap_m2"] == 300 and acc.zones.at["key", "built_m2"] == 200


def test_townships_of_a_class_without_zones_of_units_are_capped_by_class():
    table = city().drop(columns="zone")
    rules = CapRules(share=0.28, zone_caps={"key": 0.3, "moderate": 0.1}, zone_basis="township")
    acc = account(table, rules, 4000)
    assert [(x.code, x.where, x.cap_m2) for x in acc.limits if x.kind == "zone"] == [
        ("key", "township_zone", 370), ("moderate", "township_zone", 0),
    ]  # fmt: skip
    assert acc.zone_county.empty and acc.zones_other.empty


def test_a_zone_of_which_townships_have_a_single_square_metre_binds_there():
    table = city().assign(township_zone=["moderate", *["key"] * 4])
    table.loc["u1|t1", ["area_m2", "built_m2", "free_m2"]] = [1, 0, 1]
    rules = CapRules(zone_caps={"moderate": 0.5}, zone_basis="township")
    (limit,) = [x for x in account(table, rules, 4000).limits if x.code == "moderate"]
    assert (limit.where, limit.base_m2) == ("township_zone", 1)


def test_existing_land_may_fill_a_piece_and_no_more():
    table = city()
    table.loc[["u3|t2", "u4|t2"], "built_m2"] = 1000
    assert account(table, CapRules(), 4000).existing_m2 == 2700
    table.loc[["u3|t2", "u4|t2"], "built_m2"] = 1001
    with pytest.raises(InputError) as told:
        account(table, CapRules(), 4000)
    (problem,) = told.value.problems
    assert (problem.code, problem.where) == ("built-above-area", "pieces")
    assert problem.what == Text("existing construction exceeds the area of piece u3|t2",
                                "地块 u3|t2 的现状建设用地超过其面积")  # fmt: skip


def test_all_places_that_are_not_there_are_told_at_once():
    areas = (AreaRule("county", "zz"), AreaRule("county", "c1"), AreaRule("township", "c1"))
    with pytest.raises(InputError) as told:
        account(city(), CapRules(areas=areas), 4000)
    assert [(p.code, p.where, p.what) for p in told.value.problems] == [
        ("unknown-area", "[cap]",
         Text(f"a rule names {kind} '{code}', which the plan does not have",
              f"规则中的 {kind} '{code}' 在本方案中不存在"))
        for kind, code in (("county", "zz"), ("township", "c1"))
    ]  # fmt: skip


def test_a_place_has_the_least_of_all_its_caps_or_none():
    """Of 2400 m2 in c2 350 are built."""
    for rule, new, total in (
        (AreaRule("county", "c2"), None, None),
        (AreaRule("county", "c2", cap_new_m2=9), 9, None),
        (AreaRule("county", "c2", cap_total_m2=400), 50, 400),
        (AreaRule("county", "c2", cap_total_m2=350), 0, 350),
        (AreaRule("county", "c2", cap_share=0.15), 10, 360),
        (AreaRule("county", "c2", cap_new_m2=60, cap_total_m2=400), 50, 400),
        (AreaRule("county", "c2", cap_new_m2=40, cap_total_m2=400), 40, 400),
    ):
        acc = account(city(), CapRules(areas=(rule,)), 4000)
        (limit,) = [x for x in acc.limits if x.kind == "county"]
        assert limit == Limit("county", "c2", 0, new, existing_m2=350, base_m2=2400)
        assert [c.limit for c in acc.checks] == ([] if total is None else [total])


def going() -> pd.DataFrame:
    """Of u1 100 m2 may go, of u3 20."""
    return city().assign(reducible_m2=[100, 0, 0, 20, 0], keep_worth=0.5, reduction="old")


def test_land_that_may_go_loosens_what_is_about_all_construction():
    rules = CapRules(
        share=0.2, zone_caps={"optimised": 0.45, "moderate": 0.15, "key": 0.3},
        eco_agri_share=0.75, quotas={"key": 0.5},
        areas=(AreaRule("county", "c1", 2, 8, 550, source="x", name=Text("A", "甲")),
               AreaRule("county", "c2", cap_new_m2=7), AreaRule("township", "t2", cap_new_m2=6,
                                                                cap_share=0.1)),
    )  # fmt: skip
    # 800 m2 are allowed and 950 built, of which 120 may go.
    acc = account(going(), rules, 4000, eco_agri_m2=2900)
    caps = [(x.kind, x.code, x.floor_m2, x.cap_m2, x.net) for x in acc.limits]
    assert caps == [
        ("city", "city", 0, -120, True), ("zone", "optimised", 0, -50, True),
        ("zone", "key", 0, 100, True), ("quota", "key", 0, 0, False),
        ("zone", "moderate", 0, -20, True), ("zone", "balance", 0, 0, False),
        ("eco_agri", "city", 0, -100, True),
        ("county", "c1", 0, -50, True), ("county", "c1", 2, 8, False),
        ("county", "c2", 0, 7, False),
        ("township", "t2", 0, -20, True), ("township", "t2", 0, 6, False),
    ]  # fmt: skip
    assert acc.limits[7] == Limit("county", "c1", 0, -50, "x", Text("A", "甲"), None, 600, 1600,
                                  net=True)  # fmt: skip
    # What a zone has may go, but nothing new comes there for it.
    kept = account(going(), CapRules(zone_caps={"optimised": "existing"}), 4000).limits
    assert [(x.code, x.cap_m2, x.net) for x in kept] == [
        ("optimised", 0, False), ("balance", 0, False),
    ]  # fmt: skip


def test_own_limits_phases_and_reductions_stand_between_zones_and_places():
    table = add_coefficients(going(), [OwnLimit("half", phase="near", upper=4)])
    rules = CapRules(
        share=0.28, areas=(AreaRule("county", "c1", 1),),
        own=(OwnLimit("half", phase="near", upper=4, source="o", title=Text("half", "半")),),
        phases=(PhaseRule("near", 70, 3, 0.5, {"key": 0.2, "zz": 0.1}, 2025, "p",
                          Text("near term", "近期")),
                PhaseRule("far", lower_m2=9, title=Text("far", "远期"), quotas={"key": 0.5})),
        reductions=(ReductionRule("old", upper_m2=80, lower_m2=5, source="r", title=BALANCE),),
    )  # fmt: skip
    near = {"phase": "near", "phase_name": Text("near term", "近期")}
    column = {"column": "zone"}
    assert account(table, rules, 4000).limits[2:] == (
        Limit("limit", "half", 0, 4, "o", Text("half", "半"), coefficient="limit_half", **near),
        Limit("phase", "near", 3, 70, "p", Text("near term", "近期"), **near),
        Limit("phase_quota", "key", 0, 34, "p", KEY, **column, **near),
        Limit("phase_quota", "zz", 0, 17, "p", Text("zz", "zz"), **column, **near),
        Limit("phase", "far", 9, None, "", Text("far", "远期")),
        Limit("phase_quota", "key", 0, 85, "", KEY, **column),
        Limit("reduction", "old", 5, 80, "r", BALANCE),
        Limit("county", "c1", 1, None, existing_m2=600, base_m2=1600),
    )
    # Half of the headroom is more than 70 m2; without headroom only what is stated in m2 holds.
    low = replace(rules, phases=(replace(rules.phases[0], share=0.1), rules.phases[1]))
    caps = {x.code: x.cap_m2 for x in account(table, low, 4000).limits if x.kind == "phase"}
    assert caps == {"near": 17, "far": None}
    bare = account(table, replace(rules, share=None), 4000).limits
    assert [(x.kind, x.code, x.cap_m2) for x in bare if x.kind.startswith("phase")] == [
        ("phase", "near", 70), ("phase", "far", None),
    ]  # fmt: skip


def test_every_contradiction_before_solving_with_its_sentence():
    limits = [
        Limit("county", "c1", 900, 850, name=Text("A", "甲")),
        Limit("county", "c2", 300, 1250),
        Limit("township", "t2", 1200, 1200),
        Limit("city", "city", cap_m2=1100, net=True), Limit("city", "other", cap_m2=1150),
        Limit("city", "none"), Limit("unit", "u1", 500), Limit("unit", "u1", 400),
        Limit("unit", "u3", 600), Limit("zone", "key", cap_m2=400),
        Limit("limit", "cost", 5, 3, unit="yuan", name=Text("cost", "成本")),
    ]  # fmt: skip
    # 2000 m2 are free, 300 of them locked out and 1500 locked in: 700 in each of the counties.
    locks = [Lock("A", "in", ("u3", "u2", "u1")), Lock("B", "out", ("u4",))]
    error, note = ("error", False), ("note", True)
    found = presolve(city(), limits, locks)
    assert [(c.check, c.level, c.ok, c.measured, c.limit, c.unit, c.where) for c in found] == [
        ("presolve.floor_free", *error, 900, 800, "m2", "c1"),
        ("presolve.floor_cap", *error, 900, 850, "m2", "c1"),
        ("presolve.slack", *note, 800, 850, "m2", "c1"),
        ("presolve.slack", *note, 900, 1250, "m2", "c2"),
        ("presolve.floor_free", *error, 1200, 900, "m2", "t2"),
        ("presolve.slack", *note, 900, 1200, "m2", "t2"),
        ("presolve.lock_cap", *error, 1700, 1100, "m2", "city"),
        ("presolve.lock_cap", *error, 1700, 1150, "m2", "other"),
        ("presolve.floor_free", *error, 500, 400, "m2", "u1"),
        ("presolve.lock_cap", *error, 600, 400, "m2", "key"),
        ("presolve.floor_cap", *error, 5, 3, "yuan", "cost"),
        ("presolve.lock_cap", *error, 1700, 3, "yuan", "cost"),
        # Of several caps the least; of several floors of one place the largest.
        ("presolve.floors_city", *error, 1200, 1100, "m2", "city"),
        ("presolve.floors_city", *error, 1200, 1100, "m2", "city"),
    ]  # fmt: skip
    said = [found[k].text for k in (0, 1, 3, 6, 11, 12)]
    assert [t.en for t in said] == [
        "county A: floor 900 m², but only 800 m² are free",
        "county A: floor 900 m² is above the cap 850 m²",
        "county c2: the cap 1,250 m² does not bind, only 900 m² are free",
        "city: locks need 1,700 m², above the cap 1,100 m²",
        "limit cost: locks need 1,700 yuan, above the cap 3 yuan",
        "the floors of the county level add up to 1,200 m², above the city's 1,100 m²",
    ]
    assert [t.zh for t in said] == [
        "甲：下限 900 m²，但可用土地仅 800 m²",
        "甲：下限 900 m² 高于上限 850 m²",
        "县（市、区）c2：上限 1,250 m² 不起作用，可用土地仅 900 m²",
        "全市：锁定需要 1,700 m²，超过上限 1,100 m²",
        "约束成本：锁定需要 1,700 yuan，超过上限 3 yuan",
        "county 级下限合计 1,200 m²，超过全市 1,100 m²",
    ]


def test_floors_of_units_are_added_up_too():
    limits = [Limit("city", "city", cap_m2=10), Limit("unit", "u1", 6), Limit("unit", "u3", 5)]
    (found,) = [c for c in presolve(city(), limits) if c.check == "presolve.floors_city"]
    assert (found.measured, found.limit) == (11, 10)
    assert found.text.en.startswith("the floors of the unit level")
    # Floors of different kinds say the same land twice, and a kind without a floor says nothing.
    limits = [Limit("city", "city", cap_m2=0), Limit("county", "c1"), Limit("zone", "key", 6)]
    assert [c.check for c in presolve(city(), limits) if not c.ok] == []


def test_a_unit_that_is_locked_in_and_out_is_told_and_neither_free_nor_needed():
    locks = [Lock("A", "in", ("u1", "u3")), Lock("B", "out", ("u3", "u1", "u4")),
             Lock("C", "in", ("u4",), name=Text("road", "道路"))]  # fmt: skip
    found = presolve(city(), [Limit("city", "city", 601, 599)], locks)
    assert [(c.check, c.level, c.ok, c.measured, c.limit, c.unit, c.where) for c in found] == [
        ("presolve.locks", "error", False, 2, 0, "units", "u1"),
        ("presolve.locks", "error", False, 1, 0, "units", "u4"),
        ("presolve.floor_free", "error", False, 601, 600, "m2", "city"),
        ("presolve.floor_cap", "error", False, 601, 599, "m2", "city"),
    ]
    assert found[0].text == Text(
        "lock A (in) and lock B (out) both hold unit u1 (2 units in all)",
        "锁定A（必须建设）与锁定B（禁止建设）同时包含单元 u1（共 2 个）",
    )
    assert found[1].text.zh == "锁定道路（必须建设）与锁定B（禁止建设）同时包含单元 u4（共 1 个）"


def test_land_that_may_go_makes_room_for_what_is_locked_in():
    """u1 and u3 may lose 100 and 20 m2; locked units lose nothing."""

    def told(kind, cap, net, *locks):
        limit = Limit(kind, {"city": "city", "reduction": "old"}[kind], 101, cap, net=net)
        found = presolve(going(), [limit], locks)
        return [(c.check.removeprefix("presolve."), c.measured, c.limit) for c in found]

    inn = Lock("A", "in", ("u2",))  # 600 m2
    assert told("city", 480, True, inn) == []
    assert told("city", 479, True, inn) == [("lock_cap", 480, 479)]
    assert told("city", 599, False, inn) == [("lock_cap", 600, 599)]
    held = Lock("B", "out", ("u1",))
    assert told("city", 579, True, inn, held) == [("lock_cap", 580, 579)]
    assert told("city", 379, True, Lock("C", "in", ("u1",))) == [("lock_cap", 380, 379)]
    # Of reductions, what may go is what is free; locks need nothing of them.
    assert told("reduction", 110, False) == []
    assert told("reduction", 120, False) == [("slack", 120, 120)]
    assert told("reduction", 119, False, held) == [
        ("floor_free", 101, 20), ("slack", 20, 119)]  # fmt: skip
    assert told("reduction", 119, False, Lock("C", "in", ("u3",))) == [
        ("floor_free", 101, 100), ("slack", 100, 119)]  # fmt: skip
    assert told("reduction", 0, False) == [("floor_cap", 101, 0)]
    # Land that may go is no land that new land may stand on.
    assert told("city", 2000, True) == [("slack", 2000, 2000)]


def test_what_is_free_is_rounded_down_and_what_locks_need_up():
    table = pd.DataFrame({"unit": ["a", "b"], "free_m2": [3, 3], "half": [500_000, 500_000]},
                         index=["a", "b"])  # fmt: skip
    limit = Limit("limit", "half", coefficient="half", floor_m2=2, cap_m2=2)
    lock = [Lock("A", "in", ("a",)), Lock("B", "out", ("b",))]
    found = presolve(table, [limit], lock)  # 1.5 in a
    assert [(c.check, c.measured, c.limit) for c in found] == [
        ("presolve.floor_free", 2, 1), ("presolve.slack", 1, 2),
    ]  # fmt: skip
    (told,) = [c for c in presolve(table, [replace(limit, floor_m2=0, cap_m2=1)], lock) if not c.ok]
    assert (told.check, told.measured) == ("presolve.lock_cap", 2)
    # Nothing goes where no land may: of unlocked land nothing is taken off what locks need.
    (told,) = presolve(table, [Limit("city", "city", cap_m2=2, net=True)], lock[:1])
    assert (told.check, told.measured, told.limit) == ("presolve.lock_cap", 3, 2)


def test_every_check_of_what_was_placed():
    """Three phases, a reduction, a limit in yuan, an overdrawn quota, land in a closed zone."""
    table = going().assign(
        by_near_m2=[10, 0, 0, 0, 0], by_mid_m2=[20, 5, 0, 0, 0], reduced_m2=[8, 0, 0, 2, 0],
        limit_cost=[500_000, 0, 0, 1_500_000, 500_000],
    )  # fmt: skip
    new = pd.Series([25, 5, 0, 43, 1], index=table.index)
    rules = CapRules(
        share=0.25, quotas={"moderate": 0.5}, eco_agri_share=0.7,
        own=(OwnLimit("cost", "cost", upper=78, lower=77, unit="yuan"),),
        phases=(PhaseRule("near", 12, 10, title=Text("near term", "近期")),
                PhaseRule("mid", lower_m2=1), PhaseRule("far", 75, 74)),
        reductions=(ReductionRule("old", lower_m2=11, upper_m2=10),),
        areas=(AreaRule("county", "c1", 30, 29), AreaRule("township", "t2", cap_total_m2=392)),
    )  # fmt: skip
    acc = account(table, rules, 4000, eco_agri_m2=2900)
    found = settle(acc, table, new, eco_agri_m2=2799)
    # Of 77.5 yuan 78 are held against the cap and 77 against the floor.
    held, broken = ("error", True), ("error", False)
    assert [(c.check, c.level, c.ok, c.measured, c.limit, c.unit, c.where) for c in found] == [
        ("new.free", *held, 0, 0, "pieces", "city"),
        ("new.city", *broken, 64, 50, "m2", "city"),
        ("new.quota", *broken, 43, 25, "m2", "moderate"),
        ("new.zone", *broken, 1, 0, "m2", "balance"),
        ("new.eco_agri", *held, 64, 100, "m2", "city"),
        ("new.limit", *held, 78, 78, "yuan", "cost"),
        ("floor.limit", *held, 77, 77, "yuan", "cost"),
        ("new.phase", *held, 10, 12, "m2", "near"),
        ("floor.phase", *held, 10, 10, "m2", "near"),
        ("floor.phase", *held, 25, 1, "m2", "mid"),
        ("new.phase", *held, 74, 75, "m2", "far"),
        ("floor.phase", *held, 74, 74, "m2", "far"),
        ("new.reduction", *held, 10, 10, "m2", "old"),
        ("floor.reduction", *broken, 10, 11, "m2", "old"),
        ("new.county", *broken, 30, 29, "m2", "c1"),
        ("floor.county", *held, 30, 30, "m2", "c1"),
        ("new.township", *held, 42, 42, "m2", "t2"),
        ("new.phase_nested", *held, 0, 0, "pieces", "near"),
        ("new.phase_nested", *held, 0, 0, "pieces", "mid"),
        ("new.reducible", *held, 0, 0, "pieces", "city"),
        ("new.closed_zone", *broken, 1, 0, "m2", "balance"),
        ("cap.eco_agri", *broken, 0.69975, 0.7, "1", "city"),
    ]
    said = [found[k].text for k in (1, 5, 6, 12, 13, 17, 18, 20)]
    assert [t.en for t in said] == [
        "city: new land 64 m², unspent -14 m²",
        "limit cost: taken 78 yuan, unspent 0 yuan",
        "limit cost: taken 77 yuan, at least 77 yuan",
        "reduction old: given up 10 m², unspent 0 m²",
        "reduction old: given up 10 m², at least 11 m²",
        "0 pieces have more by the end of near term than after it",
        "0 pieces have more by the end of mid than after it",
        "ecological balance: the zone takes no new construction land; new land 1 m²",
    ]
    assert [t.zh for t in said] == [
        "全市：新增 64 m²，剩余 -14 m²",
        "约束cost：占用 78 yuan，剩余 0 yuan",
        "约束cost：占用 77 yuan，不得少于 77 yuan",
        "减量old：减量 10 m²，剩余 0 m²",
        "减量old：减量 10 m²，不得少于 11 m²",
        "0 个地块在近期末的新增多于其后",
        "0 个地块在mid末的新增多于其后",
        "生态平衡：该分区不得新增建设用地，新增 1 m²",
    ]


@pytest.mark.parametrize(
    ("near", "mid", "gone", "off"),
    [
        ([0, 0], [5, 5], [0, 4], (0, 0, 0)), ([-1, 0], [5, 5], [0, 5], (1, 0, 1)),
        ([6, 6], [5, 5], [-1, 5], (2, 0, 2)), ([5, 5], [5, 6], [-1, 0], (0, 1, 1)),
        ([5, 5], [-1, 6], [3, 4], (1, 2, 1)), ([0, 0], [0, 0], [0, 0], (0, 0, 0)),
    ],
)  # fmt: skip
def test_phases_that_do_not_follow_and_land_that_may_not_go_are_counted(near, mid, gone, off):
    table = pd.DataFrame(
        {"unit": ["a", "b"], "township": "t", "county": "c", "area_m2": 20, "built_m2": [2, 4],
         "free_m2": 9, "by_near_m2": near, "by_mid_m2": mid, "reduced_m2": gone,
         "reducible_m2": [2, 4]}, index=["a|t", "b|t"],
    )  # fmt: skip
    rules = CapRules(phases=(PhaseRule("near"), PhaseRule("mid"), PhaseRule("far")))
    found = settle(account(table, rules, 40), table, pd.Series([5, 5], index=table.index))
    assert [(c.check, c.ok, c.measured, c.limit) for c in found] == [
        ("new.free", True, 0, 0),
        ("new.phase_nested", off[0] == 0, off[0], 0), ("new.phase_nested", off[1] == 0, off[1], 0),
        ("new.reducible", off[2] == 0, off[2], 0),
    ]  # fmt: skip
    assert found[1].text.en == f"{off[0]} pieces have more by the end of near than after it"


@pytest.mark.parametrize(
    ("new", "over", "ok"),
    [([0, 9], 0, True), ([-1, 9], 1, False), ([0, 10], 1, False), ([-1, 10], 2, False),
     ([0, None], 0, False), ([None, None], 0, False), ([10, None], 1, False)],
)  # fmt: skip
def test_new_land_lies_on_free_land_and_is_known_for_every_piece(new, over, ok):
    table = pd.DataFrame(
        {"township": "t", "county": "c", "area_m2": 20, "built_m2": 2, "free_m2": 9},
        index=["a|t", "b|t"],
    )
    placed = pd.Series(new, index=["a|t", "b|t"], dtype="Int64").dropna()
    (check,) = settle(account(table, CapRules(), 40), table, placed)
    assert (check.check, check.measured, check.limit, check.ok) == ("new.free", over, 0, ok)


def test_what_a_limit_is_called_and_of_which_pieces_it_speaks():
    names = {"name": Text("A", "甲")}
    near = {"phase": "near"}
    said = [
        (Limit("city", "city"), "city", "全市", "", "city:city"),
        (Limit("city", "x", **names), "city", "全市", "", "city:x"),
        (Limit("eco_agri", "city", **names), "ecological and agricultural space",
         "生态与农业空间", "", "eco_agri:city"),
        (Limit("county", "c", **names), "county A", "甲", "county", "county:c"),
        (Limit("county", "c"), "county c", "县（市、区）c", "county", "county:c"),
        (Limit("township", "t", **names), "township A", "甲", "township", "township:t"),
        (Limit("township", "t"), "township t", "乡镇t", "township", "township:t"),
        (Limit("zone", "z", **names), "cap of A", "甲上限", "zone", "zone:z"),
        (Limit("zone", "z", column="township_zone"), "cap of z", "z上限", "township_zone",
         "zone:z"),
        (Limit("quota", "z", **names), "quota of A", "甲新增指标", "zone", "quota:z"),
        (Limit("unit", "u", **names), "unit A", "单元甲", "unit", "unit:u"),
        (Limit("limit", "l", **names), "limit A", "约束甲", "", "limit:l"),
        (Limit("limit", "l", **names, **near), "limit A by the end of near", "约束甲（near末）", "",
         "limit:l@near"),
        (Limit("phase", "near", **names, **near), "phase A", "分期甲", "", "phase:near@near"),
        (Limit("phase_quota", "z", **names, **near, phase_name=Text("near term", "近期")),
         "quota of A by the end of near term", "甲新增指标（近期末）", "zone",
         "phase_quota:z@near"),
        (Limit("reduction", "r", **names), "reduction A", "减量甲", "reduction", "reduction:r"),
        (Limit("goal", "g", **names), "goal A", "目标甲", "", "goal:g"),
    ]  # fmt: skip
    for limit, en, zh, where, key in said:
        assert (limit.label.en, limit.label.zh, limit.where, limit.key) == (en, zh, where, key)
        assert limit.needs_zone == (limit.kind in ("zone", "quota", "phase_quota"))
        assert not replace(limit, staged=True).needs_zone
        assert limit.as_dict() == {
            "kind": limit.kind, "code": limit.code, "floor_m2": 0, "cap_m2": None,
            **({"phase": "near"} if limit.phase else {}), "source": "", "en": en, "zh": zh,
        }  # fmt: skip
    assert (Limit("city", "c").told(9_999), Limit("city", "c").told(10_000)) == (
        "9,999 m²", "0.01 km²")  # fmt: skip
    assert Limit("limit", "l", unit="yuan").told(10_000_000) == "10,000,000 yuan"
    assert Limit("city", "c").told(-10_000) == "-0.01 km²"


def test_what_counts_under_a_limit():
    table = city().assign(
        reduction=["old", pd.NA, "old", pd.NA, "new"], reduced_m2=[4, 0, 2, 0, 1],
        by_near_m2=[1, 2, 3, 4, 5], evenly=[10**6, 0, 10**6, 0, 0], some=[1, 0, 250_000, 0, 0],
    )  # fmt: skip
    table["zone"] = table["zone"].astype("string").where(table.index != "u4|t2")
    new = pd.Series([10, 20, 30, 40, 50], index=table.index)

    def of(kind, code, **more):
        limit = Limit(kind, code, **more)
        land = limit.land(table, new)
        inside = "".join("01"[int(x)] for x in limit.inside(table))
        return land.tolist(), inside, limit.steps(table, land)

    ten = [10, 20, 30, 40, 50]
    assert of("city", "city") == (ten, "11111", 150 * 10**6)
    assert of("city", "city", net=True) == ([6, 20, 28, 40, 49], "11111", 143 * 10**6)
    assert of("city", "city", phase="near") == ([1, 2, 3, 4, 5], "11111", 15 * 10**6)
    assert of("city", "x", phase="near", net=True) == ([-3, 2, 1, 4, 4], "11111", 8 * 10**6)
    assert of("city", "x", net=True, staged=True) == (ten, "11111", 150 * 10**6)
    assert of("zone", "key") == (ten, "01100", 50 * 10**6)
    assert of("quota", "balance") == (ten, "00000", 0)
    assert of("reduction", "old") == ([4, 0, 2, 0, 1], "10100", 6 * 10**6)
    assert of("reduction", "old", staged=True) == (ten, "10100", 40 * 10**6)
    assert of("limit", "l", coefficient="evenly") == (ten, "10100", 40 * 10**6)
    assert of("limit", "l", coefficient="some") == (ten, "10100", 10 + 30 * 250_000)
    assert Limit("limit", "l", coefficient="evenly").weights(table) is None
    assert Limit("limit", "l", coefficient="some").weights(table).tolist() == table["some"].tolist()
    assert Limit("city", "city").weights(table) is None
    # Without land that goes nothing is taken off, and nothing is given up.
    table = table.drop(columns="reduced_m2")
    assert of("city", "city", net=True)[0] == ten
    assert of("reduction", "old") == ([0] * 5, "10100", 0)
    # Land may come for some pieces only, and is told of them alone.
    few = pd.Series([7, 5], index=["u2|t2", "u1|t1"])
    for limit, steps in (
        (Limit("city", "city"), 12 * 10**6), (Limit("township", "t1"), 5 * 10**6),
        (Limit("limit", "l", coefficient="evenly"), 12 * 10**6),
        (Limit("limit", "l", coefficient="some"), 7 * 250_000 + 5),
    ):  # fmt: skip
        assert limit.steps(table.loc[["u1|t1", "u2|t2"]], few) == steps
    assert Limit("limit", "l", coefficient="some").used(table, new) == 8
    assert Limit("limit", "l", coefficient="some").used(table, new, up=False) == 7


def test_what_counts_does_not_overflow():
    table = pd.DataFrame({"much": [10**15, 10**15]}, index=["a", "b"])
    land = pd.Series([10**12, 10**12], index=["a", "b"])
    assert Limit("limit", "l", coefficient="much").steps(table, land) == 2 * 10**27


def told(call, *given, **more):
    with pytest.raises(InputError) as error:
        call(*given, **more)
    return [(p.where, p.what.en, p.what.zh) for p in error.value.problems]


def test_every_rule_that_cannot_be_counted_is_told_at_once(tmp_path):
    (tmp_path / "t.csv").write_text("township,cost\nt1,1\n", "utf-8")
    table = city().assign(rent=[1.0, None, None, 2.0, None], debt=[0.0, 0, -0.5, 0, 0],
                          far=[0.0, 0, 0, 0, np.inf])  # fmt: skip
    table.loc["u2|t2", "free_m2"] = 0
    rules = [
        OwnLimit("a", "nothing"), OwnLimit("b", "farmland"), OwnLimit("c", "debt"),
        OwnLimit("d", "far"), OwnLimit("e", "rent"),
        OwnLimit("f", places={"county": ("c1", "c9", "d*"), "overlays": ("x",), "zone": ("k*",)}),
        OwnLimit("g", "none", table=("t.csv", "none", "township")),
        OwnLimit("h", "cost", table=("t.csv", "cost", "township")),
    ]  # fmt: skip
    path = tmp_path / "t.csv"
    assert told(add_coefficients, table, rules, folder=tmp_path) == [
        (f"[[cap.limit]] {name}", en, zh) for name, en, zh in (
            ("a", "no column 'nothing' in pieces or units", "地块与单元中没有字段“nothing”"),
            ("b", "the plan does not know which free land is farmland",
             "本方案不知道可用土地中的耕地面积"),
            ("c", "a coefficient is below 0 or not finite", "系数小于 0 或不是有限数"),
            ("d", "a coefficient is below 0 or not finite", "系数小于 0 或不是有限数"),
            # u2|t2 has no free land, so that nobody asks what it would count.
            ("e", "2 pieces have no value, such as u2|t1", "2 个地块没有值，例如 u2|t1"),
            ("f", "'c9' is no county of the plan", "本方案没有 county“c9”"),
            ("f", "'d*' is no county of the plan", "本方案没有 county“d*”"),
            ("f", "the plan has no overlays", "本方案没有 overlays"),
            ("f", "'k*' is no zone of the plan", "本方案没有 zone“k*”"),
            ("g", f"{path} has no column 'none'", f"{path} 没有字段“none”"),
            ("h", "2 pieces have no value, such as u3|t2", "2 个地块没有值，例如 u3|t2"),
        )
    ]  # fmt: skip
    with pytest.raises(InputError) as error:
        add_coefficients(table, rules[:1])
    assert [p.code for p in error.value.problems] == ["own-limit"]


def test_what_a_square_metre_counts_is_read_where_it_stands(tmp_path):
    (tmp_path / "t.csv").write_text("township,cost\nt1,1.5\nt2,0.0000004\nt9,7\n", "utf-8")
    (tmp_path / "z.csv").write_text("class,cost\nkey,2\noptimised,x\n", "utf-8")
    table = city().assign(
        free_farmland_m2=[100, 0, 200, 700, 0], rent=["1", "x", None, "0.0000006", 2],
        overlays=["a+b", "b", "", None, "c"],
    )  # fmt: skip
    table.loc["u2|t1", "free_m2"] = 0
    units = pd.DataFrame({"slope": [1, 2, "x", 4], "rent": 9}, index=["u1", "u2", "u3", "u4"])
    east = {"county": ("c1",)}

    def of(rule):
        return add_coefficients(table, [rule], units, tmp_path)[rule.column].tolist()

    million = 10**6
    assert of(OwnLimit("l")) == [million] * 5
    assert of(OwnLimit("l", places=east)) == [million, million, 0, 0, 0]
    # Of free land: 100 of 400, none where nothing is free, all, all, none.
    assert of(OwnLimit("l", "farmland")) == [250_000, 0, million, million, 0]
    # A column of the pieces goes before that of units; what is no number is only missed where
    # something is free.
    assert of(OwnLimit("l", "rent", places=east)) == [million, 0, 0, 0, 0]
    assert of(OwnLimit("l", "rent", places={"zone": ("optimised", "moderate")})) == [
        million, 0, 0, 1, 0]  # fmt: skip
    assert of(OwnLimit("l", "slope", places={"unit": ("u1", "u2", "u4")})) == [
        million, 2 * million, 2 * million, 0, 4 * million]  # fmt: skip
    by_town = OwnLimit("l", "cost", table=("t.csv", "cost", "township"))
    assert of(by_town) == [1_500_000, 1_500_000, 0, 0, 0]
    by_zone = OwnLimit("l", "cost", table=("z.csv", "cost", "class"), places={"zone": ("key",)})
    assert of(by_zone) == [0, 2 * million, 2 * million, 0, 0]
    assert of(OwnLimit("l", places={"overlays": ("a", "c")})) == [million, 0, 0, 0, million]
    assert of(OwnLimit("l", places={"overlays": ("b",), **east})) == [million, million, 0, 0, 0]
    assert of(OwnLimit("l", places={"county": ("c*",), "township": ("t2", "t1*")})) == [million] * 5
    assert of(OwnLimit("l", places={"township": ("t2*",)})) == [0, 0, million, million, million]
    # Of land of which less is free than was, no more than all is farmland.
    table["free_m2"] = 50
    assert of(OwnLimit("l", "farmland")) == [million, 0, million, million, 0]
    assert add_coefficients(table, []).equals(table)
    with pytest.raises(InputError, match="no column 'slope' in pieces or units"):
        add_coefficients(table, [OwnLimit("l", "slope")])


def test_limits_of_the_plans_own_are_rounded_to_what_they_allow():
    table = pd.DataFrame(
        {"free_m2": [20, 10], "free_farmland_m2": [10, 5], "farmland_m2": [31, 8],
         "county": ["x", "y"], "cost": [0.25, 1.0]}, index=["a", "b"],
    )  # fmt: skip
    title = Text("T", "题")
    rules = [
        OwnLimit("a", upper=3.99, lower=3.01, unit="yuan", source="s", title=title, phase="near"),
        OwnLimit("b"),
        OwnLimit("c", "farmland", keep=0.7, places={"county": ("x",)}),  # 31 * 0.3 = 9.3
        OwnLimit("d", "farmland", keep=0.7),  # 39 * 0.3 = 11.7
        OwnLimit("e", "cost", keep=0.9),  # (20 * 0.25 + 10) * 0.1 = 1.5
        OwnLimit("f", keep=0.5, upper=14), OwnLimit("g", keep=0.5, upper=16), OwnLimit("h", keep=1),
        OwnLimit("i", keep=0.71, upper=1e9), OwnLimit("j", upper=0.0, lower=0.0),
    ]  # fmt: skip
    found = own_limits(add_coefficients(table, rules), rules)
    assert found[0] == Limit("limit", "a", 4, 3, "s", title, None, None, None, "limit_a", "yuan",
                             "near")  # fmt: skip
    assert found[1] == Limit("limit", "b", 0, None, "", Text("b", "b"), coefficient="limit_b")
    assert [x.cap_m2 for x in found[2:]] == [9, 11, 1, 14, 15, 0, 8, 0]
    assert [x.floor_m2 for x in found[2:]] == [0] * 8
    # Without a layer of all farmland, what is free of it counts.
    bare = table.drop(columns="farmland_m2")
    assert own_limits(add_coefficients(bare, rules[3:4]), rules[3:4])[0].cap_m2 == 4
    # A table of that name is no farmland.
    named = replace(rules[3], table=("t.csv", "farmland", "county"))
    assert own_limits(table.assign(limit_d=[10**6, 2 * 10**6]), [named])[0].cap_m2 == 12


def test_how_much_existing_land_may_go_and_what_keeping_it_is_worth():
    table = city().assign(built_m2=[1, 0, 99, 200, 50])
    table.loc["u4|t2", "zone"] = pd.NA
    table["suitability"] = [0.1, 0.2, 1 / 3, 0.4, 0.5]
    first = ReductionRule("first", {"township": ("t1",), "zone": ("optimised", "key")}, 1.0)
    rest = ReductionRule("rest", {}, 0.29, price=0.25)
    found = add_reductions(table, [first, rest])
    columns = ["reduction", "reducible_m2", "keep_worth"]
    assert found.fillna({"reduction": "-"})[columns].to_numpy(object).tolist() == [
        ["first", 1, 0.1], ["-", 0, 0.0], ["rest", 28, 0.583333333], ["rest", 58, 0.65],
        ["-", 0, 0.0],
    ]  # fmt: skip
    assert [str(t) for t in found[columns].dtypes] == ["string", "int64", "float64"]
    assert found.drop(columns=columns).equals(table)
    assert add_reductions(table, []) is table
    # Nothing goes where it is not known what it is worth, or in which township it lies.
    lost = table.assign(suitability=[0.1, 0.2, None, 0.4, 0.5],
                        township=["none", "t1", "t2", "overlap", "t2"])  # fmt: skip
    assert add_reductions(lost, [rest])["reducible_m2"].tolist() == [0] * 5
    places = {"county": ("c7",), "zone": ("key", "z")}
    where = "[[cap.reduction]] old"
    assert told(add_reductions, table, [ReductionRule("old", places), rest]) == [
        (where, "'c7' is no county of the plan", "本方案没有 county“c7”"),
        (where, "'z' is no zone of the plan", "本方案没有 zone“z”"),
    ]


@pytest.mark.parametrize(
    ("kind", "en", "zh"),
    [
        ("city", "cap of the city", "全市总量"), ("limit", "N", "南"),
        ("county", "county: N", "南"), ("township", "township: N", "南"),
        ("zone", "cap of a zone: N", "南分区上限"), ("quota", "quota of a zone: N", "南分区指标"),
        ("eco_agri", "ecological and agricultural space", "生态与农业空间"),
    ],
)  # fmt: skip
def test_what_limits_are_called_in_lists(kind, en, zh):
    name = Text("N", "南")
    assert title(kind, name) == Text(en, zh)
    by = title(kind, name, Text("near term", "近期"))
    assert by == Text(f"{en} by the end of near term", f"{zh}（近期末）")
