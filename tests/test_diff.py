"""Two versions of a plan compared: margins, mirror, causes, crosswalks, lists, files."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from tests import fake_plan, made_up, versions, worlds
from tests.pages import payload
from zoning import api
from zoning.contribution import rules
from zoning.contribution.parts import Field, Table
from zoning.errors import InputError, Text
from zoning.review.diff import accounts, groups, places, shown, tell
from zoning.review.diff.compare import cause_table, compare
from zoning.review.diff.contribute import contribute
from zoning.review.diff.sides import OUTSIDE, UNZONED, side_of
from zoning.review.diff.walk import Walk, mirrored

ALONE = [*versions.PLANTS]
#: Those that the newcomer's run plants too.
QUICK = ("cuts", "decisions")


class Versions:
    """Plans of the small county with plants, each made once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: dict[frozenset[str], api.Plan] = {}

    def at(self, *plants: str) -> Path:
        return self.folder / ("-".join(sorted(plants)) or "base")

    def plan(self, *plants: str) -> api.Plan:
        key = frozenset(plants)
        if key not in self._made:
            like = self.at() if key else None
            if key and frozenset() not in self._made:
                self.plan()
            self._made[key] = api.run(versions.write(self.at(*plants), plants, like))
        return self._made[key]

    def compare(self, one, two, **how):
        return compare(
            self.plan(*one), self.plan(*two), near=([self.at(*one)], [self.at(*two)]), **how
        )


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    return Versions(tmp_path_factory.mktemp("versions"))


@pytest.mark.slow
def test_a_plan_does_not_differ_from_itself(county):
    plan = county.plan()
    found = compare(plan, plan)
    assert found.empty and found.causes.runs == 0
    tables = {t.name: t for t in shown.tables(found, plan.units.index)}
    assert set(tables) == {"diff_units", "diff_transitions", "diff_matrix", "diff_agreement"}
    wide = found.wide("units").to_numpy()
    assert (wide == np.diag(np.diag(wide))).all()
    rows = found.agreement[["basis", "measure", "value"]].itertuples(index=False)
    values = {(r.basis, r.measure): r.value for r in rows}
    assert values["area_m2", "kappa"] == 1.0 == values["new_m2", "merit"]
    assert compare(plan, api.load(_saved(plan, county.folder / "saved"))).empty


def _saved(plan, folder: Path) -> Path:
    plan.save(folder, qgis=False, map=False)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("plants", [("boundary",), ("landuse", "redline", "cuts")], ids="+".join)
def test_margins_are_the_tables_of_both_plans(county, plants):
    found = county.compare((), plants, why=False)
    for table, column in ((found.wide("area_m2"), "area_m2"), (found.wide("units"), "units")):
        for axis, plan in ((1, found.before.plan), (0, found.after.plan)):
            sums = table.sum(axis=axis).drop(OUTSIDE, errors="ignore")
            assert sums[sums > 0].to_dict() == (
                plan.zones[column].loc[lambda s: s > 0].to_dict()
            )  # fmt: skip
    city = [p.run["area_m2"]["city"] for p in (found.before.plan, found.after.plan)]
    moved = found.wide()
    gone = int(moved.get(OUTSIDE, pd.Series(0, moved.index)).sum())
    assert city[0] - city[1] == gone == (1_500_000 if "boundary" in plants else 0)


ZONES = st.sampled_from(["a", "b", UNZONED])


@pytest.mark.slow
@given(
    st.lists(st.tuples(ZONES, ZONES, *[st.integers(0, 10**6)] * 3), max_size=30),
)
def test_any_matrix_closes_on_both_sides(rows):
    frame = pd.DataFrame(
        rows,
        columns=["zone_before", "zone_after", "area_before_m2", "area_after_m2", "common_m2"],
    ).astype({"zone_before": object, "zone_after": object})
    for column in frame.columns[2:]:
        frame[column] = frame[column].astype("int64")
    frame["common_m2"] = frame[["area_before_m2", "area_after_m2", "common_m2"]].min(axis=1)
    table = places.matrix(frame, ["a", "b", UNZONED], ["a", "b", UNZONED])
    for side in ("before", "after"):
        sums = table[table[f"zone_{side}"] != OUTSIDE].groupby(f"zone_{side}")["area_m2"].sum()
        told = frame.groupby(f"zone_{side}")[f"area_{side}_m2"].sum()
        assert sums[sums > 0].to_dict() == told[told > 0].to_dict()
    assert table["units"].sum() == len(frame)


@pytest.mark.slow
@pytest.mark.parametrize("plants", [("boundary", "cuts"), ("redline", "landuse", "decisions")])
def test_the_way_back_mirrors_the_way_there(county, plants):
    there = county.compare((), plants)
    back = county.compare(plants, ())
    pd.testing.assert_frame_equal(there.wide(), back.wide().T, check_names=False)
    pd.testing.assert_frame_equal(there.wide("units"), back.wide("units").T, check_names=False)
    swap = {"zone_before": "zone_after", "zone_after": "zone_before"}
    for column in ("zone_before", "cause", "involved", "new_cause"):
        assert there.units[column].equals(back.units[swap.get(column, column)]), column
    assert (there.units["new_difference_m2"] == -back.units["new_difference_m2"]).all()
    numbers = [t.accounts.set_index(["level", "code", "item"])["difference_m2"].sort_index()
               for t in (there, back)]  # fmt: skip
    pd.testing.assert_series_equal(numbers[0], -numbers[1])
    turned = back.protections.assign(in_m2=back.protections["out_m2"],
                                     out_m2=back.protections["in_m2"])  # fmt: skip
    columns = ["kind", "code", "in_m2", "out_m2", "level_m2"]
    assert there.protections[columns].values.tolist() == turned[columns].values.tolist()
    assert there.causes.runs == back.causes.runs
    keys = ["group", "key", "before", "after"]
    other = back.differences.rename(columns={"before": "after", "after": "before"})[keys]
    assert there.differences[keys].values.tolist() == other.values.tolist()


