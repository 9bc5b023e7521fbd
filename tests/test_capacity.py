"""The account of construction land, by hand-computed worlds."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds_allocation import limits_of, pieces_of

from zoning.base.shipped import load_toml
from zoning.capacity import (
    AreaRule,
    CapRules,
    Limit,
    Lock,
    account,
    cap_rules,
    presolve,
    settle,
    share_of,
)
from zoning.errors import InputError, Text
from zoning.planfile.models import CapPart, Config

#: The shipped rules, as a plan that copies them has them.
RULES = cap_rules(Config(cap=CapPart.model_validate(load_toml("capacity", "caps.toml")["cap"])))


def city() -> pd.DataFrame:
    """Four units, one split between two townships; areas in m2, small enough to add up by hand."""
    rows = [
        # piece, unit, township, county, zone, township_zone, area, built, free, suitability
        ("u1|t1", "u1", "t1", "c1", "optimised", "optimised", 1000, 500, 400, 0.9),
        ("u2|t1", "u2", "t1", "c1", "key", "optimised", 600, 100, 400, 0.8),
        ("u2|t2", "u2", "t2", "c2", "key", "key", 400, 100, 200, 0.7),
        ("u3|t2", "u3", "t2", "c2", "moderate", "key", 1000, 200, 700, 0.6),
        ("u4|t2", "u4", "t2", "c2", "balance", "key", 1000, 50, 300, 0.5),
    ]
    columns = [
        "piece",
        "unit",
        "township",
        "county",
        "zone",
        "township_zone",
        "area_m2",
        "built_m2",
        "free_m2",
        "suitability",
    ]
    return pd.DataFrame(rows, columns=columns).set_index("piece")


def test_account_by_hand():
    acc = account(city(), RULES, 4000)
    assert (acc.base_m2, acc.cap_m2, acc.existing_m2, acc.headroom_m2) == (4000, 1120, 950, 170)
    assert acc.zones["cap_m2"].tolist() == [pd.NA, 300, 150, 50]
    assert acc.zones["headroom_m2"].tolist() == [pd.NA, 100, 0, 0]
    assert acc.zones["quota_m2"].tolist() == [59, 93, 17, pd.NA]
    # By township class: key is t2, 2400 m2, of which 350 built.
    assert acc.zones_other.loc["key", ["area_m2", "built_m2", "cap_m2"]].tolist() == [
        2400,
        350,
        720,
    ]
    failed = {(c.check, c.where) for c in acc.checks if not c.ok}
    assert failed == {("cap.zone", "moderate")}  # 200 built, 150 allowed
    assert acc.zone_county.loc[("key", "c2"), "built_m2"] == 100
    assert acc.zone_township.loc[("key", "t1"), "area_m2"] == 600
    assert acc.counties["area_m2"].sum() == acc.townships["area_m2"].sum() == 4000


def test_existing_above_the_cap_is_a_failed_check_with_no_headroom():
    acc = account(city(), replace(RULES, share=0.20), 4000)
    check = next(c for c in acc.checks if c.check == "cap.city")
    assert (check.ok, check.measured, check.limit, check.margin) == (False, 950, 800, -150)
    assert acc.headroom_m2 == 0
    assert all(x.cap_m2 == 0 for x in acc.limits if x.kind in ("city", "quota"))


def test_township_basis_keeps_balance_closed():
    acc = account(city(), replace(RULES, zone_basis="township"), 4000)
    by = {(x.kind, x.code): x for x in acc.limits}
    assert by["zone", "key"].where == "township_zone"
    assert by["zone", "key"].cap_m2 == 720 - 350
    assert (by["zone", "balance"].where, by["zone", "balance"].cap_m2) == ("zone", 0)


def test_base_area_and_areas():
    rules = replace(
        RULES,
        base_area_m2=3840,
        areas=(
            AreaRule("county", "c1", floor_new_m2=5, cap_total_m2=640, source="s"),
            AreaRule("township", "t2", cap_share=0.15, cap_new_m2=9, source="s"),
        ),
    )
    acc = account(city(), rules, 4000)
    assert acc.cap_m2 == 1075  # 1075.2 rounded down
    by = {(x.kind, x.code): x for x in acc.limits}
    assert (by["county", "c1"].floor_m2, by["county", "c1"].cap_m2) == (5, 40)
    assert by["township", "t2"].cap_m2 == 9  # 360 - 350 = 10, and 9 is stated
    with pytest.raises(InputError, match="zz"):
        account(city(), CapRules(areas=(AreaRule("county", "zz"),)), 4000)


def test_eco_agri():
    acc = account(city(), RULES, 4000, eco_agri_m2=2799)
    check = next(c for c in acc.checks if c.check == "cap.eco_agri")
    assert not check.ok
    assert check.limit == 0.70


def test_without_zones():
    table = city().drop(columns=["zone", "township_zone"])
    acc = account(table, RULES, 4000)
    assert [x.kind for x in acc.limits] == ["city"]
    assert acc.zones.empty


def test_settle_finds_every_breach():
    table = city()
    acc = account(table, RULES, 4000)
    new = pd.Series([59, 50, 43, 0, 0], index=table.index)
    assert all(c.ok for c in settle(acc, table, new))
    worse = new.copy()
    worse["u4|t2"] = 1
    broken = {(c.check, c.where) for c in settle(acc, table, worse) if not c.ok}
    assert broken == {("new.zone", "balance"), ("new.closed_zone", "balance")}
    worse = new.copy()
    worse["u2|t2"] = 201
    broken = {c.check for c in settle(acc, table, worse) if not c.ok}
    assert broken == {"new.free", "new.city", "new.zone", "new.quota"}


def test_share_is_the_decimal_that_was_written():
    assert share_of(0.28, 25) == 7  # 0.28 * 25 is 7.000000000000001 or less in binary
    assert share_of(0.29, 100) == 29  # int(0.29 * 100) is 28
    assert share_of(0.1, 9) == 0


def test_two_totals_of_one_place_are_both_kept():
    # 600 m2 of c1 are built; 640 in all, or a share that gives 620 or 660.
    area = int(account(city(), RULES, 4000).counties.at["c1", "area_m2"])
    for allowed, left in ((620, 20), (660, 40)):
        rule = AreaRule("county", "c1", cap_total_m2=640, cap_share=allowed / area)
        acc = account(city(), CapRules(share=1.0, areas=(rule,)), 4000)
        built = int(acc.counties.at["c1", "built_m2"])
        (limit,) = [x for x in acc.limits if x.kind == "county"]
        assert limit.cap_m2 == left + 600 - built
        (check,) = [c for c in acc.checks if c.check == "cap.county"]
        assert check.limit == min(640, allowed)


def test_a_place_that_is_built_beyond_its_cap_takes_nothing():
    # c2: 350 of 2400 m2 are built; 300 are allowed.
    rule = AreaRule("county", "c2", cap_total_m2=300)
    acc = account(city(), CapRules(share=1.0, areas=(rule,)), 4000)
    (limit,) = [x for x in acc.limits if x.kind == "county"]
    assert limit.cap_m2 == 0
    (check,) = [c for c in acc.checks if c.check == "cap.county"]
    assert (check.ok, check.measured, check.limit) == (False, 350, 300)


def test_what_is_not_stated_is_no_rule():
    acc = account(city(), CapRules(), 4000, eco_agri_m2=1)
    assert (acc.cap_m2, acc.headroom_m2, acc.existing_m2, acc.base_m2) == (None, None, 950, 4000)
    # Only what the zone is keeps new land out.
    assert [(x.kind, x.code, x.cap_m2, x.where) for x in acc.limits] == [
        ("zone", "balance", 0, "zone")
    ]
    assert acc.checks == ()
    assert acc.zones["cap_m2"].isna().all() and acc.zones["quota_m2"].isna().all()


@pytest.mark.parametrize("basis", ["unit", "township"])
def test_a_rule_of_one_zone_leaves_balance_closed(basis):
    rules = CapRules(share=0.28, zone_caps={"key": 0.30}, zone_basis=basis)
    by = {(x.kind, x.code): x for x in account(city(), rules, 4000).limits}
    assert set(by) == {("city", "city"), ("zone", "key"), ("zone", "balance")}
    closed = by["zone", "balance"]
    assert (closed.cap_m2, closed.where, closed.existing_m2) == (0, "zone", 50)


@pytest.mark.parametrize("rule", [None, 0.9])
def test_new_land_where_none_may_be_is_always_told(rule):
    table = city()
    acc = account(table, CapRules(share=0.5, zone_caps={"balance": rule}), 4000)
    # The plan lifts the closure on purpose ...
    assert not [x for x in acc.limits if x.code == "balance" and x.cap_m2 == 0]
    new = pd.Series(0, index=table.index)
    quiet = [c for c in settle(acc, table, new) if c.check == "new.closed_zone"]
    assert [(c.where, c.ok, c.measured) for c in quiet] == [("balance", True, 0)]
    new["u4|t2"] = 3
    told = [c for c in settle(acc, table, new) if c.check == "new.closed_zone"]
    # ... and the check says what that means.
    assert [(c.where, c.ok, c.measured, c.level) for c in told] == [("balance", False, 3, "error")]
    assert told[0].limit == 0
    # Land without a zone lies in no closed one.
    table["zone"] = table["zone"].astype("string").where(table.index != "u1|t1")
    new["u1|t1"] = 5
    again = [c for c in settle(acc, table, new) if c.check == "new.closed_zone"]
    assert [c.measured for c in again] == [3]


def test_every_cap_on_existing_and_new_land_is_converted_once():
    areas = (
        AreaRule("county", "c1", cap_total_m2=700), AreaRule("township", "t2", cap_share=0.3),
        AreaRule("county", "c2", floor_new_m2=5, cap_new_m2=9),
    )  # fmt: skip
    rules = CapRules(share=0.28, zone_caps={"key": 0.3}, quotas={"key": 0.5}, areas=areas,
                     eco_agri_share=0.7)  # fmt: skip
    one = account(city(), rules, 4000, eco_agri_m2=2900)
    # Land counts half in the survey of the cap: twice as much may stand in this one.
    half = account(city(), replace(rules, survey_factor=0.5), 4000, eco_agri_m2=2900)
    assert (one.cap_share, half.cap_share) == (0.28, 0.56)
    assert half.cap_m2 == 2 * one.cap_m2 == 2240
    assert half.zones.at["key", "cap_m2"] == 2 * one.zones.at["key", "cap_m2"]
    caps = {(c.check, c.where): c.limit for c in one.checks}
    twice = {(c.check, c.where): c.limit for c in half.checks}
    assert set(caps) >= {("cap.county", "c1"), ("cap.township", "t2"), ("cap.zone", "key")}
    for key, limit in caps.items():
        # Ecological land is measured in the survey of the land use only.
        assert twice[key] == (limit if key[0] == "cap.eco_agri" else 2 * limit), key
    # New land counts as stated, and quotas are shares of the converted headroom.
    new = {(x.kind, x.code): x for x in half.limits}
    assert (new["county", "c2"].floor_m2, new["county", "c2"].cap_m2) == (5, 9)
    assert new["quota", "key"].cap_m2 == (2240 - 950) // 2


@given(st.integers(0, 100), st.integers(1, 10**10), st.integers(1, 300))
def test_a_converted_share_is_exact(percent, area, factor):
    got = share_of(percent / 100, area, factor / 100)
    assert got == percent * area // factor


def test_each_limit_has_the_source_of_its_own_rule():
    acc = account(city(), RULES, 4000)
    source = {(x.kind, x.code): x.source for x in acc.limits}
    assert "30 %" in source["zone", "key"] and "15 %" not in source["zone", "key"]
    assert "15 %" in source["zone", "moderate"]
    own = Config.model_validate({"cap": {"share": 0.2, "quotas": {"key": 0.4}}})
    source = {(x.kind, x.code): x.source for x in account(city(), cap_rules(own), 4000).limits}
    assert source["city", "city"] == source["quota", "key"] == "choice of this plan"


def test_only_a_lock_in_and_a_lock_out_contradict_one_another():
    inn, out = Lock("A", "in", ("u1", "u3")), Lock("B", "out", ("u3", "u4"))
    told = [c for c in presolve(city(), [], [out, inn]) if c.check == "presolve.locks"]
    assert [(c.measured, c.where) for c in told] == [(1, "u3")]
    assert told[0].text.en.startswith("lock A (in) and lock B (out) both hold unit u3")
    for alone in ([inn, inn], [out, out], [Lock("C", "out", ("u2",)), inn]):
        assert "presolve.locks" not in {c.check for c in presolve(city(), [], alone)}


def test_presolve_words():
    table = city()
    rules = [
        Limit("county", "c1", floor_m2=900, name=Text("Dantu", "丹徒")),
        Limit("township", "t2", floor_m2=30, cap_m2=20),
        Limit("city", "city", cap_m2=10_000),
    ]
    locks = [Lock("A", "in", ("u3",)), Lock("B", "out", ("u3", "u4"))]
    found = presolve(table, rules, locks)
    assert {c.check for c in found if c.level == "error"} == {
        "presolve.locks",
        "presolve.floor_free",
        "presolve.floor_cap",
    }
    assert {c.check for c in found if c.level == "note"} == {"presolve.slack"}
    text = next(c.text for c in found if c.check == "presolve.floor_free")
    assert "Dantu" in text.en and "丹徒" in text.zh and "only" in text.en
    crowded = presolve(
        table,
        [
            Limit("city", "", cap_m2=5),
            Limit("county", "c1", floor_m2=3),
            Limit("county", "c2", floor_m2=3),
        ],
    )
    assert "presolve.floors_city" in {c.check for c in crowded}
    locked = presolve(table, [Limit("township", "t2", cap_m2=600)], [Lock("A", "in", ("u3",))])
    assert [c.check for c in locked if c.level == "error"] == ["presolve.lock_cap"]


@pytest.mark.parametrize("seed", range(20))
def test_presolve_never_cries_wolf(seed):
    from zoning.allocation import allocate
    from zoning.errors import InfeasibleError

    table = pieces_of(seed)
    rules = limits_of(table, seed, hard=0.5)
    wrong = [c for c in presolve(table, rules) if c.level == "error"]
    if wrong:
        with pytest.raises(InfeasibleError):
            allocate(table, rules)


@pytest.mark.parametrize("basis", ["unit", "township"])
def test_both_bases_are_told_and_one_binds(basis):
    acc = account(city(), replace(RULES, zone_basis=basis), 4000)
    other = "township" if basis == "unit" else "unit"
    told = {(c.check, c.where): (c.level, c.measured, c.limit) for c in acc.checks}
    by = {"unit": (200, 300), "township": (350, 720)}
    assert told["cap.zone", "key"] == ("error", *by[basis])
    assert told[f"cap.zone_by_{other}", "key"] == ("note", *by[other])


def test_presolve_at_the_edge():
    table = pd.DataFrame(
        {"unit": ["a", "b"], "county": ["x", "y"], "free_m2": [10, 10]}, index=["a", "b"]
    )
    full = [Limit("city", "city", cap_m2=10), Limit("county", "x", floor_m2=4, cap_m2=9),
            Limit("county", "y", floor_m2=6, cap_m2=9)]  # fmt: skip
    # Floors of 4 and 6 just fit 10, and so does a lock of 10.
    found = presolve(table, full, [Lock("L", "in", ("a",))])
    assert [(c.check, c.where) for c in found if not c.ok] == [("presolve.lock_cap", "x")]
    # A cap that the free land just fills does nothing.
    (slack,) = presolve(table, [Limit("county", "x", cap_m2=10)])
    assert (slack.check, slack.measured, slack.limit) == ("presolve.slack", 10, 10)


def test_of_no_land_no_green_share_is_asked():
    rules = CapRules(eco_agri_share=0.5)
    assert account(city(), rules, 0, eco_agri_m2=0).checks == ()
    assert [c.ok for c in account(city(), rules, 1, eco_agri_m2=1).checks] == [True]


def test_shares_and_floors_that_just_hold_are_kept():
    acc = account(city(), CapRules(eco_agri_share=0.7), 4000, eco_agri_m2=2800)
    assert [(c.check, c.ok) for c in acc.checks] == [("cap.eco_agri", True)]
    area = AreaRule("county", "c1", floor_new_m2=5)
    table, rules = city(), CapRules(share=0.5, areas=(area,))
    acc = account(table, rules, 4000)
    new = pd.Series(0, index=table.index)
    new["u1|t1"] = 5
    assert [c.ok for c in settle(acc, table, new) if c.check == "floor.county"] == [True]
    new["u1|t1"] = 4
    assert [c.ok for c in settle(acc, table, new) if c.check == "floor.county"] == [False]
    # Less than nothing is no plan either.
    new["u2|t1"] = -1
    assert not next(c for c in settle(acc, table, new) if c.check == "new.free").ok


def test_limits_are_called_by_names_and_not_by_codes():
    cap = {"share": 0.3, "quotas": {"key": 0.5}, "zone_caps": {"balance": "existing"},
           "counties": [{"place": "c1", "floor_m2": 10}]}  # fmt: skip
    config = Config(cap=CapPart.model_validate(cap))
    names = pd.DataFrame({"name": ["丹徒区"]}, index=["c1"])
    limits = account(city(), cap_rules(config, names, None), 4000).limits
    said = {x.kind: x.label for x in limits}
    assert said["quota"] == Text("quota of key development", "重点开发新增指标")
    assert said["zone"] == Text("cap of ecological balance", "生态平衡上限")
    assert said["county"] == Text("county 丹徒区", "丹徒区")
    coded = {x.kind: x.label for x in account(city(), cap_rules(config), 4000).limits}
    assert coded["county"] == Text("county c1", "县（市、区）c1")
