"""``columns`` names the heads of every layer, and names of one's own indicators are used."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, box

from zoning.base import words
from zoning.errors import InputError, Text
from zoning.evaluation import load_preset
from zoning.inputs.environment import read_environment
from zoning.inputs.neighbours import read_neighbours
from zoning.inputs.parks import read_parks
from zoning.inputs.roads import named_roads
from zoning.outputs.contributed import Words, raster_fields
from zoning.pipeline.method import load_method
from zoning.planfile.models import Config
from zoning.zones import classify_townships

CRS = 4549


def squares(n: int, **columns: list[object]) -> gpd.GeoDataFrame:
    where = [box(500_000 + 2_000 * i, 3_500_000, 501_000 + 2_000 * i, 3_501_000) for i in range(n)]
    return gpd.GeoDataFrame(columns, geometry=where, crs=CRS)


def part(kind: str, **given: object):
    data = {"path": "x.gpkg", **given}
    whole = {kind: [data] if kind == "plans" else data}
    found = getattr(Config.model_validate({"inputs": whole}).inputs, kind)
    return found[0] if kind == "plans" else found


def test_neighbours_by_columns_with_a_factor():
    frame = squares(2, **{"名称": ["甲", "乙"], "区": ["k", None], "人口(万人)": [1.5, 2.0]})
    given = part("neighbours", zones={"k": "key"}, columns={
        "name": "名称", "zone": "区",
        "population": {"from": "人口(万人)", "factor": 1e4}})  # fmt: skip
    out, problems = read_neighbours(frame, given)
    assert problems == []
    assert out["name"].tolist() == ["甲", "乙"] and out["zone"].iloc[0] == "key"
    assert out["population"].tolist() == [15_000, 20_000]
    assert out["gdp_10k_yuan"].isna().all()
    # What is named must be there; what is only a default need not.
    _, problems = read_neighbours(
        frame, part("neighbours", columns={"name": "名称", "zone": "功能"})
    )
    assert [p.what.en for p in problems] == ["column '功能' (zone) is missing"]


def test_roads_by_columns():
    roads = gpd.GeoDataFrame(
        {"fclass": ["primary", "国道"], "mph": [40, 50]},
        geometry=[LineString([(0, 0), (9, 0)]), LineString([(0, 1), (9, 1)])], crs=CRS,
    )  # fmt: skip
    given = part("roads", columns={"class": "fclass",
                                   "speed_kmh": {"from": "mph", "factor": 1.609344}})  # fmt: skip
    found = named_roads(roads, given)
    assert found["speed_kmh"].tolist() == pytest.approx([64.37376, 80.4672])
    assert found["class"].notna().all()
    with pytest.raises(InputError, match="column 'fclas' \\(class\\) is missing"):
        named_roads(roads, part("roads", columns={"class": "fclas"}))


def test_parks_and_units_of_environment_by_columns(tmp_path):
    squares(2, **{"编号": ["p1", "p2"], "园区": ["甲园", "乙园"], "类": ["a", "b"],
                  "面积(km2)": [1.2, 3.0], "产业": ["C30", "C31"]}).to_file(
        tmp_path / "x.gpkg")  # fmt: skip
    given = part("parks", columns={
        "code": "编号", "name": "园区", "kind": "类", "leading_industries": "产业",
        "planned_area_ha": {"from": "面积(km2)", "factor": 100}})  # fmt: skip
    frame, _ = read_parks(given, tmp_path, CRS)
    assert frame["planned_area_ha"].tolist() == pytest.approx([120, 300])
    assert frame["name"].tolist() == ["甲园", "乙园"]
    squares(1, **{"单元": ["ZH32111110001"], "称": ["甲单元"]}).to_file(tmp_path / "e.gpkg")
    units, _ = read_environment(
        part("environment_units", path="e.gpkg", columns={"code": "单元", "name": "称"}),
        tmp_path, CRS)  # fmt: skip
    assert units[["code", "name", "category"]].to_numpy().tolist() == [
        ["ZH32111110001", "甲单元", "1"]]  # fmt: skip


def test_a_class_by_columns_is_that_of_class_column():
    assert part("plans", role="forest", columns={"class": "地类"}).head("class") == "地类"
    assert part("plans", role="forest", class_column="地类").head("class") == "地类"
    assert part("plans", role="forest").head("class") is None


def test_a_wrong_name_under_columns_is_told():
    with pytest.raises(ValueError, match="columns"):
        part("roads", columns={"klass": "fclass"})


def plan_of_rasters() -> tuple[Config, pd.DataFrame]:
    config = Config.model_validate({
        "inputs": {"rasters": {
            "ntl": {"path": "n.tif", "en": "night light", "zh": "夜间灯光", "unit": "nW"},
            "soil": {"path": "s.tif", "kind": "classes", "classes": [1], "zh": "优质土壤占比"},
        }},
        "zones": {"method": {"base": "two-matrices", "name": "b", "dimension": {"guidance": {
            "cuts": [25, 80], "source": "x", "evidence": "own",
            "term": [{"indicator": "ntl", "scale": "linear", "low": 0, "high": 60}]}}}},
    })  # fmt: skip
    towns = pd.DataFrame({
        "area_m2": [10_000_000] * 3, "built_m2": [1_000_000] * 3, "redline_m2": [0] * 3,
        "farmland_m2": [5_000_000] * 3, "slope_deg": [1.0] * 3, "ntl": [14.0, 16.0, 50.0],
    }, index=["a", "b", "c"])  # fmt: skip
    return config, towns


def test_indicators_of_ones_own_are_called_as_the_plan_calls_them():
    config, towns = plan_of_rasters()
    classed = classify_townships(towns, load_method(config))
    flips = classed["flip_zh"].dropna()
    assert flips.str.contains("夜间灯光由 14 nW 变为 15 nW").any(), flips.tolist()
    assert classed["flip_en"].dropna().str.contains("night light went from 14 nW to 15 nW").any()
    plan = SimpleNamespace(config=config)
    said = Words((), raster_fields(plan))
    assert said.heading("ntl", "zh", "townships") == "夜间灯光（nW）"
    assert said.heading("soil", "en", "units") == "优质土壤占比"
    assert said.unit("soil") == "1"
    assert "n.tif" in said.description("ntl", "en")


def test_every_raster_that_an_evaluation_takes_has_words():
    roles = {r for p in ("A", "B") for k in ("town", "agriculture", "ecology")
             for r in load_preset(p).roles(k)} | {"neighbours"}  # fmt: skip
    assert {r for r in roles if words.value("role", r, "zh") == r} == set()


def test_every_way_of_placing_new_land_has_words():
    for method in ("nested", "lp-limits", "lp-boundary+patches", "cuts-boundary", "milp-whole",
                   "alternative"):  # fmt: skip
        told = words.method_words(method, "zh")
        assert not set("abcdefghijklmnopqrstuvwxyz+-") & set(told), told


def test_shares_of_classes_are_written_as_percent():
    from zoning.zones.method import Called
    from zoning.zones.tell import amount

    called = {"soil": Called(Text("soil", "土"), "share"), "ntl": Called(Text("n", "灯"), "nW")}
    assert amount("soil", 0.274, "en", called) == "27.4%"
    assert amount("ntl", 12.5, "zh", called) == "12.5 nW"
    assert amount("ntl", np.nan, "zh", called) == "–"