def expected(county, plants, index, column, read):
    """Say what each place's cause is, from whole runs of the world with some plants alone."""
    whole = frozenset(plants)

    def values(some):
        return read(county.plan(*some)).reindex(index)

    before, after = values(()), values(whole)

    def same(one, two):
        return (one == two) | (one.isna() & two.isna())

    found = pd.Series("joint", index=index, dtype=object)
    both = {
        p: same(values({p}), after) & same(values(whole - {p}), before) for p in plants
    }  # fmt: skip
    single = sum(both.values()) == 1
    for plant, is_cause in both.items():
        found[single & is_cause] = plant
    changed = ~same(before, after)
    return found[changed]


def _zones(plan):
    return plan.units["zone"].astype(object)


def _new(plan):
    return plan.units["new_m2"].astype("Int64")


def check_causes(county, plants):
    found = county.compare((), plants)
    assert {g.code for g in found.causes.groups} == set(plants)
    assert found.causes.runs <= 2 * len(plants)
    index = found.units.index
    for column, read in (("cause", _zones), ("new_cause", _new)):
        right = expected(county, plants, index, column, read)
        told = found.units[column]
        if column == "new_cause":  # a unit that is gone has no new land: 0 beside nothing
            right = right[found.units.loc[right.index, "new_difference_m2"] != 0]
        assert told[told != ""].to_dict() == right.to_dict(), column
    towns = found.towns.set_index("code_after")
    read = lambda p: p.townships["zone"].astype(object)  # noqa: E731
    right = expected(county, plants, towns.index, "cause", read)
    assert towns["cause"][towns["cause"] != ""].to_dict() == right.to_dict()
    return found


@pytest.mark.parametrize(
    "plant", [p if p in QUICK else pytest.param(p, marks=pytest.mark.slow) for p in ALONE]
)
def test_each_cause_planted_alone_is_found(county, plant):
    found = check_causes(county, (plant,))
    assert found.causes.runs == 0  # what alone differs needs no run
    table = cause_table(found)
    assert table["cause"].tolist() == [plant]
    assert (table["units"] + table["new_units"]).item() > 0


@pytest.mark.slow
def test_two_causes_in_two_places_are_told_apart(county):
    found = check_causes(county, ("cuts", "landuse"))
    assert set(found.changed["cause"]) == {"cuts", "landuse"}


@pytest.mark.slow
def test_two_ways_to_the_same_end_are_joint(county):
    found = check_causes(county, ("cuts", "weights"))
    assert set(found.changed["cause"]) == {"joint"}
    assert set(found.changed["involved"]) == {"weights+cuts"}  # each brings it, none undoes it


@pytest.mark.slow
def test_inputs_of_two_folders_are_mixed(county):
    found = check_causes(county, ("redline", "landuse", "townships"))
    assert found.causes.runs == 6 and not found.findings
    assert {"redline", "landuse"} <= set(found.changed["cause"])


@pytest.mark.slow
@pytest.mark.parametrize("pair", list(itertools.combinations(ALONE, 2)), ids="+".join)
def test_every_pair_of_causes(county, pair):
    check_causes(county, pair)


@pytest.mark.slow
@pytest.mark.parametrize(
    "plants", [("cuts", "rules", "caps"), ("boundary", "weights", "decisions", "allocation")]
)
def test_causes_of_three_and_four(county, plants):
    check_causes(county, plants)


@pytest.mark.slow
def test_inputs_that_are_gone_are_not_separated(county, tmp_path):
    here = tmp_path / "here"
    plan = versions.write(here, ("landuse", "cuts"), county.at())
    table = pd.read_csv(here / "乡镇.csv").assign(note=1)
    table.to_csv(here / "乡镇.csv", index=False, encoding="utf-8")
    one, two = county.plan(), api.run(plan)
    found = compare(one, two, near=([county.at()], [tmp_path]))
    assert [g.code for g in found.causes.groups] == ["inputs", "cuts"]
    assert set(found.changed["cause"]) == {"inputs", "cuts"}
    assert found.findings[0].code == "not-separable"
    sure = compare(one, two, near=([county.at()], [here]))
    assert [g.code for g in sure.causes.groups] == ["townships", "landuse", "cuts"]
    said = sure.units["cause"].replace({"landuse": "inputs"})  # rules are swapped without files
    assert found.units["cause"].tolist() == said.tolist() and "cuts" in set(said)
    versions.landuse(here, {})
    (here / "红线.gpkg").unlink()  # one of them is gone, and the rest is worth nothing
    again = compare(one, two, near=([county.at()], [here]))
    assert "inputs" in {g.code for g in again.causes.groups}


