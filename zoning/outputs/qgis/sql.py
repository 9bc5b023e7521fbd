"""Names in the SQL of plan.gpkg."""

from __future__ import annotations

#: The column of shapes.
GEOMETRY = "geom"


def quoted(name: str) -> str:
    """Quote a name for SQL.

    Examples
    --------
    >>> quoted('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'
