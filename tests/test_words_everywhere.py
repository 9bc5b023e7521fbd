"""A city with more than the reference has: what it is called in files, and that it is called once.

Neighbours, heritage land without codes, farmland, a park, another plan, a policy, provincial
indicators: columns and codes of all these have names wherever a person meets them.
"""

from __future__ import annotations

import re

import geopandas as gpd
import openpyxl
import pytest
import worlds
from shapely import Polygon, box
from worlds import K, X, Y

import zoning as zn
from zoning import cli
from zoning.errors import InputError
from zoning.outputs import contributed, report
from zoning.outputs.office import workbook
from zoning.outputs.office.document import Heading, Table
from zoning.outputs.report import given, pieces
from zoning.outputs.webmap.accounts import pack_accounts

EXTRA = """
[outputs]
tables = true
[[inputs.protections]]
kind = "basic_farmland"
path = "农田.gpkg"
[[inputs.protections]]
kind = "heritage"
path = "古迹.gpkg"
columns.name = "名"
[inputs.neighbours]
path = "邻市.gpkg"
[inputs.parks]
path = "园区.gpkg"
repair = true
[[inputs.plans]]
path = "总规.gpkg"
role = "urban_plan"
class_column = "地类"
[indicators.provincial]
[[policies]]
file = "land-demand"
"""
#: Codes that stand as they are in a Chinese workbook: rules by their row, layers of files, keys.
AS_THEY_ARE = {"规则", "图层", "标识", "行", "代码"}


#: A whole plan with every file that it can have: left to CI, a newcomer waits for it.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    box_ = tmp_path_factory.mktemp("words")
    file = worlds.write(box_ / "in", extra=EXTRA)

    def layer(name, columns, shapes):
        frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=worlds.CRS)
        frame.to_file(file.parent / name)

    layer("农田.gpkg", {"图斑": ["1"]}, [worlds.square(2, 0, 1.5, 1)])
    layer(
        "古迹.gpkg",
        {"名": ["古城", "驿道", "驿道"]},
        [worlds.square(3.5, 0), worlds.square(0, 2, 0.5, 1), worlds.square(1, 2, 0.5, 1)],
    )
    layer("邻市.gpkg", {"name": ["西镇"], "zone": ["key"]}, [box(X - 2 * K, Y, X, Y + 3 * K)])
    x, y = X + 2 * K, Y + K
    bow = Polygon([(x, y), (x + K, y + K), (x + K, y), (x, y + K)])  # crosses itself
    layer("园区.gpkg", {"code": ["P1"], "name": ["高新园"], "主导产业": ["电子"]}, [bow])
    layer("总规.gpkg", {"地类": ["居住用地"]}, [worlds.square(2, 0, 1, 2)])
    zn.run(file, box_ / "out")
    return box_ / "out"


@pytest.fixture(scope="module")
def plan(folder):
    return zn.load(folder)


