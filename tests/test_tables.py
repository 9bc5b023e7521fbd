"""tables.xlsx: every table, numbers as numbers, text as text."""

import dataclasses
import io
import shutil
import subprocess
import zipfile

import fake_plan
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning.base import words
from zoning.errors import InputError
from zoning.outputs import contributed
from zoning.outputs.office import sheet_look, totals, whole, wording, workbook


@pytest.fixture(scope="module")
def plan():
    return fake_plan.make()


@pytest.fixture(scope="module")
def hostile():
    return fake_plan.make(hostile=True)


@pytest.fixture(scope="module")
def book(plan):
    return openpyxl.load_workbook(io.BytesIO(workbook.to_bytes(plan)))


@pytest.fixture(scope="module")
def bad_book(hostile):
    return openpyxl.load_workbook(io.BytesIO(workbook.to_bytes(hostile)))


def cells(book):
    return [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]


def test_every_table_has_a_sheet_with_its_rows(plan, book):
    found = workbook.sheets(plan)
    assert set(plan.tables) < set(found)
    assert {"units", "zones", "townships", "counties", "redlines", "checks"} < set(found)
    for key, table in found.items():
        sheet = book[words.table_name(key)]
        assert sheet.max_row == len(table) + 2 + (key in totals.ADDED and len(table) > 0), key
        names = [c.value for c in sheet[2] if not c.value.endswith("_km2")]
        assert names == list(table.columns)
        assert sheet.freeze_panes == "B3"


def test_areas_are_whole_numbers_and_add_up_to_the_city(plan, book):
    for key in ("units", "account_zone", "account_township", "account_zone_landuse"):
        sheet = book[words.table_name(key)]
        names = [c.value for c in sheet[2]]
        column = [row[names.index("area_m2")].value for row in sheet.iter_rows(min_row=3)]
        assert all(type(v) is int for v in column)
        if key != "units":  # the last row is the sum
            assert column.pop() == plan.ledger["area_m2"].sum(), key
        assert sum(column) == plan.ledger["area_m2"].sum(), key


def test_accounts_have_km2_beside_m2_and_rows_of_sums_that_nothing_else_enters(plan, book):
    shown = 0
    for key in totals.ADDED & set(workbook.sheets(plan)):
        sheet = book[words.table_name(key)]
        names = [c.value for c in sheet[2]]
        rows = [[c.value for c in row] for row in sheet.iter_rows(min_row=3)]
        assert rows[-1][0] == "合计" and all(c.font.bold for c in sheet[sheet.max_row])
        assert sheet.auto_filter.ref.endswith(str(sheet.max_row - 1))  # sorting leaves it below
        for at, name in enumerate(names):
            values = [row[at] for row in rows]
            if name.endswith("_km2"):
                beside = [row[at - 1] for row in rows]
                assert names[at - 1] == name.removesuffix("_km2") + "_m2"
                assert values == [None if v is None else v / 1e6 for v in beside], (key, name)
                assert "km²" in sheet.cell(1, at + 1).value
                shown += 1
            elif name in totals.COLUMNS and None not in values[:-1]:
                assert values[-1] == sum(values[:-1]), (key, name)
            elif at:
                assert values[-1] is None, (key, name)
    assert shown > 10
    assert not any(c.value.endswith("_km2") for c in book[words.table_name("units")][2])


def test_sheets_are_linked_both_ways(book):
    home, *others = book.worksheets
    led = {c.hyperlink.location: c.value for row in home.iter_rows() for c in row if c.hyperlink}
    assert led == {f"'{s.title}'!A1": s.title for s in others}
    for sheet in others:
        links = [c for row in sheet.iter_rows(max_row=9) for c in row if c.hyperlink]
        assert [(c.coordinate, c.hyperlink.location) for c in links] == [
            ("A2", f"'{home.title}'!A1")
        ]


def test_number_formats(book):
    sheet = book[words.table_name("townships")]
    names = [c.value for c in sheet[2]]
    row = next(sheet.iter_rows(min_row=3))
    assert row[names.index("area_m2")].number_format == "#,##0"
    assert row[names.index("built_share")].number_format == "0.00%"
    assert 0 <= row[names.index("built_share")].value <= 1
    assert row[names.index("township")].data_type == "s"  # codes are no numbers


def test_amounts_have_separators_and_a_place_is_named_once(plan):
    rich = dataclasses.replace(plan, townships=plan.townships.assign(gdp_10k_yuan=1_100_200))
    sheet = openpyxl.load_workbook(io.BytesIO(workbook.to_bytes(rich)))["乡镇街道"]
    names = [c.value for c in sheet[2]]
    assert sheet.cell(3, names.index("gdp_10k_yuan") + 1).number_format == "#,##0"
    assert "name" in names and "township_name" not in names and "county_name" in names
    account = pd.DataFrame({"township": plan.townships.index.astype(str), "area_m2": 1})
    assert "township_name" in wording.with_names(plan, account, "zh")


def test_codes_are_said_in_words_of_the_language(plan):
    for lang, word, head in (("zh", "重点开发", "主体功能区"), ("en", "key development", "zone")):
        book = openpyxl.load_workbook(io.BytesIO(workbook.to_bytes(plan, lang=lang)))
        sheet = book[words.table_name("zones", lang)]
        assert sheet["A1"].value == head
        assert word in [c.value for c in sheet["A"]]


