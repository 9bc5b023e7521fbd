"""What was written is read back before it counts: a full disk must not leave half a file."""

from __future__ import annotations

import json
import sqlite3
import struct
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path


def read_back(path: Path) -> None:
    """Read a file that was just written, as far as its format says how long it must be.

    Raises
    ------
    ValueError
        If it is not whole.
    """
    if path.stat().st_size == 0 and path.suffix not in (".cpg", ".lock"):
        raise ValueError(f"{path.name} is empty")
    check = _CHECKS.get(path.suffix.lower())
    if check is None or "gdb" in path.suffixes:
        return
    try:
        check(path)
    except (OSError, LookupError, ValueError, TypeError, struct.error, zipfile.BadZipFile,
            sqlite3.DatabaseError) as error:  # fmt: skip
        raise ValueError(f"{path.name} was not written whole: {error}") from error


def _archive(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        broken = archive.testzip()
    if broken:
        raise ValueError(f"{broken} in {path.name} was not written whole")


def _database(path: Path) -> None:
    """Hold the pages of a GeoPackage against its head and its lists against its tables."""
    with path.open("rb") as file:
        head = file.read(100)
    size = int.from_bytes(head[16:18], "big")
    pages = int.from_bytes(head[28:32], "big") * (65_536 if size == 1 else size)
    if not head.startswith(b"SQLite format 3\0") or path.stat().st_size < pages:
        raise ValueError(f"{path.name} has fewer pages than its head says")
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        counts = db.execute("SELECT table_name, feature_count FROM gpkg_ogr_contents").fetchall()
        for name, count in counts:
            quoted = '"' + name.replace('"', '""') + '"'
            (there,) = db.execute(f"SELECT count(*) FROM {quoted}").fetchone()  # noqa: S608
            if count is not None and count != there:
                raise ValueError(f"{path.name}: {name} has {there} rows, not {count}")


def _parquet(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(-4, 2)
        if (start, file.read(4)) != (b"PAR1", b"PAR1"):
            raise ValueError(f"{path.name} has no end")


def _page(path: Path) -> None:
    if b"</html>" not in path.read_bytes()[-400:]:
        raise ValueError(f"{path.name} has no end")


def _json(path: Path) -> None:
    json.loads(path.read_text(encoding="utf-8"))


def _shapes(path: Path) -> None:
    """Hold the length of a .shp or .shx against its head (words of 16 bits)."""
    with path.open("rb") as file:
        head = file.read(28)
    if struct.unpack(">i", head[24:28])[0] * 2 != path.stat().st_size:
        raise ValueError(f"{path.name} is not as long as it says")


def _dbf(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(12)
    rows, begin, width = struct.unpack("<IHH", head[4:12])
    if path.stat().st_size < begin + rows * width:
        raise ValueError(f"{path.name} has fewer rows than it says")


_CHECKS: dict[str, Callable[[Path], None]] = {
    ".docx": _archive, ".xlsx": _archive, ".qgz": _archive, ".gpkg": _database,
    ".parquet": _parquet, ".html": _page, ".json": _json, ".geojson": _json, ".shp": _shapes,
    ".shx": _shapes, ".dbf": _dbf,
}  # fmt: skip
