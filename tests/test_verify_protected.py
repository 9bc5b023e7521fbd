"""Accounts of protected land are derived again: any number of them that is changed is refuted."""

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import worlds

import zoning as zn
from zoning.verify import protected, withdrawn
from zoning.verify.areas import parts
from zoning.verify.compare import Findings

EXTRA = """
[[inputs.protections]]
kind = "basic_farmland"
path = "农田.gpkg"
[[inputs.protections]]
kind = "water"
path = "水源.gpkg"
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """A plan with fields, and a source of two levels that lie over them and over a red line."""
    folder = tmp_path_factory.mktemp("护")
    fields = shapely.Point(worlds.X + 2150, worlds.Y + 2000).buffer(700)
    inner, outer = (shapely.Point(worlds.X + 1800, worlds.Y + 2100).buffer(r) for r in (300, 600))
    gpd.GeoDataFrame({"name": ["田"]}, geometry=[fields], crs=worlds.CRS).to_file(
        folder / "农田.gpkg")  # fmt: skip
    gpd.GeoDataFrame({"code": ["w", "w", "v"], "name": ["甲", "甲", "乙"], "level": [1, 2, 2],
                      "published_m2": [282000, 848000, None]},
                     geometry=[inner, outer.difference(inner), worlds.square(0.2, 0.2, 0.5, 0.5)],
                     crs=worlds.CRS).to_file(folder / "水源.gpkg")  # fmt: skip
    return zn.run(worlds.write(folder, extra=EXTRA))


def refuted(plan) -> list[str]:
    found = Findings()
    for room in (protected, withdrawn):
        room.audit(plan, parts(plan), found)
    return [c.where for c in found.checks if not c.ok]


def tables(plan) -> dict[str, pd.DataFrame]:
    (wing,) = [c for c in plan.contributions if c.wing == "protections"]
    return {t.name: t.frame for t in wing.tables}


def forged(plan, name: str, frame: pd.DataFrame):
    (wing,) = [c for c in plan.contributions if c.wing == "protections"]
    told = tuple(replace(t, frame=frame) if t.name == name else t for t in wing.tables)
    others = tuple(c for c in plan.contributions if c.wing != "protections")
    return replace(plan, contributions=(*others, replace(wing, tables=told)))


def test_an_honest_plan_is_proved(plan) -> None:
    assert {"protection_levels", "protection_areas", "protection_kinds"} <= {*tables(plan)}
    assert "difference_m2" in tables(plan)["protection_areas"]
    assert not refuted(plan)


def test_every_number_that_is_changed_is_refuted_with_its_table(plan) -> None:
    tried = 0
    for name, table in tables(plan).items():
        for column in table.columns:
            numbers = pd.api.types.is_numeric_dtype(table[column].dtype)
            known = table.index[table[column].notna()] if numbers else []
            if column in ("level", "year") or not len(known):
                continue
            frame = table.copy()
            frame.loc[known[-1], column] += 1
            places = refuted(forged(plan, name, frame))
            assert any(name in p for p in places), (name, column, places)
            tried += 1
    assert tried >= 20


def test_a_row_left_out_and_another_kind_are_refuted(plan) -> None:
    for name in ("protection_by_county", "protection_areas", "protection_kinds"):
        table = tables(plan)[name]
        assert refuted(forged(plan, name, table.iloc[1:].reset_index(drop=True))), name
    units = tables(plan)["protection_units"].copy()
    at = units.index[units["kind"] != "none"][0]
    units.loc[at, "kind"] = "heritage"
    assert refuted(forged(plan, "protection_units", units))


def test_what_hangs_on_a_red_line_is_tried_again(plan) -> None:
    table = plan.tables["redline_areas"]
    assert table["units_touched"].iloc[0] > 0 and table["units_touched"].isna().iloc[-1]
    for column in ("units_touched", "units_changed", "kept_m2"):
        frame = table.copy()
        frame.loc[0, column] += 1
        for forged in (frame, table.drop(columns=column)):
            places = refuted(replace(plan, tables={**plan.tables, "redline_areas": forged}))
            assert len(places) == 1 and places[0].startswith(f"plan.gpkg: redline_areas, {column}")


def test_a_shape_of_a_theme_that_is_none_or_stands_twice_is_named(plan, tmp_path) -> None:
    """What cannot be compared is a finding, not the end of the audit."""
    import sqlite3

    from zoning.outputs.qgis import geopackage
    from zoning.outputs.qgis.clipped import blob
    from zoning.verify import files

    right = geopackage.layers(plan)["protection_map"]
    bow = shapely.Polygon([(0, 0), (1000, 1000), (1000, 0), (0, 1000)])
    for change, more in (("UPDATE protection_map SET geom = ? WHERE fid = 1", (blob(bow, 4549),)),
                         ("UPDATE protection_map SET unit = (SELECT unit FROM protection_map "
                          "WHERE fid = 2) WHERE fid = 1", ())):  # fmt: skip
        path = geopackage.write(plan, tmp_path / "plan.gpkg")
        with sqlite3.connect(path) as db:
            for (name,) in db.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                db.execute(f'DROP TRIGGER "{name}"')
            db.execute(change, more)
        db.close()
        found = Findings()
        files._layer(path, "protection_map", right, found, other=False, cut=True)
        assert any(not c.ok and "protection_map" in c.where for c in found.checks), change
        path.unlink()
