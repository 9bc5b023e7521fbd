"""Every file of the folder read back and held against the plan, and against one another.

Pages, tables and reports are made again from the plan and compared by content: a payload by its
keys, a sheet by its cells, a document by its paragraphs. Who changes a figure in one of them is
named, whatever checksums say.
"""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from zoning import store
from zoning.base.staged import sha256
from zoning.errors import Text
from zoning.outputs.withheld import handed_out
from zoning.plan import Plan
from zoning.verify.compare import (
    Findings,
    differences,
    langs,
    least,
    made_here,
    narrowed,
    say,
    values,
)
from zoning.verify.papers import pdf_report, word_report
from zoning.verify.slider import slider

_PAYLOAD = re.compile(r'<script type="application/json" id="zoning-plan">(.*?)</script>', re.DOTALL)
_UNITS = Text("units.parquet", "units.parquet")
#: Rows of a layer that are read together (our choice).
ROWS = 200_000
#: When a project was written.
_TIMES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
#: Largest difference of a clipped shape, in square metres.
_CLIPPED_M2 = 0.01
#: A copy of a number is the number: no billionth of a large one is let through.
_COPY = 1e-12


def audit(plan: Plan, folder: Path, found: Findings) -> None:
    """Read every file of a plan's folder."""
    _sums(plan, folder, found)
    _geopackage(plan, folder, found)
    _run(plan, found)
    shown = handed_out(plan)
    for name, read in (("map.html", _map), ("tables.xlsx", _workbook), ("report.docx", word_report),
                       ("report.pdf", pdf_report), ("plan.qgz", _project)):  # fmt: skip
        if not (folder / name).is_file():
            continue
        try:
            read(plan if name == "plan.qgz" else shown, folder / name, found)
        except (OSError, ValueError, LookupError, zipfile.BadZipFile) as error:
            text = Text(f"{name} cannot be read: {error}", f"{name} 无法读取：{error}")
            found.add("verify.files", False, text, name)
    known = {*plan.run.get("files", {}), "run.json", "map.html", "tables.xlsx", "report.docx",
             "report.pdf", "report.pdf.zoning.json"}  # fmt: skip
    others = sorted(p.name for p in folder.iterdir() if p.name not in known and p.name[0] != ".")
    if others:
        listed = ", ".join(others[:8])
        found.not_looked_at(Text(f"files that a plan does not have: {listed}",
                                 f"方案以外的文件：{listed}"))  # fmt: skip


def _sums(plan: Plan, folder: Path, found: Findings) -> None:
    """Hold every file against its checksum in run.json."""
    for name, told in plan.run.get("files", {}).items():
        path = folder / name
        if not path.is_file():
            needed = name in ("units.parquet", "ledger.parquet", "plan.gpkg")
            found.add("verify.files", not needed, Text(f"{name} is not there", f"缺少 {name}"),
                      name, level="error" if needed else "note")  # fmt: skip
            continue
        is_ = sha256(path)
        sealed = name.endswith(".parquet")
        # Others may be written anew or edited; what they hold is looked at below.
        found.add(
            "verify.checksum", is_ == told or not sealed,
            Text(f"{name}: SHA-256 {is_[:16]}, run.json says {str(told)[:16]}"
                 + ("" if is_ == told else ": changed since the run"),
                 f"{name}：SHA-256 {is_[:16]}，run.json 记为 {str(told)[:16]}"
                 + ("" if is_ == told else "：运行后被改动")),
            name, level="error" if sealed else "note", measured=is_, limit=told,
        )  # fmt: skip


def _geopackage(plan: Plan, folder: Path, found: Findings) -> None:
    """Hold the layers and tables of plan.gpkg against units.parquet and run.json."""
    from zoning.outputs.qgis import clipped, geopackage

    path = folder / "plan.gpkg"
    layers, tables = geopackage.layers(plan), geopackage.tables(plan)
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        there = {r[0] for r in db.execute("SELECT table_name FROM gpkg_contents")}
        shown = {t.name for c in plan.contributions for t in c.themes} & there
        for name in ("units", "allocation", *sorted(shown)):
            if name in layers:
                _layer(path, name, layers[name], found, other=not made_here(plan),
                       cut=name in shown)  # fmt: skip
        for name, frame in tables.items():
            if name in there and name in ("checks", "plan"):
                _table(db, name, frame, found)
        absent = sorted({*layers, *tables} - there)
        if absent and not made_here(plan):
            listed = ", ".join(absent)
            found.not_looked_at(Text(f"plan.gpkg: what another version did not write: {listed}",
                                     f"plan.gpkg：其他版本未写入的内容：{listed}"))  # fmt: skip
            absent = []
        found.add("verify.layers", not absent,
                  Text(f"plan.gpkg lacks {', '.join(absent)}" if absent
                       else f"plan.gpkg has its {len(layers)} layers and {len(tables)} tables",
                       f"plan.gpkg 缺少 {'、'.join(absent)}" if absent
                       else f"plan.gpkg 图层 {len(layers)} 个、表 {len(tables)} 个齐全"),
                  "plan.gpkg")  # fmt: skip
        if clipped.VIEW in there:
            _clipped(db, plan, layers["units"], found)
        ours = {"layer_styles", "qgis_projects", clipped.VIEW}
        more = sorted(there - {*layers, *tables, *ours})
        if more:
            listed = ", ".join(more[:8])
            found.not_looked_at(Text(f"tables of plan.gpkg that are none of ours: {listed}",
                                     f"plan.gpkg 中非本软件的表：{listed}"))  # fmt: skip


