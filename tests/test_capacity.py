"""The account of construction land, by hand-computed worlds."""

from __future__ import annotations

import pandas as pd
import pytest
from worlds_allocation import limits_of, pieces_of

from zoning.base.shipped import load_toml
from zoning.capacity import AreaRule, CapRules, Limit, Lock, account, presolve, settle, share_of
from zoning.errors import InputError, Text


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
    acc = account(city(), CapRules(), 4000)
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
    acc = account(city(), CapRules(share=0.20), 4000)
    check = next(c for c in acc.checks if c.check == "cap.city")
    assert (check.ok, check.measured, check.limit, check.margin) == (False, 950, 800, -150)
    assert acc.headroom_m2 == 0
    assert all(x.cap_m2 == 0 for x in acc.limits if x.kind in ("city", "quota"))


def test_township_basis_keeps_balance_closed():
    acc = account(city(), CapRules(zone_basis="township"), 4000)
    by = {(x.kind, x.code): x for x in acc.limits}
    assert by["zone", "key"].where == "township_zone"
    assert by["zone", "key"].cap_m2 == 720 - 350
    assert (by["zone", "balance"].where, by["zone", "balance"].cap_m2) == ("zone", 0)


def test_base_area_and_areas():
    rules = CapRules(
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
    acc = account(city(), CapRules(), 4000, eco_agri_m2=2799)
    check = next(c for c in acc.checks if c.check == "cap.eco_agri")
    assert not check.ok
    assert check.limit == 0.70


def test_without_zones():
    table = city().drop(columns=["zone", "township_zone"])
    acc = account(table, CapRules(), 4000)
    assert [x.kind for x in acc.limits] == ["city"]
    assert acc.zones.empty


def test_settle_finds_every_breach():
    table = city()
    acc = account(table, CapRules(), 4000)
    new = pd.Series([59, 50, 43, 0, 0], index=table.index)
    assert all(c.ok for c in settle(acc, table, new))
    worse = new.copy()
    worse["u4|t2"] = 1
    broken = {(c.check, c.where) for c in settle(acc, table, worse) if not c.ok}
    assert broken == {("new.zone", "balance")}
    worse = new.copy()
    worse["u2|t2"] = 201
    broken = {c.check for c in settle(acc, table, worse) if not c.ok}
    assert broken == {"new.free", "new.city", "new.zone", "new.quota"}


def test_share_is_the_decimal_that_was_written():
    assert share_of(0.28, 25) == 7  # 0.28 * 25 is 7.000000000000001 or less in binary
    assert share_of(0.29, 100) == 29  # int(0.29 * 100) is 28
    assert share_of(0.1, 9) == 0


def test_every_threshold_has_a_source():
    for name, table in load_toml("capacity", "caps.toml").items():
        assert table["source"], name
        assert table["evidence"], name


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
