"""``plan.qgz``: a QGIS project for plan.gpkg with groups, themes, print layouts and atlases.

No QGIS is needed to write it. Paths are relative, so the folder can be moved and renamed. The same
project stands inside the GeoPackage as well; there it breaks when the file is renamed.
"""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from zoning.base import words
from zoning.errors import Text
from zoning.outputs import contributed
from zoning.outputs.office.whole import notice, stamp, write_whole
from zoning.outputs.prints import themes
from zoning.outputs.qgis import clipped, geopackage, layout, settings, styles, tips
from zoning.outputs.qgis import xml as qx
from zoning.outputs.qgis.sql import OUR_PROJECT

if TYPE_CHECKING:
    import pandas as pd

    from zoning.plan import Plan

_GROUPS = {
    "boundaries": Text("Boundaries and red lines", "边界与红线"),
    "plan": Text("Zones", "分区方案"),
    "account": Text("Accounts by unit", "单元核算"),
    "tables": Text("Tables", "表格"),
}
_WHOLE = Text(" (whole squares)", "（整方格）")
_TABLES = _GROUPS["tables"]
_BY_UNIT = Text("by unit", "按单元")
_ATLAS = Text("Atlas", "图集")
#: Which units the theme of new land shows.
_NEW = '"new_m2" > 0'
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer of the project."""

    key: str
    table: str
    name: str
    group: str
    visible: bool
    style: styles.Style | None = None
    columns: tuple[str, ...] = field(default=())
    only: str = ""

    @property
    def layer_id(self) -> str:
        """A name that QGIS keeps: it silently changes those of 10 characters and less."""
        digest = hashlib.sha256(f"{self.key}/{self.table}".encode()).hexdigest()[:10]
        return f"{self.table}_{self.key}_{digest}"


def write(
    plan: Plan, path: str | Path, lang: str | None = None, gpkg: str | Path | None = None
) -> Path:
    """Write the project, and once more into the GeoPackage that it shows.

    Parameters
    ----------
    plan : Plan
    path : str or Path
        The ``.qgz``; it appears whole or not at all.
    lang : {"zh", "en"}, optional
        Language of names, legends and layouts; by default that of the plan.
    gpkg : str or Path, optional
        The GeoPackage in the same folder, by default ``plan.gpkg``. When it is there, the project
        is stored in it too.

    Returns
    -------
    Path

    References
    ----------
    Project file and ``qgis_projects`` table as QGIS 3.22 writes them.
    """
    path, lang = Path(path), lang or plan.config.plan.lang
    gpkg = path.with_name("plan.gpkg") if gpkg is None else Path(gpkg)
    text = project(plan, lang, gpkg.name)
    archive = _archive(text, path.stem + ".qgs")
    if gpkg.is_file():
        _store(gpkg, words.table_name("project", lang), archive)
    return write_whole(path, archive)


def project(plan: Plan, lang: str, gpkg_name: str = "plan.gpkg") -> str:
    """Write the text of the project file.

    Parameters
    ----------
    plan : Plan
    lang : {"zh", "en"}
    gpkg_name : str
        Name of the GeoPackage in the same folder.
    """
    tables = geopackage.tables(plan)
    layers = _layers(plan, geopackage.columns(plan), lang) + _table_layers(plan, tables, lang)
    ids = {x.table: x.layer_id for x in layers}
    crs = _crs(plan.grid.crs)
    extent = tuple(float(v) for v in plan.units.total_bounds)
    box = (extent[0], extent[1], extent[2], extent[3])
    source = f"./{gpkg_name}"
    sheets = _sheets(plan, layers, lang)
    root = qx.element(
        "qgis", {"version": qx.VERSION, "projectname": plan.name},
        qx.element("homePath", {"path": ""}), qx.element("title", {}, plan.name),
        qx.element("projectCrs", {}, crs), _tree(plan, layers, source, lang), _canvas(box, crs),
        _presets(plan, layers, lang),
        qx.element("projectlayers", {},
                   *(_map_layer(plan, x, source, crs, lang, ids) for x in layers)),
        _relations(plan, layers, lang), settings.scales(),
        settings.properties(plan, lang), settings.metadata(plan, lang),
        qx.element("Layouts", {}, *(layout.layout(s, _margin(box), lang) for s in sheets)),
    )  # fmt: skip
    return qx.DOCTYPE + qx.write(root)


def _layers(plan: Plan, fields: dict[str, list[str]], lang: str) -> list[_Layer]:
    """List the layers from the top of the map to its ground."""
    found = []
    given = {x.name: c.wing for c in plan.contributions for x in c.drawn()}
    for style in styles.styles(plan, lang):
        group, visible = (given[style.key], False) if style.key in given else _place(style)
        name = style.name
        if style.key == "zones" and style.layer == "units":
            name = f"{name} ({_BY_UNIT.get(lang)})" if lang == "en" else f"{name}（{_BY_UNIT.zh}）"
        columns = tuple(c for c in fields[style.layer] if c != "geometry")
        table = style.layer
        only = ""
        if table in ("units", "allocation") and clipped.wanted(plan):
            # On the ground a unit ends at the boundary; the whole squares stand beside.
            if style.default:
                whole = words.table_name(table, lang) + _WHOLE.get(lang)
                found.append(_Layer("squares", table, whole, "account", False, style, columns))
            only = _NEW if table == "allocation" else ""
            table = clipped.VIEW
            columns = tuple(c for c in fields["units"] if c != "geometry")
        found.append(_Layer(style.key, table, name, group, visible, style, columns, only))
    order = [clipped.VIEW, *styles.LAYERS]
    order, groups = [*order[::-1], *sorted(given)], list(_groups(plan))
    found.sort(key=lambda x: (groups.index(x.group), order.index(x.table)))
    return found


def _groups(plan: Plan) -> dict[str, Text]:
    """Name the groups of layers: the layers of each wing stand between the plan and its tables."""
    wings = {c.wing: c.title for c in plan.contributions}
    return {**{k: t for k, t in _GROUPS.items() if k != "tables"}, **wings, "tables": _TABLES}


def _place(style: styles.Style) -> tuple[str, bool]:
    """Say in which group a style stands, and whether it is seen at first."""
    if style.layer in ("city", "counties", "townships", "redlines"):
        return "boundaries", style.key != "redline_types"
    if style.key in ("zones", "units"):
        return "plan", style.layer == "zones" or style.key == "units"
    return "account", False


def _table_layers(plan: Plan, tables: dict[str, pd.DataFrame], lang: str) -> list[_Layer]:
    said = contributed.Words.of(plan)
    return [
        _Layer("table", name, said.table_name(name, lang), "tables", False,
               columns=tuple(str(c) for c in frame.columns))
        for name, frame in tables.items()
    ]  # fmt: skip


def _map_layer(
    plan: Plan, layer: _Layer, source: str, crs: qx.Element, lang: str, ids: Mapping[str, str]
) -> qx.Element:
    """Describe one layer: where it lies, how it looks, what its fields are called."""
    spatial = layer.style is not None
    head = {"type": "vector", "geometry": "Polygon" if spatial else "No geometry",
            "labelsEnabled": int(bool(layer.style and layer.style.labels is not None)),
            "hasScaleBasedVisibilityFlag": 0}  # fmt: skip
    said = contributed.Words.of(plan)
    columns_of = "units" if layer.table == clipped.VIEW else layer.table
    aliases = styles.aliases(plan, columns_of, layer.columns, lang)
    values = styles.value_maps(plan, layer.columns, lang, columns_of)
    tip = tips.tip(plan, columns_of, layer.columns, lang, ids.get("townships", ""))
    parts = styles.layer_parts(layer.style, aliases, values, tip if spatial else "")
    note = settings.AREAS.get(lang) if layer.table in ("units", "allocation") else ""
    about = " ".join(t for t in (said.table_name(layer.table, lang), note, notice(plan, lang)) if t)
    return qx.element(
        "maplayer", head, qx.element("id", {}, layer.layer_id),
        qx.element("datasource", {}, _source(source, layer)),
        qx.element("layername", {}, layer.name), qx.element("srs", {}, crs if spatial else ""),
        qx.element("resourceMetadata", {}, qx.element("title", {}, layer.name),
                   qx.element("abstract", {}, about)),
        qx.element("provider", {"encoding": "UTF-8"}, "ogr"), *parts,
    )  # fmt: skip


#: Parents and children by a column: a township, its units, their red lines.
_RELATIONS = (
    ("townships", "unit_townships", "township"),
    ("units", "unit_townships", "unit"),
    ("units", "redline_by_unit", "unit"),
    ("redline_areas", "redline_by_unit", "area_code"),
    ("redline_areas", "redlines", "area_code"),
    ("counties", "townships", "county"),
)


def _relations(plan: Plan, layers: Sequence[_Layer], lang: str) -> qx.Element:
    """Join townships, units and red lines, so that a form of one lists the others."""
    first = {x.table: x for x in reversed(layers)}
    first |= {x.table: x for x in layers if x.key == "squares"}
    found = []
    for parent, child, column in _RELATIONS:
        one, many = first.get(parent), first.get(child)
        if one is None or many is None or not {column} <= {*one.columns} & {*many.columns}:
            continue
        said = contributed.Words.of(plan)
        name = f"{said.table_name(parent, lang)} – {said.table_name(child, lang)}"
        head = {"id": f"{parent}_{child}_{column}", "name": name, "strength": "Association",
                "referencedLayer": one.layer_id, "referencingLayer": many.layer_id}  # fmt: skip
        joined = {"referencedField": column, "referencingField": column}
        found.append(qx.element("relation", head, qx.element("fieldRef", joined)))
    return qx.element("relations", {}, *found)


def _source(source: str, layer: _Layer) -> str:
    only = f"|subset={layer.only}" if layer.only else ""
    return f"{source}|layername={layer.table}{only}"


def _crs(text: str) -> qx.Element:
    """Describe the CRS by its WKT and, where it has one, its code.

    QGIS takes the code only beside a positive ``srsid``; it looks up the right one by itself.
    """
    from pyproj import CRS

    crs = CRS.from_user_input(text)
    authority = crs.to_authority()
    parts = [qx.element("wkt", {}, crs.to_wkt())]
    if authority:
        parts += [qx.element("srsid", {}, "1"), qx.element("srid", {}, str(authority[1])),
                  qx.element("authid", {}, ":".join(authority))]  # fmt: skip
    parts += [qx.element("description", {}, crs.name), qx.element("geographicflag", {}, "false")]
    return qx.element("spatialrefsys", {}, *parts)


def _tree(plan: Plan, layers: Sequence[_Layer], source: str, lang: str) -> qx.Element:
    groups = []
    for key, name in _groups(plan).items():
        rows = [
            qx.element("layer-tree-layer", {
                "id": x.layer_id, "name": x.name, "source": _source(source, x),
                "providerKey": "ogr", "expanded": int(x.visible),
                "checked": "Qt::Checked" if x.visible else "Qt::Unchecked",
            }) for x in layers if x.group == key
        ]  # fmt: skip
        head = {"name": name.get(lang), "checked": "Qt::Checked", "expanded": int(key != "tables")}
        if rows:
            groups.append(qx.element("layer-tree-group", head, *rows))
    return qx.element("layer-tree-group", {}, *groups)


def _margin(box: layout.Extent, share: float = 0.01) -> layout.Extent:
    x0, y0, x1, y1 = box
    d = share * max(x1 - x0, y1 - y0)
    return (x0 - d, y0 - d, x1 + d, y1 + d)


def _canvas(box: layout.Extent, crs: qx.Element) -> qx.Element:
    corners = zip(("xmin", "ymin", "xmax", "ymax"), _margin(box), strict=True)
    extent = qx.element("extent", {}, *(qx.element(k, {}, repr(v)) for k, v in corners))
    return qx.element(
        "mapcanvas", {"name": "theMapCanvas"}, qx.element("units", {}, "meters"), extent,
        qx.element("rotation", {}, "0"), qx.element("destinationsrs", {}, crs),
    )  # fmt: skip


def _themed(plan: Plan, layers: Sequence[_Layer]) -> dict[str, list[_Layer]]:
    """Give the layers that each theme shows, from the top."""
    boundaries = [x for x in layers if x.table in ("city", "counties", "townships")]
    found = {}
    for theme in themes.themes(plan) or ("units",):
        mine = [x for x in layers if x.key == theme]
        if theme == "zones":
            mine = [x for x in mine if x.table == "zones"] or mine
        found[theme] = boundaries + mine
    return found


def _theme_name(plan: Plan, theme: str, lang: str) -> str:
    known = theme != "units"
    return themes.title(plan, theme, lang) if known else words.table_name("units", lang)


def _presets(plan: Plan, layers: Sequence[_Layer], lang: str) -> qx.Element:
    presets = []
    for theme, shown in _themed(plan, layers).items():
        rows = [qx.element("layer", {"id": x.layer_id, "visible": 1, "expanded": 1}) for x in shown]
        head = {"name": _theme_name(plan, theme, lang), "has-expanded-info": 1}
        presets.append(qx.element("visibility-preset", head, *rows))
    return qx.element("visibility-presets", {}, *presets)


def _sheets(plan: Plan, layers: Sequence[_Layer], lang: str) -> list[layout.Sheet]:
    """List the layouts: each theme on A4 and A3, and an atlas by county and by township."""
    themed, found = _themed(plan, layers), []
    for theme, shown in themed.items():
        name = _theme_name(plan, theme, lang)
        legend = [layout.LegendEntry(x.layer_id, x.name) for x in reversed(shown)]
        found += [
            layout.Sheet(
                f"{name} {paper}",
                name,
                name,
                paper,
                legend,
                None,
                settings.about(plan, theme, lang),
            )
            for paper in layout.PAPERS
        ]
    first = found[0]
    for x in layers:
        if x.table in ("counties", "townships") and "name" in x.columns:
            entry = layout.LegendEntry(x.layer_id, x.name)
            title = f"{_ATLAS.get(lang)} {x.name}"
            found.append(layout.Sheet(title, first.heading, first.theme, "A4", first.legend, entry,
                                      first.about))  # fmt: skip
    return found


def _archive(text: str, name: str) -> bytes:
    """Zip the project; the same text gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        entry = zipfile.ZipInfo(name, _ZIP_TIME)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        z.writestr(entry, text.encode("utf-8"))
    return out.getvalue()


