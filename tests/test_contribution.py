"""What a wing hands to a plan is checked, kept in the plan folder, and drawn by every writer."""

from __future__ import annotations

import dataclasses
import itertools
from bisect import bisect_left

import fake_plan
import made_up
import pandas as pd
import pyogrio
import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from zoning import store
from zoning.contribution.parts import Card, Chapter, Class, Contribution
from zoning.contribution.rules import check
from zoning.errors import Text
from zoning.outputs import contributed
from zoning.outputs.qgis import geopackage
from zoning.plan import Plan


@pytest.fixture(scope="module")
def plan() -> Plan:
    bare = fake_plan.make()
    run = {**bare.run, "config": bare.config.model_dump(mode="json", exclude_defaults=True)}
    return dataclasses.replace(bare, run=run, contributions=(made_up.contribution(bare),))


@pytest.fixture(scope="module")
def fishery(plan) -> Contribution:
    return plan.contributions[0]


@pytest.fixture(scope="module")
def folder(plan, tmp_path_factory):
    place = tmp_path_factory.mktemp("渔 业")
    geopackage.write(plan, place / "plan.gpkg")
    store.write_tables(plan, place)
    return place


def codes(contributions, **more):
    return {p.code for p in check(contributions, **more)}


def changed(given, part, **how):
    """Change the first of a kind of part."""
    first, *rest = getattr(given, part)
    return dataclasses.replace(given, **{part: (dataclasses.replace(first, **how), *rest)})


def test_a_good_one_has_no_problems(plan, fishery):
    assert check([fishery], plan.units.index, plan.tables) == []


WRONG = {
    "bad-name": lambda g: changed(g, "tables", name="Fish stock"),
    "taken-name": lambda g: changed(g, "layers", name="fish"),
    "no-text": lambda g: dataclasses.replace(g, title=Text("Fishery", " ")),
    "no-field": lambda g: changed(g, "tables", fields=g.tables[0].fields[:-1]),
    "no-column": lambda g: changed(
        g, "layers", fields=(*g.layers[0].fields, dataclasses.replace(made_up.KIND, name="age"))
    ),
    "named-index": lambda g: changed(
        g, "tables", frame=g.tables[0].frame.rename_axis("row")
    ),
    "unknown-unit": lambda g: changed(
        g, "tables", frame=g.tables[0].frame.replace({"unit": {g.tables[0].frame["unit"][0]: "x"}})
    ),
    "geographic-crs": lambda g: changed(g, "layers", frame=g.layers[0].frame.to_crs(4326)),
    "non-polygon": lambda g: changed(
        g, "layers", frame=g.layers[0].frame.set_geometry(g.layers[0].frame.centroid)
    ),
    "bad-colour": lambda g: changed(g, "layers", colour="red"),
    "no-classes": lambda g: changed(g, "layers", by=None),
    "no-class": lambda g: changed(g, "themes", classes=made_up.CLASSES[:1]),
    "mixed-classes": lambda g: changed(
        g, "themes", classes=(*made_up.CLASSES, Class(Text("a", "甲"), "#000000", lower=0, upper=1))
    ),
    "bad-limits": lambda g: dataclasses.replace(
        g, themes=(dataclasses.replace(g.themes[1], classes=g.themes[1].classes[::-1]),)
    ),
    "no-table": lambda g: changed(g, "themes", table="stones"),
    "double-unit": lambda g: changed(
        g, "tables", frame=pd.concat([g.tables[0].frame] * 2, ignore_index=True)
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", WRONG)
def test_each_thing_that_no_writer_could_draw_is_told(plan, fishery, code):
    assert code in codes([WRONG[code](fishery)], units=plan.units.index)


def test_cards_and_chapters_name_what_is_there(fishery):
    card = dataclasses.replace(fishery, cards=(Card(Text("a", "甲"), "fish", ("weight",)),))
    assert codes([card]) == {"no-column"}
    other = dataclasses.replace(fishery, cards=(Card(Text("a", "甲"), "catches", ("year",)),))
    assert codes([other]) == {"no-column"}  # no column of units
    for wrong in ({"tables": ("stones",)}, {"maps": ("fish",)}):
        chapter = Chapter(Text("a", "甲"), **wrong)
        assert codes([dataclasses.replace(fishery, chapters=(chapter,))]) == {"no-table"}


def test_names_are_taken_by_other_wings_and_by_the_plan(fishery):
    assert codes([fishery, fishery]) == {"taken-name"}
    assert codes([fishery], taken=["catches"]) == {"taken-name"}
    assert "taken-name" in codes([changed(fishery, "themes", name="checks")])


def test_all_problems_are_told_at_once(fishery):
    broken = changed(changed(fishery, "layers", colour="red"), "themes", table="stones")
    assert codes([broken]) == {"bad-colour", "no-table"}


def test_the_plan_folder_keeps_it(plan, fishery, folder):
    again = store.load(folder)
    (got,) = again.contributions
    assert got.describe() == fishery.describe()
    for name in ("fish", "catches"):
        pd.testing.assert_frame_equal(
            got.table(name).frame, fishery.table(name).frame, check_dtype=False
        )
    layer, was = got.layers[0].frame, fishery.layers[0].frame
    assert layer.drop(columns="geometry").fillna("").values.tolist() == (
        was.drop(columns="geometry").fillna("").values.tolist()
    )
    assert layer.crs == was.crs
    assert layer.geometry.geom_equals(was.geometry).all()
    assert not {"fish", "catches"} & set(again.tables)
    assert "contributions" not in again.run
    assert check(again.contributions, again.units.index, again.tables) == []
    # Nothing is lost or doubled by writing it once more.
    geopackage.write(again, folder / "again" / "plan.gpkg")
    store.write_tables(again, folder / "again")
    assert store.load(folder / "again").contributions[0].describe() == fishery.describe()


def test_the_plan_says_who_gave_something(plan):
    assert "with fishery" in repr(plan)
    assert repr(plan.contributions[0]) == (
        "Contribution('fishery': 1 layer, 2 tables, 2 themes, 1 card, 1 chapter)"
    )


def test_layers_and_themes_stand_styled_in_the_geopackage(folder):
    names = {name for name, _ in pyogrio.list_layers(folder / "plan.gpkg")}
    assert {"ponds", "fish_kind", "fish_wet", "fish", "catches"} <= names
    styles = pyogrio.read_dataframe(folder / "plan.gpkg", layer="layer_styles")
    qml = styles.set_index("f_table_name")["styleQML"]
    assert 'attr="kind"' in qml["ponds"]
    assert "27,158,119" in qml["ponds"]  # the colour of the carp
    assert "鱼种" in qml["ponds"]
    assert "水面（m²）" in qml["ponds"]
    assert 'attr="&quot;wet_share&quot;"' in qml["fish_wet"]
    theme = pyogrio.read_dataframe(folder / "plan.gpkg", layer="fish_kind")
    assert len(theme) == 28
    assert (theme.geometry.area == 1_000_000).all()


@over(st.lists(st.none() | st.sampled_from([0.0, 0.5, 1.0, 2.0]) | st.floats(-1, 3), min_size=1))
def test_classes_by_limits_hold_their_upper_limit(values):
    limits = [0.0, 0.5, 1.0, 2.0]
    classes = [
        Class(Text("a", "甲"), "#000000", lower=a, upper=b) for a, b in itertools.pairwise(limits)
    ]
    inner = [-1 if v is None or not 0 <= v <= 2 else bisect_left(limits[1:], v) for v in values]
    column = pd.Series(values, dtype="Float64")
    assert contributed.class_of(column, classes).tolist() == inner
