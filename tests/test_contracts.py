"""Contracts: each rule has a table that breaks it; the contracts agree with words and plans."""

import re
from functools import cache
from pathlib import Path

import fake_plan
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from zoning.base import words
from zoning.base.tables import CONTRACTS, UNITS, Column, Contract

ARCHITECTURE = Path(__file__).parent.parent / "docs" / "architecture.md"


def sample(**columns):
    data = {
        "code": pd.Series(["a", "b"], dtype="string"),
        "area_m2": np.array([1, 2], dtype="int64"),
        "built_share": pd.Series([0.5, None], dtype="Float64"),
        "core": [True, False],
        "zone": ["key", "balance"],
        **columns,
    }
    return pd.DataFrame(
        {
            k: np.asarray(v) if isinstance(v, list) else v.values if isinstance(v, pd.Series) else v
            for k, v in data.items()
        },
        index=pd.Index(["u1", "u2"], name="unit"),
    )


TABLE = Contract(
    "sample",
    (
        Column("code"),
        Column("area_m2", "integer", 0),
        Column("built_share", "number", 0, 1, nullable=True),
        Column("core", "flag"),
        Column("zone", zone=True),
        Column("new_m2", "integer", 0, optional=True),
    ),
    index="unit",
    keys=("code",),
)


def codes(frame, contract=TABLE):
    found = contract.check(frame, zones=("key", "balance"))
    for p in found:
        assert p.what.en != p.what.zh and p.where == contract.name
    return [p.code for p in found]


def test_a_good_table():
    assert TABLE.check(sample()) == []
    assert TABLE.check(sample(more=[1, 2])) == []


@pytest.mark.parametrize(
    ("columns", "want"),
    [
        ({"code": [1, 2]}, ["wrong-kind"]),
        ({"code": pd.Series(["a", None], dtype="string")}, ["missing-value"]),
        ({"code": ["a", "a"]}, ["bad-rows"]),
        ({"area_m2": [1.0, 2.0]}, ["wrong-kind"]),
        ({"area_m2": ["1", "2"]}, ["wrong-kind"]),
        ({"area_m2": [True, False]}, ["wrong-kind"]),
        ({"area_m2": [-1, 2]}, ["out-of-bounds"]),
        ({"area_m2": pd.Series([1, None], dtype="Int64")}, ["missing-value"]),
        ({"built_share": [0.5, 1.0000001]}, ["out-of-bounds"]),
        ({"built_share": [-0.1, 1.1]}, ["out-of-bounds", "out-of-bounds"]),
        ({"built_share": [np.inf, 1.0]}, ["out-of-bounds"]),
        ({"built_share": [-np.inf, 1.0]}, ["out-of-bounds"]),
        ({"core": [0, 1]}, ["wrong-kind"]),
        ({"zone": ["key", "urban"]}, ["unknown-value"]),
        ({"new_m2": [1, -1]}, ["out-of-bounds"]),
        ({"new_m2": [1.5, 1.0]}, ["wrong-kind"]),
    ],
)
def test_each_rule_has_a_table_that_breaks_it(columns, want):
    assert codes(sample(**columns)) == want


def test_an_unbounded_number_must_still_be_finite():
    contract = Contract("t", (Column("margin", "number"),))
    assert codes(pd.DataFrame({"margin": [1.0, np.inf]}), contract) == ["out-of-bounds"]
    assert codes(pd.DataFrame({"margin": [1.0, -5e9]}), contract) == []


def test_missing_columns_are_suggested_and_problems_come_together():
    frame = sample(area_m2=[-1, 2]).drop(columns=["built_share", "core"])
    frame["buit_share"] = 0.5
    found = TABLE.check(frame)
    assert [p.code for p in found] == ["out-of-bounds", "missing-column", "missing-column"]
    assert "“buit_share”" in found[1].remedy.zh


def test_the_index_is_named_unique_and_sorted():
    frame = sample()
    assert codes(frame.rename_axis("cell")) == ["bad-rows"]
    assert codes(frame.iloc[[0, 0]].assign(code=["a", "b"])) == ["bad-rows"]
    assert codes(frame.iloc[::-1]) == ["bad-rows"]


@pytest.mark.parametrize(
    ("crs", "shape", "want"),
    [
        ("EPSG:4549", shapely.box(0, 0, 1, 1), []),
        ("EPSG:4549", shapely.Polygon(), []),
        ("EPSG:4549", None, []),
        ("EPSG:4490", shapely.box(0, 0, 1, 1), ["geographic-crs"]),
        (None, shapely.box(0, 0, 1, 1), ["geographic-crs"]),
        ("EPSG:4549", shapely.Point(0, 0), ["non-polygon"]),
    ],
)
def test_geometry(crs, shape, want):
    frame = gpd.GeoDataFrame({"a": ["x"]}, geometry=[shape], crs=crs)
    assert codes(frame, Contract("t", (Column("a"),), geometry=True)) == want


def test_a_plain_table_has_no_geometry():
    assert codes(pd.DataFrame({"a": ["x"]}), Contract("t", (Column("a"),), geometry=True)) == [
        "geographic-crs"
    ]


# --- the tables of a plan ---


@cache
def _made(hostile):
    return fake_plan.make(hostile=hostile)


@pytest.mark.parametrize("hostile", [False, True])
@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_a_whole_plan_keeps_every_contract(name, hostile):
    assert CONTRACTS[name].check(getattr(_made(hostile), name)) == []


def test_a_plan_without_land_use_or_townships_keeps_the_contract_of_units():
    units = fake_plan.make().units
    kept = [
        c for c in units.columns if not re.match(r"built|water|farm|free|suit|new|town|zone", c)
    ]
    assert len(kept) < len(units.columns) and UNITS.check(units[kept]) == []
    assert [p.code for p in UNITS.check(units[kept].drop(columns="area_m2"))] == ["missing-column"]


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_words_and_units_agree_with_the_dictionary(name):
    for column in CONTRACTS[name].columns:
        assert words.description(column.name, "en", name), column.name
        assert words.unit(column.name, name) == column.unit, column.name
        known = set(words.values(column.name))
        if column.values and known:
            assert set(column.values) <= known, column.name


@pytest.mark.parametrize("name", ["units", "townships", "redlines", "ledger", "pieces", "zones"])
def test_the_contract_names_what_the_architecture_names(name):
    text = ARCHITECTURE.read_text(encoding="utf-8")
    part = re.search(rf"^\*\*{name}\*\* .*?(?=^\*\*|^## )", text, re.M | re.S)[0]
    told = set(re.findall(r"`([a-z_0-9]+)`", part))
    for column in CONTRACTS[name].columns:
        grade = "constraint_grade" if column.name.endswith("_grade") else column.name
        assert grade in told, column.name
    wanted = {c for c in told if c.endswith(("_m2", "_share"))} - {"redline_share_"}
    assert wanted <= {c.name for c in CONTRACTS[name].columns}


def test_markdown_has_a_row_for_each_column():
    text = UNITS.markdown(lambda name: words.description(name, "en", "units"))
    rows = text.splitlines()
    assert len(rows) == 2 + len(UNITS.columns)
    assert all(row.count("|") == rows[0].count("|") for row in rows)
    assert "codes of the scheme" in text and "column may be absent" in text
    assert Contract("t", (Column("a"),)).markdown(lambda name: "x|y\nz").count("x\\|y z") == 1