@pytest.fixture(scope="module")
def blocks(plan):
    """Give the Chinese report, without its pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces.Writer, "picture", lambda *_: iter(()))
        patch.setattr(pieces.Writer, "account_chart", lambda *_: iter(()))
        patch.setattr(given, "_chart", lambda *_: iter(()))
        return list(report.blocks_of(plan, "zh"))


def table_of(blocks, caption):
    return next(b for b in blocks if isinstance(b, Table) and b.caption == caption)


def test_a_name_tells_areas_without_codes_apart(plan):
    areas = contributed.layers(plan)["protections"]
    assert areas.loc[areas["kind"] == "heritage", "code"].tolist() == ["古城", "驿道"]
    assert areas.loc[areas["kind"] == "heritage", "name"].tolist() == ["古城", "驿道"]
    # Parcels of farmland stay one area.
    assert areas.loc[areas["kind"] == "basic_farmland", "code"].tolist() == ["basic_farmland"]


def test_the_headline_counts_protections_of_every_kind_once(plan, blocks):
    kept = pack_accounts(plan)["kept_m2"]
    shapes = [*plan.redlines.geometry, *contributed.layers(plan)["protections"].geometry]
    inside = gpd.GeoSeries(shapes, crs=worlds.CRS).union_all().intersection(
        plan.city.geometry.union_all())  # fmt: skip
    assert kept == pytest.approx(inside.area, abs=2)
    assert kept > plan.units["protected_m2"].sum()
    figures = table_of(blocks, "主要数字").rows
    assert ["各类保护用地", f"{kept / 1e6:.2f} km²"] in [list(r[:2]) for r in figures]


def test_what_a_park_file_has_is_told_by_check_and_by_run(folder, plan, capsys, monkeypatch):
    assert any("园区.gpkg" in f.where for f in plan.findings), "mended, and not told by run"
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("sys.argv", ["zoning", "check", str(folder.parent / "in" / "plan.toml"),
                                     "--lang", "zh"])  # fmt: skip
    with pytest.raises(SystemExit) as end:
        cli.main()
    told = capsys.readouterr()
    assert not end.value.code
    assert re.search(r"开发园区\s.*园区\.gpkg", told.out) and "总体规划" in told.out
    assert "urban_plan" not in told.out
    assert "园区.gpkg" in "".join(line for line in (told.out + told.err).splitlines()
                                  if "│" not in line), "mended, and not told by check"  # fmt: skip


def test_no_column_of_a_plan_is_without_a_name(plan):
    said = contributed.Words.of(plan)
    bare = [
        (key, str(c)) for key, table in workbook.sheets(plan, "zh").items() for c in table.columns
        if said.label(str(c), "zh", key) == c
    ]  # fmt: skip
    assert not bare


def test_a_chinese_workbook_holds_no_codes_that_have_names(folder):
    code = re.compile(r"[a-z][a-z_\-]*[a-z](\[[\w,]+\])?")
    found = set()
    for sheet in openpyxl.load_workbook(folder / "tables.xlsx"):
        head = [str(c.value) for c in sheet[1]]
        assert sheet.title == "方案信息" or not [h for h in head if code.fullmatch(h)]
        for row in sheet.iter_rows(min_row=3, values_only=True):
            for name, value in zip(head, row, strict=True):
                if isinstance(value, str) and code.fullmatch(value):
                    found.add((sheet.title, name, value))
    left = {x for x in found if x[0] != "方案信息" and x[1] not in AS_THEY_ARE}
    assert {(s, n) for s, n, _ in left} <= {
        ("处置前后各规划主张", "规划类别"), ("新增建设用地需求：计算过程", "名称")
    }, left  # fmt: skip


def test_tables_of_the_report_say_names_and_not_codes(blocks):
    zones = table_of(blocks, "分区保护用地")
    assert {row[0] for row in zones.rows} <= {"优化开发", "重点开发", "适度开发", "生态平衡"}
    towns = table_of(blocks, "分乡镇保护用地")
    assert towns.heads[0] == "名称" and {row[0] for row in towns.rows} <= {"甲镇", "乙镇", "丙镇"}
    demand = table_of(blocks, "新增建设用地需求")
    assert "乡镇" not in demand.heads and {r[0] for r in demand.rows} == {"甲镇", "乙镇", "丙镇"}
    places = {row[1] for row in table_of(blocks, "检查结果（未通过者在前）").rows}
    assert "新增建设用地需求" in places and not {p for p in places if re.fullmatch("[a-z-]+", p)}
    first = [b for b in blocks if isinstance(b, Heading)]
    pages = next(i for i, h in enumerate(first) if h.text.endswith("各县各乡镇分页"))
    assert first[pages].new_page and not first[pages + 1].new_page and first[pages + 2].new_page


def test_checks_on_the_page_stand_at_places_with_names(plan):
    checks = pack_accounts(plan)["checks"]
    assert {c["place"]["zh"] for c in checks if c["where"] == "city"} == {"全市"}
    assert not [c["place"] for c in checks if re.fullmatch("[a-z-]+", c["place"]["zh"])]


@pytest.mark.parametrize(("name", "told"), [
    ("321001", "它是县（市、区），请查询其乡镇：甲镇、乙镇"),
    ("古城", "它是一块区域，请查询其所在单元：1kmN3500E503"),
    ("P1", "请查询其所在单元：1kmN3501E502"),
])  # fmt: skip
def test_whoever_asks_for_another_place_is_told_whom_to_ask(plan, name, told):
    with pytest.raises(InputError) as error:
        plan.explain(name)
    assert told in error.value.problems[0].remedy.zh


def test_a_workbook_speaks_one_language(folder, plan):
    for table in workbook.sheets(plan, "zh").values():
        assert not {"en", "zh"} <= set(table.columns)
    book = openpyxl.load_workbook(folder / "tables.xlsx")
    cells = {
        c for sheet in book for row in sheet.iter_rows(min_row=3, values_only=True) for c in row
    }
    assert "本方案自定" in cells and "choice of this plan" not in cells