@pytest.mark.slow
def test_another_version_of_the_software_is_a_cause(county):
    plan, other = county.plan(), county.plan("cuts")
    old = replace(other, run={**other.run, "software": {"zoning": "0.0.9"}})
    towns = old.townships.assign(zone=plan.townships["zone"])  # as if the old one said otherwise
    units = old.units.assign(zone=plan.units["zone"], new_m2=plan.units["new_m2"])
    old = replace(old, townships=towns, units=units)
    found = compare(old, other)
    assert [g.code for g in found.causes.groups] == ["software"]
    assert set(found.changed["cause"]) == {"software"}
    whole = compare(old, county.plan("cuts", "decisions"))
    assert set(whole.changed["cause"]) == {"software", "decisions"}
    assert whole.causes.runs <= 4


def test_what_nothing_on_record_explains_is_told(county):
    plan = county.plan()
    zone = plan.units["zone"].where(plan.units.index != plan.units.index[2], "moderate")
    edited = replace(plan, units=plan.units.assign(zone=zone))
    found = compare(plan, edited)
    assert found.changed["cause"].tolist() == ["unrecorded"]


@pytest.mark.slow
def test_progress_tells_every_run(county):
    told = []
    county.compare((), ("cuts", "rules", "caps"), progress=lambda *a: told.append(a))
    assert [t[0] for t in told] == list(range(6)) and {t[1] for t in told} == {6}


def test_protections_that_moved_close_on_their_areas(county):
    found = county.compare((), ("redline",), why=False).protections.set_index("code")
    assert found["state"].to_dict() == {"R2": "moved", "R3": "added"}
    assert (found["area_before_m2"] + found["in_m2"] - found["out_m2"]
            == found["area_after_m2"]).all()  # fmt: skip
    shapes = worlds.redlines().geometry
    assert found.loc["R3", "in_m2"] == 500_000
    new = worlds.square(3, 1.4, 1, 0.6)
    assert found.loc["R2", "in_m2"] == round(new.difference(shapes[1]).area)
    assert found.loc["R2", "out_m2"] == round(shapes[1].difference(new).area)
    assert found.geometry.loc["R2"].area == pytest.approx(new.symmetric_difference(shapes[1]).area)


def test_a_level_that_changed_is_told_with_its_land(county):
    plan = county.plan()
    lines = plan.redlines.copy()
    lines["level"] = lines["level"].astype("int64")
    lines.loc[lines["area_code"] == "R2", "level"] = 1
    found = accounts.protections(side_of(plan), side_of(replace(plan, redlines=lines)))
    row = found.set_index("code").loc["R2"]
    assert (row["state"], row["level_before"], row["level_after"]) == ("level", "2", "1")
    assert row["level_m2"] == 1_000_000 and row["in_m2"] == row["out_m2"] == 0


def test_other_lattices_and_places_are_refused(county):
    plan = county.plan()
    finer = replace(plan, grid=replace(plan.grid, cell_m=500))
    with pytest.raises(InputError, match=r"different lattices: 1000 m.* and 500 m"):
        compare(plan, finer)
    moved = plan.units.set_axis([f"1kmN1E{i}" for i in range(len(plan.units))], axis=0)
    with pytest.raises(InputError, match="no unit in common"):
        compare(plan, replace(plan, units=moved.rename_axis("unit")))


# Townships


def _with_towns(plan, rows):
    """Give a plan other townships; units keep their zone."""
    towns = gpd.GeoDataFrame(rows, geometry="geometry", crs=plan.units.crs).set_index("township")
    return replace(plan, townships=towns)


def _town(code, name, zone, shape):
    return {"township": code, "name": name, "county": "321001", "zone": zone,
            "area_m2": round(shape.area), "geometry": shape}  # fmt: skip


def _redrawn(plan):
    """甲 and 乙 become one, 丙 becomes two; the names are new."""
    left, right = worlds.square(0, 0, 4, 3), plan.townships.geometry.iloc[2]
    upper = right.intersection(worlds.square(4, 1, 2, 2))
    return _with_towns(plan, [
        _town("321000009", "甲乙镇", "key", left),
        _town("321000003", "丙镇", "moderate", right.difference(upper)),
        _town("321000010", "丙北镇", "key", upper),
    ])  # fmt: skip