def _clipped(db: sqlite3.Connection, plan: Plan, units: Any, found: Findings) -> None:
    """Clip the units at the boundary again, and look whether the view shows what it should."""
    import shapely

    from zoning.outputs.qgis import clipped

    try:
        had = clipped.stored(db)
    except (sqlite3.Error, shapely.GEOSException, ValueError) as error:
        had = {"": error}
    again = clipped.shapes(plan)
    off = sorted({*had} ^ {*again.index})
    both = [u for u in again.index if u in had]
    off += [u for u in both if shapely.symmetric_difference(had[u], again[u]).area > _CLIPPED_M2]
    columns = [c for c in units.columns if c != "geometry"]
    (sql,) = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (clipped.VIEW,)).fetchone()
    right = sql == clipped.statement(columns) and not off
    text = Text(
        f"plan.gpkg: {clipped.VIEW}: " + (f"{len(again)} units clipped at the boundary" if right
        else f"the shape of {off[0]} is not that of the boundary" if off else "another view"),
        f"plan.gpkg: {clipped.VIEW}：" + (f"{len(again)} 个单元按范围裁切无误" if right
        else f"{off[0]} 的形状与范围不符" if off else "视图已被改动"),
    )  # fmt: skip
    found.add("verify.clipped", right, text, f"plan.gpkg: {clipped.VIEW}")


def _layer(
    path: Path, name: str, right: Any, found: Findings, *, other: bool, cut: bool
) -> None:  # fmt: skip
    """Compare a layer that stands in units.parquet too; what ``other`` versions lack is told.

    Where its units are ``cut`` at the boundary, their shapes may differ in the last digit.

    It is read part by part, so that no second copy of all units is held.
    """
    import pyogrio

    there = list(pyogrio.read_info(path, layer=name)["fields"])
    if other:
        there = list(store.of_today(pyogrio.read_dataframe(path, layer=name, max_features=1)))
        absent = [c for c in right.columns if c not in there and c != "geometry"]
        if absent:
            listed = ", ".join(absent)
            found.not_looked_at(Text(f"plan.gpkg: {name}: what another version lacks: {listed}",
                                     f"plan.gpkg：{name}：其他版本所缺字段：{listed}"))  # fmt: skip
        right = right.drop(columns=absent)
    right = right.set_index(right.columns[0])
    off: dict[str, tuple[dict[Any, Any], dict[Any, Any]]] = {c: ({}, {}) for c in right.columns}
    for column in [c for c in right.columns if c not in (*there, "geometry")]:
        found.add("verify.layers", False, Text(f"plan.gpkg: {name} lacks {column}",
                  f"plan.gpkg: {name} 缺少 {column}"), f"plan.gpkg: {name}")  # fmt: skip
        del off[column]
    for stored, mine in _side_by_side(path, name, right, other=other):
        if cut and "geometry" in off:
            stored["geometry"] = _near(stored["geometry"], mine["geometry"])
        for column, both in off.items():
            one, two = (_shapes(f[column]) if column == "geometry" else f[column]
                        for f in (stored, mine))  # fmt: skip
            for rows, more in zip(both, narrowed(one, two, _COPY), strict=True):
                rows |= more
    for column, (had, want) in off.items():
        found.column("verify.layers", f"plan.gpkg: {name}, {column}", had, want,
                     tolerance=_COPY, source=_UNITS)  # fmt: skip


