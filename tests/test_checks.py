"""Checks find what is wrong: every tampered plan fails the check that is meant for it."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
import worlds

from zoning.errors import Text
from zoning.grid.distortion import Distortion
from zoning.grid.lattice import GridSpec
from zoning.inputs.layers import Layers
from zoning.ledger import sums
from zoning.ledger.atoms import build
from zoning.pipeline import checks

GRID = GridSpec(worlds.CRS)


@pytest.fixture
def layers():
    towns = worlds.townships().rename(columns={"code": "township"}).set_index("township")
    return Layers(worlds.CITY, towns, worlds.redlines())


@pytest.fixture
def ledger(layers):
    return build(layers, GRID)


def failed(found):
    return [c.check for c in found if not c.ok]


def test_a_sound_ledger_passes(layers, ledger):
    parts = sums.split(ledger.atoms, None)
    frames = {"units": ledger.units, "pieces": sums.pieces(parts)}
    assert failed(checks.ledger_sums(ledger, frames)) == []
    table = checks.residuals(layers, ledger)
    assert failed(checks.residual_checks(table)) == []
    assert table["kind"].value_counts().to_dict() == {
        "township": 3, "county": 2, "city": 1, "redline_union": 1,
    }  # fmt: skip


def test_one_square_metre_less_is_found(ledger):
    atoms = ledger.atoms.copy()
    atoms.loc[3, "area_m2"] -= 1
    found = checks.ledger_sums(replace(ledger, atoms=atoms), {"units": ledger.units})
    assert failed(found) == ["ledger.city"]
    units = ledger.units.copy()
    units.iloc[0, 0] += 1
    assert failed(checks.ledger_sums(ledger, {"units": units})) == ["ledger.units"]


def test_land_moved_between_townships_is_found_by_shapely(layers, ledger):
    atoms = ledger.atoms.copy()
    mine = atoms.index[atoms["township"] == "321000001"][0]
    atoms.loc[mine, ["township", "county"]] = ["321000003", "321002"]
    found = checks.residual_checks(checks.residuals(layers, replace(ledger, atoms=atoms)))
    assert failed(found) == ["residual.township", "residual.county"]
    # The ledger still closes: only the second way sees it.
    assert failed(checks.ledger_sums(replace(ledger, atoms=atoms), {})) == []


def test_a_red_line_that_is_lost_is_found(layers, ledger):
    atoms = ledger.atoms.assign(red_level=0)
    found = checks.residual_checks(checks.residuals(layers, replace(ledger, atoms=atoms)))
    assert failed(found) == ["residual.redline_union"]


def test_townships_that_overlap_are_compared_without_their_overlap():
    shapes = [worlds.square(0, 0, 2.1, 3), worlds.square(2, 0, 2, 3), worlds.square(4, 0, 2, 3)]
    towns = gpd.GeoDataFrame(
        {"county": ["a", "a", "b"]}, geometry=shapes, crs=worlds.CRS,
        index=pd.Index(["1", "2", "3"], name="township"),
    )  # fmt: skip
    layers = Layers(worlds.CITY, towns)
    ledger = build(layers, GRID)
    assert failed(checks.residual_checks(checks.residuals(layers, ledger))) == []


@pytest.mark.parametrize(
    "shapes",
    [
        [worlds.square(0, 0, 3, 3), worlds.square(0, 0, 3, 3)],
        [worlds.square(0, 0, 3, 3), worlds.square(0, 0, 1, 1)],
    ],
    ids=["equal", "inside, sharing an edge"],
)
def test_townships_that_cover_one_another_are_compared_by_what_is_their_own(shapes):
    towns = gpd.GeoDataFrame(
        {"county": ["a", "b"]}, geometry=shapes, crs=worlds.CRS,
        index=pd.Index(["1", "2"], name="township"),
    )  # fmt: skip
    layers = Layers(worlds.CITY, towns)
    assert failed(checks.residual_checks(checks.residuals(layers, build(layers, GRID)))) == []


def test_distortion_above_the_limit_fails():
    bad = checks.distortion_check(Distortion(0.002, 1.0, 1.0), 0.001)
    assert (bad.ok, bad.margin) == (False, pytest.approx(-0.001))


def test_new_land_above_free_land_or_cap_is_found():
    pieces = pd.DataFrame(
        {"township": ["t", "none"], "built_m2": [10, 0], "free_m2": [5, 5], "new_m2": [5, 0]}
    )
    assert failed(checks.allocation_checks(pieces, 15)) == []
    assert failed(checks.allocation_checks(pieces, 14)) == ["allocation.cap"]
    assert failed(checks.allocation_checks(pieces.assign(new_m2=[6, 0]), 99)) == ["allocation.free"]
    assert failed(checks.allocation_checks(pieces.assign(new_m2=[-1, 0]), 99)) == [
        "allocation.free"
    ]
    assert failed(checks.allocation_checks(pieces.assign(new_m2=[0, 1]), 99)) == ["allocation.free"]


def test_decisions_that_no_longer_fit_are_warnings():
    table = pd.DataFrame({"code": ["a", "b", "c"], "state": ["stale", "moot", "applied"]})
    found = {c.check: c for c in checks.decisions(table)}
    assert not found["decisions.stale"].ok
    assert found["decisions.stale"].level == "warning"
    assert found["decisions.moot"].level == "note"
    assert found["decisions.no-place"].ok
    assert checks.decisions(None) == []


def test_decisions_on_unknown_places_are_told_what_may_be_meant():
    places = {f"32100{k:04d}": Text(f"T{k}", f"镇{k}") for k in range(12)}
    wrong = [code[:3] + code[4:] for code in places]  # a digit was lost
    table = pd.DataFrame({"code": [*wrong, "?"], "state": "no-place"})
    found = {c.check: c for c in checks.decisions(table, places)}["decisions.no-place"]
    assert found.measured == 13 and not found.ok
    for said in (found.remedy.en, found.remedy.zh):
        assert all(code in said for code in wrong[:10])
        assert not any(code in said for code in wrong[10:])
    (alone,) = (c for c in checks.decisions(table[-1:], places) if not c.ok)
    assert alone.remedy is None


def test_published_counts_are_compared_and_not_forced():
    assert checks.expected("x", 5, None, "areas", "s", "city") == []
    (one,) = checks.expected("x", 5, 6, "areas", "s", "city")
    assert (one.ok, one.level, one.measured, one.limit) == (False, "warning", 5, 6)


@pytest.mark.parametrize(("new", "total", "ok"), [((30, 40), 80, False), ((30, 30), 70, True)])
def test_existing_and_new_land_of_all_pieces_stand_under_the_cap(new, total, ok):
    pieces = pd.DataFrame(
        {"township": ["a", "b"], "built_m2": [10, 0], "free_m2": [30, 40], "new_m2": new}
    )
    found = {c.check: c for c in checks.allocation_checks(pieces, cap_m2=70)}
    assert found["allocation.free"].ok
    cap = found["allocation.cap"]
    assert (cap.measured, cap.limit, cap.ok) == (total, 70, ok)


def whole(check):
    """Give a check without its words."""
    return (check.check, check.level, check.ok, check.measured, check.limit, check.unit,
            check.where)  # fmt: skip


def test_sums_that_do_not_close_are_told_by_how_much():
    for measured, ok in ((5, True), (4, False), (6, False)):
        one = checks.closes("x.y", measured, 5, "en", "zh")
        assert whole(one) == ("x.y", "error", ok, measured, 5, "m2", "city")
        assert one.text == Text(
            f"en: difference {measured - 5} m²", f"zh：差 {measured - 5} 平方米"
        )


def test_the_worst_place_of_each_kind_is_named():
    table = pd.DataFrame(
        [("township", "a", -12.0, 10.0), ("township", "b", 9.0, 10.0), ("city", "city", 1.0, 1.0),
         ("county", "c", 1.0000004, 1.0)],
        columns=["kind", "code", "residual_m2", "limit_m2"],
    )  # fmt: skip
    towns, city, county = checks.residual_checks(table)
    assert whole(towns) == ("residual.township", "error", False, 12.0, 10.0, "m2", "a")
    assert "at most 12.000 m² (of 2)" in towns.text.en and "共 2 个" in towns.text.zh
    assert whole(city) == ("residual.city", "error", True, 1.0, 1.0, "m2", "city")
    assert not county.ok and county.measured == 1.0


def test_the_worst_bend_of_the_plane_is_held_against_its_limit():
    for limit, ok in ((0.002, True), (0.0019, False)):
        one = checks.distortion_check(Distortion(0.002, 100.1, 100.0), limit)
        assert whole(one) == ("crs.distortion", "error", ok, 0.002, limit, "1", "city")
        assert "0.20000% locally, +0.10000% in total" in one.text.en
        assert "0.20000%，合计 +0.10000%" in one.text.zh


def test_what_was_left_out_is_counted():
    units = gpd.GeoDataFrame({"zone": ["key", None, None], "area_m2": [1, 2_000_000, 500_000]})
    nowhere, twice, use, zone = checks.left_out({"none": 0, "unknown_use": 12_300_000}, units)
    assert whole(nowhere) == ("left_out.none", "note", True, 0, 0, "m2", "city")
    assert whole(twice) == ("left_out.overlap", "note", True, 0, 0, "m2", "city")
    assert whole(use) == ("left_out.unknown_use", "note", False, 12_300_000, 0, "m2", "city")
    assert use.text.en == "land of unknown use: 12.3000 km²"
    assert whole(zone) == ("left_out.zone", "warning", False, 2, 0, "units", "city")
    assert zone.text == Text("2 units unzoned (2.5000 km²)", "2 个单元未分区（2.5000 km²）")
    told = checks.left_out({}, units, Text("why", "因"))[-1]
    assert told.text.en.endswith("): why") and told.text.zh.endswith("）：因")
    assert checks.left_out({}, units.iloc[:1])[-1].ok
    assert len(checks.left_out({}, units.drop(columns="zone"))) == 3


def test_units_that_several_overlays_rule_are_named():
    from types import SimpleNamespace

    overlays = [SimpleNamespace(code=c, column=c, share=0.5, name=Text(c.upper(), f"“{c}”"))
                for c in "abcd"]  # fmt: skip
    scheme = SimpleNamespace(replacing=overlays)
    n = 13
    units = pd.DataFrame(
        {"zone": "a", "area_m2": 100, "a": [50] * 12 + [0], "b": [49] * 10 + [50, 49, 49],
         "c": [50] * 10 + [0, 0, 50], "d": 49},
        index=[f"u{k:02d}" for k in range(n)],
    )  # fmt: skip
    (one,) = checks.overlays(units, scheme)
    where = ", ".join(f"u{k:02d}" for k in range(10))
    assert whole(one) == ("zones.overlays", "note", False, 11, 0, "units", where)
    assert one.text.en == "11 units that several overlays rule (A, B, C): the first in order counts"
    assert "（“a”、“b”、“c”）" in one.text.zh
    (none,) = checks.overlays(units.iloc[11:], scheme)
    assert whole(none) == ("zones.overlays", "note", True, 0, 0, "units", "city")
    assert none.text.en == "0 units that several overlays rule"
    assert checks.overlays(units.drop(columns="zone"), scheme) == []
    assert checks.overlays(units, SimpleNamespace(replacing=overlays[:1])) == []


@pytest.mark.parametrize(("new", "town", "misplaced", "total"), [
    ([10, 0], ["s", "t"], 0, 40), ([11, 0], ["s", "t"], 1, 41), ([10, -2], ["s", "t"], 2, 38),
    ([10, 0], ["none", "t"], 10, 40), ([3, 0], ["overlap", "t"], 3, 33),
])  # fmt: skip
def test_new_land_is_added_up_again(new, town, misplaced, total):
    pieces = pd.DataFrame({"new_m2": new, "free_m2": [10, 5], "township": town,
                           "built_m2": [10, 20]})  # fmt: skip
    free, cap = checks.allocation_checks(pieces, 39)
    assert whole(free) == ("allocation.free", "error", misplaced == 0, misplaced, 0, "m2", "city")
    assert free.text.en.endswith(f": {misplaced} m²") and f"：{misplaced} 平方米" in free.text.zh
    assert whole(cap) == ("allocation.cap", "error", total <= 39, total, 39, "m2", "city")
    # What stands already is no breach of a lower cap.
    none = pieces.assign(new_m2=0)
    assert checks.allocation_checks(none, 10)[1].ok


def test_what_was_published_is_compared():
    config = worlds.plan().config
    grid = config.grid.model_copy(update={"expected_units": 18})
    red = config.redlines.model_copy(update={
        "expected_areas": 3, "published_union_m2": 100_000, "source": "list"})  # fmt: skip
    config = config.model_copy(update={"grid": grid, "redlines": red})
    layer = gpd.GeoDataFrame({"area_code": ["R1", "R1", "R2"]})
    for union, near in ((99_000, True), (98_999, False), (101_000, True), (101_001, False)):
        parts = pd.DataFrame({"redline_m2": [union - 5, 5]})
        units, areas, land = checks.published(config, 18, layer, parts)
        assert whole(units) == ("published.units", "warning", True, 18, 18, "units", "city")
        assert whole(areas) == ("published.areas", "warning", False, 2, 3, "areas", "city")
        assert areas.text.en == "2 areas, published 3 (list)"
        assert whole(land) == ("published.redlines", "warning", near, union, 100_000, "m2", "city")
    assert [c.check for c in checks.published(config, 17, None, parts)] == ["published.units"]
    assert not checks.published(config, 17, None, parts)[0].ok
    assert checks.expected("x", None, 3, "units", "s", "w") == []
    assert checks.expected("x", 3, None, "units", "s", "w") == []


def test_built_shares_of_zones_are_held_against_published_rules():
    from types import SimpleNamespace

    rules = {"key": SimpleNamespace(share=0.25, source="law"),
             "gone": SimpleNamespace(share=0.1, source="law")}  # fmt: skip
    config = SimpleNamespace(published=SimpleNamespace(zone_caps=rules))
    for built, area, ok in ((25, 100, True), (26, 100, False), (0, 0, True)):
        zones = gpd.GeoDataFrame({"built_m2": [built], "area_m2": [area], "name_zh": ["重"],
                                  "name_en": ["key"]}, index=["key"])  # fmt: skip
        (one,) = checks.published_caps(config, zones)
        share = built / area if area else 0.0
        assert whole(one) == ("published.zone_cap.key", "warning", ok, share, 0.25, "1", "key")
    assert checks.published_caps(config, None) == []
    assert checks.published_caps(config, zones.drop(columns="built_m2")) == []


def test_warnings_of_what_is_not_there():
    red, cap = checks.no_redlines(), checks.no_cap()
    assert whole(red) == ("left_out.redlines", "warning", False, None, None, "1", "city")
    assert whole(cap) == ("cap.none", "warning", False, None, None, "1", "city")


def test_states_of_decisions_are_told_with_their_places():
    table = pd.DataFrame({"state": ["stale", "moot", "no-place", "no-place", "applied"],
                          "code": ["a", "b", "t11", "zzzz", "c"]})  # fmt: skip
    places = {"a": Text("A", "甲"), "t1": Text("T", "丁")}
    stale, gone, moot = checks.decisions(table, places)
    assert whole(stale) == ("decisions.stale", "warning", False, 1, 0, "decisions", "a")
    assert stale.text.en.startswith("1 decision: ") and stale.text.en.endswith(": A")
    assert stale.text.zh.endswith("：甲") and stale.remedy is None
    assert whole(gone) == ("decisions.no-place", "warning", False, 2, 0, "decisions", "t11")
    assert gone.text.en == "2 decisions: no such place in this plan: t11, zzzz"
    assert gone.remedy == Text("did you mean t1 for t11?", "t11 是否指“t1”？")
    assert whole(moot) == ("decisions.moot", "note", False, 1, 0, "decisions", "b")
    assert moot.remedy is None
    for one in checks.decisions(table.iloc[4:]):
        assert one.ok and one.where == "city" and one.measured == 0 and one.text.en[0] == "0"
        assert one.text.en.startswith("0 decisions: ") and one.remedy is None
    assert checks.decisions(None) == []
    far = checks.decisions(table.assign(code="zzzz"), places)[1]
    assert far.remedy is None


def test_every_kind_of_protection_is_held_against_its_shapes(layers):
    rows = [("core", "c1", worlds.square(0, 0, 2, 1)), ("core", "c2", worlds.square(1, 0, 2, 1)),
            ("heritage", "h", worlds.square(5, 2, 3, 3))]  # fmt: skip
    kinds, codes, shapes = zip(*rows, strict=True)
    kept = gpd.GeoDataFrame({"kind": kinds, "code": codes,
                             "level": pd.array([None] * 3, "Int64")},
                            geometry=list(shapes), crs=worlds.CRS)  # fmt: skip
    given = replace(layers, protections=kept)
    ledger = build(given, GRID)
    table = checks.residuals(given, ledger)
    mine = table[table["kind"] == "protection"].set_index("code")
    assert mine["ledger_m2"].to_dict() == {"core": 3_000_000, "heritage": 500_000}
    assert mine["shapely_m2"].tolist() == pytest.approx([3_000_000, 500_000])
    assert (mine["limit_m2"] == 10).all() and (mine["residual_m2"].abs() < 1).all()
    # What the lattice cut off is in no shape, so only the city is compared then.
    cut = checks.residuals(given, replace(ledger, dropped_m2=1))
    assert cut["kind"].tolist() == ["city"]