@pytest.mark.slow
def test_a_crosswalk_is_proposed_and_never_assumed(county, tmp_path):
    plan = county.plan()
    other = _redrawn(plan)
    found = compare(plan, other, why=False)
    relation = found.proposed.set_index(["from", "to"])["relation"].to_dict()
    assert relation == {
        ("321000001", "321000009"): "merged", ("321000002", "321000009"): "merged",
        ("321000003", "321000003"): "split", ("321000003", "321000010"): "split",
    }  # fmt: skip
    assert not found.proposed["confirmed"].any()
    towns = found.towns
    assert towns["relation"].tolist() == ["gone", "gone", "redrawn", "new", "new"]
    assert set(towns.loc[towns["relation"] == "new", "zone_before"]) == {OUTSIDE}
    # Those that are gone are drawn where they were, and told beside those that changed their class.
    layer = next(x for x in contribute(found, other).layers if x.name == "diff_township_areas")
    shown_ = layer.frame.set_index("code_before")
    for code in ("321000001", "321000002"):
        assert shown_.loc[code, "relation"] == "gone"
        assert shown_.loc[code].geometry.equals(plan.townships.geometry[code])
    assert len(layer.frame) == 5
    told = tell.paragraphs(found)
    assert any("2 are gone and 2 new" in t.en and "撤销 2 个，新设 2 个" in t.zh for t in told)
    one = compare(plan, replace(other, townships=other.townships.drop("321000010")), why=False)
    assert any("2 are gone and 1 new" in t.en for t in tell.paragraphs(one))
    back = compare(other, replace(other, townships=other.townships.drop("321000010")), why=False)
    assert any("1 are gone and 0 new" in t.en for t in tell.paragraphs(back))
    path = tmp_path / "乡镇对照.csv"
    found.proposed[["from", "to"]].to_csv(path, index=False)
    said = compare(plan, other, [path], why=False)
    assert said.proposed["confirmed"].all()
    assert said.towns["relation"].tolist() == ["split", "merged", "merged", "split"]
    pairs = said.towns.set_index(["code_before", "code_after"])
    columns = ["zone_before", "zone_after", "state"]
    one = pairs.loc[("321000001", "321000009"), columns].tolist()
    assert one == ["optimised", "key", "changed"]
    assert pairs["common_m2"].sum() == round(worlds.CITY.area)


def test_a_small_township_in_a_large_one_is_no_edge():
    """An edge is small against both; what is the whole of one is a part of the other."""
    from types import SimpleNamespace

    def side(**shapes):
        frame = gpd.GeoDataFrame(index=list(shapes), geometry=list(shapes.values()), crs=worlds.CRS)
        frame["area_m2"] = frame.area.round().astype("int64")
        return SimpleNamespace(plan=SimpleNamespace(townships=frame))

    big, small = shapely.box(0, 0, 10_000, 10_000), shapely.box(10_000, 0, 10_700, 700)
    next_ = shapely.box(0, 10_000, 10_000, 20_000)
    after = side(a=big.union(small), c=shapely.box(0, 9_990, 10_000, 20_000))
    found = places.overlaps(side(a=big, b=small, c=next_), after)
    pairs = set(zip(found["code_before"], found["code_after"], strict=True))
    assert pairs == {("a", "a"), ("b", "a"), ("c", "c")}  # a and c overlap by an edge alone


def test_names_and_codes_that_changed(county):
    plan = county.plan()
    rows = [_town(str(c), str(t["name"]), t["zone"], t["geometry"])
            for c, t in plan.townships.iterrows()]  # fmt: skip
    rows[0]["name"], rows[1]["township"] = "甲街道", "321000012"
    found = compare(plan, _with_towns(plan, rows), why=False)
    assert found.towns["relation"].tolist() == ["renamed", "gone", "same", "new"]
    assert found.proposed["relation"].tolist() == ["recoded"]


def test_wrong_crosswalks_are_told_whole(county, tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("from,to\n321000001,321000099\n321000001,321000099\n321000077,321000002\n")
    with pytest.raises(InputError) as caught:
        compare(county.plan(), county.plan(), [path])
    assert len(caught.value.problems) == 3
    assert "has no township 321000099" in str(caught.value)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="'from' and 'to'"):
        compare(county.plan(), county.plan(), [path])


# Schemes


def _national(county):
    folder = versions.write(county.folder / "national", (), county.at()).parent
    plan = folder / "plan.toml"
    text = plan.read_text(encoding="utf-8")
    head = text.split("[cap.zone_caps]")[0] + "[plan]" + text.split("[plan]")[1]
    walk = '[zones]\nscheme = "national"\ncrosswalk = "zhenjiang-2013_national"\n'
    plan.write_text(head.split("[zones]")[0] + walk, encoding="utf-8")
    return api.run(plan)


@pytest.mark.slow
def test_two_schemes_need_a_crosswalk_and_open_choices_stay_open(county):
    plan, other = county.plan(), _national(county)
    with pytest.raises(InputError, match="speak of different zones"):
        compare(plan, other)
    found = compare(plan, other, ["zhenjiang-2013_national"])
    states = found.units.groupby("zone_before")["state"].agg(lambda s: "+".join(sorted(set(s))))
    assert states["optimised"] == states["key"] == "same"
    assert states["moderate"] == "open"  # of several choices none is taken without a decision
    assert states["balance"] == "open"  # the crosswalk says nothing of it
    assert "scheme" in {g.code for g in found.causes.groups}
    assert set(found.changed["cause"]) == {"scheme"}
    wide = found.wide("units")
    assert wide.loc["moderate", UNZONED] == (plan.units["zone"] == "moderate").sum()
    for axis, one in ((1, plan), (0, other)):
        sums = found.wide().sum(axis=axis).drop(UNZONED, errors="ignore")
        assert sums[sums > 0].to_dict() == one.zones["area_m2"].loc[lambda s: s > 0].to_dict()


def test_a_crosswalk_read_from_the_other_end():
    walk = Walk({"a": ("x",), "b": ("x", "y")})
    assert mirrored(walk).state("x", "a") == "open" and mirrored(walk).state("y", "b") == "same"


# Lists


