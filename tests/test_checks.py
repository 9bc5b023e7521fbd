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
