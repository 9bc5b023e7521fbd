"""What somebody put into plan.gpkg stays when the plan is written again, row by row.

Layers, tables without geometry, views, styles and projects of QGIS are copied as they are stored:
no program reads and writes them anew. What is ours is known by its styles, whose owner we are.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from zoning.base.attributes import quoted, styled
from zoning.base.heard import tell
from zoning.errors import Finding, InputError, Text
from zoning.outputs.qgis import clipped, styles
from zoning.outputs.qgis.sql import OUR_PROJECT, PROJECTS

#: Tables of the format that speak of a table, and the column that names it.
_ABOUT = (
    ("gpkg_contents", "table_name"), ("gpkg_geometry_columns", "table_name"),
    ("gpkg_ogr_contents", "table_name"), ("gpkg_extensions", "table_name"),
    ("gpkg_data_columns", "table_name"),
)  # fmt: skip
_NO_LAYER = ("gpkg_", "rtree_", "sqlite_")


def carry(folder: Path, new: Path) -> list[str]:
    """Put what is none of ours from the old plan.gpkg into the new one.

    Parameters
    ----------
    folder : Path
        Of the plan that is there.
    new : Path
        The file that takes the place of its plan.gpkg.

    Returns
    -------
    list of str
        Names of layers, tables and views that were carried over, sorted; told as a note.

    Raises
    ------
    InputError
        If something cannot be copied: the plan is not written then.
    """
    old = folder / "plan.gpkg"
    if not old.is_file():
        return []
    with closing(sqlite3.connect(new.resolve().as_uri(), uri=True)) as db:
        try:
            # Nobody writes there while the folder is locked; a file in WAL mode can be read so.
            db.execute("ATTACH ? AS old", (f"{old.resolve().as_uri()}?mode=ro&immutable=1",))
            ours = styled(db, "old")
        except sqlite3.Error:
            return []  # no GeoPackage; the old file is kept aside as a whole
        if not ours:
            return []
        theirs = _theirs(db, ours)
        try:
            with db:
                db.execute("PRAGMA synchronous = OFF")
                for name, kind in theirs:
                    _copy(db, name, kind)
                    if name == PROJECTS:
                        db.execute(f"DELETE FROM main.{PROJECTS} WHERE {OUR_PROJECT}")  # noqa: S608
                more = _copy_styles(db)
        except sqlite3.Error as error:
            raise InputError.one(
                f"layers of yours cannot be copied into the new plan.gpkg: {error}",
                f"您自己的图层无法复制到新的 plan.gpkg：{error}",
                where=str(old), code="not-carried",
                remedy=Text("move them to a file of their own", "请将其移到单独的文件中"),
            ) from error  # fmt: skip
    names = sorted(name for name, _ in theirs)
    if names or more:
        listed = ", ".join([*names, *([f"{more} styles"] if more else [])])
        named = "、".join([*names, *([f"{more} 个样式"] if more else [])])
        tell(Finding(
            Text(f"layers of yours stay in plan.gpkg: {listed}",
                 f"plan.gpkg 中您自己的图层已保留：{named}"),
            str(old), measured=len(names) + more, code="layers-kept", level="note",
        ))  # fmt: skip
    return names


def _theirs(db: sqlite3.Connection, ours: set[str]) -> list[tuple[str, str]]:
    """Name tables, then views, of the old file that are none of ours."""
    ours = ours | {clipped.VIEW, clipped.SHAPES, "layer_styles", *styles.LAYERS}
    ours |= {str(n) for (n,) in db.execute("SELECT name FROM main.sqlite_master")}
    saved = f"SELECT 1 FROM old.{PROJECTS} WHERE NOT ({OUR_PROJECT})"  # noqa: S608 - our words
    if _has(db, "old", PROJECTS) and db.execute(saved).fetchone() is None:
        ours.add(PROJECTS)
    found = db.execute("SELECT name, type FROM old.sqlite_master WHERE type IN ('table', 'view') "
                       "ORDER BY type, name").fetchall()  # fmt: skip
    return [(str(n), str(k)) for n, k in found if n not in ours and not n.startswith(_NO_LAYER)]


def _copy(db: sqlite3.Connection, name: str, kind: str) -> None:
    """Copy a table or view, its index, triggers and what the format says of it."""
    made = db.execute("SELECT sql FROM old.sqlite_master WHERE name = ?", (name,)).fetchone()[0]
    db.execute(made)
    if kind == "table":
        _rows(db, name)
    if kind == "table" and _has(db, "old", "gpkg_geometry_columns"):
        for (column,) in db.execute(
            "SELECT column_name FROM old.gpkg_geometry_columns WHERE table_name = ?", (name,)
        ).fetchall():
            tree = f"rtree_{name}_{column}"
            if _has(db, "old", tree):
                db.execute(db.execute("SELECT sql FROM old.sqlite_master WHERE name = ?", (tree,)
                                      ).fetchone()[0])  # fmt: skip
                _rows(db, tree)
    for (sql,) in db.execute(
        "SELECT sql FROM old.sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') "
        "AND sql IS NOT NULL ORDER BY type, name", (name,),
    ).fetchall():  # fmt: skip
        db.execute(sql)
    _rows(db, "gpkg_spatial_ref_sys", "srs_id IN (SELECT srs_id FROM old.gpkg_contents "
          "WHERE table_name = ?)", name)  # fmt: skip
    for table, column in _ABOUT:
        if not _has(db, "old", table):
            continue
        if not _has(db, "main", table):
            db.execute(db.execute("SELECT sql FROM old.sqlite_master WHERE name = ?", (table,)
                                  ).fetchone()[0])  # fmt: skip
        _rows(db, table, f"{column} = ?", name)


def _copy_styles(db: sqlite3.Connection) -> int:
    """Copy styles that others saved; a default of theirs stays the default."""
    if not _has(db, "main", "layer_styles"):
        return 0
    columns = [c for c in _columns(db, "layer_styles") if c != "id"]
    listed = ", ".join(quoted(c) for c in columns)
    done = db.execute(
        f"INSERT INTO main.layer_styles ({listed}) SELECT {listed} FROM old.layer_styles "  # noqa: S608
        "WHERE owner IS NOT 'zoning' ORDER BY id"
    ).rowcount
    db.execute(
        "UPDATE main.layer_styles SET useAsDefault = 0 WHERE owner = 'zoning' AND f_table_name IN "
        "(SELECT f_table_name FROM main.layer_styles WHERE owner IS NOT 'zoning' AND useAsDefault)"
    )
    return max(0, done)


def _rows(db: sqlite3.Connection, table: str, where: str = "1", *values: str) -> None:
    """Copy rows that are not there yet."""
    listed = ", ".join(quoted(c) for c in _columns(db, table))
    db.execute(
        f"INSERT OR IGNORE INTO main.{quoted(table)} ({listed}) "  # noqa: S608
        f"SELECT {listed} FROM old.{quoted(table)} WHERE {where}", values,
    )  # fmt: skip


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    """Name the columns that both files have of a table."""
    sides = [[str(r[1]) for r in db.execute(f"PRAGMA {side}.table_info({quoted(table)})")]
             for side in ("main", "old")]  # fmt: skip
    return [c for c in sides[1] if c in sides[0]]


def _has(db: sqlite3.Connection, side: str, table: str) -> bool:
    return bool(
        db.execute(
            f"SELECT 1 FROM {side}.sqlite_master WHERE name = ?",  # noqa: S608
            (table,),
        ).fetchone()
    )
