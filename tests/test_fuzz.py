"""A seeded sample of damaged files of every kind; what once failed; how large a file may be."""

from __future__ import annotations

import os
import signal
import zipfile
from pathlib import Path

import fuzzing
import openpyxl
import pytest
import worlds

from zoning.errors import InputError
from zoning.inputs import bounds
from zoning.inputs.tables import read_table

KINDS = fuzzing.kinds()


def sample(name, tmp_path, seed, count):
    told = [fuzzing.hand_in(KINDS[name], data, tmp_path)
            for data in fuzzing.inputs(KINDS[name], seed, count)]  # fmt: skip
    return set(told)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", sorted(KINDS))
def test_damaged_files_are_taken_or_refused(name, tmp_path):
    assert sample(name, tmp_path, 20261126, 25) <= {"taken", "refused"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", sorted(KINDS))
def test_many_damaged_files(name, tmp_path):
    """`ZONING_FUZZ=100000` hands in that many of each kind."""
    count = int(os.environ.get("ZONING_FUZZ", "300"))
    assert sample(name, tmp_path, 7, count) == {"taken", "refused"}


@pytest.mark.slow
def test_damaged_plan_folders_are_refuted_or_refused(tmp_path):
    """Checksums are repaired, so that damage reaches the readers and the auditor."""
    kind = fuzzing.folder_kind()
    told = [fuzzing.hand_in(kind, data, tmp_path) for data in fuzzing.inputs(kind, 20261126, 12)]
    assert set(told) == {"taken", "refused"}


#: What once came out as an internal error, cut down to what matters.
ONCE = [
    ("integration", 'source = "x"\nevidence = "own"\n[[priority]]\ncode = nan\n'),
    ("integration", 'source = "x"\nevidence = "own"\n[[priority]]\ncode = 1.5\necology = [[]]\n'),
    (
        "integration",
        'source = "x"\nevidence = "own"\n[[priority]]\ncode = 1\necology = [{x = 1}]\n',
    ),
    ("integration", 'source = "x"\nevidence = "own"\n[[priority]]\ncode = 1\necology = [nan]\n'),
    ("integration", 'source = "x"\nevidence = "own"\n[[priority]]\ncode = 1\necology = [-inf]\n'),
    ("integration", 'source = "x"\nevidence = "own"\n[[priority]]\ncode = inf\n'),
    ("rule", "zone in ('key', 'optimised') >= 0.3 or x != 'x'"),
    ("rule", "redline_share >= " + "9" * 400),
    ("rule", "-" + "9" * 400 + " < redline_share"),
    ("conflicts", '[[class]]\ncolour = "#000000"\n[[rule]]\nid = "a"\nclass = "of no code"\n'),
    ("scheme", 'zh = "x"\nen = "x"\nsource = "x"\nevidence = "own"\nzone = 0.5\n'),
    ("scheme", 'zh = "x"\nen = "x"\nsource = "x"\nevidence = "own"\nzone = true\noverlay = 1\n'),
]


@pytest.mark.parametrize(("name", "text"), ONCE)
def test_what_once_failed_is_refused(name, text, tmp_path):
    assert fuzzing.hand_in(KINDS[name], text.encode(), tmp_path) == "refused"


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml",
                                  "[Content_Types].xml"])  # fmt: skip
