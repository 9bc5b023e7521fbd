"""``plan.gpkg``: the layers of a plan with their styles, and its tables, in one file.

Features go through GDAL (version 1.2 of the format, which old desktops read), tables without
geometry and styles straight into the SQLite file, which is many times faster.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.base.attributes import apart
from zoning.base.coded import spelled
from zoning.base.staged import beside
from zoning.base.stamp import gdal_options, written_at
from zoning.outputs import contributed
from zoning.outputs.office.whole import notice
from zoning.outputs.qgis import clipped, styles, tips
from zoning.outputs.qgis.looks import look_of
from zoning.outputs.qgis.sld import sld
from zoning.outputs.qgis.sql import GEOMETRY as GEOMETRY
from zoning.outputs.qgis.sql import quoted as quoted

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from zoning.plan import Plan

#: Layers whose shapes are squares; all others may have several parts.
_SQUARES = ("units", "allocation")
#: Above so many units the layer of those with new land is a view of ``units`` (our choice).
ONE_COPY = 1_000_000
#: Rows that are Python objects at a time: they are many times larger than in a column.
_AT_ONCE = 1 << 16
#: Features that are handed to GDAL together; fewer go as one (our choice).
_STREAMED = 1 << 18
_STYLES = """CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)"""


def write(plan: Plan, path: str | Path, lang: str | None = None) -> Path:
    """Write a plan as a GeoPackage that opens styled.

    Parameters
    ----------
    plan : Plan
    path : str or Path
        The file; it appears whole or not at all.
    lang : {"zh", "en"}, optional
        Language of names, aliases and legends; by default that of the plan.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If the file cannot be replaced because another program holds it open.

    Notes
    -----
    Layers: ``units``, ``zones``, ``townships``, ``counties``, ``redlines``, ``allocation`` and
    ``city``, as far as the plan has them, and ``units_clipped``, a view; then the tables of
    ``docs/architecture.md``, ``checks``
    and ``plan`` (key, value). Above :data:`ONE_COPY` units ``allocation`` is a view too, without a
    second copy of its squares. Styles stand in ``layer_styles`` (QGIS takes the default by itself).

    References
    ----------
    OGC 12-128r15, GeoPackage Encoding Standard 1.2.1, 2018; table ``layer_styles``: QGIS.
    """
    path, lang = Path(path), lang or plan.config.plan.lang
    with beside(path) as temporary:
        edge = clipped.shapes(plan) if clipped.wanted(plan) else None
        shapes, said = layers(plan, edge), contributed.Words.of(plan)
        twice = "allocation" in shapes and len(plan.units) > ONE_COPY
        drawn = {n: f for n, f in shapes.items() if not (twice and n == "allocation")}
        _write_features(temporary, drawn, said, lang)
        with closing(sqlite3.connect(temporary)) as db, db:
            db.execute("PRAGMA synchronous = OFF")
            plain = tables(plan)
            for name, frame in plain.items():
                _write_table(db, name, frame, said, lang)
            if twice:
                columns = [c for c in shapes["allocation"].columns if c != "geometry"]
                made = clipped.chosen("allocation", columns, "new_m2")
                clipped.add_view(db, "allocation", made, said.table_name("allocation", lang),
                                 said.table_name("allocation", "en"))  # fmt: skip
            if edge is not None:
                columns = [c for c in shapes["units"].columns if c != "geometry"]
                clipped.write(db, edge, columns, said.table_name(clipped.VIEW, lang))
            _write_styles(db, plan, shapes, plain, lang)
    return path


def layers(plan: Plan, edge: gpd.GeoSeries | None = None) -> dict[str, gpd.GeoDataFrame]:
    """Give the layers with geometry that a plan has; codes stand in a column, not in the index.

    Parameters
    ----------
    plan : Plan
    edge : GeoSeries, optional
        Of `clipped.shapes`, where it is at hand: the units of themes end at the boundary.

    Returns
    -------
    dict of str to GeoDataFrame
        In the order of :data:`zoning.outputs.qgis.styles.LAYERS`.
    """
    shapes = {name: _flat(frame) for name, frame in _frames(plan).items()}
    themes = [t.name for c in plan.contributions for t in c.themes]
    if themes and clipped.wanted(plan):
        edge = clipped.shapes(plan) if edge is None else edge
        shapes |= {name: clipped.cut(shapes[name], edge) for name in themes}
    return {n: f if n in _SQUARES else multipart(f) for n, f in shapes.items()}


def columns(plan: Plan) -> dict[str, list[str]]:
    """Give the names of the columns of each layer, without making the layers."""
    return {name: _names(frame) for name, frame in _frames(plan).items()}


def _frames(plan: Plan) -> dict[str, Any]:
    """Take the layers from the plan as they are."""
    frames = {
        name: getattr(plan, name) for name in styles.LAYERS if getattr(plan, name, None) is not None
    }
    if "zone" not in plan.units.columns:
        frames.pop("zones", None)
    if "new_m2" in plan.units.columns:
        frames["allocation"] = _allocation(plan)
    known = {name: frames[name] for name in styles.LAYERS if name in frames}
    return {**known, **contributed.layers(plan)}


def multipart(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Make every polygon a multipolygon, so that a layer has one type of geometry."""
    import numpy as np
    import shapely

    parts = frame.geometry.to_numpy()
    single = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    made = parts.copy()
    if single.any():
        made[single] = shapely.multipolygons(parts[single], indices=np.arange(int(single.sum())))
    return frame.set_geometry(made, crs=frame.crs)


