"""Units clipped at the boundary, beside the whole squares: a view of plan.gpkg.

Only units on the boundary have a shape of their own, in a plain table; the view takes it, or the
square, with every column of ``units``. So nothing is stored twice, and who edits a unit sees it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from zoning.outputs.qgis.sql import GEOMETRY, quoted

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.plan import Plan

#: The layer, and the table of shapes behind it: GDAL and QGIS show no table named ``rtree_...``.
VIEW, SHAPES = "units_clipped", "rtree_unit_shapes"
#: A view has no spatial index; beyond so many units QGIS would be slow on it (our choice).
MOST_UNITS = 200_000


def wanted(plan: Plan) -> bool:
    """Whether a plan gets the layer: it has a boundary, and not too many units."""
    return plan.city is not None and 0 < len(plan.units) <= MOST_UNITS


def shapes(plan: Plan) -> gpd.GeoSeries:
    """Clip the squares that the boundary crosses.

    Returns
    -------
    GeoSeries
        By unit, sorted as the units; squares that lie inside are not among them.
    """
    import geopandas as gpd
    import shapely

    from zoning.grid.units import crossed

    squares = plan.units.geometry
    city = shapely.union_all(plan.city.geometry.to_numpy())
    edge = squares.iloc[crossed(squares.to_numpy(), city)]
    made = shapely.intersection(edge.to_numpy(), city)
    # A corner that only touches leaves points and lines beside the polygons.
    made = [_polygons(shape) for shape in made]
    clipped = gpd.GeoSeries(made, index=edge.index, crs=squares.crs)
    whole = clipped.area >= edge.area * (1 - 1e-12)
    return clipped[~(whole | clipped.is_empty)]


def _polygons(shape: Any) -> Any:
    import shapely

    parts = shapely.get_parts(shape)
    areas = parts[shapely.get_dimensions(parts) == 2]
    return areas[0] if len(areas) == 1 else shapely.MultiPolygon(list(areas))


def cut(frame: gpd.GeoDataFrame, edge: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Give a layer of units the shapes of those on the boundary.

    Parameters
    ----------
    frame : GeoDataFrame
        With a column ``unit``.
    edge : GeoSeries
        Of `shapes`.
    """
    at = edge.index.get_indexer(frame["unit"].astype(str))
    made = frame.geometry.to_numpy().copy()
    made[at >= 0] = edge.to_numpy()[at[at >= 0]]
    return frame.set_geometry(made, crs=frame.crs)


def write(
    db: sqlite3.Connection, edge: gpd.GeoSeries, columns: Sequence[str], identifier: str
) -> None:
    """Put the view into a GeoPackage that has the layer ``units``.

    Parameters
    ----------
    db : sqlite3.Connection
    edge : GeoSeries
        Of `shapes`.
    columns : sequence of str
        Columns of ``units``, without its geometry.
    identifier : str
        What people call the layer.
    """
    (srs,) = db.execute(
        "SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = 'units'"
    ).fetchone()
    db.execute(f"CREATE TABLE {SHAPES} (unit TEXT PRIMARY KEY, {GEOMETRY} GEOMETRY)")
    rows = ((str(unit), blob(shape, srs)) for unit, shape in edge.items())
    db.executemany(f"INSERT INTO {SHAPES} VALUES (?, ?)", rows)  # noqa: S608 - our own names
    add_view(db, VIEW, statement(columns), identifier, "units, clipped at the boundary")


def add_view(
    db: sqlite3.Connection, name: str, statement: str, identifier: str, about: str
) -> None:
    """Make a view of ``units`` a layer: its box and geometry are theirs.

    Parameters
    ----------
    name : str
        Of the view.
    statement : str
        The SQL that makes it.
    identifier, about : str
        What people call the layer, and what it holds.
    """
    db.execute(statement)
    db.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, "
        "min_x, min_y, max_x, max_y, srs_id) SELECT ?, data_type, ?, ?, last_change, "
        "min_x, min_y, max_x, max_y, srs_id FROM gpkg_contents WHERE table_name = 'units'",
        (name, identifier, about),
    )
    db.execute(
        # The type of the squares, which is what GDAL reads off the view; shapes of several parts
        # are rare, and readers take them.
        "INSERT INTO gpkg_geometry_columns SELECT ?, column_name, geometry_type_name, srs_id, z, m "
        "FROM gpkg_geometry_columns WHERE table_name = 'units'",
        (name,),
    )


def chosen(name: str, columns: Sequence[str], above: str) -> str:
    """Give the SQL of a view of the units that have more than 0 in a column.

    Examples
    --------
    >>> chosen("few", ["unit"], "new_m2").split(" FROM ")[1]
    'units u WHERE u."new_m2" > 0'
    """
    taken = ", ".join(f"u.{quoted(c)}" for c in columns)
    return (
        f"CREATE VIEW {quoted(name)} AS "  # noqa: S608 - our own names
        f"SELECT u.fid AS OGC_FID, u.{GEOMETRY} AS {GEOMETRY}, {taken} "
        f"FROM units u WHERE u.{quoted(above)} > 0"
    )


def statement(columns: Sequence[str]) -> str:
    """Give the SQL of the view.

    Two halves, because GDAL learns the type of the geometry from a column that is only passed on.

    Examples
    --------
    >>> [half.split(" FROM ")[1] for half in statement(["unit"]).split(" UNION ALL ")]
    ['units u WHERE u.unit NOT IN (SELECT unit',
     'rtree_unit_shapes s JOIN units u ON u.unit = s.unit']
    """
    taken = ", ".join(f"u.{quoted(c)}" for c in columns)
    return (
        f"CREATE VIEW {VIEW} AS "  # noqa: S608 - our own names
        f"SELECT u.fid AS OGC_FID, u.{GEOMETRY} AS {GEOMETRY}, {taken} "
        f"FROM units u WHERE u.unit NOT IN (SELECT unit FROM {SHAPES}) UNION ALL "
        f"SELECT u.fid, s.{GEOMETRY}, {taken} FROM {SHAPES} s JOIN units u ON u.unit = s.unit"
    )


def stored(db: sqlite3.Connection) -> dict[str, Any]:
    """Read the shapes of the units on the boundary again: the reader of `write`."""
    import shapely

    rows = db.execute(f"SELECT unit, {GEOMETRY} FROM {SHAPES}").fetchall()  # noqa: S608
    # 40 bytes of head with its box stand before the WKB.
    return {str(unit): shapely.from_wkb(bytes(body)[40:]) for unit, body in rows}


def blob(shape: Any, srs: int) -> bytes:
    r"""Write a geometry as GeoPackage does: a head with its box, then WKB.

    Examples
    --------
    >>> import shapely
    >>> blob(shapely.box(0, 0, 1, 1), 4549)[:4]
    b'GP\x00\x03'

    References
    ----------
    OGC 12-128r15, GeoPackage Encoding Standard 1.2.1, 2018, clause 2.1.3.
    """
    import struct

    import shapely

    x0, y0, x1, y1 = shape.bounds
    head = b"GP\x00\x03" + struct.pack("<i4d", srs, x0, x1, y0, y1)
    return head + bytes(shapely.to_wkb(shape, byte_order=1))
