"""Small tables of a GeoPackage, read together over one connection.

GDAL looks through a whole GeoPackage whenever it opens one, so thirty tables of a few rows each
take it longer than the layers do.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

#: Rows above which GDAL, which reads columns and not rows, is the faster one.
MOST = 2000
#: Types that a column of ours is declared with.
_KINDS = {"INTEGER": "Int64", "BOOLEAN": "boolean", "REAL": "float64", "TEXT": "string"}


def quoted(name: str) -> str:
    """Write a name of a table or column for SQL.

    Examples
    --------
    >>> print(quoted('a"b'))
    "a""b"
    """
    return '"' + name.replace('"', '""') + '"'


#: What a GeoPackage keeps for itself in a layer: the number of a feature, and its shape.
_OWN = ("fid", "geom")


def apart(names: Iterable[object]) -> list[str]:
    """Keep names of columns apart, as a GeoPackage asks: whatever their case, and from its own.

    Names in small letters, as all of ours are, stay; of others the later one gets a mark.

    Examples
    --------
    >>> apart(["NAME", "name", "fid", "Zone", "zone"])
    ['NAME_', 'name', 'fid_', 'Zone_', 'zone']
    """
    given = [str(n) for n in names]
    taken, found = set(_OWN), dict.fromkeys(range(len(given)), "")
    for place in sorted(found, key=lambda i: given[i] != given[i].lower()):
        name = given[place]
        while name.lower() in taken:
            name += "_"
        taken.add(name.lower())
        found[place] = name
    return list(found.values())


def styled(db: sqlite3.Connection, side: str = "main") -> set[str]:
    """Name the layers and tables of a GeoPackage that have a style of ours, so are ours.

    Parameters
    ----------
    db : sqlite3.Connection
    side : str
        Name under which the file is attached.
    """
    master = f"SELECT 1 FROM {side}.sqlite_master WHERE name = 'layer_styles'"  # noqa: S608
    if db.execute(master).fetchone() is None:
        return set()
    asked = f"SELECT f_table_name FROM {side}.layer_styles WHERE owner = 'zoning'"  # noqa: S608
    rows = db.execute(asked)
    return {str(name) for (name,) in rows}


def theirs(path: Path, names: Iterable[str]) -> set[str]:
    """Give those of the tables that somebody else put into a plan.gpkg.

    Where no table has a style of ours (a file of an early version) all are taken for ours.
    """
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
        ours = styled(db)
    names = set(names)
    return names - ours if names & ours else set()


def read_small(path: Path, names: Iterable[str], most: int = MOST) -> dict[str, Any]:
    """Read tables without geometry; whole numbers stay whole, missing stays missing.

    Parameters
    ----------
    path : Path
        A GeoPackage.
    names : iterable of str
        Tables to read.
    most : int
        Tables with more rows are left to others.

    Returns
    -------
    dict of str to DataFrame
        Without the primary key. Tables that are large, or hold what their columns do not promise
        (edited by another program), are not among them.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as box:
    ...     file = Path(box) / "a.gpkg"
    ...     with closing(sqlite3.connect(file)) as db, db:
    ...         _ = db.execute("CREATE TABLE t (fid INTEGER PRIMARY KEY, m2 INTEGER, a TEXT)")
    ...         _ = db.execute("INSERT INTO t (m2, a) VALUES (5, 'x'), (NULL, 'y')")
    ...     found = read_small(file, ["t", "absent"])
    >>> found["t"]["m2"].tolist()
    [5, <NA>]
    """
    found = {}
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
        for name in names:
            frame = _table(db, name, most)
            if frame is not None:
                found[name] = frame
    return found


def read_where(path: Path, wanted: Mapping[str, tuple[str, Collection[str]] | None]) -> Any:
    """Read some rows of tables and layers, without geometry.

    Parameters
    ----------
    path : Path
        A GeoPackage.
    wanted : mapping of name to (column, values) or None
        Which rows of each table; None reads all.

    Returns
    -------
    dict of str to DataFrame, or None
        Tables that are there. None where a table is not for this reader.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as box:
    ...     file = Path(box) / "a.gpkg"
    ...     with closing(sqlite3.connect(file)) as db, db:
    ...         _ = db.execute("CREATE TABLE t (fid INTEGER PRIMARY KEY, m2 INTEGER, a TEXT)")
    ...         _ = db.execute("INSERT INTO t (m2, a) VALUES (5, 'x'), (NULL, 'y')")
    ...     found = read_where(file, {"t": ("a", ["y", "z"]), "absent": None})
    >>> found["t"]["m2"].tolist(), list(found)
    ([<NA>], ['t'])
    """
    found = {}
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
        there = {str(row[0]) for row in db.execute("SELECT name FROM sqlite_master")}
        shapes = set()
        if "gpkg_geometry_columns" in there:
            shapes = {
                (str(t), str(c))
                for t, c in db.execute("SELECT table_name, column_name FROM gpkg_geometry_columns")
            }
        for name, rows in wanted.items():
            if name in there:
                found[name] = _table(db, name, sys.maxsize - 1, rows, shapes)
    return None if any(frame is None for frame in found.values()) else found


def _table(
    db: sqlite3.Connection, name: str, most: int,
    where: tuple[str, Collection[str]] | None = None, shapes: Collection[tuple[str, str]] = (),
) -> Any:  # fmt: skip
    """Read one table, or give None where it is not for this reader."""
    import pandas as pd

    table = quoted(name)
    columns = [
        (str(row[1]), _KINDS.get(str(row[2]).upper()))
        for row in db.execute(f"PRAGMA table_info({table})")
        if not row[5] and (name, str(row[1])) not in shapes  # nor the primary key
    ]
    if not columns or None in {kind for _, kind in columns}:
        return None
    listed = ", ".join(quoted(column) for column, _ in columns)
    only, values = "", [*where[1]] if where else []
    if where is not None:
        only = f" WHERE {quoted(where[0])} IN ({', '.join('?' * len(values))})"
    rows = db.execute(
        f"SELECT {listed} FROM {table}{only} LIMIT ?",  # noqa: S608
        (*values, most + 1),
    ).fetchall()
    if len(rows) > most:
        return None
    cells = zip(*rows, strict=True) if rows else ([] for _ in columns)
    try:
        return pd.DataFrame(
            {
                column: _column(values, kind)
                for (column, kind), values in zip(columns, cells, strict=True)
            }
        )
    except (TypeError, ValueError):
        return None


def _column(values: Any, kind: str | None) -> Any:
    import pandas as pd

    given: list[Any] = list(values)
    if kind == "boolean":
        given = [None if v is None else bool(v) for v in given]
    elif kind == "string" and not all(v is None or isinstance(v, str) for v in given):
        raise TypeError("not text")
    elif kind == "Int64" and None not in given:
        kind = "int64"
    if kind == "int64" and not all(isinstance(v, int) for v in given):
        raise TypeError("not whole")
    return (
        pd.array(given, dtype=kind)
        if kind != "float64"
        else pd.array([float("nan") if v is None else v for v in given], dtype="float64")
    )
