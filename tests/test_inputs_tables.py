"""CSV and XLSX tables: codes as text, numbers as numbers, joins one to one."""

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning.errors import InputError
from zoning.inputs import sheets
from zoning.inputs.codes import clean_code
from zoning.inputs.tables import as_numbers, join_table, read_table

ROWS = [["代码", "名称", "人口"], ["321102001", "大路镇", 12345], ["321102002", "姚桥镇", None]]


def csv(folder, text, name="统计 表.csv", encoding="utf-8"):
    path = folder / name
    path.write_text(text, encoding=encoding)
    return path


def xlsx(folder, rows=ROWS, name="统计 表.xlsx", sheet="数据", more=()):
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    for title in more:
        book.create_sheet(title)
    book.save(folder / name)
    return folder / name


def problems(*args, **kwargs):
    with pytest.raises(InputError) as e:
        read_table(*args, **kwargs)
    return e.value.problems


def codes(*args, **kwargs):
    return [p.code for p in problems(*args, **kwargs)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_csv_encodings(tmp_path, encoding):
    path = csv(tmp_path, '代码,名称,人口\n0321,大路镇,"12,345"\n0322,姚桥镇,-\n', encoding=encoding)
    table, source = read_table(path, code="代码", role="townships")
    assert table.columns.tolist() == ["代码", "名称", "人口"]
    assert table["代码"].tolist() == ["0321", "0322"]
    assert table["人口"].tolist() == [12345, pd.NA] and str(table["人口"].dtype) == "Int64"
    assert (source.role, source.features, source.crs) == ("townships", 2, None)


def test_xlsx(tmp_path):
    rows = [
        ["代码", "序号", "人口", "面积"],
        [321102001.0, "001", "1,234", 1.5],
        ["321102002.0", "002", "—", "２.5"],
        [None, None, None, None],
    ]
    table, source = read_table(xlsx(tmp_path, rows), code="代码", sheet="数据")
    assert table["代码"].tolist() == ["321102001", "321102002"]
    assert table["序号"].tolist() == ["001", "002"]
    assert table["人口"].tolist() == [1234, pd.NA]
    assert table["面积"].tolist() == [1.5, 2.5]
    assert source.layer == "数据" and source.features == 2


@pytest.mark.parametrize(
    ("cells", "want", "dtype"),
    [
        (["1", "2"], [1, 2], "Int64"),
        (["1.0", "2"], [1, 2], "Int64"),
        (["1.5", "2"], [1.5, 2.0], "Float64"),
        (["1,234,567", "-3"], [1234567, -3], "Int64"),
        (["１２３", "+4"], [123, 4], "Int64"),
        (["1e3", "2.5e-1"], [1000.0, 0.25], "Float64"),
        (["9007199254740993", "1"], [9007199254740992.0, 1.0], "Float64"),
        (["", "NA", "—", "-", "…", "#N/A", "无", "7"], [pd.NA] * 7 + [7], "Int64"),
        (["", "-"], [pd.NA, pd.NA], "string"),
        (["12.5%", "3%"], ["12.5%", "3%"], "string"),
        (["007", "8"], ["007", "8"], "string"),
        (["0", "0.5"], [0.0, 0.5], "Float64"),
        (["inf", "1"], ["inf", "1"], "string"),
        (["1,23", "4"], ["1,23", "4"], "string"),
        (["甲", "乙"], ["甲", "乙"], "string"),
        (["0x10", "1"], ["0x10", "1"], "string"),
    ],
)
def test_what_counts_as_a_number(cells, want, dtype):
    got, _ = as_numbers(pd.Series(cells, dtype="string", name="c"))
    assert str(got.dtype) == dtype
    assert [x if pd.notna(x) else None for x in got] == [x if pd.notna(x) else None for x in want]


def test_a_column_with_a_remark_stays_text_and_is_told(tmp_path):
    path = csv(tmp_path, "code,人口\na,100\nb,约300\nc,200\n")
    table, source = read_table(path, code="code")
    assert table["人口"].tolist() == ["100", "约300", "200"]
    (finding,) = source.findings
    assert (finding.code, finding.level, finding.measured) == ("mixed-column", "warning", 1)
    assert "约300" in finding.what.zh


def test_empty_rows_and_nameless_empty_columns_go(tmp_path):
    path = csv(tmp_path, "code,v,,\n\na,1,,\n,,,\nb,2,,\n\n")
    table, _ = read_table(path, code="code")
    assert table.columns.tolist() == ["code", "v"] and table["code"].tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("code,v\na,1\na,2\n", ["duplicate-code"]),
        ("code,v\n,1\nb,2\n", ["missing-code"]),
        ("code,v\n-,1\n-,1\nb,2\n", ["missing-code", "missing-code"]),
        ("code,v\n3.21102E+11,1\n", ["spoiled-code"]),
        ("cod,v\na,1\n", ["missing-column"]),
        ("code,v\n", ["no-rows"]),
        ("code,v,v\na,1,2\n", ["duplicate-column"]),
        ("code,,v\na,1,2\n", ["nameless-column"]),
        ("cod,v,v,\na,1,2,3\n", ["duplicate-column", "nameless-column", "missing-column"]),
    ],
)
def test_one_bad_table_for_each_rule(tmp_path, text, want):
    assert codes(csv(tmp_path, text), code="code") == want


def test_messages_name_row_and_remedy(tmp_path):
    (p,) = problems(csv(tmp_path, "code,v\na,1\n,2\n"), code="code")
    assert "row 3" in p.what.en
    (p,) = problems(csv(tmp_path, "cod,v\na,1\n"), code="code")
    assert "“cod”" in p.remedy.zh