def tables(plan: Plan) -> dict[str, pd.DataFrame]:
    """Give the tables without geometry, as they stand in the file."""
    import pandas as pd

    found = {**plan.tables, **contributed.tables(plan)}
    found["red_sets"] = plan.red_sets
    if plan.pieces is not None:
        found["pieces"] = plan.pieces
    checks = [{**c.as_dict(), "margin": c.margin} for c in plan.checks]
    columns = ["check", "level", "ok", "measured", "limit", "margin", "unit", "where", "zh", "en"]
    found["checks"] = pd.DataFrame(checks, columns=columns)
    about = {
        "name": plan.name,
        "notice": notice(plan, "en"),
        "notice_zh": notice(plan, "zh"),
        "grid": json.dumps(plan.grid.as_dict()),
    }
    found["plan"] = pd.DataFrame({"key": list(about), "value": list(about.values())})
    return {name: _flat(frame) for name, frame in found.items()}


def _allocation(plan: Plan) -> gpd.GeoDataFrame:
    """Take the units that get new land."""
    wanted = ["area_m2", "township", "township_name", "zone", "built_m2", "free_m2", "suitability",
              "new_m2", "geometry"]  # fmt: skip
    units = plan.units
    chosen = units[(units["new_m2"].fillna(0) > 0).to_numpy(dtype=bool)]
    return chosen[[c for c in wanted if c in units.columns]]


def _flat(frame: Any) -> Any:
    """Move a named index into a column and keep column names apart, whatever their case."""
    flat = frame.reset_index() if frame.index.name else frame.reset_index(drop=True)
    names = _names(frame)
    return flat if names == list(flat.columns) else flat.set_axis(names, axis=1)


def _names(frame: Any) -> list[str]:
    return apart([*([frame.index.name] if frame.index.name else []), *frame.columns])


def _write_features(
    path: Path, shapes: Mapping[str, Any], said: contributed.Words, lang: str
) -> None:
    """Write the layers; the file lies beside its place, so it need not be flushed to disk."""
    import pyogrio

    options = {"OGR_SQLITE_SYNCHRONOUS": "OFF", "OGR_CURRENT_DATE": written_at()}
    with gdal_options(options):
        for i, (name, frame) in enumerate(shapes.items()):
            new_file = {"dataset_options": {"VERSION": "1.2"}} if i == 0 else {}
            names = {
                "GEOMETRY_NAME": GEOMETRY,
                "IDENTIFIER": said.table_name(name, lang),
                "DESCRIPTION": said.table_name(name, "en"),
            }
            how = {"layer": name, "driver": "GPKG", "append": i > 0, "layer_options": names}
            if len(frame) > _STREAMED:
                _stream_features(frame, path, **how, **new_file)
            else:
                pyogrio.write_dataframe(spelled(frame), path, use_arrow=True, **how, **new_file)


def _stream_features(frame: gpd.GeoDataFrame, path: Path, **how: Any) -> None:
    """Write many features part by part, so that all of them never stand in memory twice."""
    import pyarrow as pa
    import pyogrio

    def table(start: int) -> Any:
        some = spelled(frame.iloc[start : start + _STREAMED])
        return pa.table(some.to_arrow(index=False, geometry_encoding="WKB"))

    first = table(0)

    def batches() -> Iterator[Any]:
        yield from first.to_batches()
        for start in range(_STREAMED, len(frame), _STREAMED):
            yield from table(start).cast(first.schema).to_batches()

    # The CRS is said as `write_dataframe` says it.
    code = frame.crs.to_epsg()
    crs = f"EPSG:{code}" if code else frame.crs.to_wkt("WKT1_GDAL")
    pyogrio.write_arrow(
        pa.RecordBatchReader.from_batches(first.schema, batches()), path, crs=crs,
        geometry_name=frame.geometry.name, geometry_type=str(frame.geom_type.iloc[0]), **how,
    )  # fmt: skip


