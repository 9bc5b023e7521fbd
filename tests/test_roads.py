"""Roads as files give them: heads of other systems, words of other systems, what is lacking."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import LineString

from zoning.base.shipped import load_toml
from zoning.errors import InputError
from zoning.inputs.roads import named_roads, road_classes
from zoning.planfile.layers import RoadLayer

LINE = LineString([(0, 0), (1000, 0)])
PART = RoadLayer(path="roads.gpkg")


def roads(**columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({k: [v] * 3 for k, v in columns.items()}, geometry=[LINE] * 3, crs=4549)


def test_every_word_leads_to_a_class_that_has_a_speed() -> None:
    table = load_toml("indicators", "speeds.toml")
    assert set(table["words"].values()) <= set(table["kmh"])
    assert not set(table["words"]) & set(table["kmh"])  # a class is not renamed
    words = pd.Series([*table["words"], *table["kmh"], " Trunk_Link ", None])
    assert road_classes(words).dropna().isin(list(table["kmh"])).all()


def test_a_column_that_reads_like_classes_is_offered_and_taken_only_when_named() -> None:
    with pytest.raises(InputError) as lacking:
        named_roads(roads(osm_id=1, fclass="primary_link", name="G312"), PART)
    problem = lacking.value.problems[0]
    assert problem.where == "roads.gpkg" and problem.code == "missing-column"
    assert 'columns.class = "fclass"' in str(problem.remedy.en)
    assert 'columns.class = "fclass"' in str(problem.remedy.zh)
    part = PART.model_copy(update={"road_class": "fclass"})
    assert named_roads(roads(fclass="primary_link"), part)["class"].tolist() == ["primary"] * 3


def test_without_such_a_column_the_heads_and_the_classes_are_told() -> None:
    with pytest.raises(InputError) as lacking:
        named_roads(roads(name="G312"), PART)
    said = str(lacking.value.problems[0].remedy.en)
    assert "name" in said and "motorway" in said


def test_a_speed_goes_before_a_class_and_an_empty_one_is_no_speed() -> None:
    both = named_roads(roads(speed_kmh=70.0, **{"class": "国道"}), PART)
    assert both["speed_kmh"].tolist() == [70.0] * 3 and both["class"].tolist() == ["national"] * 3
    assert "speed_kmh" not in named_roads(roads(speed_kmh=None, **{"class": "国道"}), PART)
