"""A plan.toml to start from, with comments, and the boundary of a city beside it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from zoning.base.shipped import data_path
from zoning.base.staged import recover, staged
from zoning.base.stamp import stamped
from zoning.errors import InputError
from zoning.schemes import DEFAULT, load_scheme

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.inputs.china import Area

_TEMPLATE = """\
# A plan for zoning: what it reads, and by which rules.
# 主体功能区方案配置；相对路径以本文件所在文件夹为准。
# Units stand in the key names (_m2, _share, _m).
# Public sources of data, and what is restricted: docs/data-sources.md. 公开数据来源见该页。
# Lines that begin with "# " are examples: take it away to use them. All keys: docs/plan-toml.md.

[plan]
name = {name}
lang = "zh"  # zh or en: language of files that exist in one language
# notice = "..."  # a notice on every output / 注明于所有成果
# notice_zh = "..."
# map_approval_no = ""  # 审图号；empty: internal use
# base_year = 2020  # year of the existing land use / 现状年

[grid]
cell_m = 1000  # side of a unit in metres / 单元边长
origin_m = [0, 0]  # any corner of the lattice (x, y) / 网格原点
# crs = "EPSG:4549"  # left out: CGCS2000, 3-degree zone chosen from the longitude
# min_share = 0.05  # units with less of their square inside are slivers ...
# slivers = "merge"  # ... and are kept, dropped or merged

[inputs.boundary]  # the one input that is needed / 研究区边界（必需）
path = {boundary}
{counties}
# Townships: polygons with a code, a name and the code of their county; attributes in the same
# layer or in a table joined by code. 乡镇面图层，属性可在另表中按代码连接。
# [inputs.townships]
# path = "townships.gpkg"
# columns.code = "乡镇代码"  # our name = head in the file / 左为方案字段，右为文件表头
# columns.name = "乡镇名称"
# columns.county = "县区代码"
# columns.population = {{from = "常住人口(万人)", factor = 10000}}
# table = "townships.csv"  # population, gdp_10k_yuan, min_to_centre, slope_deg ...
# table_code = "乡镇代码"
# tolerance_m2 = 10000  # larger gaps and overlaps are errors

# Protected land: nothing new is built there. One table for each layer. 各类保护用地，每个图层一段
# kind: redline (one polygon per area and level), core, basic_farmland, heritage, water, lock
# 类型：生态红线、其他保护核心区、永久基本农田、历史文化与风景名胜、水源、本方案锁定
# [[inputs.protections]]
# kind = "redline"
# path = "redlines.gpkg"
# [inputs.protections.columns]
# code = "area_code"
# name = "name"
# type = "type"
# level = "level"  # 1 or 2 / 一级、二级
# published_m2 = "published_m2"
# [[inputs.protections]]
# kind = "basic_farmland"
# path = "basic_farmland.gpkg"
# name = "永久基本农田"  # code, name, level, source, year: values for the whole layer
# source = "..."
# year = 2022

# Existing land use: a raster of classes (values of data/landuse/classes.toml). 现状用地栅格
# [inputs.landuse]
# path = "landuse.tif"
# rural_roads_are_construction = false
# survey = "三调 2019"

# [indicators]
# spread = ["population"]  # totals of townships shared out to the units ...
# by = "built"  # ... onto building land, or evenly: "area"

[zones]
scheme = "{scheme}"  # or another of data/schemes, or your own: docs/schemes.md
method = "two-matrices"  # or the path of a method of your own (.toml), see docs/method.md
# crosswalk = "zhenjiang-2013_national"  # where the method speaks of another scheme
# contiguity = true
# overrides = "decisions.csv"
# compare = ["dominant", "cube"]
# An overlay rules a unit that is protected enough; keys of a shipped one are changed by its code.
# [[zones.overlay]]
# code = "{overlay}"
# share = 0.5
# source = "..."
# evidence = "S"

# [redlines]
# none = true  # there are no red lines here; without this a missing layer means: not known
# expected_areas = 71
# source = "..."

{rules}
# [[cap.counties]]  # floors and caps of counties; [[cap.townships]] alike
# place = "321112"
# floor_m2 = 1000000  # at least this much new land
# cap_total_m2 = 90000000  # at most this much in all; or cap_share, or cap_m2 of new land
# source = "..."