def _write_table(
    db: sqlite3.Connection, name: str, frame: pd.DataFrame, said: contributed.Words, lang: str
) -> None:
    """Write a table without geometry and tell the GeoPackage of it."""
    kinds = [f"{quoted(c)} {_sql_type(frame[c])}" for c in frame.columns]
    columns = ", ".join(['"fid" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL', *kinds])
    db.execute(f"CREATE TABLE {quoted(name)} ({columns})")
    marks, names = ", ".join("?" * len(kinds)), ", ".join(quoted(c) for c in frame.columns)
    for start in range(0, len(frame), _AT_ONCE):
        some = spelled(frame.iloc[start : start + _AT_ONCE])
        rows = zip(*(_plain(some[c]) for c in some.columns), strict=True)
        db.executemany(f"INSERT INTO {quoted(name)} ({names}) VALUES ({marks})", rows)  # noqa: S608
    register(db, name, said.table_name(name, lang), said.table_name(name, "en"))
    db.execute("INSERT INTO gpkg_ogr_contents VALUES (?, ?)", (name, len(frame)))


def register(db: sqlite3.Connection, table: str, identifier: str, about: str) -> None:
    """List a table without geometry in the contents of the GeoPackage."""
    db.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES (?, 'attributes', ?, ?, ?)",
        (table, identifier, about, written_at()),
    )


def _sql_type(column: pd.Series) -> str:
    from pandas.api import types

    if types.is_bool_dtype(column.dtype):
        return "BOOLEAN"
    if types.is_integer_dtype(column.dtype):
        return "INTEGER"
    return "REAL" if types.is_float_dtype(column.dtype) else "TEXT"


def _plain(column: pd.Series) -> list[Any]:
    """Turn a column into what SQLite stores; missing values become NULL."""
    import pandas as pd
    import pyarrow as pa

    kind = column.dtype
    if isinstance(kind, pd.StringDtype) and kind.storage == "pyarrow":
        return list(pa.array(column.array).to_pylist())
    if not isinstance(kind, pd.api.extensions.ExtensionDtype) and kind.kind in "iuf":
        values = column.tolist()
        return [None if v != v else v for v in values] if kind.kind == "f" else values
    if isinstance(kind, pd.Int64Dtype | pd.Float64Dtype):
        return list(pa.array(column.array, from_pandas=True).to_pylist())
    simple = (int, float, str, bytes)
    return [
        None if missing else v if isinstance(v, simple) else str(v)
        for v, missing in zip(column.tolist(), column.isna().tolist(), strict=True)
    ]


def _write_styles(
    db: sqlite3.Connection,
    plan: Plan,
    shapes: Mapping[str, Any],
    plain: Mapping[str, Any],
    lang: str,
) -> None:
    """Store every style of the layers, and the field names of the tables."""
    rows: list[tuple[Any, ...]] = []
    said = contributed.Words.of(plan)
    for style in styles.styles(plan, lang):
        qml = _qml(plan, style, style.layer, shapes[style.layer], lang)
        other = sld(look_of(style.renderer), style.layer, style.name)
        on = [style.layer]
        if style.layer == "units" and clipped.wanted(plan):
            on.append(clipped.VIEW)
        rows += [(n, GEOMETRY, style.name, qml, other, style.default, style.name) for n in on]
    for name, frame in plain.items():
        called = said.table_name(name, lang)
        qml = _qml(plan, None, name, frame, lang)
        rows.append((name, "", called, qml, None, True, called))
    add_styles(db, rows)


def add_styles(db: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Store styles where QGIS looks for them.

    A row holds layer, geometry, name, QML, SLD (or None), whether it is the default, description.
    """
    db.execute(_STYLES)
    register(db, "layer_styles", "layer_styles", "QGIS styles")
    db.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
        "update_time) VALUES ('', '', ?, ?, ?, ?, ?, ?, ?, 'zoning', ?)",
        [(*row, written_at()) for row in rows],
    )


def _qml(plan: Plan, style: styles.Style | None, layer: str, frame: Any, lang: str) -> str:
    columns = [c for c in frame.columns if c != "geometry"]
    names = styles.aliases(plan, layer, columns, lang)
    codes = styles.value_maps(plan, columns, lang, layer)
    tip = "" if style is None else tips.tip(plan, layer, columns, lang)
    return styles.qml(style, names, codes, tip)
