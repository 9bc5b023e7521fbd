"""What explain answers, whole: from input to allocation, and whom else to ask."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from tests import worlds
from zoning.errors import InputError
from zoning.planfile.models import PhasePart
from zoning.questions import lost
from zoning.questions.explain import explain, point_of, unit_code

TOP, BUILT, NEW, SEA = "1kmN3502E501", "1kmN3500E500", "1kmN3500E502", "1kmN3502E505"


@pytest.fixture(scope="module")
def plan():
    return worlds.plan()


def changed(plan, **columns):
    """Give the plan with other values of one unit, ``NEW``."""
    units = plan.units.copy()
    for name, value in columns.items():
        units.loc[NEW, name] = value
    return replace(plan, units=units)


def with_limits(plan, *rows, method="nested", **more):
    heads = ["kind", "code", "cap_m2", "price", "phase"]
    table = pd.DataFrame(rows, columns=heads[: len(rows[0])])
    run = {**plan.run, "allocation": {**plan.run["allocation"], "method": method, **more}}
    return replace(plan, tables={**plan.tables, "limits": table}, run=run)


def last(plan, lang="en", unit=NEW):
    return explain(plan, unit, lang).lines[-1]


def test_a_unit_under_a_red_line_in_both_languages(plan):
    en, zh = (explain(plan, TOP, lang) for lang in ("en", "zh"))
    assert en.lines[0] == zh.lines[0] == TOP and len(en.lines) == len(zh.lines) == 12
    assert en.lines[1].startswith("Ecological balance: red lines")
    assert en.lines[2:] == (
        "Shares of townships: 甲镇 100.00%", "area: 1.000 km²",
        "existing construction land: 0.000 km² (0.00%)", "red-line area: 0.500 km² (50.00%)",
        "farmland: 1.000 km² (100.00%)", "water: 0.000 km² (0.00%)",
        "free land: 0.500 km² (50.00%)",
        "new construction land: 0.000 km² (0.00%)", "Its zone takes nothing new.",
        "Red lines: 乙湖 (R2, level 2) 0.500 km²",
    )  # fmt: skip
    assert zh.lines[2:] == (
        "乡镇占比：甲镇 100.00%", "面积：1.000 km²", "现状建设用地：0.000 km²（0.00%）",
        "生态红线面积：0.500 km²（50.00%）", "耕地：1.000 km²（100.00%）",
        "水域：0.000 km²（0.00%）",
        "可用空间：0.500 km²（50.00%）", "新增建设用地：0.000 km²（0.00%）",
        "该分区不再新增建设用地。",
        "生态红线：乙湖（R2，2 级）0.500 km²",
    )  # fmt: skip
    area = {"area_code": "R2", "name": "乙湖", "level": 2, "area_m2": 500_000}
    assert en.facts["redline_areas"] == [area] and en.facts["townships"] == {"321000001": 1.0}
    assert "decision" not in en.facts and "geometry" not in en.facts
    assert en.facts["area_m2"] == 1_000_000 and isinstance(en.facts["area_m2"], int)
    told = en.as_dict()
    assert (told["kind"], told["code"], told["name"]) == ("unit", TOP, TOP)
    assert told["text"] == list(en.lines) and str(en) == "\n".join(en.lines)


def test_a_township_in_both_languages(plan):
    en, zh = (explain(plan, "甲镇", lang) for lang in ("en", "zh"))
    assert (en.kind, en.code, en.name) == ("township", "321000001", "甲镇")
    assert en.lines[0] == "甲镇 (321000001)" and zh.lines[0] == "甲镇（321000001）"
    assert en.lines[2:] == (
        "area: 6.000 km²", "existing construction land: 2.000 km² (33.33%)",
        "red-line area: 1.500 km² (25.00%)", "farmland: 4.000 km² (66.67%)",
        "water: 0.000 km² (0.00%)", "free land: 2.500 km² (41.67%)",
        "new construction land: 1.015 km² (16.92%)",
        "Units: ecological balance 2, optimised development 4",
    )  # fmt: skip
    assert zh.lines[-1] == "单元：生态平衡 2、优化开发 4"
    towns = plan.townships.assign(county_name=["甲县", pd.NA, pd.NA])
    named = replace(plan, townships=towns)
    assert explain(named, "甲镇", "en").lines[0] == "甲镇 (321000001), 甲县"
    assert explain(named, "甲镇", "zh").lines[0] == "甲镇（321000001），甲县"
    assert explain(named, "乙镇", "zh").lines[0] == "乙镇（321000002）"
    nobody = replace(plan, units=plan.units.assign(township=pd.NA))
    assert explain(nobody, "甲镇", "en").lines[-1].startswith("new construction land")


def test_areas_that_nobody_knows_are_left_out_and_nothing_has_no_share(plan):
    lines = explain(changed(plan, water_m2=pd.NA, area_m2=0), NEW, "en").lines
    assert "area: 0.000 km²" in lines and "farmland: 1.000 km²" in lines
    assert not any(line.startswith("water") for line in lines)
    assert explain(changed(plan, water_m2=pd.NA), NEW, "en").facts["water_m2"] is None


@pytest.mark.parametrize(("asked", "code", "en", "zh"), [
    ("镇", "ambiguous", "give the code", "请给出代码"),
    ("甲山", "not-found", "it is an area on these units, ask for one of them: 1kmN3502E500",
     "它是一块区域，请查询其所在单元：1kmN3502E500"),
    ("R2", "not-found",
     "it is an area on these units, ask for one of them: 1kmN3502E501, 1kmN3502E502",
     "它是一块区域，请查询其所在单元：1kmN3502E501、1kmN3502E502"),
    ("321001", "not-found", "it is a county; ask for one of its townships: 甲镇, 乙镇",
     "它是县（市、区），请查询其乡镇：甲镇、乙镇"),
    ("乙镇x", "not-found", "did you mean '乙镇'?", "是否指“乙镇”？"),
    ("zzz", "not-found", "units look like 1kmN3500E500", "单元编码形如 1kmN3500E500"),
    ("0,0", "no-unit", "give longitude first, latitude second, in degrees",
     "请先写经度、后写纬度，以度为单位"),
])  # fmt: skip
def test_whom_to_ask_instead(plan, asked, code, en, zh):
    with pytest.raises(InputError) as caught:
        explain(plan, asked)
    (problem,) = caught.value.problems
    assert (problem.code, problem.remedy.en, problem.remedy.zh) == (code, en, zh)


def test_townships_are_found_by_part_of_a_name_and_all_that_fit_are_listed(plan):
    assert explain(plan, "丙", "en").code == "321000003"
    with pytest.raises(InputError) as caught:
        explain(plan, "镇")
    assert caught.value.problems[0].what.en == (
        "'镇' fits several townships: 甲镇 (321000001), 乙镇 (321000002), 丙镇 (321000003)"
    )
    # A name that is whole goes before those that hold it.
    towns = plan.townships.assign(name=["镇", "乙镇", "丙镇"])
    assert explain(replace(plan, townships=towns), "镇", "en").code == "321000001"
    bare = replace(plan, townships=None)
    with pytest.raises(InputError, match="has no townships") as caught:
        explain(bare, "甲镇")
    assert caught.value.problems[0].code == "not-found"
    nothing = replace(plan, counties=None, redlines=None, contributions=())
    with pytest.raises(InputError) as caught:
        explain(nothing, "R2")
    assert "ask for one" not in caught.value.problems[0].remedy.en


def test_a_county_is_known_by_its_name_too(plan):
    named = replace(plan, counties=plan.counties.assign(name=["甲县", "乙县"]))
    with pytest.raises(InputError) as caught:
        explain(named, "乙县")
    assert caught.value.problems[0].remedy.en == (
        "it is a county; ask for one of its townships: 丙镇"
    )


@pytest.mark.parametrize(("text", "point"), [
    ("119.4,32.2", (119.4, 32.2)), (" -119 ，32 ".replace("，", ","), (-119.0, 32.0)),
    ("119.4", None), ("119.4,32.2,1", None), ("a,b", None), ("1.,2", None),
])  # fmt: skip
def test_points(text, point):
    assert point_of(text) == point


def test_every_unit_is_found_at_its_middle(plan):
    for code, row in plan.units.iterrows():
        assert unit_code(plan.grid, row["lon"], row["lat"]) == code
    assert explain(plan, f"{row['lon']:.9f},{row['lat']:.9f}", "en").code == code
    corners = gpd.GeoSeries(
        gpd.points_from_xy([500_000.5, 500_999.5], [3_500_000.5, 3_500_999.5]), crs=worlds.CRS
    ).to_crs(4490)
    assert [unit_code(plan.grid, p.x, p.y) for p in corners] == [BUILT, BUILT]
    assert unit_code(plan.grid, 300.0, 95.0) is None


def test_why_a_unit_takes_new_land_or_none(plan):
    assert last(plan, unit=BUILT) == "Nothing is free here."
    assert last(plan, "zh", unit=SEA) == "没有可用土地。"
    end = "0.505 of what binds here (cap of a zone: key development)."
    assert last(plan) == f"Its suitability 0.505 reaches the price {end}"
    assert last(plan, unit="1kmN3501E502") == f"Its suitability 0.505 is below the price {end}"
    zh = "0.505，{}限制条件（重点开发分区上限）的边际价格 0.505。"
    assert last(plan, "zh") == "适宜性 " + zh.format("达到")
    assert last(plan, "zh", unit="1kmN3501E502") == "适宜性 " + zh.format("低于")
    new = "new construction land: 1.000 km² (100.00%)"
    for silent in (
        changed(plan, zone=pd.NA),
        replace(plan, units=plan.units.drop(columns="new_m2")),
        replace(plan, tables={k: t for k, t in plan.tables.items() if k != "limits"}),
        with_limits(plan, ("city", "city", 9, 0.1), method="cut"),
        with_limits(plan, ("city", "city", 9, np.nan)),
    ):
        line = last(silent)
        assert line == new or line.startswith("free land: 1.000")


@pytest.mark.parametrize(("limit", "price"), [
    (("city", "city"), 1), (("eco_agri", "city"), 1), (("zone", "key"), 1), (("quota", "key"), 1),
    (("zone", "moderate"), 0), (("county", "321001"), 1), (("county", "321002"), 0),
    (("township", "321000002"), 1), (("township", "321000001"), 0), (("limit", "here"), 1),
    (("limit", "there"), 0), (("limit", "nowhere"), 0),
])  # fmt: skip
def test_what_holds_for_a_unit_is_in_its_price(plan, limit, price):
    pieces = plan.pieces.assign(limit_here=0, limit_there=7)
    mine = pieces["unit"] == NEW
    pieces.loc[mine, ["limit_here", "limit_there"]] = [7, 0]
    one = with_limits(replace(plan, pieces=pieces), (*limit, 9, 0.25), ("city", "city", 9, 0.5))
    assert f"price {0.5 + 0.25 * price:.3f} of" in last(one)


def test_nothing_binds_where_nothing_has_a_price(plan):
    free = with_limits(plan, ("city", "city", 9, 0.0))
    assert last(free).endswith("the price 0.000 of what binds here (no limit).")
    assert last(free, "zh").endswith("限制条件（无）的边际价格 0.000。")
    # A cap of 0 closes a zone; that of another zone, or a quota of 0, does not.
    shut = with_limits(plan, ("zone", "key", 0, 0.5))
    assert last(shut) == "Its zone takes nothing new."
    for cap in (("zone", "key", 1, 0.5), ("zone", "moderate", 0, 0.5), ("quota", "key", 0, 0.5)):
        assert "takes nothing" not in last(with_limits(plan, cap))


def test_of_limits_of_phases_those_count_that_hold_all_new_land(plan):
    rows = (("city", "city", 9, 0.25, None), ("city", "city", 9, 4.0, "near"),
            ("reduction", "key", 9, 8.0, None), ("phase", "far", 9, 0.5, None))  # fmt: skip
    assert "the price 0.750 of" in last(with_limits(plan, *rows))


def test_what_earlier_goals_ask_is_in_the_price(plan):
    goals = [{"goal": "least farmland", "price": 0.25}, {"goal": "most area", "price": None}]
    one = with_limits(plan, ("city", "city", 9, 0.5), goals=goals)
    assert "the price 0.750 of" in last(one)  # all that is free here is farmland
    pieces = plan.pieces.copy()
    pieces.loc[pieces["unit"] == NEW, "free_farmland_m2"] //= 2
    assert "the price 0.625 of" in last(replace(one, pieces=pieces))
    assert "the price 0.500 of" in last(with_limits(plan, ("city", "city", 9, 0.5), goals=[]))


def test_what_is_lost_without_a_unit(plan):
    ends = ["barred_lower", "barred_upper", "forced_lower", "forced_upper"]
    frame = pd.DataFrame(
        [[1234.4, 1234.4, 0, 0], [1000.0, 2000.0, 0, 0], [np.nan, 5.0, 0, 0]],
        columns=ends, index=[NEW, TOP, BUILT],
    )  # fmt: skip
    one = replace(plan, contributions=(*plan.contributions, lost.contribution(plan.units, frame)))
    assert last(one) == "Without new land here the plan loses 1,234 suitability-m²."
    assert (
        "禁止该单元新增时方案损失 1,000–2,000（适宜性×平方米）。" in explain(one, TOP, "zh").lines
    )
    assert "loses" not in last(one, unit=BUILT) and "loses" not in last(one, unit=SEA)


def test_the_phase_of_a_unit(plan):
    near = PhasePart(name="near", title="near term", title_zh="近期", until=2025)
    cap = plan.config.cap.model_copy(update={"phase": (near, PhasePart(name="far"))})
    config = plan.config.model_copy(update={"cap": cap})
    one = replace(changed(plan, phase="near"), config=config)
    assert last(one) == "Most of its new land is built in phase near term (to 2025)."
    assert last(one, "zh") == "新增建设用地主要安排在近期（至 2025 年）。"
    far = replace(changed(plan, phase="far"), config=config)
    assert last(far) == "Most of its new land is built in phase far."
    assert last(far, "zh") == "新增建设用地主要安排在far。"
    for none in (changed(one, phase="gone"), changed(one, phase=pd.NA)):
        assert "phase" not in last(none)


def test_of_many_places_and_limits_twenty_are_named(plan):
    from zoning.errors import named, some

    codes = [f"32100{k:04d}" for k in range(22)]
    towns = plan.townships.iloc[[0] * 22].set_axis(pd.Index(codes, name="township"))
    towns = towns.assign(name=[f"{k}镇" for k in range(22)])
    with pytest.raises(InputError) as caught:
        explain(replace(plan, townships=towns), "镇")
    listed = some([named(f"{k}镇", code) for k, code in enumerate(codes)], 20)
    assert caught.value.problems[0].what.en == f"'镇' fits several townships: {listed.en}"
    assert caught.value.problems[0].what.zh == f"“镇”对应多个乡镇：{listed.zh}"
    many = with_limits(plan, *[("city", "city", 9, 0.03125)] * 22)
    title = last(with_limits(plan, ("city", "city", 9, 0.5))).rsplit("(", 1)[1][:-2]
    assert last(many).endswith(f"binds here ({some([title] * 22, 20).en}).")
