"""Unzoned land has its row, its one word and its reason wherever zones are told."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET

import keeping
import pandas as pd
import pytest
import worlds

import zoning as zn
from zoning.cli.console import Talk
from zoning.cli.telling import tell_plan
from zoning.errors import Text
from zoning.outputs.office import workbook
from zoning.outputs.office.document import Table
from zoning.outputs.prints.layers import draw_layers
from zoning.outputs.qgis import styles
from zoning.outputs.report import accounts, summary
from zoning.outputs.report.pieces import Writer
from zoning.outputs.webmap.accounts import pack_accounts
from zoning.zones import load_method
from zoning.zones.lacking import lacking

#: Township C has 5.5 of the 17.5 km2 of the city; without slope it has no class.
AREA, CITY = 5_500_000, 17_500_000


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """A plan in which one township lacks one attribute."""
    file = worlds.write(tmp_path_factory.mktemp("world"))
    table = pd.read_csv(file.parent / "乡镇.csv", dtype={"code": str})
    table.loc[2, "slope_deg"] = None
    table.to_csv(file.parent / "乡镇.csv", index=False)
    return zn.run(file)


def rows_of(table: Table) -> dict[str, list[str]]:
    return {row[0]: row[1:] for row in table.rows}


def test_the_whole_plan_is_as_it_is_kept(plan):
    keeping.hold(plan, "unzoned")


def test_the_plan_keeps_sums_and_reason(plan) -> None:
    told = plan.run["unzoned"]
    assert told["units"] == 6 and told["area_m2"] == AREA and told["new_m2"] == 0
    assert told["why"] == {"en": "丙镇 (321000003) lacks slope_deg",
                           "zh": "丙镇（321000003）缺少“坡度”（slope_deg）"}  # fmt: skip
    answer = plan.allocate(cap=0.2)
    assert answer.run["unzoned"] == told, "an answer moves no zone"


def test_a_plan_with_every_zone_has_no_such_row() -> None:
    whole = worlds.plan()
    assert whole.run["unzoned"] == {}
    assert len(workbook.sheets(whole, "en")["zones"]) == len(whole.zones)
    assert pack_accounts(whole)["unzoned"] is None


@pytest.mark.parametrize(("lang", "word"), [("en", "unzoned"), ("zh", "未分区")])
def test_console(plan, capsys, lang, word) -> None:
    tell_plan(Talk(lang=lang), plan, [])
    told = capsys.readouterr().out
    row = next(line for line in told.splitlines() if line.startswith(f"│ {word}"))
    assert re.findall(r"[\d.]+", row)[:2] == ["6", "5.50"]
    assert (
        "slope_deg" in told
        and ("丙镇（321000003）" if lang == "zh" else "丙镇 (321000003)") in told
    )


@pytest.mark.parametrize(("lang", "word"), [("en", "unzoned"), ("zh", "未分区")])
def test_report(plan, lang, word) -> None:
    w = Writer(plan, lang)
    figures = {name: (value, remark) for name, value, remark in summary.main_figures(w)}
    value, remark = figures[word]
    assert value == "5.50 km²" and "31.43" in remark and "slope_deg" in remark
    by_zone = next(b for b in accounts.zones(w) if isinstance(b, Table))
    assert rows_of(by_zone)[word][:2] == ["6", "5.50"]
    assert "31.43" in rows_of(by_zone)[word][2], "shares of all land of the city"
    shares = [float(re.sub(r"[ %]", "", row[2])) for row in rows_of(by_zone).values()]
    assert sum(shares) == pytest.approx(100, abs=0.02)
    assert "slope_deg" in by_zone.note and ("all land" in by_zone.note or "全市" in by_zone.note)
    account = next(b for b in accounts.construction(w)
                   if isinstance(b, Table) and word in rows_of(b))  # fmt: skip
    assert rows_of(account)[word][0] == "5.50"


@pytest.mark.parametrize(("lang", "word"), [("en", "unzoned"), ("zh", "未分区")])
def test_workbook(plan, lang, word) -> None:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(workbook.to_bytes(plan, lang=lang)), read_only=True)
    about = [str(r[:1]) for r in book[book.sheetnames[0]].iter_rows(values_only=True)]
    assert any(word in line.lower() and "slope_deg" in line for line in about)
    found = {}
    for sheet in book:
        rows = list(sheet.iter_rows(values_only=True))
        if len(rows) > 2 and "zone" in rows[1]:
            at = rows[1].index("zone")
            rows = [row for row in rows[2:] if not {"合计", "total"} & set(row)]
            found[sheet.title] = [row for row in rows if row[at] == word]
            assert not any(row[at] in ("无数据", "no data", None) for row in rows)
    assert len(found) >= 5 and all(len(rows) >= 1 for name, rows in found.items()
                                   if "red" not in name and "红线" not in name)  # fmt: skip
    zones = workbook.sheets(plan, lang)["zones"]
    assert zones["area_m2"].sum() == CITY and pd.isna(zones["zone"].iloc[-1])


def test_map(plan) -> None:
    told = pack_accounts(plan)
    assert told["unzoned"]["area_m2"] == AREA and told["area_m2"] == CITY
    assert sum(z["area_m2"] for z in told["zones"]) + AREA == CITY
    assert "slope_deg" in told["unzoned"]["why"]["en"]


def test_sheet_is_grey_where_its_legend_says_so(plan) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 2), dpi=60)
    axes = figure.add_axes((0, 0, 1, 1))
    box = plan.city.total_bounds
    axes.set(xlim=(box[0], box[2]), ylim=(box[1], box[3]))
    axes.axis("off")
    handle = next(h for h in draw_layers(axes, plan, "zones", "en", 0.0)
                  if h.get_label().startswith("unzoned"))  # fmt: skip
    assert "5.5" in handle.get_label()
    out = io.BytesIO()
    figure.savefig(out, dpi=60)
    from PIL import Image

    pixel = Image.open(io.BytesIO(out.getvalue())).convert("RGB").getpixel((90, 60))
    assert pixel == tuple(round(255 * v) for v in handle.get_facecolor()[:3])


def test_qgis_has_the_word(plan) -> None:
    style = next(s for s in styles.styles(plan, "zh") if s.key == "zones" and s.layer == "units")
    assert "未分区" in ET.tostring(style.renderer, encoding="unicode")


def test_explain_names_the_column(plan) -> None:
    unit = plan.units.index[plan.units["zone"].isna()][0]
    for place in (unit, "丙镇"):
        answer = plan.explain(place, lang="en")
        assert "Unzoned" in str(answer) and "slope_deg missing" in str(answer)
        assert "未分区" in str(plan.explain(place, lang="zh"))
    assert "Units: unzoned 6" in str(plan.explain("丙镇", lang="en"))


def test_the_check_says_how_much_and_why(plan) -> None:
    check = next(c for c in plan.checks if c.check == "left_out.zone")
    assert check.measured == 6 and "5.5" in check.text.en and "slope_deg" in check.text.en


def test_land_of_no_township_is_named_as_such() -> None:
    from zoning.zones import load_method, why_unzoned

    method = load_method("two-matrices")
    towns = pd.DataFrame({"name": [f"t{i}" for i in range(8)], "zone": pd.NA, "slope_deg": pd.NA,
                          "population": [1] * 4 + [pd.NA] * 4}, index=list("abcdefgh"))  # fmt: skip
    units = pd.DataFrame({"zone": pd.NA, "township": [*"abcdefgh", pd.NA, "none"]})
    told = why_unzoned(units, towns, method).en.split("; ")
    assert told[0] == "t0 (a), t1 (b), t2 (c), t3 (d) lack slope_deg"
    assert told[1].startswith("t4 (e), t5 (f), t6 (g), t7 (h) lack ")
    assert {"slope_deg", "population"} == set(told[1].split("lack ")[1].split(", "))
    assert told[2:] == ["2 units in no township or in several"]
    assert why_unzoned(units.assign(zone="key"), towns, method) is None


def test_every_reason_why_land_has_no_zone_is_told_in_its_turn() -> None:
    from zoning.zones import why_unzoned
    from zoning.zones.unzoned import unzoned_land

    method = load_method("two-matrices")
    towns = pd.DataFrame(
        {"name": ["甲", "乙", None, "丁"], "zone": [pd.NA, pd.NA, "key", pd.NA],
         "slope_deg": [1.0, None, 1.0, 1.0], "rule": ["zone[low,high]", None, None, None]},
        index=list("abcd"),
    )  # fmt: skip
    units = pd.DataFrame({"zone": [pd.NA] * 7 + ["key"], "area_m2": range(1, 9),
                          "township": ["a", "b", "c", "c", "d", None, "none", "a"],
                          "built_m2": [None, *[1] * 7]})  # fmt: skip
    assert why_unzoned(units, towns, method) == Text(
        "甲 (a): the rule leaves it to a person; 乙 (b) lacks slope_deg; 丁 (d): the method gives "
        "no zone; 2 units where protected land is not known; 2 units in no township or in several",
        "甲（a）：该规则交由人工判定；乙（b）缺少“坡度”（slope_deg）；丁（d）：方法未给出分区；"
        "2 个单元的保护用地未知；2 个单元不属于任何乡镇或分属多个乡镇",
    )
    assert why_unzoned(units, None, method).en == "7 units in no township or in several"
    for row, en in ((2, "1 unit where protected land is not known"),
                    (5, "1 unit in no township or in several")):  # fmt: skip
        assert why_unzoned(units.iloc[[row]], towns, method).en == en
    assert why_unzoned(units.iloc[7:], towns, method) is None
    assert why_unzoned(units.drop(columns="zone"), towns, method) is None
    # What is not known of one unit is not added up.
    assert unzoned_land(units) == {"units": 7, "area_m2": 28}
    assert unzoned_land(units.iloc[1:]) == {"units": 6, "area_m2": 27, "built_m2": 6}
    assert unzoned_land(units.iloc[7:]) is unzoned_land(units.drop(columns="zone")) is None


def test_land_under_unknown_protection_is_not_blamed_on_its_township() -> None:
    from zoning.zones import load_method, why_unzoned

    towns = pd.DataFrame({"name": ["甲镇"], "zone": ["key"], "slope_deg": [pd.NA]}, index=["a"])
    units = pd.DataFrame({"zone": [pd.NA, "key"], "township": ["a", "a"]})
    told = why_unzoned(units, towns, load_method("two-matrices"))
    assert told.en == "1 unit where protected land is not known"
    assert told.zh == "1 个单元的保护用地未知"


def test_a_column_that_may_be_missing_is_not_named() -> None:
    import dataclasses

    from zoning.zones import lacking, load_method

    method = load_method("two-matrices")
    row = {"slope_deg": None}
    assert lacking(row, method) == ["slope_deg"]
    eased = dataclasses.replace(method, dimensions=tuple(
        dataclasses.replace(d, terms=tuple(
            dataclasses.replace(t, missing="drop") if t.indicator == "slope_deg" else t
            for t in d.terms
        )) for d in method.dimensions
    ))  # fmt: skip
    assert lacking(row, eased) == []


def test_what_is_lacking_is_named_by_the_column_that_the_township_has() -> None:
    """A planner's own measurement is asked before what it is else made from."""
    method = load_method("two-matrices")
    rest = {"slope_deg": 1.0, "farmland_m2": 0, "population": 1, "gdp_10k_yuan": 1,
            "min_to_centre": 1}  # fmt: skip
    assert lacking({**rest, "redline_m2": None}, method) == ["redline_m2"]
    assert lacking({**rest, "redline_share": None, "redline_m2": 0}, method) == ["redline_share"]
    assert lacking({**rest, "redline_share": 0.1, "redline_m2": None}, method) == []
    assert lacking({**rest, "redline_m2": 0}, method) == []


def test_what_a_crosswalk_leaves_to_a_person_is_told_with_its_choices() -> None:
    from zoning.schemes import load_scheme
    from zoning.zones import classify_townships, method_of, why_unzoned

    method = method_of("two-matrices", load_scheme("national"), "zhenjiang-2013_national")
    row = {"name": "甲镇", "area_m2": 10_000_000, "built_m2": 400_000, "redline_m2": 6_000_000,
           "farmland_m2": 1_000_000, "slope_deg": 12.0, "population": 500, "gdp_10k_yuan": 500,
           "min_to_centre": 95}  # fmt: skip
    towns = pd.DataFrame([row], index=["t1"])
    towns = pd.concat([towns, classify_townships(towns, method)], axis=1)
    units = pd.DataFrame({"zone": [None], "township": ["t1"]})
    told = why_unzoned(units, towns, method)
    assert told.en == (
        "甲镇 (t1): the crosswalk allows main agricultural production area or urbanised area: "
        "a decision on record must say which"
    )
    assert told.zh == "甲镇（t1）：对照表可取农产品主产区或城市化地区，须由人工决定"
