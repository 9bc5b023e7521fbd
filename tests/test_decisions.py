"""Decisions on record: told with reason, who and date everywhere, written for QGIS, read back."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import geopandas as gpd
import keeping
import pandas as pd
import pytest
import worlds

import zoning as zn
from zoning.base import words
from zoning.cli.console import Talk
from zoning.cli.telling import tell_plan
from zoning.errors import InputError
from zoning.outputs.exchange import decisions as layers
from zoning.outputs.office.document import Table
from zoning.outputs.qgis import xml
from zoning.outputs.report import accounts
from zoning.outputs.report.pieces import Writer
from zoning.outputs.webmap.document import decisions as packed
from zoning.zones import decision_on, read_overrides
from zoning.zones.overrides import COLUMNS

#: Township B is key development by the method, A optimised. Decisions: one that stands, one stale,
#: one moot, one on a unit.
ROWS = """level,code,zone,reason,who,date,was
township,321000002,moderate,纪要第3条,李工,2026-05-12,key
township,321000001,key,园区升级,王工,2026-06-01,moderate
township,321000003,moderate,现状维持,周工,2026-06-03,
unit,1kmN3500E502,optimised,并入新区,规划科,2026-07-01,moderate
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    file = worlds.write(tmp_path_factory.mktemp("world"))
    file.write_text(
        file.read_text(encoding="utf-8")
        + '[zones]\nscheme = "zhenjiang-2013"\noverrides = "decisions.csv"\n',
        encoding="utf-8",
    )
    (file.parent / "decisions.csv").write_text(ROWS, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def plan(world):
    return zn.run(world)


def test_the_whole_plan_is_as_it_is_kept(plan) -> None:
    keeping.hold(plan, "decisions")


def test_states(plan) -> None:
    states = plan.tables["decisions"].set_index("code")["state"].to_dict()
    assert states == {"321000002": "applied", "321000001": "stale", "321000003": "moot",
                      "1kmN3500E502": "applied"}  # fmt: skip


def test_the_runner_up_is_what_the_method_alone_says(plan) -> None:
    """Version 0.1.0 gave zone = runner-up = flip zone where the runner-up had been decided."""
    town = plan.townships.loc["321000002"]
    assert (town["zone"], town["runner_up"]) == ("moderate", "key")
    assert pd.isna(town["flip_zone"]) and pd.isna(town["margin"]) and pd.isna(town["flip_en"])
    unit = plan.units.loc["1kmN3500E502"]
    assert (unit["zone"], unit["runner_up"]) == ("optimised", "moderate")
    assert (plan.units["zone"] != plan.units["runner_up"]).fillna(True).all()
    moot = plan.townships.loc["321000003"]
    assert moot["zone"] == "moderate" != moot["runner_up"], "a moot decision changes nothing"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_explain_tells_reason_who_and_date(plan, lang) -> None:
    told = plan.explain("乙镇", lang=lang)
    text = str(told)
    assert all(s in text for s in ("纪要第3条", "李工", "2026-05-12"))
    assert (
        "the method alone says key development" if lang == "en" else "单按方法为重点开发"
    ) in text
    assert "nan" not in text
    assert told.facts["decision"]["who"] == "李工" and told.facts["runner_up"] == "key"
    stale = str(plan.explain("甲镇", lang=lang))
    assert ("applied although" if lang == "en" else "仍予执行") in stale
    moot = str(plan.explain("丙镇", lang=lang))
    assert ("moot" if lang == "en" else "无须再作决定") in moot
    unit = plan.explain("1kmN3500E502", lang=lang)
    assert "规划科" in str(unit) and unit.facts["decision"]["reason"] == "并入新区"
    below = plan.explain("1kmN3501E502", lang=lang)
    assert "李工" in str(below), "a unit of a decided township"


def test_the_card_of_the_map_has_it_all(plan) -> None:
    rows = {r["code"]: r for r in packed(plan)}
    assert rows["321000001"]["state"] == "stale" and rows["321000001"]["method_zone"] == "optimised"
    assert rows["321000003"]["state"] == "moot"
    assert "纪要第3条" in plan.townships.loc["321000002", "why_zh"]


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_report_and_console(plan, lang, capsys) -> None:
    blocks = accounts.zones(Writer(plan, lang))
    table = next(b for b in blocks if isinstance(b, Table) and b.heads[2] in ("reason", "理由"))
    assert len(table.rows) == 4
    town = {"en": "Jiazhen Town", "zh": "甲镇"}[lang]
    stale = next(r for r in table.rows if r[0] == town)
    assert stale[2] == "园区升级" and "王工" in stale[3] and "2026-06-01" in stale[3]
    assert ("applied although" if lang == "en" else "仍予执行") in stale[4]
    tell_plan(Talk(lang=lang), plan, [])
    said = capsys.readouterr().out
    there = {"en": "乙镇 (321000002)", "zh": "乙镇（321000002）"}[lang]
    assert all(s in said for s in ("李工", "纪要第3条", "2026-05-12", there))
    check = next(c for c in plan.checks if c.check == "decisions.stale")
    assert {"en": "甲镇 (321000001)", "zh": "甲镇（321000001）"}[lang] in check.text.get(lang)
    assert ("applied although" if lang == "en" else "仍予执行") in check.text.get(lang)


@pytest.mark.slow
def test_layers_for_qgis_and_back(plan, world, tmp_path) -> None:
    (file,) = zn.export(plan, "decisions", tmp_path)
    with pytest.raises(InputError, match="exists already"):
        zn.export(plan, "decisions", tmp_path)
    with closing(sqlite3.connect(file)) as db:
        styles = dict(db.execute("SELECT f_table_name, styleQML FROM layer_styles"))
    assert set(styles) == {"decisions", "decisions_townships"}
    for qml in styles.values():
        field = qml.split('<field name="decided_zone"')[1].split("</field>")[0]
        assert 'type="ValueMap"' in field
        assert all(f'value="{code}"' in field for code in ("", *plan.scheme.codes))
    back = read_overrides(file)
    first = plan.tables["decisions"]
    keys = ["level", "code", "zone", "reason", "who", "date"]
    assert back[keys].astype(str).values.tolist() == first[keys].astype(str).values.tolist()
    assert back["was"].tolist() == first["method_zone"].tolist(), "nothing is stale any more"
    towns = gpd.read_file(file, layer="decisions_townships")
    towns.loc[towns["township"] == "321000002", "decided_zone"] = "优化开发"
    towns.to_file(file, layer="decisions_townships", engine="pyogrio")
    again = read_overrides(file).set_index("code")
    assert again.loc["321000002", "zone"] == "optimised" and len(again) == 4
    other = world.parent / "plan2.toml"
    text = world.read_text(encoding="utf-8")
    (world.parent / "decisions.gpkg").write_bytes(file.read_bytes())
    other.write_text(text.replace("decisions.csv", "decisions.gpkg"), encoding="utf-8")
    made = zn.run(other)
    assert made.townships.loc["321000002", ["zone", "runner_up"]].tolist() == ["optimised", "key"]
    assert set(made.tables["decisions"]["state"]) == {"applied", "moot"}


def test_one_layer_by_name(plan, tmp_path) -> None:
    file = layers.write(plan, tmp_path / "d.gpkg")
    assert set(read_overrides(file, "decisions_townships")["level"]) == {"township"}
    assert set(read_overrides(file, "decisions")["level"]) == {"unit"}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_sheet_of_the_workbook_is_read_as_it_stands(plan, lang, tmp_path) -> None:
    """Its heads and words, and its row of names in files."""
    columns, rows = [*COLUMNS, "state"], plan.tables["decisions"]
    zone = {code: name.get(lang) for code, name in plan.scheme.names.items()}
    heads = [words.label(c, lang, "decisions") for c in columns]
    lines = [columns] + [
        [words.value("decisions.level", r["level"], lang), r["code"], zone[r["zone"]],
         r["reason"], r["who"], r["date"], words.missing(lang), "?"]
        for r in rows.to_dict("records")
    ]  # fmt: skip
    pd.DataFrame(lines, columns=heads).to_excel(tmp_path / "d.xlsx", index=False)
    keys = ["level", "code", "zone", "reason", "who", "date"]
    back = read_overrides(tmp_path / "d.xlsx")
    assert back[keys].astype(str).values.tolist() == rows[keys].astype(str).values.tolist()
    assert back["was"].isna().all()


def test_a_decision_holds_at_its_own_level():
    """Nothing keeps a code of a township from being one of a unit."""
    rows = pd.DataFrame({"level": ["township", "unit"], "code": ["7", "7"], "zone": ["a", "b"]})
    assert decision_on(rows, "township", "7")["zone"] == "a"
    assert decision_on(rows, "unit", "7")["zone"] == "b"
    assert decision_on(rows, "unit", "8") is None and decision_on(rows[:1], "unit", "7") is None
    assert decision_on(None, "unit", "7") is None


def test_the_form_of_decisions_asks_for_reason_and_name_and_locks_the_rest():
    columns = ["unit", "name", "zone", "was", "decided_zone", "reason", "who", "date"]
    form = layers._form(columns, ("decided_zone",), "zh")
    assert form.locked == {"unit", "name", "zone", "was"}
    assert set(form.tests) == {"reason", "who", "date"}
    parts = {e.tag: e for e in xml.fields({c: c for c in columns}, {}, form)}
    widgets = {f.get("name"): f.find("editWidget").get("type") for f in parts["fieldConfiguration"]}
    assert (widgets["date"], widgets["reason"]) == ("DateTime", "TextEdit")
    locked = {f.get("name") for f in parts["editable"] if f.get("editable") == "0"}
    assert locked == form.locked
    tested = {c.get("field"): c.get("exp") for c in parts["constraintExpressions"]}
    assert "decided_zone" in tested["reason"] and r"\\d{4}" in tested["date"]