def test_names_never_become_formulas(hostile, bad_book):
    found = cells(bad_book)
    assert not [c for c in found if c.data_type == "f"]
    for name in (*fake_plan.HOSTILE, '=HYPERLINK("x")', "=SUM(A1)", "<i>茅山</i>"):
        same = [c for c in found if c.value == name]
        assert same and all(c.data_type == "s" for c in same), name
    assert all(c.quotePrefix for c in found if str(c.value).startswith("=") and c.data_type == "s")


def test_missing_is_empty_and_a_zone_that_is_not_known_says_so(bad_book):
    sheet = bad_book[words.table_name("account_zone")]
    assert words.unzoned("zh") in [c.value for c in sheet["A"]]
    lines = bad_book[words.table_name("redlines")]
    names = [c.value for c in lines[2]]
    published = [r[names.index("published_m2")].value for r in lines.iter_rows(min_row=3)]
    assert None in published and 0 not in published


def test_long_tables_are_left_out_and_named(plan, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 5)
    book = openpyxl.load_workbook(io.BytesIO(workbook.to_bytes(plan)))
    assert words.table_name("units") not in book.sheetnames
    about = [[c.value for c in row] for row in book.worksheets[0].iter_rows()]
    assert ["–", "planning units", "units", len(plan.units)] in [row[:4] for row in about]


def test_same_bytes_twice(plan, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first, second = workbook.to_bytes(plan), workbook.to_bytes(plan)
    assert first == second
    core = zipfile.ZipFile(io.BytesIO(first)).read("docProps/core.xml").decode()
    assert core.count("2023-11-14T22:13:20Z") == 2


def test_a_plan_without_land_use_or_townships(plan):
    bare = plan.__class__(
        name="x", notice=None, config=plan.config, grid=plan.grid, city=plan.city,
        units=plan.units[["area_m2", "lon", "lat", "geometry"]], zones=None,
        ledger=plan.ledger, red_sets=plan.red_sets,
    )  # fmt: skip
    assert list(workbook.sheets(bare)) == ["units"]
    book = openpyxl.load_workbook(io.BytesIO(workbook.to_bytes(bare)))
    assert len(book.sheetnames) == 2


@given(st.lists(st.text(min_size=0, max_size=60), min_size=1, max_size=12))
def test_sheet_names_are_always_accepted(names):
    done = workbook._sheet_names(names)
    assert len(done) == len(names) == len({n.lower() for n in done})
    assert all(0 < len(n) <= 31 and not set(n) & set("[]:*?/\\") for n in done)
    assert not any(n.startswith("'") or n.endswith("'") for n in done)


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=30))
def test_any_text_can_be_stored_and_read_again(text):
    frame = pd.DataFrame({"name": [text]})
    book = openpyxl.Workbook(write_only=True)
    workbook._fill(book.create_sheet("t"), "t", frame, {}, contributed.Words(()), "en", home="t")
    out = io.BytesIO()
    book.save(out)
    cell = openpyxl.load_workbook(io.BytesIO(out.getvalue())).active["A3"]
    assert (cell.value or "").replace("\r\n", "\n").replace("\r", "\n") == whole.clean(
        text
    ).replace("\r\n", "\n").replace("\r", "\n")
    assert cell.data_type != "f"


def test_a_failed_write_leaves_the_old_file(plan, tmp_path, monkeypatch):
    path = tmp_path / "成果 数据" / "tables.xlsx"
    workbook.write(plan, path)
    before = path.read_bytes()
    monkeypatch.setattr(whole.Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(InputError, match="full"):
        workbook.write(fake_plan.make(hostile=True), path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["tables.xlsx"]


@pytest.mark.slow
@pytest.mark.libreoffice
@pytest.mark.skipif(
    not (shutil.which("soffice") and shutil.which("pdftotext")), reason="needs LibreOffice"
)
def test_libreoffice_reads_text_as_text(hostile, tmp_path):
    workbook.write(hostile, tmp_path / "t.xlsx")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    convert = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*convert, str(tmp_path / "t.xlsx")], check=True, timeout=180)
    pages = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "t.pdf"), "-"], capture_output=True, check=True
    ).stdout.decode()
    assert "=1+1" in pages and "=SUM(A1)" in pages and "<script>" in pages
    assert "#NAME?" not in pages and "Err:" not in pages


def test_sentences_are_in_one_language_and_names_in_both(plan):
    told = plan.townships.assign(why_en="because", why_zh="因为")
    both = plan.__class__(**{**vars(plan), "townships": told})
    for lang, other in (("zh", "en"), ("en", "zh")):
        found = workbook.sheets(both, lang)
        assert f"why_{lang}" in found["townships"] and f"why_{other}" not in found["townships"]
        assert {"name_zh", "name_en"} <= set(found["zones"].columns)


def test_a_place_that_is_no_folder_is_an_error_with_a_remedy(plan, tmp_path):
    (tmp_path / "a").write_text("a file")
    with pytest.raises(InputError, match="close programs") as caught:
        workbook.write(plan, tmp_path / "a" / "tables.xlsx")
    assert "无法写入" in caught.value.tell("zh")


def test_every_sheet_prints_on_a4_landscape_and_wide_ones_on_several(book):
    pages = {s.title: s.page_setup.fitToWidth for s in book}
    assert {s.page_setup.paperSize for s in book} <= {9, "9"}
    assert {s.page_setup.orientation for s in book} == {"landscape"}
    for sheet in book:
        wide = sum(d.width for d in sheet.column_dimensions.values())
        assert wide / int(pages[sheet.title] or 1) <= sheet_look._WIDE, sheet.title
        assert int(pages[sheet.title] or 1) == 1 or sheet.print_title_cols
    assert max(int(n or 1) for n in pages.values()) > 1
