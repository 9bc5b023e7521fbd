"""Access lists: read with every trouble told, and twenty cases worked out by hand."""

from __future__ import annotations

import datetime

import pandas as pd
import pytest

from zoning.base.shipped import data_path
from zoning.errors import InputError
from zoning.inputs.access import (
    COLUMNS,
    STATUSES,
    has_prefix,
    industries,
    industry_code,
    read_access,
    read_lists,
)
from zoning.review.site.access import entries, resolve
from zoning.review.site.answer import ACCESS_LEVELS, STATUS_NAMES
from zoning.review.site.measured import rule_columns
from zoning.review.site.rules import between

DAY = datetime.date(2026, 6, 1)


def row(prefix, status, **more):
    given = {"list": "A", "scope": "all", "code_prefix": prefix, "status": status,
             "dimension": "industry", **more}  # fmt: skip
    return {c: given.get(c, "") for c in COLUMNS}


def said(rows, code, places=None, item="", low=None, high=None, day=DAY):
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    found = resolve(
        entries(table, rule_columns()), places or {}, code, item,
        lambda rule: between(rule, low or {}, high or low or {}), day,
    )  # fmt: skip
    return found


KEY, OPT = {"scope": "zone", "scope_id": "key"}, {"scope": "zone", "scope_id": "optimised"}
CASES = {
    "section reaches a class": ([row("C", "restricted")], "C3011", {}, "restricted"),
    "division reaches a class": ([row("C30", "forbidden")], "C3011", {}, "forbidden"),
    "group goes before division": (
        [row("C30", "forbidden"), row("C301", "allowed")], "C3011", {}, "allowed"),
    "class goes before group": (
        [row("C301", "allowed"), row("C3011", "forbidden")], "C3011", {}, "forbidden"),
    "a class does not reach its division": ([row("C3011", "forbidden")], "C30", {}, "unlisted"),
    "another division": ([row("C30", "forbidden")], "C3111", {}, "unlisted"),
    "a whole section forbidden, one class encouraged": (
        [row("C", "forbidden"), row("C3911", "encouraged")], "C3911", {}, "encouraged"),
    "the rest of that section": (
        [row("C", "forbidden"), row("C3911", "encouraged")], "C3912", {}, "forbidden"),
    "two lists contradict: the worst": (
        [row("C", "forbidden"), row("C3911", "encouraged", list="B")], "C3911", {}, "forbidden"),
    "no row at all": ([], "C30", {}, "unlisted"),
    "any industry is the last resort": (
        [row("*", "allowed"), row("C30", "restricted")], "C30", {}, "restricted"),
    "any industry alone": ([row("*", "allowed")], "A01", {}, "allowed"),
    "any industry of a list steps back for its zone": (
        [row("*", "allowed"), row("C39", "encouraged", **OPT)], "C39", {"zone": ["optimised"]},
        "encouraged"),
    "the list of another zone": ([row("C30", "forbidden", **KEY)], "C30",
                                 {"zone": ["optimised"]}, "unlisted"),
    "two zones: the worst": (
        [row("C30", "forbidden", **KEY), row("C30", "encouraged", **OPT)], "C30",
        {"zone": ["optimised", "key"]}, "forbidden"),
    "expired": ([row("C30", "forbidden", valid_to="2026-05-31")], "C30", {}, "unlisted"),
    "not yet": ([row("C30", "forbidden", valid_from="2026-06-02")], "C30", {}, "unlisted"),
    "on its last and first day": (
        [row("C30", "restricted", valid_from="2026-06-01", valid_to="2026-06-01")], "C30", {},
        "restricted"),
    "of two rows of one prefix the newest": (
        [row("C30", "forbidden", valid_from="2020-01-01"),
         row("C30", "allowed", valid_from="2024-01-01")], "C30", {}, "allowed"),
    "of two rows of one day the worse": (
        [row("C30", "allowed"), row("C30", "restricted")], "C30", {}, "restricted"),
    "dimensions are apart: the worst": (
        [row("C3011", "encouraged"), row("C", "condition", dimension="emission")], "C3011", {},
        "condition"),
    "any park": ([row("C", "allowed", scope="park", scope_id="*")], "C30", {"park": ["P7"]},
                 "allowed"),
    "no park": ([row("C", "allowed", scope="park", scope_id="*")], "C30", {"park": []},
                "unlisted"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_cases_worked_out_by_hand(name):
    rows, code, places, want = CASES[name]
    assert said(rows, code, places).status == want
    # The order of rows decides nothing.
    assert said(rows[::-1], code, places).status == want


def test_an_item_of_the_catalogue_must_be_declared():
    rows = [row("C30", "allowed"), row("C30", "forbidden", catalogue_item="落后水泥")]
    assert said(rows, "C30").status == "allowed"
    assert said(rows, "C30", item="落后水泥").status == "forbidden"


def test_rules_of_rows_are_three_valued():
    rows = [row("C", "condition", rule="energy_tce >= 10000"), row("*", "allowed")]
    assert said(rows, "C30", low={"energy_tce": 20_000.0}).status == "condition"
    assert said(rows, "C30", low={"energy_tce": 5.0}).status == "allowed"
    assert said(rows, "C30").status == "unknown"
    assert said(rows, "C30", low={"energy_tce": 1.0}, high={"energy_tce": 2e4}).status == "unknown"
    worse = [*rows, row("C30", "forbidden", list="B")]
    assert said(worse, "C30").status == "forbidden"  # an unknown cannot hide what is certain


def test_contradictions_are_told():
    rows = [row("C", "forbidden"), row("C3911", "encouraged", list="B")]
    found = said(rows, "C3911")
    assert found.contradicts and [s.status for s in found.said] == ["forbidden", "encouraged"]
    assert not said(rows[:1], "C3911").contradicts


def test_every_status_has_a_level_and_a_name():
    assert set(ACCESS_LEVELS) == set(STATUS_NAMES) == {*STATUSES, "unlisted", "unknown"}
    assert ACCESS_LEVELS["unlisted"] == ACCESS_LEVELS["unknown"] == "unknown"


def test_sections_and_divisions_are_those_of_the_standard():
    table = industries()
    sections = table.index[table["parent"].isna()]
    assert "".join(sections) == "ABCDEFGHIJKLMNOPQRST"
    assert sorted(set(table.index) - set(sections)) == [f"{i:02d}" for i in range(1, 98)]
    counts = table["parent"].value_counts()
    assert counts["C"] == 31 and counts["A"] == 5 and counts["T"] == 1
    assert table[["zh", "en"]].notna().all().all()


@pytest.mark.parametrize(
    ("text", "want"),
    [("C3011", "C3011"), ("3011", "C3011"), (" c30 ", "C30"), ("C", "C"), ("*", "*"),
     ("0111", "A0111"), ("97", "T97")],
)  # fmt: skip
def test_codes_of_industries(text, want):
    assert industry_code(text) == want


@pytest.mark.parametrize(
    "text", ["", "C3", "30111", "B30", "00", "98", "U01", "C-30", "三十", "C 30"]
)
def test_what_is_no_code(text):
    with pytest.raises(InputError) as told:
        industry_code(text)
    assert told.value.problems[0].remedy is not None


def test_prefixes():
    assert has_prefix("C3011", "*") and not has_prefix("C30", "C3011")
    assert not has_prefix("A01", "C")


def test_the_list_that_ships_says_that_it_is_made_up():
    table, sources = read_lists(["made-up"])
    assert len(table) <= 40 and sources[0].sha256
    assert table["list"].str.contains("虚构").all()
    assert table["source"].str.contains("made up").all() and (table["evidence"] == "own").all()
    assert set(table["status"]) == set(STATUSES)
    entries(table, rule_columns())
    ended = table[table["code_prefix"] == "C36"].iloc[0]
    assert ended["valid_to"] < "2024-01-01"
    assert data_path("access", "README.md").is_file()


def write(tmp_path, text):
    path = tmp_path / "清单.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_all_troubles_of_a_list_are_told_with_their_rows(tmp_path):
    path = write(tmp_path, "scope,scope_id,code_prefix,status,source,valid_from\n"
                 "zone,,C30,forbiden,a,2024-13-01\n"
                 "all,x,Q99,禁止,,\n")  # fmt: skip
    with pytest.raises(InputError) as told:
        read_access(path)
    words = told.value.tell()
    for want in (
        "row 2: status is 'forbiden'", "did you mean 'forbidden'?", "row 2: valid_from is '2024-13",
        "row 2: scope zone needs scope_id", "row 3: scope all takes no scope_id",
        "row 3: no source", "Q99",
    ):  # fmt: skip
        assert want in words, want


def test_columns_that_nobody_knows(tmp_path):
    path = write(tmp_path, "scope,statuss,source\nall,禁止,a\n")
    with pytest.raises(InputError) as told:
        read_access(path)
    assert {p.code for p in told.value.problems} == {"unknown-key", "missing-column"}
    assert "did you mean 'status'?" in told.value.tell()


def test_chinese_words_dates_and_defaults(tmp_path):
    path = write(tmp_path, "scope,scope_id,status,source,valid_to\n"
                 "zone,key,有条件,市政府 2024 第 3 号,2024/3/1\n")  # fmt: skip
    table, _ = read_access(path)
    names = ["list", "code_prefix", "status", "dimension", "evidence", "valid_to"]
    want = ["清单", "*", "condition", "industry", "own", "2024-03-01"]
    assert table.iloc[0][names].tolist() == want


def test_rules_of_a_list_name_their_row():
    rows = pd.DataFrame([row("C", "condition", rule="enrgy_tce > 1"), row("C", "allowed")])
    with pytest.raises(InputError) as told:
        entries(rows, rule_columns(), "list.csv")
    assert "list.csv, row 2: rule" in told.value.tell() and "energy_tce" in told.value.tell()


def test_a_row_about_the_declared_item_goes_before_a_newer_one_about_all():
    rows = [row("C30", "forbidden", catalogue_item="7", valid_from="2020-01-01"),
            row("C30", "allowed", valid_from="2024-01-01")]  # fmt: skip
    for order in (rows, rows[::-1]):
        assert said(order, "C3011", item="7").status == "forbidden"
        assert said(order, "C3011", item="8").status == "allowed"
        assert said(order, "C3011").status == "allowed"


def test_what_is_not_known_is_worse_than_a_restriction_and_better_than_a_ban():
    maybe = row("C30", "forbidden", rule="energy_tce > 1000")
    assert said([maybe], "C30").status == "unknown"
    for other, status in (("restricted", "unknown"), ("allowed", "unknown"),
                          ("forbidden", "forbidden")):  # fmt: skip
        found = said([maybe, row("C30", other, list="B")], "C30")
        assert found.status == status and len(found.said) == 2