def test_missing_file_and_sheet(tmp_path):
    xlsx(tmp_path, more=["说明"])
    (p,) = problems(tmp_path / "统计表.xlsx")
    assert p.code == "missing-file" and "统计 表.xlsx" in p.remedy.zh
    (p,) = problems(tmp_path / "统计 表.xlsx", sheet="表1")
    assert p.code == "missing-sheet" and "数据, 说明" in p.remedy.en


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04rubbish", b"\xff\xff\xfe\x00\x80"])
def test_rubbish_is_an_error_not_a_crash(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    assert codes(path, code="code")[0] in {
        "unreadable-file",
        "encoding",
        "no-rows",
        "missing-column",
    }


def test_a_stated_encoding_must_fit(tmp_path):
    path = csv(tmp_path, "代码,v\na,1\n", encoding="gb18030")
    assert codes(path, code="代码", encoding="utf-8") == ["encoding"]
    assert codes(path, code="代码", encoding="nonsense") == ["encoding"]
    assert len(read_table(path, code="代码", encoding="gbk")[0]) == 1


def test_uneven_rows_are_an_error(tmp_path):
    assert codes(csv(tmp_path, "a,b\n1,2\n1,2,3,4\n")) == ["unreadable-file"]


def test_formulas_in_cells_are_only_text(tmp_path):
    table, _ = read_table(csv(tmp_path, "code,备注\na,=1+1\nb,@SUM(A1)\n"), code="code")
    assert table["备注"].tolist() == ["=1+1", "@SUM(A1)"]


@pytest.mark.parametrize(
    ("value", "want"),
    [(321102001, "321102001"), (321102001.0, "321102001"), ("321102001.00", "321102001"),
     (" 0012 ", "0012"), ("３２", "32"), ("A-1.0", "A-1.0"), (None, None), (float("nan"), None),
     ("", None), ("  ", None), (pd.NA, None)],
)  # fmt: skip
def test_cleaning_codes(value, want):
    assert (clean_code(value) if value is not pd.NA else None) == want


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**12))
def test_a_code_survives_every_road(number):
    text = str(number)
    assert {clean_code(v) for v in (number, float(number), text, f"{text}.0", f" {text} ")} == {
        text
    }
    assert sheets._text(float(number)) == text


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(-(10**12), 10**12)), min_size=1, max_size=9))
def test_numbers_with_separators_come_back(numbers):
    cells = pd.Series(["-" if n is None else f"{n:,}" for n in numbers], dtype="string", name="n")
    got, findings = as_numbers(cells)
    assert not findings
    if any(n is not None for n in numbers):
        assert [None if pd.isna(v) else int(v) for v in got] == numbers


# --- joining ---


def polygons(*names, **columns):
    shapes = [shapely.box(i, 0, i + 1, 1) for i in range(len(names))]
    return gpd.GeoDataFrame({"code": list(names), **columns}, geometry=shapes, crs="EPSG:4549")


def test_join_keeps_rows_order_and_types():
    towns = polygons("b", "a", "c").set_index(pd.Index([7, 3, 5]))
    table = pd.DataFrame({"代码": ["c", "a", "b"], "人口": [30, 10, 20], "名": ["丙", "甲", "乙"]})
    joined, found = join_table(towns, table, table_code="代码")
    assert joined.index.tolist() == [7, 3, 5] and found == []
    assert joined["人口"].tolist() == [20, 10, 30] and str(joined["人口"].dtype) == "Int64"
    assert isinstance(joined, gpd.GeoDataFrame) and joined.crs == "EPSG:4549"
    assert "代码" not in joined


def test_unmatched_on_both_sides_is_reported_and_missing_stays_missing():
    table = pd.DataFrame({"code": ["a", "x", "y"], "v": [1, 2, 3]})
    joined, found = join_table(polygons("a", "b"), table, where="t.csv")
    assert joined["v"].tolist() == [1, pd.NA]
    assert [(f.code, f.level, f.measured) for f in found] == [
        ("no-row", "warning", 1),
        ("no-polygon", "warning", 2),
    ]
    assert ": b" in found[0].what.en and "x, y" in found[1].what.zh
    assert {f.where for f in found} == {"t.csv"}


def test_codes_join_whatever_their_type():
    table = pd.DataFrame({"code": [1.0, 2.0], "v": [1, 2]})
    assert join_table(polygons("1", "2"), table)[0]["v"].tolist() == [1, 2]


def test_duplicates_on_either_side_are_errors_together():
    table = pd.DataFrame({"code": ["a", "a", None], "v": [1, 2, 3]})
    with pytest.raises(InputError) as e:
        join_table(polygons("b", "b"), table)
    assert [p.code for p in e.value.problems] == [
        "duplicate-code",
        "missing-code",
        "duplicate-code",
    ]


def test_nothing_in_common_is_an_error_with_a_hint_about_digits():
    table = pd.DataFrame({"code": ["321102001000"], "v": [1]})
    with pytest.raises(InputError, match="first 9 digits agree for 1"):
        join_table(polygons("321102001"), table)


def test_columns_on_both_sides_keep_the_polygons_value():
    table = pd.DataFrame({"code": ["a", "b"], "name": ["甲", "丁"], "v": [1, 2]})
    joined, found = join_table(polygons("a", "b", name=["甲", "乙"]), table)
    assert joined["name"].tolist() == ["甲", "乙"]
    assert [(f.code, f.measured) for f in found] == [("column-on-both-sides", 1)]