[allocation]
# km2 of suitability that one km of boundary is worth: new land beside what is built, not in
# scattered squares. 0 places by suitability alone; `zoning allocate --boundary-weight 0` tells what
# the difference costs.
boundary_weight = 0.02  # own choice
# min_patch_m2 = 200000  # least new land of a patch that touches nothing built; own choice
# whole_units = false  # whole units or none; min_patch_units = 2 then keeps no single one

[outputs]
qgis = true
map = true
tables = false
report = false
"""


_RULES_HEAD = """\
# Rules on construction land. They are this plan's alone: without [cap] there is the account of what
# exists, no cap and no allocation. A number without source is the choice of this plan. The numbers
# below are those of one city, to start from: put yours, with the document that says so.
# 建设用地规则只属于本方案：不写 [cap] 则只编现状台账，不设上限、不作分配。
# 以下数值取自一个城市，请改为本地规定并注明文件。
"""


def rules() -> str:
    """Write the rules of ``data/capacity/caps.toml`` for a new plan, with where they come from.

    A number that another city's plan states is an example here: its source says so, and its
    evidence is the choice of whoever keeps it.

    Examples
    --------
    >>> from zoning.base.strict import parse
    >>> parse(rules()).data["cap"]["zone_caps"]["key"]["evidence"]
    'own'
    """
    text = data_path("capacity", "caps.toml").read_text(encoding="utf-8")
    text = text[text.index("[cap]") :]
    text = re.sub(r'^source = "', 'source = "example, taken over from: ', text, flags=re.M)
    text = re.sub(r'^evidence = ".*"', 'evidence = "own"', text, flags=re.M)
    return _RULES_HEAD + text


def write_template(
    folder: Path, city: Area | None = None, counties: gpd.GeoDataFrame | None = None
) -> list[Path]:
    """Write plan.toml and, for a named city, its boundary and counties.

    Parameters
    ----------
    folder : Path
        Made if need be.
    city : Area, optional
        The place whose outline is written beside it.
    counties : GeoDataFrame, optional
        Its counties; with ``city``.

    Returns
    -------
    list of Path

    Raises
    ------
    InputError
        If there is a plan.toml already.
    """
    recover(folder)
    if (folder / "plan.toml").exists():
        raise InputError.one(
            "there is a plan.toml already", "已有 plan.toml", where=str(folder), code="exists",
            remedy=("choose another folder", "请另选文件夹"),
        )  # fmt: skip
    scheme = load_scheme(DEFAULT)
    name, boundary, part = "我的方案", "boundary.gpkg", ""
    with staged(folder, last=("plan.toml",), foreign="refuse", listing=None) as stage:
        if city is not None:
            name = _write_boundary(stage, city, counties)
            boundary = "boundary.gpkg"
            if counties is not None:
                part = '\n[inputs.counties]\npath = "counties.gpkg"\ncolumns.code = "county"\n'
        text = _TEMPLATE.format(
            name=json.dumps(name, ensure_ascii=False),
            boundary=json.dumps(boundary, ensure_ascii=False),
            counties=part,
            rules=rules(),
            scheme=scheme.name,
            overlay=scheme.overlays[0].code,
        )
        (stage / "plan.toml").write_text(text, encoding="utf-8", newline="\n")
        names = sorted(p.name for p in stage.iterdir())
    return [folder / n for n in names]


def _write_boundary(stage: Path, area: Area, counties: gpd.GeoDataFrame | None) -> str:
    """Write the outline of a place and its counties; give its name."""
    import geopandas as gpd

    frame = gpd.GeoDataFrame(
        {"name": [area.name], "adcode": [area.adcode], "source": [area.licence]},
        geometry=[area.geometry], crs="EPSG:4326",
    )  # fmt: skip
    with stamped():
        frame.to_file(stage / "boundary.gpkg", layer="boundary", engine="pyogrio")
        if counties is not None:
            towns = counties.reset_index()
            towns.to_file(stage / "counties.gpkg", layer="counties", engine="pyogrio")
    return area.name