def _near(stored: Any, mine: Any) -> Any:
    """Take for equal what was clipped elsewhere: another GEOS may differ in the last digit.

    What is no valid shape, or stands twice, stays as it is: the comparison names it.
    """
    import shapely

    if not (stored.index.is_unique and mine.index.is_unique):
        return stored
    both = stored.index.intersection(mine.index)
    one, two = stored.loc[both].to_numpy(), mine.loc[both].to_numpy()
    other = ~shapely.equals_exact(one, two) & shapely.is_valid(one)
    other[other] = shapely.area(shapely.symmetric_difference(one[other], two[other])) <= _CLIPPED_M2
    stored = stored.copy()
    stored.loc[both[other]] = two[other]
    return stored


def _side_by_side(
    path: Path, name: str, right: Any, *, other: bool
) -> Iterator[tuple[Any, Any]]:  # fmt: skip
    """Give parts of a layer and the rows that should stand there, then rows that never came."""
    import pyogrio

    seen = np.zeros(len(right), dtype=bool)
    begin = 0
    while True:
        stored = pyogrio.read_dataframe(path, layer=name, skip_features=begin,
                                        max_features=ROWS)  # fmt: skip
        if not len(stored):
            break
        stored = (store.of_today(stored) if other else stored).set_index(right.index.name)
        here = slice(begin, begin + len(stored))
        if not right.index[here].astype("str").equals(stored.index.astype("str")):
            here = right.index.isin(stored.index)
        yield stored, right[here]
        seen[here] = True
        begin += len(stored)
    yield right.iloc[:0], right[~seen]


def _shapes(shapes: Any) -> pd.Series:
    """Give shapes as text that is the same for the same shape."""
    import shapely

    plain = shapely.to_wkb(shapely.normalize(shapes.to_numpy()), hex=True)
    return pd.Series(plain, index=shapes.index, dtype="string")


def _table(db: sqlite3.Connection, name: str, right: pd.DataFrame, found: Findings) -> None:
    stored = pd.read_sql_query(f'SELECT * FROM "{name}"', db)  # noqa: S608
    for column in right.columns:
        if column not in stored:
            found.add("verify.tables", False, Text(f"plan.gpkg: {name} lacks {column}",
                      f"plan.gpkg: {name} 缺少 {column}"), f"plan.gpkg: {name}")  # fmt: skip
            continue
        found.column("verify.tables", f"plan.gpkg: {name}, {column}", values(stored[column]),
                     values(right[column]), tolerance=_COPY,
                     source=Text("run.json", "run.json"))  # fmt: skip


def _run(plan: Plan, found: Findings) -> None:
    """Hold the figures of run.json against the tables."""
    units, run = plan.units, plan.run
    found.column("verify.run", "run.json, grid", {"units": run["grid"].get("units")},
                 {"units": len(units)}, source=Text("units.parquet", "units.parquet"))  # fmt: skip
    if "zone" in units:
        derived: dict[str, Any] = {}
        for code in plan.zones.index:
            here = units[units["zone"].eq(code).fillna(value=False)]
            row: dict[str, int] = {"units": len(here)}
            for column in ("area_m2", "built_m2", "new_m2", "reduced_m2"):
                if column in units:
                    row[column] = int(here[column].sum())
            derived |= {f"{code}.{k}": v for k, v in row.items()}
            if code in plan.zones.index:
                sums = {c: here[c] for c in plan.zones if str(c).endswith("_m2") and c in here}
                told = {k: plan.zones.at[code, k] for k in ("units", *sums) if k in plan.zones}
                # What no unit knows is not known of a zone without units either.
                right = {k: int(v.sum()) for k, v in sums.items()
                         if not v.isna().any() and units[k].notna().any()}  # fmt: skip
                right["units"] = len(here)
                found.column("verify.zones_table", f"plan.gpkg: zones, {code}",
                             {k: None if pd.isna(v) else int(v) for k, v in told.items()
                              if k in right},
                             {k: v for k, v in right.items() if k in told},
                             source=Text("units", "单元"))  # fmt: skip
        stored = {f"{z}.{k}": v for z, row in run.get("zones", {}).items() for k, v in row.items()}
        found.column("verify.run", "run.json, zones", stored, derived,
                     source=Text("units", "单元"))  # fmt: skip
    if plan.redlines is not None and "redlines" in run:
        derived = {"union_m2": int(units["redline_m2"].sum()),
                   "level1_m2": int(units["redline_level1_m2"].sum()),
                   "features": len(plan.redlines),
                   "areas": int(plan.redlines["area_code"].nunique())}  # fmt: skip
        found.column("verify.run", "run.json, redlines",
                     {k: run["redlines"].get(k) for k in derived}, derived,
                     source=Text("units and redlines", "单元与红线"))  # fmt: skip
    _checks(plan, found)


