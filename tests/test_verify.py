"""A written plan is proved again from its files; a tampered one is caught."""

from __future__ import annotations

from dataclasses import replace

import pytest
import worlds

from zoning import pipeline, planfile
from zoning.outputs.folder import write as write_folder
from zoning.store import load
from zoning.verify import verify

WAYS = {
    "plain": "",
    "boundary": "[allocation]\nboundary_weight = 0.05\n",
    "whole units": "[allocation]\nwhole_units = true\n",
    "whole units with boundary": "[allocation]\nwhole_units = true\nboundary_weight = 0.05\n",
}


def written(folder, extra=""):
    path = worlds.write(folder, extra=extra)
    plan = pipeline.run(planfile.load(path), folder)
    write_folder(plan, folder / "out")
    return load(folder / "out")


def failed(found):
    return {c.check for c in found if not c.ok and c.level == "error"}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_allocating_is_proved_from_the_files(tmp_path, way):
    plan = written(tmp_path, WAYS[way])
    found = verify(plan)
    assert failed(found) == set()
    assert any(c.check == "allocation.certificate" for c in found)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return written(tmp_path_factory.mktemp("复核"))


def moved(plan, frm, to, area):
    pieces, units = plan.pieces.copy(), plan.units.copy()
    for piece, change in ((frm, -area), (to, area)):
        pieces.loc[piece, "new_m2"] += change
        units.loc[piece.split("|")[0], "new_m2"] += change
    return replace(plan, pieces=pieces, units=units)


def test_one_square_metre_in_a_worse_place_is_caught_by_the_certificate(plan):
    assert failed(verify(plan)) == set()
    better, other = "1kmN3501E500|321000001", "1kmN3501E502|321000002"
    assert "allocation.certificate" in failed(verify(moved(plan, better, other, 1)))


def test_new_land_above_a_cap_or_on_no_free_land_is_caught(plan):
    more = plan.pieces.copy()
    more.loc["1kmN3501E502|321000002", "new_m2"] += 1
    found = failed(verify(replace(plan, pieces=more)))
    assert {"verify.new_land", "allocation.certificate"} <= found
    built = moved(plan, "1kmN3501E500|321000001", "1kmN3500E500|321000001", 5)
    assert "new.free" in failed(verify(built))


def test_land_that_changed_hands_is_caught(plan):
    ledger = plan.ledger.copy()
    ledger.loc[0, "area_m2"] -= 7
    ledger.loc[len(ledger) - 1, "area_m2"] += 7
    assert failed(verify(replace(plan, ledger=ledger))) == {"verify.each_unit"}