def test_an_official_list_is_the_other_side(county, tmp_path):
    plan = county.plan()
    path = tmp_path / "名单.xlsx"
    rows = {"乡镇": ["甲镇", "乙镇", "丙镇"], "功能区": ["重点开发", "key", "适度开发"]}
    pd.DataFrame(rows).to_excel(path, index=False)
    found = api.diff(plan, path)
    assert found.found.towns["state"].tolist() == ["changed", "same", "same"]
    assert found.plan.name == plan.name and found.found.after.basis == "township"
    wide = found.matrix
    areas = plan.townships.groupby("zone", observed=True)["area_m2"].sum()
    units = plan.units.groupby("township_zone", observed=True)["area_m2"].sum()
    assert wide.sum(axis=1)[lambda s: s > 0].to_dict() == units.to_dict()
    assert units.to_dict() == areas.to_dict()  # in this county no unit is shared
    assert wide.loc["optimised", "key"] == 6_000_000
    with pytest.raises(InputError, match="no polygons"):
        found.write_official(tmp_path)
    assert rules.check(found.plan.contributions, plan.units.index) == []


def test_a_list_says_nothing_but_the_zones_of_its_townships(county, tmp_path):
    """Neither protections nor limits are gone because a list has none; nor is who is left out."""
    plan = county.plan()
    towns = plan.townships["name"].where(plan.townships.index != "321000001", "开发区（甲街道）")
    plan = replace(plan, townships=plan.townships.assign(name=towns))
    assert plan.redlines is not None and len(plan.tables["limits"])
    path = tmp_path / "名单.csv"
    path.write_text("乡镇(街道),主体功能\n开发区(甲街道),优化开发\n乙镇,重点开发\n", encoding="gbk")
    found = api.diff(plan, path)
    assert not len(found.found.protections) and not len(found.found.limits)
    assert not len(found.found.wings) and not len(found.found.accounts)
    left = found.found.changed_towns
    assert left[["code_before", "relation", "zone_after"]].values.tolist() == [
        ["321000003", "unlisted", "unzoned"]
    ]
    said = found.paragraphs("en")
    assert not any("protected areas" in p for p in said)
    assert any("1 are not in the list" in p and "0 townships have another class" in p for p in said)


