"""Red lines: levels, overlaps, published against computed, construction inside."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import worlds

from zoning.base import words
from zoning.base.shipped import load_toml
from zoning.grid.lattice import GridSpec
from zoning.inputs.landuse import load_classes
from zoning.inputs.layers import Layers
from zoning.inputs.protections import tidy
from zoning.inputs.redlines import check_layer, unknown_types
from zoning.ledger import redlines, sums
from zoning.ledger.atoms import build, settle_slivers
from zoning.measure.zonal import Raster
from zoning.planfile.layers import ProtectionLayer


def layer():
    """Make three areas of 1 x 1 km rows: A with a core, B overlapping A by half, C far away."""
    rows = [
        ("A", "甲", "forest-park", 1, worlds.square(0, 0, 0.5, 1), 400_000),
        ("A", "甲", "forest-park", 2, worlds.square(0, 0, 2, 1), None),
        ("B", "乙", "scenic-area", 2, worlds.square(1, 0, 2, 1), 2_100_000),
        ("C", "丙", "forest-park", 2, worlds.square(4, 0, 1, 1), None),
    ]
    frame = gpd.GeoDataFrame(
        [r[:4] for r in rows], columns=["area_code", "name", "type", "level"],
        geometry=[r[4] for r in rows], crs=worlds.CRS,
    )  # fmt: skip
    frame["published_m2"] = pd.array([r[5] for r in rows], dtype="Int64")
    return frame


@pytest.fixture
def accounts():
    use = np.full((10, 60), 1)
    use[:, 0:15] = 7
    raster = Raster(use, worlds.X, worlds.Y + 1000, 100.0, 100.0)
    ledger = build(
        Layers(worlds.square(0, 0, 6, 1), redlines=layer(), landuse=raster), GridSpec(worlds.CRS)
    )
    parts = sums.split(ledger.atoms, load_classes())
    features = redlines.describe(layer(), ledger)
    return ledger, parts, features, redlines.tables(features, ledger, parts, None)


def test_the_table_of_areas_closes_with_the_overlap(accounts):
    _, parts, _, tables = accounts
    table = tables["redline_areas"].set_index("area_code")
    assert table["level1_m2"].to_dict() == {"A": 500_000, "B": 0, "C": 0, "overlap": 0}
    assert table["level2_m2"].to_dict() == {"A": 1_500_000, "B": 2_000_000, "C": 1_000_000,
                                            "overlap": -1_000_000}  # fmt: skip
    assert table["area_m2"].sum() == parts["redline_m2"].sum() == 4_000_000
    assert table["published_m2"].to_dict()["B"] == 2_100_000
    assert table["difference_m2"]["B"] == -100_000
    assert table["published_m2"].isna()["C"]
    assert table["built_m2"].sum() == parts["built_redline_m2"].sum() == 1_500_000


def test_a_total_repeated_on_each_feature_counts_once():
    frame = layer()
    frame["published_m2"] = pd.array([600, 600, 700, None], dtype="Int64")
    ledger = build(Layers(worlds.square(0, 0, 6, 1), redlines=frame), GridSpec(worlds.CRS))
    parts = sums.split(ledger.atoms, None)
    table = redlines.tables(redlines.describe(frame, ledger), ledger, parts, None)
    areas = table["redline_areas"].set_index("area_code")["published_m2"]
    assert areas.to_dict()["A"] == 600
    frame["published_m2"] = pd.array([200, 400, 700, None], dtype="Int64")
    table = redlines.tables(redlines.describe(frame, ledger), ledger, parts, None)
    assert table["redline_areas"].set_index("area_code")["published_m2"].to_dict()["A"] == 600


def test_overlaps_between_areas_are_listed_and_none_is_merged(accounts):
    assert accounts[3]["redline_overlaps"].to_dict("records") == [
        {"area_code_a": "A", "area_code_b": "B", "overlap_m2": 1_000_000}
    ]


def test_types_count_their_own_union(accounts):
    table = accounts[3]["redline_types"].set_index("type")
    assert table["area_m2"].to_dict() == {
        "forest-park": 3_000_000, "scenic-area": 2_000_000, "overlap": -1_000_000,
    }  # fmt: skip
    assert table["areas"].to_dict()["forest-park"] == 2


def test_features_keep_their_own_ground(accounts):
    # The level-1 part lies inside the level-2 polygon; the feature counts both, the account one.
    assert accounts[2]["area_m2"].to_dict() == {
        "A-1": 500_000, "A-2": 2_000_000, "B-2": 2_000_000, "C-2": 1_000_000,
    }  # fmt: skip


def test_construction_inside_by_level_and_township(accounts):
    built = accounts[3]["redline_built"]
    assert built.groupby("red_level")["built_m2"].sum().to_dict() == {1: 500_000, 2: 1_000_000}


def test_the_summary_of_a_run(accounts):
    _, parts, features, tables = accounts
    got = redlines.summary(features, tables["redline_areas"], parts)
    assert got == {"areas": 3, "features": 4, "sum_m2": 5_000_000, "union_m2": 4_000_000,
                   "level1_m2": 500_000, "units_touched": 4}  # fmt: skip


def test_wrong_levels_and_doubled_features_are_errors():
    frame = layer()
    frame.loc[0, "level"] = 3
    frame.loc[3, ["area_code", "level"]] = ["B", 2]
    found = check_layer(frame, "红线.gpkg")
    assert {p.code for p in found} == {"redline-level", "redline-twice"}
    frame["type"] = "moon"
    assert [f.level for f in unknown_types(frame, "x")] == ["warning"]


def test_types_are_the_fifteen_of_the_province_and_the_nine_of_the_country():
    province, country = (load_toml(*name) for name in words.TYPE_LISTS)
    types = pd.DataFrame(province["type"]).set_index("code")
    assert types["number"].tolist() == list(range(1, 16))
    assert set(types.index[~types["occurs"]]) == {"marine-reserve", "taihu"}
    assert types["evidence"].notna().all()
    assert types["source"].notna().all()
    assert [t["zh"] for t in country["type"]] == [
        "水源涵养", "生物多样性维护", "水土保持", "防风固沙", "海岸生态稳定",
        "水土流失", "土地沙化", "石漠化", "盐渍化"]  # fmt: skip
    assert country["source"]
    known = words.values("type")
    assert len(known) == 24
    assert len({w.zh for w in known.values()} | {w.en for w in known.values()}) == 48


def test_types_of_the_country_are_read_by_their_names():
    frame = layer().rename(columns={"type": "类型"})
    frame["类型"] = ["石漠化", "石漠化", " 水土流失控制生态保护红线", "绿心"]
    part = ProtectionLayer.model_validate(
        {"kind": "redline", "path": "x", "columns": {"type": "类型"}}
    )
    read, problems = tidy(frame, part)
    assert not problems
    assert read["type"].tolist() == ["rocky-desertification"] * 2 + ["soil-erosion", "绿心"]
    (warned,) = unknown_types(read, "x")
    assert warned.level == "warning"
    assert "绿心" in warned.what.zh
    assert [words.value("type", code) for code in read["type"]][1:] == [
        "石漠化",
        "水土流失",
        "绿心",
    ]


def test_land_of_two_areas_of_one_type_counts_at_the_stricter_level():
    lines = gpd.GeoDataFrame(
        {"area_code": ["A", "B"], "name": ["甲", "乙"], "type": ["forest-park"] * 2,
         "level": [2, 1], "published_m2": pd.array([None] * 2, "Int64")},
        geometry=[worlds.square(0, 0, 2, 1), worlds.square(0, 0)], crs=worlds.CRS,
    )  # fmt: skip
    ledger = build(Layers(worlds.square(0, 0, 3, 1), redlines=lines), GridSpec(worlds.CRS))
    parts = sums.split(ledger.atoms, None)
    found = redlines.tables(redlines.describe(lines, ledger), ledger, parts, None)
    row = found["redline_types"].set_index("type").loc["forest-park"]
    assert (row["level1_m2"], row["level2_m2"]) == (1_000_000, 1_000_000)


@pytest.mark.parametrize(("use", "told"), [(7, [(1, 1_000_000), (2, 1_000_000)]), (1, [])])
def test_red_land_without_construction_is_not_among_it(use, told):
    lines = layer().iloc[[0, 2]].assign(geometry=[worlds.square(0, 0), worlds.square(1, 0)])
    raster = Raster(np.full((10, 60), use), worlds.X, worlds.Y + 1000, 100.0, 100.0)
    city = Layers(worlds.square(0, 0, 6, 1), redlines=lines, landuse=raster)
    ledger = build(city, GridSpec(worlds.CRS))
    parts = sums.split(ledger.atoms, load_classes())
    found = redlines.tables(redlines.describe(lines, ledger), ledger, parts, None)["redline_built"]
    assert list(found[["red_level", "built_m2"]].itertuples(index=False, name=None)) == told


def test_areas_whose_land_was_dropped_with_slivers_have_none_and_overlap_nothing():
    lines = (
        layer()
        .iloc[[1, 2, 3]]
        .assign(
            geometry=[
                worlds.square(0, 0, 2.5, 1),
                worlds.square(2, 0),
                worlds.square(2.01, 0, 0.4, 1),
            ]
        )
    )
    whole = build(Layers(worlds.square(0, 0, 2.02, 1), redlines=lines), GridSpec(worlds.CRS))
    ledger = settle_slivers(whole, GridSpec(worlds.CRS), 0.05, "drop")
    assert redlines.overlaps(whole).to_numpy().tolist() == [
        ["A", "B", 20_000], ["A", "C", 10_000], ["B", "C", 10_000]]  # fmt: skip
    parts = sums.split(ledger.atoms, None)
    features = redlines.describe(lines, ledger)
    assert features["area_m2"].to_dict() == {"A-2": 2_000_000, "B-2": 0, "C-2": 0}
    found = redlines.tables(features, ledger, parts, None)
    assert found["redline_overlaps"].to_numpy().tolist() == []
    columns = ["area_code", "level1_m2", "level2_m2", "area_m2", "published_m2", "difference_m2"]
    assert found["redline_areas"][columns].fillna(-1).to_numpy().tolist() == [
        ["A", 0, 2_000_000, 2_000_000, -1, -1], ["B", 0, 0, 0, 2_100_000, -2_100_000],
        ["C", 0, 0, 0, -1, -1], ["overlap", 0, 0, 0, -1, -1]]  # fmt: skip
    # Areas of a type count though nothing of them is left; level 1 is nowhere.
    assert found["redline_types"].fillna(-1).to_numpy().tolist() == [
        ["forest-park", 2, 0, 2_000_000, 2_000_000], ["overlap", -1, 0, 0, 0]]  # fmt: skip
    assert redlines.summary(features, found["redline_areas"], parts) == {
        "areas": 3, "features": 3, "sum_m2": 2_000_000, "union_m2": 2_000_000, "level1_m2": 0,
        "units_touched": 2}  # fmt: skip


def test_a_square_metre_of_overlap_is_one():
    lines = (
        layer()
        .iloc[[2, 3]]
        .assign(geometry=[worlds.square(0, 0), worlds.square(0, 0, 0.001, 0.001)])
    )
    ledger = build(Layers(worlds.square(0, 0), redlines=lines), GridSpec(worlds.CRS))
    assert redlines.overlaps(ledger).to_numpy().tolist() == [["B", "C", 1]]


def test_an_area_outside_the_city_has_a_row_of_zeros():
    lines = layer().iloc[[2, 3]].assign(geometry=[worlds.square(0, 0), worlds.square(9, 0)])
    use = Raster(np.full((10, 60), 7), worlds.X, worlds.Y + 1000, 100.0, 100.0)
    city = Layers(worlds.square(0, 0, 6, 1), redlines=lines, landuse=use)
    ledger = build(city, GridSpec(worlds.CRS))
    parts = sums.split(ledger.atoms, load_classes())
    found = redlines.tables(redlines.describe(lines, ledger), ledger, parts, None)
    row = found["redline_areas"].set_index("area_code").loc["C"]
    columns = ["level1_m2", "level2_m2", "area_m2", "built_m2"]
    assert row[columns].astype(int).tolist() == [0, 0, 0, 0]