def test_a_workbook_with_a_damaged_part_is_a_damaged_file(part, tmp_path):
    path = tmp_path / "坏.xlsx"
    with zipfile.ZipFile(path, "w") as new:
        whole = tmp_path / "good.xlsx"
        whole.write_bytes(fuzzing._book(1))
        with zipfile.ZipFile(whole) as old:
            for name in old.namelist():
                body = old.read(name)
                new.writestr(name, body[: len(body) // 2] + b"\x00<" if name == part else body)
    with pytest.raises(InputError) as error:
        read_table(path)
    assert [p.code for p in error.value.problems] == ["unreadable-file"]


def test_a_value_far_away_makes_no_endless_sheet(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["code", "people"])
    book.active["XFD1048576"] = "x"
    book.save(tmp_path / "远.xlsx")
    with pytest.raises(InputError) as error:
        read_table(tmp_path / "远.xlsx")
    (problem,) = error.value.problems
    assert problem.code == "too-many-cells" and "XFD1048576" in problem.what.en
    assert problem.measured == 16384 * 1048576


#: Sheets whose cells are far away, or more than can be read, each written in another way.
FAR = {
    "a row": '<row r="299999999999999999999"><c r="A2"><v>1</v></c></row>',
    "a row, as a float": "<row r='3e9'><c><v>1</v></c></row>",
    "a row, then damage": '<row r="299999999"/><row r=x',
    "a cell in single quotes": "<row r='99999'><c t='>' r = 'xfd99999'><v>1</v></c></row>",
    "cells that say no place": f"<row>{3000 * '<c/>'}</row>{7000 * '<row/>'}<row><c/></row>",
    "one cell after the other": ("<row>" + "<c/>" * 100 + "</row>") * 3,
}


@pytest.mark.parametrize("way", FAR)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_rows_and_cells_far_away_are_refused_however_they_are_written(
    tmp_path, monkeypatch, way, encoding
):
    if way == "one cell after the other":
        monkeypatch.setattr(bounds, "MOST_CELLS", 299)
    xmlns = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<x:worksheet xmlns:x="{xmlns}"><x:sheetData>{FAR[way]}</x:sheetData></x:worksheet>'
    sheet = sheet.replace("<c", "<x:c").replace("<row", "<x:row").replace("<v", "<x:v")
    sheet = sheet.replace("</c", "</x:c").replace("</row", "</x:row").replace("</v", "</x:v")
    path = tmp_path / "远.xlsx"
    with zipfile.ZipFile(path, "w") as new:
        new.writestr("xl/worksheets/sheet1.bin", sheet.encode(encoding))
    with pytest.raises(InputError) as error:
        bounds.check_workbook(path, "远.xlsx")
    assert [p.code for p in error.value.problems] == ["too-many-cells"]


def test_heights_of_rows_down_to_the_end_make_no_sheet_too_large(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["code", *(f"a{n}" for n in range(30))])
    book.active.append([f"{n}" for n in range(31)])
    book.active.row_dimensions[1048576].height = 9
    book.save(tmp_path / "高.xlsx")
    assert len(read_table(tmp_path / "高.xlsx")[0]) == 1


def test_a_part_that_unpacks_to_too_much_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(bounds, "MOST_UNPACKED", 10_000)
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/worksheets/sheet1.xml", b" " * 1_000_000)
    with pytest.raises(InputError) as error:
        read_table(path)
    assert [p.code for p in error.value.problems] == ["too-large"]


def test_names_of_columns_count_as_spreadsheets_do():
    for name, number in (("A", 1), ("Z", 26), ("AA", 27), ("XFD", 16384)):
        assert bounds._column(name) == number and bounds._name(number) == name


def test_a_long_cpg_is_not_read_whole(tmp_path):
    from zoning.inputs.shapefile import _declared

    (tmp_path / "a.cpg").write_bytes(b"UTF-8" + b" " * 100 + b"x" * 1000)
    assert _declared(tmp_path / "a.shp", None) == "utf-8"


def test_a_plan_of_too_many_units_is_refused_before_they_are_made(tmp_path):
    import zoning as zn

    plan = worlds.write(tmp_path)
    text = plan.read_text(encoding="utf-8").replace('"EPSG:4549"', '"EPSG:4549"\ncell_m = 1')
    plan.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        zn.check(plan)
    assert [p.code for p in error.value.problems] == ["too-many-units"]


@pytest.mark.skipif(not hasattr(signal, "SIGPROF"), reason="no timer of processor time here")
def test_a_hang_counts_where_a_reader_takes_any_error_for_a_damaged_file(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent / "scripts"))
    import fuzz

    def take(path):
        try:
            while True:
                pass
        except Exception as error:
            raise InputError.one("damaged", "损坏", code="damaged") from error

    kind = fuzzing.Kind("csv", (b"a,b\n1,2\n",), ".csv", take)
    monkeypatch.setattr(fuzzing, "kinds", lambda: {"csv": kind})
    monkeypatch.setattr(fuzz, "HANG", 0.2)
    told, _ = fuzz.run("csv", 1, 1, tmp_path / "kept")
    assert told == {"failed": 1} and len(list((tmp_path / "kept").iterdir())) == 1
