"""Land that one area alone keeps from being built: by hand, from atoms of every sort."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
import worlds

from zoning.errors import InputError
from zoning.inputs.landuse import load_classes
from zoning.questions.released import classes_of, released

A, B, C = "321000001", "321000002", "321000003"
FIRST = "1kmN3500E500"


@pytest.fixture(scope="module")
def plan():
    return worlds.plan()


def with_atoms(plan, rows, areas, kept=()):
    """Give the plan other atoms: unit, township, class, m2, red set, set of protections."""
    heads = ["unit", "township", "landuse", "area_m2", "red_set", "protection_set"]
    ledger = pd.DataFrame(rows, columns=heads).assign(county="x", red_level=1, protected_by="")
    red = pd.DataFrame(areas, columns=["red_set", "area_code"]).assign(level=1)
    sets = pd.DataFrame(kept, columns=["protection_set", "kind", "code"]).assign(level=1)
    tables = {**plan.tables, "protection_sets": sets}
    return replace(plan, ledger=ledger, red_sets=red, tables=tables)


def told(plan):
    table = released(plan)
    assert table.index.tolist() == list(range(len(table)))
    assert list(table.columns) == ["rule_code", "kind", "piece", "released_m2", "suitability",
                                   "township_zone"]  # fmt: skip
    assert str(table["released_m2"].dtype) == "int64" and table["rule_code"].dtype == object
    unit = table["piece"].str.split("|").str[0]
    assert table["suitability"].tolist() == plan.units["suitability"].reindex(unit).tolist()
    plain = table.drop(columns="suitability").astype(object)
    return list(plain.where(plain.notna(), None).itertuples(index=False, name=None))


def test_only_open_land_that_one_area_alone_protects_is_released(plan):
    low, mid, top = FIRST, "1kmN3501E500", "1kmN3501E501"
    one = with_atoms(plan, [
        (low, A, 1, 7, 1, 0), (low, A, 1, 5, 1, 0), (low, A, 2, 3, 1, 0),  # fields, alone
        (low, A, 7, 100, 1, 0), (low, A, 17, 200, 1, 0),  # built, water
        (low, A, 0, 400, 1, 0), (low, A, 99, 800, 1, 0), (low, A, -1, 900, 1, 0),  # nobody knows
        (low, "none", 1, 1600, 1, 0), (low, "overlap", 1, 3200, 1, 0),  # in no township
        (low, A, 1, 6400, 2, 0),  # two red lines
        (low, A, 1, 12_800, 1, 1),  # a red line and a lock
        (mid, A, 1, 11, 0, 1), (mid, A, 1, 13, 0, 2), (mid, A, 1, 17, 0, 0),  # locks, nothing
        (top, B, 1, 19, 1, 0),
    ], [(1, "R1"), (2, "R1"), (2, "R2"), (3, "R0")], [(1, "lock", "L"), (2, "core", "R1"),
                                                    (2, "lock", "L")])  # fmt: skip
    assert told(one) == [
        ("L", "lock", f"{mid}|{A}", 11, None),
        # Of areas that release nothing the first piece stands for them.
        ("R0", "redline", plan.pieces.index[0], 0, None),
        ("R1", "redline", f"{low}|{A}", 15, None), ("R1", "redline", f"{top}|{B}", 19, None),
        ("R2", "redline", plan.pieces.index[0], 0, None),
    ]  # fmt: skip


def test_units_that_an_area_alone_rules_turn_into_the_class_of_their_township(plan):
    first, second, third = "1kmN3502E500", "1kmN3502E501", "1kmN3502E502"
    one = with_atoms(plan, [
        (first, A, 1, 1_000_000, 1, 0),
        (second, A, 7, 500_000, 2, 0), (second, A, 1, 500_000, 0, 0),
        (third, B, 1, 500_000, 2, 0), (third, B, 1, 500_000, 0, 0),
    ], [(1, "R1"), (2, "R2")])  # fmt: skip
    assert told(one) == [
        ("R1", "redline", f"{first}|{A}", 1_000_000, "optimised"),
        # What is built is not released, but its unit turns.
        ("R2", "redline", f"{second}|{A}", 0, "optimised"),
        ("R2", "redline", f"{third}|{B}", 500_000, "key"),
    ]  # fmt: skip
    unknown = replace(one, units=one.units.assign(
        township_zone=one.units["township_zone"].where(one.units.index != third)))  # fmt: skip
    assert told(unknown)[2] == ("R2", "redline", f"{third}|{B}", 500_000, None)
    # All pieces of a unit turn, also those without a red line.
    pieces = one.pieces.reset_index()
    more = pieces[pieces["unit"] == third].assign(township=C, piece=f"{third}|{C}")
    split = replace(one, pieces=pd.concat([pieces, more]).set_index("piece"))
    assert told(split)[2:] == [("R2", "redline", f"{third}|{B}", 500_000, "key"),
                               ("R2", "redline", f"{third}|{C}", 0, "key")]  # fmt: skip


def test_classes_of_a_plan_are_those_it_keeps_or_those_that_are_shipped(plan):
    inputs = plan.config.inputs

    def with_landuse(part, run):
        config = plan.config.model_copy(
            update={"inputs": inputs.model_copy(update={"landuse": part})}
        )
        return replace(plan, config=config, run=run)  # fmt: skip

    bare = {k: v for k, v in plan.run.items() if k != "landuse_classes"}
    assert classes_of(with_landuse(None, plan.run)) is None
    kept = [{"value": 9, "group": "construction", "water": False, "farmland": False},
            {"value": 2, "group": "ecology", "water": True, "farmland": False}]  # fmt: skip
    found = classes_of(with_landuse(inputs.landuse, {**bare, "landuse_classes": kept}))
    assert found.index.tolist() == [2, 9] and found["built"].tolist() == [False, True]
    for rural in (False, True):
        part = inputs.landuse.model_copy(update={"rural_roads_are_construction": rural})
        pd.testing.assert_frame_equal(classes_of(with_landuse(part, bare)),
                                      load_classes(rural_roads_are_construction=rural))  # fmt: skip
    own = inputs.landuse.model_copy(update={"classes": "x.toml"})
    for one, code in (
        (with_landuse(own, bare), "no-classes"), (with_landuse(None, bare), "no-account"),
        (replace(plan, pieces=None), "no-account"),
    ):  # fmt: skip
        with pytest.raises(InputError) as error:
            released(one)
        assert (error.value.problems[0].code, error.value.problems[0].where) == (code, plan.name)