def _store(gpkg: Path, name: str, archive: bytes) -> None:
    """Put the project into the GeoPackage, as hexadecimal text of the zipped file."""
    about = {"last_modified_time": stamp().strftime("%Y-%m-%dT%H:%M:%S"),
             "last_modified_user": "zoning"}  # fmt: skip
    with closing(sqlite3.connect(gpkg)) as db, db:
        db.execute(
            "CREATE TABLE IF NOT EXISTS qgis_projects "
            "(name TEXT PRIMARY KEY, metadata BLOB, content BLOB)"
        )
        db.execute("DELETE FROM gpkg_extensions WHERE extension_name = 'qgis_projects'")
        db.execute(
            "INSERT INTO gpkg_extensions VALUES ('qgis_projects', NULL, 'qgis_projects', "
            "'http://github.com/pka/qgpkg/blob/master/qgis_geopackage_extension.md', 'read-write')"
        )
        db.execute(  # a project of somebody else under this name steps aside
            f"UPDATE OR REPLACE qgis_projects SET name = name || ' (kept)' "  # noqa: S608
            f"WHERE name = ? AND NOT ({OUR_PROJECT})",
            (name,),
        )
        db.execute(
            "INSERT OR REPLACE INTO qgis_projects VALUES (?, ?, ?)",
            (name, json.dumps(about), archive.hex()),
        )