def _checks(plan: Plan, found: Findings) -> None:
    """Hold what run.json says of each cap against its own numbers."""
    for c in plan.checks:
        cap = c.unit == "m2" and c.check.startswith(("cap.", "new."))
        if cap and c.ok and c.measured is not None and c.limit is not None and c.measured > c.limit:
            found.add("verify.checks", False,
                      Text(f"run.json says that {c.check} holds, {c.measured} of {c.limit}",
                           f"run.json 称 {c.check} 成立，{c.measured} / {c.limit}"),
                      f"run.json, checks: {c.where}")  # fmt: skip
    failed = [c for c in plan.checks if c.level == "error" and not c.ok]
    if failed:
        found.add("verify.checks", False, Text(f"{len(failed)} checks of the plan itself fail: "
                  f"{failed[0].text.en}", f"方案自身有 {len(failed)} 项检查未通过："
                  f"{failed[0].text.zh}"), "run.json, checks", level="note")  # fmt: skip


def _map(plan: Plan, path: Path, found: Findings) -> None:
    """Hold the payload of the map, then all the rest of the page, against the plan."""
    from zoning.outputs import webmap
    from zoning.outputs.webmap.packing import unpacked

    text = path.read_text(encoding="utf-8")
    hit = _PAYLOAD.search(text)
    if hit is None:
        raise ValueError("no payload")
    payload = unpacked(json.loads(hit[1]))
    again = webmap.html(plan, lang=payload.get("lang"))
    right = _PAYLOAD.search(again)
    made_again = {} if right is None else unpacked(json.loads(right[1]))
    # What lies under the plan is no part of it, and steps of a slider are not in the folder.
    ground, ladder = payload.pop("geography", None), payload.pop("ladder", None)
    for key in ("geography", "ladder"):
        made_again.pop(key, None)
    off = list(differences(payload, made_again)) if made_again else []
    say(found, plan, "map.html", off)
    if ground:
        found.not_looked_at(Text("map.html: water, roads, relief and neighbours under the plan",
                                 "map.html：底图的水系、道路、地形与相邻区域"))  # fmt: skip
    if ladder:
        slider(plan, ladder, found)
    if off:
        return
    bare = re.sub(r"<!-- zoning:sha256=[0-9a-f]{64} -->\n?\Z", "", text)
    page, made = _PAYLOAD.sub("", bare), _PAYLOAD.sub("", again)
    ok = _plain_ids(page) == _plain_ids(made)
    found.add("verify.page", ok, Text(
        "map.html: scripts and styles are ours" if ok
        else "map.html: the page around the data is not the one this version makes",
        "map.html：脚本与样式无改动" if ok else "map.html：数据以外的页面内容与本版本生成的不同"),
        "map.html")  # fmt: skip


def _plain_ids(page: str) -> str:
    """Take out the ids that folium draws anew each time."""
    return re.sub(r"[0-9a-f]{32}", "", page)


def _workbook(plan: Plan, path: Path, found: Findings) -> None:
    from zoning.outputs.office import workbook

    stored = _cells(path.read_bytes())
    off = least(stored, (_cells(workbook.to_bytes(plan, lang=lang)) for lang in langs(plan)))
    say(found, plan, "tables.xlsx", off)


def _project(plan: Plan, path: Path, found: Findings) -> None:
    """Hold the project against the plan; every source lies in plan.gpkg."""
    from zoning.outputs.qgis import project

    with zipfile.ZipFile(path) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".qgs"))
        text = archive.read(name).decode("utf-8")
    sources = re.findall(r"<datasource>(.*?)</datasource>", text)
    strange = [s for s in sources if not s.startswith("./plan.gpkg")]
    found.add("verify.project", not strange, Text(
        f"plan.qgz takes a layer from {strange[0]}" if strange
        else f"plan.qgz: {len(sources)} layers, all from plan.gpkg",
        f"plan.qgz 的图层来自 {strange[0]}" if strange
        else f"plan.qgz：{len(sources)} 个图层均来自 plan.gpkg"), "plan.qgz")  # fmt: skip
    stored = _TIMES.sub("", text).splitlines()
    made = (project.project(plan, lang) for lang in langs(plan))
    off = least(stored, (_TIMES.sub("", text).splitlines() for text in made))
    say(found, plan, "plan.qgz", off)


def _cells(data: bytes) -> dict[str, Any]:
    """Give every cell of a workbook by sheet and place."""
    import io

    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), read_only=True)
    return {
        sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)]
        for sheet in book.worksheets
    }
