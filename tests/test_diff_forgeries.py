"""Forged changes: whoever alters what a plan says of its earlier version is named by verify."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests import versions
from tests.test_forgeries import Forger
from zoning import api

pytestmark = pytest.mark.slow

#: Statements on plan.gpkg, each a lie of its own.
SQL = {
    "zone before": "UPDATE diff_units SET zone_before = 'balance' WHERE state = 'changed'",
    "zone after": "UPDATE diff_units SET zone_after = zone_before, change = 'same', state = 'same',"
                  " cause = 'same' WHERE state = 'changed'",
    "state": "UPDATE diff_units SET state = 'changed' WHERE rowid = 1",
    "change": "UPDATE diff_units SET change = 'key>balance' WHERE state = 'changed'",
    "area after": "UPDATE diff_units SET area_after_m2 = area_after_m2 + 1 WHERE rowid = 1",
    "more in common": "UPDATE diff_units SET common_m2 = common_m2 + 1 WHERE rowid = 1",
    "new land after": "UPDATE diff_units SET new_after_m2 = new_after_m2 + 1 WHERE rowid = 1",
    "new land, difference": "UPDATE diff_units SET new_difference_m2 = 7 WHERE rowid = 1",
    "cause": "UPDATE diff_units SET cause = 'redline' WHERE cause = 'decisions'",
    "a unit less": "DELETE FROM diff_units WHERE rowid = 1",
    "transition": "UPDATE diff_transitions SET area_m2 = area_m2 + 1 WHERE rowid = 1",
    "transition of units": "UPDATE diff_transitions SET units = units + 1 WHERE rowid = 1",
    "matrix": "UPDATE diff_matrix SET total_m2 = total_m2 - 1 WHERE zone = 'total'",
    "changed units": "DELETE FROM diff_changed WHERE rowid = 1",
    "a changed unit's cause": "UPDATE diff_changed SET cause = 'joint' WHERE state = 'changed'",
    "count of a cause": "UPDATE diff_causes SET units = units + 1 WHERE rowid = 1",
    "area of a cause": "UPDATE diff_causes SET area_m2 = area_m2 + 1 WHERE rowid = 1",
    "townships of a cause": "UPDATE diff_causes SET townships = townships + 1 WHERE rowid = 1",
    "kappa": "UPDATE diff_agreement SET value = value + 0.01 WHERE measure = 'kappa'",
    "quantity": "UPDATE diff_agreement SET value = value + 0.01 WHERE measure = 'quantity'",
    "merit of new land": "UPDATE diff_agreement SET value = 0.9 WHERE basis = 'new_m2'",
    "account after": "UPDATE diff_accounts SET after_m2 = after_m2 + 1, difference_m2 ="
                     " difference_m2 + 1 WHERE item = 'new_m2' AND level = 'city'",
    "account's difference": "UPDATE diff_accounts SET difference_m2 = 0 WHERE level = 'zone'",
    "zone's area": "UPDATE diff_zone_sums SET area_after_m2 = area_after_m2 + 1 WHERE rowid = 1",
    "limit": "UPDATE diff_limits SET used_after_m2 = used_after_m2 + 1 WHERE rowid = 1",
    "price": "UPDATE diff_limits SET price_after = 9 WHERE rowid = 1",
    "township's zone": "UPDATE diff_townships SET zone_after = 'balance'",
    "township's name": "UPDATE diff_townships SET name_after = '丁镇'",
    "protected land in": "UPDATE diff_protections SET in_m2 = in_m2 + 1 WHERE rowid = 1",
    "protected land after": "UPDATE diff_protections SET area_after_m2 = area_after_m2 + 500,"
                            " in_m2 = in_m2 + 500 WHERE rowid = 1",
    "a wing's result": "UPDATE diff_wings SET after = after || '1' WHERE difference IS NOT NULL",
    "a wing's difference": "UPDATE diff_wings SET difference = difference + 1",
    "drawn land": "UPDATE diff_areas SET area_m2 = area_m2 + 1 WHERE rowid = 1",
}  # fmt: skip


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """A plan with what changed since another: red lines, decisions, caps."""
    folder = tmp_path_factory.mktemp("changes")
    base = versions.write(folder / "base")
    other = versions.write(folder / "other", ("redline", "decisions", "caps"), folder / "base")
    found = api.diff(base, other)
    found.plan.save(folder / "out", qgis=False, map=False)
    return folder / "out"


def wrong(folder: Path) -> list[str]:
    return [c.text.en for c in api.verify(folder) if not c.ok and c.level == "error"]


def test_the_honest_plan_holds(honest):
    assert wrong(honest) == []
    told = [c for c in api.verify(honest) if c.check == "verify.diff"]
    assert len(told) > 30


@pytest.mark.parametrize("lie", SQL)
def test_a_forged_change_is_named(honest, tmp_path, lie):
    folder = tmp_path / "out"
    shutil.copytree(honest, folder)
    forger = Forger(folder)
    forger.sql(SQL[lie])
    forger.repair()
    found = [c for c in api.verify(folder) if not c.ok and c.check == "verify.diff"]
    assert found, lie


def test_a_forged_record_is_named(honest, tmp_path):
    for number, change in enumerate((
        lambda run: run["diff"]["after"].update(digest="0" * 64),
        lambda run: run["diff"].update(groups=["weights"]),
        lambda run: run.pop("diff"),
    )):  # fmt: skip
        folder = tmp_path / str(number)
        shutil.copytree(honest, folder)
        forger = Forger(folder)
        forger.run(change)
        forger.repair()
        assert [c for c in api.verify(folder) if not c.ok and c.check == "verify.diff"], number


def test_every_table_is_there_to_be_forged(honest):
    """Whatever a comparison writes has a lie above, or says nothing of numbers."""
    with closing(sqlite3.connect(honest / "plan.gpkg")) as db:
        names = {r[0] for r in db.execute("SELECT table_name FROM gpkg_contents")}
    told = {s.split()[1] if s.startswith("UPDATE") else s.split()[2] for s in SQL.values()}
    drawn = {"diff_zones", "diff_causes_map", "diff_new_land"}
    without = {"diff_rules", "diff_shares", "diff_township_areas", "diff_protected"}
    assert {n for n in names if n.startswith("diff_")} - drawn - without == told