def test_a_wrong_list_is_told_row_by_row(county, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("code,zone\n321000001,keyy\n321000099,key\n321000001,key\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        api.diff(county.plan(), path)
    told = str(caught.value)
    assert len(caught.value.problems) == 3
    for part in ("row 2", "'keyy' is no zone", "row 3", "no township", "row 4", "comes twice"):
        assert part in told
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="needs a column of townships"):
        api.diff(county.plan(), path)


# Tables of wings


def test_results_of_wings_are_compared_row_by_row(county):
    plan = county.plan()
    one = made_up.contribution(plan)
    other = []
    for table in one.tables:
        keys = ("year",) if table.name == "catches" else ("unit",) if table.name == "fish" else ()
        other.append(replace(table, keys=keys))
    first = replace(one, tables=tuple(other))
    catches = next(t for t in first.tables if t.name == "catches")
    frame = pd.DataFrame({"year": [2024, 2025], "catch_kg": [7.0, 8.0]})
    second = replace(first, tables=tuple(
        replace(t, frame=frame) if t is catches else t for t in first.tables))  # fmt: skip
    found = accounts.wing_tables(
        side_of(replace(plan, contributions=(first,))),
        side_of(replace(plan, contributions=(second,))),
    )
    rows = found.set_index("row")[["before", "after", "state"]].to_dict("index")
    assert rows == {
        "2023": {"before": "1234.5", "after": "", "state": "gone"},
        "2024": {"before": "", "after": "7", "state": "changed"},
        "2025": {"before": "", "after": "8", "state": "added"},
    }  # fmt: skip
    assert set(found["table"]) == {"catches"}
    # Where two tables mean different things by one column each keeps its own word.
    pools = [
        Table(
            n,
            Text(n, n),
            pd.DataFrame({"k": ["a"], "grant": [v]}),
            (
                Field("k", Text("key", "键"), Text("key", "键")),
                Field("grant", Text(en, zh), Text(en, zh)),
            ),
            keys=("k",),
        )
        for n, v, en, zh in (("p", 1, "money", "资金"), ("q", 2, "land", "用地"))
    ]
    more = [replace(t, frame=t.frame.assign(grant=9)) for t in pools]
    sides = [side_of(replace(plan, contributions=(replace(one, tables=tuple(t)),)))
             for t in (pools, more)]  # fmt: skip
    words = accounts.wing_tables(*sides)[["table", "column", "column_en", "column_zh"]]
    assert words.to_numpy().tolist() == [
        ["p", "grant", "money", "资金"],
        ["q", "grant", "land", "用地"],
    ]


def test_rows_of_wings_have_the_names_that_their_table_or_the_plan_gives(county):
    plan = county.plan()
    side = side_of(plan)

    def names(frame, key, words=None):
        fields = tuple(
            Field(c, Text(c, c), Text(c, c), words=words or {} if c == key else {}) for c in frame
        )
        return shown._row_names(side, Table("t", Text("t", "t"), frame, fields, (key,)))

    own = pd.DataFrame({"code": ["a", "b"], "name": ["甲", None], "x": [1, 2]})
    assert names(own, "code") == {"a": Text("甲", "甲")}
    said = {"built": Text("existing", "现状")}
    assert names(pd.DataFrame({"measure": ["built"], "x": [1]}), "measure", said) == said
    towns = names(pd.DataFrame({"township": ["321000001"], "x": [1]}), "township")
    assert towns["321000001"].zh == plan.townships.loc["321000001", "name"]
    assert names(pd.DataFrame({"other": ["a"], "x": [1]}), "other") == {}


def test_keys_must_name_each_row_once():
    plan = fake_plan.make()
    one = made_up.contribution(plan)
    table = next(t for t in one.tables if t.name == "catches")
    twice = replace(table, frame=pd.concat([table.frame, table.frame]), keys=("year",))
    codes = [p.code for p in rules.check([replace(one, tables=(twice,), themes=(), cards=(),
                                                  chapters=())])]  # fmt: skip
    assert codes == ["two-rows"]
    wrong = replace(table, keys=("month",))
    codes = [p.code for p in rules.check([replace(one, tables=(wrong,), themes=(), cards=(),
                                                  chapters=())])]  # fmt: skip
    assert codes == ["no-column"]


@pytest.mark.slow
def test_policies_name_their_rows(county):
    plan = county.plan()
    results = [api.policy("quota-new-land", plan)]
    given = api.joined(plan, results).contributions[-1]
    keyed = [t for t in given.tables if t.keys]
    assert keyed and all(isinstance(t, Table) for t in keyed)


# What is written


@pytest.fixture(scope="module")
def written(county, tmp_path_factory):
    found = api.diff(
        county.plan(), county.plan("redline", "decisions", "caps"),
        inputs_before=county.at(), inputs_after=county.at("redline", "decisions", "caps"),
    )  # fmt: skip
    out = tmp_path_factory.mktemp("written") / "变化"
    return found, out, [*found.save(out), *found.write_official(out)]


@pytest.mark.slow
@pytest.mark.parametrize("other", ["list", "no causes"])
def test_changes_without_causes_are_proved_too(county, tmp_path, other):
    if other == "list":
        path = tmp_path / "list.csv"
        path.write_text("code,zone\n321000001,key\n321000002,key\n", encoding="utf-8")
        found = api.diff(county.plan(), path)
    else:
        found = api.diff(county.plan(), county.plan("redline", "caps"), causes=False)
        assert found.units["cause"].eq("").all() and found.found.units["new_difference_m2"].any()
    found.save(tmp_path / "out")
    again = api.load(tmp_path / "out")
    assert not [c.text.en for c in again.verify() if not c.ok and c.check == "verify.diff"]


@pytest.mark.slow
def test_the_plan_carries_the_changes_and_reads_them_again(written):
    found, out, files = written
    names = {p.name for p in files}
    assert {"plan.gpkg", "compare.html", "tables.xlsx", "report.docx"} <= names
    again = api.load(out)
    kept = next(c for c in again.contributions if c.wing == "diff")
    assert rules.check(again.contributions, again.units.index) == []
    given = next(c for c in found.plan.contributions if c.wing == "diff")
    for one, two in zip(given.frames(), kept.frames(), strict=True):
        assert (one.name, len(one.frame)) == (two.name, len(two.frame))
    assert again.run["diff"]["groups"] == ["redline", "decisions", "caps"]
    assert not [c for c in again.verify() if not c.ok and c.level == "error"]
    fewer = again.allocate(cap=0.2)  # numbers of another allocation say nothing of this one
    assert "diff" not in {c.wing for c in fewer.contributions} and "diff" not in fewer.run


@pytest.mark.slow
def test_the_page_of_both_has_the_old_plan_left_and_the_changes_over_it(written):

    found, out, _ = written
    page = (out / "compare.html").read_text(encoding="utf-8")
    doc = payload(page)
    caps = [p["accounts"]["construction"]["cap_share"] for p in doc["plans"]]
    assert caps == [found.before.run["construction"]["cap_share"],
                    found.plan.run["construction"]["cap_share"]]  # fmt: skip
    assert caps[0] != caps[1]
    codes = {x["code"] for x in doc["given_layers"]}
    assert {"diff_areas", "diff_township_areas", "diff_protected"} <= codes
    towns = next(x for x in doc["given_layers"] if x["code"] == "diff_township_areas")
    assert {"name_before", "name_after", "relation", "zone_before", "zone_after"} <= {
        c["name"] for c in towns["columns"]}  # fmt: skip


@pytest.mark.slow
def test_changes_of_one_plan_are_drawn_by_what_they_became(written):
    found, _, _ = written
    given = contribute(found.found, found.plan)
    theme = next(t for t in given.themes if t.name == "diff_zones")
    codes = [c.code for c in theme.classes]
    assert codes[-1] == "same" and set(codes) == set(
        shown.unit_frame(found.found)["change"]
    )  # fmt: skip
    assert all(" → " in c.label.zh for c in theme.classes[:-1])
    land = next(x for x in given.layers if x.name == "diff_areas").frame
    moved = found.units
    assert land["area_m2"].sum() == moved["common_m2"].sum()
    assert land.geometry.area.sum() == pytest.approx(moved["common_m2"].sum(), abs=2)


@pytest.mark.slow
def test_layers_of_yearly_maintenance_close(written):
    import pyogrio

    from zoning.outputs.exchange.official import ellipsoidal_areas

    _, out, _ = written
    place = out / "official-change"
    data = next(place.glob("*.gdb"))
    assert "年度" in data.name and (place / "conformance.md").is_file()
    layers = {str(n): gpd.read_file(data, layer=n) for n, _ in pyogrio.list_layers(data)}
    assert set(layers) == {f"{p}{n}" for p in ("WHQ", "WHC", "WHH") for n in ("STBHHX", "XZZTGNDW")}
    towns = layers["WHCXZZTGNDW"]
    assert towns["WHLX"].tolist() == ["2"] and towns["XZQDM"].tolist() == ["321000002"]
    assert towns.crs.to_epsg() == 4490
    assert layers["WHQXZZTGNDW"]["ZTGNMC"].tolist() == ["重点开发"]
    assert layers["WHHXZZTGNDW"]["ZTGNMC"].tolist() == ["适度开发"]
    lines = layers["WHCSTBHHX"]
    assert set(lines["WHLX"]) == {"13"} and lines["WHLY"].isna().all()
    assert lines["BSM"].str.len().eq(18).all() and lines["WHBH"].str.len().eq(18).all()
    assert lines["BSM"].is_unique
    area = {n: float(ellipsoidal_areas(layers[n].to_crs("EPSG:4549")).sum())
            for n in ("WHQSTBHHX", "WHHSTBHHX")}  # fmt: skip
    way = lines["BZ"].str.startswith("调入").map({True: 1, False: -1})
    land = ellipsoidal_areas(lines.to_crs("EPSG:4549"))
    assert area["WHHSTBHHX"] - area["WHQSTBHHX"] == pytest.approx(float((land * way).sum()), abs=3)
    assert layers["WHHSTBHHX"]["MJ"].sum() == pytest.approx(area["WHHSTBHHX"], abs=3)


def test_equal_plans_leave_no_layers(county, tmp_path):
    files = api.diff(county.plan(), county.plan()).write_official(tmp_path)
    assert [p.name for p in files] == ["conformance.md"]


@pytest.mark.slow
def test_what_a_group_is_made_of(county):
    plan = county.plan()
    assert groups.differing(plan, plan) == ()
    moved = county.folder / "moved"
    if not moved.exists():
        versions.write(moved, (), county.at())
        (moved / "红线.gpkg").rename(moved / "renamed.gpkg")
        text = (
            (moved / "plan.toml").read_text(encoding="utf-8").replace("红线.gpkg", "renamed.gpkg")
        )
        (moved / "plan.toml").write_text(text, encoding="utf-8")
    assert groups.differing(plan, api.run(moved / "plan.toml")) == ()  # a file under another name


@pytest.mark.slow
def test_a_method_taken_apart_and_joined_is_the_same(county):
    config = county.plan("cuts", "weights").config
    method = groups.whole_method(config)
    assert groups.joined(method, method, method) == {
        k: v for k, v in method.items() if v
    }  # fmt: skip


# The command


@pytest.mark.slow
def test_the_command_tells_and_writes(county, tmp_path, capsys, monkeypatch):
    from zoning.cli.app import build

    one, two = (_saved(county.plan(*p), tmp_path / n) for p, n in (((), "a"), (("cuts",), "b")))
    run = build()
    monkeypatch.setenv("ZONING_LANG", "en")
    run(["diff", str(one), str(two), "--json"], standalone_mode=False)
    data = json.loads(capsys.readouterr().out)
    assert data["groups"] == ["cuts"] and not data["empty"]
    assert {r["cause"] for r in data["changed"] if r["state"] == "changed"} == {"cuts"}
    run(["diff", str(one), str(one), "--lang", "zh"], standalone_mode=False)
    assert capsys.readouterr().out == "两者没有差异。\n"


def test_shapes_of_one_place_are_not_measured_twice(county):
    plan = county.plan()
    side = side_of(plan)
    over = places.overlaps(side, side)
    assert over["common_m2"].tolist() == plan.townships["area_m2"].tolist()
    assert shapely.area(plan.townships.geometry.to_numpy()).sum() == pytest.approx(
        over["common_m2"].sum()
    )


# The reference case


@pytest.mark.slow
def test_the_second_version_of_the_reference_case_shows_what_was_planted():
    """Every planted change is found, with its land, and nothing else; areas by a second way."""
    from zoning.base.shipped import data_path

    first, second = (api.run(data_path(f"zhenjiang{n}.toml")) for n in ("", "-2"))
    folder = data_path("versions")
    planted = pd.read_csv(folder / "planted.csv", dtype=str)
    by = planted.groupby("group")
    walk = folder / "townships_crosswalk.csv"
    changes = api.diff(first, second, crosswalk=walk)
    found = changes.found
    assert {g.code for g in found.causes.groups} == set(by.groups) and not found.findings
    assert found.causes.runs == 2 * len(by)
    told = found.protections.set_index("code")["state"].to_dict()
    red = by.get_group("redline")
    assert told == dict(zip(red["where"], red["what"], strict=True))
    files = [
        gpd.read_file(f / "zhenjiang.gpkg", layer="redlines").dissolve("area_code").geometry
        for f in (data_path("redlines"), folder)
    ]
    for code, row in found.protections.set_index("code").iterrows():
        one, two = (f.get(code, shapely.Polygon()) for f in files)
        assert row["in_m2"] == pytest.approx(two.difference(one).area, abs=2), code
        assert row["out_m2"] == pytest.approx(one.difference(two).area, abs=2), code
    towns = found.towns[found.towns["relation"] != "same"]
    relation = towns.groupby("relation")["code_after"].agg(set).to_dict()
    merged, split, renamed = (
        set(by.get_group("townships").set_index("what").at[k, "where"].split("+"))
        for k in ("merged", "split", "renamed")
    )
    assert relation["split"] == split and relation["renamed"] == renamed
    assert relation["merged"] < merged and set(relation) == {"split", "renamed", "merged"}
    decided = by.get_group("decisions").set_index("where")["what"].to_dict()
    mine = found.towns[found.towns["cause"] == "decisions"]
    assert dict(zip(mine["code_after"], mine["zone_after"], strict=True)) == decided
    rows = found.differences.set_index("key")["after"]
    assert rows["caps.share"] == "0.275"
    causes = changes.causes.set_index("cause")
    assert causes.at["caps", "new_units"] > 0 < causes.at["weights", "units"]
    assert causes.at["townships", "units"] == 0  # lines within a class move no unit
    for axis, plan in ((1, first), (0, second)):
        sums = changes.matrix.sum(axis=axis).drop(OUTSIDE)
        assert sums.to_dict() == plan.zones["area_m2"].to_dict()
    noise = changes.matrix[OUTSIDE].sum()
    assert noise < len(first.units)  # the same city: nothing but rounding is outside


@pytest.mark.slow
def test_a_plan_of_0_1_0_is_a_version_like_any_other(tmp_path):
    import zipfile

    with zipfile.ZipFile(Path(__file__).parent / "data" / "plan-0.1.0.zip") as archive:
        archive.extractall(tmp_path)
    folder = next(tmp_path.rglob("run.json")).parent
    old = api.load(folder)
    assert compare(old, old).empty
    new = replace(old, run={**old.run, "software": {"zoning": "0.2.0"}})
    assert [g.code for g in groups.differing(old, new)] == ["software"]
    zone = old.units["zone"].where(old.units.index != old.units.index[0], "balance")
    new = replace(new, units=old.units.assign(zone=zone))
    found, back = compare(old, new), compare(new, old)
    assert len(found.changed) == 1 and found.changed["cause"].item() in ("software", "joint")
    there = ["zone_after", "zone_before", "state", "cause", "involved"]
    here = ["zone_before", "zone_after", "state", "cause", "involved"]
    assert (back.units[there].to_numpy() == found.units[here].to_numpy()).all()


@pytest.mark.slow
def test_settings_that_move_nothing_are_told(tmp_path):
    """The order of the lines rules conflicts alone: no run is made, and "nothing" is not said."""
    first = versions.write(tmp_path / "a")
    second = versions.write(tmp_path / "b", like=tmp_path / "a")
    text = second.read_text(encoding="utf-8")
    second.write_text(text + '\n[audit]\norder = "2022"\n', encoding="utf-8")
    found = api.diff(api.run(first), api.run(second))
    rows = found.found.differences
    assert rows.to_numpy().tolist() == [["settings", "settings.audit.order", "2019", "2022"]]
    assert found.found.unmoved and not found.empty and found.found.causes.runs == 0
    for lang, words in (("en", "The results do not differ; 1 setting"), ("zh", "两者结果没有差异")):
        (said,) = found.paragraphs(lang)
        assert said.startswith(words) and "settings.audit.order" in said
    _, cells = found.rows("diff_rules", "zh", 9)
    assert cells == [["不影响分区与用地的设置", "settings.audit.order", "2019", "2022"]]
    assert not found.rows("diff_zone_sums", "zh", 9)[1]
    same = api.diff(api.run(first), api.run(first))
    assert same.empty and not same.found.unmoved


def test_rules_of_the_integrated_evaluation_are_an_input_that_can_be_swapped():
    from zoning.planfile.layers import IntegrationPart

    plan = worlds.plan()
    plans = []
    for file in (None, "own.toml"):
        inputs = plan.config.inputs.model_copy(
            update={"integration": IntegrationPart(rules=file)})  # fmt: skip
        plans.append(replace(plan, config=plan.config.model_copy(update={"inputs": inputs})))
    (group,) = groups.differing(*plans)
    assert group.code == "integration" and group.is_input
    assert group.details == (("integration.rules", "", "own.toml"),)
    for swapped, file in ((frozenset(), None), (frozenset({"integration"}), "own.toml")):
        assert groups.mixed(*plans, swapped).inputs.integration.rules == file


def test_a_whole_table_that_one_side_has_is_named_by_its_keys():
    """In the report stood the whole table in braces, cut after 200 signs."""
    from zoning.review.diff.groups import _details

    after = {"a": 2, "parks": {"path": "x", "code": "y"},
             "plans": [{"path": "p", "role": "r"}, {"path": "q", "name": "n"}]}  # fmt: skip
    assert _details({"a": 1}, after, "settings") == [
        ("settings.a", "1", "2"), ("settings.parks", "", "path, code"),
        ("settings.plans", "", "2 × (path, role, name)"),
    ]  # fmt: skip
