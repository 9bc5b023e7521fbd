"""Where findings are: rows, values and coordinates, as a table or layer to be worked off."""

from __future__ import annotations

import json

import field_cases as world
import geopandas as gpd
import pandas as pd
import pytest
import shapely

from zoning import api
from zoning.errors import Finding, InputError, Spot, Text
from zoning.inputs.tables import read_table


def _places(tmp_path, name="places.csv", **change):
    """Give the findings of a hostile delivery with the rows of its file of places."""
    world.world(tmp_path / "w")
    change.get("make", lambda d: None)(tmp_path / "w")
    try:
        found = list(api.check(tmp_path / "w" / "plan.toml").intake.findings)
    except InputError as error:
        found = error.findings
    return found, api.write_findings(tmp_path / name, found, lang="en")


def test_places_of_codes_protections_and_rasters_can_be_opened(tmp_path):
    def make(d):
        towns, red = world.towns(), world.red().astype({"level": object})
        towns.loc[1, "code"] = None
        red.loc[1, "level"] = "III级"
        red.loc[0, "type"] = "moor"
        world.write(towns, d / "towns.gpkg")
        world.write(red, d / "red.gpkg")
        use = world.use()
        use[30:32, 3:5] = 77  # two patches of 4 and 1 pixels of 100 m
        use[5, 5] = 77
        world.write_tif(d / "use.tif", use)

    found, path = _places(tmp_path, make=make)
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")  # Excel reads it as UTF-8
    by = rows.set_index("code")[["file", "row", "value", "lon", "lat"]]
    # Exactly the middle of 乙镇, of R2, of R1, and of pixels: half a pixel is 50 m.
    for code, row, value, x, y in (
        ("missing-code", "feature 2 (?)", "", world.X + 3000, world.Y + 2000),
        ("protection-level", "feature 2", "III级", world.X + 2250, world.Y + 3500),
        ("redline-type", "feature 1", "moor", world.X + 500, world.Y + 3500),
        ("unknown-class", "0.040 km²", "77", world.X + 400, world.Y + 900),
        ("unknown-class", "0.010 km²", "77", world.X + 550, world.Y + 3450),
    ):
        hit = by[(by.index == code) & (by["row"] == row)]
        assert len(hit) == 1 and hit["value"].iloc[0] == value, (code, by.to_string())
        lon, lat = map(float, hit[["lon", "lat"]].iloc[0])
        there = gpd.GeoSeries.from_xy([lon], [lat], crs="EPSG:4326").to_crs(world.CRS)[0]
        assert there.distance(shapely.Point(x, y)) < 100, (code, there)
    assert set(by["file"]) >= {"red.gpkg"}
    layer = gpd.read_file(api.write_findings(tmp_path / "places.gpkg", found, lang="zh"))
    assert len(layer) == len(rows) and layer.geometry.notna().sum() == (rows["lon"] != "").sum()
    assert layer.crs == "EPSG:4326" and set(layer["level"]) <= {"错误", "警告", "提示"}


def test_rows_are_those_that_a_spreadsheet_shows(tmp_path):
    text = "\n\ncode,population\n321191001,5\n\n321191002,6\n\n,7\n321191003,x\n"
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as told:
        read_table(tmp_path / "t.csv", code="code")
    (problem,) = told.value.problems
    assert [s.row for s in problem.spots] == ["row 8"]
    table, source = read_table(tmp_path / "t.csv")
    assert table.shape == (4, 2)
    (mixed,) = source.findings
    assert [(s.row, s.value) for s in mixed.spots] == [("row 9", "x")]


def test_places_of_what_does_not_join(tmp_path):
    def make(d):
        table = world.attrs()
        table.loc[2, "code"] = "321199999"
        table.to_csv(d / "towns.csv", index=False)

    _, path = _places(tmp_path, make=make)
    rows = pd.read_csv(path, dtype=str, keep_default_na=False).set_index("code")
    assert rows.loc["no-row", ["row", "lat"]].tolist()[0] == "321192001"
    assert rows.loc["no-polygon", ["row", "value", "lon"]].tolist() == ["row 4", "321199999", ""]
    assert rows.loc["no-row", "lon"].startswith("119.7")


def test_places_are_listed_on_the_page_and_a_foreign_table_stays(tmp_path):
    many = tuple(Spot(f"feature {i}", "<x>", 119.5 + i / 1e4, 32.2) for i in range(300))
    found = [Finding(Text("odd", "异常"), "a.gpkg:towns", code="odd", spots=many)]
    text = api.write_findings(tmp_path / "f.html", found, lang="en").read_text("utf-8")
    assert "300 places" in text and "and 100 more" in text and "<x>" not in text
    assert text.count("<circle") == 200
    (tmp_path / "mine.csv").write_text("a,b\n", encoding="utf-8")
    with pytest.raises(InputError):
        api.write_findings(tmp_path / "mine.csv", found)
    assert (tmp_path / "mine.csv").read_text("utf-8") == "a,b\n"
    with pytest.raises(InputError):
        api.write_findings(tmp_path / "f.png", found)
    assert Finding.from_record(json.loads(json.dumps(found[0].record()))) == found[0]
