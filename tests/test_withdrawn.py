"""What hangs on one protected area, against a count in which it is taken away for good."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from zoning.pipeline.withdrawn import areas_over, beside, withdrawn

OVERLAYS = (
    SimpleNamespace(column="x_m2", protections=("redline", "core"), share=0.5),
    SimpleNamespace(column="y_m2", protections=("heritage",), share=0.25),
)
SCHEME = SimpleNamespace(replacing=OVERLAYS)
RED = pd.DataFrame({"red_set": [1, 2, 3, 3], "area_code": ["R1", "R2", "R1", "R2"]})
OTHER = pd.DataFrame({
    "protection_set": [1, 2, 3, 3, 4, 4],
    "kind": ["core", "heritage", "core", "heritage", "heritage", "heritage"],
    "code": ["c", "h", "c", "h", "h", "k"],
})  # fmt: skip
AREAS = [("redline", "R1"), ("redline", "R2"), ("core", "c"), ("heritage", "h"), ("heritage", "k")]


@cache
def areas_of(red_set, protection_set):
    red = {("redline", c) for c in RED["area_code"][RED["red_set"] == red_set]}
    mine = OTHER[OTHER["protection_set"] == protection_set]
    return red | set(zip(mine["kind"], mine["code"], strict=True))


def over(atom, without=None):
    """Give the areas over an atom, but for one."""
    return areas_of(atom["red_set"], atom["protection_set"]) - {without}


def ruler(atoms, unit, without=None):
    """Give the number of the overlay that rules a unit without an area, -1 for none."""
    mine = [a for a in atoms if a["unit"] == unit]
    total = sum(a["area_m2"] for a in mine)
    for k, o in enumerate(OVERLAYS):
        held = [a for a in mine if {kind for kind, _ in over(a, without)} & set(o.protections)]
        if total and sum(a["area_m2"] for a in held) >= o.share * total:
            return k
    return -1


@pytest.fixture(params=range(5))
def world(request):
    """Give atoms of a few units, the units with what covers them, and the ledger's sets."""
    rng = np.random.default_rng(request.param)
    n = 40
    parts = pd.DataFrame({
        "unit": rng.choice(list("abcdefg"), n), "red_set": rng.choice([0, 0, 1, 2, 3], n),
        "protection_set": rng.choice([0, 0, 1, 2, 3, 4], n), "area_m2": rng.integers(1, 9, n),
        "built_m2": rng.choice([0, 0, 3], n), "water_m2": rng.choice([0, 0, 0, 2], n),
    }).sort_values("unit", ignore_index=True)  # fmt: skip
    atoms = parts.to_dict("records")
    units = pd.DataFrame(index=pd.Index(sorted(set(parts["unit"])), name="unit"))
    units["area_m2"] = parts.groupby("unit")["area_m2"].sum()
    for o in OVERLAYS:
        held = [bool({k for k, _ in over(a)} & set(o.protections)) for a in atoms]
        units[o.column] = parts["area_m2"].where(held, 0).groupby(parts["unit"]).sum()
    # A decision on record holds whatever lies over it.
    reason = ["overlay" if ruler(atoms, u) >= 0 else "township" for u in units.index]
    units["zone_reason"] = pd.array([*reason[:-1], "override"], "string")
    known = pd.Series(rng.random(n) < 0.8)
    return parts, units, known, SimpleNamespace(red_sets=RED, protection_sets=OTHER)


def test_every_area_taken_away_alone_changes_what_is_told(world):
    parts, units, known, ledger = world
    atoms = parts.to_dict("records")
    found = withdrawn(parts, known, ledger, units, SCHEME)
    wanted = []
    for area in AREAS:
        touched = {a["unit"] for a in atoms if area in over(a)}
        turned = [u for u in touched if units["zone_reason"][u] == "overlay"
                  and ruler(atoms, u) != ruler(atoms, u, area)]  # fmt: skip
        kept = [a["area_m2"] for a, sure in zip(atoms, known, strict=True)
                if sure and a["built_m2"] == a["water_m2"] == 0 and over(a) == {area}]  # fmt: skip
        wanted.append([len(touched), len(turned), sum(kept)])
    assert found.index.tolist() == AREAS and found.index.names == ["kind", "code"]
    assert list(found) == ["units_touched", "units_changed", "kept_m2"]
    assert found.to_numpy().tolist() == wanted
    assert (found.dtypes == "int64").all()
    # Without zones nothing is said of them, without land use nothing of free land.
    bare = withdrawn(parts.drop(columns=["built_m2", "water_m2"]), known, ledger,
                     units.drop(columns="zone_reason"), SCHEME)  # fmt: skip
    pd.testing.assert_frame_equal(bare, found[["units_touched"]])


def test_the_units_that_an_area_touches_stand_with_what_would_rule_them(world):
    parts, units, _, _ = world
    atoms = parts.to_dict("records")
    found = areas_over(parts, RED, OTHER)
    assert found.atoms.tolist() == [k for k, a in enumerate(atoms) if over(a)]
    assert found.areas == AREAS
    here = [{found.areas[x] for x in found.covers[c].tolist()} for c in found.cover]
    assert here == [over(atoms[k]) for k in found.atoms]
    for kinds in (None, ("heritage",), ("redline", "core"), ()):
        sole = []
        for k in found.atoms:
            mine = [a for a in over(atoms[k]) if kinds is None or a[0] in kinds]
            sole.append(AREAS.index(mine[0]) if len(mine) == 1 else -1)
        assert found.sole(kinds).tolist() == sole
    hangs = found.hanging(parts.iloc[found.atoms], units, SCHEME)
    pairs = sorted({(units.index.get_loc(a["unit"]), AREAS.index(x)) for a in atoms
                    for x in over(a)})  # fmt: skip
    assert list(zip(hangs.unit.tolist(), hangs.area.tolist(), strict=True)) == pairs
    after = [ruler(atoms, units.index[u], AREAS[a]) for u, a in pairs]
    assert hangs.then.tolist() == after
    turned = [units["zone_reason"].iloc[u] == "overlay" and ruler(atoms, units.index[u]) != t
              for (u, _), t in zip(pairs, after, strict=True)]  # fmt: skip
    assert hangs.changed.tolist() == turned


def test_what_hangs_on_an_area_stands_beside_it_and_nothing_on_one_beyond_the_city():
    index = pd.MultiIndex.from_tuples([("redline", "R1"), ("core", "c")], names=["kind", "code"])
    found = pd.DataFrame({"units_touched": [3, 4], "kept_m2": [5, 6]}, index=index)
    red = pd.DataFrame(
        {"area_code": ["R9", "R1", "overlap"], "area_m2": [1, 2, 3]}, index=[7, 8, 9]
    )
    wanted = red.assign(units_touched=pd.array([0, 3, None], "Int64"),
                        kept_m2=pd.array([0, 5, None], "Int64"))  # fmt: skip
    pd.testing.assert_frame_equal(beside(red, found), wanted)
    other = pd.DataFrame({"kind": ["core", "heritage"], "code": ["c", "c"]})
    wanted = other.assign(units_touched=pd.array([4, 0], "Int64"),
                          kept_m2=pd.array([6, 0], "Int64"))  # fmt: skip
    pd.testing.assert_frame_equal(beside(other, found), wanted)
